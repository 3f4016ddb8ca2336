// The part of FakeDiscord that people drive: what they type and press becomes events of the gateway, and what they
// wrote is read later.
#include "tests/discord/fakediscord.h"

#include <QUrlQuery>

using namespace Qt::StringLiterals;

namespace hub::discord
{

QJsonObject FakeDiscord::memberJson(const QString &id) const
{
    const User &user = m_users.at(id);
    return {{u"user"_s,
             QJsonObject{{u"id"_s, user.id}, {u"username"_s, user.name.toLower()}, {u"global_name"_s, user.name}}},
            {u"nick"_s, QJsonValue::Null},
            {u"roles"_s, QJsonArray::fromStringList(user.roles)},
            {u"permissions"_s, QString::number(user.permissions)}};
}

QString FakeDiscord::publish(int type, const QString &user, const QString &channel, const QJsonObject &data,
                             const QString &message)
{
    Interaction interaction{
        .id = newId(), .user = user, .channel = channel, .type = type, .created = m_clock.elapsed()};
    interaction.token = u"interaction-token-"_s + interaction.id;
    if (type == 3)
        interaction.message = message; // what @original is then
    QJsonObject event{{u"id"_s, interaction.id},
                      {u"application_id"_s, application},
                      {u"type"_s, type},
                      {u"token"_s, interaction.token},
                      {u"version"_s, 1},
                      {u"guild_id"_s, guild},
                      {u"channel_id"_s, channel},
                      {u"channel"_s, QJsonObject{{u"id"_s, channel}, {u"type"_s, 0}}},
                      {u"member"_s, memberJson(user)},
                      {u"data"_s, data},
                      {u"locale"_s, u"en-US"_s},
                      {u"guild_locale"_s, u"en-US"_s},
                      {u"app_permissions"_s, u"2147483647"_s},
                      {u"attachment_size_limit"_s, 10485760},
                      {u"entitlements"_s, QJsonArray()}};
    if (m_messages.contains(message))
        event[u"message"_s] = messageJson(m_messages.at(message));
    m_byToken.insert(interaction.token, interaction.id);
    m_interactions[interaction.id] = interaction;
    m_lastEvent = u"INTERACTION_CREATE"_s;
    m_lastData = event;
    gateway.publish(m_lastEvent, event);
    return interaction.id;
}

void FakeDiscord::atOnce(const std::function<void()> &doings)
{
    const qint64 from = m_clock.elapsed();
    gateway.hold();
    doings();
    for (auto &[id, interaction] : m_interactions) {
        if (interaction.created >= from)
            interaction.created = m_clock.elapsed();
    }
    gateway.release();
}

// What was registered of the last word of a command; empty: nothing.
QJsonObject FakeDiscord::leafOf(const QString &name, QJsonObject *command) const
{
    QJsonObject leaf;
    const QStringList words = name.split(u' ');
    for (const QJsonArray &scope : std::as_const(m_commands)) {
        for (const QJsonValue &each : scope) {
            if (each[u"name"].toString() == words.first())
                leaf = each.toObject();
        }
    }
    if (command)
        *command = leaf;
    for (const QString &word : words.mid(1)) {
        QJsonObject found;
        for (const QJsonValue &part : leaf.value(u"options"_s).toArray()) {
            if (part[u"name"].toString() == word)
                found = part.toObject();
        }
        leaf = found;
    }
    return leaf;
}

bool FakeDiscord::completes(const QString &command, const QString &option) const
{
    for (const QJsonValue &each : leafOf(command).value(u"options"_s).toArray()) {
        if (each[u"name"].toString() == option)
            return each[u"autocomplete"].toBool();
    }
    return false;
}

QJsonObject FakeDiscord::attachmentJson(const QString &name, const QString &id) const
{
    return {{u"id"_s, id},
            {u"filename"_s, name},
            {u"size"_s, rest.attachments.value(name).size()},
            {u"url"_s, base().resolved(QUrl(u"/attachments/"_s + name)).toString()}};
}

QJsonObject FakeDiscord::commandData(const QString &name, const QJsonObject &options, const QString &focused)
{
    QJsonObject command, attachments;
    const QJsonObject leaf = leafOf(name, &command);
    QStringList words = name.split(u' ');
    if (leaf.isEmpty()) {
        m_violations << u"not registered: /"_s + name;
        return {};
    }
    QJsonArray given;
    QSet<QString> taken;
    for (const QJsonValue &option : leaf.value(u"options"_s).toArray()) {
        const QString key = option[u"name"].toString();
        if (!options.contains(key)) {
            if (option[u"required"].toBool() && focused.isEmpty())
                m_violations << u"/%1 can't be sent without %2"_s.arg(name, key);
            continue;
        }
        taken.insert(key);
        QJsonObject value{{u"name"_s, key}, {u"type"_s, option[u"type"]}, {u"value"_s, options.value(key)}};
        if (key == focused) {
            if (!option[u"autocomplete"].toBool())
                m_violations << u"/%1 does not complete %2"_s.arg(name, key);
            value[u"focused"_s] = true;
        }
        if (option[u"type"].toInt() == 11) { // a file, by the name that it is attached with
            const QString id = newId();
            attachments[id] = attachmentJson(options.value(key).toString(), id);
            value[u"value"_s] = id;
        }
        given.append(value);
    }
    for (const QString &key : options.keys()) {
        if (!taken.contains(key))
            m_violations << u"/%1 has no option %2"_s.arg(name, key);
    }
    while (words.size() > 1) {
        given = {QJsonObject{{u"name"_s, words.takeLast()}, {u"type"_s, 1}, {u"options"_s, given}}};
    }
    QJsonObject data{
        {u"id"_s, command.value(u"id"_s)}, {u"name"_s, words.first()}, {u"type"_s, 1}, {u"options"_s, given}};
    if (!attachments.isEmpty())
        data[u"resolved"_s] = QJsonObject{{u"attachments"_s, attachments}};
    return data;
}

QString FakeDiscord::command(const QString &user, const QString &channel, const QString &name,
                             const QJsonObject &options)
{
    return publish(2, user, channel, commandData(name, options, {}));
}

QString FakeDiscord::complete(const QString &user, const QString &channel, const QString &name, const QString &option,
                              const QString &typed, const QJsonObject &options)
{
    QJsonObject all = options;
    all[option] = typed;
    return publish(4, user, channel, commandData(name, all, option));
}

QString FakeDiscord::press(const QString &user, const QString &message, const QString &label, const QStringList &values)
{
    if (!m_messages.contains(message))
        return {};
    for (const QJsonValue &row : m_messages.at(message).body.value(u"components"_s).toArray()) {
        for (const QJsonValue &part : row[u"components"].toArray()) {
            const int type = part[u"type"].toInt();
            if (part[type == 2 ? u"label"_s : u"placeholder"_s].toString() != label || part[u"disabled"].toBool())
                continue;
            QJsonObject data{{u"custom_id"_s, part[u"custom_id"]}, {u"component_type"_s, type}};
            if (type != 2)
                data[u"values"_s] = QJsonArray::fromStringList(values);
            return publish(3, user, m_messages.at(message).channel, data, message);
        }
    }
    return {};
}

QString FakeDiscord::pressId(const QString &user, const QString &message, const QString &customId)
{
    return publish(3, user, m_messages.at(message).channel, {{u"custom_id"_s, customId}, {u"component_type"_s, 2}},
                   message);
}

QString FakeDiscord::submit(const QString &user, const QString &asked, const QStringList &values)
{
    const Interaction form = m_interactions.at(asked);
    QJsonArray filled;
    qsizetype at = 0;
    for (const QJsonValue &part : form.form.value(u"components"_s).toArray()) {
        const bool labelled = part[u"type"].toInt() == 18;
        QJsonObject input = (labelled ? part[u"component"] : part[u"components"][0]).toObject();
        const QJsonObject sent{
            {u"type"_s, 4}, {u"custom_id"_s, input.value(u"custom_id"_s)}, {u"value"_s, values.value(at++)}};
        filled.append(labelled ? QJsonObject{{u"type"_s, 18}, {u"component"_s, sent}}
                               : QJsonObject{{u"type"_s, 1}, {u"components"_s, QJsonArray{sent}}});
    }
    return publish(5, user, form.channel,
                   {{u"custom_id"_s, form.form.value(u"custom_id"_s)}, {u"components"_s, filled}});
}

// The text comes along when the bot is mentioned, as without the intent for all content.
QString FakeDiscord::write(const QString &user, const QString &channel, const QString &text, const QList<File> &files)
{
    const QString id = post(channel, user, {{{u"content"_s, text}}, files});
    const bool mentioned = text.contains(mention());
    QJsonObject event = messageJson(m_messages[id]);
    event[u"guild_id"_s] = guild;
    event[u"content"_s] = mentioned ? text : QString();
    event[u"author"_s] = memberJson(user).value(u"user"_s);
    QJsonObject member = memberJson(user);
    member.remove(u"user"_s);
    member.remove(u"permissions"_s); // a message's member has none
    event[u"member"_s] = member;
    event[u"mentions"_s] = mentioned ? QJsonArray{QJsonObject{{u"id"_s, botUser}, {u"bot"_s, true}}} : QJsonArray();
    QJsonArray attachments;
    for (const File &file : files) {
        attach(file);
        attachments.append(attachmentJson(file.name, newId()));
    }
    event[u"attachments"_s] = attachments;
    event[u"type"_s] = 0;
    QJsonObject &read = m_messages[id].read = event;
    read.remove(u"guild_id"_s);
    read.remove(u"member"_s);
    m_lastEvent = u"MESSAGE_CREATE"_s;
    m_lastData = event;
    gateway.publish(m_lastEvent, event);
    return id;
}

// As it is told of to who connects: with the threads that are not archived.
QJsonObject FakeDiscord::serverJson() const
{
    QJsonArray active;
    for (const Channel &thread : threads()) {
        if (thread.archived)
            continue;
        QString last = thread.id;
        for (const auto &[id, message] : m_messages) {
            if (message.channel == thread.id && id.toLongLong() > last.toLongLong())
                last = id;
        }
        active.append(QJsonObject{{u"id"_s, thread.id},
                                  {u"name"_s, thread.name},
                                  {u"type"_s, 11},
                                  {u"parent_id"_s, thread.parent},
                                  {u"last_message_id"_s, last}});
    }
    return {{u"id"_s, guild}, {u"owner_id"_s, u"1"_s}, {u"roles"_s, QJsonArray()}, {u"threads"_s, active}};
}

// Newest first, and of the texts of people those that mention the bot, as without the intent for all of them.
FakeRest::Answer FakeDiscord::onRead(const QString &channel, const QString &query)
{
    const QUrlQuery asked(query);
    const int limit = asked.queryItemValue(u"limit"_s).toInt();
    const QString after = asked.queryItemValue(u"after"_s);
    if (limit < 1 || limit > 100 || after.isEmpty() || asked.queryItems().size() != 2)
        m_violations << u"messages are read with "_s + query;
    if (!m_channels.contains(channel) || !m_channels.at(channel).exists)
        return refuse(404, 10003, u"Unknown Channel"_s);
    QJsonArray found;
    for (const Message &message : messagesIn(channel)) {
        if (message.id.toLongLong() <= after.toLongLong() || found.size() == limit)
            continue;
        QJsonObject json = message.read.isEmpty() ? messageJson(message) : message.read;
        if (!message.reactions.isEmpty())
            json[u"reactions"_s] = QJsonArray{QJsonObject{{u"count"_s, 1}, {u"me"_s, true}}};
        found.prepend(json);
    }
    return good(found);
}

} // namespace hub::discord
