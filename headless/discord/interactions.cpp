// What comes in, up to the moment when the hub is asked; the answers are in interactionanswers.cpp.
#include "headless/discord/interactions.h"

#include "core/base/async.h"
#include "core/base/log.h"
#include "headless/discord/helpreply.h"
#include "headless/discord/markup.h"
#include "headless/discord/registration.h"

#include <QDateTime>
#include <QDeadlineTimer>
#include <QTimer>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub::discord
{

using commands::CommandCall;
using commands::Effect;
using commands::Role;

namespace
{

constexpr qint64 takenFor = 24 * 60 * 60 * 1000;
constexpr size_t mostSeen = 4'000, mostTaken = 2'000;
constexpr milliseconds slice = 1ms, mostPatience = 100ms;

// A command of several words, as Discord gives them: "rollback show".
bool mayCall(Role role, const commands::CommandSpec &spec) { return role >= commands::roleFor(spec.entryAccess()); }

// The option that a form asks for when a command was called without it; empty: none.
QString formOptionOf(const CommandCall &call)
{
    const QString description = u"description"_s;
    const bool asks = call.command == u"assign-task" && call.options.value(description).toString().trimmed().isEmpty();
    return asks ? description : QString();
}

// Where to see how things are now.
QString lookOf(const CommandCall &call)
{
    const QString named = call.options.value(u"task_id"_s).toString();
    const auto task = named.isEmpty() ? call.place.task : TaskId::parse(named);
    return task ? u"agenthubctl task-status "_s + task->toString() : u"agenthubctl tasks"_s;
}

FormText formTextOf(const Press &press)
{
    const commands::CommandSpec *spec = commands::findCommand(press.command);
    FormText text{.title = press.command};
    for (const commands::OptionSpec &option : spec->options) {
        if (option.name == press.ask) {
            text.label = QString(option.description);
            text.required = option.required || press.command == u"assign-task";
        }
    }
    const QString task = press.options.value(u"task_id"_s).toString();
    if (press.command == u"assign-task")
        text.title = u"A new task"_s;
    else if (press.command == u"say")
        text.title = task.isEmpty() ? u"Reply"_s : u"Reply to #"_s + task;
    else if (press.command == u"deny")
        text.title = u"Deny "_s + press.options.value(u"approval_id"_s).toString();
    return text;
}

bool hasTaskId(const QString &command)
{
    const commands::CommandSpec *spec = commands::findCommand(command);
    return spec && std::any_of(spec->options.begin(), spec->options.end(),
                               [](const auto &option) { return option.name == "task_id"_L1; });
}

} // namespace

Interactions::Interactions(const Parts &parts, InteractionTimes times, QObject *parent)
    : QObject(parent)
    , m_hub(parts.hub)
    , m_notes(parts.notes)
    , m_rest(parts.rest)
    , m_places(parts.places)
    , m_access(parts.access)
    , m_times(times)
    , m_ids(CustomIds::newKey())
{
    m_tokenClock.setInterval(std::min<milliseconds>(m_times.tokenLife / 4, 10s));
    connect(&m_tokenClock, &QTimer::timeout, this, &Interactions::lookAtTokens);
    m_next.setSingleShot(true);
    connect(&m_next, &QTimer::timeout, this, &Interactions::executeSome);
    m_seen.reserve(mostSeen);
}

Interactions::~Interactions() = default;

bool Interactions::isNew(const Interaction &in)
{
    const quint64 id = in.id.toULongLong();
    if (std::binary_search(m_seen.begin(), m_seen.end(), id))
        return false;
    if (m_seen.size() >= mostSeen)
        m_seen.erase(m_seen.begin());
    m_seen.insert(std::upper_bound(m_seen.begin(), m_seen.end(), id), id);
    return true;
}

void Interactions::received(const QJsonObject &event)
{
    const auto in = Interaction::fromJson(event);
    if (!in) {
        qCInfo(lcDiscord).noquote() << "ignored:" << in.error().message;
        return;
    }
    if (!isNew(*in))
        return;
    m_cameIn = true;
    switch (in->type) {
    case Interaction::Type::Command: return onCommand(*in);
    case Interaction::Type::Component: return onComponent(*in);
    case Interaction::Type::Form: return onForm(*in);
    case Interaction::Type::Autocomplete: return onTyping(*in);
    }
}

CommandCall Interactions::callOf(const Interaction &in, const QString &command, const QJsonObject &options) const
{
    const QString name = in.member.name.isEmpty() ? u"somebody"_s : in.member.name;
    const commands::Place place = m_places.at(in.channel);
    QJsonObject meant = options;
    if (place.task && hasTaskId(command) && !meant.contains(u"task_id"_s))
        meant[u"task_id"_s] = place.task->toString();
    return {.command = command,
            .options = meant,
            .caller = {.role = m_access.roleOf(in.member).value_or(Role::Nobody),
                       .name = u"%1 (%2)"_s.arg(name, in.member.user),
                       .origin = u"discord"_s,
                       .numbers = in.member.numbers()},
            .place = place};
}

// A view of the task whose thread this is.
bool Interactions::inOwnThread(const CommandCall &call) const
{
    if (!call.place.task)
        return false;
    const QString named = call.options.value(u"task_id"_s).toString();
    return named.isEmpty() || TaskId::parse(named) == call.place.task;
}

Interactions::Shared Interactions::exchangeFor(const Interaction &in, CommandCall call, Press::Then then) const
{
    auto exchange = std::make_shared<Exchange>();
    exchange->in = in;
    exchange->then = then;
    exchange->spec = commands::findCommand(call.command);
    const bool shared = call.options.take(QString(shareOption)).toBool();
    if (exchange->spec) {
        exchange->admitted = mayCall(call.caller.role, *exchange->spec);
        // Of this one the list is for who asked, and going back for everybody.
        const bool onlyLists =
            call.command == u"rollback task_checkpoint" && call.options.value(u"checkpoint_id"_s).toString().isEmpty();
        const bool publicly = exchange->spec->audience() == commands::Audience::Everybody && !onlyLists;
        // Its own views, but not what else there is to look at.
        const bool own = hasTaskId(call.command) && !call.command.startsWith(u"audit "_s) && inOwnThread(call);
        if (exchange->admitted && (publicly || shared || own))
            exchange->seenBy = SeenBy::Everybody;
    }
    exchange->call = std::move(call);
    return exchange;
}

void Interactions::onCommand(const Interaction &in)
{
    const Shared exchange = exchangeFor(in, callOf(in, in.command, in.options), Press::Then::Add);
    if (exchange->admitted) {
        if (!in.inThread)
            m_places.cameFrom(in.channel);
        if (const QString ask = formOptionOf(exchange->call); !ask.isEmpty())
            return showForm(in, {.command = exchange->call.command, .options = exchange->call.options, .ask = ask});
    }
    begin(exchange);
}

void Interactions::onComponent(const Interaction &in)
{
    auto press = m_ids.read(in.customId);
    if (!press)
        return sayOnly(in, press.error());
    if (!press->ask.isEmpty() && press->then != Press::Then::Ask && !in.values.isEmpty())
        press->options[press->ask] = in.values.first();
    CommandCall call = callOf(in, press->command, press->options);
    call.confirm = press->confirm;
    const Shared exchange = exchangeFor(in, call, press->then);
    if (!exchange->admitted) {
        exchange->then = Press::Then::Add; // the message stays; the refusal is private
        return begin(exchange);
    }
    if (press->then == Press::Then::Ask)
        return showForm(in, *press);
    if (press->then == Press::Then::Replace || press->then == Press::Then::Close) {
        QString why;
        if (isTaken(in, &why))
            return sayOnly(in, fail(ErrorCode::Refused, why, lookOf(call)));
        m_taken.insert(in.message, {in.member.name, nowMillis(), false});
    }
    begin(exchange);
}

void Interactions::onForm(const Interaction &in)
{
    auto press = m_ids.read(in.customId);
    if (!press || press->ask.isEmpty())
        return sayOnly(in, press ? fail(ErrorCode::InvalidInput, u"This form asks for nothing."_s) : press.error());
    if (const QString text = in.fields.value(QString(formInput)).toString().trimmed(); !text.isEmpty())
        press->options[press->ask] = text;
    begin(exchangeFor(in, callOf(in, press->command, press->options), Press::Then::Add));
}

// Two people at once: one wins, the other is told.
bool Interactions::isTaken(const Interaction &in, QString *why)
{
    const qint64 now = nowMillis();
    if (m_taken.size() >= qsizetype(mostTaken))
        m_taken.removeIf([now](const auto &entry) { return entry.value().at < now - takenFor / 24; });
    const auto taken = m_taken.constFind(in.message);
    if (in.message.isEmpty() || taken == m_taken.cend() || taken->at < now - takenFor)
        return false;
    const QString time = QDateTime::fromMSecsSinceEpoch(taken->at).toString(u"HH:mm"_s);
    *why = taken->done ? u"This button is out of date: %1 pressed one of this message at %2."_s.arg(taken->who, time)
                       : u"%1 was faster: it is being done since %2."_s.arg(taken->who, time);
    return true;
}

// The message asks again, or goes on without its buttons.
void Interactions::release(const Exchange &exchange, bool done)
{
    if (exchange.then != Press::Then::Replace && exchange.then != Press::Then::Close)
        return;
    if (done)
        m_taken[exchange.in.message].done = true;
    else
        m_taken.remove(exchange.in.message);
}

void Interactions::onTyping(const Interaction &in)
{
    CommandCall call = callOf(in, in.command, in.options);
    const QString typed = call.options.take(in.focused).toVariant().toString();
    call.options.remove(QString(shareOption));
    auto answered = std::make_shared<bool>(false);
    const auto answer = [this, in, answered](const QList<Suggestion> &found) {
        if (!std::exchange(*answered, true))
            callBack(in, suggestions(found));
    };
    if (call.caller.role == Role::Nobody)
        return answer({});
    // Nobody waits longer for it: what comes later is for another letter.
    QTimer::singleShot(m_times.suggestLimit, this, [answer] { answer({}); });
    whenDone(m_hub.suggest({in.focused, typed, call}), this,
             [answer](const Result<QList<Suggestion>> &found) { answer(found.valueOr({})); });
}

void Interactions::callBack(const Interaction &in, const QJsonObject &body, RestClient::Then then)
{
    const auto request = RestRequest::of("POST", u"/interactions/%1/%2/callback"_s.arg(in.id, in.token), body);
    if (!request)
        return then(request.error());
    m_rest.call(*request, this, std::move(then));
}

// It must be the first answer, so nothing is deferred.
void Interactions::showForm(const Interaction &in, Press press)
{
    const FormText text = formTextOf(press);
    press.then = Press::Then::Add;
    callBack(in, form(m_ids.idOf(press), text));
    keepCustomIds([] {});
}

// An answer that is known at once, for who asked alone.
void Interactions::sayOnly(const Interaction &in, const Error &error)
{
    auto exchange = std::make_shared<Exchange>();
    exchange->in = in;
    exchange->call = callOf(in, {}, {});
    exchange->outcome = Result<commands::Reply>(error);
    callBack(in, deferredMessage(SeenBy::Asker),
             [this, exchange](const Result<RestAnswer> &answer) { onAcknowledged(exchange, answer); });
}

void Interactions::begin(const Shared &exchange)
{
    m_open.insert(exchange->in.id, exchange);
    if (!m_tokenClock.isActive())
        m_tokenClock.start();
    const bool update = exchange->then == Press::Then::Replace || exchange->then == Press::Then::Close;
    callBack(exchange->in, update ? deferredUpdate() : deferredMessage(exchange->seenBy),
             [this, exchange](const Result<RestAnswer> &answer) { onAcknowledged(exchange, answer); });
    if (exchange->then == Press::Then::Close)
        return;
    // A view and a stop do not wait until Discord has taken the acknowledgement. What else changes something does:
    // whoever was told that there was no answer tries again, and would have it twice.
    if (exchange->isStop())
        execute(exchange);
    else if (!exchange->admitted ||
             exchange->effect() == Effect::Read) // when what came with it is acknowledged as well
        executeSoon(exchange);
}

void Interactions::executeSoon(const Shared &exchange)
{
    m_soon.push_back(exchange);
    if (!m_next.isActive())
        m_next.start();
}

// To acknowledge what goes on coming in is more urgent. Then a few at a time, so that answers go out in between.
void Interactions::executeSome()
{
    const bool more = std::exchange(m_cameIn, false);
    if (more && momentNow() - m_soon.front()->since < mostPatience)
        return m_next.start();
    const QDeadlineTimer end(slice, Qt::PreciseTimer);
    while (!m_soon.empty() && !end.hasExpired()) {
        const Shared exchange = std::move(m_soon.front());
        m_soon.pop_front();
        const bool tooLate = exchange->acknowledged == Exchange::Acknowledged::TooLate;
        if (!exchange->admitted || !tooLate) // that somebody was refused is written down all the same
            execute(exchange);
    }
    if (!m_soon.empty())
        m_next.start();
}

void Interactions::onAcknowledged(const Shared &exchange, const Result<RestAnswer> &answer)
{
    const bool taken = answer && (answer->isGood() || answer->code == code::alreadyAcknowledged);
    exchange->acknowledged = taken ? Exchange::Acknowledged::Yes : Exchange::Acknowledged::TooLate;
    if (!taken) {
        const Result<QJsonValue> said =
            answer ? answer->result(u"take the answer"_s) : Result<QJsonValue>(answer.error());
        qCInfo(lcDiscord).noquote() << "too late for" << exchange->call.command << "of" << exchange->call.caller.name
                                    << ':' << said.error().message;
        if (!exchange->isStop()) { // that one is under way
            release(*exchange, false);
            return forget(exchange);
        }
        return deliver(exchange);
    }
    if (exchange->outcome || exchange->then == Press::Then::Close)
        return deliver(exchange);
    if (exchange->effect() == Effect::Read) {
        QTimer::singleShot(m_times.viewNoted, this, [this, weak = std::weak_ptr(exchange)] {
            if (const Shared alive = weak.lock(); alive && !alive->outcome)
                note(alive);
        });
        return;
    }
    note(exchange);
    if (exchange->admitted && !exchange->isStop())
        execute(exchange);
}

void Interactions::execute(const Shared &exchange)
{
    const CommandCall &call = exchange->call;
    if (exchange->admitted && call.command == u"help")
        return ended(exchange, helpReply(call.options.value(u"command"_s).toString(), call.caller.role));
    if (!exchange->admitted || exchange->in.files.isEmpty())
        return askHub(exchange);
    whenDone(m_files.fetch(exchange->in.files), this,
             [this, exchange](const Result<QList<commands::Attachment>> &files) {
                 if (!files)
                     return ended(exchange, fail(files.error().code, files.error().message + u" Nothing was done."_s));
                 exchange->call.files = *files;
                 askHub(exchange);
             });
}

// What is refused for want of rights goes to the hub too: it writes that down.
void Interactions::askHub(const Shared &exchange)
{
    const CommandCall &call = exchange->call;
    whenDone(m_hub.execute(call), this, [this, exchange](const Result<commands::Reply> &reply) {
        const bool machineOnly = exchange->spec && exchange->spec->entryAccess() == commands::Access::Machine;
        if (!reply && reply.error().code == ErrorCode::Refused && machineOnly &&
            exchange->call.caller.role > Role::Nobody)
            return ended(exchange, fail(ErrorCode::Refused,
                                        u"%1 is for the hub's machine only: whoever holds the Discord server must not "
                                        "hold the machine. Nothing was done."_s.arg(exchange->spec->name),
                                        u"agenthubctl "_s + exchange->spec->name));
        ended(exchange, reply);
    });
}

void Interactions::ended(const Shared &exchange, Result<commands::Reply> outcome)
{
    exchange->outcome = std::move(outcome);
    deliver(exchange);
}

} // namespace hub::discord
