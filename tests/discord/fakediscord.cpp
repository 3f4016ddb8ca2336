#include "tests/discord/fakediscord.h"

#include "tests/discord/rules.h"

#include <QDateTime>
#include <QJsonDocument>

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

enum Type { CommandUse = 2, Component = 3, Completing = 4, FormSent = 5 };
enum Callback { SaysAtOnce = 4, Later = 5, LaterUpdate = 6, UpdatesAtOnce = 7, Suggests = 8, Asks = 9 };

constexpr qint64 answerLimit = 3000, tokenLife = 15 * 60 * 1000; // ms

QByteArray partName(const QByteArray &head, const QByteArray &key)
{
    const qsizetype begin = head.indexOf(key + "=\"");
    if (begin < 0)
        return {};
    const qsizetype from = begin + key.size() + 2;
    return head.mid(from, head.indexOf('"', from) - from);
}

} // namespace

QString FakeDiscord::Message::text() const
{
    QStringList all{body.value(u"content"_s).toString()};
    for (const QJsonValue &embed : body.value(u"embeds"_s).toArray()) {
        all << embed[u"title"].toString() << embed[u"description"].toString();
        for (const QJsonValue &field : embed[u"fields"].toArray())
            all << field[u"name"].toString() + u": "_s + field[u"value"].toString();
        all << embed[u"footer"][u"text"].toString();
    }
    all.removeAll(QString());
    return all.join(u'\n');
}

FakeDiscord::FakeDiscord(QObject *parent)
    : QObject(parent)
    , gateway(token())
    , rest(token())
{
    m_clock.start();
    rest.answers = [this](const FakeRest::Call &call) { return onCall(call); };
    gateway.readyData = {{u"application"_s, QJsonObject{{u"id"_s, application}}},
                         {u"user"_s, QJsonObject{{u"id"_s, botUser}, {u"username"_s, u"AgentHub"_s}}}};
    gateway.afterReady = [this] { return QList{std::pair(u"GUILD_CREATE"_s, serverJson())}; };
}

QString FakeDiscord::newId()
{
    constexpr qint64 discordEpoch = 1420070400000;
    return QString::number(((QDateTime::currentMSecsSinceEpoch() - discordEpoch) << 22) + ++m_counter % 4096);
}

QString FakeDiscord::addUser(const QString &name, const QStringList &roles, quint64 permissions)
{
    const QString id = newId();
    m_users[id] = {id, name, roles, permissions};
    return id;
}

QString FakeDiscord::addChannel(const QString &name)
{
    const QString id = newId();
    m_channels[id] = {.id = id, .name = name};
    return id;
}

QString FakeDiscord::addWebhook(const QString &channel)
{
    m_webhook = newId();
    m_webhookChannel = channel;
    return base().toString().remove(u"/v10"_s) + u"/webhooks/"_s + m_webhook + u"/hook-token"_s;
}

void FakeDiscord::check(const QStringList &problems, const QString &where)
{
    for (const QString &problem : problems)
        m_violations << where + u": "_s + problem;
}

QString FakeDiscord::violations() const
{
    QStringList all = m_violations;
    all << rest.violations() << gateway.violations();
    all.removeAll(QString());
    return all.join(u'\n');
}

FakeRest::Answer FakeDiscord::good(const QJsonValue &value, int status)
{
    const QByteArray body = value.isArray() ? QJsonDocument(value.toArray()).toJson(QJsonDocument::Compact)
                                            : QJsonDocument(value.toObject()).toJson(QJsonDocument::Compact);
    return {status, body};
}

FakeRest::Answer FakeDiscord::refuse(int status, int code, const QString &text)
{
    return good(QJsonObject{{u"code"_s, code}, {u"message"_s, text}}, status);
}

