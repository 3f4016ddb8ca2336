#include "core/agents/approvalreminder.h"
#include "tests/support/statefixture.h"

using namespace hub;
using namespace hub::agents;
using namespace hub::test;
using namespace Qt::StringLiterals;
using std::chrono::minutes;

namespace
{

// A hub's part that reminds, with a question that agent claude asked at minute 0.
struct World {
    StateFixture fixture;
    const Instant start = fixture.clock.now();
    state::Stores stores{*fixture.database, fixture.folder.filePath(u"bodies"_s), fixture.clock};
    monitor::AlertBook book{*fixture.monitorDatabase};
    std::unique_ptr<monitor::AlertCenter> alerts;
    std::unique_ptr<ApprovalReminder> reminder;
    const QJsonObject detail{{u"command"_s, u"git push"_s},
                             {u"folder"_s, u"/src/web"_s},
                             {u"paths"_s, QJsonArray{u"a.cpp"_s, u"b.cpp"_s}},
                             {u"reason"_s, u"it is done"_s}};
    ApprovalId question = *ApprovalId::parse(u"a1");

    template <class Fn>
    auto commit(Fn fn)
    {
        auto future = stores.commits.submit(std::move(fn));
        stores.commits.flush();
        return takeResult(future);
    }

    World()
    {
        restart();
        const Result<> made = commit([this]() -> Result<> {
            const ProjectName web = *ProjectName::parse(u"web");
            HUB_CHECK(stores.projects.add(web, fixture.folder.path(), u"ana"_s, {}));
            TaskSpec spec{.project = web, .agent = *AgentName::parse(u"claude")};
            spec.title = spec.description = spec.type = spec.owner = u"x"_s;
            HUB_TRY(const Task task, stores.tasks.create(spec));
            HUB_TRY(const Run run, stores.runs.create(task.id, spec.agent, u"command"_s, u"%1"_s));
            HUB_TRY(const auto asked,
                    stores.runs.addToolRequest(run.id, u"1"_s, u"stdio"_s, u"request_approval"_s, {}));
            HUB_TRY(const Approval approval,
                    stores.approvals.ask(task.id, run.id, asked.first.id, u"publish"_s, u"Push the branch?"_s, detail));
            question = approval.id;
            return {};
        });
        if (!made)
            qFatal("%s", qPrintable(made.error().message));
    }
    // As another process: what it knows stands in the databases.
    void restart()
    {
        reminder.reset();
        alerts = std::make_unique<monitor::AlertCenter>(stores.commits, book, fixture.clock,
                                                        [] { return std::chrono::seconds{300}; });
        reminder = std::make_unique<ApprovalReminder>(stores, *alerts);
    }
    void lookAt(minutes minute)
    {
        fixture.clock.advance(start + minute - fixture.clock.now());
        reminder->look();
        stores.commits.flush();
        alerts->deliver();
    }
    QList<Alert> all(bool openOnly = false) const { return book.list(openOnly, {}, {}).valueOr(QList<Alert>()); }
};

} // namespace

