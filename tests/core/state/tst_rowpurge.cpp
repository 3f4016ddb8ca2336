// Erasing a text from the rows of a project: from every column that may hold one, and from nothing else.
#include "core/state/rowpurge.h"

#include "core/state/runstore.h"
#include "tests/support/statefixture.h"

using namespace hub;
using namespace hub::test;
using namespace Qt::StringLiterals;

namespace
{

const QByteArray secretBytes = "hunter2-\"secret\"";

// Columns in which no text of anybody stands: names, places, words of ours, hashes. A new column has to be named here
// or be looked through.
const QStringList passedOver{u"meta.key"_s,
                             u"project.name"_s,
                             u"project.path"_s,
                             u"project.state"_s,
                             u"project.added_by"_s,
                             u"project.blocked"_s,
                             u"project.doing"_s,
                             u"project.removed_from"_s,
                             u"task.project"_s,
                             u"task.agent"_s,
                             u"task.type"_s,
                             u"task.autonomy"_s,
                             u"task.mode"_s,
                             u"task.owner"_s,
                             u"task.state"_s,
                             u"task.tree"_s,
                             u"task.branch"_s,
                             u"task.base_commit"_s,
                             u"task.backup_branch"_s,
                             u"turn.state"_s,
                             u"message.role"_s,
                             u"message.kind"_s,
                             u"message.body_file"_s,
                             u"checkpoint.type"_s,
                             u"checkpoint.task_state"_s,
                             u"checkpoint.commit_id"_s,
                             u"checkpoint.tree_id"_s,
                             u"checkpoint.head"_s,
                             u"run.agent"_s,
                             u"run.adapter"_s,
                             u"run.folder"_s,
                             u"run.state"_s,
                             u"run.boot"_s,
                             u"run.freeze_method"_s,
                             u"run.cgroup"_s,
                             u"open_request.kind"_s,
                             u"tool_request.channel"_s,
                             u"tool_request.method"_s,
                             u"approval.kind"_s,
                             u"approval.state"_s,
                             u"approval.scope"_s,
                             u"approval.answered_by"_s,
                             u"claim.project"_s,
                             u"pause.scope"_s,
                             u"pause.subject"_s,
                             u"pause.who"_s,
                             u"safe_mode.who"_s,
                             u"operation.kind"_s,
                             u"operation.state"_s,
                             u"operation.who"_s,
                             u"alert_key.type"_s,
                             u"alert_key.level"_s,
                             u"outbox.sink"_s,
                             u"outbox.topic"_s,
                             u"front_note.kind"_s,
                             u"front_note.key"_s,
                             u"known_ref.project"_s,
                             u"known_ref.value"_s,
                             u"authorised_ref.project"_s,
                             u"authorised_ref.ref"_s,
                             u"authorised_ref.value"_s,
                             u"ref_watch.project"_s,
                             u"moves_read.project"_s,
                             u"alert.type"_s,
                             u"alert.level"_s,
                             u"alert.agent"_s,
                             u"alert.state"_s,
                             u"alert.answered_by"_s,
                             u"series.metric"_s,
                             u"series.subject"_s};

} // namespace

class TestRowPurge : public QObject
{
    Q_OBJECT

    std::unique_ptr<StateFixture> m_state;
    const ProjectName m_project = *ProjectName::parse(u"web");
    const SecretText m_secret = *SecretText::parse(secretBytes);

    void run(const QString &sql, const QVariantList &values = {})
    {
        const auto done = m_state->database->execute(sql, values);
        QVERIFY2(done, qPrintable(done ? QString() : done.error().message));
    }
    QString one(const QString &sql)
    {
        const auto read = m_state->database->selectOne(sql, {}, [](const db::Row &row) { return row.text(0); });
        return read && *read ? **read : QString();
    }
    state::RowPurge purge() { return state::RowPurge(*m_state->database, m_project, {TaskId::of(1)}); }
    void makeTasks()
    {
        for (const auto &[task, project] : {std::pair(1, u"web"_s), std::pair(2, u"other"_s)}) {
            run(u"INSERT INTO project (name, path, state, added_at, added_by) VALUES (?,?,'ready',0,'ana')"_s,
                {project, u"/"_s + project});
            run(u"INSERT INTO task (id, project, agent, title, description, type, priority, autonomy, mode, owner, "
                "state, created_at, updated_at) VALUES (?,?,'a','t','d','x',1,'n','m','ana','queued',0,0)"_s,
                {task, project});
        }
    }

private Q_SLOTS:
    void init()
    {
        m_state = std::make_unique<StateFixture>();
        makeTasks();
    }

