#include "headless/discord/interactions.h"

#include "core/base/json.h"
#include "tests/discord/fakerest.h"
#include "tests/discord/rules.h"
#include "tests/support/fakehub.h"

#include <QDateTime>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

using namespace hub;
using namespace hub::discord;
using namespace hub::commands;
using namespace Qt::StringLiterals;

namespace
{

const QString token = u"THE.SECRET.TOKEN"_s;

// The hub's notes; written at once unless a test holds them.
class FakeNotes : public NotePort
{
public:
    QMap<QString, Notes> kept;

    QFuture<Result<Notes>> notes(const QString &kind) override { return readyFuture<Notes>(kept.value(kind)); }
    QFuture<Result<>> setNote(const QString &kind, const QString &key, const QJsonObject &value) override
    {
        kept[kind].insert(key, value);
        return readyFuture(Result<>());
    }
    QFuture<Result<>> removeNote(const QString &kind, const QString &key) override
    {
        kept[kind].remove(key);
        return readyFuture(Result<>());
    }
};

Settings settings()
{
    QTemporaryDir folder;
    QFile file(folder.filePath(u"hub.ini"_s));
    const bool open = file.open(QIODevice::WriteOnly);
    Q_ASSERT(open);
    file.write("[discord]\nguild_id=5\nviewer_roles=91\noperator_roles=92\nadmin_roles=93\n");
    file.close();
    return *Settings::load(file.fileName(), {});
}

struct Person {
    QString name;
    QString role; // empty: none
};
const Person vera{u"Vera"_s, u"91"_s}, ole{u"Ole"_s, u"92"_s}, ada{u"Ada"_s, u"93"_s}, stranger{u"Sam"_s, {}};

QString snowflake(qint64 ageMs = 0)
{
    static quint64 more = 0;
    const qint64 now = QDateTime::currentMSecsSinceEpoch() - 1420070400000 - ageMs;
    return QString::number((quint64(now) << 22) + (++more % 4'000'000));
}

QJsonObject eventOf(int type, const Person &who, const QJsonObject &data, const QString &channel = u"6"_s)
{
    QJsonArray roles;
    if (!who.role.isEmpty())
        roles.append(who.role);
    const QString id = snowflake();
    return {{u"id"_s, id},
            {u"application_id"_s, u"7"_s},
            {u"token"_s, u"tok"_s + id},
            {u"type"_s, type},
            {u"guild_id"_s, u"5"_s},
            {u"channel_id"_s, channel},
            {u"member"_s, QJsonObject{{u"user"_s, QJsonObject{{u"id"_s, u"4"_s + QString::number(who.name.size())},
                                                              {u"username"_s, who.name}}},
                                      {u"roles"_s, roles},
                                      {u"permissions"_s, u"0"_s}}},
            {u"data"_s, data}};
}

QJsonObject command(const Person &who, const QString &name, const QJsonObject &options = {},
                    const QString &channel = u"6"_s)
{
    QJsonArray list;
    for (auto it = options.begin(); it != options.end(); ++it)
        list.append(QJsonObject{{u"name"_s, it.key()}, {u"type"_s, 3}, {u"value"_s, *it}});
    QJsonObject data{{u"name"_s, name.section(u' ', 0, 0)}, {u"options"_s, list}};
    if (name.contains(u' '))
        data[u"options"_s] =
            QJsonArray{QJsonObject{{u"name"_s, name.section(u' ', 1, 1)}, {u"type"_s, 1}, {u"options"_s, list}}};
    return eventOf(2, who, data, channel);
}

QJsonObject press(const Person &who, const QString &customId, const QString &message, const QStringList &values = {})
{
    QJsonObject data{{u"custom_id"_s, customId}, {u"component_type"_s, values.isEmpty() ? 2 : 3}};
    if (!values.isEmpty())
        data[u"values"_s] = QJsonArray::fromStringList(values);
    QJsonObject event = eventOf(3, who, data);
    event[u"message"_s] = QJsonObject{{u"id"_s, message}};
    return event;
}

// What Discord shows of one interaction: by its callback and what came after it.
struct Shown {
    int callback = 0;
    bool isPrivate = false;
    QJsonObject callbackData;
    QJsonObject original; // the last edit
    bool isDeleted = false;
    QList<QJsonObject> followUps;
};

class Bench : public QObject
{
public:
    explicit Bench(InteractionTimes times = {})
        : m_settings(settings())
        , access(m_settings)
        , client({.base = fake.base(), .token = token, .attemptLimit = 10s, .backoff = {5ms, 20ms}})
        , places(notes, {})
        , m_times(times)
    {
        fake.answers = [this](const FakeRest::Call &call) { return take(call); };
        begin();
    }
    // As after a restart: with what the hub keeps.
    void begin()
    {
        interactions.reset();
        interactions = std::make_unique<Interactions>(Interactions::Parts{hub, notes, client, places, access}, m_times);
        const auto loaded = interactions->load();
        QVERIFY(QTest::qWaitFor([&] { return loaded.isFinished(); }));
        QVERIFY(takeResult(loaded).hasValue());
    }

