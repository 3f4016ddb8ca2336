// The values of one life of an agent process, and of what travels between it and the hub.
#pragma once

#include "core/base/clock.h"
#include "core/base/enumtext.h"
#include "core/base/ids.h"

#include <QJsonObject>

namespace hub
{

enum class RunState { Starting, Running, Ended, Interrupted };
inline constexpr EnumText<RunState> runStateTexts[]{{RunState::Starting, QLatin1StringView("starting")},
                                                    {RunState::Running, QLatin1StringView("running")},
                                                    {RunState::Ended, QLatin1StringView("ended")},
                                                    {RunState::Interrupted, QLatin1StringView("interrupted")}};

// How far a run's spool was ingested: the oldest frame that is still needed, the number of the last frame that was
// read, and the bytes of each stream whose messages are stored.
struct IngestPosition {
    qint64 segment = 0;
    qint64 offset = 0;
    qint64 sequence = 0;
    qint64 outDone = 0;
    qint64 errDone = 0;
    friend bool operator==(const IngestPosition &, const IngestPosition &) = default;
};

struct ProcessRef {
    qint64 pid = 0;
    qint64 startTicks = 0;
};

struct Run {
    RunId id;
    TaskId task;
    AgentName agent;
    QString adapter;
    QString folder; // spec, spool, socket and lock of its shim
    RunState state = RunState::Starting;
    Instant startedAt;
    std::optional<Instant> endedAt;
    QString endReason;
    bool ending = false; // the hub asked it to end
    ProcessRef shim, agentProcess;
    QString boot;
    QString freezeMethod; // cgroup2, cgroup1, walk
    QString group;        // folder of its control group; may be empty
    IngestPosition position;
};

struct RunInput {
    qint64 number;
    std::optional<QByteArray> bytes; // none: end of input
};

// A request of an agent, as stored. `answer` is {"result":…} or {"error":…} once it has one.
struct ToolRequest {
    qint64 id;
    RunId run;
    QString key;
    QString channel; // stdio, socket
    QString method;
    QJsonObject arguments;
    std::optional<QJsonObject> answer;
};

enum class ApprovalState { Open, Allowed, Denied, Withdrawn };
inline constexpr EnumText<ApprovalState> approvalStateTexts[]{
    {ApprovalState::Open, QLatin1StringView("open")},
    {ApprovalState::Allowed, QLatin1StringView("allowed")},
    {ApprovalState::Denied, QLatin1StringView("denied")},
    {ApprovalState::Withdrawn, QLatin1StringView("withdrawn")}};

struct Approval {
    ApprovalId id;
    TaskId task;
    RunId run;
    std::optional<qint64> request; // the tool request that waits for the answer
    QString kind;
    QString question;
    QJsonObject detail;
    ApprovalState state = ApprovalState::Open;
    QString scope;
    Instant askedAt;
    std::optional<Instant> answeredAt;
    QString answeredBy;
    QString reason;
    int reminders = 0; // of those that are due, see agents/approvalreminder.h
};

} // namespace hub
