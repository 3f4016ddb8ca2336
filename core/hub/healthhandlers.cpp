// The machine and the whole of the work at a glance.
#include "core/hub/handlers.h"

#include "core/commands/counted.h"
#include "core/commands/sparkline.h"
#include "core/hub/gitsafety.h"
#include "core/hub/lookback.h"

#include <QSysInfo>

using namespace Qt::StringLiterals;

namespace hub
{

using commands::Reply;
using commands::Severity;

QString pausedText(const QList<state::Pause> &pauses)
{
    QStringList names;
    for (const auto &pause : pauses)
        names << (pause.scope == u"agent" ? u"agent "_s : u"task #"_s) + pause.subject + u" (by "_s + pause.who + u')';
    return names.join(u", "_s);
}

namespace
{

QString gigabytes(qint64 bytes) { return QString::number(double(bytes) / 1e9, 'f', 1); }

// "1.9 of 4.1 GB"
QString usedOf(qint64 size, qint64 free) { return u"%1 of %2 GB"_s.arg(gigabytes(size - free), gigabytes(size)); }

QString throttleText(const monitor::Throttle &throttle)
{
    QStringList now, before;
    const auto note = [](QStringList &to, bool holds, const QString &text) {
        if (holds)
            to << text;
    };
    note(now, throttle.underVoltage, u"too little voltage"_s);
    note(now, throttle.capped, u"frequency capped"_s);
    note(now, throttle.throttled, u"throttled"_s);
    note(now, throttle.softLimit, u"soft temperature limit"_s);
    if (throttle.sinceBoot) {
        note(before, throttle.sinceBoot->underVoltage, u"too little voltage"_s);
        note(before, throttle.sinceBoot->throttled, u"throttled"_s);
    }
    QString text = now.isEmpty() ? u"well"_s : now.join(u", "_s);
    if (!before.isEmpty())
        text += u" (since it started: %1)"_s.arg(before.join(u", "_s));
    return text;
}

// What the newest look saw; what a machine doesn't have is named as unknown.
void tellMachine(const monitor::Sample &sample, Reply &reply)
{
    const auto field = [&](const QString &name, const QString &value) {
        reply.fields.append({name, value.isEmpty() ? u"unknown"_s : value});
    };
    QString cpu, memory, temperature;
    if (sample.load)
        cpu = u"%1 of %2, load %3"_s.arg(sample.cpu ? u"%1 %"_s.arg(qRound(*sample.cpu)) : u"unknown"_s,
                                         commands::counted(sample.cores, u"core"_s),
                                         QString::number(sample.load->one, 'f', 2));
    if (const auto &now = sample.memory)
        memory = usedOf(now->size, now->free) + u" in use, "_s +
                 (now->swapSize == 0 ? u"no swap"_s : usedOf(now->swapSize, now->swapFree) + u" of swap"_s);
    if (const auto warmest = sample.warmest())
        temperature = u"%1 °C (%2)"_s.arg(qRound(warmest->celsius)).arg(warmest->sensor);
    field(u"CPU"_s, cpu);
    field(u"Memory"_s, memory);
    field(u"Temperature"_s, temperature);
    if (sample.throttle)
        field(u"Power supply"_s, throttleText(*sample.throttle));
    for (const monitor::FileSystem &disk : sample.disks)
        field(u"Disk"_s, u"%1 GB free of %2 GB on %3"_s.arg(gigabytes(disk.free), gigabytes(disk.size), disk.mount));
}

QJsonValue orNull(const std::optional<double> &value) { return value ? QJsonValue(*value) : QJsonValue(); }

QJsonObject machineData(const monitor::Sample &sample)
{
    const auto pressure = [](const std::optional<monitor::Pressure> &p) {
        return p ? QJsonValue(QJsonObject{{u"some"_s, p->some}, {u"full"_s, orNull(p->full)}}) : QJsonValue();
    };
    QJsonArray disks, temperatures;
    for (const monitor::FileSystem &disk : sample.disks)
        disks.append(QJsonObject{{u"mount"_s, disk.mount}, {u"size"_s, disk.size}, {u"free"_s, disk.free}});
    for (const monitor::Temperature &temperature : sample.temperatures)
        temperatures.append(QJsonObject{{u"sensor"_s, temperature.sensor}, {u"celsius"_s, temperature.celsius}});
    QJsonObject data{{u"at"_s, toIso(sample.at)},
                     {u"cores"_s, sample.cores},
                     {u"cpu"_s, orNull(sample.cpu)},
                     {u"load"_s, sample.load ? QJsonValue(sample.load->one) : QJsonValue()},
                     {u"cpu_pressure"_s, pressure(sample.cpuPressure)},
                     {u"memory_pressure"_s, pressure(sample.memoryPressure)},
                     {u"io_pressure"_s, pressure(sample.ioPressure)},
                     {u"temperatures"_s, temperatures},
                     {u"disks"_s, disks}};
    if (sample.memory) {
        data[u"memory"_s] = sample.memory->size;
        data[u"memory_free"_s] = sample.memory->free;
        data[u"swap"_s] = sample.memory->swapSize;
        data[u"swap_free"_s] = sample.memory->swapFree;
    }
    if (sample.throttle)
        data[u"supply"_s] = throttleText(*sample.throttle);
    return data;
}

QString perSecond(double bytes) { return bytes < 1000 ? u"–"_s : recovery::sizeText(qint64(bytes)) + u"/s"_s; }

// What runs now, the largest first, and what is left over from agents.
void tellUsage(const Services &services, Reply &reply)
{
    commands::Table table{
        .columns = {u"task"_s, u"agent"_s, u"cpu"_s, u"memory"_s, u"processes"_s, u"files"_s, u"disk"_s, u"output"_s}};
    QJsonArray data;
    QStringList zombies, strays;
    for (const agents::RunUsage &use : services.machine.usage()) {
        const qint64 memory = use.tree.proportional.value_or(use.tree.memory);
        const double disk = use.tree.readPerSecond + use.tree.writtenPerSecond;
        table.rows << QStringList{u'#' + use.task.toString(),
                                  use.agent.toString(),
                                  u"%1 %"_s.arg(qRound(use.tree.cpu)),
                                  recovery::sizeText(memory),
                                  QString::number(use.tree.processes),
                                  QString::number(use.tree.openFiles),
                                  perSecond(disk),
                                  perSecond(use.outputPerSecond)};
        data.append(QJsonObject{{u"task_id"_s, use.task.value()},
                                {u"agent"_s, use.agent.toString()},
                                {u"cpu"_s, use.tree.cpu},
                                {u"memory"_s, memory},
                                {u"processes"_s, use.tree.processes},
                                {u"threads"_s, use.tree.threads},
                                {u"open_files"_s, use.tree.openFiles},
                                {u"read_per_second"_s, use.tree.readPerSecond},
                                {u"written_per_second"_s, use.tree.writtenPerSecond},
                                {u"output_per_second"_s, use.outputPerSecond},
                                {u"zombies"_s, QJsonArray::fromStringList(use.tree.zombies)}});
        zombies << use.tree.zombies;
    }
    if (!table.rows.isEmpty())
        reply.tables << table;
    if (!zombies.isEmpty())
        reply.fields.append(
            {u"Zombies"_s, u"%1 (ended, and their parents don't wait for them)"_s.arg(zombies.join(u", "_s))});
    for (const monitor::Stray &stray : services.machine.strays())
        strays << u"%1 %2"_s.arg(stray.process.pid).arg(stray.name);
    if (!strays.isEmpty())
        reply.fields.append({u"Strays"_s, u"%1 (of agents, and under no shim)"_s.arg(strays.join(u", "_s))});
    reply.data[u"usage"_s] = data;
    reply.data[u"strays"_s] = QJsonArray::fromStringList(strays);
}

QString titleOf(const monitor::Course &course)
{
    const QString title(monitor::specOf(course.metric).title);
    return course.subject.isEmpty() ? title : title + u' ' + course.subject;
}

// How each figure went, with the highest of its lows and highs.
void tellCourses(const QList<monitor::Course> &courses, Reply &reply)
{
    commands::Table table{.columns = {u"figure"_s, u"now"_s, u"lowest"_s, u"average"_s, u"highest"_s, u"course"_s},
                          .whenEmpty = u"Nothing was measured yet."_s};
    QJsonArray data;
    for (const monitor::Course &course : courses) {
        QList<double> means;
        double low = course.points.first().low, high = course.points.first().high, sum = 0;
        for (const monitor::Point &point : course.points) {
            means << point.mean;
            low = std::min(low, point.low);
            high = std::max(high, point.high);
            sum += point.mean;
        }
        const double average = sum / double(means.size());
        const auto text = [&](double value) { return monitor::valueText(course.metric, value); };
        table.rows << QStringList{titleOf(course), text(means.last()), text(low),
                                  text(average),   text(high),         commands::sparkline(means, 24)};
        data.append(QJsonObject{{u"metric"_s, textOf(monitor::metricTexts, course.metric)},
                                {u"subject"_s, course.subject},
                                {u"now"_s, means.last()},
                                {u"lowest"_s, low},
                                {u"average"_s, average},
                                {u"highest"_s, high}});
    }
    reply.tables << table;
    reply.data[u"course"_s] = data;
}

struct Range {
    QLatin1StringView name;
    std::chrono::hours length;
    QLatin1StringView title;
};
constexpr Range ranges[]{{"now"_L1, std::chrono::hours{1}, "last hour"_L1},
                         {"day"_L1, std::chrono::hours{24}, "last 24 hours"_L1},
                         {"week"_L1, std::chrono::days{7}, "last 7 days"_L1}};

const Range &rangeOf(const Invocation &in)
{
    for (const Range &range : ranges) {
        if (in.text("range"_L1) == range.name)
            return range;
    }
    return ranges[0];
}

// All but how the machine was.
Result<Reply> present(Services &services)
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
    const auto &sample = services.machine.newest();
    if (sample)
        tellMachine(*sample, reply);
    field(u"Agents"_s, u"%1 running, %2 may run at once"_s.arg(living.size()).arg(services.driver.runningLimit()));
    QStringList counts;
    QJsonObject countData, fronts;
    for (const auto &row : taskStateTexts) {
        HUB_TRY(const qint64 count, services.stores.tasks.countInState(row.value));
        countData[QString(row.text)] = count;
        if (count > 0)
            counts << u"%1 %2"_s.arg(count).arg(stateText(row.value));
    }
    field(u"Tasks"_s, counts.isEmpty() ? u"none yet"_s : counts.join(u", "_s));
    if (!pauses.isEmpty())
        field(u"Paused"_s, pausedText(pauses));
    field(u"Projects"_s, QString::number(projects.size()));
    field(u"Questions"_s, approvals.isEmpty() ? u"none open"_s : u"%1 open"_s.arg(approvals.size()));
    field(u"Alerts"_s, alerts.isEmpty()
                           ? u"none open"_s
                           : u"%1 open, the last: %2"_s.arg(alerts.size()).arg(alerts.first().report.title));
    for (auto front = services.fronts.cbegin(); front != services.fronts.cend(); ++front) {
        field(front.key(), front->text + (front->advice.isEmpty() ? QString() : u". "_s + front->advice));
        QJsonObject frontData = front->data;
        frontData[u"well"_s] = front->well;
        frontData[u"text"_s] = front->text;
        frontData[u"advice"_s] = front->advice;
        fronts[front.key().toLower()] = frontData;
        if (!front->well)
            reply.severity = Severity::Warning;
    }
    if (safe) {
        reply.severity = Severity::Warning;
        reply.text = u"Safe mode is on since %1 (%2, by %3): nothing runs."_s.arg(
            toLocalShort(safe->since, services.now()), safe->reason, safe->who);
        reply.next << u"safe-mode disable"_s;
    }
    if (const QStringList concerns = services.disks.concerns() + services.machine.concerns(); !concerns.isEmpty()) {
        reply.severity = Severity::Warning;
        reply.text += (reply.text.isEmpty() ? QString() : u" "_s) + concerns.join(u' ');
    }
    if (const qint64 bytes = services.governor.known().value_or(0); bytes > 0) {
        reply.text += u" Build output and caches could give back %1: cleanup --caches"_s.arg(recovery::sizeText(bytes));
        reply.next << u"cleanup --caches"_s;
    }
    if (!services.machine.ladder().admitting)
        reply.text += u" Nothing new starts until the machine is well again."_s;
    reply.text = reply.text.trimmed();
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
                  {u"open_approvals"_s, approvals.size()}};
    if (sample)
        reply.data[u"machine"_s] = machineData(*sample);
    reply.data[u"fronts"_s] = fronts;
    reply.data[u"cache_bytes"_s] = services.governor.known() ? QJsonValue(*services.governor.known()) : QJsonValue();
    reply.data[u"concerns"_s] = QJsonArray::fromStringList(services.machine.concerns());
    reply.data[u"full_disks"_s] = QJsonArray::fromStringList(services.disks.concerns());
    reply.data[u"admitting"_s] = services.machine.ladder().admitting;
    tellUsage(services, reply);
    return reply;
}

