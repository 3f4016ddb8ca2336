#include "headless/discord/interaction.h"

#include "core/base/json.h"

#include <QRandomGenerator>
#include <QTest>

using namespace hub;
using namespace hub::discord;
using namespace Qt::StringLiterals;

namespace
{

const QByteArray command = R"({"id":"1278105600000000000","application_id":"7","token":"tok","type":2,"version":1,
    "guild_id":"5","channel_id":"6","channel":{"id":"6","type":11},"locale":"de","attachment_size_limit":524288000,
    "member":{"user":{"id":"42","username":"ben"},"nick":"Ben","roles":["9"],"permissions":"2147483648"},
    "data":{"id":"3","name":"rollback","options":[{"name":"show","type":1,"options":[
        {"name":"task_id","type":3,"value":"12"},{"name":"limit","type":4,"value":5},
        {"name":"share","type":5,"value":true}]}]}})";

QJsonObject changed(const QByteArray &text, const QString &key, const QJsonValue &value)
{
    QJsonObject object = *objectFromJson(text);
    if (value.isUndefined())
        object.remove(key);
    else
        object[key] = value;
    return object;
}

} // namespace

class TestInteraction : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aCommandIsReadWithItsOptions()
    {
        const auto in = Interaction::fromJson(*objectFromJson(command));
        QVERIFY(in.hasValue());
        QCOMPARE(in->type, Interaction::Type::Command);
        QCOMPARE(in->command, u"rollback show"_s);
        QCOMPARE(in->options, (QJsonObject{{u"task_id"_s, u"12"_s}, {u"limit"_s, 5}, {u"share"_s, true}}));
        QCOMPARE(in->member.user, u"42"_s);
        QCOMPARE(in->member.name, u"Ben"_s);
        QCOMPARE(in->application, u"7"_s);
        QVERIFY(in->inThread);
        QCOMPARE(in->attachmentLimit, 524288000);
    }

    void aFileIsNamedByItsOptionAndDescribedBeside()
    {
        const QJsonObject file{
            {u"id"_s, u"8"_s}, {u"filename"_s, u"a.png"_s}, {u"url"_s, u"https://example.com/a.png"_s}};
        const auto in = Interaction::fromJson(changed(
            command, u"data"_s,
            QJsonObject{{u"name"_s, u"say"_s},
                        {u"resolved"_s, QJsonObject{{u"attachments"_s, QJsonObject{{u"8"_s, file}}}}},
                        {u"options"_s,
                         QJsonArray{QJsonObject{{u"name"_s, u"files"_s}, {u"type"_s, 11}, {u"value"_s, u"8"_s}}}}}));
        QVERIFY(in.hasValue());
        QCOMPARE(in->options, (QJsonObject{{u"files"_s, u"a.png"_s}}));
        QCOMPARE(in->files, QJsonArray{file});
    }

    void anOptionBeingTypedIsNamed()
    {
        const auto in =
            Interaction::fromJson(changed(command, u"data"_s,
                                          QJsonObject{{u"name"_s, u"pause-task"_s},
                                                      {u"options"_s, QJsonArray{QJsonObject{{u"name"_s, u"task_id"_s},
                                                                                            {u"type"_s, 3},
                                                                                            {u"value"_s, u"lo"_s},
                                                                                            {u"focused"_s, true}}}}}));
        QVERIFY(in.hasValue());
        QCOMPARE(in->focused, u"task_id"_s);
        QCOMPARE(in->options.value(u"task_id"_s), u"lo"_s);
    }

    void inputsOfAFormAreFoundInRowsAndLabels_data()
    {
        QTest::addColumn<QByteArray>("components");
        QTest::newRow("in a row") << QByteArray(
            R"([{"type":1,"components":[{"type":4,"custom_id":"text","value":"hi"}]}])");
        QTest::newRow("in a label") << QByteArray(
            R"([{"type":18,"component":{"type":4,"custom_id":"text","value":"hi"}}])");
        QTest::newRow("beside something new")
            << QByteArray(R"([{"type":99,"x":[1]},7,null,{"type":18,"component":{"custom_id":"text","value":"hi"}}])");
    }
    void inputsOfAFormAreFoundInRowsAndLabels()
    {
        QFETCH(QByteArray, components);
        QJsonObject event = changed(command, u"type"_s, 5);
        event[u"data"_s] =
            QJsonObject{{u"custom_id"_s, u"c"_s}, {u"components"_s, QJsonDocument::fromJson(components).array()}};
        const auto in = Interaction::fromJson(event);
        QVERIFY(in.hasValue());
        QCOMPARE(in->fields, (QJsonObject{{u"text"_s, u"hi"_s}}));
    }

    void whatCannotBeAnsweredIsRefused_data()
    {
        QTest::addColumn<QString>("key");
        QTest::addColumn<QJsonValue>("value");
        const auto row = [](const char *name, const QString &key, const QJsonValue &value) {
            QTest::newRow(name) << key << value;
        };
        row("no id", u"id"_s, QJsonValue::Undefined);
        row("an id that is a number", u"id"_s, 12);
        row("an id with a slash", u"id"_s, u"1/2"_s);
        row("no token", u"token"_s, u""_s);
        row("a token that is a path", u"token"_s, u"a/b"_s);
        row("a ping", u"type"_s, 1);
        row("a type of tomorrow", u"type"_s, 6);
        row("a type that is a text", u"type"_s, u"2"_s);
        row("no application", u"application_id"_s, QJsonValue::Null);
        row("no channel", u"channel_id"_s, QJsonValue::Undefined);
    }
    void whatCannotBeAnsweredIsRefused()
    {
        QFETCH(QString, key);
        QFETCH(QJsonValue, value);
        QVERIFY(!Interaction::fromJson(changed(command, key, value)));
    }

    void nothingInItCrashes()
    {
        QRandomGenerator dice(7);
        int read = 0;
        for (int round = 0; round < 20'000; ++round) {
            QByteArray text = command;
            for (int changes = dice.bounded(1, 6); changes > 0; --changes) {
                const qsizetype at = dice.bounded(text.size());
                switch (dice.bounded(3)) {
                case 0: text[at] = char(dice.bounded(32, 127)); break;
                case 1: text.remove(at, dice.bounded(1, 20)); break;
                default: text.insert(at, QByteArray(R"(null[]{}"",1)").mid(dice.bounded(8), 2));
                }
            }
            if (const auto object = objectFromJson(text))
                read += Interaction::fromJson(*object).hasValue();
        }
        QVERIFY(read > 100);
    }
};

QTEST_GUILESS_MAIN(TestInteraction)
#include "tst_interaction.moc"
