// The machine and the whole of the work at a glance.
#include "core/hub/handlers.h"

#include "core/commands/counted.h"
#include "core/monitor/machine.h"

using namespace Qt::StringLiterals;

namespace hub
{

using commands::Reply;
using commands::Severity;

QString pausedText(const QList<state::Pause> &pauses)
{
    QStringList names;
    for (const auto &pause : pauses)
        names << (pause.scope == u"task" ? u"task #"_s : u"agent "_s) + pause.subject + u" (by "_s + pause.who + u')';
    return names.join(u", "_s);
}

namespace
{

QString gigabytes(qint64 bytes) { return QString::number(double(bytes) / 1e9, 'f', 1); }

QString machineText(const monitor::Machine &machine)
{
    QStringList parts{
        u"load %1 on %2"_s.arg(QString::number(machine.load, 'f', 2), commands::counted(machine.cores, u"core"_s)),
        u"%1 of %2 GB memory free"_s.arg(gigabytes(machine.memoryFree), gigabytes(machine.memory))};
    if (machine.swap > machine.swapFree)
        parts << u"%1 GB swapped out"_s.arg(gigabytes(machine.swap - machine.swapFree));
    if (machine.temperature)
        parts << u"%1 °C"_s.arg(qRound(*machine.temperature));
    return parts.join(u", "_s);
}

Result<Reply> systemHealth(Services &services, const Invocation &)
{
    HUB_TRY(const auto safe, services.stores.holds.safeMode());
    HUB_TRY(const auto pauses, services.stores.holds.pauses());
    HUB_TRY(const auto living, services.stores.runs.living());
    HUB_TRY(const auto alerts, services.alerts.book().list(true, {}, {}));
    HUB_TRY(const auto approvals, services.stores.approvals.list({}, ApprovalState::Open));
    HUB_TRY(const auto projects, services.stores.projects.all());
    Reply reply{.title = u"AgentHub is up since %1"_s.arg(
                    agoText(services.startedAt, services.now()).replace(u" ago"_s, QString()))};
    const auto field = [&](const QString &name, const QString &value) { reply.fields.append({name, value}); };
    const auto machine = monitor::readMachine();
    const auto disk = monitor::readDisk(QFile::encodeName(services.data.root()));
    field(u"Machine"_s, machineText(machine));
    field(u"Disk"_s,
          disk ? u"%1 of %2 GB free for %3"_s.arg(gigabytes(disk->free), gigabytes(disk->size), services.data.root())
               : u"unknown"_s);
    field(u"Agents"_s, u"%1 running, %2 may run at once"_s.arg(living.size()).arg(services.driver.runningLimit()));
    QStringList counts;
    QJsonObject countData;
    for (const auto &row : taskStateTexts) {
        HUB_TRY(const qint64 count, services.stores.tasks.countInState(row.value));
        countData[QString(row.text)] = count;
        if (count > 0)
            counts << u"%1 %2"_s.arg(count).arg(stateText(row.value));
    }
    field(u"Tasks"_s, counts.isEmpty() ? u"none yet"_s : counts.join(u", "_s));
    if (!pauses.isEmpty())
        field(u"Paused"_s, pausedText(pauses));
    QStringList safety;
    HUB_TRY(const auto active, services.stores.tasks.inStates({TaskState::Running, TaskState::AwaitingApproval,
                                                               TaskState::Paused, TaskState::NeedsReview}));
    for (const Task &task : active) {
        HUB_TRY(const auto newest, services.stores.tasks.newestCheckpoint(task.id));
        safety << (newest ? u"#%1 saved %2"_s.arg(task.id.toString(), agoText(newest->at, services.now()))
                          : u"#%1 not saved yet"_s.arg(task.id.toString()));
    }
    field(u"Projects"_s, QString::number(projects.size()));
    if (!safety.isEmpty())
        field(u"Git safety"_s, safety.join(u", "_s));
    field(u"Questions"_s, approvals.isEmpty() ? u"none open"_s : u"%1 open"_s.arg(approvals.size()));
    field(u"Alerts"_s, alerts.isEmpty()
                           ? u"none open"_s
                           : u"%1 open, the last: %2"_s.arg(alerts.size()).arg(alerts.first().report.title));
    if (safe) {
        reply.severity = Severity::Warning;
        reply.text = u"Safe mode is on since %1 (%2, by %3): nothing runs."_s.arg(
            toLocalShort(safe->since, services.now()), safe->reason, safe->who);
        reply.next << u"safe-mode disable"_s;
    }
    if (!approvals.isEmpty())
        reply.next << u"approvals"_s;
    if (!alerts.isEmpty())
        reply.next << u"alerts"_s;
    if (projects.isEmpty())
        reply.next << u"projects add FOLDER"_s;
    reply.data = {{u"safe_mode"_s, safe.has_value()},
                  {u"running"_s, living.size()},
                  {u"tasks"_s, countData},
                  {u"open_alerts"_s, alerts.size()},
                  {u"open_approvals"_s, approvals.size()},
                  {u"machine"_s, QJsonObject{{u"cores"_s, machine.cores},
                                             {u"load"_s, machine.load},
                                             {u"memory"_s, machine.memory},
                                             {u"memory_free"_s, machine.memoryFree},
                                             {u"swap"_s, machine.swap},
                                             {u"swap_free"_s, machine.swapFree},
                                             {u"temperature"_s,
                                              machine.temperature ? QJsonValue(*machine.temperature) : QJsonValue()}}},
                  {u"disk_free"_s, disk ? disk->free : -1}};
    return reply;
}

} // namespace

std::span<const HandlerRow> healthHandlers()
{
    static const HandlerRow rows[]{{"system-health"_L1, &systemHealth}};
    return rows;
}

} // namespace hub
