// What the conversation view shows: one message of a task as the hub keeps it. A value.
#pragma once

#include "core/base/clock.h"

#include <QString>

namespace hub::gui
{

struct TalkMessage {
    qint64 seq = 0; // position within the task, from 1
    Instant at{};
    QString from; // who wrote it; empty: what the role says
    QString role; // person, agent, tool, hub
    QString kind; // prompt, say, output, question, approval, summary, decision, step, rollback, error, and others
    QString text;
    bool hidden = false; // a rollback took it out of the agent's memory; its undo brings it back
    bool cut = false;    // the hub has more of the text than this
};

} // namespace hub::gui
