#include "core/monitor/alertcenter.h"
#include "headless/discord/alertmessage.h"
#include "headless/discord/alertposter.h"
#include "tests/discord/fakechannels.h"
#include "tests/support/statefixture.h"

#include <QRegularExpression>

using namespace hub;
using namespace hub::discord;
using namespace hub::test;
using namespace Qt::StringLiterals;

namespace
{

const QString token = u"TOKEN"_s;

struct Bench {
    FakeRest rest{token};
    FakeChannels discord{rest};
    FakeNotes notes;
    StateFixture fixture;
    monitor::AlertBook book{*fixture.monitorDatabase};
    monitor::AlertCenter center{*fixture.commits, book, fixture.clock, [] { return std::chrono::seconds{300}; }};
    std::shared_ptr<DiscordAlerts> alerts = std::make_shared<DiscordAlerts>(u"discord"_s, Settings());
    QString place = u"/channels/100"_s;
    bool webhook = false;
    std::unique_ptr<RestClient> client;
    std::unique_ptr<AlertPoster> poster;
    int number = 0;

    explicit Bench(bool byWebhook = false)
        : webhook(byWebhook)
    {
        if (webhook)
            place = u"/webhooks/5/secret"_s;
        discord.channels[u"hook-5"_s] = u"webhook"_s;
        center.addSink(alerts);
        begin();
    }
    void begin()
    {
        poster.reset();
        client = std::make_unique<RestClient>(RestOptions{
            .base = rest.base(), .token = webhook ? QString() : token, .attemptLimit = 2s, .backoff = {1ms, 2ms}});
        poster = std::make_unique<AlertPoster>(
            alerts, *client, notes, AlertTarget{[this] { return place; }, webhook},
            AlertOptions{.concerned = [](const QJsonObject &) { return QStringList{u"77"_s}; }, .recount = 5ms});
    }
    AlertId raise(AlertLevel level = AlertLevel::Warning, const QString &subject = {})
    {
        ++number;
        const QString name = subject.isEmpty() ? u"subject %1"_s.arg(number) : subject;
        return *fixture.commit(
            [&] { return center.raise({.level = level, .subject = name, .title = u"alert number %1"_s.arg(number)}); });
    }
    QString where() const { return webhook ? u"hook-5"_s : u"100"_s; }
    qint64 waiting() const
    {
        return *fixture.database
                    ->selectOne(u"SELECT count(*) FROM outbox WHERE sink = 'discord'"_s, {},
                                [](const db::Row &row) { return row.number(0); })
                    .valueOr(std::optional<qint64>(-1));
    }
    QStringList texts() const
    {
        QStringList all;
        for (const auto &message : discord.in(where()))
            all << message.text();
        return all;
    }
};

} // namespace

