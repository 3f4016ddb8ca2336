// Which addresses the token may be sent to, and over which TLS.
#pragma once

#include <QSslConfiguration>
#include <QStringView>
#include <QUrl>

namespace hub::discord
{

// `scheme` is "https" or "wss". Its plain form passes for this machine's own addresses only (a fake in tests, a proxy).
// No user name in it, and a host.
bool isSafeAddress(const QUrl &url, QStringView scheme);

// 1.2 or later, with the certificates that the system trusts.
QSslConfiguration safeTls();

} // namespace hub::discord
