#include "headless/discord/setupcheck.h"

#include "headless/discord/access.h"
#include "headless/discord/registration.h"

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

constexpr Permission needed[]{{1ULL << 10, "View Channels"_L1},         {1ULL << 11, "Send Messages"_L1},
                              {1ULL << 14, "Embed Links"_L1},           {1ULL << 15, "Attach Files"_L1},
                              {1ULL << 16, "Read Message History"_L1},  {1ULL << 6, "Add Reactions"_L1},
                              {1ULL << 35, "Create Public Threads"_L1}, {1ULL << 38, "Send Messages in Threads"_L1}};
constexpr int contentFlags = 1 << 18 | 1 << 19; // of an application: it may read all messages
const QString portal = u"https://discord.com/developers/applications"_s;

quint64 bits(const QJsonValue &text) { return text.toString().toULongLong(); }

QString numberOf(const QJsonObject &object) { return object.value(u"id"_s).toString(); }

} // namespace

std::span<const Permission> neededPermissions() { return needed; }

quint64 neededBits()
{
    quint64 all = 0;
    for (const Permission &permission : needed)
        all |= permission.bit;
    return all;
}

QStringList missingPermissions(quint64 granted)
{
    QStringList missing;
    for (const Permission &permission : needed) {
        if (!(granted & permission.bit))
            missing << QString(permission.name);
    }
    return missing;
}

quint64 permissionsIn(const QJsonObject &channel, const QJsonArray &roles, const QJsonObject &member,
                      const QString &guild)
{
    const QJsonArray own = member.value(u"roles"_s).toArray();
    quint64 granted = 0;
    for (const QJsonValue &role : roles) {
        if (role[u"id"].toString() == guild || own.contains(role[u"id"]))
            granted |= bits(role[u"permissions"]);
    }
    if (granted & administrator)
        return ~0ULL;
    const QJsonArray exceptions = channel.value(u"permission_overwrites"_s).toArray();
    const auto apply = [&](const auto &matches) {
        quint64 allow = 0, deny = 0;
        for (const QJsonValue &exception : exceptions) {
            if (!matches(exception[u"id"].toString()))
                continue;
            allow |= bits(exception[u"allow"]);
            deny |= bits(exception[u"deny"]);
        }
        granted = (granted & ~deny) | allow;
    };
    const QString user = member.value(u"user"_s)[u"id"].toString();
    apply([&](const QString &id) { return id == guild; });
    apply([&](const QString &id) { return id != guild && own.contains(id); });
    apply([&](const QString &id) { return id == user; });
    return granted;
}

QString inviteLink(const QString &application)
{
    return u"https://discord.com/oauth2/authorize?client_id=%1&scope=bot+applications.commands&permissions=%2"_s.arg(
        application, QString::number(neededBits()));
}

QString applicationOf(const QString &token)
{
    const QByteArray number = QByteArray::fromBase64(token.section(u'.', 0, 0).toLatin1());
    bool isNumber = false;
    number.toULongLong(&isNumber);
    return isNumber && token.contains(u'.') ? QString::fromLatin1(number) : QString();
}

SetupCheck::SetupCheck(Settings settings, QString token, QObject *parent)
    : QObject(parent)
    , m_settings(std::move(settings))
    , m_token(std::move(token))
    , m_rest({.base = QUrl(m_settings.text(setting::discordApiBase)), .token = m_token})
    , m_promise(std::make_shared<QPromise<Result<commands::Reply>>>())
{
}

QFuture<Result<commands::Reply>> SetupCheck::run()
{
    m_promise->start();
    m_steps = {[this] { checkServers(); }, [this] { checkApplication(); }, [this] { checkToken(); }};
    next();
    return m_promise->future();
}

void SetupCheck::next()
{
    if (m_steps.empty())
        return conclude();
    const auto step = std::move(m_steps.back());
    m_steps.pop_back();
    step();
}

void SetupCheck::note(const QString &what, bool good, const QString &found, const QString &advice)
{
    m_lines << Line{what, found, advice, good};
}

