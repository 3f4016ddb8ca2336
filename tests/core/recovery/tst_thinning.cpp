#include "core/recovery/thinning.h"

#include <QTest>

using namespace hub;
using namespace hub::recovery;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace
{

const Instant now = fromMillis(1'750'000'000'000);

Task taskIn(TaskState state)
{
    return Task{.id = TaskId::of(1),
                .spec = {.project = *ProjectName::parse(u"web"), .agent = *AgentName::parse(u"claude")},
                .state = state};
}

// Numbers `count` … 1, one every `apart`, the newest of them just now.
QList<state::CheckpointMark> marks(qint64 count, std::chrono::milliseconds apart)
{
    QList<state::CheckpointMark> all;
    for (qint64 number = count; number >= 1; --number)
        all.append({number, CheckpointType::Auto, now - apart * (count - number)});
    return all;
}

state::Operation operation(qint64 before, qint64 target, const QString &state, bool undone = false)
{
    return {.id = OperationId::of(1),
            .task = TaskId::of(1),
            .state = state,
            .before = before,
            .target = target,
            .undoneBy = undone ? std::optional(OperationId::of(2)) : std::nullopt};
}

QList<qint64> staying(const QList<state::CheckpointMark> &all, const QList<qint64> &gone)
{
    QList<qint64> stay;
    for (const auto &mark : all) {
        if (!gone.contains(mark.number))
            stay << mark.number;
    }
    return stay;
}

} // namespace

class TestThinning : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void fewAreLeftAlone()
    {
        QVERIFY(thinned(taskIn(TaskState::Running), marks(100, 24h), {}, Thinning::Usual, 100, now).isEmpty());
    }

    void olderOnesAreThinnedToHoursAndThenToDays()
    {
        const auto all = marks(1000, 10min); // a week
        const auto stay = staying(all, thinned(taskIn(TaskState::Running), all, {}, Thinning::Usual, 100, now));
        for (qint64 number = 901; number <= 1000; ++number)
            QVERIFY(stay.contains(number));
        QMap<qint64, int> hours, days;
        for (const qint64 number : stay.mid(100)) {
            const qint64 at = toMillis(now) - (1000 - number) * 600'000;
            ++(toMillis(now) - at < 86'400'000 ? hours[at / 3'600'000] : days[at / 86'400'000]);
        }
        QVERIFY(hours.size() >= 7); // 1,440 minutes less the 1,000 that the newest hundred cover
        for (const int inOne : hours)
            QCOMPARE(inOne, 1);
        QVERIFY(days.size() >= 6);
        days[(toMillis(now) - 999 * 600'000) / 86'400'000]--; // the very first stays beside that day's newest
        for (const int inOne : days)
            QCOMPARE(inOne, 1);
        QCOMPARE(stay.last(), 1);
        // What was thinned once stays as it is.
        QList<state::CheckpointMark> rest;
        for (const auto &mark : all) {
            if (stay.contains(mark.number))
                rest << mark;
        }
        QVERIFY(thinned(taskIn(TaskState::Running), rest, {}, Thinning::Usual, 100, now).isEmpty());
    }

    void whatSomethingNeedsStays_data()
    {
        QTest::addColumn<QList<state::Operation>>("operations");
        QTest::addColumn<QList<qint64>>("needed");
        using Operations = QList<state::Operation>;
        QTest::newRow("both ends of a rollback that can be undone")
            << Operations{operation(40, 20, u"done"_s)} << QList<qint64>{40, 20};
        QTest::newRow("both ends of a rollback that executes")
            << Operations{operation(41, 21, u"executing"_s)} << QList<qint64>{41, 21};
        QTest::newRow("the target of a checkpoint that stays for another reason")
            << Operations{operation(200, 22, u"done"_s, true)} << QList<qint64>{22};
        QTest::newRow("a chain of them") << Operations{operation(60, 50, u"done"_s), operation(50, 23, u"done"_s, true)}
                                         << QList<qint64>{60, 50, 23};
        QTest::newRow("nothing of a rollback that failed")
            << Operations{operation(42, 24, u"failed"_s)} << QList<qint64>{};
    }
    void whatSomethingNeedsStays()
    {
        QFETCH(QList<state::Operation>, operations);
        QFETCH(QList<qint64>, needed);
        const auto all = marks(200, 10s);
        const auto without = thinned(taskIn(TaskState::Running), all, {}, Thinning::Usual, 10, now);
        const auto with = thinned(taskIn(TaskState::Running), all, operations, Thinning::Usual, 10, now);
        for (const qint64 number : needed)
            QVERIFY(!with.contains(number));
        QCOMPARE(without.size() - with.size(), needed.size());
    }

    void manualOnesAndTheOneItWentOnFromStay()
    {
        auto all = marks(200, 10s);
        all[150].type = CheckpointType::Manual; // number 50
        Task task = taskIn(TaskState::Running);
        task.resumedFrom = 60;
        const auto gone = thinned(task, all, {}, Thinning::Usual, 10, now);
        QVERIFY(!gone.contains(50) && !gone.contains(60) && gone.contains(51));
    }

    void hardlyAnythingStaysOfAnEndedTask()
    {
        auto all = marks(200, 10min);
        all[150].type = CheckpointType::Manual;
        const QList<state::Operation> operations{operation(40, 20, u"done"_s)};
        const auto ended = taskIn(TaskState::Completed), open = taskIn(TaskState::NeedsReview);
        QCOMPARE(staying(all, thinned(ended, all, operations, Thinning::Hard, 100, now)), (QList<qint64>{200, 40, 20}));
        QCOMPARE(thinned(open, all, operations, Thinning::Hard, 100, now),
                 thinned(open, all, operations, Thinning::Usual, 100, now));
    }
};

QTEST_GUILESS_MAIN(TestThinning)
#include "tst_thinning.moc"
