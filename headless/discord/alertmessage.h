// What Discord is told of alerts, as replies to be rendered. Payloads are those of monitor::Delivery. Pure; any thread.
#pragma once

#include "core/commands/reply.h"
#include "core/monitor/alertsink.h"

namespace hub::discord
{

AlertLevel levelOf(const QJsonObject &alert);
// The question, "a7", that it reminds of; empty for all others.
QString approvalOf(const QJsonObject &alert);
// When it was raised, or answered.
Instant momentOf(const QJsonObject &payload);

// One alert. `answer` is what "answered" brought, empty before that; `heldBack`: how often it came again.
commands::Reply alertReply(const QJsonObject &alert, const QJsonObject &answer, qint64 heldBack, Instant now);
// Many that were raised, in their order: the first few, every critical one, and how many more.
commands::Reply digestReply(const QList<monitor::Delivery> &raised, Instant now);
// The ends of alerts whose own message is not known.
commands::Reply answersReply(const QList<monitor::Delivery> &answered, Instant now);

// A message that tells of several deliveries says of which ones, so that it can be told how far one goes that had been
// posted before.
QJsonObject reachingTo(QJsonObject body, qint64 first, qint64 last);
std::optional<qint64> reachOf(const QJsonObject &message);

} // namespace hub::discord
