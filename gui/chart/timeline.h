// What a time line shows, as values. Pure; any thread.
#pragma once

#include "core/base/clock.h"

#include <QList>
#include <QMetaType>

#include <optional>

namespace hub::gui
{

struct TimelineMark {
    enum class Kind { Checkpoint, Turn, Approval, Alert, Pause, Operation };
    Kind kind = Kind::Checkpoint;
    QString id;   // "12/3", "a7", "al-5", "op-81"
    QString type; // of a checkpoint: auto, manual, milestone, error, rollback; of an alert its level; of an operation
                  // its kind
    QString text; // for people: in tool tips, and read aloud
    Instant from{};
    std::optional<Instant> to; // of a turn, a pause, a question; nothing: it still goes on

    bool takesTime() const { return kind == Kind::Turn || kind == Kind::Pause || kind == Kind::Approval; }
    friend bool operator==(const TimelineMark &, const TimelineMark &) = default;
};

// The order in which lanes are drawn; marks that have it already cost less.
inline bool isEarlier(const TimelineMark &a, const TimelineMark &b) { return a.from < b.from; }

struct TimelineLane {
    QString title;
    QString id; // of the task
    QList<TimelineMark> marks;
    friend bool operator==(const TimelineLane &, const TimelineLane &) = default;
};

// One that a person selected.
struct TimelineChoice {
    TimelineMark mark;
    QString laneId;
    friend bool operator==(const TimelineChoice &, const TimelineChoice &) = default;
};

} // namespace hub::gui

Q_DECLARE_METATYPE(hub::gui::TimelineMark)
