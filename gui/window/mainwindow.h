// The window: pages at the left, the hub's state above, what was just done below.
#pragma once

#include "gui/window/context.h"

#include <QLabel>
#include <QListWidget>
#include <QMainWindow>
#include <QPushButton>
#include <QStackedWidget>

namespace hub::gui
{

class HoldButton;
class TasksPage;

class MainWindow final : public QMainWindow
{
    Q_OBJECT

public:
    // `link` outlives it. `place` names the hub in the title: empty for the usual one of this machine.
    MainWindow(HubLink &link, const QString &place, QWidget *parent = nullptr);
    ~MainWindow() override;

    HubState &state() { return m_state; }
    CommandRunner &runner() { return m_runner; }
    void openTask(const QString &task);
    void openPage(const QString &name);
    void openPalette();
    void newTask();

Q_SIGNALS:
    // The window was closed by a person; whoever owns it decides what that means.
    void closeWanted();

protected:
    void closeEvent(QCloseEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    void addPages();
    void addPage(const QString &name, const QString &title, QWidget *page);
    QWidget *makeTop();
    QWidget *makeBanner();
    void makeActions();
    void showState();
    void showCounts();
    void say(const QString &sentence, bool well);
    Context context();

    HubLink &m_link;
    HubState m_state;
    CommandRunner m_runner;
    QString m_place;
    QListWidget *m_pageList;
    QStackedWidget *m_pages;
    TasksPage *m_tasks = nullptr;
    QLabel *m_banner, *m_status, *m_safeText, *m_said, *m_busy;
    QWidget *m_bannerBar;
    QPushButton *m_safeMode;
    HoldButton *m_stop = nullptr;
    QTimer m_minute;
};

} // namespace hub::gui
