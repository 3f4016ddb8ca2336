// Who may do what from Discord: nobody anything, unless a role, a user or the server's own administration says so.
// Pure; any thread.
#pragma once

#include "core/commands/commandcall.h"
#include "core/settings/settings.h"

#include <QJsonObject>
#include <QSet>

namespace hub::discord
{

inline constexpr quint64 administrator = 1 << 3; // of Discord's permissions: it includes all others

struct Member {
    QString guild; // number of the server; empty in direct messages
    QString user;  // number
    QString name;  // as the server shows it
    QSet<QString> roles;
    quint64 permissions = 0; // in the channel of the interaction

    QStringList numbers() const { return QStringList{user} + QStringList(roles.cbegin(), roles.cend()); }

    // Of an interaction, or of a message that was created.
    static Member of(const QJsonObject &event);
};

class Access
{
public:
    explicit Access(const Settings &settings);

    // Nothing: not even looking, as for everybody in a server that the settings don't name: anybody may invite the bot
    // into a server of theirs, and is an administrator there. Never Role::Machine.
    std::optional<commands::Role> roleOf(const Member &member) const;

    const QSet<QString> &guilds() const { return m_guilds; }
    const QSet<QString> &adminUsers() const { return m_adminUsers; }

private:
    QSet<QString> m_guilds, m_viewers, m_operators, m_admins, m_adminUsers;
    bool m_guildAdmins;
};

} // namespace hub::discord
