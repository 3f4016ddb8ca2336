#include "app/bench/windowdata.h"

#include "app/bench/scratch.h"
#include "core/base/datafolder.h"
#include "core/db/migrations.h"
#include "core/state/stores.h"

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace hub::bench
{

namespace
{

// Goes from a time so many days ago until a little before now.
class SpreadClock final : public Clock
{
public:
    explicit SpreadClock(int days)
        : m_length(days * 24h - 1h)
        , m_begin(SystemClock().now() - m_length - 1min)
    {
    }
    void setShare(double share)
    {
        m_now = m_begin + std::chrono::duration_cast<std::chrono::milliseconds>(m_length * share);
    }
    Instant now() const override { return m_now; }

private:
    std::chrono::milliseconds m_length;
    Instant m_begin, m_now = m_begin;
};

// What agents say: mostly a line or two, some with code, a few of a hundred kilobytes.
Message messageOf(int number, std::mt19937 &random)
{
    Message message{.role = u"agent"_s, .kind = u"output"_s, .author = u"bench"_s, .body = {}};
    if (number % 5000 == 4999)
        message.body = u"The whole log:\n```\n"_s + QString::fromLatin1(sourceText(random, 100'000)) + u"```"_s;
    else if (number % 20 == 19)
        message.body = u"I changed **compute** so:\n```cpp\n"_s +
                       QString::fromLatin1(sourceText(random, 300 + int(random() % 2000))) +
                       u"```\nThen I ran the tests.\n- first\n- second"_s;
    else if (number % 50 == 7)
        message = {.role = u"person"_s, .kind = u"say"_s, .author = u"person"_s, .body = u"Go on with the next one."_s};
    else if (number % 10 == 3)
        message = {.role = u"tool"_s,
                   .kind = u"tool"_s,
                   .author = u"bench"_s,
                   .body = QString::fromLatin1(sourceText(random, 200))};
    else
        message.body = u"Step %1: "_s.arg(number) + u"some words about what is done now, "_s.repeated(1 + random() % 6);
    return message;
}

TaskState endOf(int number)
{
    return number % 33 == 5    ? TaskState::NeedsReview
           : number % 20 == 3  ? TaskState::Failed
           : number % 20 == 13 ? TaskState::Cancelled
                               : TaskState::Completed;
}

class Filling
{
public:
    Filling(db::Database &database, const DataFolder &folder, WindowData &data)
        : m_clock(data.days)
        , m_stores(database, folder.bodies(), m_clock)
        , m_data(data)
    {
    }

    Result<> tasks()
    {
        for (int i = 0; i < m_data.tasks; ++i) {
            m_clock.setShare(double(i) / m_data.tasks);
            const bool isLong = i == m_data.tasks - 1;
            HUB_TRY(const Task task,
                    m_stores.tasks.create(
                        {.project = *ProjectName::parse(u"project"_s),
                         .agent = *AgentName::parse(u"agent%1"_s.arg(i % 10)),
                         .title = u"Task %1: mend what the tests of part %2 found"_s.arg(i).arg(m_random() % 1000),
                         .priority = Priority(i % 4),
                         .owner = u"person%1"_s.arg(i % 3)}));
            HUB_TRY(const TurnId turn, m_stores.talk.beginTurn(task.id, {}));
            if (!isLong)
                HUB_CHECK(m_stores.talk.append(task.id, messageOf(i % 5, m_random)));
            HUB_CHECK(m_stores.tasks.setState(task.id, TaskState::Preparing, {}));
            HUB_CHECK(m_stores.tasks.setState(task.id, TaskState::Running, {}));
            HUB_CHECK(m_stores.tasks.setProgress(task.id, u"step %1 of 9"_s.arg(i % 9), i % 100));
            m_clock.setShare(std::min(1.0, (i + 3.0) / m_data.tasks));
            HUB_CHECK(m_stores.talk.endTurn(turn, u"ended"_s, u"done"_s));
            HUB_CHECK(m_stores.tasks.setState(task.id, isLong ? TaskState::NeedsReview : endOf(i), {}));
            if (isLong)
                m_data.longTask = task.id.value();
            m_ids << task.id;
        }
        return {};
    }

    Result<> conversation()
    {
        const TaskId task = m_ids.last();
        for (int i = 0; i < m_data.messages; ++i) {
            m_clock.setShare(double(i) / m_data.messages);
            HUB_CHECK(m_stores.talk.append(task, messageOf(i, m_random)));
        }
        return {};
    }

    Result<> checkpoints()
    {
        for (int i = 0; i < m_data.checkpoints; ++i) {
            m_clock.setShare(double(i) / m_data.checkpoints);
            const TaskId task = i % 3 == 0 ? m_ids.last() : m_ids[m_random() % m_ids.size()];
            HUB_TRY(const CheckpointId id, m_stores.tasks.reserveCheckpoint(task));
            const QString none(40, u'0');
            HUB_CHECK(m_stores.tasks.addCheckpoint({.id = id,
                                                    .type = CheckpointType(i % 4),
                                                    .at = m_clock.now(),
                                                    .step = u"step %1"_s.arg(i),
                                                    .messageSeq = qint64(i) * m_data.messages / m_data.checkpoints,
                                                    .commit = none,
                                                    .tree = none,
                                                    .head = none,
                                                    .branch = u"agent/bench/%1"_s.arg(task.toString()),
                                                    .files = 200,
                                                    .changed = i % 7}));
        }
        return {};
    }

    // All answered: an open one belongs to an agent that runs.
    Result<> approvals()
    {
        for (int i = 0; i < m_data.checkpoints / 2; ++i) {
            m_clock.setShare(2.0 * i / m_data.checkpoints);
            const TaskId task = m_ids[m_random() % m_ids.size()];
            HUB_TRY(const Run run,
                    m_stores.runs.create(task, *AgentName::parse(u"agent1"_s), u"command"_s, u"/run%1"_s));
            HUB_TRY(const auto request, m_stores.runs.addToolRequest(run.id, u"key"_s, u"stdio"_s, u"ask"_s, {}));
            HUB_TRY(const Approval asked,
                    m_stores.approvals.ask(task, run.id, request.first.id, u"command"_s, u"May I run make?"_s, {}));
            HUB_CHECK(m_stores.runs.setEnded(run.id, RunState::Ended, 0, {}, {}));
            HUB_CHECK(m_stores.approvals.answer(asked.id, i % 4 != 0, u"once"_s, u"person"_s, {}));
        }
        return {};
    }

private:
    std::mt19937 m_random{7};
    SpreadClock m_clock;
    state::Stores m_stores;
    WindowData &m_data;
    QList<TaskId> m_ids;
};

Result<> fillState(const DataFolder &folder, WindowData &data)
{
    HUB_TRY(const auto database, db::Database::open(folder.stateDatabase()));
    HUB_CHECK(database->run(u"BEGIN"_s));
    Filling filling(*database, folder, data);
    HUB_CHECK(filling.tasks());
    HUB_CHECK(filling.conversation());
    HUB_CHECK(filling.checkpoints());
    HUB_CHECK(filling.approvals());
    return database->run(u"COMMIT"_s);
}

// As the hub keeps them: looks of a day, minutes and hours of all days.
Result<> fillSamples(db::Database &database, int days)
{
    const qint64 now = toMillis(SystemClock().now());
    constexpr qint64 minute = 60'000, hour = 60 * minute, day = 24 * hour;
    const std::pair<QString, QString> series[]{{u"cpu"_s, {}},          {u"load"_s, {}},
                                               {u"memory"_s, {}},       {u"swap"_s, {}},
                                               {u"cpu_pressure"_s, {}}, {u"memory_pressure"_s, {}},
                                               {u"io_pressure"_s, {}},  {u"temperature"_s, u"cpu-thermal"_s},
                                               {u"disk"_s, u"/"_s},     {u"inodes"_s, u"/"_s},
                                               {u"agents"_s, {}},       {u"paused"_s, {}}};
    for (const auto &[metric, subject] : series) {
        HUB_CHECK(
            database.execute(u"INSERT OR IGNORE INTO series (metric, subject) VALUES (?,?)"_s, {metric, subject}));
        const auto points = [&](qint64 span, qint64 step, qint64 length) -> Result<> {
            const qint64 first = (now - length) / step * step;
            HUB_CHECK(
                database.execute(u"WITH RECURSIVE t(at) AS (SELECT ? UNION ALL SELECT at + ? FROM t WHERE at + ? < ?) "
                                 "INSERT OR REPLACE INTO point (series, span, at, low, mean, high) SELECT s.id, ?, "
                                 "t.at, v - 20, v, v + 30 "
                                 "FROM (SELECT at, 300 + (at / ? * 7919) % 400 AS v FROM t) t, series s "
                                 "WHERE s.metric = ? AND s.subject = ?"_s,
                                 {first, step, step, now / step * step, span, step, metric, subject}));
            return {};
        };
        HUB_CHECK(points(0, minute / 2, day));
        HUB_CHECK(points(minute, minute, days * day));
        HUB_CHECK(points(hour, hour, days * day));
    }
    return {};
}

Result<> fillMonitor(const DataFolder &folder, const WindowData &data)
{
    HUB_TRY(const auto database, db::Database::open(folder.path(u"safety_monitor.db"_s)));
    HUB_CHECK(database->run(u"BEGIN"_s));
    HUB_CHECK(fillSamples(*database, data.days));
    SpreadClock clock(data.days);
    for (int i = 0; i < data.checkpoints; ++i) {
        clock.setShare(double(i) / data.checkpoints);
        const bool open = i % 10 == 0;
        HUB_CHECK(database->execute(
            u"INSERT INTO alert (id, type, level, at, agent, task, subject, title, description, state) VALUES "
            "(?,?,?,?,?,?,?,?,?,?)"_s,
            {100'000 + i, u"agent_error"_s, i % 3 == 0 ? u"error"_s : u"warning"_s, toMillis(clock.now()), u"agent1"_s,
             1 + i * 13 % data.tasks, u"task %1"_s.arg(i), u"Agent agent1 failed"_s,
             u"It ended with exit code 1 and is started again."_s, open ? u"open"_s : u"resolved"_s}));
    }
    return database->run(u"COMMIT"_s);
}

} // namespace

Result<> fill(const QString &dataDir, WindowData &data)
{
    const DataFolder folder(dataDir);
    db::loadMigrations();
    HUB_CHECK(fillState(folder, data));
    return fillMonitor(folder, data);
}

} // namespace hub::bench
