// What people do with a phone in hand, on the installed daemon: from a task to its end, and out of trouble.
#include "core/db/database.h"
#include "tests/discord/botrun.h"

using namespace hub::discord;
using namespace Qt::StringLiterals;

namespace
{

// Works until it is told to stop; what it did is in files.
const QByteArray worker = "i=0\necho begun\nwhile :; do i=$((i+1)); echo $i > count; sleep 0.05; done\n";
const QByteArray oneTurn = "echo thinking; echo fixed > file.txt; echo new > new.txt; echo done\n";

} // namespace

class TestBotScenes : public QObject
{
    Q_OBJECT

    std::unique_ptr<BotRun> m_run;
    FakeDiscord *m_discord = nullptr;

    // The answer to it, once it is there.
    QString answerTo(const QString &interaction)
    {
        if (interaction.isEmpty())
            return u"(no such button)"_s;
        if (!QTest::qWaitFor([&] { return m_discord->interaction(interaction).isAnswered(); }, 20000))
            return u"(nothing)"_s;
        return m_discord->answer(interaction);
    }
    QString say(const QString &user, const QString &command, const QJsonObject &options = {}, QString channel = {})
    {
        return answerTo(m_discord->command(user, channel.isEmpty() ? m_run->channel : channel, command, options));
    }
    QString messageOf(const QString &interaction) { return m_discord->interaction(interaction).message; }
    QString threadOf(const QString &part)
    {
        for (const auto &thread : m_discord->threads()) {
            if (thread.name.contains(part))
                return thread.id;
        }
        return {};
    }
    QString textIn(const QString &channel)
    {
        QStringList all;
        for (const auto &message : m_discord->messagesIn(channel))
            all << message.text();
        return all.join(u"\n---\n"_s);
    }
    // The newest message there with such a button.
    QString withButton(const QString &channel, const QString &label)
    {
        QString found;
        for (const auto &message : m_discord->messagesIn(channel)) {
            if (m_discord->labels(message.id).contains(label))
                found = message.id;
        }
        return found;
    }
    // While the daemon is not there: what the notes say was last heard in the thread.
    void setHeard(const QString &message)
    {
        auto database = hub::db::Database::open(m_run->path(u"data/task_state.db"_s));
        if (!database || !(*database)->execute(u"UPDATE front_note SET value = json_set(value, '$.heard', ?) "
                                               "WHERE kind = 'discord thread'"_s,
                                               {message}))
            qFatal("the note could not be set back");
    }
    QString state(const QString &task) { return m_run->json({u"task-status"_s, task})[u"state"_s].toString(); }

private Q_SLOTS:
    void init()
    {
        m_run = std::make_unique<BotRun>();
        m_discord = &m_run->discord;
        m_run->start();
        m_run->ctl({u"projects"_s, u"add"_s, m_run->path(u"project"_s)});
        m_run->addAgent(u"worker"_s, worker);
        m_run->addAgent(u"fixer"_s, oneTurn);
    }
    void cleanup()
    {
        QCOMPARE(m_discord->violations(), QString());
        m_run.reset();
    }

