// What goes out: the answer as an edit, privately, or into the channel when it comes too late; and what a restart
// finds.
#include "headless/discord/interactions.h"

#include "core/base/async.h"
#include "core/base/log.h"
#include "headless/discord/markup.h"
#include "headless/discord/nextstep.h"

#include <QDateTime>

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

const QString keyKind = u"discord key"_s, callKind = u"discord call"_s, pendingKind = u"discord pending"_s;
const QString keyName = u"custom_id"_s;

constexpr qint64 callsKeptFor = 30LL * 24 * 60 * 60 * 1000; // milliseconds

QString originalPath(const QString &application, const QString &token)
{
    return u"/webhooks/%1/%2/messages/@original"_s.arg(application, token);
}

bool isPrivate(const Error &error) { return error.code == ErrorCode::Refused; }

// What the message itself goes on with: a question, or what makes its buttons void.
bool takesItsPlace(const Error &error)
{
    return error.code == ErrorCode::Conflict || error.code == ErrorCode::Ambiguous ||
           error.code == ErrorCode::NeedsConfirmation;
}

} // namespace

QFuture<Result<>> Interactions::load()
{
    auto promise = std::make_shared<QPromise<Result<>>>();
    promise->start();
    const auto ended = [promise](const Result<> &result) {
        promise->addResult(result);
        promise->finish();
    };
    const auto tellPending = [this, ended] {
        whenDone(m_notes.notes(pendingKind), this, [this, ended](const Result<NotePort::Notes> &notes) {
            if (!notes)
                return ended(notes.error());
            for (auto note = notes->cbegin(); note != notes->cend(); ++note)
                tellRestart(note.key(), note.value());
            ended(Result<>());
        });
    };
    const auto loadCalls = [this, ended, tellPending] {
        whenDone(m_notes.notes(callKind), this, [this, ended, tellPending](const Result<NotePort::Notes> &notes) {
            if (!notes)
                return ended(notes.error());
            for (auto note = notes->cbegin(); note != notes->cend(); ++note)
                m_ids.remember(note.key(), note->value(u"line"_s).toString(), note->value(u"at"_s).toInteger());
            tellPending();
        });
    };
    whenDone(m_notes.notes(keyKind), this, [this, ended, loadCalls](const Result<NotePort::Notes> &notes) {
        if (!notes)
            return ended(notes.error());
        QByteArray key = QByteArray::fromHex(notes->value(keyName).value(u"key"_s).toString().toLatin1());
        if (key.size() >= 32) {
            m_ids = CustomIds(key);
            return loadCalls();
        }
        key = CustomIds::newKey();
        m_ids = CustomIds(key);
        whenDone(m_notes.setNote(keyKind, keyName, {{u"key"_s, QString::fromLatin1(key.toHex())}}), this,
                 [ended, loadCalls](const Result<> &kept) { kept ? loadCalls() : ended(kept.error()); });
    });
    return promise->future();
}

void Interactions::keepCustomIds(std::function<void()> then)
{
    const auto unkept = m_ids.takeUnkept();
    if (unkept.isEmpty())
        return then();
    auto open = std::make_shared<qsizetype>(unkept.size());
    for (auto one = unkept.cbegin(); one != unkept.cend(); ++one) {
        whenDone(m_notes.setNote(callKind, one.key(), {{u"line"_s, one.value()}, {u"at"_s, nowMillis()}}), this,
                 [open, then](const Result<> &kept) {
                     if (!kept)
                         qCWarning(lcDiscord).noquote() << "a button ends with this hub:" << kept.error().message;
                     if (--*open == 0)
                         then();
                 });
    }
}

void Interactions::forgetOldButtons(const QSet<TaskId> &open)
{
    for (const QString &key : m_ids.forgetOld(nowMillis() - callsKeptFor, open))
        m_notes.removeNote(callKind, key);
}

void Interactions::send(const QByteArray &method, const QString &path, const MessageBody &body, RestClient::Then then)
{
    auto request = RestRequest::of(method, path, body.json.isEmpty() ? QJsonValue::Undefined : QJsonValue(body.json));
    if (!request)
        return then(request.error());
    request->files = body.files;
    keepCustomIds([this, request = *request, then] { m_rest.call(request, this, then); });
}

// When both are there: that Discord took the acknowledgement, and the answer.
void Interactions::deliver(const Shared &exchange)
{
    using Acknowledged = Exchange::Acknowledged;
    if (exchange->acknowledged == Acknowledged::Waiting)
        return;
    if (exchange->then == Press::Then::Close) {
        const QString by = exchange->in.member.name;
        MessageBody body{{{u"content"_s, cut(u"It stays as it is (%1)."_s.arg(escaped(by)), limit::content)},
                          {u"components"_s, QJsonArray()},
                          {u"allowed_mentions"_s, QJsonObject{{u"parse"_s, QJsonArray()}}}}};
        m_taken[exchange->in.message].done = true;
        return send("PATCH", originalPath(exchange->in.application, exchange->in.token), body,
                    [this, exchange](const Result<RestAnswer> &) { forget(exchange); });
    }
    if (!exchange->outcome)
        return;
    // A view that nobody waits for any more; what was stopped is told.
    if (exchange->acknowledged == Acknowledged::TooLate && !exchange->isStop())
        return;
    answer(exchange, *exchange->outcome);
}

