#include "core/settings/projectsettings.h"

#include <QTest>

using namespace hub;
using namespace Qt::StringLiterals;

class TestProjectSettings : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void anEmptyValueIsTheDefaultAgain()
    {
        const ProjectSettings none({});
        QCOMPARE(none.text(projectsetting::bring), u".env*"_s);
        const auto set = none.with(projectsetting::bring, u"secrets"_s);
        QVERIFY(set);
        QVERIFY(ProjectSettings(*set).isSet(projectsetting::bring));
        QCOMPARE(ProjectSettings(*set).text(projectsetting::bring), u"secrets"_s);
        QCOMPARE(*ProjectSettings(*set).with(projectsetting::bring, {}), QJsonObject());
        QCOMPARE(*none.with(projectsetting::bring, u".env*"_s), QJsonObject());
    }

    void wrongValuesAreRefused_data()
    {
        QTest::addColumn<QString>("key");
        QTest::addColumn<QString>("value");
        QTest::newRow("too small") << u"setup_minutes"_s << u"0"_s;
        QTest::newRow("no number") << u"check_minutes"_s << u"soon"_s;
        QTest::newRow("no such choice") << u"mode"_s << u"elsewhere"_s;
        QTest::newRow("two lines") << u"setup"_s << u"a\nb"_s;
    }
    void wrongValuesAreRefused()
    {
        QFETCH(QString, key);
        QFETCH(QString, value);
        const auto spec = ProjectSettings::find(key);
        QVERIFY(spec);
        const auto changed = ProjectSettings({}).with(**spec, value);
        QVERIFY(!changed);
        QCOMPARE(changed.error().code, ErrorCode::InvalidInput);
    }

    void everyDefaultIsAValidValue()
    {
        for (const SettingSpec *spec : allProjectSettings)
            QVERIFY2(ProjectSettings({}).with(*spec, QString(spec->fallback)), spec->key.data());
    }

    void anUnknownNameIsAnsweredWithAllNames()
    {
        const auto found = ProjectSettings::find(u"colour");
        QVERIFY(!found);
        QVERIFY(found.error().hint.contains(u"teardown"));
    }
};

QTEST_GUILESS_MAIN(TestProjectSettings)
#include "tst_projectsettings.moc"
