#include "gui/chart/crosshair.h"

using namespace Qt::StringLiterals;

namespace hub::gui
{

Crosshair::Crosshair(QCustomPlot *plot, const ChartDrawing &drawing)
    : QCPLayerable(plot, u"overlay"_s)
    , m_drawing(drawing)
{
}

void Crosshair::setMoment(std::optional<Instant> at)
{
    if (at == m_at)
        return;
    m_at = at;
    layer()->replot();
}

void Crosshair::applyDefaultAntialiasingHint(QCPPainter *painter) const { painter->setAntialiasing(true); }

void Crosshair::draw(QCPPainter *painter)
{
    if (!m_at)
        return;
    const ChartLook &look = m_drawing.look();
    const chart::Chart &chart = m_drawing.chart();
    for (qsizetype i = 0; i < chart.panels.size(); ++i) {
        const QCPAxisRect *plot = m_drawing.plotOf(i);
        if (!plot)
            continue;
        const double x = plot->axis(QCPAxis::atBottom)->coordToPixel(double(toMillis(*m_at)));
        painter->setPen(QPen(look.muted, 1));
        painter->drawLine(QPointF(x, plot->top()), QPointF(x, plot->bottom()));
        for (qsizetype line = 0; line < chart.panels[i].lines.size(); ++line) {
            const auto point = chart::pointAt(chart.panels[i].lines[line], *m_at, chart.step);
            if (!point)
                continue;
            const double y = plot->axis(QCPAxis::atLeft)->coordToPixel(point->mean);
            painter->setPen(QPen(look.ground, 1.5));
            painter->setBrush(m_drawing.colourOf(i, line));
            painter->drawEllipse(QPointF(x, y), 4, 4);
        }
    }
}

} // namespace hub::gui