void Interactions::answer(const Shared &exchange, const Result<commands::Reply> &outcome)
{
    const bool replaces = exchange->then == Press::Then::Replace;
    RenderContext context{.ids = m_ids,
                          .now = fromMillis(nowMillis()),
                          .call = exchange->call,
                          .footer =
                              exchange->in.type == Interaction::Type::Command ? QString() : exchange->in.member.name,
                          .fileLimit = exchange->in.attachmentLimit};
    const MessageBody body = outcome ? render(*outcome, context) : render(outcome.error(), context);
    const bool asksAgain = outcome ? !outcome->confirm.isEmpty() : true;
    release(*exchange, !asksAgain);
    if (exchange->farewell || exchange->acknowledged != Exchange::Acknowledged::Yes ||
        momentNow() - exchange->since > m_times.tokenLife + 30s)
        return postInstead(exchange, body);
    if (outcome || (replaces && takesItsPlace(outcome.error())))
        return replaceOriginal(exchange, body);
    const Error &error = outcome.error();
    if (replaces)
        return followUp(exchange, body, isPrivate(error) ? SeenBy::Asker : exchange->seenBy);
    if (!isPrivate(error) || exchange->seenBy == SeenBy::Asker)
        return replaceOriginal(exchange, body);
    // "Thinking …" stands there for everybody, and that can't be changed: it goes.
    send("DELETE", originalPath(exchange->in.application, exchange->in.token), {},
         [this, exchange, body](const Result<RestAnswer> &) { followUp(exchange, body, SeenBy::Asker); });
}

void Interactions::replaceOriginal(const Shared &exchange, const MessageBody &body)
{
    const QString path = originalPath(exchange->in.application, exchange->in.token);
    send("PATCH", path, body, [this, exchange, body, path](const Result<RestAnswer> &done) {
        if (done && done->isGood())
            return forget(exchange);
        if (done && (done->code == code::invalidWebhookToken || done->code == code::unknownWebhook))
            return postInstead(exchange, body);
        if (triesAgain(exchange, done, [this, exchange, body] {
                if (momentNow() - exchange->since < m_times.tokenLife)
                    replaceOriginal(exchange, body);
                else
                    postInstead(exchange, body);
            }))
            return;
        const auto said = done ? done->result(u"show the answer"_s) : Result<QJsonValue>(done.error());
        qCWarning(lcDiscord).noquote() << exchange->call.command << "is answered in short:" << said.error().message;
        if (!done || (done->status != 400 && done->status != 413))
            return forget(exchange);
        const bool failed = !exchange->outcome->hasValue();
        const QString title = failed ? exchange->outcome->error().message : (*exchange->outcome)->title;
        send("PATCH", path,
             renderLine(u"%1\nDiscord did not take the whole answer."_s.arg(title.isEmpty() ? u"Done."_s : title)),
             [this, exchange](const Result<RestAnswer> &) { forget(exchange); });
    });
}

void Interactions::followUp(const Shared &exchange, const MessageBody &body, SeenBy seenBy)
{
    MessageBody message = body;
    if (seenBy == SeenBy::Asker)
        message.json[u"flags"_s] = ephemeral;
    send("POST", u"/webhooks/%1/%2"_s.arg(exchange->in.application, exchange->in.token), message,
         [this, exchange, body, seenBy](const Result<RestAnswer> &done) {
             const bool unclear = !done && done.error().code == ErrorCode::Conflict; // again could be a second one
             if (!unclear &&
                 triesAgain(exchange, done, [this, exchange, body, seenBy] { followUp(exchange, body, seenBy); }))
                 return;
             const auto said = done ? done->result(u"show the answer"_s) : Result<QJsonValue>(done.error());
             if (!said)
                 qCWarning(lcDiscord).noquote() << exchange->call.command << "is not answered:" << said.error().message;
             forget(exchange);
         });
}

