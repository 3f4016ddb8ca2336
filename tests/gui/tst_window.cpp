// The window as a person uses it: attached to the installed daemon, with agents that really run, by mouse and keys.
#include "gui/window/commandform.h"
#include "gui/window/commandpalette.h"
#include "gui/window/holdbutton.h"
#include "gui/window/listpage.h"
#include "gui/window/needsyou.h"
#include "gui/window/replyview.h"
#include "gui/window/taskspage.h"
#include "tests/gui/windowrun.h"

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QPlainTextEdit>
#include <QSignalSpy>

using namespace hub;
using namespace hub::gui;
using namespace Qt::StringLiterals;

class TestWindow : public QObject
{
    Q_OBJECT

    std::unique_ptr<WindowRun> m_run;
    std::unique_ptr<HubLink> m_link;
    std::unique_ptr<MainWindow> m_window;

    void click(const QString &button, QWidget *in = nullptr)
    {
        QWidget &where = in ? *in : *m_window;
        WINDOW_WAIT(buttonIn(where, button) && buttonIn(where, button)->isEnabled());
        QTest::mouseClick(buttonIn(where, button), Qt::LeftButton);
    }
    TasksPage &tasks() { return *m_window->findChild<TasksPage *>(); }
    QJsonObject known(const QString &task)
    {
        const int row = m_window->state().tasks().rowOf(task);
        return row < 0 ? QJsonObject() : m_window->state().tasks().rowAt(row);
    }
    void waitForState(const QString &task, const QString &state) { WINDOW_WAIT(known(task)[u"state"_s] == state); }
    // The preview that is open, agreed to.
    void agree()
    {
        WINDOW_WAIT(dialogOf<QDialog>(*m_window, u"Look first"_s));
        click(u"confirm"_s, dialogOf<QDialog>(*m_window, u"Look first"_s));
        WINDOW_WAIT(!dialogOf<QDialog>(*m_window, u"Look first"_s));
    }
    QString previewText()
    {
        return dialogOf<QDialog>(*m_window, u"Look first"_s)->findChild<ReplyView *>()->toPlainText();
    }
    template <class Widget>
    Widget *inputOf(QDialog *form, const QString &name)
    {
        const auto widgets = form->findChildren<Widget *>();
        for (Widget *widget : widgets) {
            if (widget->accessibleName() == name)
                return widget;
        }
        return nullptr;
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_run = std::make_unique<WindowRun>();
        m_run->start();
        m_run->ctl({u"projects"_s, u"add"_s, m_run->path(u"project"_s)});
        m_run->addAgent(u"writer"_s, "echo hello from the writer; echo two >> file.txt; echo new > added.txt\n");
        m_run->addAgent(u"worker"_s, "i=0; while :; do i=$((i+1)); echo step $i; sleep 0.1; done\n");
        m_run->addAgent(u"asker"_s, "\"$AGENTHUB_CTL\" tool request-approval --action 'push the branch' "
                                    "--command 'git push origin x'\nsleep 600\n");
    }
    void init()
    {
        m_link = m_run->link();
        m_window = std::make_unique<MainWindow>(*m_link, QString());
        new QAbstractItemModelTester(&m_window->state().tasks(), QAbstractItemModelTester::FailureReportingMode::QtTest,
                                     m_window.get());
        new QAbstractItemModelTester(&m_window->state().agents(),
                                     QAbstractItemModelTester::FailureReportingMode::QtTest, m_window.get());
        connect(&m_window->runner(), &CommandRunner::failed, this, [](const QString &command, const Error &error) {
            qInfo().noquote() << command << "failed:" << error.message;
        });
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        WINDOW_WAIT(m_link->isConnected());
        WINDOW_WAIT(m_window->state().isComplete());
    }
    void cleanup()
    {
        m_window.reset();
        m_link.reset();
    }
    void cleanupTestCase() { m_run.reset(); }