// Without an answer nothing else can be asked either.
void SetupCheck::ask(const QString &path, const std::function<void(const RestAnswer &)> &handle)
{
    auto request = RestRequest::of("GET", path);
    if (!request) {
        note(u"Settings"_s, false, request.error().message, u"agenthubctl config list"_s);
        return next();
    }
    request->limit = 10s;
    m_rest.call(*request, this, [this, handle](const Result<RestAnswer> &answer) {
        if (!answer) {
            note(u"Connection"_s, false, answer.error().message,
                 u"See that this machine reaches %1."_s.arg(m_settings.text(setting::discordApiBase)));
            return conclude();
        }
        handle(*answer);
        if (!m_promise->future().isFinished())
            next();
    });
}

void SetupCheck::checkToken()
{
    ask(u"/users/@me"_s, [this](const RestAnswer &answer) {
        if (!answer.isGood()) {
            note(u"Token"_s, false, u"Discord does not take it (%1)"_s.arg(answer.status),
                 u"%1 → your application → Bot → Reset Token, and put the new one where this one is."_s.arg(portal));
            return conclude();
        }
        m_bot = numberOf(answer.body.toObject());
        note(u"Token"_s, true, u"it is %1's"_s.arg(answer.body[u"username"].toString()));
    });
}

void SetupCheck::checkApplication()
{
    ask(u"/applications/@me"_s, [this](const RestAnswer &answer) {
        m_application = answer.isGood() ? numberOf(answer.body.toObject()) : applicationOf(m_token);
        const bool wanted = m_settings.flag(setting::discordAllMessages);
        const bool granted = answer.body[u"flags"].toInt() & contentFlags;
        if (!wanted)
            note(u"Intents"_s, true, u"none that has to be switched on"_s);
        else
            note(u"Intents"_s, granted,
                 granted ? u"it may read all messages"_s : u"it may not read messages that don't mention it"_s,
                 granted ? QString()
                         : u"%1/%2/bot → Privileged Gateway Intents → Message Content Intent; or discord/read_messages "
                           "false."_s.arg(portal, m_application));
    });
}

void SetupCheck::checkServers()
{
    const QSet<QString> guilds = Access(m_settings).guilds();
    if (!guilds.isEmpty()) {
        for (const QString &guild : guilds)
            m_steps.push_back([this, guild] { checkServer(guild); });
        return next();
    }
    ask(u"/users/@me/guilds"_s, [this](const RestAnswer &answer) {
        const QJsonArray all = answer.body.toArray();
        if (all.isEmpty())
            note(u"Servers"_s, false, u"the bot is in none"_s, u"Invite it: "_s + inviteLink(m_application));
        for (const QJsonValue &guild : all)
            note(u"Servers"_s, false, u"none is named, so nobody may do anything"_s,
                 u"If %1 is yours: agenthubctl config set discord/guild_id %2"_s.arg(guild[u"name"].toString(),
                                                                                     guild[u"id"].toString()));
        for (const QJsonValue &guild : all)
            m_steps.push_back([this, id = guild[u"id"].toString()] { checkServer(id); });
        m_steps.push_back([this] { checkCommands(u"commands"_s, int(CommandScope::Global), u"everywhere"_s); });
    });
}

void SetupCheck::checkServer(const QString &guild)
{
    ask(u"/guilds/"_s + guild, [this, guild](const RestAnswer &answer) {
        if (!answer.isGood()) {
            note(u"Server %1"_s.arg(guild), false, u"the bot is not in it (%1)"_s.arg(answer.status),
                 u"Invite it: %1; or mend discord/guild_id."_s.arg(inviteLink(m_application)));
            return;
        }
        note(u"Server"_s, true, u"in %1"_s.arg(answer.body[u"name"].toString()));
        if (!Access(m_settings).guilds().isEmpty())
            m_steps.push_back([this, guild] {
                checkCommands(u"guilds/%1/commands"_s.arg(guild), int(CommandScope::Guild), u"in this server"_s);
            });
        m_steps.push_back([this, guild] { checkChannels(guild); });
    });
}