class TestAlertPoster : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void anAlertIsPostedOnceWithItsTimeAndItsEndIsShownInIt()
    {
        Bench bench;
        const AlertId id = bench.raise(AlertLevel::Critical);
        bench.raise(AlertLevel::Info); // below the level
        QTRY_COMPARE(bench.waiting(), 0);
        QCOMPARE(bench.texts().size(), 1);
        const auto message = bench.discord.messages.first();
        QVERIFY(message.text().contains(u"alert number 1"));
        QCOMPARE(message.mentions(), QJsonArray{u"77"_s});
        QCOMPARE(message.body[u"embeds"_s][0][u"timestamp"_s].toString(), toIso(bench.fixture.clock.now()));
        bench.raise(AlertLevel::Critical, u"subject 1"_s); // within the cooldown
        QTRY_VERIFY(bench.texts().first().contains(u"1 more time"));
        DO(bench.fixture.commit([&] { return bench.center.answer(id, u"resolve"_s, {}, u"Ben"_s, u"done"_s); }));
        QTRY_VERIFY(bench.texts().first().contains(u"resolved by Ben"));
        QTRY_COMPARE(bench.waiting(), 0);
        QCOMPARE(bench.texts().size(), 1);
        QVERIFY(bench.notes.kept[u"discord alert"_s].isEmpty());
        QCOMPARE(bench.discord.wrong, QStringList());
        QCOMPARE(bench.rest.violations(), QString());
    }

    void aReminderOfAQuestionMentionsWhoAssignedAndCanBeAnswered()
    {
        Bench bench;
        DO(bench.fixture.commit([&] {
            return bench.center.raise({.level = AlertLevel::Warning, // below the level that mentions
                                       .subject = u"approval a7"_s,
                                       .title = u"Task #12 has waited"_s,
                                       .task = TaskId::of(12),
                                       .data = {{u"approval_id"_s, u"a7"_s}}});
        }));
        QTRY_COMPARE(bench.waiting(), 0);
        const auto message = bench.discord.messages.first();
        QCOMPARE(message.mentions(), QJsonArray{u"77"_s});
        const QJsonObject alert{{u"id"_s, 3}, {u"data"_s, QJsonObject{{u"approval_id"_s, u"a7"_s}}}};
        const Instant now = bench.fixture.clock.now();
        QCOMPARE(alertReply(alert, {}, 0, now).next.first(2), (QStringList{u"approve a7"_s, u"deny a7"_s}));
        QVERIFY(alertReply(alert, {{u"state"_s, u"resolved"_s}}, 0, now).next.isEmpty());
        QCOMPARE(bench.rest.violations(), QString());
    }

    void eightHoursWithoutDiscordLoseNothing()
    {
        Bench bench;
        bench.raise();
        QTRY_COMPARE(bench.waiting(), 0);
        bench.discord.down = true;
        for (int hour = 0; hour < 8; ++hour) {
            for (int i = 0; i < 20; ++i)
                bench.raise(hour == 5 && i == 7 ? AlertLevel::Critical : AlertLevel::Warning);
            bench.fixture.clock.advance(std::chrono::hours{1});
            // Nothing is handed over while what was handed over is still tried.
            const int before = bench.rest.received();
            QTRY_VERIFY((bench.center.deliver(), bench.rest.received() >= before + 4));
        }
        QCOMPARE(bench.waiting(), 160 + 1); // and one says that they don't arrive
        bench.discord.down = false;
        // As the timer does, which waits minutes by then.
        QTRY_VERIFY_WITH_TIMEOUT((bench.center.deliver(), bench.waiting() == 0), 10000);
        const auto posted = bench.discord.in(u"100"_s);
        QVERIFY2(posted.size() <= 5, qPrintable(QString::number(posted.size())));
        // In order: the first lines of each are later than those of the one before.
        QString all = bench.texts().join(u'\n');
        QVERIFY(all.contains(u"al-109 ")); // the critical one
        qint64 told = 0;
        static const QRegularExpression count(u"(\\d+) alerts, "_s);
        for (const QString &text : bench.texts()) {
            const auto match = count.match(text);
            told += match.hasMatch() ? match.captured(1).toLongLong() : 1;
        }
        QCOMPARE(told, 1 + 160 + 2); // and that they arrive again
        QVERIFY(all.indexOf(u"al-2") < all.indexOf(u"al-3 "));
        QCOMPARE(posted[1].body[u"embeds"_s][0][u"timestamp"_s].toString(), toIso(fromMillis(1'750'000'000'000)));
        QCOMPARE(bench.discord.wrong, QStringList());
    }

    void whatWasPostedBeforeACrashIsNotPostedAgain()
    {
        for (const int waiting : {1, 30}) {
            Bench bench;
            for (int i = 0; i < waiting; ++i)
                bench.raise();
            // Posted, and the answer never arrives; then the bot is another one.
            bench.rest.faults = {FakeRest::Fault::Silence};
            QTRY_COMPARE(bench.texts().size(), 1);
            bench.begin();
            for (int i = 0; i < 5; ++i)
                bench.raise();
            QTRY_VERIFY_WITH_TIMEOUT((bench.center.deliver(), bench.waiting() == 0), 10000);
            qint64 told = 0;
            static const QRegularExpression count(u"(\\d+) alerts, "_s);
            for (const QString &text : bench.texts()) {
                const auto match = count.match(text);
                told += match.hasMatch() ? match.captured(1).toLongLong() : 1;
            }
            QCOMPARE(told, waiting + 5);
        }
    }

    void oneThatDiscordNeverTakesHoldsUpNoOthers()
    {
        Bench bench;
        bench.rest.faults = {};
        bench.raise();
        QTRY_COMPARE(bench.waiting(), 0);
        // Refused for what it says, as long as it is among those that are sent.
        auto answers = bench.rest.answers;
        bench.rest.answers = [answers](const FakeRest::Call &call) {
            return call.body.contains("alert number 2\"") || call.body.contains("alert number 2 ")
                       ? FakeRest::Answer{400, R"({"code":50035,"message":"Invalid Form Body"})"}
                       : answers(call);
        };
        for (int i = 0; i < 3; ++i)
            bench.raise();
        QTRY_VERIFY_WITH_TIMEOUT((bench.center.deliver(), bench.waiting() == 0), 10000);
        QVERIFY(bench.texts().join(u' ').contains(u"alert number 4"));
    }

    void aWebhookThatIsGoneIsLeftAloneAndAPersonIsToldOnce()
    {
        Bench bench(true);
        bench.raise();
        QTRY_COMPARE(bench.waiting(), 0);
        QVERIFY(bench.texts().first().contains(u"alert number 1"));
        QVERIFY(!bench.discord.messages.first().body.contains(u"nonce"_s));
        bench.discord.channels.remove(u"hook-5"_s);
        bench.raise();
        QTRY_VERIFY(!bench.alerts->isOn());
        QTRY_COMPARE(bench.waiting(), 0);
        const int received = bench.rest.received();
        bench.raise();
        bench.center.deliver();
        QTest::qWait(20);
        QCOMPARE(bench.rest.received(), received);
        GET(const auto open, bench.book.list(true, {}, {}));
        qint64 told = 0;
        for (const Alert &alert : open)
            told += alert.report.title.contains(u"don't go by discord any more"_s);
        QCOMPARE(told, 1);
    }

    void withoutAChannelTheyWait()
    {
        Bench bench;
        bench.place.clear();
        bench.raise();
        QTest::qWait(20);
        QCOMPARE(bench.waiting(), 1);
        bench.place = u"/channels/100"_s;
        QTRY_VERIFY((bench.center.deliver(), bench.waiting() == 0));
        QCOMPARE(bench.texts().size(), 1);
    }

    void anAddressIsTakenApart_data()
    {
        QTest::addColumn<QString>("address");
        QTest::addColumn<QString>("path");
        QTest::newRow("plain") << u"https://discord.com/api/webhooks/12/a-B_c"_s << u"/webhooks/12/a-B_c"_s;
        QTest::newRow("version") << u"https://discord.com/api/v10/webhooks/12/abc"_s << u"/webhooks/12/abc"_s;
        QTest::newRow("no token") << u"https://discord.com/api/webhooks/12"_s << QString();
        QTest::newRow("other") << u"https://example.com/hook"_s << QString();
    }
    void anAddressIsTakenApart()
    {
        QFETCH(QString, address);
        QTEST(webhookPath(address).valueOr(QString()), "path");
        if (const auto path = webhookPath(address); !path)
            QVERIFY(!path.error().message.contains(address));
    }
};

QTEST_GUILESS_MAIN(TestAlertPoster)
#include "tst_alertposter.moc"
