#include "core/posix/wire.h"

#include "core/posix/bytes.h"

namespace hub::posix
{

namespace
{

constexpr size_t lengthSize = sizeof(uint32_t);

void write(ByteWriter &writer, const Position &position)
{
    writer.number(position.segment);
    writer.number(position.offset);
}

Position readPosition(ByteReader &reader)
{
    const uint64_t segment = reader.number<uint64_t>();
    return {segment, reader.number<uint64_t>()};
}

} // namespace

std::optional<Message> takeMessage(std::string_view &bytes, bool &broken)
{
    broken = false;
    if (bytes.size() < lengthSize)
        return std::nullopt;
    const uint32_t length = loadLittle<uint32_t>(bytes.data());
    if (length == 0 || length > wireMessageLimit) {
        broken = true;
        return std::nullopt;
    }
    if (bytes.size() < lengthSize + length)
        return std::nullopt;
    const Message message{MessageType(bytes[lengthSize]), bytes.substr(lengthSize + 1, length - 1)};
    bytes.remove_prefix(lengthSize + length);
    return message;
}

void putMessage(std::string &out, MessageType type, std::string_view payload)
{
    ByteWriter writer(out);
    writer.number(uint32_t(payload.size() + 1));
    writer.number(uint8_t(type));
    writer.rest(payload);
}

void putNumber64(std::string &out, MessageType type, uint64_t value)
{
    std::string payload;
    ByteWriter(payload).number(value);
    putMessage(out, type, payload);
}

void putNumber32(std::string &out, MessageType type, uint32_t value)
{
    std::string payload;
    ByteWriter(payload).number(value);
    putMessage(out, type, payload);
}

void putHello(std::string &out, uint16_t version)
{
    std::string payload;
    ByteWriter(payload).number(version);
    putMessage(out, MessageType::Hello, payload);
}

void putFreeze(std::string &out, const FreezeWish &wish)
{
    std::string payload;
    ByteWriter writer(payload);
    writer.number(wish.epoch);
    writer.number(wish.leaseMillis);
    writer.number(wish.graceMillis);
    putMessage(out, MessageType::Freeze, payload);
}

void putInput(std::string &out, uint64_t number, std::string_view bytes)
{
    ByteWriter writer(out);
    writer.number(uint32_t(1 + sizeof number + bytes.size()));
    writer.number(uint8_t(MessageType::Input));
    writer.number(number);
    writer.rest(bytes);
}

void putPosition(std::string &out, MessageType type, const Position &position)
{
    std::string payload;
    ByteWriter writer(payload);
    write(writer, position);
    putMessage(out, type, payload);
}

void putWelcome(std::string &out, const Welcome &welcome)
{
    std::string payload;
    ByteWriter writer(payload);
    writer.number(welcome.version);
    writer.number(uint8_t(welcome.state));
    writer.text(encodeIdentity(welcome.identity));
    writer.number(welcome.lastInput);
    writer.flag(welcome.frozen);
    writer.number(welcome.newestEpoch);
    write(writer, welcome.spoolEnd);
    write(writer, welcome.acknowledged);
    putMessage(out, MessageType::Welcome, payload);
}

void putFreezeNews(std::string &out, MessageType type, const FreezeNews &news)
{
    std::string payload;
    ByteWriter writer(payload);
    writer.number(uint8_t(news.report.method));
    writer.flag(news.report.success);
    writer.number(news.report.processes);
    writer.number(news.report.micros);
    writer.number(news.epoch);
    putMessage(out, type, payload);
}

void putExited(std::string &out, const RunExit &end, const Position &behind)
{
    std::string payload;
    ByteWriter writer(payload);
    writer.text(encodeExit(end));
    write(writer, behind);
    putMessage(out, MessageType::Exited, payload);
}

void putStatus(std::string &out, const StatusNews &news)
{
    std::string payload;
    ByteWriter writer(payload);
    writer.number(uint8_t(news.kind));
    writer.number(news.lastInput);
    writer.text(news.text);
    putMessage(out, MessageType::Status, payload);
}

std::optional<uint16_t> getHello(std::string_view payload)
{
    ByteReader reader(payload);
    const auto version = reader.number<uint16_t>();
    return reader.ok() ? std::optional(version) : std::nullopt;
}

std::optional<uint64_t> getNumber64(std::string_view payload)
{
    ByteReader reader(payload);
    const auto value = reader.number<uint64_t>();
    return reader.ok() ? std::optional(value) : std::nullopt;
}

std::optional<uint32_t> getNumber32(std::string_view payload)
{
    ByteReader reader(payload);
    const auto value = reader.number<uint32_t>();
    return reader.ok() ? std::optional(value) : std::nullopt;
}

std::optional<FreezeWish> getFreeze(std::string_view payload)
{
    ByteReader reader(payload);
    FreezeWish wish;
    wish.epoch = reader.number<uint64_t>();
    wish.leaseMillis = reader.number<uint32_t>();
    if (!reader.ok())
        return std::nullopt;
    const auto grace = reader.number<uint32_t>();
    wish.graceMillis = reader.ok() ? grace : 0; // an earlier hub's
    return wish;
}

bool getInput(std::string_view payload, uint64_t &number, std::string_view &bytes)
{
    ByteReader reader(payload);
    number = reader.number<uint64_t>();
    bytes = reader.rest();
    return reader.ok() && bytes.size() <= inputLimit;
}

std::optional<Position> getPosition(std::string_view payload)
{
    ByteReader reader(payload);
    const Position position = readPosition(reader);
    return reader.ok() ? std::optional(position) : std::nullopt;
}

std::optional<Welcome> getWelcome(std::string_view payload)
{
    ByteReader reader(payload);
    Welcome welcome;
    welcome.version = reader.number<uint16_t>();
    welcome.state = ShimState(reader.number<uint8_t>());
    const auto identity = decodeIdentity(reader.text());
    welcome.lastInput = reader.number<uint64_t>();
    welcome.frozen = reader.flag();
    welcome.newestEpoch = reader.number<uint64_t>();
    welcome.spoolEnd = readPosition(reader);
    welcome.acknowledged = readPosition(reader);
    if (!reader.ok() || !identity)
        return std::nullopt;
    welcome.identity = *identity;
    return welcome;
}

std::optional<FreezeNews> getFreezeNews(std::string_view payload)
{
    ByteReader reader(payload);
    FreezeNews news;
    news.report.method = FreezeMethod(reader.number<uint8_t>());
    news.report.success = reader.flag();
    news.report.processes = reader.number<uint32_t>();
    news.report.micros = reader.number<uint32_t>();
    news.epoch = reader.number<uint64_t>();
    return reader.ok() ? std::optional(news) : std::nullopt;
}

bool getExited(std::string_view payload, RunExit &end, Position &behind)
{
    ByteReader reader(payload);
    const auto record = decodeExit(reader.text());
    behind = readPosition(reader);
    if (!reader.ok() || !record)
        return false;
    end = *record;
    return true;
}

std::optional<StatusNews> getStatus(std::string_view payload)
{
    ByteReader reader(payload);
    StatusNews news;
    news.kind = StatusKind(reader.number<uint8_t>());
    news.lastInput = reader.number<uint64_t>();
    news.text = reader.text();
    return reader.ok() ? std::optional(std::move(news)) : std::nullopt;
}

} // namespace hub::posix
