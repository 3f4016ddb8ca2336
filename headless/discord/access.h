// Who may do what from Discord: nobody anything, unless a role, a user or the server's own administration says so.
// Pure; any thread.
#pragma once

#include "core/commands/commandcall.h"
#include "core/settings/settings.h"

#include <QJsonObject>
#include <QSet>

namespace hub::discord
{

struct Member {
    QString guild; // number of the server; empty in direct messages
    QString user;  // number
    QString name;  // as the server shows it
    QSet<QString> roles;
    quint64 permissions = 0; // in the channel of the interaction

    // Of an interaction, or of a message that was created.
    static Member of(const QJsonObject &event);
};

class Access
{
public:
    explicit Access(const Settings &settings);

    // Whether the bot works for this server at all.
    bool knows(const QString &guild) const { return m_guilds.isEmpty() || m_guilds.contains(guild); }
    // Nothing: not even looking. Never Role::Machine.
    std::optional<commands::Role> roleOf(const Member &member) const;

    const QSet<QString> &guilds() const { return m_guilds; }
    const QSet<QString> &adminUsers() const { return m_adminUsers; }

private:
    QSet<QString> m_guilds, m_viewers, m_operators, m_admins, m_adminUsers;
    bool m_guildAdmins;
};

} // namespace hub::discord
