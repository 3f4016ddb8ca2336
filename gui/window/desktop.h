// The window and its tray icon as one program: what closing means, and when the program ends.
#pragma once

#include "gui/window/mainwindow.h"
#include "gui/window/trayicon.h"

namespace hub::gui
{

class Desktop final : public QObject
{
    Q_OBJECT

public:
    Desktop(HubLink &link, const QString &place);
    void show() { m_window.show(); }
    MainWindow &window() { return m_window; }

private:
    void onClose();
    void quit();
    // Whether agents work, and this process is what takes their checkpoints and answers.
    bool isNeeded();

    HubLink &m_link;
    MainWindow m_window;
    TrayIcon m_tray;
};

} // namespace hub::gui
