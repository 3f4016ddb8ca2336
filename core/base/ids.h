// The ids that all areas share. commands.md rule 3 says how people type them.
#pragma once

#include "core/base/strongid.h"

namespace hub
{

struct TaskTag {
    static constexpr QLatin1StringView prefix{""}, otherPrefix{"#"};
};
struct TurnTag {
    static constexpr QLatin1StringView prefix{"t"}, otherPrefix{""};
};
struct RunTag {
    static constexpr QLatin1StringView prefix{"r"}, otherPrefix{""};
};
struct MessageTag {
    static constexpr QLatin1StringView prefix{"m"}, otherPrefix{""};
};
struct OperationTag {
    static constexpr QLatin1StringView prefix{"op-"}, otherPrefix{""};
};
struct ApprovalTag {
    static constexpr QLatin1StringView prefix{"a"}, otherPrefix{""};
};
struct AlertTag {
    static constexpr QLatin1StringView prefix{"al-"}, otherPrefix{""};
};
struct AgentTag;
struct ProjectTag;

using TaskId = NumberId<TaskTag>;
using TurnId = NumberId<TurnTag>;
using RunId = NumberId<RunTag>;
using MessageId = NumberId<MessageTag>;
using OperationId = NumberId<OperationTag>;
using ApprovalId = NumberId<ApprovalTag>;
using AlertId = NumberId<AlertTag>;
using AgentName = NameId<AgentTag>;
using ProjectName = NameId<ProjectTag>;

// The n-th checkpoint of a task; numbers start at 1 and are never used again. Text form: "12/3".
struct CheckpointId {
    TaskId task;
    qint64 number;

    QString toString() const { return task.toString() + u'/' + QString::number(number); }

    static std::optional<CheckpointId> parse(QStringView text)
    {
        const qsizetype slash = text.indexOf(u'/');
        if (slash < 0)
            return std::nullopt;
        const auto task = TaskId::parse(text.first(slash));
        const auto number = TaskId::parse(text.mid(slash + 1));
        if (!task || !number)
            return std::nullopt;
        return CheckpointId{*task, number->value()};
    }
    friend auto operator<=>(const CheckpointId &, const CheckpointId &) = default;
    friend size_t qHash(const CheckpointId &id, size_t seed = 0) { return qHashMulti(seed, id.task, id.number); }
};

} // namespace hub
