#include "headless/discord/gatewaypayload.h"

#include <cmath>

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

std::optional<qint64> wholeNumber(const QJsonValue &value)
{
    constexpr double exact = 9007199254740992.0; // 2^53: beyond it a double skips numbers
    const double number = value.toDouble(-1);
    if (!value.isDouble() || number < 0 || number > exact || number != std::floor(number))
        return std::nullopt;
    return qint64(number);
}

} // namespace

Result<GatewayPayload> decodePayload(const QByteArray &text)
{
    HUB_TRY(const QJsonObject object, objectFromJson(text));
    const auto op = wholeNumber(object["op"_L1]);
    if (!op || *op > 10000)
        return fail(ErrorCode::InvalidInput, u"a message of the gateway without a usable \"op\""_s);
    return GatewayPayload{int(*op), object["d"_L1], wholeNumber(object["s"_L1]), object["t"_L1].toString()};
}

Result<QByteArray> encodePayload(Op op, const QJsonValue &data)
{
    QByteArray text = toJson(QJsonObject{{u"op"_s, int(op)}, {u"d"_s, data}});
    if (text.size() > largestPayload)
        return fail(ErrorCode::InvalidInput,
                    u"a message of %1 bytes to the gateway; %2 are allowed"_s.arg(text.size()).arg(largestPayload));
    return text;
}

} // namespace hub::discord
