#include "headless/discord/registration.h"

#include "core/base/json.h"

#include <QRegularExpression>
#include <QSet>
#include <QTest>

using namespace hub;
using namespace hub::discord;
using namespace Qt::StringLiterals;

namespace
{

QString where(const QJsonObject &object, const QString &above)
{
    return (above.isEmpty() ? u""_s : above + u' ') + object["name"_L1].toString();
}

// In the language where it is longest.
qsizetype longest(const QJsonObject &object, const QString &member)
{
    qsizetype most = object[member].toString().size();
    for (const QJsonValue &text : object[member + u"_localizations"_s].toObject())
        most = std::max(most, text.toString().size());
    return most;
}

// What Discord counts towards its 8,000 characters: names, descriptions and the values of choices.
qsizetype characters(const QJsonObject &object)
{
    qsizetype sum =
        longest(object, u"name"_s) + longest(object, u"description"_s) + object["value"_L1].toString().size();
    for (const auto list : {"options"_L1, "choices"_L1}) {
        for (const QJsonValue &one : object[list].toArray())
            sum += characters(one.toObject());
    }
    return sum;
}

// Everything about an option or a subcommand that Discord would refuse, or that is over our own, smaller sizes.
QStringList wrongWith(const QJsonObject &object, const QString &above, int depth)
{
    static const QRegularExpression name(u"^[-_'\\p{Ll}\\p{N}]{1,32}$"_s,
                                         QRegularExpression::UseUnicodePropertiesOption);
    const QString here = where(object, above);
    QStringList wrong;
    const auto must = [&](bool holds, const QString &what) {
        if (!holds)
            wrong << here + u": "_s + what;
    };
    const int type = object["type"_L1].toInt();
    const QJsonArray options = object["options"_L1].toArray();
    const QJsonArray choices = object["choices"_L1].toArray();
    const qsizetype description = longest(object, u"description"_s);
    must(name.match(object["name"_L1].toString()).hasMatch(), u"a name that Discord refuses"_s);
    must(description >= 1 && description <= 80, u"a description of %1 characters"_s.arg(description));
    const bool isGroup = depth == 0 && !options.isEmpty() && options[0]["type"_L1].toInt() == 1;
    must(options.size() <= (isGroup ? 25 : 12), u"%1 options"_s.arg(options.size()));
    must(choices.size() <= 25, u"%1 choices"_s.arg(choices.size()));
    must(choices.isEmpty() || !object["autocomplete"_L1].toBool(), u"choices and completion"_s);
    must(depth == 0 || options.isEmpty() || type == 1, u"options below an option"_s);
    must(depth < 2 || type >= 3, u"a subcommand too deep"_s);
    for (const QJsonValue &choice : choices) {
        must(!choice["name"_L1].toString().isEmpty() && longest(choice.toObject(), u"name"_s) <= 100,
             u"a choice's name"_s);
        must(!choice["value"_L1].toString().isEmpty() && choice["value"_L1].toString().size() <= 100,
             u"a choice's value"_s);
    }
    QSet<QString> names;
    bool optional = false;
    for (const QJsonValue &value : options) {
        const QJsonObject option = value.toObject();
        names << option["name"_L1].toString();
        must((option["type"_L1].toInt() == 1) == isGroup, u"subcommands beside options"_s);
        must(!optional || !option["required"_L1].toBool(), u"a required option behind one that is not"_s);
        optional = !option["required"_L1].toBool();
        wrong << wrongWith(option, here, depth + 1);
    }
    must(names.size() == options.size(), u"a name twice"_s);
    return wrong;
}

QJsonObject find(const QJsonArray &all, const QString &name)
{
    for (const QJsonValue &one : all) {
        if (one["name"_L1].toString() == name)
            return one.toObject();
    }
    return {};
}

// As Discord answers: with members of its own, defaults spelled out.
QJsonArray asDiscordTells(const QJsonArray &commands)
{
    QJsonArray told;
    for (const QJsonValue &value : commands) {
        QJsonObject command = value.toObject();
        for (const auto &[name, more] :
             std::initializer_list<std::pair<QString, QJsonValue>>{{u"id"_s, u"1"_s},
                                                                   {u"application_id"_s, u"2"_s},
                                                                   {u"version"_s, u"3"_s},
                                                                   {u"nsfw"_s, false},
                                                                   {u"dm_permission"_s, true},
                                                                   {u"name_localizations"_s, QJsonValue::Null}})
            command[name] = more;
        QJsonArray options;
        for (const QJsonValue &one : command["options"_L1].toArray()) {
            QJsonObject option = one.toObject();
            if (!option.contains("required"_L1) && option["type"_L1].toInt() > 2)
                option[u"required"_s] = false;
            options.append(option);
        }
        if (!options.isEmpty())
            command[u"options"_s] = options;
        told.prepend(command);
    }
    return told;
}

} // namespace

class TestRegistration : public QObject
{
    Q_OBJECT

    const QJsonArray m_all = applicationCommands(commands::commandTable(), CommandScope::Guild, builtInTranslations());

private Q_SLOTS:
    void discordWouldTakeEachCommand()
    {
        QStringList wrong;
        QSet<QString> names;
        for (const QJsonValue &value : m_all) {
            const QJsonObject command = value.toObject();
            wrong << wrongWith(command, {}, 0);
            names << command["name"_L1].toString();
            if (characters(command) > 6000)
                wrong << command["name"_L1].toString() + u": %1 characters"_s.arg(characters(command));
        }
        QCOMPARE(wrong.join(u'\n'), QString());
        QCOMPARE(names.size(), m_all.size());
        QVERIFY2(m_all.size() <= 36, qPrintable(QString::number(m_all.size())));
    }

