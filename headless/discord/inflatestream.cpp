#include "headless/discord/inflatestream.h"

#include <zlib.h>

#include <array>

using namespace Qt::StringLiterals;

namespace hub::discord
{

struct InflateStream::State {
    State() { good = inflateInit(&stream) == Z_OK; }
    ~State() { inflateEnd(&stream); }
    z_stream stream{};
    bool good = false;
};

InflateStream::InflateStream(qsizetype most)
    : m_state(std::make_unique<State>())
    , m_most(most)
{
}

InflateStream::~InflateStream() = default;

Result<std::optional<QByteArray>> InflateStream::take(const QByteArray &message)
{
    constexpr QByteArrayView flushed("\x00\x00\xff\xff", 4);
    if (!m_state->good || m_input.size() + message.size() > m_most)
        return fail(ErrorCode::InvalidInput, u"a compressed message of the gateway that is too large or came after a "
                                             "broken one"_s);
    m_input += message;
    if (!m_input.endsWith(flushed))
        return std::optional<QByteArray>();

    z_stream &stream = m_state->stream;
    stream.next_in = reinterpret_cast<Bytef *>(m_input.data());
    stream.avail_in = uInt(m_input.size());
    QByteArray payload;
    std::array<char, 16 * 1024> piece;
    int status = Z_OK;
    do {
        stream.next_out = reinterpret_cast<Bytef *>(piece.data());
        stream.avail_out = uInt(piece.size());
        status = inflate(&stream, Z_SYNC_FLUSH);
        payload.append(piece.data(), qsizetype(piece.size() - stream.avail_out));
    } while (status == Z_OK && stream.avail_out == 0 && payload.size() <= m_most);
    m_state->good = (status == Z_OK || status == Z_BUF_ERROR) && stream.avail_in == 0 && payload.size() <= m_most;
    m_input.clear();
    if (!m_state->good)
        return fail(ErrorCode::InvalidInput, u"a compressed message of the gateway that does not inflate"_s);
    return std::optional<QByteArray>(std::move(payload));
}

} // namespace hub::discord
