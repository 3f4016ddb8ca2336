#include "headless/discord/alertmessage.h"
#include "headless/discord/healthsign.h"
#include "headless/discord/listener.h"
#include "headless/discord/plainbody.h"
#include "headless/discord/taskmessage.h"

#include <QJsonArray>
#include <QTest>

using namespace hub;
using namespace hub::discord;
using namespace Qt::StringLiterals;

namespace
{

QJsonObject dataOf(const QString &state)
{
    return {{u"task_id"_s, 12},
            {u"title"_s, u"fix *the* login"_s},
            {u"description"_s, u"fix *the* login"_s},
            {u"project"_s, u"web"_s},
            {u"agent"_s, u"claude"_s},
            {u"owner"_s, u"Ana (120456789012345678)"_s},
            {u"state"_s, state},
            {u"reason"_s, u"because"_s},
            {u"step"_s, u"writing tests"_s},
            {u"progress"_s, 41.6},
            {u"branch"_s, u"agent/claude/12"_s},
            {u"checkpoints"_s, 3},
            {u"started_at"_s, u"2026-01-31T14:00:00.000Z"_s},
            {u"ended_at"_s, QString()}};
}

TaskFacts factsOf(const QString &state) { return *TaskFacts::of(dataOf(state)); }

QString valueOf(const commands::Reply &reply, const QString &field)
{
    for (const commands::Field &one : reply.fields) {
        if (one.name == field)
            return one.value;
    }
    return {};
}

const Instant atTen = fromMillis(1'769'868'600'000); // 2026-01-31 14:10 UTC

} // namespace

