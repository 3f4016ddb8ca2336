// A chart as a picture that a phone shows well: 1080 pixels wide, as high as what there is to show. Needs a
// QApplication. UI thread.
#pragma once

#include "gui/chart/chartlook.h"

#include <QImage>

namespace hub::gui
{

QImage drawPicture(const chart::Chart &chart, const ChartLook &look);

} // namespace hub::gui
