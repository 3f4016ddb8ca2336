// The first steps as people take them: real keys and mouse.
#include "gui/window/mainwindow.h"
#include "gui/window/replyview.h"
#include "gui/window/wizard.h"
#include "tests/gui/testwindow.h"

#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QDialog>
#include <QFile>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QSignalSpy>

using namespace hub;
using namespace hub::gui;
using namespace Qt::StringLiterals;

namespace
{

struct Steps : TestWindow {
    explicit Steps(const QJsonArray &projects = {})
    {
        QSettings().clear();
        hub.script.on(u"projects list"_s, QJsonObject{{u"projects"_s, projects}});
        hub.script.onSuggest(u"command"_s, {{u"claude -p {prompt}"_s, u"claude · Claude Code · /usr/bin/claude"_s}});
        Wizard::offerOnce(context(), window);
        window.show();
    }
    Wizard *wizard() { return window.findChild<Wizard *>(); }
    QPushButton *next() { return qobject_cast<QPushButton *>(wizard()->button(QWizard::NextButton)); }
    void press() { QTest::mouseClick(next(), Qt::LeftButton); }
    QString title() { return wizard()->currentPage()->title(); }
    QString said(const QString &name) { return find<ReplyView>(name)->toPlainText(); }
    // To the page of the project.
    void begin()
    {
        QTRY_VERIFY(wizard());
        QVERIFY(QTest::qWaitForWindowActive(wizard()));
        press();
        QCOMPARE(title(), u"A project"_s);
    }
};

} // namespace

