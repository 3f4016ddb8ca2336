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
    Result<> deliver(const QString &topic, const QJsonObject &payload) override
    {
        if (broken)
            return fail(ErrorCode::Timeout, u"no line"_s);
        taken << topic + u' ' + payload[u"id"_s].toVariant().toString();
        return {};
    }
    bool broken = false;
    QStringList taken;
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
