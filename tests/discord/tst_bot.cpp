#include "tests/discord/botrun.h"

using namespace hub::discord;
using namespace Qt::StringLiterals;

class TestBot : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void itRegistersItsCommandsOnceAndNotAgainAfterARestart()
    {
        BotRun run;
        run.start();
        QCOMPARE(run.discord.registrations(), 1);
        run.kill();
        run.start();
        const auto looks = [&] {
            const auto &done = run.discord.rest.done();
            return std::count_if(done.begin(), done.end(), [](const FakeRest::Call &call) {
                return call.method == "GET" && call.path.contains(u"/commands"_s);
            });
        };
        BOT_WAIT(looks() == 2);
        run.ctl({u"tasks"_s});
        QCOMPARE(run.discord.registrations(), 1);
        QVERIFY(run.ctl({u"system-health"_s}).contains(u"connected as AgentHub"_s));
        QCOMPARE(run.discord.violations(), QString());
    }

    void withoutATokenTheHubRunsAndSaysSoOnce()
    {
        BotRun run;
        run.startWithoutToken();
        QVERIFY(run.ctl({u"system-health"_s}).contains(u"Discord"_s));
        QCOMPARE(run.log().count("no Discord"), 1);
    }

    void checkSaysWhatToClick_data()
    {
        QTest::addColumn<QByteArray>("settings");
        QTest::addColumn<int>("fault");
        QTest::addColumn<QStringList>("said");
        const QByteArray home = "home_channel = @CHANNEL\n";
        QTest::newRow("all is well") << home << 0
                                     << QStringList{u"Discord is set up"_s, u"#agents"_s, u"in Workshop"_s};
        QTest::newRow("not in the server")
            << home << 1
            << QStringList{u"not set up yet"_s, u"the bot is not in it"_s, u"Invite it: https://discord.com/"_s};
        QTest::newRow("missing permissions")
            << home << 2 << QStringList{u"missing Send Messages, Create Public Threads"_s, u"Edit Channel"_s};
        QTest::newRow("an unknown role") << home + "admin_users = 7\n"
                                         << 3 << QStringList{u"there is no role 103"_s, u"Copy Role ID"_s};
        QTest::newRow("messages without the intent") << home + "read_messages = true\n"
                                                     << 4 << QStringList{u"Message Content Intent"_s};
        QTest::newRow("no such channel") << QByteArray("home_channel = 12345\n") << 0 << QStringList{u"is not seen"_s};
        QTest::newRow("Discord is down") << home << 5 << QStringList{u"could not be reached"_s};
    }
    void checkSaysWhatToClick()
    {
        QFETCH(QByteArray, settings);
        QFETCH(int, fault);
        QFETCH(QStringList, said);
        BotRun run(settings);
        FakeDiscord &discord = run.discord;
        discord.isInServer = fault != 1;
        if (fault == 2)
            discord.setPermissions(run.channel,
                                   {QJsonObject{{u"id"_s, discord.guild},
                                                {u"allow"_s, u"0"_s},
                                                {u"deny"_s, QString::number((1ULL << 11) | (1ULL << 35))}}});
        if (fault == 3)
            discord.dropUser(run.admin);
        run.start();
        if (fault == 5)
            discord.rest.close();
        const QString text = run.ctl({u"discord"_s, u"check"_s}, true);
        for (const QString &part : said)
            QVERIFY2(text.contains(part), qPrintable(text));
        QVERIFY(!text.contains(FakeDiscord::token()));
        QVERIFY(run.ctl({u"discord"_s, u"invite"_s}).contains(u"client_id="_s + discord.application));
        QCOMPARE(discord.violations(), QString());
    }

    void theTokenIsInNoLogAndNoEnvironment()
    {
        BotRun run;
        run.start();
        run.addAgent(u"peeker"_s, "env\n");
        run.ctl({u"projects"_s, u"add"_s, run.path(u"project"_s)});
        const QJsonObject task =
            run.json({u"assign-task"_s, u"look"_s, u"--agent"_s, u"peeker"_s, u"--project"_s, u"project"_s});
        const QString id = QString::number(task[u"task_id"_s].toInteger());
        run.ctl({u"wait"_s, id, u"--for"_s, u"settled"_s});
        const QString said = run.ctl({u"task-log"_s, id});
        QVERIFY(said.contains(u"AGENTHUB_TASK"_s));
        QVERIFY(!said.contains(FakeDiscord::token()) && !said.contains(u"DISCORD_BOT_TOKEN"_s));
        QVERIFY(!run.log().contains(FakeDiscord::token().toUtf8()));
    }
};

QTEST_GUILESS_MAIN(TestBot)
#include "tst_bot.moc"