    const Shown &of(const QJsonObject &event) { return shown[event[u"token"_s].toString()]; }
    QString wrong() const { return (QStringList{fake.violations()} + m_wrong).join(u'\n').trimmed(); }

private:
    QJsonObject bodyOf(const FakeRest::Call &call)
    {
        QByteArray body = call.body;
        if (call.headers.value("content-type").startsWith("multipart")) {
            body = body.mid(body.indexOf("\r\n\r\n") + 4);
            body = body.first(body.indexOf("\r\n--"));
        }
        return objectFromJson(body).valueOr({});
    }
    FakeRest::Answer take(const FakeRest::Call &call)
    {
        const QStringList parts = call.path.split(u'/');
        const QJsonObject body = bodyOf(call);
        if (parts.value(1) == u"interactions") {
            Shown &one = shown[parts.value(3)];
            if (one.callback != 0)
                return {400, R"({"code":40060,"message":"already acknowledged"})"};
            if (tooLate)
                return {404, R"({"code":10062,"message":"Unknown interaction"})"};
            one.callback = body[u"type"_s].toInt();
            one.callbackData = body[u"data"_s].toObject();
            if (one.callback == 9)
                m_wrong << rules::modal(one.callbackData);
            if (one.callback == 8)
                m_wrong << rules::choices(one.callbackData[u"choices"_s].toArray());
            one.isPrivate = one.callbackData[u"flags"_s].toInt() & 64;
            return {204, {}};
        }
        if (parts.value(1) == u"channels") {
            posted << body;
            return {};
        }
        Shown &one = shown[parts.value(3)];
        if (one.callback == 0 && !unknown)
            m_wrong << u"an answer before the acknowledgement: "_s + call.path;
        if (tokensOver)
            return {401, R"({"code":50027,"message":"Invalid Webhook Token"})"};
        if (call.method == "DELETE") {
            one.isDeleted = true;
            return {204, {}};
        }
        if (refuseFiles && !call.headers.value("content-type").startsWith("application/json"))
            return {413, R"({"code":40005,"message":"Request entity too large"})"};
        m_wrong << rules::message(body, {.files = call.body.count("name=\"files["),
                                         .isEdit = call.method == "PATCH",
                                         .mayBeHidden = call.method == "POST"});
        if (call.method == "POST")
            one.followUps << body;
        else
            one.original = body;
        return {};
    }

    Settings m_settings;

public:
    FakeHub hub;
    FakeNotes notes;
    FakeRest fake{token};
    discord::Access access;
    RestClient client;
    Places places;
    std::unique_ptr<Interactions> interactions;
    QHash<QString, Shown> shown; // by token
    QList<QJsonObject> posted;   // into channels
    bool tooLate = false, tokensOver = false, refuseFiles = false;
    bool unknown = false; // interactions of a life before

private:
    InteractionTimes m_times;
    QStringList m_wrong;
};

QString textOf(const QJsonObject &message)
{
    QString all = message["content"_L1].toString();
    for (const QJsonValue &embed : message["embeds"_L1].toArray())
        all += embed["title"_L1].toString() + u'\n' + embed["description"_L1].toString() + u'\n';
    return all;
}

QString idAt(const QJsonObject &message, int row, int column)
{
    return message["components"_L1].toArray()[row]["components"_L1].toArray()[column]["custom_id"_L1].toString();
}

QFuture<Result<Reply>> never()
{
    auto promise = std::make_shared<QPromise<Result<Reply>>>();
    promise->start();
    static std::vector<std::shared_ptr<QPromise<Result<Reply>>>> all;
    all.push_back(promise);
    return promise->future();
}

} // namespace

