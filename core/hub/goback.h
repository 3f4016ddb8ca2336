// What the commands share that go back: lists to choose from, previews, receipts. Hub thread.
#pragma once

#include "core/hub/handlers.h"

namespace hub
{

// The preview while nobody has agreed, else the deed.
QFuture<Result<commands::Reply>> goBack(Services &services, const Invocation &in, recovery::RollbackRequest request,
                                        const QString &question, const QString &done);
commands::Reply previewReply(const recovery::RollbackPreview &preview, const QString &title);

// Checkpoints, backup branches, commits and past rollbacks of the tasks that are meant, each with what going back to it
// would change. The files are looked at on the workers.
QFuture<Result<commands::Reply>> rollbackShow(Services &services, const Invocation &in);
// Only what the database knows, at once.
Result<commands::Reply> checkpointList(const Services &services, const Invocation &in);

} // namespace hub
