#include "app/ctl/demo.h"

#include "app/ctl/demostage.h"
#include "core/commands/exitcode.h"
#include "core/commands/plaintext.h"
#include "core/posix/procfs.h"

#include <QDateTime>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace hub::ctl
{

namespace
{

using namespace commands;
using SteadyClock = std::chrono::steady_clock;

constexpr int spokenMessages = 24; // said while the hub is killed and started again
constexpr auto stepLimit = 20s;

// What a process has written so far, as the kernel counts it: a witness beside the hub.
qint64 bytesWrittenBy(qint64 pid)
{
    QFile file(u"/proc/%1/io"_s.arg(pid));
    if (!file.open(QIODevice::ReadOnly))
        return -1;
    for (const QByteArray &line : file.readAll().split('\n')) {
        if (line.startsWith("wchar:"))
            return line.mid(6).trimmed().toLongLong();
    }
    return -1;
}

class Demo
{
public:
    Demo(DemoStage &stage, const Terminal &terminal)
        : m_stage(stage)
        , m_terminal(terminal)
    {
    }

    Result<> play()
    {
        HUB_CHECK(setUp());
        HUB_CHECK(assign());
        HUB_CHECK(killTheHub());
        HUB_CHECK(checkpoints());
        HUB_CHECK(ruin());
        HUB_CHECK(rollBack());
        HUB_CHECK(undo());
        return audit();
    }

    int proved() const { return m_proved; }

private:
    // --- what is shown
    QString coloured(const char *code, const QString &text) const
    {
        return m_terminal.format().colour ? u"\x1b[%1m%2\x1b[0m"_s.arg(QLatin1StringView(code), text) : text;
    }
    void head(const QString &title)
    {
        m_terminal.print(u'\n' + coloured("1", u"%1. %2"_s.arg(++m_chapter).arg(title)) + u'\n');
    }
    void tell(const QString &text)
    {
        m_terminal.print(u"   "_s + commands::plainText(text, commands::Lines::One) + u'\n');
    }
    Result<> prove(bool holds, const QString &what)
    {
        if (!holds)
            return fail(ErrorCode::Conflict, u"This does not hold: "_s + what);
        ++m_proved;
        m_terminal.print(u" "_s + coloured("32", u"✓"_s) + u' ' + commands::plainText(what, commands::Lines::One) +
                         u'\n');
        return {};
    }

    // --- what is asked
    Result<QJsonObject> status()
    {
        HUB_TRY(const Reply reply, m_stage.ask(u"task-status"_s, {{u"task_id"_s, m_task}}));
        return reply.data;
    }
    Result<QStringList> messages(const QString &kind)
    {
        HUB_TRY(const Reply log, m_stage.ask(u"task-log"_s, {{u"task_id"_s, m_task}, {u"limit"_s, 500}}));
        QStringList texts;
        for (const QJsonValue &message : log.data[u"messages"_s].toArray()) {
            if (message[u"kind"_s].toString() == kind)
                texts << message[u"text"_s].toString().split(u'\n');
        }
        return texts;
    }
    // Shows the steps as they come, until `enough` says so.
    Result<QJsonObject> follow(const std::function<Result<bool>(const QJsonObject &)> &enough)
    {
        const auto deadline = SteadyClock::now() + stepLimit;
        for (;;) {
            HUB_TRY(const QJsonObject now, status());
            const QString step =
                u"%1 %  %2"_s.arg(qRound(now[u"progress"_s].toDouble()), 3).arg(now[u"step"_s].toString());
            if (step != m_shownStep && !now[u"step"_s].toString().isEmpty()) {
                m_shownStep = step;
                tell(step);
            }
            HUB_TRY(const bool done, enough(now));
            if (done)
                return now;
            const QString state = now[u"state"_s].toString();
            if (SteadyClock::now() > deadline || state == u"failed" || state == u"cancelled") {
                return fail(ErrorCode::Timeout,
                            u"The task does not get on: it is %1, %2"_s.arg(state, now[u"reason"_s].toString()),
                            u"Look into agenthubd.log with --keep."_s);
            }
            HUB_CHECK(DemoStage::wait(50ms));
        }
    }
    Result<QJsonObject> followTurn()
    {
        return follow(
            [](const QJsonObject &now) -> Result<bool> { return now[u"state"_s].toString() == u"needs_review"; });
    }

    // --- the chapters
    Result<> setUp();
    Result<> assign();
    Result<> killTheHub();
    Result<> checkpoints();
    Result<> ruin();
    Result<> rollBack();
    Result<> undo();
    Result<> audit();

    DemoStage &m_stage;
    const Terminal &m_terminal;
    int m_chapter = 0;
    int m_proved = 0;
    QString m_task;
    QString m_tree;
    QString m_shownStep;
    QString m_checkpoint; // before the ruin
    QString m_operation;
    TreeProof m_good, m_ruined;
    QString m_mainBefore;
};

Result<> put(const QString &path, const QByteArray &bytes, unsigned mode = 0644)
{
    return writeFileDurably(QFile::encodeName(path), bytes, mode);
}

Result<> Demo::setUp()
{
    head(u"A repository and a hub of its own"_s);
    tell(m_stage.folder());
    const QString repository = m_stage.repository();
    HUB_CHECK(put(repository + u"/README.md"_s, "# Demo\n\nA small project.\n"));
    HUB_CHECK(put(repository + u"/src/hello.py"_s, "print('hello')\n"));
    HUB_CHECK(put(repository + u"/src/windows.txt"_s, "line ends\r\nof two\nkinds\r\n"));
    HUB_CHECK(put(repository + u"/run.sh"_s, "#!/bin/sh\npython3 src/hello.py\n", 0755));
    HUB_CHECK(put(repository + u"/data/blob.bin"_s, QByteArray("\x00\xff\x00\x01 not text", 13).repeated(1000)));
    for (const QStringList &arguments : {QStringList{u"init"_s, u"-q"_s, u"-b"_s, u"main"_s},
                                         {u"config"_s, u"user.name"_s, u"Demo"_s},
                                         {u"config"_s, u"user.email"_s, u"demo@example.org"_s},
                                         {u"add"_s, u"."_s},
                                         {u"commit"_s, u"-q"_s, u"-m"_s, u"Begin"_s}})
        HUB_CHECK(DemoStage::git(repository, arguments));
    HUB_TRY(m_mainBefore, DemoStage::git(repository, {u"rev-parse"_s, u"main"_s}));

    const auto begun = SteadyClock::now();
    HUB_CHECK(m_stage.startHub());
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - begun).count();
    HUB_CHECK(prove(true, u"agenthubd (pid %1) answers, after %2 ms"_s.arg(m_stage.hubPid()).arg(took)));
    const QString program =
        QFileInfo(QFileInfo(u"/proc/self/exe"_s).symLinkTarget()).path() + u"/agenthub-example-agent"_s;
    HUB_CHECK(m_stage.ask(u"agents add"_s, {{u"agent"_s, u"example"_s}, {u"command"_s, u"\"%1\""_s.arg(program)}}));
    HUB_CHECK(m_stage.ask(u"agents set"_s,
                          {{u"agent"_s, u"example"_s}, {u"key"_s, u"adapter"_s}, {u"value"_s, u"jsonrpc"_s}}));
    HUB_CHECK(m_stage.ask(u"projects add"_s, {{u"source"_s, repository}}));
    HUB_TRY(const QString changes, DemoStage::git(repository, {u"status"_s, u"--porcelain"_s}));
    return prove(changes.isEmpty(), u"the hub knows the project; the person's checkout is as it was"_s);
}

Result<> Demo::assign()
{
    head(u"An agent works on a task"_s);
    QStringList script{u"Greet people in their own language."_s,
                       u"step Reading the project 10"_s,
                       u"read"_s,
                       u"sleep 400"_s,
                       u"step Writing the greetings 25"_s,
                       u"write src/greetings.py greetings = {'en': 'hello', 'de': 'hallo'}\\n"_s,
                       u"append README.md \\nIt greets in two languages.\\n"_s,
                       u"sleep 400"_s,
                       u"checkpoint The greetings are written"_s,
                       u"step Thinking aloud 40"_s};
    for (int i = 1; i <= spokenMessages; ++i)
        script << u"say message %1"_s.arg(i) << u"sleep 120"_s;
    script << u"step Committing 80"_s << u"commit Greet in two languages -- src/greetings.py README.md"_s
           << u"write notes.txt not committed yet\\n"_s << u"step Ready for review 90"_s;
    HUB_TRY(const Reply assigned, m_stage.ask(u"assign-task"_s, {{u"description"_s, script.join(u'\n')},
                                                                 {u"agent"_s, u"example"_s},
                                                                 {u"project"_s, u"project"_s}}));
    m_task = assigned.data[u"task_id"_s].toVariant().toString();
    tell(assigned.text);
    HUB_TRY(const QJsonObject now, follow([this](const QJsonObject &) -> Result<bool> {
                HUB_TRY(const QStringList said, messages(u"output"_s));
                return said.contains(u"message 3"_s);
            }));
    m_tree = now[u"path"_s].toString();
    HUB_CHECK(prove(m_tree != m_stage.repository() && QFile::exists(m_tree + u"/src/greetings.py"_s),
                    u"it works in a tree of its own, on branch %1"_s.arg(now[u"branch"_s].toString())));
    HUB_TRY(const QString backup, DemoStage::git(m_stage.repository(), {u"rev-parse"_s, u"--verify"_s, u"--quiet"_s,
                                                                        now[u"backup_branch"_s].toString()}));
    return prove(!backup.isEmpty(),
                 u"before it began, a backup branch was made: "_s + now[u"backup_branch"_s].toString());
}

Result<> Demo::killTheHub()
{
    head(u"The hub is killed in the middle of the work"_s);
    HUB_TRY(const QJsonObject before, status());
    const qint64 pid = before[u"pid"_s].toInteger();
    const auto process = posix::readStat(pid_t(pid));
    HUB_CHECK(prove(process.has_value(), u"the agent is process %1"_s.arg(pid)));
    HUB_TRY(const QStringList heard, messages(u"output"_s));
    HUB_CHECK(m_stage.killHub());
    tell(u"agenthubd was ended by SIGKILL after message %1 of %2."_s.arg(heard.last().section(u' ', 1))
             .arg(spokenMessages));
    const qint64 written = bytesWrittenBy(pid);
    HUB_CHECK(DemoStage::wait(900ms));
    const auto alone = posix::readStat(pid_t(pid));
    const qint64 meanwhile = bytesWrittenBy(pid) - written;
    HUB_CHECK(prove(alone && alone->id == process->id && !alone->isGone() && meanwhile > 0,
                    u"with no hub the agent goes on: it has written %1 bytes meanwhile"_s.arg(meanwhile)));
    HUB_CHECK(m_stage.startHub());
    tell(u"agenthubd was started again, as process %1."_s.arg(m_stage.hubPid()));
    HUB_TRY(const QJsonObject after, status());
    HUB_CHECK(
        prove(after[u"pid"_s] == before[u"pid"_s] && after[u"run"_s] == before[u"run"_s],
              u"it has taken the same agent over: process %1, run %2"_s.arg(pid).arg(after[u"run"_s].toString())));
    HUB_CHECK(followTurn());
    const auto stillThere = posix::readStat(pid_t(pid));
    HUB_CHECK(prove(stillThere && stillThere->id == process->id, u"the turn was ended by that very process"_s));
    HUB_TRY(const QStringList said, messages(u"output"_s));
    QStringList expected;
    for (int i = 1; i <= spokenMessages; ++i)
        expected << u"message %1"_s.arg(i);
    QStringList numbered = said;
    numbered.removeIf([](const QString &text) { return !text.startsWith(u"message "); });
    HUB_CHECK(
        prove(numbered == expected, u"messages 1 to %1 are all there, each once and in order"_s.arg(spokenMessages)));
    HUB_TRY(const QStringList steps, messages(u"step"_s));
    return prove(steps == QStringList{u"Reading the project"_s, u"Writing the greetings"_s, u"Thinking aloud"_s,
                                      u"Committing"_s, u"Ready for review"_s},
                 u"each of the 5 steps was reported once"_s);
}

Result<> Demo::checkpoints()
{
    head(u"What one could go back to"_s);
    HUB_TRY(const Reply saved,
            m_stage.ask(u"checkpoint"_s, {{u"task_id"_s, m_task}, {u"notes"_s, u"before the next order"_s}}));
    HUB_TRY(const Reply shown, m_stage.ask(u"rollback show"_s, {{u"task_id"_s, m_task}}));
    const QJsonArray list = shown.data[u"checkpoints"_s].toArray();
    for (const QJsonValue &checkpoint : list)
        tell(u"%1  %2  %3"_s.arg(checkpoint[u"checkpoint_id"_s].toString(),
                                 checkpoint[u"type"_s].toString().leftJustified(9), checkpoint[u"notes"_s].toString()));
    m_checkpoint = list.first()[u"checkpoint_id"_s].toString();
    HUB_CHECK(prove(list.first()[u"notes"_s].toString() == u"before the next order",
                    u"checkpoint %1 holds files and conversation as they are now"_s.arg(m_checkpoint)));
    HUB_TRY(m_good, proofOf(m_tree));
    tell(u"Our own hash over files, modes, index and HEAD: "_s + m_good.hash());
    return {};
}

Result<> Demo::ruin()
{
    head(u"The agent goes wild"_s);
    HUB_CHECK(m_stage.ask(u"say"_s, {{u"task_id"_s, m_task}, {u"message"_s, u"step Tidying up 95\nruin"_s}}));
    HUB_CHECK(
        follow([](const QJsonObject &now) -> Result<bool> { return now[u"step"_s].toString() == u"Tidying up"; }));
    HUB_CHECK(followTurn());
    HUB_TRY(m_ruined, proofOf(m_tree));
    tell(differenceText(m_good, m_ruined));
    HUB_TRY(const QJsonObject now, status());
    const auto branch = DemoStage::git(m_stage.repository(), {u"rev-parse"_s, u"--verify"_s, u"--quiet"_s,
                                                              u"refs/heads/"_s + now[u"branch"_s].toString()});
    HUB_CHECK(
        prove(m_ruined != m_good && !branch, u"files are overwritten and deleted, and its branch is gone from git"_s));
    HUB_TRY(const QString main, DemoStage::git(m_stage.repository(), {u"rev-parse"_s, u"main"_s}));
    HUB_TRY(const QString changes, DemoStage::git(m_stage.repository(), {u"status"_s, u"--porcelain"_s}));
    return prove(main == m_mainBefore && changes.isEmpty(), u"the person's own branch and checkout are as they were"_s);
}

Result<> Demo::rollBack()
{
    head(u"Back to checkpoint %1"_s.arg(m_checkpoint));
    const QJsonObject target{{u"task_id"_s, m_task}, {u"checkpoint_id"_s, m_checkpoint}};
    HUB_TRY(const Reply plan, m_stage.preview(u"rollback task_checkpoint"_s, target));
    tell(u"Preview: "_s + plan.text);
    HUB_TRY(const TreeProof untouched, proofOf(m_tree));
    HUB_CHECK(prove(untouched == m_ruined, u"the preview changed nothing"_s));
    HUB_TRY(const Reply receipt, m_stage.ask(u"rollback task_checkpoint"_s, target));
    tell(u"Receipt: "_s + receipt.title);
    for (const auto &field : receipt.fields)
        tell(u"  %1: %2"_s.arg(field.name, field.value));
    m_operation = receipt.data[u"operation"_s].toString();
    HUB_CHECK(
        prove(receipt.data[u"exact"_s].toBool(), u"the hub says that every file is exactly as in the checkpoint"_s));
    HUB_TRY(const TreeProof back, proofOf(m_tree));
    return prove(
        back == m_good,
        u"our own hash says the same: %1 (branch, index and %2 files)"_s.arg(back.hash()).arg(back.files.size()));
}

Result<> Demo::undo()
{
    head(u"And the way back from the way back"_s);
    HUB_TRY(const Reply undone, m_stage.ask(u"rollback undo"_s, {{u"operation_id"_s, m_operation}}));
    HUB_TRY(const TreeProof ruined, proofOf(m_tree));
    HUB_CHECK(prove(ruined == m_ruined, u"%1: the ruined tree is back, byte for byte"_s.arg(undone.title)));
    HUB_TRY(const Reply again,
            m_stage.ask(u"rollback undo"_s, {{u"operation_id"_s, undone.data[u"operation"_s].toString()}}));
    HUB_TRY(const TreeProof good, proofOf(m_tree));
    return prove(good == m_good, u"%1: the good tree again, %2"_s.arg(again.title, good.hash()));
}

Result<> Demo::audit()
{
    head(u"Who did what"_s);
    HUB_CHECK(m_stage.ask(u"cancel-task"_s, {{u"task_id"_s, m_task}, {u"reason"_s, u"the demo is over"_s}}));
    HUB_TRY(const Reply listed, m_stage.ask(u"audit list"_s, {{u"limit"_s, 50}}));
    const QJsonArray entries = listed.data[u"audit"_s].toArray();
    QStringList actions;
    for (qsizetype i = entries.size(); i-- > 0;) {
        const QJsonValue entry = entries[i];
        actions << entry[u"action"_s].toString();
        const auto at = QDateTime::fromString(entry[u"at"_s].toString(), Qt::ISODateWithMs).toLocalTime();
        tell(u"%1  %2  %3  %4"_s.arg(at.toString(u"HH:mm:ss"_s), entry[u"who"_s].toString().leftJustified(10),
                                     actions.last().leftJustified(24), entry[u"outcome"_s].toString()));
    }
    bool complete = true;
    for (const QString &expected : {u"projects add"_s, u"assign-task"_s, u"say"_s, u"rollback task_checkpoint"_s,
                                    u"rollback undo"_s, u"cancel-task"_s})
        complete = complete && actions.contains(expected);
    HUB_CHECK(prove(complete, u"everything that was done is in the audit trail"_s));
    HUB_TRY(const Reply verified, m_stage.ask(u"audit verify"_s, {}));
    return prove(verified.severity == commands::Severity::Ok, verified.title + u": "_s + verified.text);
}

} // namespace

