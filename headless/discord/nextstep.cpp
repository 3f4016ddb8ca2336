#include "headless/discord/nextstep.h"

#include "core/base/ids.h"
#include "core/base/shellwords.h"
#include "core/commands/commandline.h"
#include "headless/discord/markup.h"

#include <QRegularExpression>

using namespace Qt::StringLiterals;

namespace hub::discord
{

using commands::CommandLine;
using commands::OptionKind;

namespace
{

struct Label {
    QLatin1StringView command, text;
    bool named = false; // with what it concerns: "Undo op-81"
};
constexpr Label labels[]{{"task-status"_L1, "Status"_L1},
                         {"task-log"_L1, "Log"_L1},
                         {"task-diff"_L1, "Diff"_L1},
                         {"say"_L1, "Reply"_L1},
                         {"assign-task"_L1, "New task"_L1},
                         {"pause-task"_L1, "Pause"_L1},
                         {"resume-task"_L1, "Resume"_L1},
                         {"cancel-task"_L1, "Cancel the task"_L1},
                         {"finish-task"_L1, "Finish"_L1},
                         {"checkpoint"_L1, "Save a checkpoint"_L1},
                         {"rollback show"_L1, "Checkpoints"_L1},
                         {"rollback task_checkpoint"_L1, "Roll back to"_L1, true},
                         {"rollback git_backup"_L1, "Back to the backup branch"_L1},
                         {"rollback undo"_L1, "Undo"_L1, true},
                         {"agents test"_L1, "Try"_L1, true},
                         {"projects show"_L1, "Look at"_L1, true},
                         {"hub-backup list"_L1, "Copies of the hub's data"_L1},
                         {"hub-backup create"_L1, "Copy the hub's data"_L1},
                         {"pause-agent"_L1, "Pause"_L1, true},
                         {"resume-agent"_L1, "Resume"_L1, true},
                         {"approvals"_L1, "Questions"_L1},
                         {"approve"_L1, "Allow"_L1, true},
                         {"deny"_L1, "Deny"_L1, true},
                         {"alerts"_L1, "Alerts"_L1},
                         {"resolve-alert"_L1, "Resolve"_L1, true},
                         {"tasks"_L1, "Tasks"_L1},
                         {"safe-mode disable"_L1, "End safe mode"_L1},
                         {"system-health"_L1, "Health"_L1}};

// What the option of that kind was given; the most telling one of the row.
QString subject(const commands::CommandSpec &spec, const QJsonObject &options)
{
    QString found;
    for (const commands::OptionSpec &option : spec.options) {
        const QString value = options.value(QString(option.name)).toString();
        if (!value.isEmpty() && option.kind != OptionKind::Choice &&
            (found.isEmpty() || option.kind != OptionKind::Task))
            found = value;
    }
    return found;
}

QString labelOf(const commands::CommandSpec &spec, const QJsonObject &options)
{
    const QString about = subject(spec, options);
    for (const Label &label : labels) {
        if (label.command == spec.name)
            return cut(label.named && !about.isEmpty() ? label.text + u' ' + about : QString(label.text),
                       limit::buttonLabel);
    }
    const QString name = QString(spec.name).replace(u'-', u' ').replace(u'_', u' ');
    return cut(name.left(1).toUpper() + name.mid(1) + (about.isEmpty() ? QString() : u' ' + about), limit::buttonLabel);
}

// What a person would still have to put in.
bool isPlaceholder(const QString &word)
{
    static const QRegularExpression shape(u"\\A<?[A-Z]{3,}>?\\z"_s);
    return shape.match(word).hasMatch();
}

// The text that a form can ask for, when that alone is missing or worth a word.
QString askedFor(const CommandLine &line)
{
    if (!line.missingText.isEmpty())
        return line.missingText;
    for (const auto &[command, option] : {std::pair{u"assign-task"_s, u"description"_s}, {u"deny"_s, u"reason"_s}}) {
        if (line.call.command == command && !line.call.options.contains(option))
            return option;
    }
    return {};
}

std::optional<CommandLine> parsed(const QString &text, bool *lacksWord)
{
    const auto words = splitWords(text);
    if (!words)
        return std::nullopt;
    QStringList kept;
    for (const QString &word : *words) {
        *lacksWord = *lacksWord || isPlaceholder(word);
        // A terminal's own, and the mark for what is to be written.
        if (word != u"…" && word != u"--follow" && word != u"--path" && word != u"--json")
            kept << word;
    }
    auto line = commands::parseCommandLine(kept, {});
    return line && line->kind == CommandLine::Kind::Command ? std::optional(*line) : std::nullopt;
}

// The line for a terminal that begins there: its command, then named options and ids. What follows is the sentence.
QString lineAt(const QStringList &words)
{
    QStringList line = words.first(std::min<qsizetype>(1, words.size()));
    qsizetype at = line.size();
    if (!line.isEmpty() && at < words.size() && commands::findCommand(line.first() + u' ' + words[at]))
        line << words[at++];
    if (!commands::findCommand(line.join(u' ')) && !commands::firstOfGroup(line.join(u' ')))
        return {};
    // What is for the machine stands there as it is to be typed: its required words, and what follows "--".
    const commands::CommandSpec *spec = commands::findCommand(line.join(u' '));
    const bool atMachine = spec && spec->entryAccess() == commands::Access::Machine;
    for (const commands::OptionSpec &option : spec ? spec->options : std::span<const commands::OptionSpec>()) {
        if (at < words.size() && (isPlaceholder(words[at]) || (atMachine && option.required)))
            line << words[at++];
    }
    while (spec && !spec->options.empty() && spec->options.back().rest && at < words.size() && isPlaceholder(words[at]))
        line << words[at++];
    if (atMachine && at < words.size() && words[at] == u"--") {
        line << words.mid(at);
        at = words.size();
    }
    while (at < words.size()) {
        static const QRegularExpression id(u"\\A(#?\\d[\\d/]*|[a-z]{1,2}-?\\d+|'[^']*')\\z"_s);
        if (words[at].startsWith(u"--") && at + 1 < words.size() && !words[at + 1].startsWith(u"--")) {
            line << words[at] << words[at + 1];
            at += 2;
        } else if (id.match(words[at]).hasMatch()) {
            line << words[at++];
        } else {
            break;
        }
    }
    return line.join(u' ');
}

} // namespace

std::optional<NextStep> nextStep(const QString &text)
{
    bool lacksWord = false;
    const auto line = parsed(text, &lacksWord);
    if (!line || lacksWord || line->spec->entryAccess() == commands::Access::Machine)
        return std::nullopt;
    const QString ask = askedFor(*line);
    return NextStep{labelOf(*line->spec, line->call.options),
                    {.then = ask.isEmpty() ? Press::Then::Add : Press::Then::Ask,
                     .command = line->call.command,
                     .options = line->call.options,
                     .ask = ask}};
}

QString asTyped(const QString &text)
{
    bool lacksWord = false;
    const auto line = parsed(text, &lacksWord);
    if (!line) {
        const commands::CommandSpec *spec = commands::findCommand(text.section(u' ', 0, 1));
        if (!spec)
            spec = commands::findCommand(text.section(u' ', 0, 0));
        const bool atMachine = spec && spec->entryAccess() == commands::Access::Machine;
        return (atMachine ? u"agenthubctl "_s : u"/"_s) + text;
    }
    if (line->spec->entryAccess() == commands::Access::Machine)
        return u"agenthubctl "_s + text;
    QString typed = u'/' + line->call.command;
    for (const commands::OptionSpec &option : line->spec->options) {
        const QJsonValue value = line->call.options.value(QString(option.name));
        if (!value.isUndefined())
            typed += u' ' + option.name + u':' +
                     (value.isBool() ? (value.toBool() ? u"True"_s : u"False"_s) : value.toVariant().toString());
    }
    return typed;
}

QString sentence(const QString &text)
{
    static const QRegularExpression found(
        uR"((?<line>\bagenthubctl (?<words>[a-z][^\n;,()]*))|(?<option>(?<![\w-])--[a-z][a-z_-]+))"_s);
    QString out;
    qsizetype from = 0;
    for (auto match = found.match(text, from); match.hasMatch(); match = found.match(text, from)) {
        out += escaped(text.mid(from, match.capturedStart() - from));
        if (match.hasCaptured(u"option"_s)) {
            out += u'`' + match.captured(u"option"_s).mid(2).replace(u'-', u'_') + u'`';
            from = match.capturedEnd();
            continue;
        }
        QString rest = match.captured(u"words"_s);
        while (rest.endsWith(u'.') || rest.endsWith(u':') || rest.endsWith(u'"'))
            rest.chop(1);
        const QString line = lineAt(rest.split(u' ', Qt::SkipEmptyParts));
        if (line.isEmpty()) {
            out += escaped(u"agenthubctl"_s);
            from = match.capturedStart() + 11;
            continue;
        }
        const QString typed = asTyped(line);
        out += u'`' + typed + u'`' + (typed.startsWith(u'/') ? QString() : u" in a terminal there"_s);
        // As much of the text as the line takes, whatever blanks are in it.
        from = match.capturedStart(u"words"_s);
        for (qsizetype words = line.count(u' ') + 1; words > 0; --words) {
            while (from < text.size() && text[from] == u' ')
                ++from;
            while (from < text.size() && text[from] != u' ' && text[from] != u'\n' && text[from] != u';' &&
                   text[from] != u',' && text[from] != u')')
                ++from;
        }
        if (from > 0 && (text[from - 1] == u'.' || text[from - 1] == u':') && !line.endsWith(text[from - 1]))
            --from;
    }
    return out + escaped(text.mid(from));
}

} // namespace hub::discord
