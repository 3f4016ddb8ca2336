#include "core/state/screenstore.h"

using namespace Qt::StringLiterals;

namespace hub::state
{

namespace
{

QString isoOf(const db::Row &row, int column)
{
    return row.isNull(column) ? QString() : toIso(fromMillis(row.number(column)));
}

QString priorityText(qint64 stored)
{
    for (const auto &row : priorityTexts) {
        if (qint64(row.value) == stored)
            return QString(row.text);
    }
    return {};
}

struct Mark {
    qint64 task = 0;
    QJsonObject data;
};

// Columns of each select: task, kind, id, type, text, from, to. Parameters: to, from, and the task twice (null: all).
constexpr QLatin1StringView markSelects[]{
    "SELECT task, 'turn', 't' || id, state, outcome, started_at, CASE state WHEN 'open' THEN NULL ELSE "
    "coalesce(ended_at, started_at) END FROM turn WHERE started_at <= ? AND (state = 'open' OR coalesce(ended_at, "
    "started_at) >= ?) AND (? IS NULL OR "
    "task = ?) ORDER BY id"_L1,
    "SELECT task, 'checkpoint', task || '/' || number, type, coalesce(nullif(notes, ''), step), at, at FROM checkpoint "
    "WHERE at <= ? "
    "AND at >= ? AND (? IS NULL OR task = ?) ORDER BY at"_L1,
    "SELECT task, 'approval', 'a' || id, state, question, asked_at, CASE state WHEN 'open' THEN NULL ELSE "
    "coalesce(answered_at, asked_at) END FROM approval WHERE asked_at <= ? AND (state = 'open' OR "
    "coalesce(answered_at, asked_at) >= ?) "
    "AND (? IS NULL OR task = ?) ORDER BY id"_L1,
    "SELECT task, 'operation', 'op-' || id, kind, state, at, coalesce(ended_at, at) FROM operation WHERE at <= ? AND "
    "coalesce(ended_at, at) >= ? AND (? IS NULL OR task = ?) ORDER BY id"_L1};

Mark markFrom(const db::Row &row)
{
    return {row.number(0),
            {{u"kind"_s, row.text(1)},
             {u"id"_s, row.text(2)},
             {u"type"_s, row.text(3)},
             {u"text"_s, row.text(4).left(200)},
             {u"from"_s, isoOf(row, 5)},
             {u"to"_s, isoOf(row, 6)}}};
}

// When a task was paused, from the audit trail: the table of pauses knows only those of now.
struct PauseStep {
    qint64 task = 0, at = 0;
    bool begins = false;
    QString who;
};

QList<Mark> pausesOf(const QList<PauseStep> &steps, Instant from, Instant to)
{
    QList<Mark> marks;
    QHash<qint64, PauseStep> open;
    const auto add = [&](const PauseStep &step, std::optional<qint64> until) {
        if (step.at > toMillis(to) || until.value_or(toMillis(to)) < toMillis(from))
            return;
        marks.append({step.task,
                      {{u"kind"_s, u"pause"_s},
                       {u"id"_s, u"p%1"_s.arg(step.at)},
                       {u"type"_s, u"task"_s},
                       {u"text"_s, step.who},
                       {u"from"_s, toIso(fromMillis(step.at))},
                       {u"to"_s, until ? toIso(fromMillis(*until)) : QString()}}});
    };
    for (const PauseStep &step : steps) {
        if (step.begins && !open.contains(step.task)) {
            open.insert(step.task, step);
        } else if (!step.begins && open.contains(step.task)) {
            add(open.take(step.task), step.at);
        }
    }
    for (const PauseStep &step : std::as_const(open))
        add(step, std::nullopt);
    return marks;
}

} // namespace

Result<QJsonArray> ScreenStore::tasks() const
{
    HUB_TRY(const auto rows,
            m_database.select(u"SELECT id, title, project, agent, state, reason, priority, progress, step, owner, "
                              "created_at, updated_at, error_count, branch FROM task ORDER BY id DESC"_s,
                              {}, [](const db::Row &row) {
                                  return QJsonObject{{u"task_id"_s, row.number(0)},
                                                     {u"title"_s, row.text(1)},
                                                     {u"project"_s, row.text(2)},
                                                     {u"agent"_s, row.text(3)},
                                                     {u"state"_s, row.text(4)},
                                                     {u"reason"_s, row.text(5)},
                                                     {u"priority"_s, priorityText(row.number(6))},
                                                     {u"progress"_s, row.real(7)},
                                                     {u"step"_s, row.text(8)},
                                                     {u"owner"_s, row.text(9)},
                                                     {u"created_at"_s, isoOf(row, 10)},
                                                     {u"updated_at"_s, isoOf(row, 11)},
                                                     {u"error_count"_s, row.number(12)},
                                                     {u"branch"_s, row.text(13)}};
                              }));
    QJsonArray tasks;
    for (const QJsonObject &row : rows)
        tasks.append(row);
    return tasks;
}

Result<QJsonArray> ScreenStore::messages(TaskId task, qint64 first, qint64 last) const
{
    HUB_TRY(
        const auto rows,
        m_database.select(
            u"SELECT seq, at, role, kind, author, body, body_file, EXISTS (SELECT 1 FROM hidden_range h WHERE h.task = "
            "m.task AND h.shown_at IS NULL AND m.seq BETWEEN h.first_seq AND h.last_seq) FROM message m WHERE task = ? "
            "AND seq >= ? AND seq <= ? ORDER BY seq LIMIT ?"_s,
            {task.value(), first, last, mostMessages}, [this](const db::Row &row) -> Result<QJsonObject> {
                QString text = row.text(5);
                if (!row.isNull(6)) {
                    HUB_TRY(const QByteArray bytes, m_bodies.get(row.text(6)));
                    text = QString::fromUtf8(bytes);
                }
                QJsonObject message{{u"message_id"_s, row.number(0)},
                                    {u"at"_s, isoOf(row, 1)},
                                    {u"role"_s, row.text(2)},
                                    {u"kind"_s, row.text(3)},
                                    {u"from"_s, row.text(4).isEmpty() ? row.text(2) : row.text(4)},
                                    {u"text"_s, text.left(longestText)}};
                if (text.size() > longestText)
                    message[u"size"_s] = text.size();
                if (row.number(7) != 0)
                    message[u"hidden"_s] = true;
                return message;
            }));
    QJsonArray messages;
    for (const QJsonObject &row : rows)
        messages.append(row);
    return messages;
}

Result<std::optional<qint64>> ScreenStore::findMessage(TaskId task, const QString &words, qint64 from,
                                                       bool backwards) const
{
    QString pattern = words;
    pattern.replace(u'\\', u"\\\\"_s).replace(u'%', u"\\%"_s).replace(u'_', u"\\_"_s);
    const QString sql =
        u"SELECT seq FROM message WHERE task = ? AND seq %1 ? AND body LIKE ? ESCAPE '\\' ORDER BY seq %2 LIMIT 1"_s;
    return m_database.selectOne(backwards ? sql.arg(u"<="_s, u"DESC"_s) : sql.arg(u">="_s, u"ASC"_s),
                                {task.value(), from, u'%' + pattern + u'%'},
                                [](const db::Row &row) { return row.number(0); });
}

Result<QMap<qint64, QJsonArray>> ScreenStore::marks(std::optional<TaskId> task, Instant from, Instant to) const
{
    const QVariant only = task ? QVariant(task->value()) : QVariant(QMetaType(QMetaType::LongLong));
    QMap<qint64, QJsonArray> byTask;
    for (const QLatin1StringView select : markSelects) {
        HUB_TRY(const auto marks,
                m_database.select(QString(select), {toMillis(to), toMillis(from), only, only}, markFrom));
        for (const Mark &mark : marks)
            byTask[mark.task].append(mark.data);
    }
    HUB_TRY(const auto steps,
            m_database.select(
                u"SELECT task, at, action = 'pause-task', who FROM audit WHERE action IN ('pause-task', "
                "'resume-task', 'cancel-task') AND outcome = 'done' AND task IS NOT NULL AND at <= ? AND (? IS NULL OR "
                "task = ?) ORDER BY id"_s,
                {toMillis(to), only, only}, [](const db::Row &row) {
                    return PauseStep{row.number(0), row.number(1), row.number(2) != 0, row.text(3)};
                }));
    for (const Mark &mark : pausesOf(steps, from, to))
        byTask[mark.task].append(mark.data);
    return byTask;
}

} // namespace hub::state
