#include "core/state/conversation.h"
#include "core/state/erasure.h"
#include "core/state/taskstore.h"
#include "core/state/workstore.h"
#include "tests/support/statefixture.h"

#include <QProcess>

using namespace hub;
using namespace hub::test;
using namespace Qt::StringLiterals;

class TestTaskStore : public QObject
{
    Q_OBJECT

    std::unique_ptr<StateFixture> m_state;
    std::unique_ptr<state::TaskStore> m_tasks;
    std::optional<Task> m_task;

    Result<> move(TaskState to)
    {
        return m_state->commit([&] { return m_tasks->setState(m_task->id, to, {}); });
    }

private Q_SLOTS:
    void init()
    {
        m_state = std::make_unique<StateFixture>();
        m_tasks = std::make_unique<state::TaskStore>(*m_state->database, m_state->clock);
        state::ProjectStore projects(*m_state->database, m_state->clock);
        const auto task = m_state->commit([&]() -> Result<Task> {
            HUB_CHECK(projects.add(*ProjectName::parse(u"web"), u"/web"_s, u"ana"_s, {}));
            return m_tasks->create({.project = *ProjectName::parse(u"web"),
                                    .agent = *AgentName::parse(u"claude"),
                                    .title = u"fix login"_s,
                                    .description = u"fix the login"_s,
                                    .type = u"fix"_s});
        });
        QVERIFY(task);
        m_task = *task;
    }

    void aTaskIsReadBackAsItWasMade()
    {
        GET(const Task task, m_tasks->get(m_task->id));
        QCOMPARE(task.state, TaskState::Queued);
        QCOMPARE(task.spec.title, u"fix login"_s);
        QCOMPARE(task.createdAt, m_state->clock.now());
        QVERIFY(!task.startedAt);
    }

    void onlyAllowedTransitionsAreMade()
    {
        const auto refused = move(TaskState::Running);
        QVERIFY(!refused);
        QCOMPARE(refused.error().message, u"Task #1 is queued and can't become running."_s);
        DO(move(TaskState::Preparing));
        DO(move(TaskState::Running));
        DO(move(TaskState::Completed));
        GET(const Task task, m_tasks->get(m_task->id));
        QVERIFY(task.startedAt && task.endedAt);
    }

    void checkpointNumbersAreNeverUsedAgain()
    {
        const auto first = m_state->commit([&] { return m_tasks->reserveCheckpoint(m_task->id); });
        const auto second = m_state->commit([&] { return m_tasks->reserveCheckpoint(m_task->id); });
        QCOMPARE(first->toString(), u"1/1"_s);
        QCOMPARE(second->toString(), u"1/2"_s);
    }

    void theDocumentedTablesAreReadableWhileTheHubWrites()
    {
        if (QProcess::execute(u"sqlite3"_s, {u"--version"_s}) != 0)
            QSKIP("the sqlite3 program is not installed");
        state::Conversation conversation(*m_state->database, *m_state->bodies, m_state->clock);
        DO(m_state->commit([&]() -> Result<> {
            HUB_CHECK(conversation.append(m_task->id, {.role = u"person"_s, .kind = u"prompt"_s, .body = u"please"_s}));
            HUB_CHECK(m_tasks->setProgress(m_task->id, u"reading"_s, 12.5));
            HUB_CHECK(m_tasks->setContext(m_task->id, {{u"file"_s, u"a.cpp"_s}}));
            HUB_CHECK(m_tasks->recordError(m_task->id, u"no such file"_s));
            HUB_TRY(const auto id, m_tasks->reserveCheckpoint(m_task->id));
            return m_tasks->addCheckpoint({.id = id,
                                           .type = CheckpointType::Manual,
                                           .at = m_state->clock.now(),
                                           .step = u"reading"_s,
                                           .messageSeq = 1,
                                           .commit = u"c0ffee"_s,
                                           .notes = u"by hand"_s});
        }));
        const auto ask = [&](const QString &sql) {
            QProcess sqlite;
            sqlite.start(u"sqlite3"_s, {m_state->database->path(), sql});
            sqlite.waitForFinished();
            return QString::fromUtf8(sqlite.readAllStandardOutput() + sqlite.readAllStandardError()).trimmed();
        };
        QCOMPARE(ask(u"SELECT task_id, agent_name, task_description, task_type, state, created_at, updated_at, "
                     u"current_step, "
                     "progress_percentage, context_data, json_array_length(conversation_history), checkpoints, "
                     "error_count, last_error "
                     "FROM task_states"_s),
                 u"1|claude|fix the login|fix|queued|2025-06-15T15:06:40.000Z|2025-06-15T15:06:40.000Z|reading|12.5|"
                 "{\"file\":\"a.cpp\"}|1|[\"1/1\"]|1|no such file"_s);
        QCOMPARE(ask(u"SELECT checkpoint_id, task_id, agent_name, checkpoint_type, timestamp, current_step, "
                     u"progress_percentage, "
                     "context_data, json_extract(conversation_history, '$[0].content'), json_extract(rollback_data, "
                     "'$.commit'), notes "
                     "FROM checkpoints"_s),
                 u"1/1|1|claude|manual|2025-06-15T15:06:40.000Z|reading|0.0|{}|please|c0ffee|by hand"_s);
    }

