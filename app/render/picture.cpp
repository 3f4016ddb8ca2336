#include "app/render/picture.h"

#include "gui/chart/chartpicture.h"

#include <QFontDatabase>
#include <QFontMetrics>

using namespace Qt::StringLiterals;

namespace hub::render
{

namespace
{

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
    return gui::drawPicture(chart, look);
}

} // namespace hub::render
