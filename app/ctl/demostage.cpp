#include "app/ctl/demostage.h"

#include "core/base/program.h"
#include "core/posix/procfs.h"

#include <QCryptographicHash>
#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QFileInfo>

#include <csignal>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace hub::ctl
{

namespace
{

constexpr auto hubStartLimit = 15s;
constexpr ipc::Milliseconds commandLimit = 20s;

volatile std::sig_atomic_t interrupted = 0;

void onInterrupt(int) { interrupted = 1; }

QByteArray contentOf(const QFileInfo &info)
{
    if (info.isSymLink()) {
        char target[4096];
        const ssize_t length = ::readlink(QFile::encodeName(info.filePath()).constData(), target, sizeof target);
        return QByteArray(target, std::max<ssize_t>(length, 0));
    }
    QFile file(info.filePath());
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("unreadable");
}

// Without what belongs to the person's own hub, Discord or git set-up.
QProcessEnvironment cleanEnvironment()
{
    auto environment = QProcessEnvironment::systemEnvironment();
    for (const QString &name : environment.keys()) {
        if (name.startsWith(u"AGENTHUB_"_s) || name.startsWith(u"DISCORD_"_s) || name.startsWith(u"SAFETY_"_s) ||
            name.startsWith(u"GIT_"_s))
            environment.remove(name);
    }
    return environment;
}

} // namespace

QString TreeProof::hash() const
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    hash.addData((files.join(u'\n') + u'\n' + index + u'\n' + head).toUtf8());
    return QString::fromLatin1(hash.result().toHex().first(16));
}

Result<TreeProof> proofOf(const QString &tree)
{
    TreeProof proof;
    QDirIterator walk(tree, QDir::Files | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot,
                      QDirIterator::Subdirectories);
    while (walk.hasNext()) {
        const QFileInfo info(walk.next());
        const QString path = QDir(tree).relativeFilePath(info.filePath());
        if (path == u".git" || path.startsWith(u".git/"))
            continue;
        struct stat status {
        };
        if (::lstat(QFile::encodeName(info.filePath()).constData(), &status) != 0)
            return systemError(errno, u"look at", QFile::encodeName(info.filePath()));
        const QByteArray hash = QCryptographicHash::hash(contentOf(info), QCryptographicHash::Sha256).toHex();
        // The path first, so that the order is that of the paths.
        proof.files << u"%1 %2 %3"_s.arg(path, QString::number(status.st_mode, 8), QString::fromLatin1(hash));
    }
    proof.files.sort();
    HUB_TRY(proof.index, DemoStage::git(tree, {u"ls-files"_s, u"--stage"_s}));
    HUB_TRY(const QString commit, DemoStage::git(tree, {u"rev-parse"_s, u"HEAD"_s}));
    const auto branch = DemoStage::git(tree, {u"symbolic-ref"_s, u"--quiet"_s, u"HEAD"_s});
    proof.head = branch.valueOr(u"detached"_s) + u' ' + commit;
    return proof;
}

QString differenceText(const TreeProof &before, const TreeProof &after)
{
    QMap<QString, QString> was, is;
    for (const QString &file : before.files)
        was.insert(file.section(u' ', 0, -3), file);
    for (const QString &file : after.files)
        is.insert(file.section(u' ', 0, -3), file);
    int changed = 0, gone = 0, added = 0;
    for (auto it = was.cbegin(); it != was.cend(); ++it) {
        gone += !is.contains(it.key());
        changed += is.contains(it.key()) && is[it.key()] != *it;
    }
    for (auto it = is.cbegin(); it != is.cend(); ++it)
        added += !was.contains(it.key());
    QString text = u"%1 files changed, %2 gone, %3 new"_s.arg(changed).arg(gone).arg(added);
    if (before.index != after.index)
        text += u"; the index differs"_s;
    if (before.head != after.head)
        text += u"; HEAD was %1, is %2"_s.arg(before.head.section(u' ', 0, 0), after.head.section(u' ', 0, 0));
    return text;
}

DemoStage::DemoStage(bool keep)
    : m_keep(keep)
{
    // From here on Ctrl-C only ends the waiting, so that the stage is always taken down.
    struct sigaction action {
    };
    action.sa_handler = &onInterrupt;
    for (int number : {SIGINT, SIGTERM, SIGHUP})
        ::sigaction(number, &action, nullptr);
}

DemoStage::~DemoStage()
{
    if (!m_closed)
        close();
}

Result<> DemoStage::open()
{
    m_programs = QFileInfo(QFileInfo(u"/proc/self/exe"_s).symLinkTarget()).path();
    for (const QString &name : {u"agenthubd"_s, u"agenthub-example-agent"_s}) {
        if (!QFileInfo(m_programs + u'/' + name).isExecutable()) {
            return fail(ErrorCode::NotFound,
                        u"%1 is not beside this program in %2, so there is nothing to show."_s.arg(name, m_programs),
                        u"Install AgentHub as a whole."_s);
        }
    }
    QByteArray pattern = QFile::encodeName(QDir::tempPath()) + "/agenthub-demo-XXXXXX";
    if (!::mkdtemp(pattern.data()))
        return systemError(errno, u"make", pattern);
    m_folder = QFile::decodeName(pattern);
    HUB_CHECK(makeFolders(QFile::encodeName(repository())));
    return {};
}

