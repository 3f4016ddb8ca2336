// The settings pages as people use them: real keys and mouse, with a hub that answers as it is told, and once with the
// installed daemon.
#include "gui/model/portsources.h"
#include "gui/window/replyview.h"
#include "gui/window/rowtable.h"
#include "gui/window/settingfield.h"
#include "gui/window/settingspage.h"
#include "tests/gui/testwindow.h"

#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDialog>
#include <QFile>
#include <QFileInfo>
#include <QGroupBox>
#include <QMessageBox>
#include <QProcess>
#include <QPushButton>
#include <QRadioButton>
#include <QSpinBox>
#include <QTabWidget>

using namespace hub;
using namespace hub::gui;
using namespace Qt::StringLiterals;

namespace
{

QJsonObject declared(const QString &key, const QString &type, const QString &value, const QString &usual,
                     const QJsonObject &more = {})
{
    QJsonObject row{{u"key"_s, key},
                    {u"type"_s, type},
                    {u"value"_s, value},
                    {u"default"_s, usual},
                    {u"source"_s, value == usual ? u"default"_s : u"file"_s},
                    {u"help"_s, u"What %1 is for"_s.arg(key)}};
    for (auto it = more.begin(); it != more.end(); ++it)
        row[it.key()] = it.value();
    return row;
}

QJsonObject settingsData(const QHash<QString, QString> &values = {})
{
    const auto value = [&](const QString &key, const QString &usual) { return values.value(key, usual); };
    const QString seconds = u"checkpoint/interval_seconds"_s, freeze = u"checkpoint/freeze_timer"_s,
                  ladder = u"monitor/ladder"_s, program = u"alerts/command"_s, level = u"log/level"_s;
    return {{u"file"_s, u"/home/tester/.config/agenthub/agenthub.ini"_s},
            {u"declared"_s,
             QJsonArray{declared(seconds, u"number"_s, value(seconds, u"600"_s), u"600"_s,
                                 {{u"low"_s, 1}, {u"high"_s, 86400}}),
                        declared(freeze, u"flag"_s, value(freeze, u"true"_s), u"true"_s),
                        declared(ladder, u"choice"_s, value(ladder, u"off"_s), u"safe-mode"_s,
                                 {{u"choices"_s, QJsonArray{u"off"_s, u"stop-admitting"_s, u"safe-mode"_s}}}),
                        declared(program, u"text"_s, value(program, {}), {}),
                        declared(level, u"choice"_s, value(level, u"info"_s), u"info"_s,
                                 {{u"choices"_s, QJsonArray{u"debug"_s, u"info"_s}}, {u"needs_restart"_s, true}}),
                        declared(u"monitor/interval_seconds"_s, u"number"_s, u"20"_s, u"30"_s,
                                 {{u"low"_s, 1},
                                  {u"high"_s, 3600},
                                  {u"source"_s, u"environment"_s},
                                  {u"environment"_s, u"SAFETY_MONITORING_INTERVAL"_s}}),
                        declared(u"discord/guild_id"_s, u"text"_s, {}, {}, {{u"needs_restart"_s, true}})}}};
}

struct SettingsWindow : TestWindow {
    SettingsPage *page;
    QTabWidget *tabs;