FakeDiscord::Sent FakeDiscord::sentBy(const FakeRest::Call &call)
{
    const QByteArray type = call.headers.value("content-type");
    if (!type.startsWith("multipart/form-data; boundary="))
        return {QJsonDocument::fromJson(call.body).object(), {}};
    QByteArray boundary = type.mid(type.indexOf("boundary=") + 9);
    if (boundary.startsWith('"'))
        boundary = boundary.mid(1, boundary.size() - 2);
    Sent sent;
    const QByteArray mark = "--" + boundary;
    qsizetype at = call.body.indexOf(mark);
    while (at >= 0) {
        at += mark.size();
        const qsizetype end = call.body.indexOf("\r\n" + mark, at);
        if (end < 0)
            break;
        const QByteArray part = call.body.mid(at + 2, end - at - 2);
        const qsizetype split = part.indexOf("\r\n\r\n");
        const QByteArray head = part.first(std::max<qsizetype>(split, 0)), bytes = part.mid(split + 4);
        const QByteArray name = partName(head, " name");
        if (name == "payload_json")
            sent.body = QJsonDocument::fromJson(bytes).object();
        else if (name == "files[" + QByteArray::number(sent.files.size()) + ']')
            sent.files << File{QString::fromUtf8(partName(head, "filename")), bytes};
        else
            m_violations << u"a part named "_s + QString::fromUtf8(name);
        at = end + 2;
    }
    return sent;
}

FakeRest::Answer FakeDiscord::onCall(const FakeRest::Call &call)
{
    const QStringList path = call.path.section(u'?', 0, 0).split(u'/', Qt::SkipEmptyParts);
    const Sent sent = sentBy(call);
    if (path.value(0) == u"gateway")
        return good(QJsonObject{{u"url"_s, gateway.url().toString()},
                                {u"shards"_s, 1},
                                {u"session_start_limit"_s, QJsonObject{{u"total"_s, 1000},
                                                                       {u"remaining"_s, 999},
                                                                       {u"reset_after"_s, 1000},
                                                                       {u"max_concurrency"_s, 1}}}});
    if (path.value(0) == u"applications" && path.last() == u"commands")
        return onCommands(path.mid(1).join(u'/'), call);
    if (path.value(0) == u"interactions" && path.value(3) == u"callback")
        return onCallback(path.value(1), path.value(2), sent);
    if (path.value(0) == u"webhooks")
        return onHook(path, call.method, sent);
    if (path.value(0) == u"channels" && path.size() == 3 && path.last() == u"messages" && call.method == "GET")
        return onRead(path.value(1), call.path.section(u'?', 1));
    if (path.value(0) == u"channels")
        return onChannel(path, call.method, sent);
    if (path.join(u'/') == u"users/@me")
        return good(QJsonObject{{u"id"_s, botUser}, {u"username"_s, u"AgentHub"_s}});
    if (path.join(u'/') == u"applications/@me")
        return good(QJsonObject{{u"id"_s, application}, {u"name"_s, u"AgentHub"_s}, {u"flags"_s, applicationFlags}});
    if (path.join(u'/') == u"users/@me/guilds")
        return good(isInServer ? QJsonArray{QJsonObject{{u"id"_s, guild}}} : QJsonArray());
    if (path.value(0) == u"guilds" && path.value(1) == guild && isInServer)
        return onGuild(path.mid(2));
    if (path.value(0) == u"guilds")
        return refuse(403, 50001, u"Missing Access"_s);
    m_violations << u"an unknown route: "_s + QString::fromLatin1(call.method) + u' ' + call.path;
    return refuse(404, 0, u"404: Not Found"_s);
}

FakeRest::Answer FakeDiscord::onGuild(const QStringList &path)
{
    const QString what = path.value(0), member = path.value(1);
    if (what.isEmpty())
        return good(QJsonObject{{u"id"_s, guild}, {u"name"_s, u"Workshop"_s}});
    if (what == u"members" && member != botUser) {
        if (!m_users.contains(member))
            return refuse(404, 10007, u"Unknown Member"_s);
        QJsonObject json = memberJson(member);
        json.remove(u"permissions"_s); // those are an interaction's
        return good(json);
    }
    if (what == u"members")
        return good(QJsonObject{{u"user"_s, QJsonObject{{u"id"_s, botUser}}}, {u"roles"_s, QJsonArray()}});
    QJsonArray roles{QJsonObject{{u"id"_s, guild}, {u"permissions"_s, QString::number(everyonesPermissions)}}};
    QSet<QString> seen;
    for (const auto &[id, user] : m_users) {
        for (const QString &role : user.roles) {
            if (!std::exchange(seen, seen + QSet{role}).contains(role))
                roles.append(QJsonObject{{u"id"_s, role}, {u"permissions"_s, u"0"_s}});
        }
    }
    return good(roles);
}

