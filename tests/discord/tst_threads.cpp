#include "headless/discord/listener.h"
#include "headless/discord/threads.h"
#include "tests/discord/fakechannels.h"
#include "tests/support/fakehub.h"

#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

using namespace hub;
using namespace hub::discord;
using namespace Qt::StringLiterals;

namespace
{

const QString token = u"TOKEN"_s, bot = u"9"_s;

// The hub's side of tasks and approvals, with the rest and the notes that outlive a bot.
struct World {
    FakeRest rest{token};
    FakeChannels discord{rest};
    FakeNotes notes;
    FakeHub hub;
    QMap<int, QJsonObject> tasks;
    QMap<QString, QJsonObject> approvals;
    qint64 clock = 1'769'868'000'000;

    World()
    {
        hub.onCommand = [this](const commands::CommandCall &call) { return readyFuture(answer(call)); };
    }
    Result<commands::Reply> answer(const commands::CommandCall &call)
    {
        commands::Reply reply;
        const QString filter = call.options[u"filter"_s].toString();
        if (call.command == u"tasks") {
            QJsonArray rows;
            for (const QJsonObject &task : tasks)
                rows.append(task);
            reply.data = {{u"tasks"_s, rows}};
        } else if (call.command == u"task-status") {
            reply.data = tasks.value(call.options[u"task_id"_s].toString().toInt());
        } else if (call.command == u"approvals") {
            QJsonArray rows;
            for (const QJsonObject &approval : approvals) {
                if ((filter == u"open") == (approval[u"state"_s].toString() == u"open"))
                    rows.append(approval);
            }
            reply.data = {{u"approvals"_s, rows}};
        } else if (call.command == u"task-diff") {
            reply.data = {
                {u"changes"_s, QJsonArray{QJsonObject{
                                   {u"path"_s, u"a.cpp"_s}, {u"change"_s, u"changed"_s}, {u"lines"_s, u"+1 −0"_s}}}}};
        } else if (call.command == u"say") {
            if (call.caller.role < commands::Role::Operator)
                return fail(ErrorCode::Refused, u"You may look here but not steer."_s);
            if (call.options[u"message"_s].toString().contains(u"too late"_s))
                return fail(ErrorCode::Conflict, u"Task #12 is completed."_s);
        }
        return reply;
    }
    void set(int id, const QString &state, const QString &project = u"web"_s, const QString &step = {})
    {
        QJsonObject &task = tasks[id];
        task[u"task_id"_s] = id;
        task[u"title"_s] = u"task number %1"_s.arg(id);
        task[u"project"_s] = project;
        task[u"agent"_s] = u"claude"_s;
        task[u"owner"_s] = u"Ana (120456789012345678)"_s;
        task[u"state"_s] = state;
        task[u"step"_s] = step;
        task[u"updated_at"_s] = toIso(fromMillis(clock += 1000));
        Q_EMIT hub.eventHappened({u"task"_s, task});
    }
    void ask(const QString &id, int task, const QString &state)
    {
        approvals[id] = {{u"approval_id"_s, id},
                         {u"task_id"_s, task},
                         {u"question"_s, u"May I push?"_s},
                         {u"state"_s, state},
                         {u"answered_by"_s, state == u"open" ? QString() : u"Ben"_s},
                         {u"detail"_s, QJsonObject{{u"command"_s, u"git push"_s}}}};
        Q_EMIT hub.eventHappened({u"approval"_s, approvals[id]});
    }
    QString thread(int task) const { return discord.threadNamed(u"#%1 "_s.arg(task)); }
    int countIn(int task, const QString &text) const
    {
        int count = 0;
        for (const auto &message : discord.in(thread(task)))
            count += message.text().contains(text);
        return count;
    }
    FakeChannels::Message *status(int task)
    {
        for (auto &message : discord.messages) {
            if (message.channel == thread(task) && message.text().contains(u"State: "))
                return &message;
        }
        return nullptr;
    }
    bool statusHas(int task, const QString &text)
    {
        const auto *message = status(task);
        return message && message->text().contains(text);
    }
};

// One life of the bot.
struct Life {
    explicit Life(World &world, const QString &home = u"100"_s, const Settings &settings = {})
        : client({.base = world.rest.base(), .token = token, .attemptLimit = 2s, .backoff = {1ms, 2ms}})
        , places(world.notes, home)
        , threads(world.hub, world.notes,
                  {client,
                   places,
                   plainMessage,
                   {.editGap = 50ms, .freshen = 60s, .backoff = {5ms, 10ms}, .closedPause = 200ms}})
        , access(settings)
        , listener(world.hub, client, places, access, settings.flag(setting::discordAllMessages))
    {
        listener.setUser(bot);
        auto future = places.load();
        while (!future.isFinished())
            QCoreApplication::processEvents();
        threads.begin();
    }
    RestClient client;
    Places places;
    Threads threads;
    Access access;
    Listener listener;
};

QJsonObject messageOf(const QString &id, const QString &channel, const QString &text, const QString &user,
                      const QStringList &roles, const QJsonArray &files = {})
{
    return {{u"id"_s, id},
            {u"channel_id"_s, channel},
            {u"guild_id"_s, u"1"_s},
            {u"type"_s, 0},
            {u"content"_s, text},
            {u"author"_s, QJsonObject{{u"id"_s, user}, {u"username"_s, u"user"_s + user}}},
            {u"member"_s, QJsonObject{{u"roles"_s, QJsonArray::fromStringList(roles)}}},
            {u"mentions"_s, text.contains(u"<@9>") ? QJsonArray{QJsonObject{{u"id"_s, bot}}} : QJsonArray()},
            {u"attachments"_s, files}};
}

Settings settingsWith(const QList<std::pair<QString, QString>> &values)
{
    QProcessEnvironment environment;
    environment.insert(u"DISCORD_GUILD_ID"_s, u"1"_s);
    for (const auto &[name, value] : values)
        environment.insert(name, value);
    return *Settings::load({}, environment);
}

} // namespace