    void aTaskIsAssignedAndWatched()
    {
        click(u"newTask"_s);
        WINDOW_WAIT(dialogOf<CommandForm>(*m_window, u"assign-task"_s));
        auto *form = dialogOf<CommandForm>(*m_window, u"assign-task"_s);
        QTest::keyClicks(inputOf<QPlainTextEdit>(form, u"description"_s), u"Say hello"_s);
        inputOf<QComboBox>(form, u"agent"_s)->setFocus();
        QTest::keyClicks(inputOf<QComboBox>(form, u"agent"_s), u"writer"_s);
        click(u"Do this"_s, form);
        WINDOW_WAIT(m_window->state().tasks().rowCount() == 1);
        const QString task = m_window->state().tasks().idAt(0);
        waitForState(task, u"needs_review"_s);
        m_window->openTask(task);
        ConversationView &view = tasks().taskPage().conversation().view();
        WINDOW_WAIT(view.shown().second > 1);
        QString said;
        for (qint64 seq = 1; seq <= view.shown().second; ++seq)
            said += view.textOf(seq) + u'\n';
        QVERIFY2(said.contains(u"hello from the writer"_s), qPrintable(said));
        QVERIFY2(said.contains(u"Say hello"_s), qPrintable(said));
    }

    void whatItChangedIsShown()
    {
        const QString task = m_run->assign(u"writer"_s, u"Change something"_s);
        waitForState(task, u"needs_review"_s);
        m_window->openTask(task);
        tasks().taskPage().showChanges({}, {});
        DiffView &diff = tasks().taskPage().changes().view();
        WINDOW_WAIT(diff.unified().contains("+two"));
        QVERIFY(diff.unified().contains("added.txt"));
    }

    void whatIsSaidReachesTheAgent()
    {
        m_run->addAgent(u"listener"_s, "echo ready; cat && sleep 1000\n");
        const QString task = m_run->assign(u"listener"_s, u"Listen"_s);
        waitForState(task, u"running"_s);
        m_window->openTask(task);
        auto *composer = tasks().taskPage().conversation().findChild<QPlainTextEdit *>();
        composer->setFocus();
        QTest::keyClicks(composer, u"the tests fail"_s);
        QTest::keyClick(composer, Qt::Key_Return, Qt::ControlModifier);
        WINDOW_WAIT(composer->toPlainText().isEmpty()); // taken
        WINDOW_WAIT(QString::fromUtf8(m_run->ctl({u"task-log"_s, task, u"--limit"_s, u"100"_s}) +
                                      m_run->ctl({u"queue"_s, u"list"_s}))
                        .contains(u"the tests fail"_s));
        m_run->ctl({u"cancel-task"_s, task, u"--yes"_s});
    }

    void aQuestionIsAnsweredInPlace()
    {
        const QString task = m_run->assign(u"asker"_s, u"Push it"_s);
        WINDOW_WAIT(m_window->state().approvals().rowCount() == 1);
        m_window->openPage(u"overview"_s);
        auto *needs = m_window->findChild<NeedsYou *>();
        WINDOW_WAIT(buttonIn(*needs, u"Allow"_s));
        bool told = false;
        const auto labels = needs->findChildren<QLabel *>();
        for (const QLabel *label : labels)
            told = told || label->text().contains(u"git push origin x"_s);
        QVERIFY(told); // the whole question stands there
        click(u"Allow"_s, needs);
        WINDOW_WAIT(m_window->state().approvals().rowCount() == 0);
        waitForState(task, u"running"_s);
        QVERIFY(m_run->ctl({u"approvals"_s, u"--filter"_s, u"answered"_s}).contains("allowed by"));
        m_run->ctl({u"cancel-task"_s, task, u"--yes"_s});
    }