// What is told to who does not ask for them.
static QJsonValue withoutLocalizations(const QJsonValue &value)
{
    if (value.isArray()) {
        QJsonArray list;
        for (const QJsonValue &each : value.toArray())
            list.append(withoutLocalizations(each));
        return list;
    }
    if (!value.isObject())
        return value;
    QJsonObject object;
    const QJsonObject from = value.toObject();
    for (auto it = from.begin(); it != from.end(); ++it) {
        if (!it.key().endsWith(u"_localizations"))
            object[it.key()] = withoutLocalizations(*it);
    }
    return object;
}

FakeRest::Answer FakeDiscord::onCommands(const QString &scope, const FakeRest::Call &call)
{
    if (call.method == "PUT") {
        QJsonArray commands = QJsonDocument::fromJson(call.body).array();
        check(rules::commands(commands), u"commands"_s);
        for (QJsonValueRef each : commands) { // Discord adds members of its own
            QJsonObject command = each.toObject();
            command[u"id"_s] = newId();
            command[u"application_id"_s] = application;
            command[u"version"_s] = newId();
            each = command;
        }
        m_commands[scope] = commands;
        ++m_registrations;
    }
    const bool all = call.method == "PUT" || call.path.endsWith(u"?with_localizations=true");
    const QJsonArray commands = m_commands.value(scope);
    return good(all ? commands : withoutLocalizations(commands).toArray());
}

// 404 when it is too late, 40060 for a second answer, as the real one.
FakeRest::Answer FakeDiscord::onCallback(const QString &id, const QString &token, const Sent &sent)
{
    const auto found = m_interactions.find(id);
    if (found == m_interactions.end() || found->second.token != token)
        return refuse(404, 10062, u"Unknown interaction"_s);
    Interaction &interaction = found->second;
    if (interaction.callback != 0)
        return refuse(400, 40060, u"Interaction has already been acknowledged."_s);
    const qint64 now = m_clock.elapsed();
    if (now - interaction.created > answerLimit)
        return refuse(404, 10062, u"Unknown interaction"_s);
    const int type = sent.body.value(u"type"_s).toInt();
    const QJsonObject data = sent.body.value(u"data"_s).toObject();
    const bool fits = interaction.type == Completing  ? type == Suggests
                      : interaction.type == FormSent  ? type >= SaysAtOnce && type <= UpdatesAtOnce
                      : interaction.type == Component ? type >= SaysAtOnce && type <= Asks && type != Suggests
                                                      : type == SaysAtOnce || type == Later || type == Asks;
    check(fits ? QStringList()
               : QStringList{u"callback %1 to an interaction of type %2"_s.arg(type).arg(interaction.type)},
          u"callback"_s);
    interaction.callback = type;
    interaction.acknowledged = now - interaction.created;
    interaction.hidden = data.value(u"flags"_s).toInt() & 64;
    switch (type) {
    case Suggests:
        interaction.suggestions = data.value(u"choices"_s).toArray();
        check(rules::choices(interaction.suggestions), u"suggestions"_s);
        break;
    case Asks:
        interaction.form = data;
        check(rules::modal(data), u"form"_s);
        break;
    case Later:
        interaction.message.clear(); // of a button too: the answer is a message of its own
        check(data.isEmpty() || data.keys() == QStringList{u"flags"_s} ? QStringList()
                                                                       : QStringList{u"more than flags"_s},
              u"deferred answer"_s);
        break;
    case SaysAtOnce:
        check(rules::message(data, {.files = sent.files.size(), .mayBeHidden = true}), u"answer"_s);
        interaction.message = post(interaction.channel, botUser, {data, sent.files});
        break;
    case UpdatesAtOnce:
        check(rules::message(data, {.files = sent.files.size(), .isEdit = true}), u"update"_s);
        edit(interaction.message, {data, sent.files});
        break;
    default: break;
    }
    if (interaction.hidden && !interaction.message.isEmpty() && type == SaysAtOnce)
        m_hidden.insert(interaction.message);
    if (type != Later && type != LaterUpdate)
        interaction.answered = interaction.acknowledged;
    return {204, {}};
}