    explicit SettingsWindow(const QString &place = {})
    {
        hub.script.on(u"config list"_s, settingsData());
        hub.script.on(
            u"agents list"_s,
            {{u"agents"_s, QJsonArray{QJsonObject{{u"agent"_s, u"claude"_s}, {u"adapter"_s, u"command"_s}},
                                      QJsonObject{{u"agent"_s, u"helper"_s}, {u"adapter"_s, u"jsonrpc"_s}}}}});
        hub.script.on(u"agents show"_s, [](const commands::CommandCall &call) {
            const auto row = [](const QString &key, const QString &value) {
                return QJsonObject{{u"key"_s, key}, {u"value"_s, value}, {u"help"_s, u"About "_s + key}};
            };
            commands::Reply reply;
            reply.data = {{u"agent"_s, call.options[u"agent"_s]},
                          {u"file"_s, u"/nowhere/agents.d/x.ini"_s},
                          {u"variables"_s, QJsonArray{u"API_KEY"_s}},
                          {u"settings"_s, QJsonArray{row(u"command"_s, u"claude -p {prompt}"_s),
                                                     row(u"max_parallel"_s, u"1"_s), row(u"autonomy"_s, u"normal"_s)}}};
            return reply;
        });
        page = new SettingsPage(context(place), &window);
        tabs = page->findChild<QTabWidget *>();
        show(page);
    }
    SettingField *field(const QString &key) { return qobject_cast<SettingField *>(find<QWidget>(key)->parentWidget()); }
    QString trouble(const QString &key)
    {
        auto *label = field(key)->findChild<QLabel *>(u"trouble"_s);
        return label->isVisible() ? label->text() : QString();
    }
    QString noted(const QString &key)
    {
        auto *label = field(key)->findChild<QLabel *>(u"state"_s);
        return label->isVisible() ? label->text() : QString();
    }
    QList<commands::CommandCall> sets() { return hub.script.calls(u"config set"_s); }
    void openTab(int number)
    {
        QTest::mouseClick(tabs->tabBar(), Qt::LeftButton, {}, tabs->tabBar()->tabRect(number).center());
        QCOMPARE(tabs->currentIndex(), number);
    }
};

QJsonObject changed(const QString &key, const QString &value) { return {{u"key"_s, key}, {u"value"_s, value}}; }

} // namespace

