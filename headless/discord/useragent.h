// How Discord wants its clients named; others its CDN may turn away.
#pragma once

#include <QByteArray>

namespace hub::discord
{

// An address is part of the form; .invalid says that this one leads nowhere.
inline QByteArray userAgent() { return QByteArrayLiteral("DiscordBot (https://agenthub.invalid, " HUB_VERSION ")"); }

} // namespace hub::discord
