// What a person may need to know.
#pragma once

#include "core/base/clock.h"
#include "core/base/enumtext.h"
#include "core/base/ids.h"

#include <QJsonObject>

namespace hub
{

enum class AlertLevel { Info, Warning, Error, Critical };
inline constexpr EnumText<AlertLevel> alertLevelTexts[]{{AlertLevel::Info, QLatin1StringView("info")},
                                                        {AlertLevel::Warning, QLatin1StringView("warning")},
                                                        {AlertLevel::Error, QLatin1StringView("error")},
                                                        {AlertLevel::Critical, QLatin1StringView("critical")}};

enum class AlertType {
    AgentError,
    ResourceWarning,
    FileConflict,
    SystemOverload,
    ManualIntervention,
    RepeatedRefusals,
    CheckpointFailed,
    BranchMoved,
    Test
};
inline constexpr EnumText<AlertType> alertTypeTexts[]{
    {AlertType::AgentError, QLatin1StringView("agent_error")},
    {AlertType::ResourceWarning, QLatin1StringView("resource_warning")},
    {AlertType::FileConflict, QLatin1StringView("file_conflict")},
    {AlertType::SystemOverload, QLatin1StringView("system_overload")},
    {AlertType::ManualIntervention, QLatin1StringView("manual_intervention")},
    {AlertType::RepeatedRefusals, QLatin1StringView("repeated_refusals")},
    {AlertType::CheckpointFailed, QLatin1StringView("checkpoint_failed")},
    {AlertType::BranchMoved, QLatin1StringView("branch_moved")},
    {AlertType::Test, QLatin1StringView("test")}};

enum class AlertState { Open, Acknowledged, Snoozed, Resolved };
inline constexpr EnumText<AlertState> alertStateTexts[]{{AlertState::Open, QLatin1StringView("open")},
                                                        {AlertState::Acknowledged, QLatin1StringView("acknowledged")},
                                                        {AlertState::Snoozed, QLatin1StringView("snoozed")},
                                                        {AlertState::Resolved, QLatin1StringView("resolved")}};

// What happened. One cooldown counts per (type, subject).
struct AlertReport {
    AlertType type = AlertType::ManualIntervention;
    AlertLevel level = AlertLevel::Warning;
    QString subject; // "task 12", "agent claude", "disk /home"
    QString title;
    QString description;
    std::optional<TaskId> task;
    std::optional<AgentName> agent;
    QJsonObject data;
    bool standing = false; // holds until resolveSubject(): told once, however long that takes
};

struct Alert {
    AlertId id;
    AlertReport report;
    Instant at;
    AlertState state = AlertState::Open;
    qint64 heldBack = 0; // repetitions within the cooldown
    std::optional<Instant> snoozedUntil;
    std::optional<Instant> answeredAt;
    QString answeredBy;
    QString notes;
};

} // namespace hub
