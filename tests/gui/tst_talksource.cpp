// What a sparse conversation asks for, keeps and drops.
#include "gui/views/talksource.h"

#include <QSignalSpy>
#include <QTest>

using namespace hub::gui;
using namespace Qt::StringLiterals;

namespace
{
QList<TalkMessage> messages(qint64 first, qint64 last, const QString &text = u"x"_s)
{
    QList<TalkMessage> list;
    for (qint64 seq = first; seq <= last; ++seq)
        list.append({.seq = seq, .text = text});
    return list;
}

// The numbers that were asked for, each as often as it was.
QList<qint64> asked(QSignalSpy &spy)
{
    QList<qint64> numbers;
    while (!spy.isEmpty()) {
        const auto row = spy.takeFirst();
        for (int i = 0; i < row.at(1).toInt(); ++i)
            numbers.append(row.at(0).toLongLong() + i);
    }
    return numbers;
}
} // namespace

class TestTalkSource : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void rangesJoinSplitAndTellTheirGaps()
    {
        SeqRanges ranges;
        std::vector<bool> model(60);
        quint32 random = 7;
        for (int round = 0; round < 4'000; ++round) {
            random = random * 1664525u + 1013904223u;
            const qint64 first = (random >> 8) % 50 + 1, last = std::min<qint64>(59, first + (random >> 20) % 9);
            const bool add = random >> 31;
            add ? ranges.add(first, last) : ranges.remove(first, last);
            std::fill(model.begin() + first, model.begin() + last + 1, add);
            std::vector<bool> seen(60, true);
            qint64 before = -1;
            for (const auto &[from, to] : ranges.gaps(1, 59)) {
                QVERIFY(from > before + 1 && to >= from);
                before = to;
                std::fill(seen.begin() + from, seen.begin() + to + 1, false);
            }
            for (qint64 seq = 1; seq < 60; ++seq) {
                QCOMPARE(ranges.contains(seq), model[size_t(seq)]);
                QCOMPARE(bool(seen[size_t(seq)]), bool(model[size_t(seq)]));
            }
        }
    }

    void asksOnceForWhatIsShown()
    {
        TalkSource source;
        QSignalSpy wanted(&source, &TalkSource::wanted);
        source.setCount(100'000);
        source.look(50'000, 50'010);
        source.look(60'000, 60'010); // before it came to asking: only where one is counts
        QVERIFY(wanted.wait());
        const QList<qint64> numbers = asked(wanted);
        QVERIFY(numbers.contains(60'000) && numbers.contains(60'010));
        QVERIFY(!numbers.contains(50'000));
        QVERIFY2(numbers.size() < 300, "it asks for little around it");
        source.look(60'001, 60'011);
        QTest::qWait(0);
        QCoreApplication::processEvents();
        QCOMPARE(asked(wanted), {});
    }

    void whatIsHereOrMissingIsNotAskedFor()
    {
        TalkSource source;
        QSignalSpy wanted(&source, &TalkSource::wanted);
        source.put(messages(1, 10));
        source.setCount(30);
        source.putMissing(11, 5);
        source.look(1, 30);
        QVERIFY(wanted.wait());
        QCOMPARE(asked(wanted), QList<qint64>({16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30}));
        QVERIFY(source.isMissing(11) && source.isMissing(15) && !source.isMissing(16));
        QVERIFY(!source.at(12));
        QVERIFY(source.at(10));
    }

    void afterALostConnectionItAsksAgain()
    {
        TalkSource source;
        QSignalSpy wanted(&source, &TalkSource::wanted);
        source.setCount(3);
        source.look(1, 3);
        QVERIFY(wanted.wait());
        asked(wanted);
        source.put(messages(2, 2));
        source.askAgain();
        QVERIFY(wanted.wait());
        QCOMPARE(asked(wanted), QList<qint64>({1, 3}));
    }

    void whatMayHaveChangedStaysOnTheScreenAndIsAskedForAgain()
    {
        TalkSource source;
        QSignalSpy wanted(&source, &TalkSource::wanted);
        source.put(messages(1, 100));
        source.look(40, 45);
        source.forget(44, 60);
        QVERIFY(wanted.wait());
        const auto numbers = asked(wanted);
        QVERIFY(numbers.contains(44) && numbers.contains(60) && !numbers.contains(43));
        QVERIFY2(source.at(44), "on the screen");
        QVERIFY2(!source.at(60), "not on the screen");
        source.putMissing(44, 1);
        QVERIFY(!source.at(44));
    }

    void keepsWhatIsNearTheScreen()
    {
        TalkSource source;
        source.setCount(100'000);
        source.look(50'000, 50'020);
        source.put(messages(1, 500));
        source.put(messages(49'000, 51'000));
        source.put(messages(99'000, 100'000));
        QCOMPARE(source.held(), TalkSource::keptMessages);
        QVERIFY(source.at(50'000) && source.at(50'020) && source.at(49'100) && source.at(50'900));
        QVERIFY(!source.at(1) && !source.at(100'000));
    }

    void longMessagesAreFewerInMemory()
    {
        TalkSource source;
        source.look(10, 12);
        for (qint64 seq = 1; seq <= 40; ++seq)
            source.put(messages(seq, seq, QString(1'000'000, u'x')));
        QVERIFY(source.held() < 20);
        QVERIFY(source.at(10) && source.at(12));
    }

    void theCountOnlyGrows()
    {
        TalkSource source;
        QSignalSpy counted(&source, &TalkSource::counted);
        source.setCount(5);
        source.setCount(3);
        source.put(messages(7, 7));
        QCOMPARE(source.count(), 7);
        QCOMPARE(counted.size(), 2);
        source.clear();
        QCOMPARE(source.count(), 0);
        QVERIFY(!source.at(7));
    }
};

QTEST_GUILESS_MAIN(TestTalkSource)
#include "tst_talksource.moc"
