#include "core/agents/machinewatch.h"

#include "core/base/log.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

using namespace Qt::StringLiterals;

namespace hub::agents
{

using monitor::Concern;
using monitor::LadderMove;
using monitor::Sample;
using monitor::Verdict;

namespace
{

// The first look has nothing to compare with, so the second one comes soon.
constexpr std::chrono::milliseconds secondLook{1000};

QString subjectOf(const Verdict &verdict)
{
    const QString name = textOf(monitor::metricTexts, verdict.metric);
    return verdict.subject.isEmpty() ? name : name + u' ' + verdict.subject;
}

// "Memory is at 96 %"
QString titleOf(const Verdict &verdict)
{
    const QString name(monitor::specOf(verdict.metric).title);
    const QString where = verdict.subject.isEmpty() ? QString() : u" of "_s + verdict.subject;
    return u"%1%2: %3"_s.arg(name, where, monitor::valueText(verdict.metric, verdict.value));
}

AlertLevel levelOf(Concern concern)
{
    return concern == Concern::Critical ? AlertLevel::Critical : AlertLevel::Warning;
}

// What a person can do about it, beside waiting.
QString adviceFor(monitor::Metric metric)
{
    using monitor::Metric;
    switch (metric) {
    case Metric::Disk:
    case Metric::Inodes: return u"agenthubctl cleanup --caches and agenthubctl projects show say what can go."_s;
    case Metric::Temperature:
        return u"Give it air, or let fewer agents run: agenthubctl config set agents/max_running 1."_s;
    case Metric::Supply: return u"Use a stronger power supply or a shorter cable; too little voltage corrupts cards."_s;
    default: return u"agenthubctl system-health shows what runs."_s;
    }
}

} // namespace

MachineWatch::MachineWatch(state::Stores &stores, Workers &workers, Brake &brake, TaskDriver &driver,
                           monitor::AlertCenter &alerts, monitor::HistoryStore &history, const DataFolder &data,
                           const Settings &settings, const QString &hubId, monitor::Sources sources)
    : m_stores(stores)
    , m_workers(workers)
    , m_brake(brake)
    , m_driver(driver)
    , m_alerts(alerts)
    , m_history(history)
    , m_data(data)
    , m_settings(settings)
    , m_hubId(hubId)
    , m_sampler(std::make_shared<monitor::Sampler>(std::move(sources)))
    , m_trees(std::make_shared<monitor::TreeSampler>())
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &MachineWatch::look);
}

Result<> MachineWatch::begin()
{
    auto ended = m_stores.commits.submit([this] { return endOldAlerts(); });
    m_stores.commits.flush();
    HUB_CHECK(takeResult(ended));
    monitor::Ladder::State state;
    HUB_TRY(state.frozen, heldTasks());
    state.admitting = state.frozen.isEmpty();
    if (!state.admitting)
        m_driver.stopAdmitting(
            u"The machine was overloaded when the hub stopped; nothing new starts until it was looked at anew."_s);
    m_ladder = monitor::Ladder(state);
    look();
    return {};
}

// Of everything that is written to: the hub's data, and each project.
QList<QByteArray> MachineWatch::paths() const
{
    QList<QByteArray> paths{QFile::encodeName(m_data.root())};
    const QString monitor = m_settings.text(setting::safetyDatabase);
    if (QFileInfo(monitor).isAbsolute())
        paths << QFile::encodeName(QFileInfo(monitor).path());
    const auto projects = m_stores.projects.all();
    for (const state::Project &project : projects.valueOr({})) {
        if (!project.missing)
            paths << QFile::encodeName(project.path);
    }
    return paths;
}