Result<LookBack> wantedPast(const Services &services, const Invocation &in)
{
    const Range &range = rangeOf(in);
    LookBack wanted{.database = services.history.file(),
                    .from = services.now() - range.length,
                    .to = services.now(),
                    .rules = monitor::rulesFrom(services.settings),
                    .interval = std::chrono::seconds{services.settings.number(setting::monitorSeconds)},
                    .chartTitle = u"%1, %2"_s.arg(QSysInfo::machineHostName(), range.title),
                    .programFolder = services.programFolder};
    if (in.flag("chart"_L1)) {
        HUB_TRY(wanted.theme,
                enumFromText(chart::themeTexts, in.has("theme"_L1) ? in.text("theme"_L1) : u"dark"_s, u"theme"));
    }
    return wanted;
}

void tellPast(const Past &past, const QString &fileName, Reply &reply)
{
    tellCourses(past.courses, reply);
    if (!past.png.isEmpty())
        reply.attachments.append({fileName, past.png});
    if (!past.whyNoChart.isEmpty()) {
        reply.fields.append({u"Chart"_s, past.whyNoChart});
        reply.data[u"no_chart"_s] = past.whyNoChart;
    }
}

QFuture<Result<Reply>> systemHealth(Services &services, const Invocation &in)
{
    auto reply = present(services);
    auto wanted = reply ? wantedPast(services, in) : Result<LookBack>(reply.error());
    auto safety = wanted ? knownSafety(services) : Result<GitSafety>(wanted.error());
    if (!safety)
        return readyFuture<Reply>(std::move(safety).error());
    auto job = services.workers.run(u"history"_s, [wanted = *std::move(wanted)] { return lookBack(wanted); });
    const QString fileName = u"system-health-%1.png"_s.arg(rangeOf(in).name);
    return replyAfter(&services.driver, lookAtSafety(services, *safety),
                      [&services, job = std::move(job), reply = *std::move(reply), fileName](const GitSafety &found) {
                          Reply told = reply;
                          tellSafety(services, found, told);
                          return replyWhen(&services.driver, job, [told, fileName](const Past &past) -> Result<Reply> {
                              Reply whole = told;
                              tellPast(past, fileName, whole);
                              return whole;
                          });
                      });
}

} // namespace

std::span<const HandlerRow> healthHandlers()
{
    static const HandlerRow rows[]{{"system-health"_L1, &systemHealth}};
    return rows;
}

} // namespace hub
