#include "core/monitor/alertcenter.h"
#include "tests/support/statefixture.h"

using namespace hub;
using namespace hub::test;
using namespace Qt::StringLiterals;

namespace
{

class RecordingSink final : public monitor::AlertSink
{
public:
    QString name() const override { return u"recording"_s; }
    bool isOn() const override { return on; }
    QFuture<Result<>> deliver(const monitor::Delivery &delivery) override
    {
        if (broken)
            return readyFuture(Result<>(fail(ErrorCode::Timeout, u"no line"_s)));
        taken << delivery.topic + u' ' + delivery.payload[u"id"_s].toVariant().toString();
        if (!slow)
            return readyFuture(Result<>());
        waiting = std::make_shared<QPromise<Result<>>>();
        waiting->start();
        return waiting->future();
    }
    void answer(Result<> result)
    {
        const auto promise = std::exchange(waiting, nullptr);
        promise->addResult(std::move(result));
        promise->finish();
    }
    bool broken = false, slow = false, on = true;
    QStringList taken;
    std::shared_ptr<QPromise<Result<>>> waiting;
};

} // namespace

class TestAlertCenter : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void repetitionsWithinTheCooldownAreCountedNotTold()
    {
        StateFixture fixture;
        monitor::AlertBook book(*fixture.monitorDatabase);
        monitor::AlertCenter center(*fixture.commits, book, fixture.clock, [] { return std::chrono::seconds{300}; });
        const AlertReport report{.subject = u"task 1"_s, .title = u"it failed"_s, .description = u"again"_s};
        for (int i = 0; i < 3; ++i)
            DO(fixture.commit([&] { return center.raise(report); }));
        fixture.clock.advance(std::chrono::seconds{301});
        DO(fixture.commit([&] { return center.raise(report); }));
        center.deliver();
        GET(const auto alerts, book.list(true, {}, {}));
        QCOMPARE(alerts.size(), 2);
        QCOMPARE(alerts.last().heldBack, 2);
    }

    void anotherSubjectHasItsOwnCooldown()
    {
        StateFixture fixture;
        monitor::AlertBook book(*fixture.monitorDatabase);
        monitor::AlertCenter center(*fixture.commits, book, fixture.clock, [] { return std::chrono::seconds{300}; });
        DO(fixture.commit([&] { return center.raise({.subject = u"task 1"_s}); }));
        DO(fixture.commit([&] { return center.raise({.subject = u"task 2"_s}); }));
        center.deliver();
        QCOMPARE(book.list(true, {}, {})->size(), 2);
    }

    void whatASinkDoesNotTakeWaitsInOrder()
    {
        StateFixture fixture;
        monitor::AlertBook book(*fixture.monitorDatabase);
        monitor::AlertCenter center(*fixture.commits, book, fixture.clock, [] { return std::chrono::seconds{0}; });
        auto owned = std::make_unique<RecordingSink>();
        auto &sink = *owned;
        center.addSink(std::move(owned));
        sink.broken = true;
        for (const auto &subject : {u"a"_s, u"b"_s})
            DO(fixture.commit([&] { return center.raise({.subject = subject}); }));
        center.deliver();
        QCOMPARE(book.list(true, {}, {})->size(), 2); // another sink's trouble is its own
        QVERIFY(sink.taken.isEmpty());
        sink.broken = false;
        center.deliver();
        center.deliver();
        QCOMPARE(sink.taken, (QStringList{u"raised 1"_s, u"raised 2"_s}));
    }

    void aSlowSinkGetsOneAtATimeAndDelaysNoOther()
    {
        StateFixture fixture;
        monitor::AlertBook book(*fixture.monitorDatabase);
        monitor::AlertCenter center(*fixture.commits, book, fixture.clock, [] { return std::chrono::seconds{0}; });
        auto owned = std::make_unique<RecordingSink>();
        auto &sink = *owned;
        center.addSink(std::move(owned));
        sink.slow = true;
        for (const auto &subject : {u"a"_s, u"b"_s})
            DO(fixture.commit([&] { return center.raise({.subject = subject}); }));
        center.deliver();
        center.deliver();
        QCOMPARE(book.list(true, {}, {})->size(), 2);
        QCOMPARE(sink.taken, (QStringList{u"raised 1"_s}));
        sink.answer({});
        QTRY_COMPARE(sink.taken, (QStringList{u"raised 1"_s, u"raised 2"_s}));
        sink.answer(fail(ErrorCode::Timeout, u"no line"_s));
        QTRY_VERIFY((center.deliver(), sink.waiting)); // a refused one comes again
        QCOMPARE(sink.taken, (QStringList{u"raised 1"_s, u"raised 2"_s, u"raised 2"_s}));
        sink.answer({});
    }

    void whatWaitsForASinkThatIsOffIsDropped()
    {
        StateFixture fixture;
        monitor::AlertBook book(*fixture.monitorDatabase);
        monitor::AlertCenter center(*fixture.commits, book, fixture.clock, [] { return std::chrono::seconds{0}; });
        auto owned = std::make_unique<RecordingSink>();
        auto &sink = *owned;
        center.addSink(std::move(owned));
        sink.broken = true;
        DO(fixture.commit([&] { return center.raise({.subject = u"a"_s}); }));
        center.deliver();
        sink.broken = sink.on = false;
        center.deliver();
        DO(fixture.commit([&] { return center.raise({.subject = u"b"_s}); }));
        sink.on = true;
        center.deliver();
        QVERIFY(sink.taken.isEmpty());
    }

    void whatGotWorseIsToldAtOnceAndEndsTheEarlierOne()
    {
        StateFixture fixture;
        monitor::AlertBook book(*fixture.monitorDatabase);
        monitor::AlertCenter center(*fixture.commits, book, fixture.clock, [] { return std::chrono::seconds{300}; });
        const auto raise = [&](AlertLevel level) {
            return *fixture.commit([&] { return center.raise({.level = level, .subject = u"task 1"_s}); });
        };
        const AlertId first = raise(AlertLevel::Warning), worse = raise(AlertLevel::Critical);
        QVERIFY(first != worse);
        QCOMPARE(raise(AlertLevel::Error), worse); // it is not better for that
        center.deliver();
        GET(const auto open, book.list(true, {}, {}));
        QCOMPARE(open.size(), 1);
        QCOMPARE(open.first().id, worse);
        QCOMPARE(book.get(first)->notes, u"it got worse: al-2"_s);
    }

    void aTestIsToldOfOnceEverySinkHasIt()
    {
        StateFixture fixture;
        monitor::AlertBook book(*fixture.monitorDatabase);
        monitor::AlertCenter center(*fixture.commits, book, fixture.clock, [] { return std::chrono::seconds{0}; });
        auto owned = std::make_unique<RecordingSink>();
        auto &sink = *owned;
        center.addSink(std::move(owned));
        sink.slow = true;
        GET(const auto id, fixture.commit([&] { return center.raise({.type = AlertType::Test, .subject = u"t"_s}); }));
        center.deliver();
        auto told = center.howTold(id, std::chrono::minutes{1});
        QTRY_VERIFY(sink.waiting);
        QVERIFY(!told.isFinished());
        sink.answer({});
        QTRY_VERIFY(told.isFinished());
        GET(const auto sinks, takeResult(told));
        for (const auto &one : sinks)
            QCOMPARE(one.problem, QString());
        sink.broken = true;
        GET(const auto other,
            fixture.commit([&] { return center.raise({.type = AlertType::Test, .subject = u"u"_s}); }));
        center.deliver();
        auto late = center.howTold(other, std::chrono::milliseconds{1});
        QTRY_VERIFY(late.isFinished());
        GET(const auto lateSinks, takeResult(late));
        QCOMPARE(lateSinks.last().problem, u"no line"_s);
    }

    void aResolvedAlertIsResolvedOnce()
    {
        StateFixture fixture;
        monitor::AlertBook book(*fixture.monitorDatabase);
        monitor::AlertCenter center(*fixture.commits, book, fixture.clock, [] { return std::chrono::seconds{300}; });
        GET(const auto id, fixture.commit([&] { return center.raise({.subject = u"x"_s}); }));
        center.deliver();
        DO(fixture.commit([&] { return center.answer(id, u"resolve"_s, {}, u"ben"_s, u"fixed"_s); }));
        center.deliver();
        const auto again = fixture.commit([&] { return center.answer(id, u"resolve"_s, {}, u"ana"_s, {}); });
        QVERIFY(!again);
        QCOMPARE(again.error().message, u"al-1 was resolved already by ben; nothing was changed."_s);
        QVERIFY(book.list(true, {}, {})->isEmpty());
        DO(fixture.commit([&] { return center.raise({.subject = u"x"_s}); })); // a new one, not a repetition
        center.deliver();
        QCOMPARE(book.list(true, {}, {})->size(), 1);
    }
};

QTEST_GUILESS_MAIN(TestAlertCenter)
#include "tst_alertcenter.moc"
