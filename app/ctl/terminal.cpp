#include "app/ctl/terminal.h"

#include "core/commands/exitcode.h"
#include "core/commands/plaintext.h"

#include <QDir>
#include <QFileInfo>
#include <QProcess>
#include <QTemporaryFile>

#include <algorithm>
#include <cstdio>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::ctl
{

namespace
{

void write(FILE *stream, const QByteArray &bytes)
{
    std::fwrite(bytes.constData(), 1, size_t(bytes.size()), stream);
    std::fflush(stream);
}

bool wantsColour(int fd)
{
    return ::isatty(fd) && qEnvironmentVariableIsEmpty("NO_COLOR") && qgetenv("TERM") != "dumb";
}

int columns()
{
    bool ok = false;
    const int named = qEnvironmentVariableIntValue("COLUMNS", &ok);
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return ok && named > 0 ? named : 80;
}

// data is the answer for machines; what has no place in it is put beside it.
QJsonObject forScripts(const commands::Reply &reply)
{
    const QJsonObject whole = toJson(reply);
    if (reply.data.isEmpty())
        return whole;
    QJsonObject object = reply.data;
    for (const QString &name : {u"attachments"_s, u"confirm"_s}) {
        if (whole.contains(name))
            object[name] = whole[name];
    }
    return object;
}

// A picture is nothing to print, so it goes into a file that only its owner can read, and the answer says where. It is
// not put into the current folder: that may well be a repository.
void putIntoFiles(commands::Reply &reply)
{
    QList<commands::Attachment> shown;
    for (const commands::Attachment &attachment : reply.attachments) {
        const QString name = QFileInfo(attachment.fileName).fileName();
        QTemporaryFile file(QDir::tempPath() + u"/agenthub-XXXXXX-"_s + name);
        file.setAutoRemove(false);
        if (!commands::isText(attachment) && file.open() && file.write(attachment.bytes) == attachment.bytes.size() &&
            file.flush())
            reply.fields.append({name, file.fileName()});
        else
            shown << attachment;
    }
    reply.attachments = shown;
}

} // namespace

Terminal::Terminal(bool json)
    : m_json(json)
    , m_outIsTerminal(::isatty(STDOUT_FILENO))
    , m_interactive(!json && m_outIsTerminal && ::isatty(STDIN_FILENO))
{
    m_format.colour = wantsColour(STDOUT_FILENO);
    m_format.width = m_outIsTerminal ? columns() : 0;
    m_errorFormat.colour = wantsColour(STDERR_FILENO);
}

void Terminal::print(const commands::Reply &reply) const
{
    if (m_json)
        return print(forScripts(reply));
    commands::Reply told = reply;
    putIntoFiles(told);
    print(commands::toText(told, m_format));
}

void Terminal::print(const QString &text) const { write(stdout, text.toUtf8()); }

void Terminal::print(const QJsonObject &object) const { write(stdout, commands::plainJson(object)); }

int Terminal::report(const Error &error) const
{
    if (m_json)
        print(QJsonObject{{u"error"_s, commands::toJson(error)}});
    else
        write(stderr, commands::toText(error, m_errorFormat).toUtf8());
    return commands::exitCodeFor(error.code);
}

void Terminal::remark(const QString &text) const
{
    if (!m_json)
        write(stderr, (commands::plainText(text, commands::Lines::Many) + u'\n').toUtf8());
}

QByteArray Terminal::answerTo(const QString &question) const
{
    write(stdout, (question + u' ').toUtf8());
    char answer[64];
    if (!std::fgets(answer, sizeof answer, stdin)) {
        write(stdout, "\n");
        return {};
    }
    return QByteArray(answer).trimmed().toLower();
}

bool Terminal::confirmed(const QString &question) const
{
    const QByteArray answer = answerTo(question + u" [y/N]"_s);
    return answer == "y" || answer == "yes";
}

std::optional<int> Terminal::chosen(const QString &question, int count) const
{
    bool ok = false;
    const int number = answerTo(u"%1 [1-%2]"_s.arg(question, QString::number(count))).toInt(&ok);
    return ok && number >= 1 && number <= count ? std::optional(number) : std::nullopt;
}

Result<QString> Terminal::hidden(const QString &question) const
{
    termios shown;
    if (::tcgetattr(STDIN_FILENO, &shown) != 0)
        return fail(ErrorCode::InvalidInput, u"Nobody can be asked here, so nothing was sent."_s,
                    u"Write - in its place, and send it to the standard input."_s);
    termios silent = shown;
    silent.c_lflag &= ~tcflag_t(ECHO);
    write(stdout, (question + u" (not shown): "_s).toUtf8());
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    QByteArray text;
    for (int c; (c = std::fgetc(stdin)) != EOF && c != '\n';)
        text.append(char(c));
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    write(stdout, "\n");
    return QString::fromUtf8(text);
}

Result<QString> Terminal::edited(const QString &explanation) const
{
    QTemporaryFile file(QDir::tempPath() + u"/agenthub-XXXXXX.txt"_s);
    if (!file.open())
        return fail(ErrorCode::Storage, u"cannot make a file to write in: %1"_s.arg(file.errorString()));
    file.write((u"\n# %1\n# Lines that begin with '#' are left out; an empty text sends nothing.\n"_s.arg(explanation))
                   .toUtf8());
    file.close();
    QString editor = qEnvironmentVariable("VISUAL");
    if (editor.isEmpty())
        editor = qEnvironmentVariable("EDITOR", u"editor"_s);
    QStringList words = QProcess::splitCommand(editor);
    if (words.isEmpty())
        words << u"editor"_s;
    const QString program = words.takeFirst();
    if (QProcess::execute(program, words << file.fileName()) != 0) {
        return fail(ErrorCode::Process, u"The editor '%1' did not end well, so nothing was sent."_s.arg(editor),
                    u"Set EDITOR, or give the text on the command line."_s);
    }
    QFile written(file.fileName()); // editors replace the file: the open one may be the old
    if (!written.open(QIODevice::ReadOnly))
        return fail(ErrorCode::Storage, u"cannot read what was written: %1"_s.arg(written.errorString()));
    QStringList lines = QString::fromUtf8(written.readAll()).split(u'\n');
    lines.removeIf([](const QString &line) { return line.startsWith(u'#'); });
    const QString text = lines.join(u'\n').trimmed();
    if (text.isEmpty())
        return fail(ErrorCode::InvalidInput, u"The text is empty, so nothing was sent."_s);
    return text;
}

QByteArray readStandardInput()
{
    QByteArray bytes;
    char buffer[65536];
    while (const size_t got = std::fread(buffer, 1, sizeof buffer, stdin))
        bytes.append(buffer, qsizetype(got));
    return bytes;
}

} // namespace hub::ctl
