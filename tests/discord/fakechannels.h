// Channels, threads and messages behind a FakeRest: what a person would see there. Checks sizes as Discord counts them.
// Also the notes of a hub, in memory.
#pragma once

#include "core/base/async.h"
#include "core/base/json.h"
#include "core/hub/noteport.h"
#include "tests/discord/fakerest.h"

#include <QJsonArray>
#include <QMap>
#include <QSet>

using namespace Qt::StringLiterals;

namespace hub::discord
{

struct FakeNotes final : NotePort {
    QMap<QString, Notes> kept; // by kind

    QFuture<Result<Notes>> notes(const QString &kind) override { return readyFuture(Result<Notes>(kept.value(kind))); }
    QFuture<Result<>> setNote(const QString &kind, const QString &key, const QJsonObject &value) override
    {
        kept[kind][key] = value;
        return readyFuture(Result<>());
    }
    QFuture<Result<>> removeNote(const QString &kind, const QString &key) override
    {
        kept[kind].remove(key);
        return readyFuture(Result<>());
    }
};

class FakeChannels
{
public:
    struct Message {
        QString id, channel;
        QJsonObject body;
        int edits = 0;
        QString text() const // all that is read
        {
            const QJsonObject embed = body[QStringLiteral("embeds")].toArray().at(0).toObject();
            QString all = body[QStringLiteral("content")].toString() + embed[QStringLiteral("title")].toString() +
                          u'\n' + embed[QStringLiteral("description")].toString();
            for (const QJsonValue &field : embed[QStringLiteral("fields")].toArray())
                all += u'\n' + field[QStringLiteral("name")].toString() + QStringLiteral(": ") +
                       field[QStringLiteral("value")].toString();
            return all;
        }
        QJsonArray mentions() const
        {
            return body[QStringLiteral("allowed_mentions")][QStringLiteral("users")].toArray();
        }
    };

    explicit FakeChannels(FakeRest &rest)
    {
        rest.answers = [this](const FakeRest::Call &call) { return answer(call); };
    }

    QMap<QString, QString> channels{{QStringLiteral("100"), QStringLiteral("home")}}; // names, threads too
    QList<Message> messages;
    QStringList reactions, members; // "message emoji"; "thread user"
    QSet<QString> archived;
    bool down = false;
    QStringList wrong;
    std::function<void(const FakeRest::Call &)> onCall = [](const FakeRest::Call &) {};

    QList<Message> in(const QString &channel) const
    {
        QList<Message> found;
        for (const Message &message : messages) {
            if (message.channel == channel)
                found << message;
        }
        return found;
    }
    QString threadNamed(const QString &beginning) const
    {
        for (auto it = channels.cbegin(); it != channels.cend(); ++it) {
            if (it->startsWith(beginning))
                return it.key();
        }
        return {};
    }
    // As a person does.
    void removeChannel(const QString &id)
    {
        channels.remove(id);
        messages.removeIf([&id](const Message &message) { return message.channel == id; });
    }

private:
    static FakeRest::Answer json(const QJsonObject &object, int status = 200) { return {status, toJson(object)}; }
    static FakeRest::Answer refused(int status, int code)
    {
        return json({{QStringLiteral("code"), code}, {QStringLiteral("message"), QStringLiteral("no")}}, status);
    }

    void check(const QJsonObject &body)
    {
        const auto fits = [this](const QString &text, int most, const char *what) {
            if (text.toUcs4().size() > most)
                wrong << QStringLiteral("%1 is too long").arg(QLatin1StringView(what));
        };
        qsizetype all = 0;
        fits(body[QStringLiteral("content")].toString(), 2000, "content");
        fits(body[QStringLiteral("nonce")].toString(), 25, "nonce");
        for (const QJsonValue &embed : body[QStringLiteral("embeds")].toArray()) {
            const QString title = embed[QStringLiteral("title")].toString(),
                          text = embed[QStringLiteral("description")].toString();
            fits(title, 256, "title");
            fits(text, 4096, "description");
            all += title.toUcs4().size() + text.toUcs4().size();
            all += embed[QStringLiteral("footer")][QStringLiteral("text")].toString().toUcs4().size();
            const QJsonArray fields = embed[QStringLiteral("fields")].toArray();
            if (fields.size() > 25)
                wrong << QStringLiteral("too many fields");
            for (const QJsonValue &field : fields) {
                const QString name = field[QStringLiteral("name")].toString(),
                              value = field[QStringLiteral("value")].toString();
                fits(name, 256, "name");
                fits(value, 1024, "value");
                all += name.toUcs4().size() + value.toUcs4().size();
                if (name.isEmpty() || value.isEmpty())
                    wrong << QStringLiteral("an empty field");
            }
        }
        if (all > 6000)
            wrong << QStringLiteral("embeds are too long");
        if (!body[QStringLiteral("allowed_mentions")][QStringLiteral("parse")].isArray())
            wrong << QStringLiteral("anybody may be mentioned");
    }

    FakeRest::Answer answer(const FakeRest::Call &call)
    {
        onCall(call);
        if (down)
            return {503, "<html>down</html>"};
        const QStringList parts = call.path.section(u'?', 0, 0).split(u'/').mid(1);
        const QJsonObject body = QJsonDocument::fromJson(call.body).object();
        const bool hook = parts[0] == u"webhooks";
        const QString place = hook ? u"hook-"_s + parts[1] : parts[1];
        const qsizetype at = hook ? 3 : 2; // of what is below it
        if (!channels.contains(place))
            return hook ? refused(404, 10015) : refused(404, 10003);
        if (call.method == "PUT" && parts.value(2) == u"thread-members") {
            members << place + u' ' + parts[3];
            return {204, {}};
        }
        if (call.method == "PUT" && parts.value(4) == u"reactions") {
            reactions << parts[3] + u' ' + QString::fromUtf8(QByteArray::fromPercentEncoding(parts[5].toUtf8()));
            return {204, {}};
        }
        if (call.method == "PATCH" && parts.size() == 2) {
            archived.remove(place);
            return json({});
        }
        if (call.method == "POST" && parts.value(4) == u"threads") {
            if (channels.contains(parts[3]))
                return refused(400, 160004);
            channels[parts[3]] = body[u"name"_s].toString();
            return json({{u"id"_s, parts[3]}}, 201);
        }
        check(body);
        if (call.method == "PATCH") {
            const QString id = parts.value(at + 1);
            if (archived.contains(place))
                return refused(400, 50083);
            for (Message &message : messages) {
                if (message.id != id || message.channel != place)
                    continue;
                for (auto it = body.begin(); it != body.end(); ++it)
                    message.body[it.key()] = *it;
                ++message.edits;
                return json({{u"id"_s, id}});
            }
            return refused(404, 10008);
        }
        const QString nonce = body[u"nonce"_s].toString();
        for (const Message &message : messages) {
            if (!nonce.isEmpty() && message.channel == place && message.body[u"nonce"_s].toString() == nonce)
                return json(seen(message));
        }
        archived.remove(place);
        messages.append({QString::number(++m_last), place, body});
        return json(seen(messages.last()));
    }
    static QJsonObject seen(const Message &message)
    {
        QJsonObject shown = message.body;
        shown[u"id"_s] = message.id;
        return shown;
    }

    qint64 m_last = 1000;
};

} // namespace hub::discord