void MachineWatch::look()
{
    QList<monitor::TreeRoot> roots;
    const auto living = m_stores.runs.living();
    for (const Run &run : living.valueOr({})) {
        if (run.shim.pid > 0)
            roots << monitor::TreeRoot{run.id, {pid_t(run.shim.pid), uint64_t(run.shim.startTicks)}};
    }
    auto job = m_workers.run(u"monitor"_s,
                             [sampler = m_sampler, trees = m_trees, paths = paths(), roots, hub = m_hubId,
                              &clock = m_stores.clock]() -> Result<Seen> {
                                 Seen seen{.sample = sampler->take(paths, clock.now())};
                                 seen.trees = trees->take(roots, hub, seen.sample.uptime);
                                 return seen;
                             });
    whenDone(std::move(job), this, [this](Result<Seen> seen) {
        if (seen)
            took(*std::move(seen));
    });
}

void MachineWatch::noteUsage(const monitor::TreePass &pass, Sample &sample)
{
    QList<RunUsage> usage;
    std::map<RunId, Said> said;
    std::map<QString, monitor::AgentUse> agents;
    for (const monitor::TreeUsage &tree : pass.trees) {
        const auto run = m_stores.runs.get(tree.run);
        if (!run)
            continue;
        RunUsage of{run->id, run->task, run->agent, tree};
        const Said now{run->position.outDone + run->position.errDone, sample.uptime};
        if (const auto before = m_said.find(run->id); before != m_said.end() && now.at > before->second.at)
            of.outputPerSecond =
                1000.0 * double(now.bytes - before->second.bytes) / double((now.at - before->second.at).count());
        said[run->id] = now;
        monitor::AgentUse &together = agents[run->agent.toString()];
        together.agent = run->agent.toString();
        together.cpu += tree.cpu;
        together.memory += tree.proportional.value_or(tree.memory);
        usage << of;
    }
    std::sort(usage.begin(), usage.end(),
              [](const RunUsage &a, const RunUsage &b) { return a.tree.memory > b.tree.memory; });
    for (const auto &[name, use] : agents)
        sample.agents << use;
    m_usage = std::move(usage);
    m_said = std::move(said);
}

// Those that are there twice: what a dead shim left is ended by others within moments.
void MachineWatch::tellStrays(const QList<monitor::Stray> &strays)
{
    QStringList staying;
    for (const monitor::Stray &stray : strays) {
        const bool before = std::any_of(m_strays.begin(), m_strays.end(),
                                        [&](const monitor::Stray &other) { return other.process == stray.process; });
        if (before)
            staying << u"%1 (%2)"_s.arg(stray.process.pid).arg(stray.name);
    }
    const bool had = !m_strays.isEmpty();
    m_strays = strays;
    if (staying.isEmpty() && !had)
        return;
    m_stores.commits.submitOrLog(u"the alert about strays"_s, [this, staying, gone = strays.isEmpty()]() -> Result<> {
        if (gone)
            return m_alerts.resolveSubject(AlertType::ManualIntervention, u"strays"_s, u"they ended"_s);
        if (staying.isEmpty())
            return {};
        HUB_CHECK(m_alerts.raise({.type = AlertType::ManualIntervention,
                                  .level = AlertLevel::Warning,
                                  .subject = u"strays"_s,
                                  .title = u"Processes of agents run on without their shim"_s,
                                  .description = u"%1. They can't be frozen with their agent. If they are not wanted, "
                                                 "end them: kill PID"_s.arg(staying.join(u", "_s)),
                                  .standing = true}));
        return {};
    });
}

void MachineWatch::took(Seen seen)
{
    Sample &sample = seen.sample;
    const bool first = !m_newest;
    if (const auto now = work())
        sample.work = *now;
    noteUsage(seen.trees, sample);
    tellStrays(seen.trees.strays);
    m_newest = sample;
    // Looks that come sooner are for the verdicts. The first one knows no use of the CPU yet.
    const std::chrono::seconds pace{m_settings.number(setting::monitorSeconds)};
    if (!first && sample.uptime - m_keptAt >= pace - secondLook / 2) {
        m_keptAt = sample.uptime;
        if (const auto kept = m_keepsHistory ? m_history.add(sample) : Result<>(); !kept)
            qCWarning(lcMonitor).noquote() << "what was measured is not kept:" << kept.error().message;
    }
    noteDown(sample);
    tell(m_verdicts.feed(sample, monitor::rulesFrom(m_settings)));
    tellTime(sample);
    climb();
    Q_EMIT sampled(sample);
    const bool soon = m_verdicts.worst() != Concern::Fine || m_verdicts.unsettled() || !m_ladder.state().admitting;
    m_timer.start(first ? secondLook
                        : std::chrono::milliseconds{std::chrono::seconds{
                              m_settings.number(soon ? setting::monitorAlertSeconds : setting::monitorSeconds)}});
}

