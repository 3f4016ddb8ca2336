#include "app/bench/scratch.h"

#include "core/base/durablefile.h"
#include "core/base/program.h"

#include <QFile>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::bench
{

void isolateEnvironment()
{
    static const QTemporaryDir home;
    for (const QString &name : QProcessEnvironment::systemEnvironment().keys()) {
        if (name.startsWith(u"GIT_"_s) || name.startsWith(u"AGENTHUB_"_s) || name.startsWith(u"XDG_"_s))
            qunsetenv(name.toLocal8Bit().constData());
    }
    qputenv("HOME", home.path().toLocal8Bit());
    qputenv("GIT_CONFIG_NOSYSTEM", "1");
    ::umask(022);
}

Result<std::unique_ptr<Scratch>> Scratch::create()
{
    std::unique_ptr<Scratch> scratch(new Scratch);
    if (!scratch->m_folder.isValid())
        return fail(ErrorCode::Storage, scratch->m_folder.errorString(), u"TMPDIR names the folder to use."_s);
    // Git tidies up beside its commands when it likes to; here it would be in what is timed.
    HUB_CHECK(scratch->shell(u"mkdir repo hub && cd repo && git init -q -b main . && git config user.name P && "
                             "git config user.email p@example.org && git config gc.auto 0"_s));
    return scratch;
}

Result<QByteArray> Scratch::shell(const QString &script) const
{
    HUB_TRY(auto ran, runProgram({.program = u"bash"_s,
                                  .arguments = {u"-c"_s, u"set -e\n"_s + script},
                                  .folder = folder(),
                                  .environment = QProcessEnvironment::systemEnvironment(),
                                  .timeLimit = std::chrono::minutes{20}}));
    if (ran.exitCode != 0)
        return fail(ErrorCode::Process, u"%1: %2"_s.arg(script, QString::fromLocal8Bit(ran.err).trimmed()));
    return std::move(ran.out);
}

Result<> writeFile(const QByteArray &path, const QByteArray &bytes)
{
    HUB_TRY(const FileHandle file, openFile(path, O_WRONLY | O_CREAT | O_TRUNC, 0644));
    return writeAll(file.fd(), bytes, path);
}

QByteArray sourceText(std::mt19937 &random, int bytes)
{
    QByteArray text;
    while (text.size() < bytes)
        text += "int value_" + QByteArray::number(random() % 100000) + " = compute(" + QByteArray::number(random()) +
                ");\n";
    return text;
}

Result<qint64> memoryOf(qint64 pid, QByteArrayView field)
{
    const QByteArray folder = "/proc/" + QByteArray::number(pid);
    for (const char *file : {"/smaps_rollup", "/status"}) {
        HUB_TRY(const QByteArray text, readFile(folder + file));
        for (const QByteArray &line : text.split('\n')) {
            if (line.startsWith(field) && line.mid(field.size()).startsWith(':'))
                return line.mid(field.size() + 1).simplified().split(' ').first().toLongLong();
        }
    }
    return fail(ErrorCode::NotFound, u"%1 says no %2."_s.arg(QString::fromLatin1(folder), QString::fromLatin1(field)));
}

void resetPeak()
{
    QFile clear(u"/proc/self/clear_refs"_s);
    if (clear.open(QIODevice::WriteOnly))
        clear.write("5");
}

} // namespace hub::bench
