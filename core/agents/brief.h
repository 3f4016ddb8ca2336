// What a new session of an agent is told about a task that others, or an earlier process of it, worked on. Pure.
#pragma once

#include "core/state/task.h"

namespace hub::agents
{

struct BriefFacts {
    Task task;
    QList<Message> conversation; // visible, oldest first; its end is used
    std::optional<Checkpoint> last;
    QString next; // a person's message that this turn is about; empty: simply go on
};

QString resumeBrief(const BriefFacts &facts);

} // namespace hub::agents
