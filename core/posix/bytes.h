// Little-endian values in a byte string, bounds checked: the wire and the spool are built from these.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hub::posix
{

template <class T>
void storeLittle(char *to, T value)
{
    for (unsigned i = 0; i < sizeof(T); ++i)
        to[i] = char(static_cast<unsigned char>(uint64_t(value) >> (8 * i)));
}

template <class T>
T loadLittle(const char *from)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < sizeof(T); ++i)
        value |= uint64_t(static_cast<unsigned char>(from[i])) << (8 * i);
    return T(value);
}

class ByteWriter
{
public:
    explicit ByteWriter(std::string &out)
        : m_out(out)
    {
    }

    template <class T>
    void number(T value)
    {
        char raw[sizeof(T)];
        storeLittle(raw, value);
        m_out.append(raw, sizeof raw);
    }
    void flag(bool value) { m_out.push_back(value ? '\1' : '\0'); }
    // With its length in front, so that other fields may follow.
    void text(std::string_view value)
    {
        number(uint32_t(value.size()));
        m_out.append(value);
    }
    void rest(std::string_view value) { m_out.append(value); }

private:
    std::string &m_out;
};

// Once a read goes past the end, every later one yields nothing and ok() stays false. Bytes left over at the end are
// allowed on purpose: a newer sender may append fields.
class ByteReader
{
public:
    explicit ByteReader(std::string_view in)
        : m_in(in)
    {
    }

    template <class T>
    T number()
    {
        const std::string_view raw = take(sizeof(T));
        return m_ok ? loadLittle<T>(raw.data()) : T{};
    }
    bool flag() { return number<uint8_t>() != 0; }
    std::string_view text() { return take(number<uint32_t>()); }
    std::string_view rest() { return take(m_in.size()); }
    bool ok() const { return m_ok; }

private:
    std::string_view take(size_t size)
    {
        if (!m_ok || size > m_in.size()) {
            m_ok = false;
            return {};
        }
        const std::string_view taken = m_in.substr(0, size);
        m_in.remove_prefix(size);
        return taken;
    }

    std::string_view m_in;
    bool m_ok = true;
};

} // namespace hub::posix