class TestSettingsPage : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void eachSettingHasAFittingInput()
    {
        SettingsWindow w;
        QTRY_VERIFY(w.find<QSpinBox>(u"checkpoint/interval_seconds"_s));
        auto *seconds = w.find<QSpinBox>(u"checkpoint/interval_seconds"_s);
        QCOMPARE(seconds->value(), 600);
        QCOMPARE(seconds->minimum(), 1);
        QCOMPARE(seconds->maximum(), 86400);
        QVERIFY(w.find<QCheckBox>(u"checkpoint/freeze_timer"_s)->isChecked());
        auto *ladder = w.find<QComboBox>(u"monitor/ladder"_s);
        QCOMPARE(ladder->count(), 3);
        QCOMPARE(ladder->currentText(), u"off"_s);
        QVERIFY(w.find<QLineEdit>(u"alerts/command"_s)->text().isEmpty());
        QVERIFY(w.field(u"log/level"_s)->findChild<QLabel *>(u"help"_s)->text().contains(u"next start"));
        QVERIFY(w.noted(u"checkpoint/interval_seconds"_s).isEmpty());
        QVERIFY(w.noted(u"monitor/ladder"_s).contains(u"safe-mode"));
        QCOMPARE(seconds->accessibleName(), u"Interval seconds"_s);
        QVERIFY(seconds->accessibleDescription().contains(u"What checkpoint"));
    }

    void whatTheEnvironmentSetsIsReadOnlyAndSaysWhy()
    {
        SettingsWindow w;
        QTRY_VERIFY(w.find<QSpinBox>(u"monitor/interval_seconds"_s));
        QVERIFY(!w.find<QSpinBox>(u"monitor/interval_seconds"_s)->isEnabled());
        QVERIFY(w.noted(u"monitor/interval_seconds"_s).contains(u"SAFETY_MONITORING_INTERVAL"));
        QVERIFY(!w.field(u"monitor/interval_seconds"_s)->findChild<QToolButton *>(u"default"_s)->isVisible());
    }

    void discordIsOnItsOwnTabOnly()
    {
        SettingsWindow w;
        QTRY_VERIFY(w.find<QSpinBox>(u"checkpoint/interval_seconds"_s));
        QVERIFY(!w.find<QLineEdit>(u"discord/guild_id"_s)); // not asked for before it is looked at
        w.openTab(2);
        QTRY_VERIFY(w.find<QLineEdit>(u"discord/guild_id"_s));
        QVERIFY(w.find<QLineEdit>(u"discord/guild_id"_s)->isVisible());
        QCOMPARE(w.window.findChildren<QSpinBox *>(u"checkpoint/interval_seconds"_s).size(), 1);
    }

    void wordsNarrowTheList()
    {
        SettingsWindow w;
        QTRY_VERIFY(w.find<QSpinBox>(u"checkpoint/interval_seconds"_s));
        auto *search = w.tabs->currentWidget()->findChild<QLineEdit *>(u"searchSettings"_s); // Discord has its own
        QTest::keyClicks(search, u"checkpoint SECONDS"_s);
        QVERIFY(w.field(u"checkpoint/interval_seconds"_s)->isVisible());
        QVERIFY(!w.field(u"checkpoint/freeze_timer"_s)->isVisible());
        QVERIFY(!w.field(u"alerts/command"_s)->isVisible());
        QVERIFY(!w.field(u"alerts/command"_s)->parentWidget()->isVisible()); // no heading without a setting
        search->clear();
        QVERIFY(w.field(u"alerts/command"_s)->isVisible());
    }

    void aNumberIsSentWithEnterAndNotAtEachKey()
    {
        SettingsWindow w;
        QTRY_VERIFY(w.find<QSpinBox>(u"checkpoint/interval_seconds"_s));
        auto *seconds = w.find<QSpinBox>(u"checkpoint/interval_seconds"_s);
        seconds->setFocus();
        seconds->selectAll();
        QTest::keyClicks(seconds, u"300"_s);
        QCoreApplication::processEvents();
        QVERIFY(w.sets().isEmpty());
        QTest::keyClick(seconds, Qt::Key_Return);
        QTRY_COMPARE(w.sets().size(), 1);
        QCOMPARE(w.sets().first().options, changed(u"checkpoint/interval_seconds"_s, u"300"_s));
        QTest::keyClick(seconds, Qt::Key_Return); // nothing new
        QTest::keyClick(seconds, Qt::Key_Tab);
        QVERIFY(!seconds->hasFocus());
        QCOMPARE(w.sets().size(), 1);
    }

    void aTextIsSentWhenTheFieldIsLeft()
    {
        SettingsWindow w;
        QTRY_VERIFY(w.find<QLineEdit>(u"alerts/command"_s));
        auto *program = w.find<QLineEdit>(u"alerts/command"_s);
        program->setFocus();
        QTest::keyClicks(program, u"notify-me --now"_s);
        QVERIFY(w.sets().isEmpty());
        QTest::keyClick(program, Qt::Key_Tab);
        QTRY_COMPARE(w.sets().size(), 1);
        QCOMPARE(w.sets().first().options, changed(u"alerts/command"_s, u"notify-me --now"_s));
    }

    void aChoiceMadeWithKeysIsSentWhenTheFieldIsLeft()
    {
        SettingsWindow w;
        QTRY_VERIFY(w.find<QComboBox>(u"monitor/ladder"_s));
        auto *ladder = w.find<QComboBox>(u"monitor/ladder"_s);
        ladder->setFocus();
        QTest::keyClick(ladder, Qt::Key_Down);
        QTest::keyClick(ladder, Qt::Key_Down);
        QCOMPARE(ladder->currentText(), u"safe mode"_s);
        QCoreApplication::processEvents();
        QVERIFY(w.sets().isEmpty());
        QTest::keyClick(ladder, Qt::Key_Tab);
        QTRY_COMPARE(w.sets().size(), 1);
        QCOMPARE(w.sets().first().options, changed(u"monitor/ladder"_s, u"safe-mode"_s));
    }

    void aCheckBoxIsSentAtOnce()
    {
        SettingsWindow w;
        QTRY_VERIFY(w.find<QCheckBox>(u"checkpoint/freeze_timer"_s));
        auto *freeze = w.find<QCheckBox>(u"checkpoint/freeze_timer"_s);
        freeze->setFocus();
        QTest::keyClick(freeze, Qt::Key_Space);
        QTRY_COMPARE(w.sets().size(), 1);
        QCOMPARE(w.sets().first().options, changed(u"checkpoint/freeze_timer"_s, u"false"_s));
    }

    void theWheelChangesNothingThatIsScrolledPast()
    {
        SettingsWindow w;
        QTRY_VERIFY(w.find<QSpinBox>(u"checkpoint/interval_seconds"_s));
        auto *seconds = w.find<QSpinBox>(u"checkpoint/interval_seconds"_s);
        w.find<QLineEdit>(u"searchSettings"_s)->setFocus();
        const QPoint middle = seconds->rect().center();
        QWheelEvent turn(middle, seconds->mapToGlobal(middle), {}, {0, 120}, Qt::NoButton, Qt::NoModifier,
                         Qt::NoScrollPhase, false);
        QApplication::sendEvent(seconds, &turn);
        QCOMPARE(seconds->value(), 600);
    }

    void whatTheHubRefusesIsSaidThereAndTheOldValueStays()
    {
        SettingsWindow w;
        w.hub.script.on(u"config set"_s, [](const commands::CommandCall &) -> Result<commands::Reply> {
            return fail(ErrorCode::DiskFull, u"The settings file can't be written: the disk is full."_s);
        });
        QTRY_VERIFY(w.find<QLineEdit>(u"alerts/command"_s));
        auto *program = w.find<QLineEdit>(u"alerts/command"_s);
        program->setFocus();
        QTest::keyClicks(program, u"notify-me"_s);
        QTest::keyClick(program, Qt::Key_Return);
        QTRY_VERIFY(w.trouble(u"alerts/command"_s).contains(u"disk is full"));
        QVERIFY(program->text().isEmpty());
        QVERIFY(w.window.findChildren<QDialog *>().isEmpty()); // nothing is opened over it
        // The next try that works takes the sentence away.
        w.hub.script.on(u"config set"_s, QJsonObject());
        QTest::keyClicks(program, u"other"_s);
        QTest::keyClick(program, Qt::Key_Return);
        QTRY_VERIFY(w.trouble(u"alerts/command"_s).isEmpty());
    }

    void theDefaultIsOneClickAway()
    {
        SettingsWindow w;
        QTRY_VERIFY(w.find<QComboBox>(u"monitor/ladder"_s));
        auto *back = w.field(u"monitor/ladder"_s)->findChild<QToolButton *>(u"default"_s);
        QVERIFY(back->isVisible());
        QTest::mouseClick(back, Qt::LeftButton);
        QTRY_COMPARE(w.sets().size(), 1);
        QCOMPARE(w.sets().first().options, QJsonObject({{u"key"_s, u"monitor/ladder"_s}}));
        QTRY_COMPARE(w.find<QComboBox>(u"monitor/ladder"_s)->currentData().toString(), u"off"_s);    // as this hub says
        QVERIFY(!w.field(u"alerts/command"_s)->findChild<QToolButton *>(u"default"_s)->isVisible()); // it has it
    }

    void whatIsChangedElsewhereComesInButNotOverWhatIsBeingWritten()
    {
        SettingsWindow w;
        QTRY_VERIFY(w.find<QLineEdit>(u"alerts/command"_s));
        auto *program = w.find<QLineEdit>(u"alerts/command"_s);
        program->setFocus();
        QTest::keyClicks(program, u"half writ"_s);
        w.hub.script.on(u"config list"_s, settingsData({{u"checkpoint/interval_seconds"_s, u"60"_s},
                                                        {u"alerts/command"_s, u"theirs"_s}}));
        w.hub.source->lose();
        w.hub.source->reach();
        QTRY_COMPARE(w.find<QSpinBox>(u"checkpoint/interval_seconds"_s)->value(), 60);
        QCOMPARE(program->text(), u"half writ"_s);
    }

    void anAgentIsTestedInPlaceAndChanged()
    {
        SettingsWindow w;
        w.openTab(1);
        QTRY_VERIFY(w.find<QSpinBox>(u"max_parallel"_s)); // the first one is looked at without a click
        auto *answer = w.find<ReplyView>(u"agentAnswer"_s);
        w.hub.script.hold(u"agents test"_s);
        w.hub.script.on(u"agents test"_s, [](const commands::CommandCall &call) {
            return commands::Reply{.title = call.options[u"agent"_s].toString() + u" can be started"_s};
        });
        QTest::mouseClick(w.find<QPushButton>(u"testAgent"_s), Qt::LeftButton);
        QVERIFY2(answer->toPlainText().contains(u"Testing claude"), qPrintable(answer->toPlainText()));
        QVERIFY(!w.find<QPushButton>(u"testAgent"_s)->isEnabled());
        w.hub.source->release(u"agents test"_s);
        QTRY_VERIFY(answer->toPlainText().contains(u"claude can be started"));
        QVERIFY(w.find<QPushButton>(u"testAgent"_s)->isEnabled());

        auto *many = w.find<QSpinBox>(u"max_parallel"_s);
        many->setFocus();
        many->selectAll();
        QTest::keyClicks(many, u"4"_s);
        QTest::keyClick(many, Qt::Key_Return);
        QTRY_COMPARE(w.hub.script.calls(u"agents set"_s).size(), 1);
        QCOMPARE(w.hub.script.calls(u"agents set"_s).first().options,
                 QJsonObject({{u"agent"_s, u"claude"_s}, {u"key"_s, u"max_parallel"_s}, {u"value"_s, u"4"_s}}));

        // Another one: with the arrow keys.
        auto *table = w.page->findChild<RowTable *>();
        table->setFocus();
        QTest::keyClick(table, Qt::Key_Down);
        QTRY_COMPARE(w.hub.script.calls(u"agents show"_s).last().options[u"agent"_s].toString(), u"helper"_s);
        QVERIFY(answer->toPlainText().isEmpty());
    }

    void anAgentIsRemovedOnlyAfterAYes_data()
    {
        QTest::addColumn<int>("key");
        QTest::addColumn<int>("calls");
        QTest::newRow("Escape keeps it") << int(Qt::Key_Escape) << 0;
        QTest::newRow("Enter keeps it too") << int(Qt::Key_Return) << 0;
        QTest::newRow("only the button takes it out") << 0 << 1;
    }
    void anAgentIsRemovedOnlyAfterAYes()
    {
        QFETCH(int, key);
        QFETCH(int, calls);
        SettingsWindow w;
        w.openTab(1);
        QTRY_VERIFY(w.find<QSpinBox>(u"max_parallel"_s));
        QTimer::singleShot(0, &w.window, [&] {
            auto *ask = w.window.findChild<QMessageBox *>();
            QVERIFY(ask);
            if (key)
                return QTest::keyClick(ask, Qt::Key(key));
            for (QAbstractButton *button : ask->buttons()) {
                if (ask->buttonRole(button) == QMessageBox::DestructiveRole)
                    return QTest::mouseClick(button, Qt::LeftButton);
            }
        });
        QTest::mouseClick(w.find<QPushButton>(u"removeAgent"_s), Qt::LeftButton);
        QTRY_COMPARE(w.hub.script.calls(u"agents remove"_s).size(), calls);
    }

    void anAgentIsAddedFromWhatIsFoundAndTested()
    {
        SettingsWindow w;
        w.hub.script.onSuggest(u"command"_s, {{u"codex exec {prompt}"_s, u"codex · Codex · /usr/bin/codex"_s}});
        w.hub.script.on(u"agents add"_s, [](const commands::CommandCall &) {
            return commands::Reply{.title = u"Agent codex is set up"_s};
        });
        w.hub.script.on(u"agents test"_s, [](const commands::CommandCall &) {
            return commands::Reply{.severity = commands::Severity::Warning, .title = u"codex is there, but look"_s};
        });
        w.openTab(1);
        QTest::mouseClick(w.find<QPushButton>(u"addAgent"_s), Qt::LeftButton);
        QTRY_VERIFY(w.find<QLineEdit>(u"agentCommand"_s));
        auto *go = w.find<QPushButton>(u"addNow"_s);
        QTRY_COMPARE(w.find<QLineEdit>(u"agentCommand"_s)->text(), u"codex exec {prompt}"_s);
        QCOMPARE(w.find<QLineEdit>(u"agentName"_s)->text(), u"codex"_s);
        QTRY_VERIFY(go->isEnabled());
        QTest::mouseClick(go, Qt::LeftButton);
        QTRY_VERIFY(w.find<ReplyView>(u"setupAnswer"_s)->toPlainText().contains(u"codex is there, but look"));
        QVERIFY(w.find<ReplyView>(u"setupAnswer"_s)->toPlainText().contains(u"Agent codex is set up"));
        QCOMPARE(w.hub.script.calls(u"agents add"_s).first().options,
                 QJsonObject({{u"agent"_s, u"codex"_s}, {u"command"_s, u"codex exec {prompt}"_s}}));
    }

    void withoutAKeychainTheTokenGoesIntoAFileOfTheAccountAlone()
    {
        const QString token = u"MTIz.secret.token"_s;
        SettingsWindow w;
        w.hub.script.on(u"discord check"_s,
                        [](const commands::CommandCall &) { return commands::Reply{.title = u"Discord is set up"_s}; });
        w.openTab(2);
        auto *place = w.find<QLabel>(u"tokenPlace"_s);
        QTRY_VERIFY(place->text().contains(u"No token is stored"));
        QVERIFY2(place->text().contains(u"keychain"), qPrintable(place->text())); // there is none here: said
        QVERIFY(!w.find<QRadioButton>(u"inKeychain"_s)->isEnabled());
        QVERIFY(w.find<QRadioButton>(u"inFile"_s)->isChecked());
        auto *line = w.find<QLineEdit>(u"token"_s);
        QCOMPARE(line->echoMode(), QLineEdit::Password);
        line->setFocus();
        QTest::keyClicks(line, token);
        QTest::mouseClick(w.find<QPushButton>(u"checkDiscord"_s), Qt::LeftButton);
        QTRY_VERIFY(w.find<ReplyView>(u"tokenAnswer"_s)->toPlainText().contains(u"Discord is set up"));
        QCOMPARE(w.hub.script.calls(u"discord check"_s).last().options, QJsonObject({{u"token"_s, token}}));
        QTest::mouseClick(w.find<QPushButton>(u"storeToken"_s), Qt::LeftButton);
        const QString path = w.folder.filePath(u"discord-token"_s);
        QTRY_VERIFY(place->text().contains(path));
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), token.toUtf8() + '\n');
        QCOMPARE(file.permissions() & ~(QFile::ReadUser | QFile::WriteUser),
                 QFile::Permissions(QFile::ReadOwner | QFile::WriteOwner));
        QVERIFY(line->text().isEmpty());
        QVERIFY(w.find<QLabel>(u"tokenSaid"_s)->text().contains(u"next start"));
        // Nothing that is shown has it.
        for (QLabel *label : w.window.findChildren<QLabel *>())
            QVERIFY(!label->text().contains(token));
        QTest::mouseClick(w.find<QPushButton>(u"removeToken"_s), Qt::LeftButton);
        QTRY_VERIFY(place->text().contains(u"No token is stored"));
        QVERIFY(!QFile::exists(path));
    }

    void theTokenOfAHubElsewhereIsGivenThere()
    {
        SettingsWindow w(u"ssh://me@board"_s);
        w.openTab(2);
        auto *place = w.find<QLabel>(u"tokenPlace"_s);
        QTRY_VERIFY(place->text().contains(u"ssh://me@board"));
        QVERIFY(place->text().contains(u"install -m 600 /dev/stdin %1/discord-token"_s.arg(w.folder.path())));
        QVERIFY(!w.find<QPushButton>(u"storeToken"_s)->isVisible());
        QVERIFY(!w.find<QRadioButton>(u"inFile"_s)->isVisible());
        QVERIFY(!QFile::exists(w.folder.filePath(u"discord-token"_s)));
    }

    void coloursAndTrayAreRemembered()
    {
        SettingsWindow w;
        w.openTab(3);
        auto *theme = w.find<QComboBox>(u"theme"_s);
        theme->setFocus();
        const QColor before = qApp->palette().color(QPalette::Window);
        QTest::keyClick(theme, Qt::Key_End);
        QCOMPARE(QSettings().value(u"window/theme"_s).toString(), u"dark"_s);
        QVERIFY(qApp->palette().color(QPalette::Window).lightness() < 128);
        QTest::keyClick(theme, Qt::Key_Home);
        QCOMPARE(QSettings().value(u"window/theme"_s).toString(), u"system"_s);
        QCOMPARE(qApp->palette().color(QPalette::Window), before);
        auto *tray = w.find<QCheckBox>(u"stayInTray"_s);
        QVERIFY(tray->isChecked());
        tray->setFocus();
        QTest::keyClick(tray, Qt::Key_Space);
        QCOMPARE(QSettings().value(u"window/stay_in_tray"_s).toBool(), false);
    }

    void theInstalledDaemonTakesAChangeAndTestsAnAgent()
    {
        QTemporaryDir folder;
        const QString data = folder.filePath(u"data"_s), config = folder.filePath(u"agenthub.ini"_s);
        QProcess daemon;
        daemon.setProgram(QStringLiteral(HUB_BIN_DIR) + u"/agenthubd"_s);
        daemon.setArguments({u"--data-dir"_s, data, u"--config"_s, config});
        daemon.setStandardErrorFile(folder.filePath(u"log"_s));
        daemon.start();
        QVERIFY(daemon.waitForStarted());
        {
            HubLink link(std::make_unique<RemoteSource>([data] { return std::make_unique<ipc::LocalChannel>(data); }));
            QTRY_VERIFY_WITH_TIMEOUT((link.tryNow(), link.isConnected()), 20'000);
            QWidget window;
            HubState state(link);
            CommandRunner runner(link, window);
            auto *page = new SettingsPage({state, runner, {}}, &window);
            (new QVBoxLayout(&window))->addWidget(page);
            window.resize(1000, 700);
            window.show();
            QVERIFY(QTest::qWaitForWindowActive(&window));
            QTRY_VERIFY(window.findChild<QSpinBox *>(u"agents/max_running"_s));
            auto *most = window.findChild<QSpinBox *>(u"agents/max_running"_s);
            most->setFocus();
            most->selectAll();
            QTest::keyClicks(most, u"7"_s);
            QTest::keyClick(most, Qt::Key_Return);
            QTRY_VERIFY([&] {
                QFile file(config);
                return file.open(QIODevice::ReadOnly) && file.readAll().contains("max_running = 7");
            }());

            bool added = false;
            runner.runFor(&window, u"agents add"_s, {{u"agent"_s, u"echoer"_s}, {u"command"_s, u"echo {prompt}"_s}},
                          [&added](const Result<commands::Reply> &reply) { added = bool(reply); });
            QTRY_VERIFY(added);
            state.refreshSoon();
            auto *tabs = page->findChild<QTabWidget *>();
            tabs->setCurrentIndex(1);
            QTRY_VERIFY(window.findChild<QLineEdit *>(u"command"_s));
            QCOMPARE(window.findChild<QLineEdit *>(u"command"_s)->text(), u"echo {prompt}"_s);
            QTest::mouseClick(window.findChild<QPushButton *>(u"testAgent"_s), Qt::LeftButton);
            auto *answer = window.findChild<ReplyView *>(u"agentAnswer"_s);
            QTRY_VERIFY_WITH_TIMEOUT(answer->toPlainText().contains(u"echoer can be started") ||
                                         answer->toPlainText().contains(u"echoer is there"),
                                     20'000);
        }
        daemon.terminate();
        QVERIFY(daemon.waitForFinished(20'000));
    }
};

int main(int argc, char **argv)
{
    useNoScreen();
    QApplication app(argc, argv);
    app.setOrganizationName(u"agenthub-tests"_s);
    app.setApplicationName(u"settings"_s);
    TestSettingsPage test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_settingspage.moc"
