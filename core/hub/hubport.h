// What a front end may ask of a hub, in this process or in another one.
#pragma once

#include "core/base/result.h"
#include "core/commands/commandcall.h"
#include "core/commands/reply.h"

#include <QFuture>
#include <QJsonObject>
#include <QObject>

namespace hub
{

// A fact, told after it was committed. Names: task, message, checkpoint, approval, alert, safe-mode, agent, rollback,
// finish, project (its name, and the Discord channel that is bound to it).
// `data` always has "task_id" when it concerns one. "message" has what a row of task-log's data has: message_id, at
// (ISO, UTC), from, kind and text; "task" has what task-status' data has, "approval" a row of approvals' data; "alert" has its
// number as "id", and "state" once it was answered.
struct HubEvent {
    QString name;
    QJsonObject data;
};

// A call of a lifecycle method by an agent or on its behalf ("save_checkpoint"). `key` is chosen by the caller and
// unique in its run: the same key again gives the stored answer and does nothing a second time, so a caller may repeat
// after a lost connection.
struct ToolCall {
    QString method;
    QJsonObject arguments;
    QString key;
    commands::Caller caller; // caller.run says whose run it is
};

// What somebody is typing for an option of a command, in a front end that offers values.
struct SuggestCall {
    QString option;             // the table's name: "task_id"
    QString typed;              // so far; empty: nothing
    commands::CommandCall call; // what else is known: command, other options, caller, place
};

struct Suggestion {
    QString value; // what the option then gets
    QString label; // for people, at most 100 characters: "#12 fix login · running · 3 min ago"
    friend bool operator==(const Suggestion &, const Suggestion &) = default;
};

// What a front end reads to show it, beyond what commands answer: many rows at once, in few bytes. core/hub/queries.h
// has the names with their arguments and answers. Reads only, leaves no audit entry; agents are refused.
struct QueryCall {
    QString name;
    QJsonObject arguments;
    commands::Caller caller;
};

class HubPort : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

    // Callable from the thread that this object lives on; the futures end on any thread.
    virtual QFuture<Result<commands::Reply>> execute(const commands::CommandCall &call) = 0;
    virtual QFuture<Result<QJsonObject>> callTool(const ToolCall &call) = 0;
    // At most 25, the likeliest first; none where the caller may not call the command, or nothing fits.
    virtual QFuture<Result<QList<Suggestion>>> suggest(const SuggestCall &call) = 0;
    virtual QFuture<Result<QJsonObject>> query(const QueryCall &call) = 0;

Q_SIGNALS:
    void eventHappened(const hub::HubEvent &event);
};

} // namespace hub
