// What the commands share that go back: lists to choose from, previews, receipts. Hub thread.
#pragma once

#include "core/hub/handlers.h"

namespace hub
{

// The preview while nobody has agreed, else the deed.
QFuture<Result<commands::Reply>> goBack(Services &services, const Invocation &in, recovery::RollbackRequest request,
                                        const QString &question, const QString &done);
// The same for a finish, or the undo of one, that is to be undone; `what` names it for people.
QFuture<Result<commands::Reply>> undoFinish(Services &services, const Invocation &in, const state::Operation &operation,
                                            const QString &what);
// At most so many paths that the reply stays readable; the title has their number.
commands::Table pathTable(const QString &title, const QStringList &paths);
commands::Reply previewReply(const recovery::RollbackPreview &preview, const QString &title);

// Checkpoints, backup branches, commits and past rollbacks of the tasks that are meant, each with what going back to it
// would change. The files are looked at on the workers.
QFuture<Result<commands::Reply>> rollbackShow(Services &services, const Invocation &in);
// Only what the database knows, at once.
Result<commands::Reply> checkpointList(const Services &services, const Invocation &in);

} // namespace hub