    void theLongestLanguageCounts()
    {
        static const commands::CommandSpec row[]{
            {"pause"_L1, "d"_L1, commands::Access::Viewer, commands::Effect::Stop}};
        Translation longer;
        longer.locale = u"fi"_s;
        longer.descriptions[u"d"_s] = QString(81, u'x');
        const QJsonObject command = applicationCommands(row, CommandScope::Guild, std::span(&longer, 1))[0].toObject();
        QCOMPARE(characters(command), 5 + 81);
        QVERIFY(!wrongWith(command, {}, 0).isEmpty());
    }

    void theTestWouldNoticeWhatDiscordRefuses()
    {
        using commands::CommandSpec;
        using commands::OptionKind;
        using commands::OptionSpec;
        static const QString longText(81, u'x');
        static const QByteArray latin = longText.toLatin1();
        static const OptionSpec twice[]{{"a"_L1, OptionKind::Text, false, "d"_L1},
                                        {"a"_L1, OptionKind::Text, false, "d"_L1}};
        static const CommandSpec bad[]{
            {"Upper"_L1, "d"_L1, commands::Access::Viewer, commands::Effect::Read},
            {"long"_L1, QLatin1StringView(latin), commands::Access::Viewer, commands::Effect::Read},
            {"twice"_L1, "d"_L1, commands::Access::Viewer, commands::Effect::Read, twice}};
        for (const QJsonValue &command : applicationCommands(bad, CommandScope::Guild, {}))
            QVERIFY2(!wrongWith(command.toObject(), {}, 0).isEmpty(), qPrintable(command["name"_L1].toString()));
    }

    void everyRowIsThereButWhatIsDoneAtTheMachine()
    {
        for (const commands::CommandSpec &row : commands::commandTable()) {
            const QString name(row.name);
            const QString group = name.section(u' ', 0, 0), word = name.section(u' ', 1, 1);
            const QJsonObject command = find(m_all, group);
            const bool atMachine = row.entryAccess() == commands::Access::Machine;
            if (word.isEmpty()) {
                QVERIFY2(command.isEmpty() == atMachine, qPrintable(name));
                continue;
            }
            const QJsonObject part = find(command["options"_L1].toArray(), word);
            QVERIFY2(atMachine || !part.isEmpty(), qPrintable(name));
            if (atMachine)
                QVERIFY2(!part.contains("options"_L1), qPrintable(name));
            else // views that only who asked sees can be shared
                QCOMPARE(part["options"_L1].toArray().size(),
                         qsizetype(row.options.size()) +
                             (row.effect == commands::Effect::Read && row.audience() == commands::Audience::Asker));
        }
        QVERIFY(find(m_all, u"doctor"_s).isEmpty());
    }

    void anOptionBecomesWhatDiscordCallsIt()
    {
        const QJsonObject log = find(m_all, u"task-log"_s);
        const QJsonArray options = log["options"_L1].toArray();
        const QJsonObject task = find(options, u"task_id"_s);
        QCOMPARE(task["type"_L1].toInt(), 3);
        QVERIFY(task["autocomplete"_L1].toBool());
        QVERIFY(!task.contains("required"_L1));
        QCOMPARE(find(options, u"limit"_s)["type"_L1].toInt(), 4);
        const QJsonObject kind = find(options, u"kind"_s);
        QCOMPARE(kind["choices"_L1][0]["value"_L1].toString(), u"all"_s);
        QVERIFY(!kind.contains("autocomplete"_L1));
        const QJsonArray say = find(m_all, u"say"_s)["options"_L1].toArray();
        QCOMPARE(say[0]["name"_L1].toString(), u"message"_s);
        QVERIFY(say[0]["required"_L1].toBool());
        QCOMPARE(find(find(m_all, u"task-diff"_s)["options"_L1].toArray(), u"stat"_s)["type"_L1].toInt(), 5);
        QVERIFY(log["default_member_permissions"_L1].isNull() && log.contains("default_member_permissions"_L1));
        QVERIFY(!log.contains("contexts"_L1)); // not for those of one server
    }

    void globalOnesAreForServersOnly()
    {
        for (const QJsonValue &command : applicationCommands(commands::commandTable(), CommandScope::Global, {})) {
            QCOMPARE(command["contexts"_L1].toArray(), QJsonArray{0});
            QCOMPARE(command["integration_types"_L1].toArray(), QJsonArray{0});
        }
    }

    void onlyAChangeIsRegistered()
    {
        for (const CommandScope scope : {CommandScope::Guild, CommandScope::Global}) {
            const QJsonArray wanted = applicationCommands(commands::commandTable(), scope, builtInTranslations());
            QVERIFY(areRegistered(wanted, asDiscordTells(wanted)));
            QVERIFY(!areRegistered(wanted, {}));
            QJsonArray fewer = asDiscordTells(wanted);
            fewer.removeLast();
            QVERIFY(!areRegistered(wanted, fewer));
            for (const QString &member : {u"description"_s, u"description_localizations"_s, u"name"_s, u"type"_s,
                                          u"default_member_permissions"_s}) {
                QJsonArray changed = asDiscordTells(wanted);
                QJsonObject first = changed[0].toObject();
                first[member] = member == "type"_L1 ? QJsonValue(2) : QJsonValue(u"8"_s);
                changed[0] = first;
                QVERIFY2(!areRegistered(wanted, changed), qPrintable(member));
            }
        }
    }
};

QTEST_GUILESS_MAIN(TestRegistration)
#include "tst_registration.moc"
