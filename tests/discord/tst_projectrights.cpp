// Rights that one project narrows: who may steer and look elsewhere may not there.
#include "tests/discord/botrun.h"

using namespace hub::discord;
using namespace Qt::StringLiterals;

class TestProjectRights : public QObject
{
    Q_OBJECT

    std::unique_ptr<BotRun> m_run;
    FakeDiscord *m_discord = nullptr;
    QString m_steers, m_looks; // an operator and a viewer with a role that the project names
    QString m_task;            // of the project

    QString answerTo(const QString &interaction)
    {
        if (interaction.isEmpty())
            return u"(no such button)"_s;
        if (!QTest::qWaitFor([&] { return m_discord->interaction(interaction).isAnswered(); }, 20000))
            return u"(nothing)"_s;
        return m_discord->answer(interaction).remove(u'\\');
    }
    QString say(const QString &user, const QString &command, const QJsonObject &options = {})
    {
        return answerTo(m_discord->command(user, m_run->channel, command, options));
    }
    QString state() { return m_run->json({u"task-status"_s, m_task})[u"state"_s].toString(); }
    void set(const QString &key, const QString &numbers)
    {
        m_run->ctl({u"projects"_s, u"set"_s, u"project"_s, key, numbers});
    }

private Q_SLOTS:
    void init()
    {
        m_run = std::make_unique<BotRun>();
        m_discord = &m_run->discord;
        m_steers = m_discord->addUser(u"Sue"_s, {u"102"_s, u"202"_s});
        m_looks = m_discord->addUser(u"Lou"_s, {u"101"_s, u"203"_s});
        m_run->start();
        m_run->ctl({u"projects"_s, u"add"_s, m_run->path(u"project"_s)});
        m_run->addAgent(u"worker"_s, "while :; do sleep 0.2; done\n");
        say(m_run->oper, u"assign-task"_s, {{u"description"_s, u"count"_s}, {u"agent"_s, u"worker"_s}});
        m_task = u"1"_s;
        BOT_WAIT(state() == u"running");
    }
    void cleanup()
    {
        QCOMPARE(m_discord->violations(), QString());
        m_run.reset();
    }

    void whoIsNotNamedMayLookButNotSteer()
    {
        set(u"operators"_s, u"202, 77"_s);
        const QJsonObject task{{u"task_id"_s, m_task}};
        const QString refused = m_discord->command(m_run->oper, m_run->channel, u"pause-task"_s, task);
        QVERIFY2(answerTo(refused).contains(u"You may look at project project but not steer it"_s),
                 qPrintable(m_discord->answer(refused)));
        QVERIFY(m_discord->answer(refused).contains(u"needs operator"_s));
        // "Thinking …" had stood there for everybody; the refusal is for who asked.
        QVERIFY(!m_discord->has(m_discord->interaction(refused).message));
        for (const QString &message : m_discord->interaction(refused).followUps)
            QCOMPARE(m_discord->message(message).body[u"flags"_s].toInt(), 64);
        QCOMPARE(state(), u"running"_s);
        QVERIFY(say(m_run->oper, u"task-status"_s, task).contains(u"running"_s));

        QVERIFY(say(m_steers, u"pause-task"_s, task).contains(u"is paused"_s));
        QCOMPARE(state(), u"paused"_s);
        // Refused again, and what is paused stays frozen.
        QVERIFY(say(m_run->oper, u"pause-task"_s, task).contains(u"not steer it"_s));
        QVERIFY(say(m_run->oper, u"resume-task"_s, task).contains(u"not steer it"_s));
        QCOMPARE(state(), u"paused"_s);
        QVERIFY(say(m_run->admin, u"resume-task"_s, task).contains(u"#1"_s));
        QVERIFY(m_run->ctl({u"audit"_s, u"list"_s, u"--who"_s, u"Otto"_s}).contains(u"refused"_s));
        set(u"operators"_s, {});
        QVERIFY(say(m_run->oper, u"pause-task"_s, task).contains(u"is paused"_s));
    }

    void buttonsAndWordsInTheThreadAreRefusedToo()
    {
        BOT_WAIT(!m_discord->threads().isEmpty());
        const QString thread = m_discord->threads().first().id;
        QString status;
        const auto pausable = [&] {
            for (const auto &message : m_discord->messagesIn(thread)) {
                if (m_discord->labels(message.id).contains(u"Pause"_s))
                    status = message.id;
            }
            return !status.isEmpty();
        };
        BOT_WAIT(pausable());
        set(u"operators"_s, m_steers);
        QVERIFY(answerTo(m_discord->press(m_run->oper, status, u"Pause"_s)).contains(u"not steer it"_s));
        QCOMPARE(state(), u"running"_s);
        const QString said = m_discord->write(m_run->oper, thread, m_discord->mention() + u" stop that"_s);
        BOT_WAIT(m_discord->message(said).reactions == QStringList{u"🚫"_s});
        QVERIFY(!m_run->ctl({u"queue"_s, u"list"_s}).contains(u"stop that"_s));
        const QString heard = m_discord->write(m_steers, thread, m_discord->mention() + u" go on"_s);
        BOT_WAIT(m_discord->message(heard).reactions == QStringList{u"✅"_s});
    }

    void aProjectThatIsNotOpenIsNotSeen()
    {
        set(u"viewers"_s, u"203"_s);
        for (const QString &user : {m_run->viewer, m_run->oper}) {
            QVERIFY(!say(user, u"tasks"_s).contains(u"count"_s));
            QVERIFY(!say(user, u"projects list"_s).contains(u"**project**"_s));
            const QString look = say(user, u"task-log"_s, {{u"task_id"_s, m_task}});
            QVERIFY2(look.contains(u"Project project is not open to you"_s), qPrintable(look));
            for (const auto &[command, option] : {std::pair{u"task-status"_s, u"task_id"_s},
                                                  {u"rollback show"_s, u"task_id"_s},
                                                  {u"projects show"_s, u"project"_s},
                                                  {u"task-diff"_s, u"from"_s}}) {
                const QString typing = m_discord->complete(user, m_run->channel, command, option, {});
                answerTo(typing);
                QVERIFY(m_discord->interaction(typing).suggestions.isEmpty());
            }
        }
        QVERIFY(say(m_looks, u"tasks"_s).contains(u"count"_s));
        QVERIFY(say(m_run->admin, u"tasks"_s).contains(u"count"_s));
        QVERIFY(m_run->ctl({u"audit"_s, u"list"_s, u"--who"_s, u"Vera"_s}).contains(u"refused"_s));
        // Who may steer there may look as well.
        set(u"operators"_s, u"202"_s);
        QVERIFY(say(m_steers, u"task-status"_s).contains(u"running"_s));
        QVERIFY(say(m_looks, u"pause-task"_s, {{u"task_id"_s, m_task}}).contains(u"needs operator"_s));
    }

    void onlyNumbersAreTakenAndOnlyAtTheMachine()
    {
        QVERIFY(m_run->ctl({u"projects"_s, u"set"_s, u"project"_s, u"operators"_s, u"developers"_s}, true)
                    .contains(u"expected numbers"_s));
        QVERIFY(say(m_run->admin, u"projects set"_s).contains(u"machine only"_s));
        QVERIFY(m_run->ctl({u"projects"_s, u"show"_s, u"project"_s}).contains(u"operators"_s));
    }
};

QTEST_GUILESS_MAIN(TestProjectRights)
#include "tst_projectrights.moc"