    void aRemovedProjectKeepsItsTasksAndFreesItsFolder()
    {
        state::ProjectStore projects(*m_state->database, m_state->clock);
        const ProjectName web = *ProjectName::parse(u"web"_s), other = *ProjectName::parse(u"other"_s);
        DO(m_state->commit([&] { return projects.remove(web); }));
        GET(const auto left, projects.all());
        QVERIFY(left.isEmpty());
        GET(const auto removed, projects.get(web));
        QVERIFY(removed.removed);
        QCOMPARE(removed.path, u"/web"_s);
        QVERIFY(!state::mayTouch(removed));
        GET(const Task task, m_tasks->get(m_task->id));
        QCOMPARE(task.spec.project, web);
        DO(m_state->commit([&] { return projects.add(other, u"/web"_s, u"ana"_s, {}); }));
        DO(m_state->commit([&] { return projects.addAgain(web, u"/web2"_s, u"ana"_s, {}); }));
        GET(const auto again, projects.get(web));
        QVERIFY(!again.removed && state::mayTouch(again));
        QCOMPARE(again.path, u"/web2"_s);
    }

    void aMovedProjectTakesItsTasksInPlaceAlong()
    {
        state::ProjectStore projects(*m_state->database, m_state->clock);
        const auto made = m_state->commit([&]() -> Result<Task> {
            TaskSpec spec = m_task->spec;
            spec.mode = TreeMode::InPlace;
            HUB_TRY(const Task task, m_tasks->create(spec));
            HUB_CHECK(m_tasks->setTree(task.id, u"/web"_s, u"side"_s, {}));
            HUB_CHECK(m_tasks->setTree(m_task->id, u"/data/worktrees/web/1"_s, u"agent/claude/1"_s, {}));
            HUB_CHECK(projects.setPath(spec.project, u"/moved"_s));
            return m_tasks->get(task.id);
        });
        DO(made);
        QCOMPARE(made->tree, u"/moved"_s);
        GET(const Task own, m_tasks->get(m_task->id));
        QCOMPARE(own.tree, u"/data/worktrees/web/1"_s);
    }

    void whatIsErasedIsGoneAndItsNumberIsKnown()
    {
        state::BodyStore bodies(m_state->folder.filePath(u"bodies"_s));
        state::Conversation talk(*m_state->database, bodies, m_state->clock);
        state::Erasure erasure(*m_state->database, m_state->clock);
        DO(m_state->commit([&] {
            return talk.append(m_task->id, {.role = u"agent"_s, .kind = u"output"_s, .body = QString(100000, u'x')});
        }));
        QCOMPARE(bodies.all().size(), 1);
        GET(const auto used, erasure.unreferenced(bodies.all()));
        QVERIFY(used.isEmpty());
        DO(m_state->commit([&] { return erasure.erase(*m_task); }));
        QVERIFY(!m_tasks->get(m_task->id));
        GET(const auto gone, erasure.find(m_task->id));
        QVERIFY(gone && gone->project == m_task->spec.project && gone->nextCheckpoint == 1);
        GET(const auto free, erasure.unreferenced(bodies.all()));
        QCOMPARE(free, bodies.all());
        GET(const auto ofProject, erasure.ofProject(m_task->spec.project));
        QCOMPARE(ofProject.size(), 1);
        GET(const auto next, m_state->commit([&] { return m_tasks->create(m_task->spec); }));
        QCOMPARE(next.id, TaskId::of(2));
    }
};

QTEST_GUILESS_MAIN(TestTaskStore)
#include "tst_taskstore.moc"
