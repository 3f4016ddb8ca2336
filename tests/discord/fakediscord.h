// A whole Discord for one bot: a server with channels, threads, members and messages, a gateway and a REST API that
// check every call against the rules, and people who type commands, press buttons and write. What the bot did wrong
// stands in violations(); what people would see stands in the messages and interactions.
#pragma once

#include "tests/discord/fakegateway.h"
#include "tests/discord/fakerest.h"

#include <map>

namespace hub::discord
{

class FakeDiscord : public QObject
{
    Q_OBJECT
public:
    struct File {
        QString name;
        QByteArray bytes;
    };
    struct User {
        QString id, name;
        QStringList roles;
        quint64 permissions = 0;
    };
    struct Channel {
        QString id, name, parent; // parent: of a thread
        QStringList members;      // of a thread
        bool archived = false;
        bool exists = true;
    };
    struct Message {
        QString id, channel, author;
        QJsonObject body;
        QList<File> files;
        QStringList reactions; // of the bot
        int edits = 0;
        QJsonObject read;     // of a person: what is read of it later
        QString webhook;      // posted through this one
        QString text() const; // all that can be read in it
    };
    // How an interaction was answered.
    struct Interaction {
        QString id, token, user, channel;
        int type = 0;
        qint64 created = 0;       // ms of the fake's clock
        qint64 acknowledged = -1; // ms after that
        qint64 answered = -1;     // the last edit, or the acknowledgement when that said it all
        int callback = 0;         // the type of the first answer
        bool hidden = false;
        QJsonObject form;       // of a callback of type 9
        QJsonArray suggestions; // of type 8
        QString message;        // the number of the answer: message()
        QStringList followUps;
        bool isAnswered() const { return answered >= 0; }
    };

    explicit FakeDiscord(QObject *parent = nullptr);

    // Begins with the application's number, as a real one.
    static QString token() { return QStringLiteral("OTAwMDAwMDAwMDAwMDAwMDAy.fake.for-tests"); }
    const QString guild = QStringLiteral("900000000000000001");
    const QString application = QStringLiteral("900000000000000002");
    const QString botUser = QStringLiteral("900000000000000003");
    QUrl base() const { return rest.base(); }

    FakeGateway gateway;
    FakeRest rest;

    QString addUser(const QString &name, const QStringList &roles = {}, quint64 permissions = 0);
    void dropUser(const QString &user) { m_users.erase(user); }
    QString addChannel(const QString &name);
    void removeChannel(const QString &channel) { m_channels[channel].exists = false; }
    QString addWebhook(const QString &channel); // its address
    void removeWebhook() { m_webhook.clear(); }

    // What people do; the answer is the interaction's number. Options by the table's names: the command has to be
    // registered, and they are sent with the types that it has there.
    QString command(const QString &user, const QString &channel, const QString &name, const QJsonObject &options = {});
    // A file that a command's option may name then.
    void attach(const File &file) { rest.attachments.insert(file.name, file.bytes); }
    // Whether that option completes, as registered.
    bool completes(const QString &command, const QString &option) const;
    QString complete(const QString &user, const QString &channel, const QString &name, const QString &option,
                     const QString &typed, const QJsonObject &options = {});
    // The button with that label, or the select with that placeholder, and what was chosen in it. Empty: it isn't
    // there.
    QString press(const QString &user, const QString &message, const QString &label, const QStringList &values = {});
    QString pressId(const QString &user, const QString &message, const QString &customId);
    QString submit(const QString &user, const QString &interactionWithForm, const QStringList &values);
    QString write(const QString &user, const QString &channel, const QString &text, const QList<File> &files = {});
    void dropReactions(const QString &message) { m_messages[message].reactions.clear(); }
    // What is done in there reaches the bot in one go, and counts from then on.
    void atOnce(const std::function<void()> &doings);
    void repeatEvent() { gateway.publish(m_lastEvent, m_lastData); }

    const Interaction &interaction(const QString &id) const { return m_interactions.at(id); }
    const std::map<QString, Interaction> &interactions() const { return m_interactions; }
    const Message &message(const QString &id) const { return m_messages.at(id); }
    bool has(const QString &message) const { return m_messages.contains(message); } // it was not deleted
    QList<Message> messagesIn(const QString &channel) const; // oldest first; not the answers that only one person sees
    // What the person reads as the answer.
    QString answer(const QString &interaction) const;
    QStringList labels(const QString &message) const; // of its buttons and selects
    QList<Channel> threads() const;
    QString mention() const { return QStringLiteral("<@%1>").arg(botUser); }
    // What the bot has in a channel, as exceptions there; `roles` of the server are those that people have.
    void setPermissions(const QString &channel, const QJsonArray &overwrites) { m_overwrites[channel] = overwrites; }
    quint64 everyonesPermissions = 309237763136; // what the bot asks for
    bool isInServer = true;
    int applicationFlags = 0;
    int registrations() const { return m_registrations; }

    QString violations() const;

private:
    struct Sent {
        QJsonObject body;
        QList<File> files;
    };

    FakeRest::Answer onCall(const FakeRest::Call &call);
    FakeRest::Answer onCallback(const QString &id, const QString &token, const Sent &sent);
    FakeRest::Answer onHook(const QStringList &path, const QByteArray &method, const Sent &sent);
    FakeRest::Answer onChannel(const QStringList &path, const QByteArray &method, const Sent &sent);
    FakeRest::Answer onGuild(const QStringList &path);
    FakeRest::Answer onRead(const QString &channel, const QString &query);
    QJsonObject serverJson() const;
    FakeRest::Answer onCommands(const QString &scope, const FakeRest::Call &call);
    FakeRest::Answer edit(const QString &message, const Sent &sent);
    FakeRest::Answer refuse(int status, int code, const QString &text);
    Sent sentBy(const FakeRest::Call &call);
    QString post(const QString &channel, const QString &author, const Sent &sent);
    QString publish(int type, const QString &user, const QString &channel, const QJsonObject &data,
                    const QString &message = {});
    QJsonObject memberJson(const QString &user) const;
    QJsonObject leafOf(const QString &name, QJsonObject *command = nullptr) const;
    QJsonObject attachmentJson(const QString &name, const QString &id) const;
    QJsonObject commandData(const QString &name, const QJsonObject &options, const QString &focused);
    QJsonObject messageJson(const Message &message) const;
    QString newId();
    void check(const QStringList &problems, const QString &where);
    static FakeRest::Answer good(const QJsonValue &value, int status = 200);

    std::map<QString, User> m_users;
    std::map<QString, Channel> m_channels;
    std::map<QString, Message> m_messages;
    std::map<QString, Interaction> m_interactions;
    QHash<QString, QString> m_byToken;     // interaction
    QHash<QString, QString> m_nonces;      // channel + nonce → message
    QHash<QString, QJsonArray> m_commands; // by scope
    QHash<QString, QJsonArray> m_overwrites;
    QString m_webhook, m_webhookChannel;
    QString m_lastEvent;
    QJsonObject m_lastData;
    QSet<QString> m_hidden; // messages
    QElapsedTimer m_clock;
    qint64 m_counter = 0;
    int m_registrations = 0;
    QStringList m_violations;
};

} // namespace hub::discord