void SetupCheck::checkChannels(const QString &guild)
{
    m_steps.push_back([this, guild] {
        ask(u"/guilds/%1/members/%2"_s.arg(guild, m_bot), [this, guild](const RestAnswer &answer) {
            m_member = answer.body.toObject();
            for (const auto &[name, spec] : {std::pair(u"Home channel"_s, &setting::discordHome),
                                             std::pair(u"Alert channel"_s, &setting::discordAlerts)}) {
                if (const QString channel = m_settings.text(*spec); !channel.isEmpty())
                    m_steps.push_back([this, name, channel, guild] { checkChannel(name, channel, guild); });
            }
        });
    });
    ask(u"/guilds/%1/roles"_s.arg(guild), [this](const RestAnswer &answer) {
        m_roles = answer.body.toArray();
        QStringList unknown;
        bool any =
            m_settings.flag(setting::discordGuildAdmins) || !m_settings.text(setting::discordAdminUsers).isEmpty();
        for (const SettingSpec *spec :
             {&setting::discordViewers, &setting::discordOperators, &setting::discordAdmins}) {
            for (const QString &part : m_settings.text(*spec).split(u',', Qt::SkipEmptyParts)) {
                const QString role = part.trimmed();
                const bool there = std::any_of(m_roles.begin(), m_roles.end(),
                                               [&](const QJsonValue &each) { return each[u"id"].toString() == role; });
                any = any || there;
                if (!there)
                    unknown << role;
            }
        }
        note(u"Rights"_s, unknown.isEmpty() && any,
             !unknown.isEmpty() ? u"there is no role %1"_s.arg(unknown.join(u", "_s))
             : any              ? u"roles and people are set"_s
                                : u"nobody may do anything"_s,
             unknown.isEmpty() && any ? QString()
                                      : u"Server Settings → Roles → … → Copy Role ID, then agenthubctl config set "
                                        "discord/operator_roles NUMBER"_s);
    });
}

void SetupCheck::checkChannel(const QString &name, const QString &channel, const QString &guild)
{
    ask(u"/channels/"_s + channel, [this, name, channel, guild](const RestAnswer &answer) {
        if (!answer.isGood()) {
            note(name, false, u"%1 is not seen (%2)"_s.arg(channel).arg(answer.status),
                 u"Channel → Edit Channel → Permissions → add the bot with View Channel; or another number in the "
                 "settings."_s);
            return;
        }
        const QStringList missing = missingPermissions(permissionsIn(answer.body.toObject(), m_roles, m_member, guild));
        note(name, missing.isEmpty(),
             u'#' + answer.body[u"name"].toString() +
                 (missing.isEmpty() ? QString() : u": missing "_s + missing.join(u", "_s)),
             missing.isEmpty() ? QString()
                               : u"Channel → Edit Channel → Permissions → the bot; or invite it again: "_s +
                                     inviteLink(m_application));
    });
}

void SetupCheck::checkCommands(const QString &scopePath, int scope, const QString &where)
{
    auto request = RestRequest::of("GET", u"/applications/%1/%2"_s.arg(m_application, scopePath));
    request->query.addQueryItem(u"with_localizations"_s, u"true"_s);
    request->limit = 10s;
    m_rest.call(*request, this, [this, scope, where](const Result<RestAnswer> &answer) {
        const QJsonArray there = answer ? answer->body.toArray() : QJsonArray();
        const bool same = areRegistered(
            applicationCommands(commands::commandTable(), CommandScope(scope), builtInTranslations()), there);
        note(u"Commands"_s, same,
             same              ? u"%1, %2"_s.arg(there.size()).arg(where)
             : there.isEmpty() ? u"none %1"_s.arg(where)
                               : u"not those of this version"_s,
             same ? QString() : u"A running hub with this token registers them by itself; look into its log."_s);
        next();
    });
}

void SetupCheck::conclude()
{
    if (m_promise->future().isFinished())
        return;
    commands::Table table{.columns = {u"Check"_s, u"Found"_s, u"What to do"_s}};
    QJsonArray data;
    bool good = true;
    for (const Line &line : m_lines) {
        good = good && line.good;
        table.rows << QStringList{(line.good ? u"✓ "_s : u"✗ "_s) + line.what, line.found, line.advice};
        data.append(QJsonObject{
            {u"check"_s, line.what}, {u"good"_s, line.good}, {u"found"_s, line.found}, {u"advice"_s, line.advice}});
    }
    commands::Reply reply{.severity = good ? commands::Severity::Ok : commands::Severity::Error,
                          .title = good ? u"Discord is set up"_s : u"Discord is not set up yet"_s,
                          .tables = {table},
                          .data = {{u"good"_s, good}, {u"checks"_s, data}}};
    m_promise->addResult(reply);
    m_promise->finish();
    deleteLater();
}

} // namespace hub::discord