// The interaction's own ways are closed. A private answer would not be private any more, so only its asker is told.
void Interactions::postInstead(const Shared &exchange, const MessageBody &body)
{
    if (exchange->seenBy == SeenBy::Asker && exchange->then != Press::Then::Replace) {
        qCInfo(lcDiscord).noquote() << "the private answer to" << exchange->call.command << "came too late";
        return forget(exchange);
    }
    MessageBody message = body;
    message.json[u"nonce"_s] = exchange->in.id;
    message.json[u"enforce_nonce"_s] = true;
    if (message.json[u"content"_s].toString().isEmpty())
        message.json[u"content"_s] =
            cut(u"`/%1` of %2:"_s.arg(exchange->call.command, escaped(exchange->in.member.name)), limit::content);
    send("POST", u"/channels/%1/messages"_s.arg(exchange->in.channel), message,
         [this, exchange, body](const Result<RestAnswer> &done) {
             if (triesAgain(exchange, done, [this, exchange, body] { postInstead(exchange, body); }))
                 return;
             const auto said = done ? done->result(u"post the answer"_s) : Result<QJsonValue>(done.error());
             if (!said)
                 qCWarning(lcDiscord).noquote() << exchange->call.command << "is not answered:" << said.error().message;
             forget(exchange);
         });
}

// Discord or the line is away just now. What was asked for is done, so it is told as soon as that is possible.
bool Interactions::triesAgain(const Shared &exchange, const Result<RestAnswer> &done, std::function<void()> again)
{
    const bool away = done ? done->status >= 500 : done.error().code != ErrorCode::Refused;
    if (!away || momentNow() - exchange->since > m_times.patience)
        return false;
    QTimer::singleShot(m_times.tryAgain, this, std::move(again));
    return true;
}

void Interactions::lookAtTokens()
{
    if (m_open.isEmpty())
        m_tokenClock.stop();
    const auto open = m_open;
    for (const Shared &exchange : open) {
        if (momentNow() - exchange->since >= m_times.tokenLife)
            onTokenEnds(exchange);
    }
}

// Soon nothing can be edited any more.
void Interactions::onTokenEnds(const Shared &exchange)
{
    if (exchange->outcome || exchange->farewell || exchange->acknowledged != Exchange::Acknowledged::Yes)
        return;
    exchange->farewell = true;
    if (exchange->then == Press::Then::Replace)
        return; // the question stays as it is, and the answer comes below it
    const QString text = exchange->seenBy == SeenBy::Everybody
                             ? u"This takes longer. The answer comes into this channel."_s
                             : u"This takes longer than Discord waits for a private answer. Ask again in a while."_s;
    send("PATCH", originalPath(exchange->in.application, exchange->in.token), renderLine(text),
         [](const Result<RestAnswer> &) {});
}

void Interactions::note(const Shared &exchange)
{
    exchange->noted = true;
    const Interaction &in = exchange->in;
    const QString task = exchange->call.options.value(u"task_id"_s).toString();
    const QJsonObject value{
        {u"application"_s, in.application},
        {u"token"_s, in.token},
        {u"channel"_s, in.channel},
        {u"command"_s, exchange->call.command},
        {u"task"_s, task.isEmpty() && exchange->call.place.task ? exchange->call.place.task->toString() : task},
        {u"private"_s, exchange->seenBy == SeenBy::Asker},
        {u"at"_s, nowMillis()}};
    whenDone(m_notes.setNote(pendingKind, in.id, value), this, [](const Result<> &kept) {
        if (!kept)
            qCWarning(lcDiscord).noquote() << "a restart would not tell of an answer:" << kept.error().message;
    });
}

void Interactions::forget(const Shared &exchange)
{
    m_open.remove(exchange->in.id);
    if (std::exchange(exchange->noted, false))
        m_notes.removeNote(pendingKind, exchange->in.id);
}

// The hub ended while somebody waited.
void Interactions::tellRestart(const QString &id, const QJsonObject &note)
{
    const QString command = note.value(u"command"_s).toString(), task = note.value(u"task"_s).toString();
    commands::Reply reply{.severity = commands::Severity::Warning,
                          .title = u"AgentHub was restarted meanwhile"_s,
                          .text = u"What /%1 had begun is finished or taken back by itself. Look how things are before "
                                  "you repeat it."_s.arg(command),
                          .next = {TaskId::parse(task) ? u"task-status "_s + task : u"tasks"_s}};
    if (const auto *spec = commands::findCommand(command); spec && spec->effect == commands::Effect::Read)
        reply.text = u"Nothing was changed by /%1. Ask again."_s.arg(command);
    MessageBody body = render(reply, {.ids = m_ids, .now = fromMillis(nowMillis())});
    QByteArray method = "PATCH";
    QString path = originalPath(note.value(u"application"_s).toString(), note.value(u"token"_s).toString());
    if (nowMillis() - note.value(u"at"_s).toInteger() > m_times.tokenLife.count()) {
        if (note.value(u"private"_s).toBool()) {
            m_notes.removeNote(pendingKind, id);
            return;
        }
        method = "POST";
        path = u"/channels/%1/messages"_s.arg(note.value(u"channel"_s).toString());
        body.json[u"nonce"_s] = id;
        body.json[u"enforce_nonce"_s] = true;
    }
    send(method, path, body, [this, id](const Result<RestAnswer> &done) {
        // Without any answer it is told at the next start.
        if (done)
            m_notes.removeNote(pendingKind, id);
    });
}

} // namespace hub::discord
