// The fake Discord over TLS: with HUB_FAKE_TLS naming a folder with cert.pem and key.pem (for 127.0.0.1) it speaks
// https and wss. The program under test has to trust that certificate; CONTRIBUTING.md says how.
#pragma once

#include <QFile>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QSslKey>

#include <optional>

namespace hub::discord
{

inline std::optional<QSslConfiguration> fakeTls()
{
    const QString folder = qEnvironmentVariable("HUB_FAKE_TLS");
    QFile key(folder + QStringLiteral("/key.pem"));
    if (folder.isEmpty() || !key.open(QIODevice::ReadOnly))
        return std::nullopt;
    QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
    tls.setPeerVerifyMode(QSslSocket::VerifyNone);
    tls.setLocalCertificateChain(QSslCertificate::fromPath(folder + QStringLiteral("/cert.pem")));
    tls.setPrivateKey(QSslKey(&key, QSsl::Rsa));
    return tls;
}

} // namespace hub::discord
