#include "headless/discord/useragent.h"

namespace hub::discord
{

// An address is part of the form; .invalid says that this one leads nowhere.
QByteArray userAgent() { return QByteArrayLiteral("DiscordBot (https://agenthub.invalid, " HUB_VERSION ")"); }

} // namespace hub::discord
