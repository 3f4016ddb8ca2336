#include "gui/chart/chartplot.h"

#include "core/chart/csv.h"
#include "gui/chart/chartpicture.h"
#include "gui/chart/crosshair.h"

#include <QAction>
#include <QBuffer>
#include <QLocale>
#include <QTimeZone>
#include <QToolTip>

#include <cmath>

using namespace Qt::StringLiterals;

namespace hub::gui
{

using chart::Chart;
using chart::Line;
using chart::Panel;

namespace
{

constexpr double zoomStep = 0.8; // of a click of the wheel
constexpr int panShare = 8;      // of what is shown, by a key

QString fileName(const Chart &chart, const QString &ending)
{
    const QDateTime end = QDateTime::fromMSecsSinceEpoch(toMillis(chart.to), QTimeZone(chart.zone.toUtf8()));
    return u"agenthub-%1.%2"_s.arg(QLocale::c().toString(end, u"yyyy-MM-dd-HHmm"_s), ending);
}

} // namespace

ChartPlot::ChartPlot(QWidget *parent)
    : QCustomPlot(parent)
    , m_drawing(*this)
    , m_crosshair(new Crosshair(this, m_drawing))
{
    setMinimumSize(60, 40); // QCustomPlot can't draw into nothing, and says so
    setMouseTracking(true);
    addActions();
    m_drawing.setLook(windowLook(palette(), font()));
    connect(this, &QCustomPlot::beforeReplot, this, [this] { m_drawing.fit(); });
}

void ChartPlot::addActions()
{
    setContextMenuPolicy(Qt::ActionsContextMenu);
    const auto add = [this](const QString &text, auto does) {
        auto *action = new QAction(text, this);
        connect(action, &QAction::triggered, this, does);
        addAction(action);
        return action;
    };
    add(tr("Save as PNG…"), [this] {
        QBuffer buffer;
        buffer.open(QIODevice::WriteOnly);
        const bool dark = m_drawing.look().ground.lightness() < 128;
        drawPicture(shownPart(), pictureLook(dark ? chart::Theme::Dark : chart::Theme::Light)).save(&buffer, "PNG");
        Q_EMIT exportWanted(fileName(shownPart(), u"png"_s), buffer.data());
    });
    add(tr("Save as CSV…"), [this] { Q_EMIT exportWanted(fileName(chart(), u"csv"_s), chart::csvOf(chart())); });
    m_whole = add(tr("Show the whole time"), [this] { moved(m_window.showAll()); });
    m_whole->setVisible(false);
}

Chart ChartPlot::shownPart() const
{
    Chart part = chart();
    part.from = m_window.from();
    part.to = m_window.to();
    return part;
}

void ChartPlot::setChart(Chart chart)
{
    if (!m_ownBounds)
        m_window.setBounds(chart.from, chart.to);
    m_drawing.setChart(chart);
    describe();
    showWindow();
}

void ChartPlot::setCompact(bool compact)
{
    m_compact = compact;
    m_drawing.setForm(compact ? ChartDrawing::Form::Card : ChartDrawing::Form::Panels);
    updateGeometry();
    showWindow();
}

void ChartPlot::setFirstColour(qsizetype index)
{
    m_drawing.setFirstColour(index);
    drawSoon();
}

void ChartPlot::setZoomable(bool zoomable)
{
    m_zoomable = zoomable;
    m_whole->setVisible(zoomable);
    setFocusPolicy(zoomable ? Qt::StrongFocus : Qt::NoFocus);
}

void ChartPlot::setBounds(Instant first, Instant last)
{
    m_ownBounds = true;
    const auto before = std::pair(m_window.from(), m_window.to());
    m_window.setBounds(first, last);
    if (std::pair(m_window.from(), m_window.to()) != before)
        followWindow();
}

void ChartPlot::setRange(Instant from, Instant to)
{
    if (m_window.show(from, to))
        followWindow();
}

void ChartPlot::setSides(int left, int right)
{
    m_drawing.setSides(left, right);
    showWindow();
}

QSize ChartPlot::sizeHint() const
{
    if (m_compact)
        return {200, 120};
    return QSize(480, 84 * int(std::max<qsizetype>(1, chart().panels.size()))).expandedTo(minimumSizeHint());
}

// A chart that nobody sees is drawn when it is shown.
void ChartPlot::drawSoon()
{
    if (isVisible())
        replot(rpQueuedReplot);
}

void ChartPlot::showWindow()
{
    m_drawing.setRange(m_window.from(), m_window.to());
    drawSoon();
}

// Time goes on each second; it is drawn when that can be seen.
void ChartPlot::followWindow()
{
    const auto pixel = (m_window.to() - m_window.from()) / std::max(1, width());
    const auto seen = [pixel](Instant drawn, Instant now) { return 2 * std::chrono::abs(now - drawn) >= pixel; };
    if (seen(m_drawing.from(), m_window.from()) || seen(m_drawing.to(), m_window.to()))
        showWindow();
}

void ChartPlot::showEvent(QShowEvent *event)
{
    QCustomPlot::showEvent(event);
    drawSoon();
}

void ChartPlot::changeEvent(QEvent *event)
{
    QCustomPlot::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        m_drawing.setLook(windowLook(palette(), font()));
        showWindow();
    } else if (event->type() == QEvent::LanguageChange) {
        setChart(chart());
    }
}

void ChartPlot::moved(bool changed)
{
    if (!changed)
        return;
    showWindow();
    Q_EMIT rangeChanged(m_window.from(), m_window.to());
}