    // What a new migration brings has to be decided about.
    void everyColumnIsLookedThroughOrNamed()
    {
        QFile source(QStringLiteral(HUB_SOURCE_DIR "/core/state/rowpurge.cpp"));
        QVERIFY(source.open(QIODevice::ReadOnly));
        const QString list = QString::fromUtf8(source.readAll());
        for (db::Database *database : {m_state->database.get(), m_state->monitorDatabase.get()}) {
            const auto columns = database->select(
                u"SELECT m.name, p.name FROM sqlite_master m, pragma_table_info(m.name) p WHERE m.type = 'table' AND "
                "m.name NOT LIKE 'sqlite_%' AND m.name NOT IN ('audit', 'git_operation') AND p.type IN ('TEXT', 'BLOB')"_s,
                {}, [](const db::Row &row) { return std::pair(row.text(0), row.text(1)); });
            QVERIFY(columns);
            QVERIFY(columns->size() > 5);
            for (const auto &[table, column] : *columns) {
                if (passedOver.contains(table + u'.' + column))
                    continue;
                const qsizetype at = list.indexOf(u'"' + table + u'"');
                QVERIFY2(at > 0, qPrintable(table));
                const QString place = list.mid(at, list.indexOf(u"}}"_s, at) - at);
                QVERIFY2(place.contains(u"{u\"%1\"_s"_s.arg(column)), qPrintable(table + u'.' + column));
            }
        }
    }

    void rowsStayAndAreMarked()
    {
        const QString text = QString::fromUtf8(secretBytes),
                      json = u"{\"a\":\"say hunter2-\\\"secret\\\" now\",\"n\":5}"_s;
        for (const int task : {1, 2}) {
            run(u"UPDATE task SET title = 'use hunter2-\"se…', description = ?, context = ? WHERE id = ?"_s,
                {u"use "_s + text, json, task});
            run(u"INSERT INTO message (task, seq, at, role, kind, body) VALUES (?,1,0,'agent','say',?)"_s,
                {task, u"before "_s + text + u" after"_s});
            run(u"INSERT INTO message (task, seq, at, role, kind, body) VALUES (?,2,0,'agent','say','clean')"_s,
                {task});
            run(u"INSERT INTO run (id, task, agent, adapter, folder, state, started_at) VALUES (?,?,'a','x','f','ended',0)"_s,
                {task, task});
            run(u"INSERT INTO run_input (run, number, at, bytes) VALUES (?,1,0,?)"_s,
                {task, "to " + secretBytes + "\n"});
            run(u"INSERT INTO tool_request (run, key, channel, method, arguments, at, answer) VALUES (?,?,'s','m',?,0,?)"_s,
                {task, text, json, json});
            run(u"INSERT INTO tool_request (run, key, channel, method, arguments, at) VALUES (?,?,'s','m','{}',0)"_s,
                {task, u"2-"_s + text});
            run(u"INSERT INTO outbox (sink, topic, payload, at) VALUES ('book','raised',?,0)"_s,
                {u"{\"task_id\":%1,\"title\":\"hunter2-\\\"secret\\\"\"}"_s.arg(task)});
            run(u"INSERT INTO audit (at, who, origin, role, action, detail, outcome, hash) VALUES (0,'a','t','m','say',?,'done','h')"_s,
                {json});
        }
        const QString other = one(
            u"SELECT group_concat(body) || (SELECT description FROM task WHERE id = 2) FROM message WHERE task = 2"_s);
        GET(const auto found, purge().find(m_secret));
        const auto counts = state::RowPurge::counted(found);
        QCOMPARE(counts[u"messages"_s], 1);
        QCOMPARE(counts[u"tasks"_s], 1);
        QCOMPARE(counts[u"requests of tools"_s], 2);
        QCOMPARE(counts[u"alerts on their way"_s], 1);
        for (const auto &row : found)
            DO(purge().mark(row, m_secret));
        GET(const auto left, purge().find(m_secret));
        QVERIFY(left.isEmpty());
        QCOMPARE(one(u"SELECT title || '|' || description FROM task WHERE id = 1"_s), u"use [purged]…|use [purged]"_s);
        QCOMPARE(one(u"SELECT context FROM task WHERE id = 1"_s), u"{\"a\":\"say [purged] now\",\"n\":5}"_s);
        QCOMPARE(one(u"SELECT group_concat(seq || body) FROM message WHERE task = 1"_s),
                 u"1before [purged] after,2clean"_s);
        QCOMPARE(one(u"SELECT typeof(bytes) || length(bytes) || CAST(bytes AS TEXT) FROM run_input WHERE run = 1"_s),
                 u"blob%1to %2\n"_s.arg(secretBytes.size() + 4).arg(QString(secretBytes.size(), u'x')));
        QCOMPARE(one(u"SELECT count(DISTINCT key) FROM tool_request WHERE run = 1"_s), u"2"_s);
        QCOMPARE(
            one(u"SELECT group_concat(body) || (SELECT description FROM task WHERE id = 2) FROM message WHERE task = 2"_s),
            other);
        GET(const auto audit, purge().inAudit(m_secret));
        QCOMPARE(audit, (QList<qint64>{1, 2}));
        GET(const qint64 elsewhere, purge().elsewhere(m_secret));
        QCOMPARE(elsewhere, 1);
    }

