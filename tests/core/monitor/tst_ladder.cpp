#include "core/monitor/ladder.h"

#include <QTest>

using namespace hub;
using namespace hub::monitor;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

namespace
{

QString textOfMove(const LadderMove &move)
{
    return textOf(moveTexts, move.kind) + (move.task ? u' ' + move.task->toString() : QString());
}

Candidates tasks(const QList<qint64> &numbers)
{
    Candidates ids;
    for (const qint64 number : numbers)
        ids << TaskId::of(number);
    return ids;
}

} // namespace

class TestLadder : public QObject
{
    Q_OBJECT

    // "memory:C" for 10 s each; what was done, with the second in which it was.
    static QStringList climb(const QStringList &phases, const LadderRules &rules, bool safeModeAfterwards = true)
    {
        Ladder ladder;
        QStringList done;
        bool safe = false;
        int second = 0;
        for (const QString &phase : phases) {
            QList<Verdict> standing;
            if (phase != u"well") {
                const auto metric = enumFromText(metricTexts, phase.section(u':', 0, 0), u"metric");
                standing << Verdict{.metric = *metric,
                                    .concern = phase.endsWith(u'C') ? Concern::Critical : Concern::Warning};
            }
            for (int i = 0; i < 10; ++i, ++second) {
                const auto move = ladder.climb(standing, std::chrono::seconds{second}, tasks({3, 2, 1}), safe, rules);
                if (!move)
                    continue;
                done << u"%1 %2"_s.arg(second).arg(textOfMove(*move));
                safe = safe || (safeModeAfterwards && move->kind == LadderMove::Kind::EnterSafeMode);
            }
        }
        return done;
    }

private Q_SLOTS:
    void itGoesUpAndDown_data()
    {
        QTest::addColumn<QStringList>("phases");
        QTest::addColumn<Step>("highest");
        QTest::addColumn<QStringList>("done");
        const QStringList warning(6, u"memory:w"_s), critical(6, u"memory:C"_s), well(9, u"well"_s);
        QTest::newRow("nothing to do") << well << Step::SafeMode << QStringList{};
        QTest::newRow("a warning stops new work, and calm lets it start again")
            << warning + well << Step::SafeMode << QStringList{u"0 stop-admitting"_s, u"80 admit-again"_s};
        QTest::newRow("critical holds the first task, then the next, and lets them go in reverse")
            << critical + well << Step::FreezeLowest
            << QStringList{u"0 stop-admitting"_s,    u"10 hold-task 3"_s,       u"20 hold-task 2"_s,
                           u"80 let-task-go-on 2"_s, u"100 let-task-go-on 3"_s, u"120 admit-again"_s};
        QTest::newRow("what stays critical ends in safe mode, which nobody but a person ends")
            << critical + critical + well << Step::SafeMode
            << QStringList{u"0 stop-admitting"_s, u"10 hold-task 3"_s, u"20 hold-task 2"_s, u"60 safe-mode"_s};
        QTest::newRow("no further than it may")
            << critical << Step::StopAdmitting << QStringList{u"0 stop-admitting"_s};
        QTest::newRow("switched off") << critical << Step::None << QStringList{};
        QTest::newRow("a busy CPU holds nobody")
            << QStringList(6, u"cpu:C"_s) << Step::SafeMode << QStringList{u"0 stop-admitting"_s};
        QTest::newRow("a warning about the CPU does nothing")
            << QStringList(6, u"cpu:w"_s) << Step::SafeMode << QStringList{};
        QTest::newRow("a disk that is nearly full does nothing, a fuller one lets nothing new start")
            << QStringList{u"disk:w"_s, u"disk:w"_s, u"disk:C"_s} << Step::SafeMode
            << QStringList{u"20 stop-admitting"_s};
        QTest::newRow("swap holds nobody, for what is swapped out stays so while nothing runs")
            << QStringList(6, u"swap:C"_s) << Step::SafeMode << QStringList{u"0 stop-admitting"_s};
        QTest::newRow("a busy disk holds tasks, but stops not everything")
            << QStringList(12, u"io_pressure:C"_s) << Step::SafeMode
            << QStringList{u"0 stop-admitting"_s, u"10 hold-task 3"_s, u"20 hold-task 2"_s};
        QTest::newRow("from critical to a warning: the held ones go on, nothing new starts")
            << critical.mid(0, 2) + QStringList(8, u"memory:w"_s) << Step::FreezeLowest
            << QStringList{u"0 stop-admitting"_s, u"10 hold-task 3"_s, u"40 let-task-go-on 3"_s};
    }
    void itGoesUpAndDown()
    {
        QFETCH(const QStringList, phases);
        QFETCH(const Step, highest);
        QFETCH(const QStringList, done);
        QCOMPARE(climb(phases, {.highest = highest, .pace = 10s, .rest = 20s, .patience = 3}), done);
    }

