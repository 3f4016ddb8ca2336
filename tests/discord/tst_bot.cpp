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
