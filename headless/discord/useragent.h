// How Discord wants its clients named; others its CDN may turn away.
#pragma once

#include <QByteArray>

namespace hub::discord
{

QByteArray userAgent();

} // namespace hub::discord