class TestThreads : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aTaskGetsOneThreadWithOneStatusMessageThatFollowsIt()
    {
        World world;
        Life life(world);
        world.set(12, u"queued"_s);
        QTRY_VERIFY(world.statusHas(12, u"State: queued"_s));
        for (int i = 0; i < 30; ++i)
            world.set(12, u"running"_s, u"web"_s, u"step %1"_s.arg(i));
        QTRY_VERIFY(world.statusHas(12, u"Step: step 29"_s));
        QVERIFY2(world.status(12)->edits <= 3, qPrintable(QString::number(world.status(12)->edits)));
        QCOMPARE(world.discord.in(u"100"_s).size(), 1);
        QCOMPARE(world.discord.in(world.thread(12)).size(), 1);
        QCOMPARE(world.discord.members, QStringList{world.thread(12) + u" 120456789012345678"_s});
        QCOMPARE(world.discord.wrong, QStringList());
        QCOMPARE(world.rest.violations(), QString());
    }

    void milestonesComeWithWhatChangedAndOnlyThoseThatMatterMention()
    {
        World world;
        Life life(world);
        world.set(12, u"running"_s);
        world.set(12, u"needs_review"_s);
        QTRY_COMPARE(world.countIn(12, u"needs your review"_s), 1);
        QCOMPARE(world.countIn(12, u"a.cpp"_s), 1);
        world.set(12, u"running"_s);
        world.set(12, u"needs_review"_s); // the next turn
        QTRY_COMPARE(world.countIn(12, u"needs your review"_s), 2);
        world.set(12, u"completed"_s);
        QTRY_COMPARE(world.countIn(12, u"is completed"_s), 1);
        QTRY_VERIFY(world.statusHas(12, u"State: completed"_s));
        int mentions = 0;
        for (const auto &message : world.discord.in(world.thread(12)))
            mentions += message.mentions() == QJsonArray{u"120456789012345678"_s};
        QCOMPARE(mentions, 2);
        Q_EMIT world.hub.eventHappened(
            {u"rollback"_s,
             {{u"task_id"_s, 12}, {u"operation"_s, u"op-3"_s}, {u"target"_s, u"12/1"_s}, {u"exact"_s, true}}});
        QTRY_COMPARE(world.countIn(12, u"rolled back to 12/1"_s), 1);
    }

    void aQuestionIsAskedOnceAndItsMessageSaysTheAnswer()
    {
        World world;
        Life life(world);
        world.set(12, u"running"_s);
        world.ask(u"a7"_s, 12, u"open"_s);
        QTRY_COMPARE(world.countIn(12, u"git push"_s), 1);
        world.ask(u"a7"_s, 12, u"allowed"_s);
        QTRY_COMPARE(world.countIn(12, u"allowed by Ben"_s), 1);
        QCOMPARE(world.countIn(12, u"git push"_s), 1);
        QTRY_VERIFY(world.notes.kept[u"discord approval"_s].isEmpty());
        world.ask(u"a8"_s, 12, u"allowed"_s); // by a rule: nobody was asked
        world.set(12, u"needs_review"_s);
        QTRY_COMPARE(world.countIn(12, u"needs your review"_s), 1);
        QCOMPARE(world.countIn(12, u"git push"_s), 1);
    }

    void anotherLifeGoesOnWithTheSameThreadAndTellsWhatItMissed()
    {
        World world;
        {
            Life life(world);
            world.set(12, u"running"_s);
            world.ask(u"a7"_s, 12, u"open"_s);
            QTRY_COMPARE(world.countIn(12, u"git push"_s), 1);
            QTRY_VERIFY(!world.notes.kept[u"discord approval"_s].isEmpty());
        }
        world.set(12, u"completed"_s);
        world.ask(u"a7"_s, 12, u"denied"_s);
        world.set(11, u"failed"_s); // it had ended before it was ever heard of
        Life life(world);
        QTRY_COMPARE(world.countIn(12, u"is completed"_s), 1);
        QTRY_COMPARE(world.countIn(12, u"denied by Ben"_s), 1);
        QTRY_VERIFY(world.statusHas(12, u"State: completed"_s));
        QCOMPARE(world.countIn(12, u"git push"_s), 1);
        QCOMPARE(world.discord.channels.size(), 2);
        Life third(world);
        world.set(13, u"queued"_s);
        QTRY_VERIFY(world.statusHas(13, u"State: queued"_s));
        QCOMPARE(world.countIn(12, u"is completed"_s), 1);
        QCOMPARE(world.thread(11), QString());
        QCOMPARE(world.discord.wrong, QStringList());
    }

    void aTurnThatEndedWhileNoBotRanIsTold()
    {
        World world;
        {
            Life life(world);
            world.set(12, u"needs_review"_s);
            QTRY_COMPARE(world.countIn(12, u"needs your review"_s), 1);
            world.set(12, u"running"_s, u"web"_s, u"the next turn"_s);
            QTRY_VERIFY(world.statusHas(12, u"the next turn"_s));
        }
        world.set(12, u"needs_review"_s);
        Life life(world);
        QTRY_COMPARE(world.countIn(12, u"needs your review"_s), 2);
    }

    void aCrashAfterAnyCallLeavesOneThreadAndOneStatusMessage()
    {
        for (int calls = 1; calls <= 5; ++calls) {
            World world;
            world.set(12, u"running"_s);
            int seen = 0;
            {
                Life life(world);
                world.discord.onCall = [&](const FakeRest::Call &) { ++seen; };
                QElapsedTimer patience;
                patience.start();
                while (seen < calls && patience.elapsed() < 1000)
                    QCoreApplication::processEvents();
            }
            Life life(world);
            world.set(12, u"running"_s, u"web"_s, u"after all"_s);
            QTRY_VERIFY(world.statusHas(12, u"after all"_s));
            QCOMPARE(world.discord.in(world.thread(12)).size(), 1);
            QCOMPARE(world.discord.in(u"100"_s).size(), 1);
        }
    }

    void aThreadThatWasDeletedIsMadeAnewWithItsOpenQuestions()
    {
        World world;
        Life life(world);
        world.set(12, u"running"_s);
        world.ask(u"a7"_s, 12, u"open"_s);
        QTRY_COMPARE(world.countIn(12, u"git push"_s), 1);
        const QString before = world.thread(12);
        world.discord.removeChannel(before);
        world.set(12, u"running"_s, u"web"_s, u"later"_s);
        QTRY_VERIFY(world.statusHas(12, u"later"_s));
        QVERIFY(world.thread(12) != before);
        QTRY_COMPARE(world.countIn(12, u"git push"_s), 1);
    }

    void anArchivedThreadIsReopenedForAnEdit()
    {
        World world;
        Life life(world);
        world.set(12, u"running"_s);
        QTRY_VERIFY(world.status(12));
        world.discord.archived.insert(world.thread(12));
        world.set(12, u"running"_s, u"web"_s, u"later"_s);
        QTRY_VERIFY(world.statusHas(12, u"later"_s));
        QVERIFY(world.discord.archived.isEmpty());
    }

    void withoutAChannelTheThreadIsMadeAsSoonAsThereIsOne()
    {
        World world;
        world.discord.channels[u"200"_s] = u"of the project"_s;
        Life life(world, {});
        world.set(12, u"running"_s);
        world.set(13, u"running"_s, u"app"_s);
        QTest::qWait(30);
        QCOMPARE(world.rest.received(), 0);
        life.places.channelLinked(u"app"_s, u"200"_s);
        QTRY_VERIFY(world.statusHas(13, u"State: running"_s));
        QCOMPARE(world.discord.in(u"200"_s).size(), 1);
        QVERIFY(world.thread(12).isEmpty());
        life.places.cameFrom(u"100"_s);
        QTRY_VERIFY(world.statusHas(12, u"State: running"_s));
    }

    void whileDiscordIsDownTheLastStateWaits()
    {
        World world;
        Life life(world);
        world.set(12, u"running"_s);
        QTRY_VERIFY(world.status(12));
        world.discord.down = true;
        for (int i = 0; i < 5; ++i)
            world.set(12, u"running"_s, u"web"_s, u"step %1"_s.arg(i));
        world.set(12, u"needs_review"_s);
        QTest::qWait(100);
        QCOMPARE(world.countIn(12, u"needs your review"_s), 0);
        world.discord.down = false;
        life.threads.wake();
        QTRY_COMPARE(world.countIn(12, u"needs your review"_s), 1);
        QTRY_VERIFY(world.statusHas(12, u"State: needs review"_s));
    }

    void aMessageIsSaidByWhoMayAndAnsweredByASign_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("role");
        QTest::addColumn<bool>("everything");
        QTest::addColumn<QString>("said");
        QTest::addColumn<QString>("sign");
        QTest::newRow("a mention") << u"<@9> add a test"_s << u"20"_s << false << u"add a test"_s << u"✅"_s;
        QTest::newRow("not meant") << u"how nice"_s << u"20"_s << false << QString() << QString();
        QTest::newRow("all is read") << u"how nice"_s << u"20"_s << true << u"how nice"_s << u"✅"_s;
        QTest::newRow("a viewer") << u"<@9> stop"_s << u"10"_s << false << u"stop"_s << u"🚫"_s;
        QTest::newRow("nobody") << u"<@9> stop"_s << u"77"_s << false << u"stop"_s << u"🚫"_s;
        QTest::newRow("an administrator") << u"<@9> go on"_s << u"50"_s << false << u"go on"_s << u"✅"_s;
        QTest::newRow("too late") << u"<@9> too late"_s << u"20"_s << false << u"too late"_s << u"⚠️"_s;
        QTest::newRow("nothing in it") << u"<@9>"_s << u"20"_s << false << QString() << u"⚠️"_s;
    }
    void aMessageIsSaidByWhoMayAndAnsweredByASign()
    {
        QFETCH(QString, text);
        QFETCH(QString, role);
        QFETCH(bool, everything);
        QFETCH(QString, said);
        QFETCH(QString, sign);
        World world;
        Life life(world, u"100"_s,
                  settingsWith({{u"DISCORD_VIEWER_ROLES"_s, u"10"_s}, {u"DISCORD_OPERATOR_ROLES"_s, u"20"_s}}));
        Listener listener(world.hub, life.client, life.places, life.access, everything);
        listener.setUser(bot);
        listener.onEvent(u"GUILD_CREATE"_s,
                         {{u"id"_s, u"1"_s},
                          {u"owner_id"_s, u"3"_s},
                          {u"roles"_s, QJsonArray{QJsonObject{{u"id"_s, u"50"_s}, {u"permissions"_s, u"8"_s}},
                                                  QJsonObject{{u"id"_s, u"77"_s}, {u"permissions"_s, u"2048"_s}}}}});
        world.set(12, u"running"_s);
        QTRY_VERIFY(world.status(12));
        world.hub.calls.clear();
        const QJsonObject message = messageOf(u"5000"_s, world.thread(12), text, u"120456789012345678"_s, {role});
        listener.onEvent(u"MESSAGE_CREATE"_s, message);
        listener.onEvent(u"MESSAGE_CREATE"_s, message); // it may come more than once
        if (sign.isEmpty())
            QTest::qWait(30);
        else
            QTRY_COMPARE(world.discord.reactions, QStringList{u"5000 "_s + sign});
        listener.onEvent(u"MESSAGE_CREATE"_s, message);
        QTest::qWait(10);
        QStringList told;
        for (const auto &call : world.hub.calls) {
            if (call.command != u"say")
                continue;
            told << call.options[u"message"_s].toString();
            QCOMPARE(call.caller.name, u"user120456789012345678 (120456789012345678)"_s);
            QCOMPARE(call.caller.origin, u"discord"_s);
        }
        QCOMPARE(told, said.isEmpty() ? QStringList() : QStringList{said});
    }

    void aSlowFileHoldsUpItsOwnThreadOnly()
    {
        World world;
        Life life(world, u"100"_s, settingsWith({{u"DISCORD_OPERATOR_ROLES"_s, u"20"_s}}));
        world.set(12, u"running"_s);
        world.set(13, u"running"_s);
        QTRY_VERIFY(world.status(12) && world.status(13));
        QTcpServer files;
        files.listen(QHostAddress::LocalHost);
        QTcpSocket *waiting = nullptr;
        connect(&files, &QTcpServer::newConnection, &files, [&] { waiting = files.nextPendingConnection(); });
        const QJsonArray slow{QJsonObject{{u"filename"_s, u"a.png"_s},
                                          {u"size"_s, 4},
                                          {u"url"_s, u"http://127.0.0.1:%1/a.png"_s.arg(files.serverPort())}}};
        const auto hear = [&](const QString &id, int task, const QString &text, const QJsonArray &attached = {}) {
            life.listener.onEvent(u"MESSAGE_CREATE"_s,
                                  messageOf(id, world.thread(task), u"<@9> "_s + text, u"4"_s, {u"20"_s}, attached));
        };
        world.hub.calls.clear();
        hear(u"5000"_s, 12, u"first"_s, slow);
        hear(u"5001"_s, 12, u"second"_s);
        hear(u"5002"_s, 13, u"elsewhere"_s);
        QTRY_COMPARE(world.discord.reactions, QStringList{u"5002 ✅"_s});
        QTRY_VERIFY(waiting);
        QTest::qWait(20);
        QCOMPARE(world.discord.reactions.size(), 1);
        waiting->write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\npic!");
        QTRY_COMPARE(world.discord.reactions, QStringList({u"5002 ✅"_s, u"5000 ✅"_s, u"5001 ✅"_s}));
        QStringList said;
        for (const auto &call : world.hub.calls) {
            if (call.command == u"say")
                said << call.options[u"message"_s].toString();
        }
        QCOMPARE(said, QStringList({u"elsewhere"_s, u"first"_s, u"second"_s}));
    }

    void whatIsKeptOfATaskGoesAMonthAfterItsEnd_data()
    {
        QTest::addColumn<QString>("state");
        QTest::addColumn<int>("endedDaysAgo");
        QTest::addColumn<bool>("erased");
        QTest::addColumn<bool>("kept");
        QTest::newRow("open") << u"needs_review"_s << -1 << false << true;
        QTest::newRow("ended lately") << u"completed"_s << 29 << false << true;
        QTest::newRow("ended long ago") << u"completed"_s << 31 << false << false;
        QTest::newRow("erased") << u"completed"_s << 1 << true << false;
    }
    void whatIsKeptOfATaskGoesAMonthAfterItsEnd()
    {
        QFETCH(QString, state);
        QFETCH(int, endedDaysAgo);
        QFETCH(bool, erased);
        QFETCH(bool, kept);
        World world;
        {
            Life life(world);
            world.set(12, u"running"_s);
            QTRY_VERIFY(world.status(12));
            world.set(12, state);
            QTRY_COMPARE(world.notes.kept[u"discord thread"_s][u"12"_s][u"told"_s].toString(), state);
            QCOMPARE(life.threads.ownerOf(TaskId::of(12)), u"120456789012345678"_s);
        }
        if (endedDaysAgo >= 0)
            world.tasks[12][u"ended_at"_s] = toIso(SystemClock().now() - std::chrono::hours(24 * endedDaysAgo));
        if (erased)
            world.tasks.remove(12);
        Life later(world);
        const QSignalSpy looked(&later.threads, &Threads::lookedAtTasks);
        QTRY_COMPARE(looked.size(), 1);
        QCOMPARE(world.notes.kept[u"discord thread"_s].contains(u"12"_s), kept);
        QCOMPARE(later.places.threadOf(TaskId::of(12)).has_value(), kept);
        QCOMPARE(later.threads.ownerOf(TaskId::of(12)).isEmpty(), !kept);
    }

    void filesOfAMessageReachTheAgent()
    {
        World world;
        Life life(world, u"100"_s, settingsWith({{u"DISCORD_OPERATOR_ROLES"_s, u"20"_s}}));
        world.set(12, u"running"_s);
        QTRY_VERIFY(world.status(12));
        // Where the files lie nobody asks for a token.
        QTcpServer files;
        files.listen(QHostAddress::LocalHost);
        QByteArray asked;
        connect(&files, &QTcpServer::newConnection, &files, [&] {
            QTcpSocket *socket = files.nextPendingConnection();
            connect(socket, &QTcpSocket::readyRead, socket, [&asked, socket] {
                asked += socket->readAll();
                if (asked.endsWith("\r\n\r\n"))
                    socket->write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\npic!");
            });
        });
        const QString address = u"http://127.0.0.1:%1/a.png"_s.arg(files.serverPort());
        const auto attached = [&](qint64 size, const QString &url) {
            return QJsonArray{QJsonObject{{u"filename"_s, u"a.png"_s}, {u"size"_s, size}, {u"url"_s, url}}};
        };
        const QString thread = world.thread(12);
        world.hub.calls.clear();
        life.listener.onEvent(u"MESSAGE_CREATE"_s,
                              messageOf(u"5000"_s, thread, u"<@9>"_s, u"4"_s, {u"20"_s}, attached(4, address)));
        life.listener.onEvent(u"MESSAGE_CREATE"_s, messageOf(u"5001"_s, thread, u"<@9> big"_s, u"4"_s, {u"20"_s},
                                                             attached(1 << 30, address)));
        life.listener.onEvent(u"MESSAGE_CREATE"_s, messageOf(u"5002"_s, thread, u"<@9> last"_s, u"4"_s, {u"20"_s},
                                                             attached(4, u"http://example.com/a.png"_s)));
        QTRY_COMPARE(world.discord.reactions, QStringList({u"5000 ✅"_s, u"5001 ⚠️"_s, u"5002 ⚠️"_s}));
        QVERIFY(!asked.toLower().contains("authorization"));
        QList<commands::CommandCall> said;
        for (const auto &call : world.hub.calls) {
            if (call.command == u"say")
                said << call;
        }
        QCOMPARE(said.size(), 1);
        QCOMPARE(said[0].files, (QList<commands::Attachment>{{u"a.png"_s, "pic!"}}));
        QCOMPARE(said[0].options[u"files"_s].toString(), u"a.png"_s);
    }
};

QTEST_GUILESS_MAIN(TestThreads)
#include "tst_threads.moc"