int runDemo(const QStringList &words, const Terminal &terminal)
{
    QStringList rest = words;
    const bool keep = rest.removeAll(u"--keep"_s) > 0;
    if (rest == QStringList{u"--help"_s} || rest == QStringList{u"-h"_s}) {
        terminal.print(u"agenthubctl demo [--keep]\n\nShows on a repository and a hub of its own what the hub "
                       u"promises, and checks it.\n"
                       "  --keep  leave its folder for a look\n"_s);
        return exitcode::done;
    }
    if (!rest.isEmpty())
        return terminal.report(
            fail(ErrorCode::InvalidInput, u"demo does not take '%1', only --keep."_s.arg(rest.first().left(80))));
    const auto begun = SteadyClock::now();
    DemoStage stage(keep);
    Demo demo(stage, terminal);
    auto played = stage.open();
    if (played)
        played = demo.play();
    const QStringList problems = stage.close();
    if (!played)
        terminal.report(played.error());
    for (const QString &problem : problems)
        terminal.remark(problem);
    if (keep && !stage.folder().isEmpty())
        terminal.print(u"\nEverything is kept in %1.\n"_s.arg(stage.folder()));
    if (!played || !problems.isEmpty())
        return exitcode::failed;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(SteadyClock::now() - begun).count();
    terminal.print(u"\n%1 checks held, in %2 s; nothing is left running.\n"_s.arg(demo.proved()).arg(seconds));
    return exitcode::done;
}

} // namespace hub::ctl