    void aHubThatIsStartedAgainGoesOnWhereItWas()
    {
        Ladder ladder(Ladder::State{.admitting = false, .frozen = tasks({7})});
        QVERIFY(!ladder.climb({}, 0s, {}, false, {}));
        const auto move = ladder.climb({}, 120s, {}, false, {});
        QVERIFY(move);
        QCOMPARE(textOfMove(*move), u"let-task-go-on 7"_s);
    }

    void whatAPersonDecidedIsForgotten()
    {
        Ladder ladder(Ladder::State{.admitting = false, .frozen = tasks({7, 8})});
        ladder.sync(tasks({7}));
        ladder.climb({}, 0s, {}, false, {});
        QCOMPARE(textOfMove(*ladder.climb({}, 120s, {}, false, {})), u"let-task-go-on 7"_s);
    }

    void whatAPersonLetGoOnIsNotHeldAgainAtOnce()
    {
        const LadderRules rules{.highest = Step::FreezeLowest, .pace = 10s, .rest = 20s};
        const QList<Verdict> critical{{.metric = Metric::Memory, .concern = Concern::Critical}};
        const Candidates running = tasks({3, 2, 1});
        Ladder ladder;
        ladder.climb(critical, 0s, running, false, rules);
        QCOMPARE(textOfMove(*ladder.climb(critical, 10s, running, false, rules)), u"hold-task 3"_s);
        ladder.sync({});
        QCOMPARE(textOfMove(*ladder.climb(critical, 20s, running, false, rules)), u"hold-task 2"_s);
        ladder.sync(tasks({2}));
        QCOMPARE(textOfMove(*ladder.climb(critical, 30s, running, false, rules)), u"hold-task 1"_s);
        ladder.sync(tasks({2, 1}));
        QVERIFY(!ladder.climb(critical, 40s, running, false, rules));
        // Once it is well, all are alike again.
        ladder.climb({}, 50s, running, false, rules);
        ladder.climb({}, 70s, running, false, rules);
        ladder.climb({}, 90s, running, false, rules);
        ladder.sync({});
        QCOMPARE(textOfMove(*ladder.climb(critical, 100s, running, false, rules)), u"hold-task 3"_s);
    }

    void whereNoAgentRunsThereIsNoSafeMode()
    {
        Ladder ladder;
        const QList<Verdict> critical{{.metric = Metric::Memory, .concern = Concern::Critical}};
        for (int minute = 0; minute < 60; ++minute) {
            const auto move = ladder.climb(critical, minute * 1min, {}, false, {});
            QVERIFY(!move || move->kind == LadderMove::Kind::StopAdmitting);
        }
    }

    void inSafeModeItWaits()
    {
        Ladder ladder;
        const QList<Verdict> critical{{.metric = Metric::Memory, .concern = Concern::Critical}};
        QVERIFY(!ladder.climb(critical, 0s, tasks({1}), true, {}));
        QVERIFY(ladder.climb(critical, 1s, tasks({1}), false, {}));
    }
};

QTEST_GUILESS_MAIN(TestLadder)
#include "tst_ladder.moc"
