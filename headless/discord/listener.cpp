#include "headless/discord/listener.h"

#include "core/base/log.h"
#include "core/state/task.h"
#include "headless/discord/plainbody.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

constexpr int ordinary = 0, replyTo = 19;    // types of messages
constexpr int pageSize = 100, mostPages = 3; // of what a thread missed
const QString heardSign = u"✅"_s, refusedSign = u"🚫"_s, troubleSign = u"⚠️"_s;

// Both are numbers without leading zeros.
bool isLater(const QString &a, const QString &b) { return a.size() != b.size() ? a.size() > b.size() : a > b; }

// It was answered by a sign, though perhaps not noted before the hub ended.
bool hasOurSign(const QJsonObject &message)
{
    const QJsonArray reactions = message[u"reactions"_s].toArray();
    return std::any_of(reactions.begin(), reactions.end(), [](const QJsonValue &one) { return one[u"me"_s].toBool(); });
}

bool isOver(const TaskThread &thread)
{
    const auto told = enumFromText(taskStateTexts, thread.told, u"state");
    return told && isEnded(*told);
}

} // namespace

QString saidIn(const QJsonObject &message, const QString &bot)
{
    QString text = message[u"content"_s].toString();
    const auto replace = [&text](const QString &user, const QString &by) {
        text.replace(u"<@%1>"_s.arg(user), by).replace(u"<@!%1>"_s.arg(user), by);
    };
    replace(bot, {});
    for (const QJsonValue &one : message[u"mentions"_s].toArray()) {
        const QString name = one[u"global_name"_s].toString();
        replace(one[u"id"_s].toString(), u'@' + (name.isEmpty() ? one[u"username"_s].toString() : name));
    }
    return text.trimmed();
}

Listener::Listener(HubPort &hub, RestClient &rest, Places &places, const Access &access, bool everything,
                   QObject *parent)
    : QObject(parent)
    , m_hub(hub)
    , m_rest(rest)
    , m_places(places)
    , m_access(access)
    , m_everything(everything)
{
}

void Listener::onEvent(const QString &event, const QJsonObject &data)
{
    if (event == u"MESSAGE_CREATE")
        onMessage(data);
    else
        m_admins.onEvent(event, data);
    if (event == u"GUILD_CREATE")
        catchUp(data[u"id"_s].toString(), data[u"threads"_s].toArray());
}

// After a new session nothing is replayed: each open task's thread in which something was written since is read.
void Listener::catchUp(const QString &guild, const QJsonArray &threads)
{
    for (const QJsonValue &each : threads) {
        const QString id = each[u"id"_s].toString();
        const auto task = m_places.at(id).task;
        const auto thread = task ? m_places.threadOf(*task) : std::nullopt;
        if (!thread || isOver(*thread))
            continue;
        const QString seen = thread->heard.isEmpty() ? thread->id : thread->heard;
        if (!isLater(each[u"last_message_id"_s].toString(), seen) || m_queues[*task].isCatchingUp)
            continue;
        m_queues[*task].isCatchingUp = true;
        readAfter({*task, guild, id}, seen, 1);
    }
}

void Listener::readAfter(const Missed &where, const QString &last, int page)
{
    auto request = RestRequest::of("GET", u"/channels/%1/messages"_s.arg(where.thread));
    if (!request)
        return caughtUp(where.task);
    request->query.addQueryItem(u"after"_s, last);
    request->query.addQueryItem(u"limit"_s, QString::number(pageSize));
    m_rest.call(*request, this, [this, where, last, page](const Result<RestAnswer> &answer) {
        const auto read =
            answer ? answer->result(u"read what was written meanwhile"_s) : Result<QJsonValue>(answer.error());
        if (!read) {
            qCWarning(lcDiscord).noquote() << read.error().message;
            return caughtUp(where.task);
        }
        QJsonArray messages = read->toArray();
        QString newest = last;
        for (qsizetype i = messages.size(); i-- > 0;) { // the newest is the first
            QJsonObject message = messages[i].toObject();
            if (isLater(message[u"id"_s].toString(), newest))
                newest = message[u"id"_s].toString();
            message[u"guild_id"_s] = where.guild;
            if (isMeant(message) && !hasOurSign(message))
                m_queues[where.task].missed.push_back({where.task, message});
        }
        if (messages.size() == pageSize && page < mostPages)
            return readAfter(where, newest, page + 1);
        findMembers(where.task);
    });
}

// What is read does not say which roles its author has, as an event does.
void Listener::findMembers(TaskId task)
{
    std::deque<Heard> &missed = m_queues[task].missed;
    const auto unknown = std::find_if(missed.begin(), missed.end(),
                                      [](const Heard &heard) { return !heard.message.contains(u"member"_s); });
    if (unknown == missed.end())
        return caughtUp(task);
    const QString guild = unknown->message[u"guild_id"_s].toString(),
                  user = unknown->message[u"author"_s][u"id"_s].toString();
    const auto request = RestRequest::of("GET", u"/guilds/%1/members/%2"_s.arg(guild, user));
    const auto found = [this, task, user](const QJsonObject &member) {
        for (Heard &heard : m_queues[task].missed) {
            if (heard.message[u"author"_s][u"id"_s].toString() == user)
                heard.message[u"member"_s] = member; // of who has left: no role
        }
        findMembers(task);
    };
    if (!request)
        return found({});
    m_rest.call(*request, this, [found](const Result<RestAnswer> &answer) {
        found(answer && answer->isGood() ? answer->body.toObject() : QJsonObject());
    });
}

void Listener::caughtUp(TaskId task)
{
    Queue &queue = m_queues[task];
    queue.isCatchingUp = false;
    queue.waiting.insert(queue.waiting.begin(), queue.missed.begin(), queue.missed.end());
    queue.missed.clear();
    next(task);
}