    void aTaskFromItsWordsToItsEnd()
    {
        const QString assigned =
            say(m_run->oper, u"assign-task"_s, {{u"description"_s, u"fix file.txt"_s}, {u"agent"_s, u"fixer"_s}});
        QVERIFY2(assigned.contains(u"#1"_s), qPrintable(assigned));
        BOT_WAIT(!threadOf(u"fix file.txt"_s).isEmpty());
        const QString thread = threadOf(u"fix file.txt"_s);
        BOT_WAIT(textIn(thread).contains(u"needs your review"_s));
        BOT_WAIT(m_discord->threads().first().members.contains(m_run->oper));

        // In the thread a command means that task.
        const QString diff = say(m_run->viewer, u"task-diff"_s, {}, thread);
        QVERIFY2(diff.contains(u"new.txt"_s), qPrintable(diff));

        // A viewer may look but not finish; the refusal is for that person only.
        const QString review = withButton(thread, u"Finish"_s);
        QVERIFY(!review.isEmpty());
        const QString refused = m_discord->press(m_run->viewer, review, u"Finish"_s);
        QVERIFY(answerTo(refused).contains(u"needs operator"_s));

        // Merging moves main, which needs an admin; the right is looked at again when the preview is agreed to.
        const QString byOperator = answerTo(m_discord->press(m_run->oper, review, u"Finish"_s));
        QVERIFY2(byOperator.contains(u"needs admin"_s), qPrintable(byOperator));
        const QString asked = m_discord->press(m_run->admin, review, u"Finish"_s);
        QVERIFY2(answerTo(asked).contains(u"Merge #1 into main?"_s), qPrintable(m_discord->answer(asked)));
        const QStringList labels = m_discord->labels(messageOf(asked));
        QVERIFY2(labels.contains(u"Cancel"_s), qPrintable(labels.join(u'|')));
        QVERIFY(answerTo(m_discord->press(m_run->oper, messageOf(asked), labels.first())).contains(u"admin"_s));
        const QString done = answerTo(m_discord->press(m_run->admin, messageOf(asked), labels.first()));
        QVERIFY2(done.contains(u"#1 is finished"_s), qPrintable(done));
        QCOMPARE(m_run->run(u"git"_s, {u"-C"_s, m_run->path(u"project"_s), u"show"_s, u"main:new.txt"_s}), u"new\n"_s);
        BOT_WAIT(textIn(thread).contains(u"#1 is completed"_s));
        QVERIFY(m_run->ctl({u"audit"_s, u"list"_s}).contains(u"Ada ("_s));
    }

    void aBotThatRestartsInMidTaskRollsBackAndResumes()
    {
        say(m_run->oper, u"assign-task"_s, {{u"description"_s, u"count"_s}, {u"agent"_s, u"worker"_s}});
        BOT_WAIT(state(u"1"_s) == u"running");
        QVERIFY(say(m_run->oper, u"checkpoint"_s, {{u"notes"_s, u"good here"_s}}).contains(u"1/"_s));
        m_run->kill();
        m_run->start();
        const QString shown = m_discord->command(m_run->oper, m_run->channel, u"rollback show"_s);
        QVERIFY2(answerTo(shown).contains(u"good here"_s), qPrintable(m_discord->answer(shown)));
        QCOMPARE(state(u"1"_s), u"running"_s); // the agent went on meanwhile
        say(m_run->oper, u"pause-task"_s, {{u"task_id"_s, u"1"_s}});
        QCOMPARE(state(u"1"_s), u"paused"_s);
        const QString resumed = say(m_run->oper, u"resume-task"_s, {{u"task_id"_s, u"1"_s}});
        QVERIFY2(resumed.contains(u"#1"_s), qPrintable(resumed));
        BOT_WAIT(state(u"1"_s) == u"running");
        QCOMPARE(m_discord->threads().size(), 1);
    }

    void unwantedChangesGoBackToTheBackupBranch()
    {
        say(m_run->oper, u"assign-task"_s, {{u"description"_s, u"spoil it"_s}, {u"agent"_s, u"fixer"_s}});
        BOT_WAIT(state(u"1"_s) == u"needs_review");
        QVERIFY(say(m_run->oper, u"safe-mode enable"_s, {{u"reason"_s, u"what is that"_s}}).contains(u"Safe mode"_s));
        BOT_WAIT(!m_discord->gateway.presences().isEmpty() &&
                 m_discord->gateway.presences().last()[u"status"_s].toString() == u"dnd");
        const QString preview = m_discord->command(m_run->oper, m_run->channel, u"rollback git_backup"_s);
        QVERIFY2(answerTo(preview).contains(u"restored"_s), qPrintable(m_discord->answer(preview)));
        const QString message = messageOf(preview);
        const QString yes = m_discord->labels(message).first();
        // Two people at once: one wins, the other is told.
        const QString first = m_discord->press(m_run->oper, message, yes);
        const QString second = m_discord->press(m_run->admin, message, yes);
        const QString both = answerTo(first) + u"\n===\n"_s + answerTo(second);
        QCOMPARE(both.count(u"was faster"_s) + both.count(u"out of date"_s), 1);
        QCOMPARE(both.count(u"Receipt"_s) + both.count(u"is back"_s) > 0, true);
        QCOMPARE(
            m_run->json({u"audit"_s, u"list"_s, u"--action"_s, u"rollback git_backup"_s})[u"audit"_s].toArray().size(),
            1);
        const QString ended = say(m_run->oper, u"safe-mode disable"_s);
        QVERIFY2(ended.contains(u"Safe mode"_s), qPrintable(ended));
    }