std::optional<Instant> ChartPlot::timeAt(double x) const
{
    const QList<QCPAxisRect *> plots = m_drawing.plots();
    if (plots.isEmpty() || x < plots.first()->left() || x > plots.first()->right())
        return std::nullopt;
    return fromMillis(std::llround(plots.first()->axis(QCPAxis::atBottom)->pixelToCoord(x)));
}

void ChartPlot::mousePressEvent(QMouseEvent *event)
{
    if (!m_zoomable || event->button() != Qt::LeftButton) {
        event->ignore(); // what it lies in may want to be clicked
        return;
    }
    m_dragged = event->position().x();
    pointAt(std::nullopt, {});
    setCursor(Qt::ClosedHandCursor);
}

void ChartPlot::mouseMoveEvent(QMouseEvent *event)
{
    if (!m_dragged) {
        pointAt(timeAt(event->position().x()), event->globalPosition().toPoint());
        return;
    }
    const QList<QCPAxisRect *> plots = m_drawing.plots();
    const double width = plots.isEmpty() ? 1 : std::max(1, plots.first()->width());
    const double share = (*m_dragged - event->position().x()) / width;
    moved(m_window.pan(std::chrono::milliseconds{std::llround(share * double(m_window.length().count()))}));
    m_dragged = event->position().x();
}

void ChartPlot::mouseReleaseEvent(QMouseEvent *event)
{
    if (!m_dragged)
        event->ignore();
    m_dragged.reset();
    unsetCursor();
}

void ChartPlot::mouseDoubleClickEvent(QMouseEvent *event)
{
    event->setAccepted(m_zoomable);
    if (m_zoomable)
        moved(m_window.showAll());
}

void ChartPlot::wheelEvent(QWheelEvent *event)
{
    const auto around = timeAt(event->position().x());
    if (!m_zoomable || !around) {
        event->ignore(); // scrolls what it lies in
        return;
    }
    const QPoint turned = event->angleDelta();
    if (std::abs(turned.x()) > std::abs(turned.y()))
        moved(m_window.pan(m_window.length() * -turned.x() / (120 * panShare)));
    else
        moved(m_window.zoom(std::pow(zoomStep, turned.y() / 120.0), *around));
}

void ChartPlot::keyPressEvent(QKeyEvent *event)
{
    const auto step = m_window.length() / panShare;
    if (!m_zoomable)
        event->ignore();
    else if (event->key() == Qt::Key_Left)
        moved(m_window.pan(-step));
    else if (event->key() == Qt::Key_Right)
        moved(m_window.pan(step));
    else if (event->key() == Qt::Key_Plus || event->key() == Qt::Key_Equal)
        moved(m_window.zoom(zoomStep, m_window.middle()));
    else if (event->key() == Qt::Key_Minus)
        moved(m_window.zoom(1 / zoomStep, m_window.middle()));
    else if (event->key() == Qt::Key_Home)
        moved(m_window.show(m_window.first(), m_window.first() + m_window.length()));
    else if (event->key() == Qt::Key_End)
        moved(m_window.show(m_window.last() - m_window.length(), m_window.last()));
    else if (event->key() == Qt::Key_0)
        moved(m_window.showAll());
    else
        event->ignore();
}

void ChartPlot::leaveEvent(QEvent *event)
{
    QCustomPlot::leaveEvent(event);
    pointAt(std::nullopt, {});
}

void ChartPlot::pointAt(std::optional<Instant> at, const QPoint &where)
{
    m_crosshair->setMoment(at);
    if (at)
        QToolTip::showText(where, wordsAt(*at), this);
    else
        QToolTip::hideText();
}

QString ChartPlot::wordsAt(Instant at) const
{
    QStringList lines{chart::momentText(at, chart().zone)};
    for (const Panel &panel : chart().panels) {
        for (const Line &line : panel.lines) {
            const auto point = chart::pointAt(line, at, chart().step);
            QString value = chart::valueText(point ? std::optional(point->mean) : std::nullopt, panel.unit);
            if (point && std::llround(point->low) != std::llround(point->high))
                value =
                    tr("%1 (%2 to %3)").arg(value, chart::valueText(point->low, {}), chart::valueText(point->high, {}));
            lines << u"%1: %2"_s.arg(line.name.isEmpty() ? panel.title : panel.title + u' ' + line.name, value);
        }
    }
    return lines.join(u'\n');
}

QString ChartPlot::inWords() const
{
    QStringList sentences;
    for (const Panel &panel : chart().panels) {
        QStringList parts;
        for (const Line &line : panel.lines) {
            if (panel.hasPoints())
                parts << ChartDrawing::nowText(panel, line, chart());
        }
        if (parts.isEmpty())
            parts << tr("not measured");
        for (const chart::Limit &limit : panel.limits)
            parts << (limit.kind == chart::Limit::Kind::Warning ? tr("warning from %1") : tr("critical from %1"))
                         .arg(chart::valueText(limit.value, {}));
        sentences << u"%1: %2."_s.arg(panel.title, parts.join(u", "_s));
    }
    return sentences.join(u' ');
}

void ChartPlot::describe()
{
    if (accessibleName().isEmpty())
        setAccessibleName(chart().title.isEmpty() && !chart().panels.isEmpty() ? chart().panels.first().title
                                                                               : chart().title);
    if (const QString words = inWords(); words != accessibleDescription())
        setAccessibleDescription(words);
}

} // namespace hub::gui
