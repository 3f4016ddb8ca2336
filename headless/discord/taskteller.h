// Tells one task's thread how it goes: makes the thread, keeps its status message, posts what happened, one call at a
// time and each until Discord has it. What it has done is known to Places, so a later life goes on from there. I/O
// thread.
#pragma once

#include "core/base/person.h"
#include "headless/discord/places.h"
#include "headless/discord/plainbody.h"
#include "headless/discord/restclient.h"
#include "headless/discord/taskmessage.h"

#include <deque>

namespace hub::discord
{

struct TellerTimes {
    milliseconds editGap = 5s;       // between two edits of the status message
    milliseconds freshen = 60s;      // a task that works is shown again after this, for its time
    Backoff backoff{5s, 300s};       // after calls that failed
    milliseconds closedPause = 600s; // after Discord said that the bot may not
};

// What all of them use.
struct TellerParts {
    RestClient &rest;
    Places &places;
    Renderer render = plainMessage;
    TellerTimes times{};
};

class TaskTeller : public QObject
{
    Q_OBJECT

public:
    TaskTeller(const TellerParts &parts, const TaskFacts &task, QObject *parent = nullptr);

    const TaskFacts &task() const { return m_task; }
    void setTask(const TaskFacts &task); // the status message follows
    void setLastAction(const QString &text);

    struct Post {
        QString key;        // of its nonce; a second one of the same key while the first waits takes its place
        MessageBody body;   // rendered
        bool calls = false; // who assigned the task is mentioned
        std::function<QString()> edits{}; // the message that is edited, asked when its turn comes; empty: a new one
        std::function<void(const QString &message)> done{}; // it is there
    };
    // In order.
    void post(Post post);
    void drop(const QString &key); // when it still waits
    // A channel became known, or Discord is back.
    void wake();
    // Nothing is left to be told.
    bool isIdle() const { return !isBusy() && m_posts.empty() && !m_dirty; }

Q_SIGNALS:
    void idle();
    void threadLost(); // with all that was posted in it

private:
    using Answered = std::function<void(const QJsonObject &body)>;
    enum class Step { None, Open, Thread, Invite, Status, Post }; // the call that is under way

    void step();
    void open(const QString &channel);
    void makeThread(const TaskThread &thread);
    void invite(const TaskThread &thread);
    void postStatus(const TaskThread &thread);
    void editStatus(const TaskThread &thread);
    void sendFront(const TaskThread &thread);
    void call(Step step, const QByteArray &method, const QString &path, const QJsonValue &body, Answered good,
              const QList<RestFile> &files = {});
    void onFailed(Step step, const Result<RestAnswer> &answer);
    void onGone(Step step, const RestAnswer &answer);
    void unarchive();
    void pause(milliseconds time);
    bool isBusy() const { return m_step != Step::None; }
    size_t firstFree() const { return m_step == Step::Post ? 1 : 0; } // of m_posts, that is not under way
    QString user() const { return personNumber(m_task.owner); }
    MessageBody statusBody();

    const TellerParts m_parts;
    TaskFacts m_task;
    QString m_lastAction;
    std::deque<Post> m_posts;
    bool m_dirty = true; // the status message is not as it should be
    Step m_step = Step::None;
    bool m_stopped = false;  // Discord refused the token
    int m_generation = 0;    // of the thread: one that is made anew is another one to Discord
    bool m_invited = false;  // or there is nobody to invite
    bool m_reopened = false; // since the last success
    int m_failures = 0;
    QString m_closedHome; // a channel that is gone: the home channel is taken in its place
    Moment m_restUntil{}, m_lastEdit{};
    QTimer m_timer;
};

} // namespace hub::discord