class TestInteractions : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void eachCommandIsSeenByWhomItIsFor_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QJsonObject>("options");
        QTest::addColumn<QString>("channel");
        QTest::addColumn<bool>("isPrivate");
        const auto row = [](const char *what, const QString &name, const QJsonObject &options, const QString &channel,
                            bool isPrivate) { QTest::newRow(what) << name << options << channel << isPrivate; };
        row("a view", u"tasks"_s, {}, u"6"_s, true);
        row("a shared view", u"tasks"_s, {{u"share"_s, true}}, u"6"_s, false);
        row("health", u"system-health"_s, {}, u"6"_s, false);
        row("a change", u"pause-task"_s, {{u"task_id"_s, u"12"_s}}, u"6"_s, false);
        row("a change for who asked", u"agents test"_s, {}, u"6"_s, true);
        row("a task's view in its thread", u"task-status"_s, {}, u"66"_s, false);
        row("another task's view there", u"task-status"_s, {{u"task_id"_s, u"13"_s}}, u"66"_s, true);
        row("a general view there", u"agents list"_s, {}, u"66"_s, true);
        row("the list to go back", u"rollback task_checkpoint"_s, {}, u"6"_s, true);
        row("going back", u"rollback task_checkpoint"_s, {{u"checkpoint_id"_s, u"12/3"_s}}, u"6"_s, false);
    }
    void eachCommandIsSeenByWhomItIsFor()
    {
        QFETCH(QString, name);
        QFETCH(QJsonObject, options);
        QFETCH(QString, channel);
        QFETCH(bool, isPrivate);
        Bench bench;
        bench.places.setThread(TaskId::of(12), {u"66"_s, {}});
        const QJsonObject event = command(ole, name, options, channel);
        bench.interactions->received(event);
        QTRY_VERIFY(!bench.of(event).original.isEmpty());
        QCOMPARE(bench.of(event).callback, 5);
        QCOMPARE(bench.of(event).isPrivate, isPrivate);
        QCOMPARE(bench.hub.calls.size(), 1);
        const CommandCall &call = bench.hub.calls[0];
        QCOMPARE(call.command, name);
        QVERIFY(!call.options.contains(u"share"_s));
        QCOMPARE(call.caller.name, u"Ole (43)"_s);
        QCOMPARE(call.caller.origin, u"discord"_s);
        QCOMPARE(call.caller.role, Role::Operator);
        QCOMPARE(call.place.task.has_value(), channel == u"66");
        QTRY_VERIFY(bench.notes.kept.value(u"discord pending"_s).isEmpty());
        QCOMPARE(bench.places.home(), channel);
        QCOMPARE(bench.wrong(), QString());
    }

    void whoHasNoRightIsRefusedPrivatelyAndTheHubKnows_data()
    {
        QTest::addColumn<QString>("who");
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("said");
        QTest::newRow("nobody") << u""_s << u"tasks"_s << u"refused by the hub"_s;
        QTest::newRow("a viewer who steers") << u"91"_s << u"pause-task"_s << u"refused by the hub"_s;
        QTest::newRow("an admin at the machine's things") << u"93"_s << u"projects set"_s << u"machine only"_s;
        QTest::newRow("nobody at the machine's things") << u""_s << u"projects set"_s << u"refused by the hub"_s;
    }
    void whoHasNoRightIsRefusedPrivatelyAndTheHubKnows()
    {
        QFETCH(QString, who);
        QFETCH(QString, name);
        QFETCH(QString, said);
        Bench bench;
        bench.hub.onCommand = [](const CommandCall &) {
            return readyFuture<Reply>(fail(ErrorCode::Refused, u"refused by the hub"_s, u"Ask an admin."_s));
        };
        const QJsonObject event = command({u"Sam"_s, who}, name);
        bench.interactions->received(event);
        QTRY_VERIFY(!bench.of(event).original.isEmpty());
        QVERIFY(bench.of(event).isPrivate);
        QVERIFY2(textOf(bench.of(event).original).contains(said), qPrintable(textOf(bench.of(event).original)));
        QCOMPARE(bench.hub.calls.size(), 1); // it keeps the audit trail
        QCOMPARE(bench.hub.calls[0].caller.role == Role::Nobody, who.isEmpty());
        QVERIFY(bench.places.home().isEmpty());
        QCOMPARE(bench.wrong(), QString());
    }

    void aRefusalOfTheHubIsPrivateThoughTheCommandIsNot()
    {
        Bench bench;
        bench.hub.onCommand = [](const CommandCall &) {
            return readyFuture<Reply>(fail(ErrorCode::Refused, u"Safe mode is on."_s));
        };
        const QJsonObject event = command(ole, u"checkpoint"_s);
        bench.interactions->received(event);
        QTRY_COMPARE(bench.of(event).followUps.size(), 1);
        QVERIFY(bench.of(event).isDeleted);
        QCOMPARE(bench.of(event).followUps[0][u"flags"_s].toInt(), 64);
        QCOMPARE(bench.wrong(), QString());
    }

    void theAcknowledgementWaitsForNothing()
    {
        Bench bench;
        bench.hub.onCommand = [](const CommandCall &) { return never(); };
        for (const QString &name : {u"tasks"_s, u"checkpoint"_s, u"pause-task"_s, u"resume-task"_s}) {
            const QJsonObject event = command(ole, name);
            bench.interactions->received(event);
            QTRY_COMPARE(bench.of(event).callback, 5);
        }
        QTRY_COMPARE(bench.notes.kept.value(u"discord pending"_s).size(), 4);
        QCOMPARE(bench.wrong(), QString());
    }

    void theSameEventTwiceIsDoneOnce()
    {
        Bench bench;
        const QJsonObject event = command(ole, u"checkpoint"_s);
        bench.interactions->received(event);
        bench.interactions->received(event);
        QTRY_VERIFY(!bench.of(event).original.isEmpty());
        bench.interactions->received(event);
        QTest::qWait(50);
        QCOMPARE(bench.hub.calls.size(), 1);
    }

    void whatCameTooLateChangesNothing_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<int>("executed");
        QTest::addColumn<int>("posted");
        QTest::newRow("a change") << u"checkpoint"_s << 0 << 0;
        QTest::newRow("a stop") << u"emergency-stop"_s << 1 << 1;
        QTest::newRow("a view") << u"tasks"_s << 1 << 0;
    }
    void whatCameTooLateChangesNothing()
    {
        QFETCH(QString, name);
        QFETCH(int, executed);
        QFETCH(int, posted);
        Bench bench;
        bench.tooLate = true;
        bench.interactions->received(command(ole, name));
        QTRY_COMPARE(bench.fake.received(), 1 + posted);
        QTRY_COMPARE(bench.hub.calls.size(), executed);
        QTRY_COMPARE(bench.posted.size(), posted);
        QVERIFY(bench.notes.kept.value(u"discord pending"_s).isEmpty());
    }

    void anAcknowledgementWhoseAnswerWasLostCounts()
    {
        Bench bench;
        bench.fake.faults = {FakeRest::Fault::ResetAfter};
        const QJsonObject event = command(ole, u"checkpoint"_s);
        bench.interactions->received(event);
        QTRY_VERIFY(!bench.of(event).original.isEmpty());
        QCOMPARE(bench.hub.calls.size(), 1);
    }

    void aTaskWithoutTextOpensAForm()
    {
        Bench bench;
        const QJsonObject event = command(ole, u"assign-task"_s, {{u"agent"_s, u"claude"_s}});
        bench.interactions->received(event);
        QTRY_COMPARE(bench.of(event).callback, 9);
        QVERIFY(bench.hub.calls.isEmpty());
        const QJsonObject data = bench.of(event).callbackData;
        QVERIFY(data[u"title"_s].toString().size() <= 45);
        const QJsonObject row = data[u"components"_s].toArray()[0].toObject();
        QVERIFY(row[u"label"_s].toString().size() <= 45);
        QCOMPARE(row[u"component"_s][u"custom_id"_s].toString(), u"text"_s);

        const QJsonObject filled =
            eventOf(5, ole,
                    {{u"custom_id"_s, data[u"custom_id"_s]},
                     {u"components"_s,
                      QJsonArray{QJsonObject{{u"type"_s, 18},
                                             {u"component"_s, QJsonObject{{u"type"_s, 4},
                                                                          {u"custom_id"_s, u"text"_s},
                                                                          {u"value"_s, u"fix the login"_s}}}}}}});
        bench.interactions->received(filled);
        QTRY_VERIFY(!bench.of(filled).original.isEmpty());
        QCOMPARE(bench.of(filled).callback, 5);
        QCOMPARE(bench.hub.calls.size(), 1);
        QCOMPARE(bench.hub.calls[0].options,
                 (QJsonObject{{u"agent"_s, u"claude"_s}, {u"description"_s, u"fix the login"_s}}));
        QCOMPARE(bench.wrong(), QString());
    }

    void whoMayNotSeesNoForm()
    {
        Bench bench;
        const QJsonObject event = command(vera, u"assign-task"_s);
        bench.interactions->received(event);
        QTRY_COMPARE(bench.of(event).callback, 5);
        QVERIFY(bench.of(event).isPrivate);
    }

    void aDangerousCommandAsksAndIsDoneByOne()
    {
        Bench bench;
        int done = 0;
        QPromise<Result<Reply>> working;
        bench.hub.onCommand = [&](const CommandCall &call) {
            if (call.caller.role < Role::Operator)
                return readyFuture<Reply>(fail(ErrorCode::Refused, u"You may look here but not steer."_s));
            if (call.confirm.isEmpty())
                return readyFuture<Reply>(Reply{.title = u"Cancel #12?"_s, .confirm = u"cancel 12"_s});
            ++done;
            working.start();
            return working.future();
        };
        const QJsonObject event = command(ole, u"cancel-task"_s, {{u"task_id"_s, u"12"_s}});
        bench.interactions->received(event);
        QTRY_VERIFY(!bench.of(event).original.isEmpty());
        const QString yes = idAt(bench.of(event).original, 0, 0);

        // A viewer, then two at once, then one afterwards.
        const QJsonObject viewer = press(vera, yes, u"1000"_s), first = press(ada, yes, u"1000"_s),
                          second = press(ole, yes, u"1000"_s);
        bench.interactions->received(viewer);
        QTRY_COMPARE(bench.of(viewer).callback, 5);
        QVERIFY(bench.of(viewer).isPrivate);
        bench.interactions->received(first);
        bench.interactions->received(second);
        QTRY_COMPARE(done, 1);
        QTRY_VERIFY(!bench.of(second).original.isEmpty());
        QVERIFY(bench.of(second).isPrivate);
        QVERIFY2(textOf(bench.of(second).original).contains(u"Ada"), qPrintable(textOf(bench.of(second).original)));
        QCOMPARE(bench.of(first).callback, 6);
        working.addResult(Result<Reply>(Reply{.title = u"Cancelled #12"_s}));
        working.finish();
        QTRY_VERIFY(textOf(bench.of(first).original).contains(u"Cancelled"));
        QVERIFY(bench.of(first).original[u"components"_s].toArray().isEmpty());
        const QJsonObject late = press(ole, yes, u"1000"_s);
        bench.interactions->received(late);
        QTRY_VERIFY(textOf(bench.of(late).original).contains(u"out of date"));
        QCOMPARE(done, 1);
        QCOMPARE(bench.hub.calls.last().confirm, u"cancel 12"_s);
        QCOMPARE(bench.wrong(), QString());
    }

    void cancellingKeepsTheMessageAndTakesItsButtons()
    {
        Bench bench;
        bench.hub.onCommand = [&](const CommandCall &) {
            return readyFuture<Reply>(Reply{.title = u"Cancel #12?"_s, .confirm = u"cancel 12"_s});
        };
        const QJsonObject event = command(ole, u"cancel-task"_s, {{u"task_id"_s, u"12"_s}});
        bench.interactions->received(event);
        QTRY_VERIFY(!bench.of(event).original.isEmpty());
        const QJsonObject no = press(ole, idAt(bench.of(event).original, 0, 1), u"1000"_s);
        bench.interactions->received(no);
        QTRY_VERIFY(!bench.of(no).original.isEmpty());
        QCOMPARE(bench.of(no).callback, 6);
        QVERIFY(!bench.of(no).original.contains(u"embeds"_s));
        QVERIFY(bench.of(no).original[u"components"_s].toArray().isEmpty());
        QCOMPARE(bench.hub.calls.size(), 1);
        QCOMPARE(bench.wrong(), QString());
    }

    void whichOneIsChosenFromAMenu()
    {
        Bench bench;
        bench.hub.onCommand = [&](const CommandCall &call) {
            if (call.options.contains(u"task_id"_s))
                return readyFuture<Reply>(Reply{.title = u"Paused #13"_s});
            Error error = fail(ErrorCode::Ambiguous, u"Which task? 2 are open."_s);
            error.candidates = {u"#12 a"_s, u"#13 b"_s};
            return readyFuture<Reply>(error);
        };
        const QJsonObject event = command(ole, u"pause-task"_s, {{u"reason"_s, u"looks wrong"_s}});
        bench.interactions->received(event);
        QTRY_VERIFY(!bench.of(event).original.isEmpty());
        const QJsonObject chosen = press(ole, idAt(bench.of(event).original, 0, 0), u"1000"_s, {u"13"_s});
        bench.interactions->received(chosen);
        QTRY_VERIFY(textOf(bench.of(chosen).original).contains(u"Paused #13") ||
                    textOf(bench.of(chosen).original).contains(u"Paused \\#13"));
        QCOMPARE(bench.hub.calls.last().options,
                 (QJsonObject{{u"reason"_s, u"looks wrong"_s}, {u"task_id"_s, u"13"_s}}));
        QCOMPARE(bench.of(chosen).callback, 6);
        QCOMPARE(bench.wrong(), QString());
    }

    void buttonsWorkAfterARestart()
    {
        Bench bench;
        bench.hub.onCommand = [&](const CommandCall &) {
            return readyFuture<Reply>(Reply{.title = u"x"_s, .next = {u"task-diff 12"_s}, .confirm = {}});
        };
        const QJsonObject event = command(ole, u"task-status"_s);
        bench.interactions->received(event);
        QTRY_VERIFY(!bench.of(event).original.isEmpty());
        const QString diff = idAt(bench.of(event).original, 0, 0);
        bench.hub.onCommand = [&](const CommandCall &call) {
            return readyFuture<Reply>(Reply{.title = u"q"_s, .confirm = QString(90, u'c') + call.command});
        };
        const QJsonObject preview = command(ole, u"cancel-task"_s);
        bench.interactions->received(preview);
        QTRY_VERIFY(!bench.of(preview).original.isEmpty());
        const QString yes = idAt(bench.of(preview).original, 0, 0);
        QCOMPARE(bench.notes.kept.value(u"discord call"_s).size(), 1);

        bench.begin();
        bench.hub.calls.clear();
        const QJsonObject first = press(ole, diff, u"1000"_s), second = press(ole, yes, u"1001"_s);
        bench.interactions->received(first);
        bench.interactions->received(second);
        QTRY_COMPARE(bench.hub.calls.size(), 2);
        QStringList commands;
        for (const CommandCall &call : bench.hub.calls)
            commands << call.command + call.confirm.right(6);
        commands.sort();
        QCOMPARE(commands, (QStringList{u"cancel-taskl-task"_s, u"task-diff"_s}));
        QTRY_VERIFY(!bench.of(first).original.isEmpty());
        QCOMPARE(bench.of(first).callback, 5); // the message stays
        QCOMPARE(bench.wrong(), QString());
    }

    void aForeignButtonIsRefusedKindly()
    {
        Bench bench;
        for (const QString &id : {u"approve:7"_s, u"r"_s + QString(40, u'x')}) {
            const QJsonObject event = press(ada, id, u"1000"_s);
            bench.interactions->received(event);
            QTRY_VERIFY(textOf(bench.of(event).original).contains(u"out of date"));
            QVERIFY(bench.of(event).isPrivate);
        }
        QVERIFY(bench.hub.calls.isEmpty());
        QCOMPARE(bench.wrong(), QString());
    }

    void aRestartIsTold()
    {
        Bench bench;
        bench.hub.onCommand = [](const CommandCall &) { return never(); };
        const QJsonObject change = command(ole, u"checkpoint"_s, {{u"task_id"_s, u"12"_s}});
        const QJsonObject view = command(ole, u"tasks"_s);
        bench.interactions->received(change);
        bench.interactions->received(view);
        QTRY_COMPARE(bench.notes.kept.value(u"discord pending"_s).size(), 2);
        // One that is too old to be edited.
        QJsonObject old = bench.notes.kept[u"discord pending"_s].value(change[u"id"_s].toString());
        old[u"at"_s] = old[u"at"_s].toInteger() - 20 * 60 * 1000;
        bench.notes.kept[u"discord pending"_s].insert(u"99"_s, old);
        bench.begin();
        QTRY_VERIFY(textOf(bench.of(change).original).contains(u"restarted"));
        QTRY_VERIFY(textOf(bench.of(view).original).contains(u"Ask again"));
        QTRY_COMPARE(bench.posted.size(), 1);
        QTRY_VERIFY(bench.notes.kept.value(u"discord pending"_s).isEmpty());
        QCOMPARE(bench.wrong(), QString());
    }

    void whatTakesTooLongIsToldInTheChannel()
    {
        Bench bench({.tokenLife = 300ms});
        QPromise<Result<Reply>> working;
        working.start();
        bench.hub.onCommand = [&](const CommandCall &) { return working.future(); };
        const QJsonObject event = command(ole, u"checkpoint"_s);
        bench.interactions->received(event);
        QTRY_VERIFY(textOf(bench.of(event).original).contains(u"takes longer"));
        bench.tokensOver = true;
        working.addResult(Result<Reply>(Reply{.title = u"Saved"_s}));
        working.finish();
        QTRY_COMPARE(bench.posted.size(), 1);
        QVERIFY(textOf(bench.posted[0]).contains(u"Saved"));
        QVERIFY(bench.posted[0][u"enforce_nonce"_s].toBool());
        QCOMPARE(rules::message(bench.posted[0], {}), QStringList());
    }

    void anAnswerWaitsForDiscordToComeBack()
    {
        Bench bench({.tryAgain = 30ms});
        bench.fake.faults.push_back(FakeRest::Fault::None); // the acknowledgement
        for (int i = 0; i < 3 * mostTries; ++i)
            bench.fake.faults.push_back(i % 2 ? FakeRest::Fault::Error500 : FakeRest::Fault::ResetBefore);
        const QJsonObject event = command(ole, u"checkpoint"_s, {{u"task_id"_s, u"1"_s}});
        bench.interactions->received(event);
        QTRY_VERIFY(!bench.of(event).original.isEmpty());
        QCOMPARE(bench.of(event).followUps.size(), 0);
        QTRY_VERIFY(bench.notes.kept.value(u"discord pending"_s).isEmpty());
        QCOMPARE(bench.wrong(), QString());
    }

    void whatDiscordDoesNotTakeIsAnsweredInShort()
    {
        Bench bench;
        bench.refuseFiles = true;
        bench.hub.onCommand = [&](const CommandCall &) {
            return readyFuture<Reply>(Reply{.title = u"The diff"_s, .attachments = {{u"1.diff"_s, "+x\n"}}});
        };
        const QJsonObject event = command(ole, u"task-diff"_s);
        bench.interactions->received(event);
        QTRY_VERIFY(textOf(bench.of(event).original).contains(u"The diff"));
        QVERIFY(textOf(bench.of(event).original).contains(u"did not take"));
        QCOMPARE(bench.wrong(), QString());
    }

    void optionsAreCompleted()
    {
        Bench bench;
        SuggestCall asked;
        bench.hub.onSuggest = [&](const SuggestCall &call) {
            asked = call;
            QList<Suggestion> found{{u"12"_s, u"#12 fix login · running · 3 min ago"_s},
                                    {QString(200, u'x'), u"long"_s}};
            for (int i = 0; i < 60; ++i)
                found << Suggestion{QString::number(i + 100), QString(300, u'y')};
            return readyFuture(Result<QList<Suggestion>>(found));
        };
        const auto typing = [](const Person &who) {
            return eventOf(
                4, who,
                {{u"name"_s, u"resume-task"_s},
                 {u"options"_s,
                  QJsonArray{
                      QJsonObject{
                          {u"name"_s, u"task_id"_s}, {u"type"_s, 3}, {u"value"_s, u"lo"_s}, {u"focused"_s, true}},
                      QJsonObject{{u"name"_s, u"notes"_s}, {u"type"_s, 3}, {u"value"_s, u"n"_s}}}}});
        };
        const QJsonObject event = typing(vera);
        bench.interactions->received(event);
        QTRY_COMPARE(bench.of(event).callback, 8);
        const QJsonArray choices = bench.of(event).callbackData[u"choices"_s].toArray();
        QCOMPARE(choices.size(), 25);
        QCOMPARE(choices[0],
                 (QJsonObject{{u"name"_s, u"#12 fix login · running · 3 min ago"_s}, {u"value"_s, u"12"_s}}));
        for (const QJsonValue &choice : choices)
            QVERIFY(choice["name"_L1].toString().size() <= 100 && choice["value"_L1].toString().size() <= 100);
        QCOMPARE(asked.option, u"task_id"_s);
        QCOMPARE(asked.typed, u"lo"_s);
        QCOMPARE(asked.call.options, (QJsonObject{{u"notes"_s, u"n"_s}}));
        QCOMPARE(asked.call.caller.role, Role::Viewer);

        const QJsonObject other = typing(stranger);
        bench.interactions->received(other);
        QTRY_COMPARE(bench.of(other).callback, 8);
        QVERIFY(bench.of(other).callbackData[u"choices"_s].toArray().isEmpty());
        QCOMPARE(bench.wrong(), QString());
    }

    void suggestionsThatComeTooLateAreNone()
    {
        Bench bench({.suggestLimit = 50ms});
        auto promise = std::make_shared<QPromise<Result<QList<Suggestion>>>>();
        promise->start();
        bench.hub.onSuggest = [&](const SuggestCall &) { return promise->future(); };
        const QJsonObject event = eventOf(4, ole, {{u"name"_s, u"tasks"_s}, {u"options"_s, QJsonArray{}}});
        bench.interactions->received(event);
        QTRY_COMPARE(bench.of(event).callback, 8);
        promise->addResult(Result<QList<Suggestion>>(QList<Suggestion>{{u"a"_s, u"b"_s}}));
        promise->finish();
        QTest::qWait(50);
        QCOMPARE(bench.fake.received(), 1);
    }

    void helpSaysWhatOneMayDoHere()
    {
        Bench bench;
        const QJsonObject all = command(vera, u"help"_s),
                          one = command(vera, u"help"_s, {{u"command"_s, u"resume-task"_s}});
        bench.interactions->received(all);
        bench.interactions->received(one);
        QTRY_VERIFY(textOf(bench.of(all).original).contains(u"/task-status"));
        QVERIFY(!textOf(bench.of(all).original).contains(u"/pause-task"));
        QTRY_VERIFY(textOf(bench.of(one).original).contains(u"resume-task"));
        QVERIFY(bench.hub.calls.isEmpty());
        QCOMPARE(bench.wrong(), QString());
    }

    // Prints figures; a loaded machine is no failure.
    void manyAtOnceAreAllAnsweredOnce_data()
    {
        QTest::addColumn<int>("pauseUs"); // between two
        QTest::newRow("at once") << 0;
        QTest::newRow("100 in a second") << 10'000;
    }
    void manyAtOnceAreAllAnsweredOnce()
    {
        QFETCH(int, pauseUs);
        Bench bench;
        constexpr int count = 200; // burst measures a thousand; the fake sleeps between the looks of a test
        QList<QJsonObject> events;
        for (int i = 0; i < count; ++i)
            events << command(ole, i % 4 == 0 ? u"checkpoint"_s : u"task-status"_s,
                              {{u"task_id"_s, QString::number(i + 1)}});
        std::vector<qint64> given, handed, answered;
        QHash<QString, qint64> began;
        QElapsedTimer clock;
        clock.start();
        bench.fake.delays = [&](const FakeRest::Call &call) {
            const QString token = call.path.split(u'/').value(3);
            (call.path.startsWith(u"/interactions") ? handed : answered).push_back(clock.nsecsElapsed() - began[token]);
            return 0;
        };
        for (int i = 0; i < count; ++i) {
            while (pauseUs > 0 && clock.nsecsElapsed() / 1000 < qint64(i) * pauseUs)
                QTest::qWait(1);
            began[events[i][u"token"_s].toString()] = clock.nsecsElapsed();
            bench.interactions->received(events[i]);
            // When it had come in, and all at once: at the beginning.
            given.push_back(clock.nsecsElapsed() - (pauseUs > 0 ? began[events[i][u"token"_s].toString()] : 0));
        }
        QTRY_COMPARE_WITH_TIMEOUT(int(answered.size()), count, 60'000);
        QCOMPARE(bench.hub.calls.size(), count);
        QCOMPARE(int(handed.size()), count);
        QCOMPARE(bench.wrong(), QString());
        const auto percentile = [](std::vector<qint64> times, double part) {
            std::sort(times.begin(), times.end());
            return double(times[size_t(double(times.size() - 1) * part)]) / 1e6;
        };
        qInfo().noquote() << u"acknowledgement given to the network: p50 %1 ms, p99 %2 ms"_s
                                 .arg(percentile(given, 0.5), 0, 'f', 2)
                                 .arg(percentile(given, 0.99), 0, 'f', 2);
        qInfo().noquote() << u"acknowledgement at the server: p50 %1 ms, p99 %2 ms; answer: p50 %3 ms, p99 %4 ms"_s
                                 .arg(percentile(handed, 0.5), 0, 'f', 2)
                                 .arg(percentile(handed, 0.99), 0, 'f', 2)
                                 .arg(percentile(answered, 0.5), 0, 'f', 2)
                                 .arg(percentile(answered, 0.99), 0, 'f', 2);
    }
};

QTEST_GUILESS_MAIN(TestInteractions)
#include "tst_interactions.moc"
