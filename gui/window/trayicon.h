// The hub's state in the tray, what can be done at once, and notifications for what can't wait.
#pragma once

#include "gui/window/context.h"

#include <QSystemTrayIcon>

class QAction;
class QMenu;

namespace hub::gui
{

class MainWindow;

class TrayIcon final : public QObject
{
    Q_OBJECT

public:
    explicit TrayIcon(MainWindow &window);
    ~TrayIcon() override;

    bool isThere() const { return m_icon.isVisible(); }
    // What the tray shows and says, for those who can't see it.
    QString sentence() const;

Q_SIGNALS:
    void quitWanted();
    void notified(const QString &title, const QString &text);

private:
    void show();
    void notify(const QString &title, const QString &text, const QString &task);
    void openWindow();

    MainWindow &m_window;
    QSystemTrayIcon m_icon;
    std::unique_ptr<QMenu> m_menu;
    QAction *m_safeMode;
    std::optional<std::tuple<int, bool, bool>> m_drawn; // what the icon shows
    QString m_task;                                     // that the newest notification is of
};

} // namespace hub::gui
