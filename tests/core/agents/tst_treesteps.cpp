#include "core/agents/taskdriver.h"

#include "core/recovery/records.h"
#include "core/settings/projectsettings.h"
#include "tests/support/statefixture.h"

using namespace hub;
using namespace hub::agents;
using namespace Qt::StringLiterals;
using recovery::StepOutcome;
using recovery::TreeStep;

// A driver with a real shim, and a task that waits for a look in a folder of its own.
class TestTreeSteps : public QObject
{
    Q_OBJECT

    struct World {
        test::StateFixture fixture;
        SystemClock clock;
        state::Stores stores{*fixture.database, fixture.folder.filePath(u"bodies"_s), clock};
        Brake brake;
        Workers workers;
        RunKeeper runs{stores, brake, workers};
        ProfileBook profiles{fixture.folder.filePath(u"agents.d"_s)};
        DataFolder data{fixture.folder.path()};
        Settings settings;
        recovery::Vaults vaults{data};
        recovery::Records records{stores, vaults};
        recovery::Checkpointer checkpointer{stores, workers, vaults, records, data, settings};
        monitor::AlertBook book{*fixture.monitorDatabase};
        monitor::AlertCenter alerts{stores.commits, book, clock, [] { return std::chrono::seconds{0}; }};
        TaskDriver driver{stores,   brake,
                          runs,     workers,
                          profiles, checkpointer,
                          alerts,   data,
                          settings, {QByteArray(HUB_BIN_DIR "/agenthub-shim"), {}, u"0123456789ab"_s, {}}};
        struct Tools final : ToolPort {
            Result<> onAsked(const Run &, const Asked &) override { return {}; }
            Result<> onRunEnded(const Run &) override { return {}; }
        } tools;

        World() { driver.setToolPort(tools); }
        ~World()
        {
            workers.stop();
            workers.wait();
        }

        Result<TaskId> task(const QString &check)
        {
            auto made = stores.commits.submit([&]() -> Result<TaskId> {
                const ProjectName name = *ProjectName::parse(u"web");
                HUB_TRY(const auto project, stores.projects.add(name, fixture.folder.path(), u"ana"_s, {}));
                HUB_TRY(const auto options, ProjectSettings(project.options).with(projectsetting::check, check));
                HUB_CHECK(stores.projects.setOptions(name, options));
                TaskSpec spec{.project = name, .agent = *AgentName::parse(u"worker")};
                spec.title = spec.description = spec.type = spec.owner = u"x"_s;
                HUB_TRY(const Task task, stores.tasks.create(spec));
                HUB_CHECK(stores.tasks.setTree(task.id, fixture.folder.path(), u"x"_s, {}));
                HUB_CHECK(stores.tasks.setState(task.id, TaskState::NeedsReview, {}));
                return task.id;
            });
            stores.commits.flush();
            return takeResult(made);
        }
    };

    static constexpr int longest = 20000; // milliseconds

private Q_SLOTS:
    void aCheckAnswersWithItsExitCodeAndItsLastWords_data()
    {
        QTest::addColumn<QString>("command");
        QTest::addColumn<bool>("good");
        QTest::addColumn<int>("code");
        QTest::newRow("good work passes") << u"echo all well"_s << true << 0;
        QTest::newRow("bad work does not") << u"echo all well; exit 7"_s << false << 7;
    }
    void aCheckAnswersWithItsExitCodeAndItsLastWords()
    {
        QFETCH(QString, command);
        World world;
        GET(const TaskId id, world.task(command));
        auto checked = world.driver.runStep(id, TreeStep::Check);
        QTRY_VERIFY_WITH_TIMEOUT(checked.isFinished(), longest);
        GET(const std::optional<StepOutcome> outcome, takeResult(checked));
        QVERIFY(outcome);
        QTEST(outcome->good, "good");
        QTEST(outcome->exitCode.value_or(-1), "code");
        QCOMPARE(outcome->lastLines, u"all well"_s);
        GET(const Task task, world.stores.tasks.get(id));
        QCOMPARE(task.state, TaskState::NeedsReview);
    }

    void aProjectWithoutACheckHasNoOutcome()
    {
        World world;
        GET(const TaskId id, world.task({}));
        GET(const auto outcome, takeResult(world.driver.runStep(id, TreeStep::Check)));
        QVERIFY(!outcome);
    }

    void twoNeverRunInOneTree()
    {
        World world;
        GET(const TaskId id, world.task(u"while [ ! -e go ]; do sleep 0.01; done"_s));
        auto first = world.driver.runStep(id, TreeStep::Check);
        auto second = world.driver.runStep(id, TreeStep::Check);
        QTRY_VERIFY_WITH_TIMEOUT(second.isFinished(), longest);
        const auto refused = takeResult(second);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::Conflict);
        QFile go(world.fixture.folder.filePath(u"go"_s));
        QVERIFY(go.open(QIODevice::WriteOnly));
        QTRY_VERIFY_WITH_TIMEOUT(first.isFinished(), longest);
        GET(const auto outcome, takeResult(first));
        QVERIFY(outcome && outcome->good);
    }
};

QTEST_GUILESS_MAIN(TestTreeSteps)
#include "tst_treesteps.moc"
