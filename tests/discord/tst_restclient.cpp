#include "headless/discord/restclient.h"
#include "tests/discord/fakerest.h"

#include <QLoggingCategory>
#include <QTest>

using namespace hub;
using namespace hub::discord;
using namespace Qt::StringLiterals;

namespace
{

using Fault = FakeRest::Fault;

const auto token = u"THE.SECRET.TOKEN"_s;
const auto post = u"/channels/1/messages"_s;

QStringList logged;
void keepLog(QtMsgType, const QMessageLogContext &, const QString &text) { logged << text; }

QFuture<Result<RestAnswer>> answerOf(RestClient &client, const RestRequest &request)
{
    auto promise = std::make_shared<QPromise<Result<RestAnswer>>>();
    promise->start();
    client.call(request, QCoreApplication::instance(), [promise](const Result<RestAnswer> &answer) {
        promise->addResult(answer);
        promise->finish();
    });
    return promise->future();
}

struct Bench {
    explicit Bench(milliseconds attemptLimit = 10s)
        : client({.base = fake.base(), .token = token, .attemptLimit = attemptLimit, .backoff = {5ms, 20ms}})
    {
    }

    QFuture<Result<RestAnswer>> call(const QByteArray &method, const QString &path,
                                     const QJsonValue &body = QJsonValue::Undefined)
    {
        return answerOf(client, *RestRequest::of(method, path, body));
    }

    FakeRest fake{token};
    RestClient client;
};

// "200", or the kind of error.
QString outcome(const QFuture<Result<RestAnswer>> &future)
{
    if (!QTest::qWaitFor([&] { return future.isFinished(); }, 20'000))
        return u"nothing"_s;
    const auto result = takeResult(future);
    if (result)
        return QString::number(result->status);
    switch (result.error().code) {
    case ErrorCode::Timeout: return u"timeout"_s;
    case ErrorCode::Conflict: return u"unknown"_s;
    case ErrorCode::Refused: return u"refused"_s;
    default: return result.error().message;
    }
}

QJsonObject text(const QString &content) { return {{u"content"_s, content}}; }

QJsonObject once(const QString &content)
{
    return {{u"content"_s, content}, {u"nonce"_s, content}, {u"enforce_nonce"_s, true}};
}

} // namespace

Q_DECLARE_METATYPE(Fault)

class TestRestClient : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLoggingCategory::setFilterRules(u"hub.*=true"_s); }

