#include "headless/discord/alertmessage.h"

#include "core/commands/counted.h"

#include <QJsonArray>
#include <QRegularExpression>

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

using commands::Reply;
using commands::Severity;

constexpr qsizetype listed = 12, mostListed = 30; // lines of a digest: from the front, and with the critical ones
constexpr std::chrono::minutes late{2};
constexpr qsizetype longestTitle = 120;

QString idOf(const QJsonObject &payload) { return AlertId::of(payload[u"id"_s].toInteger()).toString(); }

QString levelText(AlertLevel level) { return textOf(alertLevelTexts, level).toUpper(); }

Severity severityOf(AlertLevel level)
{
    return level == AlertLevel::Info      ? Severity::Info
           : level == AlertLevel::Warning ? Severity::Warning
                                          : Severity::Error;
}

QString answerText(const QJsonObject &answer, Instant now)
{
    QString text = answer[u"state"_s].toString();
    if (answer.contains(u"until"_s))
        text += u" until "_s + toLocalShort(fromMillis(answer[u"until"_s].toInteger()), now);
    if (const QString who = answer[u"who"_s].toString(); !who.isEmpty())
        text += u" by "_s + who;
    text += u", "_s + toLocalShort(momentOf(answer), now);
    const QString notes = answer[u"notes"_s].toString();
    return notes.isEmpty() ? text : text + u": "_s + notes;
}

} // namespace

AlertLevel levelOf(const QJsonObject &alert)
{
    return enumFromText(alertLevelTexts, alert[u"level"_s].toString(), u"level").valueOr(AlertLevel::Critical);
}

QString approvalOf(const QJsonObject &alert) { return alert[u"data"_s][u"approval_id"_s].toString(); }

Instant momentOf(const QJsonObject &payload) { return fromMillis(payload[u"at"_s].toInteger()); }

Reply alertReply(const QJsonObject &alert, const QJsonObject &answer, qint64 heldBack, Instant now)
{
    const QString id = idOf(alert), state = answer[u"state"_s].toString();
    Reply reply{.severity = state == u"resolved" ? Severity::Ok : severityOf(levelOf(alert)),
                .title = u"%1: %2 (%3)"_s.arg(levelText(levelOf(alert)), alert[u"title"_s].toString(), id),
                .text = alert[u"description"_s].toString()};
    const auto field = [&reply](const QString &name, const QString &value) {
        if (!value.isEmpty())
            reply.fields.append({name, value});
    };
    if (const qint64 task = alert[u"task_id"_s].toInteger(); task > 0) {
        field(u"Task"_s, u'#' + QString::number(task));
        reply.next << u"task-status "_s + QString::number(task);
    }
    field(u"Agent"_s, alert[u"agent"_s].toString());
    if (now - momentOf(alert) > late)
        field(u"Raised"_s, toLocalShort(momentOf(alert), now));
    if (heldBack > 0)
        field(u"Again"_s, commands::counted(heldBack, u"more time"_s));
    if (!answer.isEmpty())
        field(u"Answer"_s, answerText(answer, now));
    if (state != u"resolved") {
        reply.next.prepend(u"resolve-alert %1 --action snooze"_s.arg(id));
        reply.next.prepend(u"resolve-alert "_s + id);
        if (const QString approval = approvalOf(alert); !approval.isEmpty())
            reply.next = QStringList{u"approve "_s + approval, u"deny "_s + approval} + reply.next;
    }
    return reply;
}

Reply digestReply(const QList<monitor::Delivery> &raised, Instant now)
{
    QMap<AlertLevel, qint64> hidden;
    QStringList lines;
    AlertLevel worst = AlertLevel::Info;
    for (const monitor::Delivery &delivery : raised) {
        const QJsonObject &alert = delivery.payload;
        const AlertLevel level = levelOf(alert);
        worst = std::max(worst, level);
        if (lines.size() < listed || (level == AlertLevel::Critical && lines.size() < mostListed))
            lines << u"%1  %2  %3  %4"_s.arg(toLocalShort(momentOf(alert), now), levelText(level), idOf(alert),
                                             alert[u"title"_s].toString().left(longestTitle));
        else
            ++hidden[level];
    }
    QStringList more;
    qint64 number = 0;
    for (auto it = hidden.cbegin(); it != hidden.cend(); ++it) {
        more.prepend(u"%1 %2"_s.arg(it.value()).arg(levelText(it.key())));
        number += it.value();
    }
    if (number > 0)
        lines << u"and %1 more (%2)"_s.arg(QString::number(number), more.join(u", "_s));
    const QString from = toLocalShort(momentOf(raised.first().payload), now),
                  to = toLocalShort(momentOf(raised.last().payload), now);
    return {.severity = severityOf(worst),
            .title = from == to ? u"%1 alerts, %2"_s.arg(QString::number(raised.size()), from)
                                : u"%1 alerts, %2 to %3"_s.arg(QString::number(raised.size()), from, to),
            .text = lines.join(u'\n'),
            .next = {u"alerts"_s, u"system-health"_s}};
}

Reply answersReply(const QList<monitor::Delivery> &answered, Instant now)
{
    QStringList lines;
    for (const monitor::Delivery &delivery : answered.first(std::min(answered.size(), mostListed)))
        lines << u"%1: %2"_s.arg(idOf(delivery.payload), answerText(delivery.payload, now).left(longestTitle));
    if (answered.size() > mostListed)
        lines << u"and %1 more"_s.arg(answered.size() - mostListed);
    return {.severity = Severity::Ok,
            .title =
                answered.size() == 1 ? u"An alert was answered"_s : u"%1 alerts were answered"_s.arg(answered.size()),
            .text = lines.join(u'\n'),
            .next = {u"alerts"_s}};
}

QJsonObject reachingTo(QJsonObject body, qint64 first, qint64 last)
{
    QJsonArray embeds = body[u"embeds"_s].toArray();
    if (embeds.isEmpty())
        embeds.append(QJsonObject());
    QJsonObject embed = embeds.first().toObject();
    embed[u"footer"_s] = QJsonObject{{u"text"_s, u"Deliveries %1 to %2"_s.arg(first).arg(last)}};
    embeds.replace(0, embed);
    body[u"embeds"_s] = embeds;
    return body;
}

std::optional<qint64> reachOf(const QJsonObject &message)
{
    static const QRegularExpression shape(u"^Deliveries \\d+ to (\\d+)$"_s);
    const QString footer = message[u"embeds"_s].toArray().at(0)[u"footer"_s][u"text"_s].toString();
    const auto match = shape.match(footer);
    return match.hasMatch() ? std::optional(match.captured(1).toLongLong()) : std::nullopt;
}

} // namespace hub::discord
