#include "core/recovery/refjudge.h"

#include <QTest>

using namespace hub;
using namespace hub::recovery;
using namespace Qt::StringLiterals;

namespace
{

const QByteArray mainRef = "refs/heads/main";
const QByteArray a(40, 'a'), b(40, 'b'), c(40, 'c');

git::GuardMove line(const QByteArray &from, const QByteArray &to, bool intended = false)
{
    return {.at = 1, .uid = 1000, .from = from, .to = to, .ref = mainRef, .intended = intended};
}

} // namespace

Q_DECLARE_METATYPE(QList<hub::git::GuardMove>)

class TestRefJudge : public QObject
{
    Q_OBJECT

    static RefFacts facts(const QByteArray &known, const QByteArray &now)
    {
        RefFacts facts{.known = {{mainRef, known}}, .now = {{mainRef, now}}};
        facts.authorised = [](const QByteArray &, const QByteArray &) { return false; };
        return facts;
    }

private Q_SLOTS:
    void aBranchThatMoved_data()
    {
        QTest::addColumn<QByteArray>("now");
        QTest::addColumn<QList<git::GuardMove>>("moves");
        QTest::addColumn<QList<git::GuardMove>>("pending");
        QTest::addColumn<QByteArray>("authorised");
        QTest::addColumn<int>("cause"); // -1: nothing changed
        const QList<git::GuardMove> none;
        const auto is = [](RefCause cause) { return int(cause); };
        QTest::newRow("it stands where it was") << a << none << none << QByteArray() << -1;
        QTest::newRow("nobody wrote it down") << b << none << none << QByteArray() << is(RefCause::Outside);
        QTest::newRow("a person is about to move it there")
            << b << QList{line(a, b, true)} << none << QByteArray() << is(RefCause::Person);
        QTest::newRow("a person has moved it there")
            << b << QList{line(a, b)} << none << QByteArray() << is(RefCause::Person);
        QTest::newRow("a person's git left it where it was already")
            << b << QList{line({}, b), line(b, b)} << none << QByteArray() << is(RefCause::Outside);
        QTest::newRow("a person wrote down another value")
            << b << QList{line(a, c, true), line(a, c)} << none << QByteArray() << is(RefCause::Outside);
        QTest::newRow("a person was about to move it there a moment ago")
            << b << none << QList{line(a, b, true)} << QByteArray() << is(RefCause::Person);
        QTest::newRow("the hub said that it would be moved there")
            << b << none << none << b << is(RefCause::Authorised);
        QTest::newRow("the hub said another value") << b << none << none << c << is(RefCause::Outside);
        QTest::newRow("it is gone, and a person deleted it")
            << QByteArray() << QList{line(a, {}, true)} << none << QByteArray() << is(RefCause::Person);
        QTest::newRow("it is gone, and nobody said so")
            << QByteArray() << none << none << QByteArray() << is(RefCause::Outside);
        QTest::newRow("it has become a symbolic ref")
            << QByteArray("ref: refs/heads/agent/x/1") << none << none << QByteArray() << is(RefCause::Outside);
    }
    void aBranchThatMoved()
    {
        QFETCH(QByteArray, now);
        QFETCH(QList<git::GuardMove>, moves);
        QFETCH(QList<git::GuardMove>, pending);
        QFETCH(QByteArray, authorised);
        QFETCH(int, cause);
        RefFacts seen = facts(a, now);
        seen.moves = moves;
        seen.pending = pending;
        seen.authorised = [&](const QByteArray &, const QByteArray &value) {
            return !authorised.isEmpty() && value == authorised;
        };
        const auto changes = judgeRefs(seen);
        QCOMPARE(changes.size(), cause < 0 ? 0 : 1);
        if (cause >= 0)
            QCOMPARE(changes.first(), (RefChange{mainRef, a, now, RefCause(cause)}));
    }

    void whatWasNeverLookedAtIsTakenAsItIs()
    {
        RefFacts seen = facts(a, b);
        seen.known.clear();
        QCOMPARE(judgeRefs(seen).first().cause, RefCause::First);
    }

    void headCountsAsMovedByAPersonWhenItsReflogGrew_data()
    {
        QTest::addColumn<QByteArray>("log");
        QTest::addColumn<bool>("free");
        QTest::addColumn<bool>("person");
        QTest::newRow("its reflog is as long as before") << QByteArray("100") << false << false;
        QTest::newRow("its reflog is longer") << QByteArray("200") << false << true;
        QTest::newRow("an agent works there in place") << QByteArray("100") << true << true;
    }
    void headCountsAsMovedByAPersonWhenItsReflogGrew()
    {
        QFETCH(QByteArray, log);
        QFETCH(bool, free);
        QFETCH(bool, person);
        RefFacts seen = facts(a, a);
        seen.known[git::headRef] = "ref: refs/heads/main";
        seen.known[git::headLog] = "100";
        seen.now[git::headRef] = "ref: refs/heads/other";
        seen.now[git::headLog] = log;
        seen.headIsFree = free;
        const auto changes = judgeRefs(seen);
        QCOMPARE(changes.size(), 1);
        QCOMPARE(changes.first().cause == RefCause::Person, person);
    }

    void aValueOnWhichAPersonWentOn_data()
    {
        QTest::addColumn<QList<git::GuardMove>>("moves");
        QTest::addColumn<int>("found");
        QTest::newRow("from the known value") << QList{line(a, b, true), line(a, b)} << 0;
        QTest::newRow("one after the other") << QList{line(a, b, true), line(a, b), line(b, c, true), line(b, c)} << 0;
        QTest::newRow("from one that nobody wrote down") << QList{line(b, c, true), line(b, c)} << 1;
    }
    void aValueOnWhichAPersonWentOn()
    {
        QFETCH(QList<git::GuardMove>, moves);
        QFETCH(int, found);
        RefFacts seen = facts(a, c);
        seen.moves = moves;
        QCOMPARE(steppedOver(seen).size(), found);
    }
};

QTEST_GUILESS_MAIN(TestRefJudge)
#include "tst_refjudge.moc"
