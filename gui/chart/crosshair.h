// The moment under the pointer: a line through all plots, and a dot on each course. On a layer of its own, so that it
// moves without drawing the chart again. UI thread.
#pragma once

#include "gui/chart/chartdrawing.h"

namespace hub::gui
{

class Crosshair : public QCPLayerable
{
    Q_OBJECT
public:
    Crosshair(QCustomPlot *plot, const ChartDrawing &drawing);

    // Nothing: none is shown.
    void setMoment(std::optional<Instant> at);
    std::optional<Instant> moment() const { return m_at; }

protected:
    void applyDefaultAntialiasingHint(QCPPainter *painter) const override;
    void draw(QCPPainter *painter) override;

private:
    const ChartDrawing &m_drawing;
    std::optional<Instant> m_at;
};

} // namespace hub::gui