    void anOverloadFreezesAllAndIsEndedByAPerson()
    {
        say(m_run->oper, u"assign-task"_s, {{u"description"_s, u"count"_s}, {u"agent"_s, u"worker"_s}});
        BOT_WAIT(state(u"1"_s) == u"running");
        for (const auto &[key, value] : {std::pair{u"samples"_s, u"2"_s},
                                         {u"least_seconds"_s, u"0"_s},
                                         {u"interval_seconds"_s, u"1"_s},
                                         {u"alert_interval_seconds"_s, u"1"_s},
                                         {u"ladder_up_seconds"_s, u"1"_s},
                                         {u"memory_critical"_s, u"1"_s}})
            m_run->ctl({u"config"_s, u"set"_s, u"monitor/"_s + key, value});
        const auto safe = [&] { return m_run->json({u"safe-mode"_s, u"status"_s})[u"safe_mode"_s].toBool(); };
        BOT_WAIT(safe());
        // It may take the alert's channel some seconds to get it, but nobody has to ask.
        QTRY_VERIFY_WITH_TIMEOUT(textIn(m_run->channel).contains(u"Memory"_s), 30000);
        const QString health = say(m_run->viewer, u"system-health"_s);
        QVERIFY2(health.contains(u"Safe mode is on"_s) && health.contains(u"Memory is at"_s), qPrintable(health));
        m_run->ctl({u"config"_s, u"set"_s, u"monitor/memory_critical"_s, u"0"_s});
        const auto calm = [&] { return m_run->json({u"system-health"_s})[u"concerns"_s].toArray().isEmpty(); };
        BOT_WAIT(calm());
        const QString ended = say(m_run->oper, u"safe-mode disable"_s, {{u"notes"_s, u"it is cool again"_s}});
        QVERIFY2(ended.contains(u"Safe mode"_s), qPrintable(ended));
        BOT_WAIT(!safe() && state(u"1"_s) == u"running");
    }

    void twoAgentsOnOneFileAreToldAndOneIsPaused()
    {
        const QByteArray claims =
            "\"$AGENTHUB_CTL\" tool request-file-access --paths file.txt; echo asked; sleep 600\n";
        m_run->addAgent(u"anna"_s, claims);
        m_run->addAgent(u"bert"_s, claims);
        say(m_run->oper, u"assign-task"_s, {{u"description"_s, u"first"_s}, {u"agent"_s, u"anna"_s}});
        BOT_WAIT(m_run->ctl({u"task-log"_s, u"1"_s}).contains(u"asked"_s));
        say(m_run->oper, u"assign-task"_s, {{u"description"_s, u"second"_s}, {u"agent"_s, u"bert"_s}});
        BOT_WAIT(textIn(m_run->channel).contains(u"Task #2 waits for files of another"_s));
        const QString paused = say(m_run->oper, u"pause-agent"_s, {{u"name"_s, u"bert"_s}});
        QVERIFY2(paused.contains(u"bert"_s), qPrintable(paused));
        QCOMPARE(state(u"2"_s), u"paused"_s);
        QCOMPARE(state(u"1"_s), u"running"_s);
    }

