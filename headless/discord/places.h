// Which channel belongs to which project, which thread to which task, and which channel gets the rest. Kept as notes of
// the hub, so all of it survives a restart. I/O thread.
#pragma once

#include "core/commands/commandcall.h"
#include "core/hub/noteport.h"

#include <QHash>
#include <QObject>
#include <QSet>

namespace hub::discord
{

struct TaskThread {
    QString id;            // of the thread, and of the message in the channel that it hangs on
    QString statusMessage; // in it, edited as the task goes on; empty: not there yet
    QString channel{};     // where the message is
    bool made = false;     // the thread; before that there is only the message
    QString told{};        // the state of the task that the thread was last told of
    QString heard{};       // the newest message of a person in it that was acted upon
    friend bool operator==(const TaskThread &, const TaskThread &) = default;
};

// What the messages in a task's thread are to the hub, which does each once.
inline QString onceSourceOf(TaskId task) { return QStringLiteral("discord task ") + task.toString(); }

class Places : public QObject
{
    Q_OBJECT

public:
    // `home`: the channel of the settings; empty: the one of the first command.
    Places(NotePort &notes, QString home, QObject *parent = nullptr);

    // Before anything else is asked; the future ends on any thread.
    QFuture<Result<>> load();

    // What is meant by a command that was given there.
    commands::Place at(const QString &channel) const;
    // Where a project's tasks are told of: its own channel, else the home channel. Empty: nowhere yet.
    QString channelOf(const QString &project) const;
    QString home() const { return m_home; }
    std::optional<TaskThread> threadOf(TaskId task) const;

    // In force at once; on the disk when the hub has written it.
    void setThread(TaskId task, const TaskThread &thread);
    void forgetThread(TaskId task);
    void keepOnly(const QSet<TaskId> &tasks); // the threads of all others are forgotten
    // The hub bound a channel to a project; an empty one ends it.
    void channelLinked(const QString &project, const QString &channel);
    // A command came from there: it becomes the home channel when there is none.
    void cameFrom(const QString &channel);

Q_SIGNALS:
    // A channel may be known now that was not.
    void channelsChanged();

private:
    void keep(const QString &kind, const QString &key, const QJsonObject &value);

    NotePort &m_notes;
    QString m_home;
    QHash<TaskId, TaskThread> m_threads;
    QHash<QString, TaskId> m_tasks;     // by thread
    QHash<QString, QString> m_channels; // by project
};

} // namespace hub::discord