Result<> DemoStage::startHub()
{
    m_client.reset();
    m_hub = std::make_unique<QProcess>();
    m_hub->setProcessEnvironment(cleanEnvironment());
    m_hub->setStandardOutputFile(QProcess::nullDevice());
    m_hub->setStandardErrorFile(m_folder + u"/agenthubd.log"_s, QIODevice::Append);
    m_hub->setChildProcessModifier([] {
        ::setsid();                         // Ctrl-C is for us: we end it after its agents
        ::prctl(PR_SET_PDEATHSIG, SIGTERM); // and it does not outlive us
    });
    m_hub->start(m_programs + u"/agenthubd"_s,
                 {u"--data-dir"_s, dataDir(), u"--config"_s, m_folder + u"/agenthub.ini"_s});
    if (!m_hub->waitForStarted(10000))
        return fail(ErrorCode::Process, u"agenthubd can't be started: %1"_s.arg(m_hub->errorString()));
    const auto deadline = std::chrono::steady_clock::now() + hubStartLimit;
    m_client = std::make_unique<ipc::Client>(dataDir());
    for (;;) {
        const auto answered = m_client->request(u"hello"_s, {{u"origin"_s, u"terminal"_s}}, 2000ms);
        if (answered)
            return {};
        if (m_hub->waitForFinished(0) || std::chrono::steady_clock::now() > deadline) {
            QFile log(m_folder + u"/agenthubd.log"_s);
            const QString said = log.open(QIODevice::ReadOnly)
                                     ? QString::fromUtf8(log.readAll()).trimmed().section(u'\n', -3)
                                     : QString();
            return fail(ErrorCode::NoHub, u"agenthubd does not answer (%1). Its log ends with:\n%2"_s.arg(
                                              answered.error().message, said));
        }
        HUB_CHECK(wait(1ms)); // agenthub-bench times this
    }
}

Result<> DemoStage::killHub()
{
    m_hub->kill();
    if (!m_hub->waitForFinished(5000))
        return fail(ErrorCode::Process, u"agenthubd can't be killed."_s);
    m_client.reset();
    return {};
}

qint64 DemoStage::hubPid() const { return m_hub ? m_hub->processId() : 0; }

Result<commands::Reply> DemoStage::ask(const QString &command, const QJsonObject &options)
{
    return execute(command, options, true);
}

Result<commands::Reply> DemoStage::preview(const QString &command, const QJsonObject &options)
{
    return execute(command, options, false);
}

Result<commands::Reply> DemoStage::execute(const QString &command, const QJsonObject &options, bool yes)
{
    HUB_CHECK(wait(0ms));
    commands::CommandCall call{.command = command, .options = options};
    call.yes = yes;
    call.dryRun = !yes;
    call.folder = repository();
    auto reply = m_client->execute(call, commandLimit);
    if (!reply)
        return std::move(reply).error().within(command);
    return reply;
}

Result<QString> DemoStage::git(const QString &folder, const QStringList &arguments)
{
    HUB_TRY(
        const auto ran,
        runProgram({.program = u"git"_s, .arguments = arguments, .folder = folder, .environment = cleanEnvironment()}));
    if (ran.exitCode != 0)
        return fail(ErrorCode::Git, u"git %1: %2"_s.arg(arguments.join(u' '), QString::fromUtf8(ran.err).trimmed()));
    return QString::fromUtf8(ran.out).trimmed();
}

Result<> DemoStage::wait(std::chrono::milliseconds time)
{
    const auto until = std::chrono::steady_clock::now() + time;
    for (;;) {
        if (interrupted)
            return fail(ErrorCode::ShuttingDown, u"Interrupted."_s);
        const auto left = until - std::chrono::steady_clock::now();
        if (left <= 0ms)
            return {};
        ::usleep(useconds_t(
            std::chrono::duration_cast<std::chrono::microseconds>(std::min<std::chrono::nanoseconds>(left, 20ms))
                .count()));
    }
}

// Shims have their run's folder in their arguments; agents and what they started carry the mark of their run.
std::vector<pid_t> DemoStage::processesOfDemo() const
{
    std::vector<pid_t> found;
    for (const QString &run : QDir(dataDir() + u"/runs"_s).entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        for (const auto &process : posix::processesWithMark(run.toStdString()).found)
            found.push_back(process.pid);
    }
    const QByteArray folder = QFile::encodeName(m_folder) + '/';
    for (const QString &name : QDir(u"/proc"_s).entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        QFile program(u"/proc/"_s + name + u"/comm"_s), arguments(u"/proc/"_s + name + u"/cmdline"_s);
        if (program.open(QIODevice::ReadOnly) && program.readAll() == "agenthub-shim\n" &&
            arguments.open(QIODevice::ReadOnly) && arguments.readAll().contains(folder))
            found.push_back(pid_t(name.toLongLong()));
    }
    return found;
}

QStringList DemoStage::close()
{
    m_closed = true;
    m_client.reset();
    if (m_hub && m_hub->state() != QProcess::NotRunning) {
        m_hub->terminate();
        if (!m_hub->waitForFinished(10000)) {
            m_hub->kill();
            m_hub->waitForFinished(5000);
        }
    }
    QStringList problems;
    if (m_folder.isEmpty())
        return problems;
    // Agents outlive their hub, so those that a failure left behind are ended here. One that ends may show another.
    std::vector<pid_t> left = processesOfDemo();
    for (int i = 0; i < 100 && !left.empty(); ++i) {
        for (pid_t pid : left)
            ::kill(pid, SIGKILL);
        ::usleep(20'000);
        left = processesOfDemo();
    }
    for (pid_t pid : left)
        problems << u"Process %1 does not end."_s.arg(pid);
    if (!m_keep) {
        if (auto removed = removeTree(QFile::encodeName(m_folder)); !removed)
            problems << removed.error().message;
    }
    return problems;
}

} // namespace hub::ctl
