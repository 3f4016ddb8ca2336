#include "app/ctl/ask.h"

#include "core/base/durablefile.h"
#include "core/base/shellwords.h"
#include "core/commands/bashcompletion.h"
#include "core/commands/exitcode.h"
#include "core/commands/plaintext.h"
#include "core/commands/toolline.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>
#include <QUuid>

#include <fcntl.h>
#include <sys/stat.h>

using namespace Qt::StringLiterals;

namespace hub::ctl
{

using namespace commands;

namespace
{

constexpr ipc::Milliseconds toolPatience{30000};
constexpr ipc::Milliseconds completionPatience{400};

// A text that is "-" comes from standard input; one that was left out and that a person can write, from an editor.
Result<> addText(CommandLine &line, const Terminal &terminal)
{
    for (const OptionSpec &option : line.spec->options) {
        if (!option.rest || option.kind != OptionKind::Text)
            continue;
        const QString key(option.name);
        // assign-task's description may be left out elsewhere, where a form asks for it; here the editor does.
        const bool written = key == line.missingText || (line.call.command == u"assign-task" && key == u"description");
        if (line.call.options.value(key) == u"-"_s) {
            line.call.options[key] = QString::fromUtf8(readStandardInput()).trimmed();
        } else if (written && !line.call.options.contains(key) && terminal.isInteractive()) {
            HUB_TRY(line.call.options[key],
                    option.secret ? terminal.hidden(u"What"_s) : terminal.edited(QString(option.description)));
        }
    }
    HUB_TRY(line.call.options, checkOptions(*line.spec, line.call.options));
    return {};
}

int printPath(const Reply &reply, const Terminal &terminal)
{
    const QString path = reply.data[u"path"_s].toString();
    if (path.isEmpty()) {
        return terminal.report(
            fail(ErrorCode::NotFound, u"This task has no working tree now."_s,
                 u"agenthubctl task-status %1"_s.arg(reply.data[u"task_id"_s].toVariant().toString())));
    }
    // For `cd "$(…)"` the exact name; for eyes a harmless one.
    terminal.print((terminal.writesToTerminal() ? plainText(path, Lines::One) : path) + u'\n');
    return exitcode::done;
}

int finishPreview(ipc::Client &client, CommandCall call, const Reply &preview, const Terminal &terminal)
{
    terminal.print(preview);
    if (call.dryRun)
        return exitcode::done;
    if (!terminal.isInteractive()) {
        terminal.remark(u"Nothing was changed. Add --yes to do it without being asked."_s);
        return exitcode::needsConfirmation;
    }
    if (!terminal.confirmed(u"Do this?"_s)) {
        terminal.remark(u"Nothing was changed."_s);
        return exitcode::needsConfirmation;
    }
    call.confirm = preview.confirm;
    const auto reply = client.execute(call);
    if (!reply)
        return terminal.report(reply.error());
    if (!reply->confirm.isEmpty())
        return finishPreview(client, call, *reply, terminal); // the world changed: a new preview, a new question
    terminal.print(*reply);
    return exitcode::done;
}

// The first cell of a row that looks like a word of the kind, exactly as it is typed. Nothing else leaves here: the
// shell expands what it is given.
QString wordIn(const QStringList &row, OptionKind kind)
{
    static const QRegularExpression settingShape(uR"(\A[a-z][A-Za-z0-9_]*([./-][A-Za-z0-9_]+)+\z)"_s);
    for (const QString &cell : row) {
        switch (kind) {
        case OptionKind::Task:
            if (const auto id = TaskId::parse(cell))
                return id->toString();
            break;
        case OptionKind::Checkpoint:
            if (const auto id = CheckpointId::parse(cell))
                return id->toString();
            break;
        case OptionKind::Agent:
        case OptionKind::Project:
            if (const auto name = AgentName::parse(cell))
                return name->toString();
            break;
        case OptionKind::Setting:
            if (settingShape.match(cell).hasMatch())
                return cell;
            break;
        case OptionKind::Approval:
            if (const auto id = ApprovalId::parse(cell); id && id->toString() == cell)
                return cell;
            break;
        case OptionKind::Alert:
            if (const auto id = AlertId::parse(cell); id && id->toString() == cell)
                return cell;
            break;
        case OptionKind::Operation:
            if (const auto id = OperationId::parse(cell); id && id->toString() == cell)
                return cell;
            break;
        case OptionKind::Message:
            if (const auto id = MessageId::parse(cell); id && id->toString() == cell)
                return cell;
            break;
        default: return {};
        }
    }
    return {};
}

// The view that shows the ids of a kind.
CommandCall viewOf(OptionKind kind)
{
    CommandCall call;
    call.folder = QDir::currentPath();
    switch (kind) {
    case OptionKind::Task:
        call.command = u"tasks"_s;
        call.options = {{u"filter"_s, u"all"_s}};
        break;
    case OptionKind::Checkpoint: call.command = u"rollback show"_s; break;
    case OptionKind::Agent: call.command = u"agents list"_s; break;
    case OptionKind::Project: call.command = u"projects list"_s; break;
    case OptionKind::Approval: call.command = u"approvals"_s; break;
    case OptionKind::Alert: call.command = u"alerts"_s; break;
    case OptionKind::Operation: call.command = u"audit list"_s; break;
    case OptionKind::Message: call.command = u"queue list"_s; break;
    default: call.command = u"config list"_s; break;
    }
    return call;
}

// What was done stays done, whatever is answered; no answer is the first choice that does nothing.
int choose(ipc::Client &client, const QList<Choice> &choices, const Terminal &terminal)
{
    const auto number = terminal.chosen(u"And now?"_s, int(choices.size()));
    const QString command = number ? choices[*number - 1].command : QString();
    if (command.isEmpty()) {
        terminal.remark(u"It stays as it is."_s);
        return exitcode::done;
    }
    const auto line = parseCommandLine(command.split(u' '), {});
    return line ? runCommand(client, *line, terminal) : terminal.report(line.error());
}

// What an option names is read here, where the files are: the hub may be on another machine.
Result<> addFiles(CommandLine &line)
{
    for (const OptionSpec &option : line.spec->options) {
        const QString given = line.call.options.value(option.name).toString();
        if (option.kind != OptionKind::File || given.isEmpty())
            continue;
        HUB_TRY(const QStringList paths, splitWords(given));
        for (const QString &path : paths) {
            HUB_TRY(const FileHandle file, openFile(QFile::encodeName(path), O_RDONLY | O_NONBLOCK));
            struct stat status;
            if (::fstat(file.fd(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > mostFileBytes)
                return fail(ErrorCode::InvalidInput, u"%1 is no file of at most %2 MiB; nothing was sent."_s.arg(
                                                         path, QString::number(mostFileBytes >> 20)));
            HUB_TRY(const QByteArray bytes, readFile(QFile::encodeName(path)));
            line.call.files.append({QFileInfo(path).fileName(), bytes});
        }
    }
    return {};
}

} // namespace

int runCommand(ipc::Client &client, const CommandLine &given, const Terminal &terminal)
{
    CommandLine line = given;
    if (auto complete = addText(line, terminal); !complete)
        return terminal.report(complete.error());
    if (auto read = addFiles(line); !read)
        return terminal.report(read.error());
    line.call.folder = QDir::currentPath();
    auto reply = client.execute(line.call);
    if (!reply && reply.error().code == ErrorCode::Conflict && !client.isConnected() &&
        line.spec->effect == Effect::Read)
        reply = client.execute(line.call); // a view may be asked for again: the hub was restarted
    if (!reply)
        return terminal.report(reply.error());
    if (!reply->confirm.isEmpty())
        return finishPreview(client, line.call, *reply, terminal);
    if (line.path)
        return printPath(*reply, terminal);
    terminal.print(*reply);
    if (!reply->choices.isEmpty() && terminal.isInteractive())
        return choose(client, reply->choices, terminal);
    return exitcode::done;
}

int overview(ipc::Client &client, const Terminal &terminal)
{
    CommandCall tasks;
    tasks.command = u"tasks"_s;
    tasks.options = {{u"filter"_s, u"needs-me"_s}};
    tasks.folder = QDir::currentPath();
    CommandCall health;
    health.command = u"system-health"_s;
    const auto needsMe = client.execute(tasks);
    if (!needsMe)
        return terminal.report(needsMe.error());
    const auto state = client.execute(health);
    if (!state)
        return terminal.report(state.error());
    if (terminal.isJson()) {
        terminal.print(QJsonObject{{u"tasks"_s, needsMe->data}, {u"health"_s, state->data}});
        return exitcode::done;
    }
    constexpr qsizetype mostLines = 10;
    QStringList healthLines = toText(*state, terminal.format()).split(u'\n', Qt::SkipEmptyParts);
    QStringList taskLines = toText(*needsMe, terminal.format()).split(u'\n', Qt::SkipEmptyParts);
    // Health gives way first, down to three lines: what needs a person is why one looks.
    const qsizetype healthShare = std::max<qsizetype>(3, mostLines - taskLines.size());
    healthLines = healthLines.first(std::min(healthShare, healthLines.size()));
    const qsizetype left = mostLines - healthLines.size();
    if (taskLines.size() > left) {
        taskLines = taskLines.first(left - 1);
        taskLines << u"… agenthubctl tasks needs-me"_s;
    }
    terminal.print((healthLines + taskLines).join(u'\n') + u'\n');
    return exitcode::done;
}

int runTool(ipc::Client &client, const QStringList &words, const Terminal &terminal)
{
    const auto line = parseToolLine(words, words.contains(u"-"_s) ? readStandardInput() : QByteArray());
    if (!line)
        return terminal.report(line.error());
    if (!line->spec) {
        terminal.print(line->help);
        return exitcode::done;
    }
    const QString key = u"ctl-"_s + QUuid::createUuid().toString(QUuid::WithoutBraces);
    const auto result = client.callTool(QString(line->spec->name), line->arguments, key, toolPatience);
    if (!result)
        return terminal.report(result.error());
    terminal.print(*result);
    return exitcode::done;
}

int completeWords(ipc::Client &client, const QStringList &words, const Terminal &terminal)
{
    const auto kind = completionKindFromText(words.value(0));
    if (!kind || !client.connect(completionPatience))
        return exitcode::done;
    const auto reply = client.execute(viewOf(*kind), completionPatience);
    if (!reply)
        return exitcode::done;
    QStringList found;
    if (*kind == OptionKind::Agent)
        found << u"all"_s; // pause-agent and resume-agent take it
    for (const Table &table : reply->tables) {
        for (const QStringList &row : table.rows) {
            const QString word = wordIn(row, *kind);
            if (!word.isEmpty() && !found.contains(word))
                found << word;
        }
    }
    terminal.print(found.isEmpty() ? QString() : found.join(u'\n') + u'\n');
    return exitcode::done;
}

} // namespace hub::ctl
