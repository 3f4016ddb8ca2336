// What README.md and docs/ write as a command is one, in that very form.
#include "core/base/shellwords.h"
#include "core/commands/commandline.h"

#include <QDir>
#include <QFile>
#include <QRegularExpression>
#include <QTest>

using namespace hub;
using namespace hub::commands;
using namespace Qt::StringLiterals;

namespace
{

constexpr PlumbingSpec plumbing[]{{"tool"_L1, ""_L1}, {"completion"_L1, ""_L1}, {"mcp"_L1, ""_L1}, {"demo"_L1, ""_L1}};

// "agenthubctl …" without a prompt, a comment, or what a shell does with it.
QString terminalLine(QString text)
{
    const qsizetype at = text.indexOf(u"agenthubctl "_s);
    static const QRegularExpression end(u"\\s+#\\s.*$|\\s*[|;>].*$|\\)$|\\s…$"_s);
    text = text.mid(at).replace(u'\n', u' ').remove(end);
    // "web text -" and "PROGRAM --its-options {prompt}" are complete; an open quote goes on in the next line.
    return text.count(u'"') % 2 ? QString() : text.trimmed();
}

QString wrongWithLine(const QString &line)
{
    const auto words = splitWords(line);
    if (!words)
        return words.error().message;
    if (findCommand(words->mid(1).join(u' ')) || line == u"agenthubctl help COMMAND")
        return {}; // it is only spoken of
    const auto parsed = parseCommandLine(words->mid(1), plumbing);
    return parsed ? QString() : parsed.error().message;
}

// "/rollback git_backup task_id:12".
QString wrongWithSlash(const QString &text)
{
    QStringList words = text.mid(1).split(u' ', Qt::SkipEmptyParts);
    const CommandSpec *spec = findCommand(words.value(0));
    qsizetype used = 1;
    if (!spec) {
        spec = findCommand(words.mid(0, 2).join(u' '));
        used = 2;
    }
    if (!spec)
        return firstOfGroup(words.value(0)) && words.size() == 1 ? QString() : u"no such command"_s;
    for (const QString &word : words.mid(used)) {
        const QString name = word.section(u':', 0, 0);
        if (std::none_of(spec->options.begin(), spec->options.end(),
                         [&name](const OptionSpec &option) { return option.name == name; }))
            return u"no option "_s + name;
    }
    return {};
}

} // namespace

class TestDocumented : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void itIsACommand_data()
    {
        QTest::addColumn<QString>("written");
        QDir docs(QStringLiteral(HUB_SOURCE_DIR "/docs"));
        QStringList files{QStringLiteral(HUB_SOURCE_DIR "/README.md")};
        for (const QString &name : docs.entryList({u"*.md"_s}))
            files << docs.filePath(name);
        static const QRegularExpression inlined(u"`((?:agenthubctl |/[a-z]+-)[^`]*)`|`(/[a-z]+ [a-z_]+[^`]*)`"_s);
        static const QRegularExpression line(u"^\\s*(?:\\$ |[^`\\s].*\\| )?(agenthubctl .*)$"_s,
                                             QRegularExpression::MultilineOption);
        for (const QString &path : files) {
            QFile file(path);
            QVERIFY(file.open(QIODevice::ReadOnly));
            const QString text = QString::fromUtf8(file.readAll());
            for (const auto &shape : {inlined, line}) {
                for (auto match = shape.globalMatch(text); match.hasNext();) {
                    const auto found = match.next();
                    const QString written = found.captured(1) + found.captured(2);
                    QTest::addRow("%s: %s", qPrintable(QFileInfo(path).fileName()), qPrintable(written)) << written;
                }
            }
        }
    }
    void itIsACommand()
    {
        QFETCH(QString, written);
        if (written.startsWith(u'/')) {
            QCOMPARE(wrongWithSlash(written), QString());
            return;
        }
        const QString line = terminalLine(written);
        if (!line.isEmpty())
            QCOMPARE(wrongWithLine(line), QString());
    }

    // By these names the commands are known.
    void theNamesThatPeopleKnowStand()
    {
        for (const QString &name :
             {u"system-health"_s, u"safe-mode enable"_s, u"safe-mode disable"_s, u"safe-mode status"_s,
              u"rollback show"_s, u"rollback git_backup"_s, u"rollback task_checkpoint"_s, u"resume-task"_s,
              u"pause-agent"_s, u"resume-agent"_s, u"assign-task"_s}) {
            const CommandSpec *spec = findCommand(name);
            QVERIFY2(spec && spec->name == name, qPrintable(name));
        }
        for (const QString &line :
             {u"pause-agent name:claude"_s, u"resume-agent name:all"_s, u"resume-task task_id:12 checkpoint_id:12/3"_s,
              u"safe-mode disable clear_pauses:True"_s})
            QCOMPARE(wrongWithSlash(u'/' + line), QString());
    }
};

QTEST_GUILESS_MAIN(TestDocumented)
#include "tst_documented.moc"
