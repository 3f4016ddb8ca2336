#include "core/commands/commandspec.h"
#include "core/commands/helptext.h"
#include "core/commands/toolspec.h"

#include <QRegularExpression>
#include <QSet>
#include <QTest>

using namespace hub;
using namespace hub::commands;
using namespace Qt::StringLiterals;

class TestCommandTable : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyRowIsComplete_data()
    {
        QTest::addColumn<QString>("name");
        for (const CommandSpec &spec : commandTable())
            QTest::newRow(spec.name.data()) << QString(spec.name);
    }
    void everyRowIsComplete()
    {
        QFETCH(QString, name);
        const CommandSpec &spec = *findCommand(name);
        static const QRegularExpression word(u"\\A[a-z][a-z_-]{0,31}\\z"_s);
        const QStringList words = name.split(u' ');
        QVERIFY(words.size() <= 2);
        for (const QString &part : words)
            QVERIFY2(word.match(part).hasMatch(), qPrintable(part));
        QVERIFY(!spec.description.isEmpty() && spec.description.size() <= 80);
        QVERIFY(spec.options.size() <= 12);
        QSet<QString> names;
        bool optionalSeen = false;
        for (const OptionSpec &option : spec.options) {
            QVERIFY2(word.match(QString(option.name)).hasMatch(), option.name.data());
            QVERIFY2(!option.description.isEmpty() && option.description.size() <= 80, option.name.data());
            QVERIFY2(!names.contains(QString(option.name)), option.name.data());
            names << QString(option.name);
            QVERIFY2(!(option.required && optionalSeen), "Discord wants the required options first");
            optionalSeen = optionalSeen || !option.required;
            QCOMPARE(option.choices.empty(), option.kind != OptionKind::Choice);
            QVERIFY(option.choices.size() <= 25);
        }
        // The example is a line that this very table accepts as this very command.
        const auto line = parseCommandLine(QString(spec.example).split(u' '), {});
        QVERIFY2(line.hasValue(), line ? "" : qPrintable(line.error().message));
        if (name != u"help")
            QCOMPARE(line->call.command, name);
    }

    void aCommandIsALeafOrAGroup()
    {
        for (const CommandSpec &spec : commandTable()) {
            if (!spec.name.contains(u' '))
                QVERIFY2(!firstOfGroup(QString(spec.name)), spec.name.data());
        }
    }

    // Discord counts the characters of names, descriptions and choice texts of a command with its subcommands: 8,000 at
    // most, of which we use 6,000 so that translations have room.
    void discordsLimitsHold()
    {
        QHash<QString, qsizetype> sizes;
        QHash<QString, int> subcommands;
        QSet<QString> registered; // what is done at the machine only is not
        for (const CommandSpec &spec : commandTable()) {
            const QString group = QString(spec.name).section(u' ', 0, 0);
            qsizetype &size = sizes[group];
            size += spec.name.size() + spec.description.size();
            for (const OptionSpec &option : spec.options) {
                size += option.name.size() + option.description.size();
                for (const QLatin1StringView choice : option.choices)
                    size += 2 * choice.size();
            }
            ++subcommands[group];
            if (spec.entryAccess() != Access::Machine)
                registered << group;
        }
        QVERIFY(registered.size() <= 36);
        for (auto it = sizes.begin(); it != sizes.end(); ++it) {
            QVERIFY2(*it <= 6000, qPrintable(it.key()));
            QVERIFY2(subcommands[it.key()] <= 25, qPrintable(it.key()));
        }
    }

    void machinesRightsStayAtTheMachine_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<int>("access");
        QTest::newRow("a command to run is named at the machine") << u"agents add"_s << int(Access::Machine);
        QTest::newRow("an agent's command is changed at the machine") << u"agents set"_s << int(Access::Machine);
        QTest::newRow("looking is for viewers") << u"tasks"_s << int(Access::Viewer);
        QTest::newRow("stopping is for operators") << u"emergency-stop"_s << int(Access::Operator);
        QTest::newRow("the audit trail is for admins") << u"audit list"_s << int(Access::Admin);
    }
    void machinesRightsStayAtTheMachine()
    {
        QFETCH(QString, name);
        QFETCH(int, access);
        QCOMPARE(int(findCommand(name)->access), access);
    }

    void stoppingNeverAsks_data()
    {
        QTest::addColumn<QString>("name");
        for (const char *name : {"emergency-stop", "safe-mode enable", "pause-task", "pause-agent"})
            QTest::newRow(name) << QString::fromLatin1(name);
    }
    void stoppingNeverAsks()
    {
        QFETCH(QString, name);
        QCOMPARE(int(findCommand(name)->effect), int(Effect::Stop));
    }

    void optionsAreChecked_data()
    {
        QTest::addColumn<QString>("command");
        QTest::addColumn<QJsonObject>("given");
        QTest::addColumn<QJsonObject>("checked"); // empty: refused
        QTest::addColumn<QString>("says");        // part of the sentence
        QTest::newRow("text becomes a number")
            << u"task-log"_s << QJsonObject{{u"limit"_s, u"5"_s}} << QJsonObject{{u"limit"_s, 5}} << u""_s;
        QTest::newRow("text becomes a flag")
            << u"task-diff"_s << QJsonObject{{u"stat"_s, u"no"_s}} << QJsonObject{{u"stat"_s, false}} << u""_s;
        QTest::newRow("dashes in an option's name count as underscores")
            << u"task-log"_s << QJsonObject{{u"task-id"_s, u"#12"_s}} << QJsonObject{{u"task_id"_s, u"12"_s}} << u""_s;
        QTest::newRow("a choice takes the table's spelling") << u"tasks"_s << QJsonObject{{u"filter"_s, u"needs_me"_s}}
                                                             << QJsonObject{{u"filter"_s, u"needs-me"_s}} << u""_s;
        QTest::newRow("a number for a text is taken as typed")
            << u"pause-task"_s << QJsonObject{{u"task_id"_s, 12}} << QJsonObject{{u"task_id"_s, u"12"_s}} << u""_s;
        QTest::newRow("a half number is refused")
            << u"task-log"_s << QJsonObject{{u"limit"_s, 1.5}} << QJsonObject() << u"whole number"_s;
        QTest::newRow("a huge number is refused")
            << u"task-log"_s << QJsonObject{{u"limit"_s, 1e300}} << QJsonObject() << u"whole number"_s;
        QTest::newRow("a negative number is refused")
            << u"task-log"_s << QJsonObject{{u"limit"_s, u"-3"_s}} << QJsonObject() << u"whole number"_s;
        QTest::newRow("a list is refused")
            << u"task-log"_s << QJsonObject{{u"since"_s, QJsonArray{1}}} << QJsonObject() << u"not 'a list'"_s;
        QTest::newRow("a wrong choice names the near one")
            << u"tasks"_s << QJsonObject{{u"filter"_s, u"opne"_s}} << QJsonObject() << u"Did you mean 'open'"_s;
        QTest::newRow("an unknown option names the near one")
            << u"task-log"_s << QJsonObject{{u"limmit"_s, 1}} << QJsonObject() << u"Did you mean 'limit'"_s;
        QTest::newRow("a missing option says what it is")
            << u"queue remove"_s << QJsonObject() << QJsonObject() << u"needs message_id"_s;
        QTest::newRow("an empty text does not count as given")
            << u"say"_s << QJsonObject{{u"message"_s, u""_s}} << QJsonObject() << u"needs message"_s;
    }
    void optionsAreChecked()
    {
        QFETCH(QString, command);
        QFETCH(QJsonObject, given);
        QFETCH(QJsonObject, checked);
        QFETCH(QString, says);
        const auto result = checkOptions(*findCommand(command), given);
        QCOMPARE(result.hasValue(), says.isEmpty());
        if (result) {
            QCOMPARE(*result, checked);
        } else {
            QCOMPARE(int(result.error().code), int(ErrorCode::InvalidInput));
            QVERIFY2(result.error().message.contains(says), qPrintable(result.error().message));
        }
    }

    void toolsAreChecked_data()
    {
        QTest::addColumn<QString>("tool");
        QTest::addColumn<QJsonObject>("given");
        QTest::addColumn<QJsonObject>("checked");
        QTest::addColumn<QString>("says");
        QTest::newRow("one text is a list of one")
            << u"commit_atomically"_s << QJsonObject{{u"paths"_s, u"a"_s}, {u"message"_s, u"m"_s}}
            << QJsonObject{{u"paths"_s, QJsonArray{u"a"_s}}, {u"message"_s, u"m"_s}} << u""_s;
        QTest::newRow("an object from a command line")
            << u"save_checkpoint"_s << QJsonObject{{u"context"_s, u"{\"a\":1}"_s}}
            << QJsonObject{{u"context"_s, QJsonObject{{u"a"_s, 1}}}} << u""_s;
        QTest::newRow("a list of numbers is no list of texts")
            << u"release_file_access"_s << QJsonObject{{u"paths"_s, QJsonArray{1}}} << QJsonObject()
            << u"a list of texts"_s;
        QTest::newRow("what is required is asked for")
            << u"complete_task_safely"_s << QJsonObject() << QJsonObject() << u"needs summary"_s;
        QTest::newRow("unknown arguments are named")
            << u"save_checkpoint"_s << QJsonObject{{u"note"_s, u"x"_s}} << QJsonObject() << u"Did you mean 'notes'"_s;
    }
    void toolsAreChecked()
    {
        QFETCH(QString, tool);
        QFETCH(QJsonObject, given);
        QFETCH(QJsonObject, checked);
        QFETCH(QString, says);
        const auto result = checkToolArguments(*findTool(tool), given);
        QCOMPARE(result.hasValue(), says.isEmpty());
        if (result)
            QCOMPARE(*result, checked);
        else
            QVERIFY2(result.error().message.contains(says), qPrintable(result.error().message));
    }

    void everyToolHasASchema()
    {
        for (const ToolSpec &spec : toolTable()) {
            const QJsonObject schema = toolSchema(spec);
            QCOMPARE(schema[u"type"_s].toString(), u"object"_s);
            QCOMPARE(schema[u"properties"_s].toObject().size(), qsizetype(spec.arguments.size()));
            QVERIFY(spec.description.size() <= 80);
        }
        QVERIFY(findTool(u"save-checkpoint"));
        QVERIFY(!findTool(u"save"));
    }

    void helpFitsAndExplains_data() { everyRowIsComplete_data(); }
    void helpFitsAndExplains()
    {
        QFETCH(QString, name);
        const auto text = helpFor(name);
        QVERIFY(text.hasValue());
        for (const QString &line : text->split(u'\n'))
            QVERIFY2(line.size() <= 100, qPrintable(line));
        QVERIFY(text->contains(u"Rights: "_s));
        QVERIFY(text->contains(u"Example: agenthubctl "_s + name.section(u' ', 0, 0)));
        for (const OptionSpec &option : findCommand(name)->options)
            QVERIFY2(text->contains(u"--"_s + option.name), option.name.data());
    }
};

QTEST_GUILESS_MAIN(TestCommandTable)
#include "tst_commandtable.moc"
