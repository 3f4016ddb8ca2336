// What the query "chart" answers, its panels and lines named in the window's language. Any thread.
#pragma once

#include "core/base/result.h"
#include "core/chart/chart.h"

#include <QJsonObject>

namespace hub::gui
{

Result<chart::Chart> chartFrom(const QJsonObject &answer);

} // namespace hub::gui
