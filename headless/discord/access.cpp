#include "headless/discord/access.h"

#include <QJsonArray>

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

QSet<QString> numbersIn(const QString &list)
{
    QSet<QString> numbers;
    for (const QString &part : list.split(u',', Qt::SkipEmptyParts))
        numbers.insert(part.trimmed());
    return numbers;
}

} // namespace

Member Member::of(const QJsonObject &event)
{
    const QJsonObject member = event.value(u"member"_s).toObject();
    QJsonObject user = member.value(u"user"_s).toObject();
    if (user.isEmpty()) // direct messages; and messages, which name their author beside the member
        user = event.value(event.contains(u"author"_s) ? u"author"_s : u"user"_s).toObject();
    Member who{.guild = event.value(u"guild_id"_s).toString(),
               .user = user.value(u"id"_s).toString(),
               .permissions = member.value(u"permissions"_s).toString().toULongLong()};
    for (const QString &name : {member.value(u"nick"_s).toString(), user.value(u"global_name"_s).toString(),
                                user.value(u"username"_s).toString()}) {
        if (who.name.isEmpty())
            who.name = name;
    }
    for (const QJsonValue &role : member.value(u"roles"_s).toArray())
        who.roles.insert(role.toString());
    return who;
}

Access::Access(const Settings &settings)
    : m_guilds(numbersIn(settings.text(setting::discordGuild)))
    , m_viewers(numbersIn(settings.text(setting::discordViewers)))
    , m_operators(numbersIn(settings.text(setting::discordOperators)))
    , m_admins(numbersIn(settings.text(setting::discordAdmins)))
    , m_adminUsers(numbersIn(settings.text(setting::discordAdminUsers)))
    , m_guildAdmins(settings.flag(setting::discordGuildAdmins))
{
}

std::optional<commands::Role> Access::roleOf(const Member &member) const
{
    if (member.guild.isEmpty() || !m_guilds.contains(member.guild) || member.user.isEmpty())
        return std::nullopt;
    if (m_adminUsers.contains(member.user) || member.roles.intersects(m_admins) ||
        (m_guildAdmins && (member.permissions & administrator)))
        return commands::Role::Admin;
    if (member.roles.intersects(m_operators))
        return commands::Role::Operator;
    if (member.roles.intersects(m_viewers))
        return commands::Role::Viewer;
    return std::nullopt;
}

} // namespace hub::discord
