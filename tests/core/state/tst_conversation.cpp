#include "core/state/conversation.h"
#include "core/state/taskstore.h"
#include "core/state/workstore.h"
#include "tests/support/statefixture.h"

using namespace hub;
using namespace hub::test;
using namespace Qt::StringLiterals;

class TestConversation : public QObject
{
    Q_OBJECT

    std::unique_ptr<StateFixture> m_state;
    std::unique_ptr<state::Conversation> m_conversation;
    std::unique_ptr<state::TaskStore> m_tasks;
    TaskId m_task = TaskId::of(1);

    qint64 say(const QString &text)
    {
        const auto seq = m_state->commit(
            [&] { return m_conversation->append(m_task, {.role = u"agent"_s, .kind = u"output"_s, .body = text}); });
        return seq ? *seq : -1;
    }
    QString visible()
    {
        const auto messages = m_conversation->list(m_task);
        QStringList texts;
        for (const auto &message : *messages)
            texts << message.body;
        return texts.join(u' ');
    }
    void returnTo(qint64 seq, const QString &note)
    {
        const qint64 at = say(note);
        QVERIFY(m_state->commit([&] { return m_conversation->returnTo(m_task, seq, at, OperationId::of(at)); }));
    }

private Q_SLOTS:
    void init()
    {
        m_state = std::make_unique<StateFixture>();
        m_conversation = std::make_unique<state::Conversation>(*m_state->database, *m_state->bodies, m_state->clock);
        m_tasks = std::make_unique<state::TaskStore>(*m_state->database, m_state->clock);
        state::ProjectStore projects(*m_state->database, m_state->clock);
        const auto task = m_state->commit([&]() -> Result<Task> {
            HUB_CHECK(projects.add(*ProjectName::parse(u"p"), u"/p"_s, u"ana"_s, {}));
            return m_tasks->create(
                {.project = *ProjectName::parse(u"p"), .agent = *AgentName::parse(u"a"), .title = u"t"_s});
        });
        QVERIFY(task);
        m_task = task->id;
    }

    void positionsCountFromOneWithoutGaps()
    {
        QCOMPARE(say(u"a"_s), 1);
        QCOMPARE(say(u"b"_s), 2);
        QCOMPARE(visible(), u"a b"_s);
    }

    void aRollbackHidesWhatCameAfterAndItsUndoShowsItAgain()
    {
        for (const auto &text : {u"1"_s, u"2"_s, u"3"_s, u"4"_s})
            say(text);
        const qint64 before = 4;
        returnTo(2, u"back-to-2"_s);
        QCOMPARE(visible(), u"1 2 back-to-2"_s);
        say(u"5"_s);
        QCOMPARE(visible(), u"1 2 back-to-2 5"_s);
        const qint64 beforeUndo = 6;
        returnTo(before, u"undone"_s);
        QCOMPARE(visible(), u"1 2 3 4 undone"_s);
        returnTo(beforeUndo, u"redone"_s); // the undo undone
        QCOMPARE(visible(), u"1 2 back-to-2 5 redone"_s);
        returnTo(before, u"again"_s);
        QCOMPARE(visible(), u"1 2 3 4 again"_s);
    }

    void aLargeBodyIsKeptWholeInAFile()
    {
        const QString large = u"0123456789"_s.repeated(20000);
        QCOMPARE(say(large), 1);
        GET(const auto messages, m_conversation->list(m_task));
        QCOMPARE(messages.first().body.size(), 1000);
        GET(const QString whole, m_conversation->wholeBody(messages.first()));
        QCOMPARE(whole, large);
    }

    void aDamagedLargeBodyIsNoticed()
    {
        say(u"x"_s.repeated(100000));
        GET(const auto messages, m_conversation->list(m_task));
        const QString name = messages.first().bodyFile;
        QFile file(m_state->folder.filePath(u"bodies/"_s + name.first(2) + u'/' + name));
        QVERIFY(file.open(QIODevice::ReadWrite));
        file.write("y");
        file.close();
        const auto whole = m_conversation->wholeBody(messages.first());
        QVERIFY(!whole);
        QCOMPARE(whole.error().code, ErrorCode::Corrupt);
    }

    void secretsAreMaskedBeforeTheyAreStored()
    {
        say(u"export API_KEY=abcdef123456 and ghp_0123456789abcdefghijklmnop"_s);
        QCOMPARE(visible(), u"export API_KEY=[redacted] and [redacted]"_s);
    }
};

QTEST_GUILESS_MAIN(TestConversation)
#include "tst_conversation.moc"
