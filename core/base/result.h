// Result<T>: the value, or an Error that says what happened and what to do.
// Every fallible call of the project returns it; no exception crosses a module edge.
#pragma once

#include <QString>
#include <QStringList>

#include <utility>
#include <variant>

namespace hub
{

// What went wrong, for machines. commands.md rule 9 maps these to exit codes (see exitCodeFor in commands/exitcode.h).
enum class ErrorCode {
    InvalidInput,      // the request itself is wrong; nothing was changed
    NotFound,          // it names something that does not exist
    Ambiguous,         // several things match; Error::candidates lists them
    NeedsConfirmation, // a dangerous command without a yes
    Refused,           // safe mode, rights, a claim or a guard forbids it
    NoHub,             // nobody listens at the hub's socket
    Conflict,          // the world changed meanwhile; trying again may work
    Storage,           // a disk or database operation failed
    DiskFull,
    Corrupt,     // stored data does not read back as it should
    Git,         // libgit2 or the git program reported an error
    Process,     // a child process could not be started or failed
    Timeout,     // the time allowed ran out
    Unsupported, // understood, but not possible here
    ShuttingDown,
    Internal, // a defect of ours
};

struct Error {
    ErrorCode code = ErrorCode::Internal;
    QString message;        // what happened, and what it means for the work
    QString hint;           // what to do, as a command where possible; may be empty
    QStringList candidates; // for Ambiguous

    // The same error seen from one level up: "start task 12: no space left".
    Error within(QStringView doing) &&
    {
        message = doing.toString() + QStringLiteral(": ") + message;
        return std::move(*this);
    }
    Error withHint(QString text) &&
    {
        hint = std::move(text);
        return std::move(*this);
    }
    friend bool operator==(const Error &, const Error &) = default;
};

template <class T = std::monostate>
class [[nodiscard]] Result
{
public:
    using Value = T;

    Result() requires std::is_default_constructible_v<T> : m_state(std::in_place_index<0>) {}
    Result(T value)
        : m_state(std::in_place_index<0>, std::move(value))
    {
    }
    Result(Error error)
        : m_state(std::in_place_index<1>, std::move(error))
    {
    }

    bool hasValue() const { return m_state.index() == 0; }
    explicit operator bool() const { return hasValue(); }

    T &operator*() & { return std::get<0>(m_state); }
    const T &operator*() const & { return std::get<0>(m_state); }
    T &&operator*() && { return std::get<0>(std::move(m_state)); }
    T *operator->() { return &std::get<0>(m_state); }
    const T *operator->() const { return &std::get<0>(m_state); }

    Error &error() & { return std::get<1>(m_state); }
    const Error &error() const & { return std::get<1>(m_state); }
    Error &&error() && { return std::get<1>(std::move(m_state)); }

    T valueOr(T fallback) const & { return hasValue() ? **this : std::move(fallback); }

private:
    std::variant<T, Error> m_state;
};

// The maker for errors: fail(ErrorCode::NotFound, u"There is no task 12."_s, u"agenthubctl tasks"_s)
inline Error fail(ErrorCode code, QString message, QString hint = {})
{
    return Error{code, std::move(message), std::move(hint), {}};
}

} // namespace hub

#define HUB_JOIN2(a, b) a##b
#define HUB_JOIN(a, b) HUB_JOIN2(a, b)

// HUB_TRY(auto task, store.find(id)): the value, or return the error to the caller.
#define HUB_TRY(declaration, ...) HUB_TRY_IMPL(HUB_JOIN(hubTry, __LINE__), declaration, __VA_ARGS__)
#define HUB_TRY_IMPL(name, declaration, ...)                                                                           \
    auto name = (__VA_ARGS__);                                                                                         \
    if (!name)                                                                                                         \
        return std::move(name).error();                                                                                \
    declaration = *std::move(name)

// HUB_CHECK(store.remove(id)): as HUB_TRY, for calls whose value is not wanted.
#define HUB_CHECK(...) HUB_CHECK_IMPL(HUB_JOIN(hubCheck, __LINE__), __VA_ARGS__)
#define HUB_CHECK_IMPL(name, ...)                                                                                      \
    do {                                                                                                               \
        if (auto name = (__VA_ARGS__); !name)                                                                          \
            return std::move(name).error();                                                                            \
    } while (false)