    void aLongQuestionIsShownWholeAndAnswered()
    {
        const QByteArray script =
            "long=$(head -c 5000 /dev/zero | tr '\\0' x)\n"
            "\"$AGENTHUB_CTL\" tool request-approval --action \"run it\" --command \"echo $long; rm "
            "-rf build\"\nsleep 600\n";
        m_run->addAgent(u"asker"_s, script);
        say(m_run->oper, u"assign-task"_s, {{u"description"_s, u"ask me"_s}, {u"agent"_s, u"asker"_s}});
        BOT_WAIT(!threadOf(u"ask me"_s).isEmpty());
        const QString thread = threadOf(u"ask me"_s);
        BOT_WAIT(!withButton(thread, u"Allow a1"_s).isEmpty());
        const auto &question = m_discord->message(withButton(thread, u"Allow a1"_s));
        QVERIFY(question.text().contains(u"<@"_s + m_run->oper));
        QCOMPARE(question.files.size(), 1);
        QVERIFY(QByteArray(question.files.first().bytes).replace('\n', ' ').simplified().contains("rm -rf build"));
        const QString allowed = answerTo(m_discord->press(m_run->oper, question.id, u"Allow a1"_s));
        QVERIFY2(allowed.contains(u"a1"_s), qPrintable(allowed));
        BOT_WAIT(state(u"1"_s) == u"running");
    }

    void inAThreadACommandMeansItsTaskAndTheTrailStaysPrivate()
    {
        say(m_run->oper, u"assign-task"_s, {{u"description"_s, u"one"_s}, {u"agent"_s, u"fixer"_s}});
        say(m_run->oper, u"assign-task"_s, {{u"description"_s, u"two"_s}, {u"agent"_s, u"fixer"_s}});
        BOT_WAIT(!threadOf(u"two"_s).isEmpty());
        BOT_WAIT(state(u"1"_s) == u"needs_review" && state(u"2"_s) == u"needs_review");
        const QString shown = m_discord->command(m_run->oper, threadOf(u"two"_s), u"rollback show"_s);
        QVERIFY2(answerTo(shown).contains(u"2/1"_s) && !m_discord->answer(shown).contains(u"1/1"_s),
                 qPrintable(m_discord->answer(shown)));
        QVERIFY(!m_discord->interaction(shown).hidden);
        const QString trail = m_discord->command(m_run->admin, threadOf(u"two"_s), u"audit list"_s);
        answerTo(trail);
        QVERIFY(m_discord->interaction(trail).hidden);
    }

    void strangersAreRefusedPrivatelyAndWrittenDown()
    {
        const QString asked = m_discord->command(m_run->nobody, m_run->channel, u"tasks"_s);
        QVERIFY2(answerTo(asked).contains(u"no right here"_s), qPrintable(m_discord->answer(asked)));
        QVERIFY(m_discord->interaction(asked).hidden);
        const QString look = m_discord->command(m_run->viewer, m_run->channel, u"emergency-stop"_s);
        QVERIFY(answerTo(look).contains(u"needs operator"_s));
        QVERIFY(m_discord->interaction(look).hidden);
        const QString trail = m_run->ctl({u"audit"_s, u"list"_s});
        QVERIFY2(trail.contains(u"Nils"_s) && trail.contains(u"Vera"_s), qPrintable(trail));
    }

    void whatIsWrittenInAThreadReachesTheAgent()
    {
        m_run->addAgent(u"echoer"_s, "cat; echo; echo answered\n");
        say(m_run->oper, u"assign-task"_s, {{u"description"_s, u"listen"_s}, {u"agent"_s, u"echoer"_s}});
        BOT_WAIT(!threadOf(u"listen"_s).isEmpty());
        const QString thread = threadOf(u"listen"_s);
        BOT_WAIT(state(u"1"_s) == u"needs_review");
        const QString silent = m_discord->write(m_run->oper, thread, u"just talking"_s);
        const QString refused = m_discord->write(m_run->viewer, thread, m_discord->mention() + u" do it"_s);
        const QString heard = m_discord->write(m_run->oper, thread, m_discord->mention() + u" also the tests"_s,
                                               {{u"plan.txt"_s, "a plan"}});
        m_discord->repeatEvent(); // Discord may send it twice
        BOT_WAIT(!m_discord->message(heard).reactions.isEmpty());
        BOT_WAIT(!m_discord->message(refused).reactions.isEmpty());
        QVERIFY(m_discord->message(silent).reactions.isEmpty());
        QVERIFY(m_discord->message(heard).reactions != m_discord->message(refused).reactions);
        BOT_WAIT(m_run->ctl({u"task-log"_s, u"1"_s}).contains(u"plan.txt"_s));
        const QString log = m_run->ctl({u"task-log"_s, u"1"_s});
        QCOMPARE(log.count(u"also the tests"_s) >= 1, true);
        QVERIFY(!log.contains(u"do it"_s));
    }