// For whoever wants to play it again: all that verdicts and ladder go by.
void MachineWatch::noteDown(const Sample &sample)
{
    const QString path = m_settings.text(setting::recordSamples);
    if (path.isEmpty())
        return;
    const auto safe = m_stores.holds.safeMode();
    const monitor::Look look{sample, candidates().valueOr({}), safe && safe->has_value()};
    const QString file = QDir(m_data.root()).absoluteFilePath(path);
    auto job = m_workers.run(u"monitor"_s, [look, file] { return monitor::appendLook(QFile::encodeName(file), look); });
    whenDone(std::move(job), this, [](const Result<> &written) {
        if (!written)
            qCWarning(lcMonitor).noquote() << "what was seen is not recorded:" << written.error().message;
    });
}

Result<monitor::Work> MachineWatch::work() const
{
    HUB_TRY(const auto living, m_stores.runs.living());
    HUB_TRY(const auto safe, m_stores.holds.safeMode());
    HUB_TRY(const auto pauses, m_stores.holds.pauses());
    HUB_TRY(const auto full, m_stores.holds.fullDisks());
    monitor::Work work{.running = int(living.size())};
    for (const Run &run : living) {
        const bool held = std::any_of(pauses.begin(), pauses.end(), [&](const state::Pause &pause) {
            return pause.subject == (pause.scope == u"agent" ? run.agent.toString() : run.task.toString());
        });
        work.paused += safe || held || !full.isEmpty();
    }
    return work;
}

QStringList MachineWatch::concerns() const
{
    const monitor::Rules rules = monitor::rulesFrom(m_settings);
    QStringList sentences;
    for (const Verdict &verdict : m_verdicts.standing()) {
        if (verdict.concern != Concern::Fine)
            sentences << sentenceFor(verdict, rules.of(verdict.metric, verdict.subject), m_stores.clock.now());
    }
    return sentences;
}

// Why nothing new starts, by the figures of the newest look.
QString MachineWatch::overload() const
{
    const QString figures = concerns().join(u' ');
    return figures.isEmpty() ? u"The machine was overloaded and is calm now; new work starts when that has lasted."_s
                             : u"The machine is overloaded: %1 Nothing new starts until it is calm."_s.arg(figures);
}

// One alert for each figure; it ends when the figure is well again, and begins anew when it gets worse.
void MachineWatch::tell(const QList<Verdict> &changes)
{
    const monitor::Rules rules = monitor::rulesFrom(m_settings);
    for (const Verdict &verdict : changes) {
        const QString sentence = sentenceFor(verdict, rules.of(verdict.metric, verdict.subject), m_stores.clock.now());
        qCInfo(lcMonitor).noquote() << sentence;
        m_stores.commits.submitOrLog(
            u"the alert about "_s + subjectOf(verdict), [this, verdict, sentence]() -> Result<> {
                if (verdict.concern == Concern::Fine)
                    return m_alerts.resolveSubject(AlertType::ResourceWarning, subjectOf(verdict), sentence);
                HUB_CHECK(m_alerts.raise({.type = AlertType::ResourceWarning,
                                          .level = levelOf(verdict.concern),
                                          .subject = subjectOf(verdict),
                                          .title = titleOf(verdict),
                                          .description = sentence + u' ' + adviceFor(verdict.metric),
                                          .data = {{u"metric"_s, textOf(monitor::metricTexts, verdict.metric)},
                                                   {u"subject"_s, verdict.subject},
                                                   {u"value"_s, verdict.value}},
                                          .standing = true}));
                return {};
            });
    }
}

