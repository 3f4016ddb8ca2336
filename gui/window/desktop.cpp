#include "gui/window/desktop.h"

#include <QApplication>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>

using namespace Qt::StringLiterals;

namespace hub::gui
{

Desktop::Desktop(HubLink &link, const QString &place)
    : m_link(link)
    , m_window(link, place)
    , m_tray(m_window)
{
    QApplication::setQuitOnLastWindowClosed(false);
    connect(&m_window, &MainWindow::closeWanted, this, &Desktop::onClose);
    connect(&m_tray, &TrayIcon::quitWanted, this, &Desktop::quit);
}

bool Desktop::isNeeded()
{
    if (!m_link.greeting()[u"hosted"_s].toBool())
        return false; // a daemon does that
    HubState &state = m_window.state();
    for (int i = 0; i < state.tasks().rowCount(); ++i) {
        if (HubState::isOpen(state.tasks().rowAt(i)))
            return true;
    }
    return false;
}

void Desktop::onClose()
{
    QSettings settings;
    const bool stays = m_tray.isThere() && settings.value(u"window/stay_in_tray"_s, true).toBool();
    if (!stays)
        return quit();
    if (!settings.value(u"window/tray_told"_s).toBool()) {
        settings.setValue(u"window/tray_told"_s, true);
        QMessageBox::information(nullptr, tr("AgentHub stays in the tray"),
                                 tr("It tells you there when something needs you. Agents go on in any case; to end the "
                                    "window, choose Quit in the tray's menu."));
    }
}

void Desktop::quit()
{
    if (isNeeded()) {
        QMessageBox ask(QMessageBox::Warning, tr("Tasks are open"),
                        tr("This window is the hub itself, and tasks are open. When it ends, their agents go on by "
                           "themselves, but no checkpoints are made and nobody answers their questions until AgentHub "
                           "is started again."),
                        QMessageBox::NoButton, &m_window);
        auto *end = ask.addButton(tr("End it"), QMessageBox::DestructiveRole);
        auto *stay = ask.addButton(tr("Go on"), QMessageBox::RejectRole);
        ask.setDefaultButton(stay);
        ask.exec();
        if (ask.clickedButton() != end) {
            m_window.show();
            return;
        }
    }
    QApplication::quit();
}

} // namespace hub::gui
