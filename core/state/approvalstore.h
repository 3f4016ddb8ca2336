// Questions that agents wait on. They stay open until a person answers or the asking run ends; never a silent yes.
// Hub thread, inside CommitGroup work.
#pragma once

#include "core/db/database.h"
#include "core/state/run.h"

namespace hub::state
{

class ApprovalStore
{
public:
    ApprovalStore(db::Database &database, const Clock &clock)
        : m_database(database)
        , m_clock(clock)
    {
    }

    Result<Approval> ask(TaskId task, RunId run, qint64 request, const QString &kind, const QString &question,
                         const QJsonObject &detail);
    Result<Approval> get(ApprovalId id) const;
    Result<QList<Approval>> list(std::optional<TaskId> task, std::optional<ApprovalState> state) const; // oldest first
    // Conflict when it was answered before: two people pressing at once, one wins.
    Result<Approval> answer(ApprovalId id, bool yes, const QString &scope, const QString &who, const QString &reason);
    Result<> withdraw(ApprovalId id, const QString &reason);
    Result<QList<Approval>> remindedAndClosed() const; // whose reminders are not over yet
    Result<> setReminders(ApprovalId id, int number);
    // True when a person allowed this kind for the rest of the task.
    Result<bool> isAllowedForTask(TaskId task, const QString &kind) const;

private:
    db::Database &m_database;
    const Clock &m_clock;
};

} // namespace hub::state