    void eachFaultIsMendedWhereThatIsSafe_data()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<QString>("path");
        QTest::addColumn<QJsonObject>("body");
        QTest::addColumn<QList<Fault>>("faults");
        QTest::addColumn<QString>("expected");
        QTest::addColumn<int>("done"); // how often it was carried out
        const auto row = [](const char *name, const QByteArray &method, const QString &path, const QJsonObject &body,
                            const QList<Fault> &faults, const QString &expected,
                            int done) { QTest::newRow(name) << method << path << body << faults << expected << done; };
        const auto edit = u"/channels/1/messages/2"_s, callback = u"/interactions/5/aTOKEN/callback"_s;
        const QJsonObject deferred{{u"type"_s, 5}};
        row("nothing wrong", "POST", post, text(u"x"_s), {}, u"200"_s, 1);
        row("lost before it was done: nobody knows", "POST", post, text(u"x"_s), {Fault::ResetBefore}, u"unknown"_s, 0);
        row("lost after it was done: not done again", "POST", post, text(u"x"_s), {Fault::ResetAfter}, u"unknown"_s, 1);
        row("half an answer", "POST", post, text(u"x"_s), {Fault::HalfAnswer}, u"unknown"_s, 1);
        row("no answer", "POST", post, text(u"x"_s), {Fault::Silence}, u"unknown"_s, 1);
        row("a page of HTML", "POST", post, text(u"x"_s), {Fault::Error500}, u"500"_s, 0);
        row("told to wait", "POST", post, text(u"x"_s), {Fault::Limited, Fault::Limited}, u"200"_s, 1);
        row("told that all wait", "POST", post, text(u"x"_s), {Fault::LimitedAll}, u"200"_s, 1);
        row("with a nonce", "POST", post, once(u"x"_s), {Fault::ResetBefore, Fault::Error500, Fault::Silence}, u"200"_s,
            2); // Discord tells by the nonce
        row("an edit", "PATCH", edit, text(u"x"_s), {Fault::ResetAfter, Fault::Silence}, u"200"_s, 3);
        row("it ends some time", "PATCH", edit, text(u"x"_s), QList<Fault>(20, Fault::Error500), u"500"_s, 0);
        row("an interaction's answer, and Discord in trouble", "POST", callback, deferred,
            {Fault::Error500, Fault::ResetAfter, Fault::Error500}, u"200"_s, 2);
        row("an interaction's answer that never succeeds", "POST", callback, deferred,
            QList<Fault>(20, Fault::Error500), u"500"_s, 0);
        row("an interaction's answer", "POST", callback, deferred, {Fault::ResetBefore}, u"200"_s, 1);
    }
    void eachFaultIsMendedWhereThatIsSafe()
    {
        QFETCH(QByteArray, method);
        QFETCH(QString, path);
        QFETCH(QJsonObject, body);
        QFETCH(QList<Fault>, faults);
        QFETCH(QString, expected);
        QFETCH(int, done);
        Bench bench(300ms);
        // Kept connections of both kinds first: on one of those, Qt would send a lost call again by itself.
        const auto first = bench.call("GET", u"/users/@me"_s);
        const auto second = bench.call("POST", u"/interactions/4/t/callback"_s, QJsonObject{{u"type"_s, 5}});
        QTRY_VERIFY(first.isFinished() && second.isFinished());
        bench.fake.faults.assign(faults.begin(), faults.end());
        logged.clear();
        const auto before = qInstallMessageHandler(keepLog);
        const auto future = bench.call(method, path, body);
        [&] { QTRY_VERIFY(future.isFinished()); }();
        qInstallMessageHandler(before);
        QCOMPARE(outcome(future), expected);
        QCOMPARE(bench.fake.done().size() - 2, qsizetype(done));
        QCOMPARE(bench.fake.violations(), QString());
        const auto result = takeResult(future);
        const QString said = logged.join(u' ') + (result ? QString() : result.error().message + result.error().hint);
        QVERIFY2(!said.contains("TOKEN"_L1), qPrintable(said));
    }

    void anAnswerThatWasLostIsNotGivenTwice()
    {
        Bench bench;
        QSet<QString> acknowledged;
        bench.fake.answers = [&](const FakeRest::Call &call) -> FakeRest::Answer {
            if (acknowledged.contains(call.path))
                return {400, R"({"code":40060,"message":"Interaction has already been acknowledged."})"};
            acknowledged << call.path;
            return {204, {}};
        };
        bench.fake.faults = {Fault::ResetAfter};
        const auto future = bench.call("POST", u"/interactions/5/t/callback"_s, QJsonObject{{u"type"_s, 5}});
        QTRY_VERIFY(future.isFinished());
        QCOMPARE(outcome(future), u"204"_s);
    }

    void callsOfABucketKeepTheirOrderAndItsLimit()
    {
        Bench bench;
        bench.fake.setLimit(u"POST /channels/{}/messages"_s, 5, 300, "messages");
        bench.fake.faults = {Fault::None, Fault::None, Fault::Limited};
        QList<QFuture<Result<RestAnswer>>> futures;
        QStringList expected;
        for (int i = 0; i < 23; ++i) {
            expected << QString::number(i);
            futures << bench.call("POST", post, once(expected.last()));
        }
        for (const auto &future : futures)
            QTRY_VERIFY(future.isFinished());
        QStringList contents;
        for (const FakeRest::Call &call : bench.fake.done())
            contents << (*objectFromJson(call.body))["content"_L1].toString();
        QCOMPARE(contents, expected);
        QCOMPARE(bench.fake.violations(), QString());
    }

    void answersToInteractionsNeverWaitBehindOtherCalls()
    {
        Bench bench;
        bench.fake.delays = [](const FakeRest::Call &call) { return call.path.contains("callback"_L1) ? 0 : 250; };
        QList<QFuture<Result<RestAnswer>>> slow;
        for (int i = 0; i < 30; ++i)
            slow << bench.call("GET", u"/channels/%1"_s.arg(100 + i));
        const auto quick = bench.call("POST", u"/interactions/5/t/callback"_s, QJsonObject{{u"type"_s, 5}});
        QTRY_VERIFY(quick.isFinished());
        const auto finished = std::count_if(slow.begin(), slow.end(), [](const auto &one) { return one.isFinished(); });
        QCOMPARE(finished, 0);
        QCOMPARE(outcome(quick), u"200"_s);
    }

    void aThousandInteractionsAtOnceAreAnsweredOnceEach()
    {
        Bench bench;
        QList<QFuture<Result<RestAnswer>>> futures;
        for (int i = 0; i < 1000; ++i) {
            RestRequest request =
                *RestRequest::of("POST", u"/interactions/%1/t/callback"_s.arg(i), QJsonObject{{u"type"_s, 5}});
            request.limit = 60s;
            futures << answerOf(bench.client, std::move(request));
        }
        for (const auto &future : futures)
            QTRY_VERIFY_WITH_TIMEOUT(future.isFinished(), 60'000);
        QSet<QString> paths;
        for (const FakeRest::Call &call : bench.fake.done())
            paths << call.path;
        QCOMPARE(paths.size(), qsizetype(1000));
        QCOMPARE(bench.fake.done().size(), qsizetype(1000));
        QCOMPARE(bench.fake.violations(), QString());
    }

    void aRefusedTokenIsUsedNoMore()
    {
        Bench bench;
        bench.fake.answers = [](const FakeRest::Call &) {
            return FakeRest::Answer{401, R"({"message":"401: Unauthorized","code":0})"};
        };
        const auto gateway = bench.client.gateway();
        const auto waiting = bench.call("GET", u"/gateway/bot"_s);
        QTRY_VERIFY(gateway.isFinished() && waiting.isFinished());
        QCOMPARE(takeResult(gateway).error().code, ErrorCode::Refused);
        QCOMPARE(outcome(waiting), u"refused"_s);
        QCOMPARE(outcome(bench.call("GET", u"/users/@me"_s)), u"refused"_s);
        QCOMPARE(bench.fake.received(), 1);
        const auto hook = bench.call("POST", u"/webhooks/1/t"_s, text(u"x"_s)); // needs no bot
        QTRY_VERIFY(hook.isFinished());
        QCOMPARE(bench.fake.received(), 2);
    }

    void aWebhookThatIsGoneIsAskedNoMore()
    {
        Bench bench;
        bench.fake.answers = [](const FakeRest::Call &) {
            return FakeRest::Answer{404, R"({"code":10015,"message":"Unknown Webhook"})"};
        };
        const auto first = bench.call("POST", u"/webhooks/1/t"_s, text(u"x"_s));
        QTRY_VERIFY(first.isFinished());
        QCOMPARE(outcome(first), u"404"_s);
        QCOMPARE(outcome(bench.call("POST", u"/webhooks/1/t"_s, text(u"x"_s))), u"refused"_s);
        const auto other = bench.call("POST", u"/webhooks/2/t"_s, text(u"x"_s));
        QTRY_VERIFY(other.isFinished());
        QCOMPARE(outcome(other), u"404"_s);
    }

    void aRedirectionIsNotFollowed()
    {
        Bench bench;
        FakeRest elsewhere(token);
        bench.fake.answers = [&](const FakeRest::Call &) {
            return FakeRest::Answer{302, {}, {{"Location", elsewhere.base().toEncoded() + "/users/@me"}}};
        };
        const auto future = bench.call("GET", u"/users/@me"_s);
        QTRY_VERIFY(future.isFinished());
        QCOMPARE(outcome(future), u"302"_s);
        QCOMPARE(elsewhere.received(), 0);
    }

    void filesGoBesideTheJson()
    {
        Bench bench;
        RestRequest request = *RestRequest::of("POST", post, text(u"see"_s));
        request.files = {{u"a \"b\".diff"_s, "--- a\r\n"}, {u"chart.png"_s, QByteArray("\x89PNG\0", 5)}};
        const auto future = answerOf(bench.client, request);
        QTRY_VERIFY(future.isFinished());
        QCOMPARE(outcome(future), u"200"_s);
        const QByteArray body = bench.fake.done()[0].body;
        const QByteArray type = bench.fake.done()[0].headers.value("content-type");
        const QByteArray boundary = "--" + type.sliced(type.indexOf('=') + 1);
        QCOMPARE(body.count(boundary), qsizetype(4));
        QVERIFY(
            body.contains("name=\"payload_json\"\r\nContent-Type: application/json\r\n\r\n{\"content\":\"see\"}\r\n"));
        QVERIFY(body.contains("name=\"files[0]\"; filename=\"a 'b'.diff\""));
        QVERIFY(body.contains(QByteArray("\r\n\r\n\x89PNG\0\r\n", 11)));
        QVERIFY(body.endsWith(boundary + "--\r\n"));
        QCOMPARE(bench.fake.violations(), QString());
    }

    void nothingIsSentInTheClear()
    {
        RestOptions options;
        options.base = QUrl(u"http://discord.example/api/v10"_s);
        options.token = token;
        RestClient client(options);
        const auto future = answerOf(client, *RestRequest::of("GET", u"/users/@me"_s));
        QTRY_VERIFY(future.isFinished());
        QCOMPARE(outcome(future), u"refused"_s);
    }

    void nobodyThereIsSaidAsSuch()
    {
        QTcpServer closed;
        closed.listen(QHostAddress::LocalHost);
        RestOptions options;
        options.base = QUrl(u"http://127.0.0.1:%1/api/v10"_s.arg(closed.serverPort()));
        options.backoff = {1ms, 2ms};
        closed.close();
        RestClient client(options);
        const auto future = answerOf(client, *RestRequest::of("POST", post, text(u"x"_s)));
        QTRY_VERIFY(future.isFinished());
        QCOMPARE(outcome(future), u"timeout"_s);
        QVERIFY(takeResult(future).error().message.contains("was not sent"_L1));
    }

    void whoseClientIsGoneIsToldSo()
    {
        auto client = std::make_unique<RestClient>(RestOptions{});
        FakeRest fake(token);
        RestOptions options;
        options.base = fake.base();
        client = std::make_unique<RestClient>(options);
        const auto future = answerOf(*client, *RestRequest::of("GET", u"/users/@me"_s));
        client.reset();
        QTRY_VERIFY(future.isFinished());
        QCOMPARE(takeResult(future).error().code, ErrorCode::ShuttingDown);
    }
};

QTEST_GUILESS_MAIN(TestRestClient)
#include "tst_restclient.moc"
