#include "core/commands/helptext.h"

#include "core/commands/replyformat.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub::commands
{

namespace
{

constexpr int helpWidth = 100;

// Where a section of the overview begins; the order is the table's.
struct Section {
    QLatin1StringView title;
    QLatin1StringView first;
};
constexpr Section sections[]{{"The whole"_L1, "help"_L1},          {"Tasks"_L1, "assign-task"_L1},
                             {"Going back"_L1, "checkpoint"_L1},   {"Agents and their questions"_L1, "agents list"_L1},
                             {"Alerts and audit"_L1, "alerts"_L1}, {"Set-up"_L1, "projects list"_L1}};

QLatin1StringView rightName(Access access)
{
    switch (access) {
    case Access::Viewer: return "viewer"_L1;
    case Access::Operator: return "operator"_L1;
    case Access::Admin: return "admin"_L1;
    case Access::Machine: return "at the machine only (terminal or window)"_L1;
    }
    return {};
}

QLatin1StringView effectSentence(Effect effect)
{
    switch (effect) {
    case Effect::Read: return "Changes nothing."_L1;
    case Effect::Change: return ""_L1;
    case Effect::Dangerous:
        return "Shows a preview and asks first; --yes does it without asking, --dry-run only shows the preview."_L1;
    case Effect::Stop: return "Acts at once, without asking; the answer says the way back."_L1;
    }
    return {};
}

// What comes after an option that takes all remaining words can only be named.
QString synopsis(const CommandSpec &spec)
{
    QString text = u"agenthubctl "_s + spec.name;
    QString words;
    bool rest = false;
    for (const OptionSpec &option : spec.options) {
        const QString upper = QString(option.name).toUpper();
        QString part = upper;
        if (option.rest)
            words = option.required ? u" %1 …"_s.arg(upper) : u" [%1 …]"_s.arg(upper);
        else if (option.kind == OptionKind::Flag)
            part = u"--"_s + option.name;
        else if (rest)
            part = u"--%1 %2"_s.arg(option.name, upper);
        if (!option.rest)
            text += option.required ? u' ' + part : u" [%1]"_s.arg(part);
        rest = rest || option.rest;
    }
    return text + words;
}

// Breaks at spaces; later lines are indented as the first.
QString wrapped(const QString &text, int indent)
{
    const QString margin(indent, u' ');
    QString lines;
    QString line = margin;
    for (const QString &word : text.split(u' ')) {
        if (line.size() > indent && line.size() + 1 + word.size() > helpWidth) {
            lines += line + u'\n';
            line = margin;
        }
        line += (line.size() > indent ? u" "_s : QString()) + word;
    }
    return lines + line + u'\n';
}

QString optionLines(const CommandSpec &spec)
{
    qsizetype width = 0;
    for (const OptionSpec &option : spec.options)
        width = std::max(width, option.name.size());
    QString text;
    for (const OptionSpec &option : spec.options) {
        QString says(option.description);
        if (!option.choices.empty()) {
            QStringList choices;
            for (const QLatin1StringView choice : option.choices)
                choices << QString(choice);
            says += u": "_s + choices.join(u", "_s);
        }
        if (option.required)
            says += u" (required)"_s;
        else if (!option.without.isEmpty())
            says += u" (left out: %1)"_s.arg(option.without);
        QString lines = wrapped(says, int(width) + 6);
        text += u"  --"_s + option.name + QString(width - option.name.size() + 2, u' ') + lines.mid(width + 6);
    }
    return text;
}

QStringList shortFormsOf(const CommandSpec &spec)
{
    QStringList names;
    for (const ShortForm &form : shortForms()) {
        if (form.command == spec.name)
            names << QString(form.name);
    }
    return names;
}

} // namespace

QString helpForCommand(const CommandSpec &spec)
{
    QString text = u"%1: %2\n\n"_s.arg(spec.name, QString(spec.description)) + wrapped(synopsis(spec), 2) + u'\n';
    if (!spec.options.empty())
        text += u"Options, in this order or by name:\n"_s + optionLines(spec) + u'\n';
    if (spec.name == "task-log"_L1)
        text += u"  --follow goes along as the conversation grows, until Ctrl+C.\n\n"_s;
    if (spec.name == "task-status"_L1)
        text += u"  --path prints only the folder of the task's working tree.\n\n"_s;
    QString rights = u"Rights: %1"_s.arg(rightName(spec.access));
    if (!spec.accessNote.isEmpty())
        rights += u"; %1"_s.arg(spec.accessNote);
    text += rights + u".\n"_s;
    if (spec.name == "resume-task"_L1)
        text += u"Asks first when it goes back to a checkpoint or the task had ended, unless --yes is there.\n"_s;
    else if (const QLatin1StringView effect = effectSentence(spec.effect); !effect.isEmpty())
        text += QString(effect) + u'\n';
    if (const QStringList names = shortFormsOf(spec); !names.isEmpty())
        text += u"Short form: agenthubctl %1\n"_s.arg(names.join(u", "_s));
    return text + u"Example: agenthubctl %1\n"_s.arg(spec.example);
}

Result<QString> helpFor(const QString &topic)
{
    QString name = topic.simplified();
    for (const ShortForm &form : shortForms()) {
        if (sameName(form.name, name))
            name = QString(form.command);
    }
    // "rollback_show" as "rollback show": that is how names with an underscore read.
    for (const CommandSpec &spec : commandTable()) {
        if (sameName(QString(spec.name).replace(u' ', u'_'), QString(name).replace(u' ', u'_')))
            return helpForCommand(spec);
    }
    QList<QStringList> rows;
    QStringList known;
    for (const CommandSpec &spec : commandTable()) {
        const QString group = QString(spec.name).section(u' ', 0, 0);
        known << QString(spec.name) << group;
        if (sameName(group, name))
            rows << QStringList{u"  "_s + spec.name, QString(spec.description)};
    }
    if (!rows.isEmpty())
        return alignedColumns(rows, helpWidth) + u"\nMore: agenthubctl help %1\n"_s.arg(rows[0][0].trimmed());
    return fail(ErrorCode::NotFound, u"There is no command '%1'.%2"_s.arg(name.left(80), didYouMean(name, known)),
                u"agenthubctl help"_s);
}

QString helpOverview(std::span<const PlumbingSpec> plumbing)
{
    QString text = u"AgentHub runs AI coding agents on your repositories, and undoes what goes wrong.\n"_s;
    QList<QStringList> rows;
    QList<qsizetype> starts;
    for (const CommandSpec &spec : commandTable()) {
        for (const Section &section : sections) {
            if (section.first == spec.name)
                starts << rows.size();
        }
        rows << QStringList{u"  "_s + spec.name, QString(spec.description)};
    }
    starts << rows.size();
    for (const PlumbingSpec &spec : plumbing) {
        if (!spec.hidden)
            rows << QStringList{u"  "_s + spec.name, QString(spec.description)};
    }
    const QStringList lines = alignedColumns(rows, helpWidth).split(u'\n', Qt::SkipEmptyParts);
    for (qsizetype i = 0; i < lines.size(); ++i) {
        if (const qsizetype at = starts.indexOf(i); at >= 0)
            text +=
                u"\n%1\n"_s.arg(at < qsizetype(std::size(sections)) ? sections[at].title : "For scripts and agents"_L1);
        text += lines[i] + u'\n';
    }
    QStringList shorts;
    for (const ShortForm &form : shortForms())
        shorts << u"%1 = %2"_s.arg(form.name, QString(form.command));
    text += u"\nShort forms:\n"_s + wrapped(shorts.join(u", "_s), 2);
    text += u"\nFor all commands:\n"
            "  --json       the answer for machines\n"
            "  --yes        dangerous commands: do not ask\n"
            "  --dry-run    dangerous commands: only the preview\n"
            "  --data-dir   the hub's data folder (also AGENTHUB_DATA_DIR)\n"
            "  --config     its settings file (also AGENTHUB_CONFIG)\n"
            "\nMore about one: agenthubctl help COMMAND\n"_s;
    return text;
}

} // namespace hub::commands
