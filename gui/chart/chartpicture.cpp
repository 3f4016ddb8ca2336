#include "gui/chart/chartpicture.h"

#include "gui/chart/chartdrawing.h"

namespace hub::gui
{

QImage drawPicture(const chart::Chart &chart, const ChartLook &look)
{
    QCustomPlot plot;
    ChartDrawing drawing(plot);
    drawing.setForm(ChartDrawing::Form::Picture);
    drawing.setLook(look);
    drawing.setChart(chart);
    const QSize size(1080, drawing.leastSize().height());
    plot.setViewport(QRect(QPoint(), size));
    drawing.fit();
    QImage image(size, QImage::Format_RGB32);
    QCPPainter painter(&image);
    plot.toPainter(&painter, size.width(), size.height());
    return image;
}

} // namespace hub::gui
