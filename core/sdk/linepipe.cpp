#include "core/sdk/linepipe.h"

#include "core/base/durablefile.h"
#include "core/base/json.h"

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::sdk
{

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

Result<> LinePipe::write(const QByteArray &bytes) { return writeAll(m_out, bytes, "the hub"); }

Result<std::optional<QJsonObject>> LinePipe::read(std::optional<milliseconds> limit)
{
    const auto deadline = limit ? std::optional(SteadyClock::now() + *limit) : std::nullopt;
    for (;;) {
        while (const auto line = takeLine()) {
            if (auto message = objectFromJson(*line))
                return std::optional(*std::move(message));
        }
        if (m_atEnd)
            return std::optional<QJsonObject>();
        HUB_TRY(const bool inTime, fill(deadline));
        if (!inTime)
            return std::optional<QJsonObject>();
    }
}

std::optional<QByteArray> LinePipe::takeLine()
{
    const qsizetype end = m_buffer.indexOf('\n', m_scanned);
    if (end < 0) {
        m_scanned = m_buffer.size();
        return std::nullopt;
    }
    const QByteArray line = m_buffer.first(end);
    m_buffer.remove(0, end + 1);
    m_scanned = 0;
    return line;
}

Result<bool> LinePipe::fill(std::optional<SteadyClock::time_point> deadline)
{
    for (;;) {
        int wait = -1;
        if (deadline) {
            const auto left = std::chrono::ceil<milliseconds>(*deadline - SteadyClock::now());
            wait = int(std::clamp<qint64>(left.count(), 0, 3'600'000));
        }
        pollfd entry{m_in, POLLIN, 0};
        const int ready = ::poll(&entry, 1, wait);
        if (ready < 0 && errno != EINTR)
            return systemError(errno, u"wait for", "the hub");
        if (ready == 0 && wait < 3'600'000)
            return false;
        if (ready <= 0)
            continue;
        char bytes[65536];
        const ssize_t got = ::read(m_in, bytes, sizeof bytes);
        if (got > 0)
            m_buffer.append(bytes, got);
        else if (got == 0)
            m_atEnd = true;
        else if (errno != EINTR && errno != EAGAIN)
            return systemError(errno, u"read from", "the hub");
        if (got >= 0)
            return true;
    }
}

} // namespace hub::sdk
