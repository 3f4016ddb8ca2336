#include "gui/window/trayicon.h"

#include "gui/model/look.h"
#include "gui/window/mainwindow.h"

#include <QMenu>
#include <QPainter>

using namespace Qt::StringLiterals;

namespace hub::gui
{

namespace
{

// A branching path with a dot in the state's colour: told apart by its shape where colours are not seen.
QIcon iconFor(Tone tone, bool held, bool connected)
{
    QIcon icon;
    for (const int size : {16, 22, 32, 64}) {
        QPixmap pixmap(size, size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.scale(size / 16.0, size / 16.0);
        painter.setPen(QPen(toneColour(connected ? Tone::Plain : Tone::Quiet), 1.8, Qt::SolidLine, Qt::RoundCap));
        painter.drawLine(QPointF(4, 3), QPointF(4, 13));
        painter.drawLine(QPointF(4, 9), QPointF(10, 6));
        painter.setPen(Qt::NoPen);
        painter.setBrush(toneColour(tone));
        if (held)
            painter.drawRect(QRectF(8, 2, 7, 7));
        else
            painter.drawEllipse(QRectF(8, 2, 7, 7));
        painter.end();
        icon.addPixmap(pixmap);
    }
    return icon;
}

} // namespace

TrayIcon::TrayIcon(MainWindow &window)
    : QObject(&window)
    , m_window(window)
    , m_menu(std::make_unique<QMenu>())
{
    m_menu->addAction(tr("Open AgentHub"), this, &TrayIcon::openWindow);
    m_menu->addAction(tr("New task…"), this, [this] {
        openWindow();
        m_window.newTask();
    });
    m_menu->addSeparator();
    m_menu->addAction(tr("Pause all agents"), this, [this] {
        m_window.runner().run(u"pause-agent"_s, {{u"name"_s, u"all"_s}});
    });
    m_menu->addAction(tr("Let all agents go on"), this, [this] {
        m_window.runner().run(u"resume-agent"_s, {{u"name"_s, u"all"_s}});
    });
    m_safeMode = m_menu->addAction(tr("Safe mode"), this, [this] {
        const bool on = m_window.state().safeMode();
        m_safeMode->setChecked(on);
        m_window.runner().run(on ? u"safe-mode disable"_s : u"safe-mode enable"_s);
    });
    m_safeMode->setCheckable(true);
    m_menu->addSeparator();
    m_menu->addAction(tr("Quit the window"), this, &TrayIcon::quitWanted);
    m_icon.setContextMenu(m_menu.get());
    connect(&m_icon, &QSystemTrayIcon::activated, this, [this](QSystemTrayIcon::ActivationReason reason) {
        if (reason == QSystemTrayIcon::Trigger || reason == QSystemTrayIcon::DoubleClick)
            openWindow();
    });
    connect(&m_icon, &QSystemTrayIcon::messageClicked, this, [this] {
        openWindow();
        if (!m_task.isEmpty())
            m_window.openTask(m_task);
    });
    HubState &state = window.state();
    connect(&state, &HubState::changed, this, &TrayIcon::show);
    connect(&state, &HubState::healthChanged, this, &TrayIcon::show);
    connect(&state.link(), &HubLink::stateChanged, this, &TrayIcon::show);
    connect(&state, &HubState::approvalAsked, this, [this](const QJsonObject &approval) {
        const QString task = approval[u"task_id"_s].toVariant().toString();
        notify(tr("#%1 asks").arg(task), approval[u"question"_s].toString(), task);
    });
    connect(&state, &HubState::alertRaised, this, [this](const QJsonObject &alert) {
        if (alert[u"level"_s] == u"critical"_s)
            notify(alert[u"title"_s].toString(), alert[u"description"_s].toString(),
                   alert[u"task_id"_s].toVariant().toString());
    });
    show();
    if (QSystemTrayIcon::isSystemTrayAvailable())
        m_icon.show();
}

TrayIcon::~TrayIcon() = default;

QString TrayIcon::sentence() const
{
    HubState &state = m_window.state();
    if (!state.link().isConnected())
        return tr("AgentHub: no connection");
    if (state.safeMode())
        return tr("AgentHub: safe mode, nothing runs");
    const int needs = state.needsPerson();
    return needs > 0 ? tr("AgentHub: %n thing(s) need you", nullptr, needs)
                     : tr("AgentHub: %n agent(s) running", nullptr, int(state.health()[u"running"_s].toInteger()));
}

void TrayIcon::show()
{
    HubState &state = m_window.state();
    const bool connected = state.link().isConnected();
    const QString worst = state.worst();
    const Tone tone = !connected                                    ? Tone::Quiet
                      : worst == u"critical" || worst == u"error"   ? Tone::Bad
                      : state.needsPerson() > 0 || state.safeMode() ? Tone::Attention
                                                                    : Tone::Good;
    const std::tuple shown(int(tone), state.safeMode(), connected);
    if (std::exchange(m_drawn, shown) != shown)
        m_icon.setIcon(iconFor(tone, state.safeMode(), connected));
    m_icon.setToolTip(sentence());
    m_safeMode->setChecked(state.safeMode());
    m_safeMode->setEnabled(connected);
}

void TrayIcon::notify(const QString &title, const QString &text, const QString &task)
{
    m_task = task;
    if (m_icon.isVisible())
        m_icon.showMessage(title, text.left(300), QSystemTrayIcon::Warning);
    QApplication::alert(&m_window);
    Q_EMIT notified(title, text);
}

void TrayIcon::openWindow()
{
    m_window.show();
    m_window.setWindowState(m_window.windowState() & ~Qt::WindowMinimized);
    m_window.raise();
    m_window.activateWindow();
}

} // namespace hub::gui
