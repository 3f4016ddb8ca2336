#include "gui/window/holdbutton.h"

#include "gui/model/look.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

namespace hub::gui
{

HoldButton::HoldButton(const QString &text, QWidget *parent)
    : QPushButton(text, parent)
{
    setToolTip(tr("Hold it pressed for a moment."));
    setAccessibleDescription(tr("Hold the space bar for a moment."));
    m_tick.setInterval(16);
    connect(&m_tick, &QTimer::timeout, this, &HoldButton::tick);
}

void HoldButton::begin()
{
    m_since.start();
    m_tick.start();
}

void HoldButton::cancel()
{
    if (m_tick.isActive() && isVisible()) // let go too early: say what was missing
        QToolTip::showText(mapToGlobal(rect().bottomLeft()), toolTip(), this);
    m_tick.stop();
    setDown(false);
    update();
}

void HoldButton::tick()
{
    update();
    if (m_since.elapsed() < holdTime)
        return;
    m_tick.stop();
    setDown(false);
    update();
    Q_EMIT held();
}

void HoldButton::paintEvent(QPaintEvent *event)
{
    QPushButton::paintEvent(event);
    if (!m_tick.isActive())
        return;
    QPainter painter(this);
    const double part = std::min(1.0, double(m_since.elapsed()) / holdTime);
    painter.fillRect(QRectF(3, height() - 6, (width() - 6) * part, 3), toneColour(Tone::Bad));
}

void HoldButton::mousePressEvent(QMouseEvent *event)
{
    QPushButton::mousePressEvent(event);
    if (event->button() == Qt::LeftButton)
        begin();
}

void HoldButton::mouseReleaseEvent(QMouseEvent *event)
{
    QPushButton::mouseReleaseEvent(event);
    cancel();
}

void HoldButton::keyPressEvent(QKeyEvent *event)
{
    if (event->key() != Qt::Key_Space)
        return QPushButton::keyPressEvent(event);
    if (event->isAutoRepeat() || m_tick.isActive())
        return;
    setDown(true);
    begin();
}

void HoldButton::keyReleaseEvent(QKeyEvent *event)
{
    if (event->key() != Qt::Key_Space)
        return QPushButton::keyReleaseEvent(event);
    if (!event->isAutoRepeat())
        cancel();
}

void HoldButton::focusOutEvent(QFocusEvent *event)
{
    QPushButton::focusOutEvent(event);
    cancel();
}

} // namespace hub::gui
