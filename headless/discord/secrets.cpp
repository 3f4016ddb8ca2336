#include "headless/discord/secrets.h"

#include "core/base/secretfile.h"

#include <QDir>
#include <QFile>

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

Result<QString> secretIn(const QString &path)
{
    HUB_TRY(const QByteArray bytes, readSecretFile(QFile::encodeName(path)));
    const QString text = QString::fromUtf8(bytes).section(u'\n', 0, 0).trimmed();
    if (text.isEmpty())
        return fail(ErrorCode::InvalidInput, u"%1 is empty."_s.arg(path));
    return text;
}

// Relative paths count from the data folder.
QString placed(const QString &path, const QString &dataDir) { return QDir(dataDir).absoluteFilePath(path); }

} // namespace

QString cleanToken(const QString &text)
{
    const QString token = text.trimmed();
    return token.startsWith(u"Bot "_s) ? token.mid(4).trimmed() : token;
}

Result<std::optional<QString>> botToken(const Settings &settings, const QString &dataDir,
                                        const QProcessEnvironment &environment)
{
    QString token = environment.value(u"DISCORD_BOT_TOKEN"_s).trimmed();
    if (token.isEmpty()) {
        const QString credentials = environment.value(u"CREDENTIALS_DIRECTORY"_s);
        const QString named = settings.text(setting::discordTokenFile);
        QString path = credentials.isEmpty() ? QString() : credentials + u"/discord_bot_token"_s;
        if (path.isEmpty() || !QFile::exists(path))
            path = placed(named.isEmpty() ? u"discord-token"_s : named, dataDir);
        if (named.isEmpty() && !QFile::exists(path))
            return std::optional<QString>();
        HUB_TRY(token, secretIn(path));
    }
    return std::optional(cleanToken(token));
}

Result<std::optional<QString>> webhookAddress(const Settings &settings, const QString &dataDir,
                                              const QProcessEnvironment &environment)
{
    if (const QString address = environment.value(u"DISCORD_WEBHOOK_URL"_s).trimmed(); !address.isEmpty())
        return std::optional(address);
    const QString named = settings.text(setting::discordWebhookFile);
    if (named.isEmpty())
        return std::optional<QString>();
    HUB_TRY(const QString address, secretIn(placed(named, dataDir)));
    return std::optional(address);
}

} // namespace hub::discord