class TestTaskMessage : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theStatusHasAllThatOneLooksFor()
    {
        const auto reply = statusReply(factsOf(u"running"_s), u"edited src/a.cpp\nand more"_s, atTen);
        QCOMPARE(reply.title, u"#12 fix *the* login"_s);
        QVERIFY(reply.text.startsWith(u"▰▰▰▰▰▱▱▱▱▱▱▱ 42 %"));
        QCOMPARE(valueOf(reply, u"Step"_s), u"writing tests"_s);
        QCOMPARE(valueOf(reply, u"Last action"_s), u"edited src/a.cpp"_s);
        QCOMPARE(valueOf(reply, u"Time"_s), u"10 min"_s);
        QCOMPARE(valueOf(reply, u"Branch"_s), u"agent/claude/12"_s);
        QVERIFY(reply.next.contains(u"pause-task 12"_s));
    }

    void milestonesAreToldAndOnlySomeCallTheOwner_data()
    {
        QTest::addColumn<QString>("state");
        QTest::addColumn<bool>("milestone");
        QTest::addColumn<bool>("calls");
        QTest::addColumn<QString>("next");
        QTest::newRow("running") << u"running"_s << false << false << u"pause-task 12"_s;
        QTest::newRow("asked") << u"awaiting_approval"_s << false << false << u"approvals --task-id 12"_s;
        QTest::newRow("review") << u"needs_review"_s << true << true << u"finish-task 12"_s;
        QTest::newRow("interrupted") << u"interrupted"_s << true << false << u"resume-task 12"_s;
        QTest::newRow("completed") << u"completed"_s << true << false << u"finish-task 12"_s;
        QTest::newRow("failed") << u"failed"_s << true << false << u"resume-task 12"_s;
        QTest::newRow("cancelled") << u"cancelled"_s << true << false << u"task-diff 12"_s;
    }
    void milestonesAreToldAndOnlySomeCallTheOwner()
    {
        QFETCH(QString, state);
        QFETCH(QString, next);
        const TaskFacts task = factsOf(state);
        QTEST(isMilestone(task.state), "milestone");
        QTEST(callsOwner(task.state), "calls");
        const auto reply = milestoneReply(task, {{u"a.cpp"_s, u"changed"_s, u"+3 −1"_s}});
        QVERIFY2(reply.next.contains(next), qPrintable(reply.next.join(u' ')));
        QCOMPARE(valueOf(reply, u"1 file changed"_s), u"+3 −1 a.cpp (changed)"_s);
    }

    void anApprovalHasTheWholeQuestion()
    {
        QJsonObject approval{{u"approval_id"_s, u"a7"_s},
                             {u"question"_s, u"May I delete the build?"_s},
                             {u"state"_s, u"open"_s},
                             {u"kind"_s, u"delete"_s},
                             {u"detail"_s, QJsonObject{{u"command"_s, u"rm -rf build"_s},
                                                       {u"folder"_s, u"/src"_s},
                                                       {u"paths"_s, QJsonArray{u"a"_s, u"b"_s}},
                                                       {u"reason"_s, u"it is stale"_s}}}};
        auto reply = approvalReply(approval, factsOf(u"awaiting_approval"_s));
        QCOMPARE(reply.text, u"May I delete the build?"_s);
        QCOMPARE(valueOf(reply, u"Command"_s), u"rm -rf build"_s);
        QCOMPARE(valueOf(reply, u"Folder"_s), u"/src"_s);
        QCOMPARE(valueOf(reply, u"Files"_s), u"a\nb"_s);
        QCOMPARE(valueOf(reply, u"Why"_s), u"it is stale"_s);
        QCOMPARE(reply.next, QStringList({u"approve a7"_s, u"approve a7 --scope task"_s, u"deny a7"_s}));
        approval[u"state"_s] = u"denied"_s;
        approval[u"answered_by"_s] = u"Ben"_s;
        reply = approvalReply(approval, factsOf(u"running"_s));
        QCOMPARE(valueOf(reply, u"Answer"_s), u"denied by Ben"_s);
        QVERIFY(!reply.next.contains(u"approve a7"_s));
    }

    void nothingIsLongerThanDiscordTakesAndNothingIsMarkup()
    {
        commands::Reply reply{.title = QString(300, u'*'), .text = QString(5000, u'`')};
        for (int i = 0; i < 40; ++i)
            reply.fields.append({u"n%1"_s.arg(i), QString::fromUcs4(U"\U0001D11E").repeated(1100) + u"@everyone"_s});
        reply.fields[3].value = QString::fromUcs4(U"\U0001F600").repeated(1500);
        const QJsonObject body = plainBody(reply), embed = body[u"embeds"_s][0].toObject();
        qsizetype all =
            embed[u"title"_s].toString().toUcs4().size() + embed[u"description"_s].toString().toUcs4().size();
        QVERIFY(embed[u"title"_s].toString().toUcs4().size() <= 256);
        QVERIFY(!embed[u"title"_s].toString().endsWith(u'\\'));
        for (const QJsonValue &field : embed[u"fields"_s].toArray()) {
            QVERIFY(field[u"value"_s].toString().toUcs4().size() <= 1024);
            all += field[u"value"_s].toString().toUcs4().size() + field[u"name"_s].toString().toUcs4().size();
        }
        QVERIFY2(all <= 6000, qPrintable(QString::number(all)));
        QCOMPARE(plainBody({.title = u"a *b* <@1> @everyone"_s})[u"embeds"_s][0][u"title"_s].toString(),
                 uR"(a \*b\* \<\@1\> \@everyone)"_s);
        QCOMPARE(body[u"allowed_mentions"_s], QJsonValue(QJsonObject{{u"parse"_s, QJsonArray{}}}));
        const QJsonObject to = addressed(body, {u"5"_s});
        QCOMPARE(to[u"content"_s].toString(), u"<@5>"_s);
        QCOMPARE(to[u"allowed_mentions"_s][u"users"_s].toArray(), QJsonArray{u"5"_s});
        QVERIFY(threadName({.id = TaskId::of(1), .title = QString(300, u'x')}).toUcs4().size() <= 100);
    }

    void theAgentHearsTheTextWithoutTheMention()
    {
        const QJsonObject message{
            {u"content"_s, u"<@9> ask <@!5> about it <@9>"_s},
            {u"mentions"_s, QJsonArray{QJsonObject{{u"id"_s, u"9"_s}, {u"username"_s, u"hub"_s}},
                                       QJsonObject{{u"id"_s, u"5"_s}, {u"username"_s, u"ben"_s}}}}};
        QCOMPARE(saidIn(message, u"9"_s), u"ask @ben about it"_s);
    }

    void thePresenceSaysHowTheHubIs()
    {
        QCOMPARE(presenceFor(true, 3).status, Presence::Status::DoNotDisturb);
        QCOMPARE(presenceFor(false, 1), (Presence{Presence::Status::Idle, u"1 task needs you: /tasks"_s}));
        QCOMPARE(presenceFor(false, 0).status, Presence::Status::Online);
    }

    void aFloodBecomesOneMessageWithTheFirstFewAndAllThatIsCritical()
    {
        QList<monitor::Delivery> raised;
        for (int i = 1; i <= 100; ++i)
            raised.append({i,
                           u"raised"_s,
                           {{u"id"_s, i},
                            {u"level"_s, i == 77 ? u"critical"_s : u"warning"_s},
                            {u"title"_s, u"alert number %1"_s.arg(i)},
                            {u"at"_s, qint64(1'750'000'000'000 + i)}}});
        const auto reply = digestReply(raised, fromMillis(1'750'000'100'000));
        QVERIFY(reply.title.startsWith(u"100 alerts"));
        QVERIFY(reply.text.contains(u"al-1 "));
        QVERIFY(reply.text.indexOf(u"al-2 ") < reply.text.indexOf(u"al-12 "));
        QVERIFY(reply.text.contains(u"al-77 "));
        QVERIFY2(reply.text.endsWith(u"and 87 more (87 WARNING)"), qPrintable(reply.text));
        QCOMPARE(reachOf(reachingTo(plainBody(reply), 5, 104)), std::optional<qint64>(104));
        QCOMPARE(reachOf(plainBody(reply)), std::nullopt);
        QCOMPARE(reachOf({}), std::nullopt);
    }
};

QTEST_GUILESS_MAIN(TestTaskMessage)
#include "tst_taskmessage.moc"