bool Listener::isMeant(const QJsonObject &message) const
{
    const int type = message[u"type"_s].toInt();
    const QJsonObject author = message[u"author"_s].toObject();
    if ((type != ordinary && type != replyTo) || author[u"bot"_s].toBool() || message.contains(u"webhook_id"_s) ||
        author[u"id"_s].toString() == m_user)
        return false;
    const QJsonArray mentions = message[u"mentions"_s].toArray();
    return m_everything || std::any_of(mentions.begin(), mentions.end(),
                                       [this](const QJsonValue &one) { return one[u"id"_s].toString() == m_user; });
}

void Listener::onMessage(const QJsonObject &message)
{
    const auto task = m_places.at(message[u"channel_id"_s].toString()).task;
    if (!task || !isMeant(message))
        return;
    m_queues[*task].waiting.push_back({*task, message});
    next(*task);
}

void Listener::next(TaskId task)
{
    Queue &queue = m_queues[task];
    if (queue.isBusy || queue.isCatchingUp)
        return;
    while (!queue.waiting.empty()) {
        const Heard heard = queue.waiting.front();
        queue.waiting.pop_front();
        const auto thread = m_places.threadOf(task);
        if (!thread || !isLater(heard.message[u"id"_s].toString(), thread->heard))
            continue; // it came once more
        queue.isBusy = true;
        return act(heard);
    }
    m_queues.remove(task);
}

void Listener::act(const Heard &heard)
{
    Member member = Member::of(heard.message);
    if (m_admins.isAdmin(member.guild, member.user, member.roles))
        member.permissions |= 8;
    const auto role = m_access.roleOf(member).value_or(commands::Role::Nobody);
    // Who may only look is refused by the hub, which writes that down; nothing is fetched for that.
    const bool mayTell = role >= commands::Role::Operator;
    whenDone(m_files.fetch(mayTell ? heard.message[u"attachments"_s].toArray() : QJsonArray()), this,
             [this, heard, member, role](const Result<QList<commands::Attachment>> &files) {
                 if (files)
                     return say(heard, member, role, *files);
                 react(heard, troubleSign);
                 answer(heard, files.error().message + u" The agent was told nothing; send the message again."_s);
                 done(heard);
             });
}

void Listener::say(const Heard &heard, const Member &member, commands::Role role,
                   const QList<commands::Attachment> &files)
{
    QString text = saidIn(heard.message, m_user);
    if (text.isEmpty() && files.isEmpty() && role >= commands::Role::Operator) {
        react(heard, troubleSign);
        answer(heard, u"Write what the agent is to be told beside the mention."_s);
        return done(heard);
    }
    if (text.isEmpty())
        text = files.size() == 1 ? u"Look at this file."_s : u"Look at these files."_s;
    commands::CommandCall call{
        .command = u"say"_s,
        .options = {{u"message"_s, text}, {u"task_id"_s, heard.task.toString()}},
        .caller = {role, u"%1 (%2)"_s.arg(member.name, member.user), u"discord"_s, {}, member.numbers()},
        .place = m_places.at(heard.message[u"channel_id"_s].toString()),
        .files = files,
        .once = commands::Once{onceSourceOf(heard.task), heard.message[u"id"_s].toString().toULongLong()}};
    QStringList names;
    for (const commands::Attachment &file : files)
        names << file.fileName;
    if (!names.isEmpty())
        call.options[u"files"_s] = names.join(u", "_s);
    whenDone(m_hub.execute(call), this, [this, heard](const Result<commands::Reply> &reply) { onSaid(heard, reply); });
}

void Listener::onSaid(const Heard &heard, const Result<commands::Reply> &reply)
{
    if (reply) {
        react(heard, heardSign);
        return done(heard);
    }
    if (reply.error().code == ErrorCode::Refused)
        return refuse(heard);
    react(heard, troubleSign);
    answer(heard, reply.error().message);
    done(heard);
}

void Listener::refuse(const Heard &heard)
{
    react(heard, refusedSign);
    done(heard);
}

// Looked at once: what comes again, by a replay, has a number that is not later.
void Listener::done(const Heard &heard)
{
    if (auto thread = m_places.threadOf(heard.task)) {
        thread->heard = heard.message[u"id"_s].toString();
        m_places.setThread(heard.task, *thread);
    }
    m_queues[heard.task].isBusy = false;
    next(heard.task);
}

void Listener::answer(const Heard &heard, const QString &text)
{
    const QString message = heard.message[u"id"_s].toString();
    QJsonObject body = plainBody({.severity = commands::Severity::Warning, .title = u"Not told"_s, .text = text});
    body[u"message_reference"_s] = QJsonObject{{u"message_id"_s, message}, {u"fail_if_not_exists"_s, false}};
    send("POST", u"/channels/%1/messages"_s.arg(heard.message[u"channel_id"_s].toString()),
         once(body, u"r"_s + message));
}

void Listener::react(const Heard &heard, const QString &emoji)
{
    send("PUT",
         u"/channels/%1/messages/%2/reactions/%3/@me"_s.arg(heard.message[u"channel_id"_s].toString(),
                                                            heard.message[u"id"_s].toString(), emoji),
         QJsonValue::Undefined);
}

void Listener::send(const QByteArray &method, const QString &path, const QJsonValue &body)
{
    const auto request = RestRequest::of(method, path, body);
    if (!request)
        return;
    m_rest.call(*request, this, [](const Result<RestAnswer> &answer) {
        const auto sent = answer ? answer->result(u"answer a message"_s) : Result<QJsonValue>(answer.error());
        if (!sent)
            qCWarning(lcDiscord).noquote() << sent.error().message;
    });
}

} // namespace hub::discord
