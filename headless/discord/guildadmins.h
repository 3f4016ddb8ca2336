// Who administers a server, as its events tell: messages do not say what their author may do, interactions do. Not
// thread-safe.
#pragma once

#include <QHash>
#include <QJsonObject>
#include <QSet>

namespace hub::discord
{

class GuildAdmins
{
public:
    // Events that tell of servers and their roles; others are passed over.
    void onEvent(const QString &event, const QJsonObject &data);
    bool isAdmin(const QString &guild, const QString &user, const QSet<QString> &roles) const;

private:
    struct Guild {
        QString owner;
        QSet<QString> roles; // with the right of administrators
    };
    static void take(Guild &guild, const QJsonObject &role);

    QHash<QString, Guild> m_guilds;
};

} // namespace hub::discord