class TestApprovalReminder : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void itRemindsAtTenMinutesAndAtAnHour_data()
    {
        QTest::addColumn<QList<int>>("looks"); // at these minutes
        QTest::addColumn<QStringList>("waited");
        QTest::newRow("not before") << QList{1, 9} << QStringList{};
        QTest::newRow("at ten minutes") << QList{10} << QStringList{u"10 min"_s};
        QTest::newRow("once") << QList{10, 11, 30, 59} << QStringList{u"10 min"_s};
        QTest::newRow("and at an hour") << QList{10, 59, 60} << QStringList{u"10 min"_s, u"60 min"_s};
        QTest::newRow("not for ever") << QList{10, 60, 600, 6000} << QStringList{u"10 min"_s, u"60 min"_s};
        QTest::newRow("once for what no hub saw") << QList{240, 241, 600} << QStringList{u"4 h"_s};
        QTest::newRow("a late first one is no second one") << QList{59, 60} << QStringList{u"59 min"_s, u"60 min"_s};
    }
    void itRemindsAtTenMinutesAndAtAnHour()
    {
        QFETCH(const QList<int>, looks);
        QFETCH(const QStringList, waited);
        for (const bool restarted : {false, true}) {
            World world;
            for (const int minute : looks) {
                if (restarted)
                    world.restart();
                world.lookAt(minutes{minute});
            }
            QStringList told;
            for (const Alert &alert : world.all())
                told.prepend(alert.report.title);
            QStringList titles;
            for (const QString &time : waited)
                titles << u"Task #1 has waited %1 for an answer to a1"_s.arg(time);
            QCOMPARE(told, titles);
            QCOMPARE(world.all(true).size(), waited.isEmpty() ? 0 : 1); // the last one alone stands
            GET(const Approval approval, world.stores.approvals.get(world.question));
            QCOMPARE(approval.state, ApprovalState::Open); // never an answer by waiting
        }
    }

    void itSaysWhatIsAskedAndHowToAnswer()
    {
        World world;
        world.lookAt(minutes{10});
        const Alert alert = world.all().first();
        QCOMPARE(alert.report.type, AlertType::ManualIntervention);
        QCOMPARE(alert.report.task, TaskId::of(1));
        QCOMPARE(alert.report.agent, AgentName::parse(u"claude"));
        for (const QString &part : {u"Push the branch?"_s, u"git push"_s, u"/src/web"_s, u"a.cpp, b.cpp"_s,
                                    u"it is done"_s, u"agenthubctl approve a1"_s, u"agenthubctl deny a1"_s})
            QVERIFY2(alert.report.description.contains(part), qPrintable(alert.report.description));
        QCOMPARE(alert.report.data, (QJsonObject{{u"approval_id"_s, u"a1"_s}}));
    }

    void itEndsWithTheQuestion_data()
    {
        QTest::addColumn<ApprovalState>("how");
        QTest::addColumn<bool>("restarted");
        for (const bool restarted : {false, true}) {
            const char *when = restarted ? "while no hub ran" : "at once";
            QTest::addRow("allowed, %s", when) << ApprovalState::Allowed << restarted;
            QTest::addRow("denied, %s", when) << ApprovalState::Denied << restarted;
            QTest::addRow("withdrawn, %s", when) << ApprovalState::Withdrawn << restarted;
        }
    }
    void itEndsWithTheQuestion()
    {
        QFETCH(const ApprovalState, how);
        QFETCH(const bool, restarted);
        World world;
        world.lookAt(minutes{10});
        DO(world.commit([&]() -> Result<> {
            if (how == ApprovalState::Withdrawn)
                return world.stores.approvals.withdraw(world.question, u"the task ended"_s);
            HUB_CHECK(
                world.stores.approvals.answer(world.question, how == ApprovalState::Allowed, u"once"_s, u"ana"_s, {}));
            return {};
        }));
        if (restarted)
            world.restart();
        world.lookAt(minutes{12});
        QCOMPARE(world.all(true).size(), 0);
        QCOMPARE(world.all().first().notes, u"the question was "_s + textOf(approvalStateTexts, how));
        world.lookAt(minutes{60});
        QCOMPARE(world.all().size(), 1);
        GET(const auto left, world.stores.approvals.remindedAndClosed());
        QVERIFY(left.isEmpty()); // nothing to look at for ever
    }

    void whoSawTheFirstIsRemindedAtTheHourAllTheSame()
    {
        World world;
        world.lookAt(minutes{10});
        const AlertId first = world.all().first().id;
        DO(world.commit([&] { return world.alerts->answer(first, u"resolve"_s, {}, u"ana"_s, u"later"_s); }));
        world.lookAt(minutes{11});
        QCOMPARE(world.all().size(), 1);
        world.lookAt(minutes{60});
        QCOMPARE(world.all().size(), 2);
    }
};

QTEST_GUILESS_MAIN(TestApprovalReminder)
#include "tst_approvalreminder.moc"