    void pauseMeansPauseAndResumeGoesOn()
    {
        const QString task = m_run->assign(u"worker"_s, u"Work on"_s);
        waitForState(task, u"running"_s);
        m_window->openTask(task);
        click(u"pause"_s, &tasks());
        waitForState(task, u"paused"_s);
        click(u"resume"_s, &tasks());
        waitForState(task, u"running"_s);
        m_run->ctl({u"cancel-task"_s, task, u"--yes"_s});
    }

    void aRollbackIsShownFirstThenDoneAndUndone()
    {
        const QString task = m_run->assign(u"writer"_s, u"To be taken back"_s);
        waitForState(task, u"needs_review"_s);
        const QString file = m_run->treeOf(task) + u"/file.txt"_s;
        QCOMPARE(WindowRun::contentOf(file), QByteArray("one\ntwo\n"));
        m_window->openTask(task);
        m_window->runner().run(u"rollback task_checkpoint"_s,
                               {{u"task_id"_s, task}, {u"checkpoint_id"_s, task + u"/1"_s}});
        WINDOW_WAIT(dialogOf<QDialog>(*m_window, u"Look first"_s));
        QVERIFY2(previewText().contains(u"file.txt"_s), qPrintable(previewText()));
        QCOMPARE(WindowRun::contentOf(file), QByteArray("one\ntwo\n")); // nothing was done yet
        click(u"Change nothing"_s, dialogOf<QDialog>(*m_window, u"Look first"_s));
        WINDOW_WAIT(!dialogOf<QDialog>(*m_window, u"Look first"_s));
        QCOMPARE(WindowRun::contentOf(file), QByteArray("one\ntwo\n"));

        m_window->runner().run(u"rollback task_checkpoint"_s,
                               {{u"task_id"_s, task}, {u"checkpoint_id"_s, task + u"/1"_s}});
        agree();
        WINDOW_WAIT(WindowRun::contentOf(file) == "one\n");
        m_window->runner().run(u"rollback undo"_s, {{u"task_id"_s, task}});
        agree();
        WINDOW_WAIT(WindowRun::contentOf(file) == "one\ntwo\n");
    }

    void theWorkIsBroughtHome()
    {
        const QString task = m_run->assign(u"writer"_s, u"To be merged"_s);
        waitForState(task, u"needs_review"_s);
        m_window->openTask(task);
        click(u"finish"_s, &tasks());
        WINDOW_WAIT(dialogOf<CommandForm>(*m_window, u"finish-task"_s));
        auto *form = dialogOf<CommandForm>(*m_window, u"finish-task"_s);
        auto *how = inputOf<QComboBox>(form, u"how"_s);
        how->setCurrentIndex(how->findData(u"merge"_s));
        click(u"Look first…"_s, form);
        WINDOW_WAIT(dialogOf<QDialog>(*m_window, u"Look first"_s));
        QVERIFY2(previewText().contains(u"without conflicts"_s), qPrintable(previewText()));
        agree();
        waitForState(task, u"completed"_s);
        WINDOW_WAIT(WindowRun::contentOf(m_run->path(u"project/file.txt"_s)) == "one\ntwo\n");
    }

    void alertsAreAnswered()
    {
        m_run->ctl({u"test-alert"_s, u"--title"_s, u"ink is low"_s, u"--level"_s, u"error"_s});
        WINDOW_WAIT(m_window->state().alerts().rowCount() > 0);
        m_window->openPage(u"alerts"_s);
        ListPage *page = nullptr;
        const auto pages = m_window->findChildren<ListPage *>();
        for (ListPage *each : pages) {
            if (each->isVisible())
                page = each;
        }
        QVERIFY(page);
        page->table().searchBox();
        WINDOW_WAIT(page->table().filter().rowCount() > 0);
        page->table().filter().setWords(u"ink"_s);
        QCOMPARE(page->table().filter().rowCount(), 1);
        page->table().setCurrentIndex(page->table().filter().index(0, 0));
        click(u"Resolve"_s, page);
        WINDOW_WAIT(page->table().filter().rowCount() == 0);
    }

