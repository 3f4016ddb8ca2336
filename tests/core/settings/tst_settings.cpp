#include "core/settings/settings.h"

#include <QTemporaryDir>
#include <QTest>

using namespace hub;
using namespace Qt::StringLiterals;

class TestSettings : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;

    QString write(const QByteArray &text)
    {
        const QString path = m_folder.filePath(u"agenthub.ini"_s);
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly | QIODevice::Truncate))
            qFatal("can't write");
        file.write(text);
        return path;
    }

private Q_SLOTS:
    void layersOverrideEachOther()
    {
        const QString path = write("[monitor]\nalert_cooldown_seconds = 10\n");
        QProcessEnvironment environment;
        auto settings = *Settings::load(path, environment);
        QCOMPARE(settings.number(setting::alertCooldown), 10);
        QCOMPARE(settings.number(setting::checkpointSeconds), 600);
        environment.insert(u"SAFETY_ALERT_COOLDOWN"_s, u"20"_s);
        settings = *Settings::load(path, environment);
        QCOMPARE(settings.number(setting::alertCooldown), 20);
        QCOMPARE(settings.source(setting::alertCooldown), Settings::Source::Environment);
        QVERIFY(settings.overrideWith(setting::alertCooldown, u"30"_s));
        QCOMPARE(settings.number(setting::alertCooldown), 30);
    }

    void wrongInputIsRefusedAndSaysWhere_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("says");
        QTest::newRow("unknown key") << QByteArray("[log]\nlevle = info\n")
                                     << u"line 2: 'levle = info' is no setting"_s;
        QTest::newRow("out of range") << QByteArray("[checkpoint]\ninterval_seconds = 0\n")
                                      << u"expected a whole number from 1 to 86400"_s;
        QTest::newRow("not a number") << QByteArray("[checkpoint]\ninterval_seconds = ten\n")
                                      << u"expected a whole number"_s;
        QTest::newRow("no such choice") << QByteArray("[log]\nlevel = loud\n")
                                        << u"expected one of debug, info, warning, error"_s;
    }
    void wrongInputIsRefusedAndSaysWhere()
    {
        QFETCH(QByteArray, text);
        QFETCH(QString, says);
        const auto refused = Settings::load(write(text), {});
        QVERIFY(!refused);
        QVERIFY2(refused.error().message.contains(says), qPrintable(refused.error().message));
        // No hub runs with such a file, so no command of a hub can be what to do.
        QVERIFY2(refused.error().hint.startsWith(u"Correct or remove that line"), qPrintable(refused.error().hint));
    }

    void aChangeKeepsCommentsAndOrder()
    {
        const QString path =
            write("# mine\n[log]\nlevel = info\n\n[checkpoint]\n# ten minutes\ninterval_seconds = 600\n");
        auto settings = *Settings::load(path, {});
        QVERIFY(settings.set(setting::checkpointSeconds, u"60"_s));
        QVERIFY(settings.set(setting::maxFileMegabytes, u"5"_s));
        QVERIFY(settings.set(setting::alertCooldown, u"7"_s));
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(),
                 QByteArray("# mine\n[log]\nlevel = info\n\n[checkpoint]\n# ten minutes\ninterval_seconds = 60\n"
                            "max_file_mb = 5\n\n[monitor]\nalert_cooldown_seconds = 7\n"));
        QCOMPARE(Settings::load(path, {})->number(setting::maxFileMegabytes), 5);
    }

    void aValueIsTakenOutAndTheRestStays()
    {
        const QString path = write("# mine\n[log]\nlevel = debug\n\n[checkpoint]\ninterval_seconds = 60\n");
        auto settings = *Settings::load(path, {});
        QVERIFY(settings.reset(setting::checkpointSeconds));
        QVERIFY(settings.reset(setting::alertCooldown)); // was not there
        QCOMPARE(settings.source(setting::checkpointSeconds), Settings::Source::Default);
        QCOMPARE(settings.number(setting::checkpointSeconds), 600);
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), QByteArray("# mine\n[log]\nlevel = debug\n\n[checkpoint]\n"));
    }

    void defaultsAreWithinTheirOwnRange()
    {
        for (const SettingSpec *spec : allSettings) {
            Settings settings;
            const auto accepted = settings.overrideWith(*spec, QString(spec->fallback));
            QVERIFY2(accepted, qPrintable(QString(spec->key)));
        }
    }
};

QTEST_GUILESS_MAIN(TestSettings)
#include "tst_settings.moc"
