#include "headless/discord/buttons.h"

#include "core/base/ids.h"
#include "core/commands/commandspec.h"
#include "headless/discord/markup.h"
#include "headless/discord/nextstep.h"

#include <QDateTime>
#include <QSet>

using namespace Qt::StringLiterals;

namespace hub::discord
{

using commands::OptionKind;
using commands::Reply;

namespace
{

enum ComponentType { actionRow = 1, button = 2, menu = 3 };
enum Style { primary = 1, secondary = 2, success = 3, danger = 4 };

struct Entry {
    QString label, value;
};

// Rows of five buttons or one menu each; what has no room is left out, so the most important come first.
class Board
{
public:
    explicit Board(CustomIds &ids)
        : m_ids(ids)
    {
    }

    void addButton(const QString &label, Style style, const Press &press)
    {
        const QString id = idOf(press);
        if (id.isEmpty() || (m_row.size() == limit::rowButtons && !endRow()))
            return;
        m_row.append(QJsonObject{{u"type"_s, int(button)},
                                 {u"style"_s, int(style)},
                                 {u"label"_s, cut(label, limit::buttonLabel)},
                                 {u"custom_id"_s, id}});
    }

    void addMenu(const QString &placeholder, const QList<Entry> &entries, const Press &press)
    {
        QJsonArray options;
        QStringList values;
        for (const Entry &entry : entries) {
            if (entry.value.isEmpty() || characters(entry.value) > limit::optionText || values.contains(entry.value) ||
                values.size() == limit::selectOptions)
                continue;
            values << entry.value;
            options.append(
                QJsonObject{{u"label"_s, cut(entry.label.simplified(), limit::optionText)}, {u"value"_s, entry.value}});
        }
        if (options.isEmpty() || !endRow())
            return;
        const QString id = idOf(press);
        if (id.isEmpty())
            return;
        m_row.append(QJsonObject{{u"type"_s, int(menu)},
                                 {u"custom_id"_s, id},
                                 {u"placeholder"_s, cut(placeholder, limit::placeholder)},
                                 {u"options"_s, options}});
        endRow();
    }

    QJsonArray rows()
    {
        endRow();
        return m_rows;
    }

private:
    // Empty: it is there already; Discord takes each id once in a message.
    QString idOf(const Press &press)
    {
        const QString id = m_ids.idOf(press);
        if (m_used.contains(id))
            return {};
        m_used << id;
        return id;
    }
    // Whether there is room for one more.
    bool endRow()
    {
        if (!m_row.isEmpty() && m_rows.size() < limit::rows)
            m_rows.append(QJsonObject{{u"type"_s, int(actionRow)}, {u"components"_s, m_row}});
        m_row = {};
        return m_rows.size() < limit::rows;
    }

