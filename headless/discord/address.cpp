#include "headless/discord/address.h"

#include <QHostAddress>

using namespace Qt::StringLiterals;

namespace hub::discord
{

bool isSafeAddress(const QUrl &url, QStringView scheme)
{
    if (!url.isValid() || url.host().isEmpty() || !url.userInfo().isEmpty())
        return false;
    if (url.scheme() == scheme)
        return true;
    const bool thisMachine = url.host() == "localhost"_L1 || QHostAddress(url.host()).isLoopback();
    return thisMachine && url.scheme() == scheme.chopped(1);
}

QSslConfiguration safeTls()
{
    QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
    tls.setProtocol(QSsl::TlsV1_2OrLater);
    return tls;
}

} // namespace hub::discord
