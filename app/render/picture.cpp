#include "app/render/picture.h"

#include "gui/chart/chartdrawing.h"

#include <QFontDatabase>
#include <QFontMetrics>

using namespace Qt::StringLiterals;

namespace hub::render
{

namespace
{

constexpr int width = 1080;

// A machine without fonts draws boxes, or nothing.
Result<> checkFont(const QFont &font)
{
    const QFontMetrics metrics(font);
    bool complete = !QFontDatabase::families().isEmpty();
    for (const QChar character : u"AZaz09:%°–"_s)
        complete = complete && metrics.inFont(character);
    if (!complete)
        return fail(ErrorCode::NotFound, u"No font of this machine can write the chart, so it was not drawn."_s,
                    u"apt install fonts-dejavu-core"_s);
    return {};
}

} // namespace

Result<QImage> draw(const chart::Chart &chart)
{
    const gui::ChartLook look = gui::pictureLook(chart.theme);
    HUB_CHECK(checkFont(look.textFont));
    QCustomPlot plot;
    gui::ChartDrawing drawing(plot);
    drawing.setForm(gui::ChartDrawing::Form::Picture);
    drawing.setLook(look);
    drawing.setChart(chart);
    const QSize size(width, drawing.leastSize().height());
    plot.setViewport(QRect(QPoint(), size));
    drawing.fit();
    QImage image(size, QImage::Format_RGB32);
    QCPPainter painter(&image);
    plot.toPainter(&painter, size.width(), size.height());
    return image;
}

} // namespace hub::render
