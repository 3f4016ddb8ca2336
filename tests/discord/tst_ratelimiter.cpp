#include "headless/discord/ratelimiter.h"
#include "headless/discord/restrequest.h"

#include <QMap>
#include <QTest>

using namespace hub;
using namespace hub::discord;
using namespace Qt::StringLiterals;

namespace
{

Route route(const QString &text) { return *Route::of(text.section(u' ', 0, 0).toLatin1(), text.section(u' ', 1)); }

LimitHeaders limits(const QString &bucket, int limit, int remaining, milliseconds resetAfter)
{
    LimitHeaders headers;
    headers.bucket = bucket;
    headers.limit = limit;
    headers.remaining = remaining;
    headers.resetAfter = resetAfter;
    headers.fromDiscord = true;
    return headers;
}

LimitHeaders refusal(LimitHeaders::Scope scope, milliseconds retryAfter, bool fromDiscord = true)
{
    LimitHeaders headers;
    headers.scope = scope;
    headers.retryAfter = retryAfter;
    headers.fromDiscord = fromDiscord;
    return headers;
}

// A limiter with a clock that the test turns, and the names of what was let through.
struct Bench {
    RateLimiter::Ticket add(const QString &call, milliseconds patience = 24h)
    {
        const auto ticket = limiter.add(route(call), now + patience);
        names[ticket] = call;
        return ticket;
    }
    QStringList turn()
    {
        QStringList gone;
        for (const auto ticket : limiter.turn(now).go) {
            gone << names[ticket];
            flying << ticket;
        }
        return gone;
    }
    void answer(const LimitHeaders &headers, int status = 200)
    {
        limiter.answered(flying.takeFirst(), status, headers, now);
    }
    // Turns the clock to when the limiter wants to be asked, until something goes; the time that took, -1: never.
    qint64 untilNext()
    {
        const Moment from = now;
        for (int i = 0; i < 100; ++i) {
            if (!turn().isEmpty())
                return (now - from).count();
            const auto next = limiter.nextWake(now);
            if (!next)
                return -1;
            now = std::max(*next, now + 1ms);
        }
        return -1;
    }

    Moment now{24h};
    RateLimiter limiter{};
    QMap<RateLimiter::Ticket, QString> names;
    QList<RateLimiter::Ticket> flying;
};

const auto post1 = u"POST /channels/1/messages"_s;
const auto post2 = u"POST /channels/2/messages"_s;

} // namespace