// Times on record and what is due by the clock are doubtful then.
void MachineWatch::tellTime(const Sample &sample)
{
    if (!sample.timeJump && sample.clockIsSet)
        return;
    const QString text =
        sample.timeJump
            ? u"The clock jumped by %1%2."_s.arg(*sample.timeJump > std::chrono::milliseconds{0} ? u"" : u"-",
                                                 durationText(std::chrono::abs(*sample.timeJump)))
            : u"The clock shows %1, so it is not set."_s.arg(toIso(sample.at));
    m_stores.commits.submitOrLog(u"the alert about the clock"_s, [this, text]() -> Result<> {
        HUB_CHECK(m_alerts.raise({.type = AlertType::ResourceWarning,
                                  .level = AlertLevel::Info,
                                  .subject = u"clock"_s,
                                  .title = text.chopped(1),
                                  .description = text + u" Times before and after it don't fit together."_s}));
        return {};
    });
}

// Lowest priority first, then the youngest: what has worked longest is the last to be held.
Result<monitor::Candidates> MachineWatch::candidates() const
{
    HUB_TRY(const auto living, m_stores.runs.living());
    std::vector<std::pair<Priority, TaskId>> found;
    for (const Run &run : living) {
        HUB_TRY(const Task task, m_stores.tasks.get(run.task));
        if (task.state == TaskState::Running || task.state == TaskState::AwaitingApproval ||
            task.state == TaskState::Preparing)
            found.emplace_back(task.spec.priority, task.id);
    }
    std::sort(found.begin(), found.end(), [](const auto &a, const auto &b) {
        return a.first != b.first ? a.first < b.first : a.second > b.second;
    });
    monitor::Candidates ids;
    for (const auto &[priority, id] : found)
        ids << id;
    return ids;
}

Result<QList<TaskId>> MachineWatch::heldTasks() const
{
    QList<TaskId> held;
    HUB_TRY(const auto pauses, m_stores.holds.pauses());
    for (const state::Pause &pause : pauses) {
        if (const auto task = TaskId::parse(pause.subject); task && pause.scope == u"overload")
            held << *task;
    }
    return held;
}

// Inside work. What a hub before this one told of is looked at anew, and told anew where it still holds.
Result<> MachineWatch::endOldAlerts()
{
    HUB_TRY(const auto open, m_alerts.book().list(true, {}, {}));
    for (const Alert &alert : open) {
        const bool ours = alert.report.data.contains(u"metric"_s) || alert.report.subject == u"strays";
        if (ours)
            HUB_CHECK(m_alerts.resolveSubject(alert.report.type, alert.report.subject,
                                              u"the hub was started again and looks anew"_s));
    }
    return {};
}

void MachineWatch::climb()
{
    if (m_acting)
        return;
    const auto rules = monitor::ladderRulesFrom(m_settings);
    const auto running = candidates();
    const auto safe = m_stores.holds.safeMode();
    const auto held = heldTasks();
    if (!rules || !running || !safe || !held) {
        qCWarning(lcMonitor).noquote() << "nothing is done about the load:"
                                       << (!rules     ? rules.error()
                                           : !running ? running.error()
                                           : !safe    ? safe.error()
                                                      : held.error())
                                              .message;
        return;
    }
    const auto next = [&, uptime = m_newest->uptime](monitor::Ladder &ladder, monitor::LadderRules with) {
        return ladder.climb(m_verdicts.standing(), uptime, *running, safe->has_value(), with);
    };
    const QString why = concerns().join(u' ');
    monitor::LadderRules real = *rules;
    if (rules->adviseOnly) { // and what was done before is taken back step by step
        if (const auto move = next(m_advice, *rules))
            record(u"would-"_s + textOf(monitor::moveTexts, move->kind), why, move->task);
        real.highest = monitor::Step::None;
    } else {
        m_advice = monitor::Ladder();
    }
    m_ladder.sync(*held);
    m_driver.noteOverload(overload());
    if (const auto move = next(m_ladder, real))
        carryOut(*move, why);
}

