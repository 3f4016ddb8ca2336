// A thread for every task: who has one, what is told there and to whom. The tasks are the hub's; each has a TaskTeller
// for as long as there is something to tell. I/O thread.
#pragma once

#include "core/hub/hubport.h"
#include "headless/discord/taskteller.h"

namespace hub::discord
{

class Threads : public QObject
{
    Q_OBJECT

public:
    Threads(HubPort &hub, NotePort &notes, const TellerParts &parts, QObject *parent = nullptr);

    // Once Places is loaded: the open tasks get their threads, and what happened while no bot ran is told. Tasks that
    // had ended before they had a thread get none. What is kept of tasks that are gone, or ended more than a month ago,
    // is given up, then and each day.
    void begin();
    // Discord is back, or a channel is known: what waits goes on at once.
    void wake();
    // The number of who assigned the task, when that was on Discord; empty when it is not known.
    QString ownerOf(TaskId task) const { return m_owners.value(task); }

Q_SIGNALS:
    void lookedAtTasks(const QSet<TaskId> &open);

private:
    using Then = std::function<void(const commands::Reply &)>;

    void ask(const QString &command, const QJsonObject &options, Then then);
    void onEvent(const HubEvent &event);
    void onTask(const TaskFacts &task);
    void onMessage(const QJsonObject &message);
    void onApproval(const QJsonObject &approval);
    void onReceipt(const QString &kind, const QJsonObject &receipt);
    TaskTeller &tellerOf(const TaskFacts &task);
    void aboutTask(TaskId task, std::function<void(const TaskFacts &)> then);
    void tellMilestone(const TaskFacts &task);
    void setTold(TaskId task, TaskState state);
    void tellApproval(const QJsonObject &approval, const TaskFacts &task);
    void takeUpApprovals();
    void askAgain(TaskId task);
    void forgetOld(const commands::Reply &tasks);

    HubPort &m_hub;
    NotePort &m_notes;
    const TellerParts m_parts;
    bool m_begun = false;
    QHash<TaskId, TaskTeller *> m_tellers;
    QHash<TaskId, TaskState> m_states; // as last heard of
    QHash<TaskId, QString> m_owners;
    struct Question {
        TaskId task = TaskId::of(0);
        QString message; // empty: not there yet
    };
    QHash<QString, Question> m_questions; // that were told of and not answered, by approval
    QTimer m_daily;
};

} // namespace hub::discord