    void everyCommandIsReachedFromTheKeyboard()
    {
        QTest::keyClick(m_window.get(), Qt::Key_K, Qt::ControlModifier);
        WINDOW_WAIT(m_window->findChild<CommandPalette *>());
        QPointer<CommandPalette> palette = m_window->findChild<CommandPalette *>();
        auto *line = palette->findChild<QLineEdit *>();
        QTest::keyClicks(line, u"hub-backup list"_s);
        QTest::keyClick(line, Qt::Key_Return);
        WINDOW_WAIT(!palette);
        WINDOW_WAIT(m_window->findChild<ReplyView *>() && !m_window->findChildren<QDialog *>().isEmpty());
        const auto dialogs = m_window->findChildren<QDialog *>();
        for (QDialog *dialog : dialogs)
            dialog->close();
    }

    void theEmergencyStopIsNotHitByAccident()
    {
        const QString task = m_run->assign(u"worker"_s, u"Runs wild"_s);
        waitForState(task, u"running"_s);
        auto *stop = m_window->findChild<HoldButton *>();
        QSignalSpy held(stop, &HoldButton::held);
        QTest::mouseClick(stop, Qt::LeftButton);
        QCOMPARE(held.size(), 0);
        QVERIFY(!m_window->state().safeMode());
        QTest::mousePress(stop, Qt::LeftButton);
        WINDOW_WAIT(held.size() == 1);
        QTest::mouseRelease(stop, Qt::LeftButton);
        WINDOW_WAIT(m_window->state().safeMode());
        WINDOW_WAIT(m_window->findChild<QPushButton *>(u"safeMode"_s)->isChecked());
        const auto dialogs = m_window->findChildren<QDialog *>();
        for (QDialog *dialog : dialogs)
            dialog->close();
        click(u"safeMode"_s);
        WINDOW_WAIT(dialogOf<CommandForm>(*m_window, u"safe-mode disable"_s));
        click(u"Do this"_s, dialogOf<CommandForm>(*m_window, u"safe-mode disable"_s));
        WINDOW_WAIT(!m_window->state().safeMode());
        m_run->ctl({u"cancel-task"_s, task, u"--yes"_s});
    }

    void aLostConnectionIsToldAndComesBackByItself()
    {
        const QString task = m_run->assign(u"worker"_s, u"Goes on without a hub"_s);
        waitForState(task, u"running"_s);
        auto *banner = m_window->findChild<QWidget *>(u"banner"_s);
        QVERIFY(!banner->isVisible());
        m_run->kill();
        WINDOW_WAIT(banner->isVisible());
        QVERIFY(banner->findChild<QLabel *>()->text().contains(u"What you see is from"_s));
        QCOMPARE(known(task)[u"title"_s].toString(), u"Goes on without a hub"_s); // still shown
        m_window->runner().run(u"checkpoint"_s, {{u"task_id"_s, task}});
        WINDOW_WAIT(dialogOf<QDialog>(*m_window, u"Not done"_s)); // said, not swallowed
        dialogOf<QDialog>(*m_window, u"Not done"_s)->close();
        m_run->start();
        WINDOW_WAIT(!banner->isVisible());
        WINDOW_WAIT(m_window->state().isComplete());
        m_window->openTask(task);
        click(u"pause"_s, &tasks());
        waitForState(task, u"paused"_s);
        m_run->ctl({u"cancel-task"_s, task, u"--yes"_s});
    }

    void aWindowThatIsOpenedAgainShowsWhatHappenedMeanwhile()
    {
        cleanup();
        const QString task = m_run->assign(u"writer"_s, u"While nobody watched"_s);
        QTRY_COMPARE_WITH_TIMEOUT(m_run->stateOf(task), u"needs_review"_s, 20000);
        init();
        QCOMPARE(known(task)[u"state"_s].toString(), u"needs_review"_s);
    }
};

int main(int argc, char **argv)
{
    qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication app(argc, argv);
    TestWindow test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_window.moc"
