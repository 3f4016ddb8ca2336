// What people write in a task's thread becomes `say`: what mentions the bot, or all of it by setting. One message of a
// thread at a time, in order, each once; threads do not wait for each other. What was written while no bot was there is
// read when the server comes into sight again. I/O thread.
#pragma once

#include "core/hub/hubport.h"
#include "headless/discord/access.h"
#include "headless/discord/filefetcher.h"
#include "headless/discord/guildadmins.h"
#include "headless/discord/places.h"
#include "headless/discord/restclient.h"

#include <deque>

namespace hub::discord
{

class Listener : public QObject
{
    Q_OBJECT

public:
    // `everything`: messages that mention nobody, too.
    Listener(HubPort &hub, RestClient &rest, Places &places, const Access &access, bool everything,
             QObject *parent = nullptr);

    void setUser(const QString &id) { m_user = id; } // the bot's own, from READY
    void onEvent(const QString &event, const QJsonObject &data);

private:
    struct Heard {
        TaskId task;
        QJsonObject message;
    };
    // Of one thread.
    struct Queue {
        std::deque<Heard> waiting;
        std::deque<Heard> missed;  // read afterwards
        bool isBusy = false;       // one is being acted upon
        bool isCatchingUp = false; // what comes meanwhile is later than what was missed, and waits
    };
    struct Missed { // where to read
        TaskId task;
        QString guild, thread;
    };

    void onMessage(const QJsonObject &message);
    void catchUp(const QString &guild, const QJsonArray &threads);
    void readAfter(const Missed &where, const QString &last, int page);
    void findMembers(TaskId task);
    void caughtUp(TaskId task);
    void next(TaskId task);
    void act(const Heard &heard);
    void say(const Heard &heard, const Member &member, commands::Role role, const QList<commands::Attachment> &files);
    void onSaid(const Heard &heard, const Result<commands::Reply> &reply);
    void refuse(const Heard &heard);
    void answer(const Heard &heard, const QString &text);
    void react(const Heard &heard, const QString &emoji);
    void done(const Heard &heard);
    void send(const QByteArray &method, const QString &path, const QJsonValue &body);
    bool isMeant(const QJsonObject &message) const;

    HubPort &m_hub;
    RestClient &m_rest;
    Places &m_places;
    const Access &m_access;
    const bool m_everything;
    QString m_user;
    GuildAdmins m_admins;
    FileFetcher m_files;
    QHash<TaskId, Queue> m_queues; // of tasks in whose thread something is to be done
};

// What is told to the agent: the text without the bot's mention, other people's mentions as their names. Pure.
QString saidIn(const QJsonObject &message, const QString &bot);

} // namespace hub::discord