class TestRateLimiter : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aCallIsKnownByItsKindAndByWhatItIsCountedFor_data()
    {
        QTest::addColumn<QString>("call");
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QString>("major");
        QTest::addColumn<QString>("flags"); // bot: gets the token; callback; webhook
        QTest::addColumn<QString>("shown");
        const auto row = [](const QString &call, const QString &kind, const QString &major, const QString &flags,
                            const QString &shown = {}) {
            QTest::newRow(qPrintable(call)) << call << kind << major << flags << (shown.isEmpty() ? call : shown);
        };
        row(u"GET /gateway"_s, u"GET /gateway"_s, {}, {});
        row(u"GET /gateway/bot"_s, u"GET /gateway/bot"_s, {}, u"bot"_s);
        row(post1, u"POST /channels/{}/messages"_s, u"channels/1"_s, u"bot"_s);
        row(u"PATCH /channels/1/messages/22"_s, u"PATCH /channels/{}/messages/{}"_s, u"channels/1"_s, u"bot"_s);
        row(u"PUT /channels/1/messages/2/reactions/x/@me"_s, u"PUT /channels/{}/messages/{}/reactions/{}/@me"_s,
            u"channels/1"_s, u"bot"_s);
        row(u"PUT /applications/5/guilds/6/commands"_s, u"PUT /applications/{}/guilds/{}/commands"_s, {}, u"bot"_s);
        row(u"GET /guilds/7/roles"_s, u"GET /guilds/{}/roles"_s, u"guilds/7"_s, u"bot"_s);
        row(u"DELETE /webhooks/8"_s, u"DELETE /webhooks/{}"_s, u"webhooks/8"_s, u"bot"_s);
        row(u"POST /webhooks/8/aTOKEN"_s, u"POST /webhooks/{}/{}"_s, u"webhooks/8/aTOKEN"_s, u"webhook"_s,
            u"POST /webhooks/8/…"_s);
        row(u"PATCH /webhooks/8/aTOKEN/messages/@original"_s, u"PATCH /webhooks/{}/{}/messages/@original"_s,
            u"webhooks/8/aTOKEN"_s, u"webhook"_s, u"PATCH /webhooks/8/…/messages/@original"_s);
        row(u"POST /interactions/9/aTOKEN/callback"_s, u"POST /interactions/{}/{}/callback"_s,
            u"interactions/9/aTOKEN"_s, u"callback"_s, u"POST /interactions/9/…/callback"_s);
    }
    void aCallIsKnownByItsKindAndByWhatItIsCountedFor()
    {
        QFETCH(QString, call);
        QFETCH(QString, shown);
        const Route found = route(call);
        QTEST(found.kind, "kind");
        QTEST(found.major, "major");
        QStringList flags;
        if (found.botToken)
            flags << u"bot"_s;
        if (found.callback)
            flags << u"callback"_s;
        if (found.webhook)
            flags << u"webhook"_s;
        QTEST(flags.join(u' '), "flags");
        QCOMPARE(found.shown(), shown);
        QCOMPARE(found.isCountedGlobally(), found.botToken);
    }

    void anOddPathIsNoCall()
    {
        for (const QString &path : {u"channels/1"_s, u""_s, u"/"_s, u"/channels//messages"_s,
                                    u"/channels/../users/@me"_s, u"/channels/1?x=1"_s, u"/channels/1#x"_s})
            QVERIFY2(!Route::of("GET", path), qPrintable(path));
        QVERIFY(!Route::of("BREW", u"/coffee"_s));
    }

    void aBucketGoesOneAtATimeAndWaitsForItsResetWhenItIsEmpty()
    {
        Bench bench;
        for (int i = 0; i < 4; ++i)
            bench.add(post1);
        bench.add(post2);
        QCOMPARE(bench.turn(), (QStringList{post1, post2})); // each channel is counted by itself
        QCOMPARE(bench.turn(), QStringList());
        bench.answer(limits(u"b"_s, 3, 2, 5s));
        QCOMPARE(bench.turn(), QStringList{post1});
        bench.flying.removeFirst(); // the other channel's stays under way
        bench.answer(limits(u"b"_s, 3, 1, 5s));
        QCOMPARE(bench.turn(), QStringList{post1});
        bench.answer(limits(u"b"_s, 3, 0, 5s));
        QCOMPARE(bench.turn(), QStringList());
        QCOMPARE(bench.untilNext(), 5050);
    }

    void aBucketThatTwoKindsShareIsOneQueueInTheOrderOfTheCalls()
    {
        Bench bench;
        const auto patch = u"PATCH /channels/1/messages/5"_s, remove = u"DELETE /channels/1/messages/5"_s;
        bench.add(patch);
        bench.add(remove);
        QCOMPARE(bench.turn(), (QStringList{patch, remove}));
        for (int i = 0; i < 2; ++i) {
            bench.add(patch);
            bench.add(remove);
        }
        bench.answer(limits(u"shared"_s, 5, 4, 2s));
        bench.answer(limits(u"shared"_s, 5, 3, 2s));
        for (const QString &next : {patch, remove, patch, remove}) {
            QCOMPARE(bench.turn(), QStringList{next});
            QCOMPARE(bench.turn(), QStringList());
            bench.answer(limits(u"shared"_s, 5, 2, 2s));
        }
    }

    void aBucketThatGetsAnotherNameTakesAlongWhatWaitsAndWhatIsUnderWay()
    {
        Bench bench;
        bench.add(post1);
        bench.add(post2);
        bench.turn();
        bench.answer(limits(u"old"_s, 5, 4, 2s));
        bench.answer(limits(u"old"_s, 5, 4, 2s));
        for (const QString &call : {post1, post1, post2, post2})
            bench.add(call);
        QCOMPARE(bench.turn(), (QStringList{post1, post2}));
        bench.answer(limits(u"new"_s, 5, 0, 2s)); // of the first channel
        QCOMPARE(bench.turn(), QStringList());    // the second's is under way still
        bench.answer(limits(u"new"_s, 5, 4, 2s));
        QCOMPARE(bench.turn(), QStringList{post2});
        bench.answer(limits(u"old"_s, 5, 4, 2s)); // and back: nothing of the old one is left over
        QCOMPARE(bench.turn(), QStringList{post1});
    }

    void aRefusalHoldsWhatItIsAbout_data()
    {
        using Scope = LimitHeaders::Scope;
        QTest::addColumn<int>("scope");
        QTest::addColumn<bool>("fromDiscord");
        QTest::addColumn<QStringList>("others"); // may go meanwhile
        QTest::addColumn<int>("counted");
        const auto hook = u"POST /webhooks/8/t"_s, callback = u"POST /interactions/9/t/callback"_s;
        QTest::newRow("the bucket's") << int(Scope::User) << true << QStringList{post2, hook, callback} << 1;
        QTest::newRow("the channel's, by others")
            << int(Scope::Shared) << true << QStringList{post2, hook, callback} << 0;
        QTest::newRow("the bot's") << int(Scope::Global) << true << QStringList{hook, callback} << 1;
        QTest::newRow("the network's") << int(Scope::User) << false << QStringList() << 1;
    }
    void aRefusalHoldsWhatItIsAbout()
    {
        QFETCH(int, scope);
        QFETCH(bool, fromDiscord);
        QFETCH(QStringList, others);
        QFETCH(int, counted);
        Bench bench;
        const auto first = bench.add(post1);
        bench.add(post1);
        bench.turn();
        bench.answer(refusal(LimitHeaders::Scope(scope), 3s, fromDiscord), 429);
        bench.limiter.again(first, route(post1), bench.now + 24h, bench.now);
        for (const QString &call : {post2, u"POST /webhooks/8/t"_s, u"POST /interactions/9/t/callback"_s})
            bench.add(call);
        QCOMPARE(bench.turn(), others);
        QCOMPARE(bench.limiter.health(bench.now).invalid, counted);
        QCOMPARE(bench.limiter.health(bench.now).limited, 1);
        bench.flying.clear();
        QCOMPARE(bench.untilNext(), fromDiscord ? 3050 : 300000);
        QCOMPARE(bench.flying[0], first); // the same call, before the one behind it
    }

    void fiftyInASecondAndNoMoreButForCallbacks()
    {
        Bench bench;
        for (int i = 0; i < 120; ++i)
            bench.add(u"GET /channels/%1"_s.arg(1000 + i));
        for (int i = 0; i < 120; ++i)
            bench.add(u"POST /interactions/%1/t/callback"_s.arg(1000 + i));
        const QStringList gone = bench.turn();
        QCOMPARE(gone.filter(u"GET"_s).size(), qsizetype(50));
        QCOMPARE(gone.filter(u"callback"_s).size(), qsizetype(120));
        QCOMPARE(bench.untilNext(), 1050);
        QCOMPARE(bench.flying.size(), qsizetype(50 + 120 + 50));
    }

    void onlySoManyAreUnderWayAndNoneElseGoesWhileACallbackWaits()
    {
        Bench bench{.limiter = RateLimiter({.callbacks = 2, .others = 3})};
        const auto callback = [](int i) { return u"POST /interactions/%1/t/callback"_s.arg(i); };
        const auto edit = [](int i) { return u"PATCH /webhooks/8/t%1/messages/@original"_s.arg(i); };
        for (int i = 1; i <= 4; ++i) {
            bench.add(edit(i));
            bench.add(callback(i));
        }
        const auto answer = [&bench](const QString &call) {
            bench.limiter.answered(bench.names.key(call), 200, {}, bench.now);
        };
        QCOMPARE(bench.turn(), (QStringList{edit(1), callback(1), edit(2), callback(2)}));
        QCOMPARE(*bench.limiter.nextWake(bench.now), bench.now + 24h); // an answer comes before that
        answer(edit(1));
        QCOMPARE(bench.turn(), QStringList()); // while the third callback waits
        QCOMPARE(*bench.limiter.nextWake(bench.now), bench.now + 24h);
        answer(callback(1));
        QCOMPARE(bench.turn(), (QStringList{edit(3), callback(3)}));
        answer(callback(2));
        QCOMPARE(bench.turn(), (QStringList{edit(4), callback(4)}));
        bench.add(edit(5));
        QCOMPARE(bench.turn(), QStringList()); // three are under way
        QCOMPARE(*bench.limiter.nextWake(bench.now), bench.now + 24h);
        answer(edit(4));
        QCOMPARE(bench.turn(), QStringList{edit(5)});
        QVERIFY(!bench.limiter.nextWake(bench.now));
    }

    void refusedCallsStopBeforeDiscordBansTheAddress()
    {
        Bench bench;
        for (int i = 0; i < RateLimiter::invalidLimit; ++i) {
            bench.add(u"GET /users/@me"_s);
            QVERIFY(bench.untilNext() >= 0);
            bench.answer({}, i % 2 ? 403 : 401);
        }
        QCOMPARE(bench.limiter.health(bench.now).invalid, RateLimiter::invalidLimit);
        bench.add(u"POST /interactions/9/t/callback"_s);
        QCOMPARE(bench.turn(), QStringList());
        QVERIFY(bench.untilNext() > 60'000); // until the oldest of them is ten minutes old
        QVERIFY(bench.limiter.health(bench.now).invalid < RateLimiter::invalidLimit);
    }

    void whoWaitsTooLongIsToldSo()
    {
        Bench bench;
        bench.add(post1);
        const auto second = bench.add(post1, 2s);
        bench.turn();
        QCOMPARE(*bench.limiter.nextWake(bench.now), bench.now + 2s);
        bench.now += 2s;
        QCOMPARE(bench.limiter.turn(bench.now).expired, QList{second});
        QVERIFY(!bench.limiter.nextWake(bench.now));
    }

    void aHundredThousandInteractionsLeaveNothingBehind()
    {
        Bench bench;
        for (int i = 0; i < 100'000; ++i) {
            const auto ticket = bench.limiter.add(route(u"POST /interactions/%1/t/callback"_s.arg(i)), bench.now + 3s);
            QCOMPARE(bench.limiter.turn(bench.now).go, QList{ticket});
            bench.limiter.answered(ticket, 204, {}, bench.now);
            bench.now += 10ms;
        }
        QVERIFY(bench.limiter.buckets() < 2000);
    }

    void headersAreReadAsTheyAreWritten_data()
    {
        QTest::addColumn<QString>("headers");
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QString>("expected"); // bucket limit remaining resetAfter retryAfter scope fromDiscord
        QTest::newRow("an ordinary answer") << u"X-RateLimit-Bucket=ab;X-RateLimit-Limit=5;X-RateLimit-Remaining=0;"
                                               "X-RateLimit-Reset-After=1.2341"_s
                                            << QByteArray() << u"ab 5 0 1235 - 0 1"_s;
        QTest::newRow("a refusal: the body is more exact")
            << u"X-RateLimit-Scope=user;Retry-After=2"_s << QByteArray(R"({"retry_after":1.337,"global":false})")
            << u" - - - 1337 0 1"_s;
        QTest::newRow("global, by the body")
            << u"Retry-After=1"_s << QByteArray(R"({"retry_after":0.5,"global":true})") << u" - - - 500 1 1"_s;
        QTest::newRow("global, by the header")
            << u"X-RateLimit-Global=true;Via=1.1 google;Retry-After=3"_s << QByteArray() << u" - - - 3000 1 1"_s;
        QTest::newRow("shared") << u"X-RateLimit-Scope=shared;Retry-After=9"_s << QByteArray() << u" - - - 9000 2 1"_s;
        QTest::newRow("the network's") << u"Retry-After=60"_s << QByteArray("<html>") << u" - - - 60000 0 0"_s;
        QTest::newRow("nonsense") << u"X-RateLimit-Limit=many;X-RateLimit-Remaining=-1;X-RateLimit-Reset-After=nan;"
                                     "Retry-After=1e999"_s
                                  << QByteArray("[]") << u" - - - - 0 0"_s;
    }
    void headersAreReadAsTheyAreWritten()
    {
        QFETCH(QString, headers);
        QFETCH(QByteArray, body);
        HttpAnswer answer{.status = 429, .body = body};
        for (const QString &header : headers.split(u';'))
            answer.headers.emplaceBack(header.section(u'=', 0, 0).toLower().toLatin1(),
                                       header.section(u'=', 1).toLatin1());
        const auto read = LimitHeaders::read(answer);
        const auto text = [](const auto &value) {
            if constexpr (std::is_same_v<decltype(value), const std::optional<int> &>)
                return value ? QString::number(*value) : u"-"_s;
            else
                return value ? QString::number(value->count()) : u"-"_s;
        };
        QTEST((QStringList{read.bucket, text(read.limit), text(read.remaining), text(read.resetAfter),
                           text(read.retryAfter), QString::number(int(read.scope)),
                           QString::number(int(read.fromDiscord))}
                   .join(u' ')),
              "expected");
    }

    void aTryIsRepeatedOnlyWhereThatIsSafe_data()
    {
        QTest::addColumn<QString>("call");
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QString>("verdicts"); // never sent, lost, 500, 429, 400, 40060 the second time, 404 so
        const QByteArray nonce = R"({"content":"x","nonce":"1","enforce_nonce":true})";
        const auto unsafe = u"again give give told give give give"_s;
        QTest::newRow("a message") << post1 << QByteArray(R"({"content":"x"})") << unsafe;
        QTest::newRow("a message with a nonce that nobody holds to")
            << post1 << QByteArray(R"({"content":"x","nonce":"1"})") << unsafe;
        QTest::newRow("a message with a nonce") << post1 << nonce << u"again again again told give give give"_s;
        QTest::newRow("a webhook's message") << u"POST /webhooks/1/t"_s << QByteArray(R"({"content":"x"})") << unsafe;
        QTest::newRow("an edit") << u"PATCH /channels/1/messages/2"_s << QByteArray("{}")
                                 << u"again again again told give give give"_s;
        QTest::newRow("a removal") << u"DELETE /channels/1/messages/2"_s << QByteArray()
                                   << u"again again again told give give done"_s;
        QTest::newRow("an interaction's answer") << u"POST /interactions/1/t/callback"_s << QByteArray(R"({"type":5})")
                                                 << u"again again again told give done give"_s;
    }
    void aTryIsRepeatedOnlyWhereThatIsSafe()
    {
        QFETCH(QString, call);
        QFETCH(QByteArray, body);
        RestRequest request{route(call)};
        if (!body.isEmpty())
            request.body = *objectFromJson(body);
        const auto verdict = [&](Attempt attempt) {
            switch (judge(request, attempt)) {
            case Verdict::Give: return u"give"_s;
            case Verdict::Done: return u"done"_s;
            case Verdict::Again: return u"told"_s;
            case Verdict::Backoff: return u"again"_s;
            }
            return QString();
        };
        using Ended = Attempt::Ended;
        const QByteArray acknowledged = R"({"code":40060,"message":"Interaction has already been acknowledged."})";
        QTEST((QStringList{verdict({Ended::NeverSent, {}, 1}), verdict({Ended::Lost, {}, 1}),
                           verdict({Ended::Answered, RestAnswer::of(500, "<html>"), 1}),
                           verdict({Ended::Answered, RestAnswer::of(429, "{}"), 9}),
                           verdict({Ended::Answered, RestAnswer::of(400, "{}"), 1}),
                           verdict({Ended::Answered, RestAnswer::of(400, acknowledged), 2}),
                           verdict({Ended::Answered, RestAnswer::of(404, "{}"), 2})}
                   .join(u' ')),
              "verdicts");
        for (const Ended ended : {Ended::NeverSent, Ended::Lost})
            QCOMPARE(verdict({ended, {}, mostTries}), u"give"_s); // some time it ends
        QCOMPARE(verdict({Ended::Answered, RestAnswer::of(400, acknowledged), 1}), u"give"_s);
    }

    void aRefusalIsASentenceWithTheFieldThatIsWrong()
    {
        const auto answer = RestAnswer::of(
            400, R"({"code":50035,"message":"Invalid Form Body","errors":{"embeds":{"0":{"title":{"_errors":[)"
                 R"({"code":"BASE_TYPE_MAX_LENGTH","message":"Must be 256 or fewer in length."}]}}}}})");
        QCOMPARE(answer.result(u"post a message"_s).error().message,
                 u"Discord did not post a message (400, code 50035): Invalid Form Body (embeds.0.title: Must be 256 or "
                 "fewer in length.)"_s);
        QCOMPARE(RestAnswer::of(502, "<html>").result(u"post a message"_s).error().message,
                 u"Discord did not post a message (502). Discord itself has a problem."_s);
        QVERIFY(RestAnswer::of(204, {}).result(u"x"_s));
    }
};

QTEST_GUILESS_MAIN(TestRateLimiter)
#include "tst_ratelimiter.moc"