    void aTextInTwoRowsOfAnInputIsFound()
    {
        run(u"INSERT INTO run (id, task, agent, adapter, folder, state, started_at) VALUES (1,1,'a','x','f','ended',0)"_s);
        const QByteArray first = QByteArray(state::RunStore::largestInput - 5, '-') + secretBytes.first(5);
        run(u"INSERT INTO run_input (run, number, at, bytes) VALUES (1,1,0,?)"_s, {first});
        run(u"INSERT INTO run_input (run, number, at, bytes) VALUES (1,2,0,?)"_s, {secretBytes.sliced(5) + " rest"});
        GET(const auto found, purge().find(m_secret));
        QCOMPARE(found.size(), 1);
        DO(purge().mark(found.first(), m_secret));
        GET(const auto left, purge().find(m_secret));
        QVERIFY(left.isEmpty());
        QCOMPARE(one(u"SELECT CAST(substr(bytes, -6) AS TEXT) FROM run_input WHERE number = 1"_s), u"-xxxxx"_s);
        QCOMPARE(one(u"SELECT CAST(bytes AS TEXT) FROM run_input WHERE number = 2"_s),
                 QString(secretBytes.size() - 5, u'x') + u" rest"_s);
    }

    void namesOfCommitsAreMoved()
    {
        const QString old = QString(40, u'a'), now = QString(40, u'b');
        run(u"UPDATE task SET base_commit = ? WHERE id = 1"_s, {old});
        run(u"INSERT INTO operation (task, kind, state, who, at, before_number, target_number, journal) VALUES (1,'finish','done','a',0,1,2,?)"_s,
            {u"{\"from\":\"%1\",\"x\":\"%2\"}"_s.arg(old, QString(41, u'a'))});
        GET(const auto moved, purge().findMoved({{old.toLatin1(), now.toLatin1()}}));
        QCOMPARE(moved.size(), 2);
        for (const auto &change : moved)
            DO(purge().move(change));
        QCOMPARE(one(u"SELECT base_commit FROM task WHERE id = 1"_s), now);
        QCOMPARE(one(u"SELECT journal FROM operation"_s),
                 u"{\"from\":\"%1\",\"x\":\"%2\"}"_s.arg(now, QString(41, u'a')));
    }
};

QTEST_GUILESS_MAIN(TestRowPurge)
#include "tst_rowpurge.moc"
