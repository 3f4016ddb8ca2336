// What the example agent does to files.
#include "examples/exampleagent.h"

#include "core/base/program.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub::example
{

namespace
{

// A text of one line in a prompt may stand for several.
QByteArray unfolded(const QString &text)
{
    QString unfolded = text;
    return unfolded.replace(u"\\n"_s, u"\n"_s).toUtf8();
}

Error fileError(const QString &doing, const QFile &file)
{
    return fail(ErrorCode::Storage, u"cannot %1 %2: %3"_s.arg(doing, file.fileName(), file.errorString()));
}

// In a fixed order, so that a run can be repeated.
QStringList filesOfTree()
{
    QStringList files;
    QDirIterator walk(u"."_s, QDir::Files | QDir::Hidden | QDir::NoDotAndDotDot, QDirIterator::Subdirectories);
    while (walk.hasNext()) {
        const QString path = walk.next().mid(2);
        if (path != u".git" && !path.startsWith(u".git/"))
            files << path;
    }
    files.sort();
    return files;
}

Result<> put(const QString &path, const QByteArray &bytes, QIODevice::OpenMode mode)
{
    if (const qsizetype slash = path.lastIndexOf(u'/'); slash > 0)
        QDir().mkpath(path.first(slash));
    QFile file(path);
    if (!file.open(mode) || file.write(bytes) != bytes.size() || !file.flush())
        return fileError(u"write"_s, file);
    return {};
}

} // namespace

Result<> ExampleAgent::readTree() { return say(u"The tree has %1 files."_s.arg(filesOfTree().size())); }

Result<> ExampleAgent::writeFile(const QString &rest, bool append)
{
    const QString path = rest.section(u' ', 0, 0);
    const QByteArray bytes = unfolded(rest.section(u' ', 1));
    if (append && m_mayBeDone) {
        // Writing a file twice changes nothing; appending twice does, so look first.
        QFile file(path);
        if (file.open(QIODevice::ReadOnly) && file.readAll().endsWith(bytes))
            return {};
    }
    return put(path, bytes, append ? QIODevice::Append : QIODevice::WriteOnly);
}

Result<> ExampleAgent::deleteFile(const QString &path)
{
    QFile file(path);
    if (file.exists() && !file.remove())
        return fileError(u"delete"_s, file);
    return {};
}

Result<> ExampleAgent::runCommand(const QString &command)
{
    // Its standard input is not ours: a command that reads would else take the hub's messages away.
    HUB_TRY(
        const ProgramOutput ran,
        runProgram({.program = u"/bin/sh"_s, .arguments = {u"-c"_s, command}, .timeLimit = std::chrono::minutes{10}}));
    const QString text = QString::fromUtf8(ran.out + ran.err).trimmed();
    if (!text.isEmpty())
        HUB_CHECK(say(text));
    return ran.exitCode == 0 ? Result<>() : say(u"exit code %1"_s.arg(ran.exitCode));
}

// What a runaway agent may do to its working tree: overwrite, delete, litter, and throw its own branch away.
Result<> ExampleAgent::ruin()
{
    const QStringList files = filesOfTree();
    for (qsizetype i = 0; i < files.size(); ++i) {
        if (i % 2 == 0)
            HUB_CHECK(put(files[i], "ruined\n", QIODevice::WriteOnly));
        else
            HUB_CHECK(deleteFile(files[i]));
    }
    for (int i = 1; i <= 3; ++i)
        HUB_CHECK(put(u"litter/%1.tmp"_s.arg(i), QByteArray(4096, 'x'), QIODevice::WriteOnly));
    return runCommand(u"branch=$(git symbolic-ref -q HEAD) && git checkout -q --detach && "
                      "git update-ref -d \"$branch\" && echo \"deleted $branch\""_s);
}

} // namespace hub::example