void MachineWatch::carryOut(const LadderMove &move, const QString &why)
{
    using Kind = LadderMove::Kind;
    switch (move.kind) {
    case Kind::StopAdmitting:
        m_driver.stopAdmitting(overload());
        return record(textOf(monitor::moveTexts, move.kind), why);
    case Kind::AdmitAgain:
        m_driver.stopAdmitting({});
        return record(textOf(monitor::moveTexts, move.kind), u"The machine is well again."_s);
    case Kind::Freeze: return freezeTask(*move.task, why);
    case Kind::Thaw:
        m_stores.commits.submitOrLog(u"letting task #%1 go on"_s.arg(move.task->toString()),
                                     [this, task = *move.task] { return m_driver.letGo(task); });
        return record(textOf(monitor::moveTexts, move.kind), u"The machine can carry it again."_s, move.task);
    case Kind::EnterSafeMode: return enterSafeMode(why);
    }
}

void MachineWatch::freezeTask(TaskId task, const QString &why)
{
    m_acting = true;
    whenDone(m_brake.hold({.task = task}, Hold::Overload), this, [this, task, why](const Result<StopReport> &report) {
        m_acting = false;
        if (!report || !report->complete()) {
            m_brake.release({.task = task}, Hold::Overload);
            return record(u"hold-task"_s, u"Its agent could not be frozen. "_s + why, task, u"failed"_s);
        }
        m_stores.commits.submitOrLog(u"holding task #%1"_s.arg(task.toString()), [this, task, why]() -> Result<> {
            HUB_CHECK(m_driver.recordOverload(task, why));
            HUB_CHECK(
                m_alerts.raise({.type = AlertType::SystemOverload,
                                .level = AlertLevel::Warning,
                                .subject = u"task "_s + task.toString(),
                                .title = u"Task #%1 is held, since the machine is overloaded"_s.arg(task.toString()),
                                .description = why +
                                               u" It goes on by itself when the machine is well again, or "
                                               "now: agenthubctl resume-task "_s +
                                               task.toString(),
                                .task = task}));
            return {};
        });
        record(textOf(monitor::moveTexts, LadderMove::Kind::Freeze), why, task);
    });
}

void MachineWatch::enterSafeMode(const QString &why)
{
    m_acting = true;
    whenDone(m_brake.hold({}, Hold::SafeMode), this, [this, why](const Result<StopReport> &report) {
        m_acting = false;
        const StopReport stopped = report.valueOr({});
        const QString reason = u"automatic: "_s + why;
        m_stores.commits.submitOrLog(u"safe mode"_s, [this, reason, stopped]() -> Result<> {
            HUB_CHECK(m_driver.recordSafeMode(u"the hub"_s, reason, stopped,
                                              stopped.complete() ? u"All agents are frozen."_s
                                                                 : u"Not every agent could be frozen."_s));
            HUB_CHECK(m_alerts.raise({.type = AlertType::SystemOverload,
                                      .level = AlertLevel::Critical,
                                      .subject = u"safe mode"_s,
                                      .title = u"The machine is overloaded, so everything was stopped"_s,
                                      .description = reason + u" Nothing goes on until a person says so: agenthubctl "
                                                              "safe-mode disable"_s}));
            return {};
        });
        record(textOf(monitor::moveTexts, LadderMove::Kind::EnterSafeMode), why);
    });
}

// What the hub does by itself is in the audit trail, with the figures that caused it.
void MachineWatch::record(const QString &action, const QString &detail, std::optional<TaskId> task,
                          const QString &outcome)
{
    m_stores.commits.submitOrLog(u"the record of "_s + action, [this, action, detail, task, outcome]() -> Result<> {
        return m_stores.audit.add({.who = u"the hub"_s,
                                   .origin = u"monitor"_s,
                                   .role = u"machine"_s,
                                   .action = action,
                                   .task = task,
                                   .detail = detail,
                                   .outcome = outcome});
    });
}

} // namespace hub::agents
