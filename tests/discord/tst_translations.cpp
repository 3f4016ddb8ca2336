#include "core/base/json.h"
#include "headless/discord/registration.h"

#include <QDir>
#include <QSet>
#include <QTest>

using namespace hub;
using namespace hub::discord;
using namespace Qt::StringLiterals;

namespace
{

// What people read of the commands: "descriptions: Freeze one task", "priority: low".
using Readable = QMap<QString, QJsonObject>; // and its translations

void collect(const QJsonObject &object, Readable &into)
{
    const QJsonArray options = object["options"_L1].toArray();
    const bool isGroup = !options.isEmpty() && options[0]["type"_L1].toInt() == 1;
    if (!isGroup) // nobody sees that of a group
        into[u"descriptions: "_s + object["description"_L1].toString()] =
            object["description_localizations"_L1].toObject();
    for (const QJsonValue &choice : object["choices"_L1].toArray())
        into[object["name"_L1].toString() + u": "_s + choice["name"_L1].toString()] =
            choice["name_localizations"_L1].toObject();
    for (const QJsonValue &option : options)
        collect(option.toObject(), into);
}

Readable readable(std::span<const Translation> translations)
{
    Readable all;
    for (const QJsonValue &command : applicationCommands(commands::commandTable(), CommandScope::Guild, translations))
        collect(command.toObject(), all);
    return all;
}

Readable translated(const Translation &translation)
{
    Readable all;
    for (const auto &[english, text] : translation.descriptions.asKeyValueRange())
        all[u"descriptions: "_s + english] = {{translation.locale, text}};
    for (const auto &[option, choices] : translation.choices.asKeyValueRange()) {
        for (const auto &[choice, text] : choices.asKeyValueRange())
            all[option + u": "_s + choice] = {{translation.locale, text}};
    }
    return all;
}

QString lines(const QSet<QString> &texts)
{
    QStringList list(texts.begin(), texts.end());
    list.sort();
    return list.join(u'\n');
}

QSet<QString> keys(const Readable &readable)
{
    const QStringList all = readable.keys();
    return {all.begin(), all.end()};
}

} // namespace

class TestTranslations : public QObject
{
    Q_OBJECT

    const QList<Translation> m_builtIn = builtInTranslations();

private Q_SLOTS:
    void eachFileIsBuiltInAndCanBeRead()
    {
        const QStringList files =
            QDir(QStringLiteral(HUB_SOURCE_DIR "/translations")).entryList({u"*.json"_s}, QDir::Files, QDir::Name);
        QVERIFY(files.contains(u"de.json"_s));
        QStringList read;
        for (const Translation &each : m_builtIn)
            read << each.locale + u".json"_s;
        QCOMPARE(read, files);
    }

    void eachLanguageHasAllThatPeopleReadAndNothingElse_data()
    {
        QTest::addColumn<Translation>("translation");
        for (const Translation &each : m_builtIn)
            QTest::addRow("%s", qPrintable(each.locale)) << each;
    }

    void eachLanguageHasAllThatPeopleReadAndNothingElse()
    {
        QFETCH(const Translation, translation);
        const Readable there = translated(translation);
        const QSet<QString> wanted = keys(readable({})), found = keys(there);
        QCOMPARE(lines(wanted - found), QString());            // not translated
        QCOMPARE(lines(found - wanted), QString());            // left over
        QCOMPARE(readable(std::span(&translation, 1)), there); // and each is where it belongs
    }

    void eachTextIsOneThatDiscordTakes()
    {
        for (const Translation &translation : m_builtIn) {
            for (const auto &[english, text] : translation.descriptions.asKeyValueRange()) {
                QVERIFY2(!text.isEmpty() && text == text.simplified(), qPrintable(english));
                QVERIFY2(text.size() <= 80, qPrintable(u"%1: %2"_s.arg(english).arg(text.size())));
            }
            for (const auto &[option, choices] : translation.choices.asKeyValueRange()) {
                const QStringList names = choices.values();
                QVERIFY2(!names.contains(u""_s), qPrintable(option));
                QCOMPARE(QSet<QString>(names.begin(), names.end()).size(), names.size()); // told apart
            }
        }
    }

    void whatIsNotTranslatedIsEnglish()
    {
        const auto little = translationFromJson(
            u"de"_s, R"({"descriptions": {"Freeze one task": "Anhalten", "The agent": ""}, "choices": {}})");
        QVERIFY(little.hasValue());
        QVERIFY(!descriptionLocalizations(std::span(&*little, 1), u"The agent"_s).contains(u"de"));
        const Readable all = readable(std::span(&*little, 1));
        int count = 0;
        for (const QJsonObject &texts : all)
            count += !texts.isEmpty();
        QCOMPARE(count, 1);
        QCOMPARE(all[u"descriptions: Freeze one task"_s], (QJsonObject{{u"de"_s, u"Anhalten"_s}}));
    }

    void aFileThatIsWrongIsRefused_data()
    {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QString>("named");
        QTest::newRow("nothing") << QByteArray() << u"JSON"_s;
        QTest::newRow("no descriptions") << QByteArray(R"({"choices": {}})") << u"descriptions"_s;
        QTest::newRow("no choices") << QByteArray(R"({"descriptions": {}})") << u"choices"_s;
        QTest::newRow("a number") << QByteArray(R"({"descriptions": {"The agent": 1}, "choices": {}})")
                                  << u"The agent"_s;
        QTest::newRow("a flat choice") << QByteArray(R"({"descriptions": {}, "choices": {"how": "wie"}})") << u"how"_s;
        QTest::newRow("more") << QByteArray(R"({"descriptions": {}, "choices": {}, "names": {}})") << u"names"_s;
    }

    void aFileThatIsWrongIsRefused()
    {
        QFETCH(const QByteArray, json);
        QFETCH(const QString, named);
        const auto translation = translationFromJson(u"de"_s, json);
        QVERIFY(!translation.hasValue());
        QVERIFY2(translation.error().message.contains(named), qPrintable(translation.error().message));
    }
};

QTEST_GUILESS_MAIN(TestTranslations)
#include "tst_translations.moc"