class TestWizard : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void itOpensWhenTheHubHasNoProjectAndOnlyThen()
    {
        Steps fresh;
        QTRY_VERIFY(fresh.wizard());
        Steps used({QJsonObject{{u"project"_s, u"web"_s}}});
        QTRY_VERIFY(!used.hub.script.calls(u"projects list"_s).isEmpty());
        QTRY_VERIFY(used.state.isComplete());
        QCoreApplication::processEvents();
        QVERIFY(!used.wizard());
    }

    void onceClosedItDoesNotComeAgainByItself()
    {
        {
            Steps first;
            QTRY_VERIFY(first.wizard());
            QVERIFY(QTest::qWaitForWindowActive(first.wizard()));
            QTest::keyClick(first.wizard(), Qt::Key_Escape);
            QTRY_VERIFY(!first.wizard());
            QVERIFY(first.hub.script.calls(u"projects add"_s).isEmpty());
        }
        TestWindow second;
        second.hub.script.on(u"projects list"_s, QJsonObject{{u"projects"_s, QJsonArray()}});
        Wizard::offerOnce(second.context(), second.window);
        QTRY_VERIFY(second.state.isComplete());
        QVERIFY(second.hub.script.calls(u"projects list"_s).isEmpty());
        QVERIFY(!second.window.findChild<Wizard *>());
        Wizard::open(second.context(), second.window); // from the settings it does
        QVERIFY(second.window.findChild<Wizard *>());
    }

    void aProjectIsTakenInWithItsAnswerShown()
    {
        Steps steps;
        steps.begin();
        QCOMPARE(steps.next()->text(), u"&Skip"_s);
        auto *folder = steps.find<QLineEdit>(u"projectFolder"_s);
        folder->setFocus();
        QTest::keyClicks(folder, u"/nowhere/web"_s);
        QVERIFY(steps.said(u"projectAnswer"_s).contains(u"no such folder"));
        QCOMPARE(steps.next()->text(), u"&Take it in"_s);
        steps.hub.script.on(u"projects add"_s, [](const commands::CommandCall &) -> Result<commands::Reply> {
            return fail(ErrorCode::NotFound, u"/nowhere/web is no git repository."_s, u"git init"_s);
        });
        steps.press();
        QTRY_VERIFY(steps.said(u"projectAnswer"_s).contains(u"is no git repository"));
        QCOMPARE(steps.title(), u"A project"_s);
        // Corrected and taken in: while that lasts, nothing else can be pressed twice.
        steps.hub.script.on(u"projects add"_s, [](const commands::CommandCall &) {
            return commands::Reply{.title = u"Project web"_s, .text = u"agents can't move main"_s};
        });
        steps.hub.script.hold(u"projects add"_s);
        folder->setFocus();
        folder->selectAll();
        QTest::keyClicks(folder, steps.folder.path());
        steps.press();
        QTRY_COMPARE(steps.hub.script.calls(u"projects add"_s).size(), 2);
        QVERIFY(!steps.next()->isEnabled());
        steps.hub.source->release(u"projects add"_s);
        QTRY_VERIFY(steps.said(u"projectAnswer"_s).contains(u"agents can't move main"));
        QCOMPARE(steps.hub.script.calls(u"projects add"_s).last().options,
                 QJsonObject({{u"source"_s, steps.folder.path()}}));
        QCOMPARE(steps.title(), u"A project"_s); // so that the answer can be read
        QCOMPARE(steps.next()->text(), u"&Next >"_s);
        steps.press();
        QCOMPARE(steps.title(), u"An agent"_s);
        QCOMPARE(steps.hub.script.calls(u"projects add"_s).size(), 2);
    }

    void anAgentThatWasFoundIsAddedAndTested()
    {
        Steps steps;
        steps.begin();
        steps.press(); // skipped
        QCOMPARE(steps.title(), u"An agent"_s);
        QTRY_COMPARE(steps.find<QLineEdit>(u"agentCommand"_s)->text(), u"claude -p {prompt}"_s);
        QCOMPARE(steps.next()->text(), u"&Add and test"_s);
        steps.hub.script.on(u"agents test"_s, [](const commands::CommandCall &) {
            return commands::Reply{.title = u"claude can be started"_s};
        });
        steps.press();
        QTRY_VERIFY(steps.said(u"setupAnswer"_s).contains(u"claude can be started"));
        QTRY_COMPARE(steps.next()->text(), u"&Next >"_s);
        QCOMPARE(steps.hub.script.calls(u"agents add"_s).size(), 1);
        steps.press();
        QCOMPARE(steps.title(), u"Discord, if you like"_s);
        QCOMPARE(steps.hub.script.calls(u"agents add"_s).size(), 1);
    }

    void aTokenIsTriedAndStored()
    {
        Steps steps;
        steps.begin();
        steps.press();
        QTRY_VERIFY(!steps.find<QLineEdit>(u"agentCommand"_s)->text().isEmpty());
        steps.find<QLineEdit>(u"agentCommand"_s)->clear();
        QCOMPARE(steps.next()->text(), u"&Skip"_s);
        steps.press();
        QCOMPARE(steps.title(), u"Discord, if you like"_s);
        QTRY_VERIFY(steps.find<QRadioButton>(u"inFile"_s)->isChecked());
        steps.hub.script.on(u"discord check"_s, [](const commands::CommandCall &) {
            return commands::Reply{.title = u"Discord is set up"_s};
        });
        auto *token = steps.find<QLineEdit>(u"token"_s);
        token->setFocus();
        QTest::keyClicks(token, u"MTIz.a.b"_s);
        QTest::keyClick(token, Qt::Key_Return); // checks, and does not go on
        QTRY_VERIFY(steps.said(u"tokenAnswer"_s).contains(u"Discord is set up"));
        QCOMPARE(steps.title(), u"Discord, if you like"_s);
        steps.press();
        QTRY_VERIFY(QFile::exists(steps.folder.filePath(u"discord-token"_s)));
        QTRY_COMPARE(steps.next()->text(), u"&Next >"_s);
        steps.press();
        QCOMPARE(steps.title(), u"That is all"_s);
        QTest::mouseClick(steps.wizard()->button(QWizard::FinishButton), Qt::LeftButton);
        QTRY_VERIFY(!steps.wizard());
    }

    void allOfItCanBeSkippedWithoutAnythingBeingDone()
    {
        Steps steps;
        steps.begin();
        steps.press();
        QTRY_VERIFY(!steps.find<QLineEdit>(u"agentCommand"_s)->text().isEmpty());
        steps.find<QLineEdit>(u"agentName"_s)->clear();
        steps.press();
        steps.press();
        QCOMPARE(steps.title(), u"That is all"_s);
        for (const QString &command : {u"projects add"_s, u"agents add"_s, u"discord check"_s})
            QVERIFY(steps.hub.script.calls(command).isEmpty());
        QVERIFY(!steps.find<QCheckBox>(u"firstTask"_s)->isVisible()); // there is no agent to give it to
    }

    void closingItWhileTheHubWorksLosesNothing()
    {
        Steps steps;
        steps.begin();
        steps.hub.script.hold(u"projects add"_s);
        auto *folder = steps.find<QLineEdit>(u"projectFolder"_s);
        folder->setText(u"/nowhere/web"_s);
        steps.press();
        QTRY_COMPARE(steps.hub.script.calls(u"projects add"_s).size(), 1);
        QTest::keyClick(steps.wizard(), Qt::Key_Escape);
        QTRY_VERIFY(!steps.wizard());
        QSignalSpy done(&steps.runner, &CommandRunner::done);
        steps.hub.source->release(u"projects add"_s);
        QTRY_COMPARE(done.size(), 1); // the hub went on, and the window takes its answer
    }

    void theWholeWindowOffersIt()
    {
        QSettings().clear();
        FakeLink hub;
        hub.script.on(u"projects list"_s, QJsonObject{{u"projects"_s, QJsonArray()}});
        MainWindow window(*hub.link, {});
        window.show();
        QTRY_VERIFY(window.findChild<Wizard *>());
    }
};

int main(int argc, char **argv)
{
    useNoScreen();
    QApplication app(argc, argv);
    app.setOrganizationName(u"agenthub-tests"_s);
    app.setApplicationName(u"wizard"_s);
    TestWizard test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_wizard.moc"