FakeRest::Answer FakeDiscord::onHook(const QStringList &path, const QByteArray &method, const Sent &sent)
{
    const QString id = path.value(1), token = path.value(2), which = path.value(4);
    if (id != application) {
        if (id != m_webhook || m_webhook.isEmpty())
            return refuse(404, 10015, u"Unknown Webhook"_s);
        check(rules::message(sent.body, {.files = sent.files.size()}), u"webhook"_s);
        const QString message = post(m_webhookChannel, u"webhook"_s, sent);
        m_messages[message].webhook = id;
        return good(messageJson(m_messages[message]));
    }
    const QString interactionId = m_byToken.value(token);
    Interaction *interaction = interactionId.isEmpty() ? nullptr : &m_interactions[interactionId];
    if (!interaction || m_clock.elapsed() - interaction->created > tokenLife)
        return refuse(401, 50027, u"Invalid Webhook Token"_s);
    if (interaction->callback == 0) {
        m_violations << u"an edit or a follow-up before the acknowledgement"_s;
        return refuse(404, 10015, u"Unknown Webhook"_s);
    }
    if (method == "POST" && path.size() == 3) {
        check(rules::message(sent.body, {.files = sent.files.size(), .mayBeHidden = true}), u"follow-up"_s);
        const QString message = post(interaction->channel, botUser, sent);
        if (sent.body.value(u"flags"_s).toInt() & 64)
            m_hidden.insert(message);
        interaction->followUps << message;
        interaction->answered = m_clock.elapsed() - interaction->created;
        return good(messageJson(m_messages[message]));
    }
    QString message = which == u"@original" ? interaction->message : which;
    if (method == "PATCH") {
        check(rules::message(sent.body, {.files = sent.files.size(), .isEdit = true}), u"edit of an answer"_s);
        interaction->answered = m_clock.elapsed() - interaction->created;
        if (message.isEmpty()) {
            message = interaction->message = post(interaction->channel, botUser, sent);
            if (interaction->hidden)
                m_hidden.insert(message);
            return good(messageJson(m_messages[message]));
        }
        return edit(message, sent);
    }
    if (!m_messages.contains(message))
        return refuse(404, 10008, u"Unknown Message"_s);
    if (method == "DELETE") {
        m_messages.erase(message);
        return {204, {}};
    }
    return good(messageJson(m_messages[message]));
}

FakeRest::Answer FakeDiscord::onChannel(const QStringList &path, const QByteArray &method, const Sent &sent)
{
    const auto found = m_channels.find(path.value(1));
    if (found == m_channels.end() || !found->second.exists)
        return refuse(404, 10003, u"Unknown Channel"_s);
    Channel &channel = found->second;
    const QString what = path.value(2);
    const auto json = [this](const Channel &of) {
        return QJsonObject{{u"id"_s, of.id},
                           {u"name"_s, of.name},
                           {u"type"_s, of.parent.isEmpty() ? 0 : 11},
                           {u"permission_overwrites"_s, m_overwrites.value(of.id)}};
    };
    if (what.isEmpty()) {
        if (method == "PATCH")
            channel.archived = sent.body.value(u"archived"_s).toBool(channel.archived);
        return good(json(channel));
    }
    if (what == u"thread-members" && method == "PUT") {
        if (!channel.members.contains(path.value(3)))
            channel.members << path.value(3);
        return {204, {}};
    }
    if (what == u"typing")
        return {204, {}};
    if (what == u"threads" || path.value(4) == u"threads") {
        const QString name = sent.body.value(u"name"_s).toString();
        if (name.isEmpty() || name.size() > 100)
            m_violations << u"a thread named "_s + name;
        if (what == u"threads" && sent.body.value(u"type"_s).toInt() != 11)
            m_violations << u"a thread that is not public"_s;
        const QString id = what == u"threads" ? newId() : path.value(3);
        if (m_channels.contains(id))
            return refuse(400, 160004, u"A thread has already been created for this message"_s);
        m_channels[id] = {.id = id, .name = name, .parent = channel.id};
        return good(json(m_channels[id]), 201);
    }
    if (what != u"messages") {
        m_violations << u"an unknown route below a channel: "_s + path.join(u'/');
        return refuse(404, 0, u"404: Not Found"_s);
    }
    if (path.size() == 3 && method == "POST") {
        check(rules::message(sent.body, {.files = sent.files.size()}), u"message"_s);
        const QString nonce = sent.body.value(u"nonce"_s).toString();
        const QString key = channel.id + u'/' + nonce;
        if (nonce.isEmpty() || !sent.body.value(u"enforce_nonce"_s).toBool())
            m_violations << u"a message without an enforced nonce"_s;
        else if (m_nonces.contains(key))
            return good(messageJson(m_messages[m_nonces[key]]));
        channel.archived = false;
        const QString message = post(channel.id, botUser, sent);
        m_nonces.insert(key, message);
        return good(messageJson(m_messages[message]));
    }
    const auto message = m_messages.find(path.value(3));
    if (message == m_messages.end())
        return refuse(404, 10008, u"Unknown Message"_s);
    if (path.value(4) == u"reactions") {
        message->second.reactions << QUrl::fromPercentEncoding(path.value(5).toUtf8());
        return {204, {}};
    }
    if (method == "PATCH") {
        check(rules::message(sent.body, {.files = sent.files.size(), .isEdit = true}), u"edit"_s);
        return edit(message->first, sent);
    }
    return good(messageJson(message->second));
}