    void whatWasWrittenWhileTheHubWasAwayIsToldOnce()
    {
        m_run->addAgent(u"echoer"_s, "cat; echo; echo answered\n");
        say(m_run->oper, u"assign-task"_s, {{u"description"_s, u"listen"_s}, {u"agent"_s, u"echoer"_s}});
        BOT_WAIT(!threadOf(u"listen"_s).isEmpty());
        const QString thread = threadOf(u"listen"_s);
        BOT_WAIT(state(u"1"_s) == u"needs_review");
        const auto mention = [&](const QString &user, const QString &text) {
            return m_discord->write(user, thread, m_discord->mention() + u' ' + text);
        };
        const QString before = mention(m_run->oper, u"said before"_s);
        BOT_WAIT(!m_discord->message(before).reactions.isEmpty());
        m_run->kill();
        const QString first = mention(m_run->oper, u"said first meanwhile"_s);
        m_discord->write(m_run->oper, thread, u"just talking"_s);
        const QString refused = mention(m_run->viewer, u"said by a viewer"_s);
        const QString second = mention(m_run->oper, u"said second meanwhile"_s);
        m_run->start();
        BOT_WAIT(m_discord->message(second).reactions == QStringList{u"✅"_s});
        QCOMPARE(m_discord->message(first).reactions, QStringList{u"✅"_s});
        QCOMPARE(m_discord->message(refused).reactions, QStringList{u"🚫"_s});
        // As if it had died when the last one was told, and not yet noted anywhere else.
        m_run->kill();
        setHeard(first);
        m_discord->dropReactions(second);
        m_run->start();
        BOT_WAIT(m_discord->message(second).reactions == QStringList{u"✅"_s});
        m_run->kill();
        m_run->start();
        const QString after = mention(m_run->oper, u"said after"_s);
        BOT_WAIT(m_discord->message(after).reactions == QStringList{u"✅"_s});
        QStringList heard;
        for (const QJsonValue &one :
             m_run->json({u"task-log"_s, u"1"_s, u"--limit"_s, u"500"_s})[u"messages"_s].toArray()) {
            if (one[u"kind"_s].toString() == u"say")
                heard << one[u"text"_s].toString();
        }
        for (const QJsonValue &one : m_run->json({u"queue"_s, u"list"_s})[u"messages"_s].toArray())
            heard << one[u"text"_s].toString();
        QCOMPARE(heard, QStringList({u"said before"_s, u"said first meanwhile"_s, u"said second meanwhile"_s,
                                     u"said after"_s}));
    }

    void alertsAndButtonsOutliveTheDaemon()
    {
        say(m_run->oper, u"assign-task"_s, {{u"description"_s, u"fix it"_s}, {u"agent"_s, u"fixer"_s}});
        BOT_WAIT(!threadOf(u"fix it"_s).isEmpty());
        const QString thread = threadOf(u"fix it"_s);
        BOT_WAIT(!withButton(thread, u"Diff"_s).isEmpty());
        const QString old = withButton(thread, u"Diff"_s);
        for (int i = 1; i <= 20; ++i)
            m_run->ctl({u"test-alert"_s, u"--title"_s, u"alert number %1."_s.arg(i), u"--level"_s, u"error"_s});
        for (int i = 0; i < 50; ++i)
            m_discord->command(m_run->viewer, m_run->channel, u"tasks"_s);
        QTest::qWait(1);
        m_run->kill();
        m_run->start();
        QCOMPARE(m_discord->registrations(), 1);
        const auto posted = [&](int i) { return textIn(m_run->channel).count(u"alert number %1."_s.arg(i)); };
        for (int i = 1; i <= 20; ++i)
            BOT_WAIT(posted(i) == 1);
        const QString diff = answerTo(m_discord->press(m_run->viewer, old, u"Diff"_s));
        QVERIFY2(diff.contains(u"new.txt"_s), qPrintable(diff));
    }
};

QTEST_GUILESS_MAIN(TestBotScenes)
#include "tst_botscenes.moc"