    CustomIds &m_ids;
    QStringList m_used;
    QJsonArray m_rows, m_row;
};

// What can be chosen from a list in Reply::data.
struct ListMenu {
    QLatin1StringView list, id; // of data; of one entry
    QStringView placeholder;
    QLatin1StringView command, option;
    QLatin1StringView about[3]; // members of an entry that tell it from the others
    bool namesTask = false;     // the entries' task goes along
};
constexpr ListMenu listMenus[]{
    {"tasks"_L1,
     "task_id"_L1,
     u"Look at a task …",
     "task-status"_L1,
     "task_id"_L1,
     {"title"_L1, "state"_L1, "agent"_L1}},
    {"checkpoints"_L1,
     "checkpoint_id"_L1,
     u"Go back to a checkpoint …",
     "rollback task_checkpoint"_L1,
     "checkpoint_id"_L1,
     {"type"_L1, "at"_L1, "step"_L1}},
    {"backups"_L1,
     "branch"_L1,
     u"Go back to a backup branch …",
     "rollback git_backup"_L1,
     "backup"_L1,
     {"at"_L1, "would_change"_L1, "subject"_L1},
     true},
    {"commits"_L1,
     "commit"_L1,
     u"Go back to a commit …",
     "rollback commit"_L1,
     "commit"_L1,
     {"subject"_L1, "at"_L1, "would_change"_L1},
     true},
    {"alerts"_L1,
     "alert_id"_L1,
     u"Resolve an alert …",
     "resolve-alert"_L1,
     "alert_id"_L1,
     {"level"_L1, "title"_L1, "state"_L1}},
};

QString textOf(const QJsonValue &value) { return value.toVariant().toString(); }

QString aboutText(const QJsonValue &entry, QLatin1StringView member, Instant now)
{
    const QString text = textOf(entry[member]);
    if (member != "at"_L1)
        return member == "state"_L1 ? QString(text).replace(u'_', u' ') : text.left(40);
    const QDateTime at = QDateTime::fromString(text, Qt::ISODateWithMs);
    return at.isValid() ? agoText(fromMillis(at.toMSecsSinceEpoch()), now) : text;
}

void addLists(const Reply &reply, Instant now, Board &board)
{
    for (const ListMenu &list : listMenus) {
        QList<Entry> entries;
        QSet<QString> tasks;
        for (const QJsonValue &value : reply.data.value(QString(list.list)).toArray()) {
            if (value["state"_L1] == u"resolved"_s)
                continue;
            QStringList label{textOf(value[list.id])};
            for (const QLatin1StringView about : list.about)
                label << aboutText(value, about, now);
            label.removeAll(QString());
            entries << Entry{label.join(u" · "_s), textOf(value[list.id])};
            tasks << textOf(value["task_id"_L1]);
        }
        Press press{.then = Press::Then::Add, .command = QString(list.command), .ask = QString(list.option)};
        if (list.namesTask && tasks.size() == 1 && !tasks.contains(QString()))
            press.options[u"task_id"_s] = *tasks.begin();
        board.addMenu(list.placeholder.toString(), entries, press);
    }
}

// Yes or no to each open question; for a single one also yes for good.
void addApprovals(const Reply &reply, Board &board)
{
    constexpr qsizetype most = 5;
    QStringList open;
    for (const QJsonValue &value : reply.data.value(u"approvals"_s).toArray()) {
        if (value["state"_L1].toString() == u"open")
            open << value["approval_id"_L1].toString();
    }
    for (const QString &id : open.mid(0, most)) {
        const QJsonObject options{{u"approval_id"_s, id}};
        board.addButton(u"Allow "_s + id, success, {.command = u"approve"_s, .options = options});
        if (open.size() == 1)
            board.addButton(u"Allow for the rest of the task"_s, secondary,
                            {.command = u"approve"_s, .options = {{u"approval_id"_s, id}, {u"scope"_s, u"task"_s}}});
        board.addButton(u"Deny "_s + id + u" …"_s, danger,
                        {.then = Press::Then::Ask, .command = u"deny"_s, .options = options, .ask = u"reason"_s});
    }
}

// One alert that is open: what else can be said to it than that it is done with.
void addAlert(const Reply &reply, Board &board)
{
    QStringList open;
    for (const QJsonValue &value : reply.data.value(u"alerts"_s).toArray()) {
        if (value["state"_L1].toString() != u"resolved")
            open << value["alert_id"_L1].toString();
    }
    if (open.size() != 1)
        return;
    const auto press = [&](const QString &action) {
        return Press{.command = u"resolve-alert"_s, .options = {{u"alert_id"_s, open.first()}, {u"action"_s, action}}};
    };
    board.addButton(u"Seen"_s, secondary, press(u"acknowledge"_s));
    board.addButton(u"Snooze for 1 h"_s, secondary, press(u"snooze"_s));
}

void addOtherWays(const commands::CommandCall &call, Board &board)
{
    Press press{.then = Press::Then::Replace, .command = call.command, .options = call.options, .ask = u"how"_s};
    press.options.remove(press.ask);
    board.addMenu(u"Another way …"_s,
                  {{u"Push its branch"_s, u"push"_s},
                   {u"Merge it"_s, u"merge"_s},
                   {u"Merge it as one commit"_s, u"squash"_s},
                   {u"Only end it; its branch stays"_s, u"keep"_s},
                   {u"Put it away"_s, u"discard"_s}},
                  press);
}

// A preview: the same again with its confirmation, or not.
void addQuestion(const Reply &reply, const commands::CommandCall &call, Board &board)
{
    Press press{.then = Press::Then::Replace, .command = call.command, .options = call.options};
    Press yes = press;
    yes.confirm = reply.confirm;
    board.addButton(u"Do it"_s, danger, yes);
    press.then = Press::Then::Close;
    board.addButton(u"Cancel"_s, secondary, press);
    press.then = Press::Then::Replace;
    const bool keepsEdits = !call.options.contains(u"keep_edits"_s) || call.options[u"keep_edits"_s].toBool(true);
    if (keepsEdits && !reply.data.value(u"edited"_s).toArray().isEmpty()) {
        press.options[u"keep_edits"_s] = false;
        board.addButton(u"Also put back what people changed"_s, secondary, press);
    }
    if (call.command == u"finish-task" && reply.data.contains(u"how"_s))
        addOtherWays(call, board);
}

// The option that a candidate of an ambiguous request is for, and what it gets.
std::optional<OptionKind> kindOf(const QString &question, const QString &candidate)
{
    const QString word = candidate.section(u' ', 0, 0);
    if (word.startsWith(u'#') && TaskId::parse(word))
        return OptionKind::Task;
    if (word.startsWith(u"op-"_s) && OperationId::parse(word))
        return OptionKind::Operation;
    if (word.startsWith(u"al-"_s) && AlertId::parse(word))
        return OptionKind::Alert;
    if (question.startsWith(u"Which question") || question.startsWith(u"Which approval"))
        return OptionKind::Approval;
    if (question.startsWith(u"Which agent"))
        return OptionKind::Agent;
    if (question.startsWith(u"Which project"))
        return OptionKind::Project;
    if (question.startsWith(u"Which backup"))
        return OptionKind::Backup;
    return std::nullopt;
}

QString valueOf(const QString &candidate)
{
    const QString word = candidate.section(u' ', 0, 0);
    return word.startsWith(u'#') ? word.mid(1) : word;
}

} // namespace

QJsonArray buttonsOf(const Reply &reply, RenderContext context)
{
    Board board(context.ids);
    if (!reply.confirm.isEmpty() && !context.call.command.isEmpty()) {
        addQuestion(reply, context.call, board);
        return board.rows();
    }
    for (const commands::Choice &choice : reply.choices) {
        if (choice.command.isEmpty()) {
            board.addButton(choice.label, secondary, {.then = Press::Then::Close, .command = context.call.command});
        } else if (auto step = nextStep(choice.command)) {
            step->press.then = Press::Then::Replace;
            board.addButton(choice.label, primary, step->press);
        }
    }
    addApprovals(reply, board);
    const bool answered = !reply.data.value(u"approvals"_s).toArray().isEmpty();
    for (const QString &line : reply.next) {
        const auto step = nextStep(line);
        const bool there = answered && step && (step->press.command == u"approve" || step->press.command == u"deny");
        if (step && !there)
            board.addButton(step->label, secondary, step->press);
    }
    addAlert(reply, board);
    addLists(reply, context.now, board);
    return board.rows();
}

QJsonArray buttonsOf(const Error &error, RenderContext context)
{
    Board board(context.ids);
    const commands::CommandSpec *spec = commands::findCommand(context.call.command);
    if (error.code == ErrorCode::Ambiguous && spec && !error.candidates.isEmpty()) {
        const auto kind = kindOf(error.message, error.candidates.first());
        for (const commands::OptionSpec &option : spec->options) {
            if (kind != option.kind)
                continue;
            QList<Entry> entries;
            for (const QString &candidate : error.candidates)
                entries << Entry{candidate, valueOf(candidate)};
            Press press{.then = Press::Then::Replace,
                        .command = context.call.command,
                        .options = context.call.options,
                        .ask = QString(option.name)};
            press.options.remove(press.ask);
            board.addMenu(u"Which one?"_s, entries, press);
            break;
        }
    }
    if (error.code == ErrorCode::Conflict && spec && !context.call.confirm.isEmpty())
        board.addButton(
            u"Look again"_s, primary,
            {.then = Press::Then::Replace, .command = context.call.command, .options = context.call.options});
    const bool mayFinish = context.call.caller.role >= commands::Role::Operator;
    if (spec && spec->name == "finish-task"_L1 && mayFinish && error.code != ErrorCode::Ambiguous)
        addOtherWays(context.call, board);
    if (error.hint.startsWith(u"agenthubctl "_s)) {
        if (const auto step = nextStep(error.hint.mid(12)))
            board.addButton(step->label, secondary, step->press);
    }
    return board.rows();
}

} // namespace hub::discord