FakeRest::Answer FakeDiscord::edit(const QString &id, const Sent &sent)
{
    const auto found = m_messages.find(id);
    if (found == m_messages.end())
        return refuse(404, 10008, u"Unknown Message"_s);
    for (auto part = sent.body.begin(); part != sent.body.end(); ++part)
        found->second.body.insert(part.key(), part.value());
    if (sent.body.contains(u"attachments"_s) || !sent.files.isEmpty())
        found->second.files = sent.files;
    ++found->second.edits;
    return good(messageJson(found->second));
}

QString FakeDiscord::post(const QString &channel, const QString &author, const Sent &sent)
{
    const QString id = newId();
    m_messages[id] = {.id = id, .channel = channel, .author = author, .body = sent.body, .files = sent.files};
    return id;
}

QJsonObject FakeDiscord::messageJson(const Message &message) const
{
    QJsonObject json = message.body;
    json[u"id"_s] = message.id;
    json[u"channel_id"_s] = message.channel;
    json[u"author"_s] = QJsonObject{{u"id"_s, message.author}, {u"bot"_s, message.author == botUser}};
    return json;
}

QList<FakeDiscord::Message> FakeDiscord::messagesIn(const QString &channel) const
{
    QList<Message> list;
    for (const auto &[id, message] : m_messages) {
        if (message.channel == channel && !m_hidden.contains(id))
            list << message;
    }
    std::sort(list.begin(), list.end(),
              [](const Message &a, const Message &b) { return a.id.toLongLong() < b.id.toLongLong(); });
    return list;
}

QString FakeDiscord::answer(const QString &id) const
{
    const Interaction &interaction = m_interactions.at(id);
    QStringList all;
    if (m_messages.contains(interaction.message))
        all << m_messages.at(interaction.message).text();
    for (const QString &more : interaction.followUps)
        all << m_messages.at(more).text();
    return all.join(u'\n');
}

QStringList FakeDiscord::labels(const QString &message) const
{
    QStringList labels;
    if (!m_messages.contains(message))
        return labels;
    for (const QJsonValue &row : m_messages.at(message).body.value(u"components"_s).toArray()) {
        for (const QJsonValue &part : row[u"components"].toArray())
            labels << part[part[u"type"].toInt() == 2 ? u"label"_s : u"placeholder"_s].toString();
    }
    return labels;
}

QList<FakeDiscord::Channel> FakeDiscord::threads() const
{
    QList<Channel> list;
    for (const auto &[id, channel] : m_channels) {
        if (!channel.parent.isEmpty() && channel.exists)
            list << channel;
    }
    return list;
}

} // namespace hub::discord
