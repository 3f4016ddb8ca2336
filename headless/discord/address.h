// Which addresses the token may be sent to.
#pragma once

#include <QStringView>
#include <QUrl>

namespace hub::discord
{

// `scheme` is "https" or "wss". Its plain form passes for this machine's own addresses only (a fake in tests, a proxy).
// No user name in it, and a host.
bool isSafeAddress(const QUrl &url, QStringView scheme);

} // namespace hub::discord
