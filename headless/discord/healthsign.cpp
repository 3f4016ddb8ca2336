#include "headless/discord/healthsign.h"

#include "core/base/async.h"

#include <QJsonArray>

using namespace Qt::StringLiterals;

namespace hub::discord
{

Presence presenceFor(bool safeMode, qsizetype needPerson)
{
    if (safeMode)
        return {Presence::Status::DoNotDisturb, u"safe mode: nothing runs"_s};
    if (needPerson > 0)
        return {Presence::Status::Idle,
                needPerson == 1 ? u"1 task needs you: /tasks"_s : u"%1 tasks need you: /tasks"_s.arg(needPerson)};
    return {Presence::Status::Online, u"all is well: /help"_s};
}

HealthSign::HealthSign(HubPort &hub, Show show, milliseconds calm, QObject *parent)
    : QObject(parent)
    , m_hub(hub)
    , m_show(std::move(show))
{
    m_calm.setSingleShot(true);
    m_calm.setInterval(calm);
    connect(&m_calm, &QTimer::timeout, this, &HealthSign::look);
    connect(&m_hub, &HubPort::eventHappened, this, [this](const HubEvent &event) {
        static const QStringList telling{u"task"_s, u"approval"_s, u"safe-mode"_s, u"alert"_s};
        if (telling.contains(event.name) && !m_calm.isActive())
            m_calm.start();
    });
}

void HealthSign::look()
{
    ask(u"safe-mode status"_s, {}, [this](const QJsonObject &safety) {
        ask(u"tasks"_s, {{u"filter"_s, u"needs-me"_s}}, [this, safety](const QJsonObject &tasks) {
            m_show(presenceFor(safety[u"safe_mode"_s].toBool(), tasks[u"tasks"_s].toArray().size()));
        });
    });
}

void HealthSign::ask(const QString &command, const QJsonObject &options, std::function<void(const QJsonObject &)> then)
{
    const commands::CommandCall call{
        .command = command, .options = options, .caller = {commands::Role::Machine, u"hub"_s, u"hub"_s, {}}};
    whenDone(m_hub.execute(call), this, [then](const Result<commands::Reply> &reply) {
        if (reply)
            then(reply->data);
    });
}

} // namespace hub::discord
