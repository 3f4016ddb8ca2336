// What a front end reads to show many rows at once, beyond what commands answer. Each is a row of one table: its name
// and what reads it. Asked on the hub thread, read on a worker from read-only connections.
//
// tasks {}                                        → {tasks: […]} newest first
// messages {task_id, first, last}                 → {messages: […]} oldest first, at most 1,000
// find-message {task_id, text, from, backwards?}  → {message_id} or {}
// time-line {from, to, task_id?}                  → {lanes: [{task_id, marks: […]}]} by task; task_id 0: of no task
// chart {from, to}                                → {chart}: core/chart's JSON of the machine in that time
//
// Times are ISO with a zone. What is wrong in arguments is InvalidInput.
#pragma once

#include "core/hub/services.h"

namespace hub
{

QFuture<Result<QJsonObject>> answerQuery(Services &services, const QueryCall &call);

} // namespace hub
