// `discord check` and `discord invite`: what of the set-up on Discord's side is there, and what to click where it is
// not. Asks Discord's API, changes nothing. I/O thread.
#pragma once

#include "core/commands/reply.h"
#include "core/settings/settings.h"
#include "headless/discord/restclient.h"

#include <QObject>

#include <span>

namespace hub::discord
{

// What the bot needs in a channel to do its work, as bits of Discord's permissions, and their names as Discord's own
// pages have them.
struct Permission {
    quint64 bit;
    QLatin1StringView name;
};
std::span<const Permission> neededPermissions();
quint64 neededBits();
// The names of those that `granted` lacks.
QStringList missingPermissions(quint64 granted);

// What a member may do in a channel, by Discord's rules: the server's roles, then the channel's exceptions for
// everyone, for roles and for the member. `roles` as GET /guilds/{id}/roles answers.
quint64 permissionsIn(const QJsonObject &channel, const QJsonArray &roles, const QJsonObject &member,
                      const QString &guild);

QString inviteLink(const QString &application);
// The number that a bot token begins with; empty when it is no token.
QString applicationOf(const QString &token);

class SetupCheck : public QObject
{
    Q_OBJECT

public:
    // Deletes itself when it is done.
    SetupCheck(Settings settings, QString token, QObject *parent = nullptr);

    QFuture<Result<commands::Reply>> run();

private:
    struct Line {
        QString what, found, advice;
        bool good = false;
    };

    // Asks one after the other what there is to ask; each handler says what it found and goes on.
    void ask(const QString &path, const std::function<void(const RestAnswer &)> &handle);
    void note(const QString &what, bool good, const QString &found, const QString &advice = {});
    void checkToken();
    void checkApplication();
    void checkServers();
    void checkServer(const QString &guild);
    void checkChannels(const QString &guild);
    void checkChannel(const QString &name, const QString &channel, const QString &guild);
    void checkCommands(const QString &scopePath, int scope, const QString &where);
    void next();
    void conclude();

    const Settings m_settings;
    const QString m_token;
    RestClient m_rest;
    std::vector<std::function<void()>> m_steps; // the last one is the next
    QList<Line> m_lines;
    QString m_application, m_bot;
    QJsonArray m_roles;   // of the server that is looked at
    QJsonObject m_member; // the bot's own there
    std::shared_ptr<QPromise<Result<commands::Reply>>> m_promise;
};

} // namespace hub::discord
