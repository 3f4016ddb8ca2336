#include "headless/discord/guildadmins.h"

#include "headless/discord/access.h"

#include <QJsonArray>

using namespace Qt::StringLiterals;

namespace hub::discord
{

void GuildAdmins::take(Guild &guild, const QJsonObject &role)
{
    const QString id = role[u"id"_s].toString();
    if (role[u"permissions"_s].toString().toULongLong() & administrator)
        guild.roles.insert(id);
    else
        guild.roles.remove(id);
}

void GuildAdmins::onEvent(const QString &event, const QJsonObject &data)
{
    if (event == u"GUILD_CREATE" || event == u"GUILD_UPDATE") {
        Guild guild{.owner = data[u"owner_id"_s].toString(), .roles = {}};
        for (const QJsonValue &role : data[u"roles"_s].toArray())
            take(guild, role.toObject());
        m_guilds.insert(data[u"id"_s].toString(), guild);
    } else if (event == u"GUILD_ROLE_CREATE" || event == u"GUILD_ROLE_UPDATE") {
        take(m_guilds[data[u"guild_id"_s].toString()], data[u"role"_s].toObject());
    } else if (event == u"GUILD_ROLE_DELETE") {
        m_guilds[data[u"guild_id"_s].toString()].roles.remove(data[u"role_id"_s].toString());
    } else if (event == u"GUILD_DELETE" && !data[u"unavailable"_s].toBool()) {
        m_guilds.remove(data[u"id"_s].toString());
    }
}

bool GuildAdmins::isAdmin(const QString &guild, const QString &user, const QSet<QString> &roles) const
{
    const auto found = m_guilds.constFind(guild);
    // The role of everybody has the server's number.
    return found != m_guilds.cend() &&
           (found->owner == user || found->roles.intersects(roles) || found->roles.contains(guild));
}

} // namespace hub::discord
