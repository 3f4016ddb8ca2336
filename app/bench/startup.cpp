// The daemon from its start to its first answer.
#include "app/bench/hubside.h"
#include "app/bench/measures.h"
#include "core/base/datafolder.h"
#include "core/db/migrations.h"
#include "core/state/stores.h"

using namespace Qt::StringLiterals;

namespace hub::bench
{

namespace
{

// What a year of work leaves: most tasks are done, some wait for a person.
Result<> fillDatabase(const QString &dataDir, int tasks, int messages)
{
    const DataFolder data(dataDir);
    db::loadMigrations();
    HUB_TRY(const auto database, db::Database::open(data.stateDatabase()));
    const SystemClock clock;
    state::Stores stores(*database, data.bodies(), clock);
    HUB_CHECK(database->run(u"BEGIN"_s));
    for (int i = 0; i < tasks; ++i) {
        HUB_TRY(const Task task, stores.tasks.create({.project = *ProjectName::parse(u"project"_s),
                                                      .agent = *AgentName::parse(u"bench"_s),
                                                      .title = u"task %1"_s.arg(i)}));
        for (int k = 0; k < messages / tasks; ++k)
            HUB_CHECK(stores.talk.append(
                task.id, {.role = u"agent"_s, .kind = u"output"_s, .author = u"bench"_s, .body = QString(400, u'x')}));
        for (const TaskState state :
             {TaskState::Preparing, TaskState::Running, i % 20 ? TaskState::Completed : TaskState::NeedsReview})
            HUB_CHECK(stores.tasks.setState(task.id, state, {}));
    }
    return database->run(u"COMMIT"_s);
}

Result<std::vector<double>> timeStarts(HubSide &side, int rounds)
{
    std::vector<double> times;
    for (int round = 0; round < rounds; ++round) {
        HUB_CHECK(side.stage().killHub());
        const auto began = Watch::now();
        HUB_CHECK(side.stage().startHub());
        times.push_back(millisecondsSince(began));
    }
    return times;
}

} // namespace

Result<> measureStartup(const Scale &scale, Report &report)
{
    const int rounds = scale.roundsOr(15), tasks = scale.sizeOr(1000, 50), messages = scale.sizeOr(100'000, 1000);
    HUB_TRY(const auto side, HubSide::create(10));
    HUB_TRY(const auto empty, timeStarts(*side, rounds));
    report.add({.what = u"start to first answer, empty"_s, .values = empty, .target = Target{.limit = 100}});
    HUB_CHECK(side->stage().killHub());
    HUB_CHECK(fillDatabase(side->stage().dataDir(), tasks, messages));
    HUB_CHECK(side->stage().startHub());
    HUB_TRY(const auto full, timeStarts(*side, rounds));
    report.add({.what = u"start to first answer, %L1 tasks and %L2 messages"_s.arg(tasks).arg(messages),
                .values = full,
                .target = Target{.limit = 250}});
    return {};
}

} // namespace hub::bench
