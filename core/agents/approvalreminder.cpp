#include "core/agents/approvalreminder.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub::agents
{

namespace
{

constexpr std::chrono::minutes delays[]{std::chrono::minutes{10}, std::chrono::hours{1}};
constexpr std::chrono::seconds pause{30};

// All that a person has to know before a yes.
QString wholeQuestion(const Approval &approval)
{
    QStringList lines{approval.question};
    for (const auto &[member, label] : {std::pair{u"command"_s, u"Command: "_s},
                                        {u"folder"_s, u"Folder: "_s},
                                        {u"paths"_s, u"Files: "_s},
                                        {u"reason"_s, u"Why: "_s}}) {
        const QJsonValue value = approval.detail[member];
        const QString text = value.isArray() ? value.toVariant().toStringList().join(u", "_s) : value.toString();
        if (!text.isEmpty())
            lines << label + text;
    }
    return lines.join(u'\n');
}

QString subjectOf(ApprovalId id) { return u"approval "_s + id.toString(); }

} // namespace

int remindersDue(std::chrono::milliseconds waited)
{
    return int(std::ranges::count_if(delays, [waited](auto delay) { return waited >= delay; }));
}

ApprovalReminder::ApprovalReminder(state::Stores &stores, monitor::AlertCenter &alerts)
    : m_stores(stores)
    , m_alerts(alerts)
{
    m_clock.setTimerType(Qt::VeryCoarseTimer);
    connect(&m_clock, &QTimer::timeout, this, &ApprovalReminder::look);
}

void ApprovalReminder::begin() { m_clock.start(pause); }

void ApprovalReminder::look()
{
    m_stores.commits.submitOrLog(u"reminding of questions"_s, [this]() -> Result<> {
        HUB_TRY(const auto answered, m_stores.approvals.remindedAndClosed());
        for (const Approval &approval : answered)
            HUB_CHECK(settle(approval));
        HUB_TRY(const auto open, m_stores.approvals.list({}, ApprovalState::Open));
        for (const Approval &approval : open) {
            if (const int due = remindersDue(m_stores.clock.now() - approval.askedAt); due > approval.reminders)
                HUB_CHECK(remind(approval, due));
        }
        return {};
    });
}

// The alert before ends, so that this one is a new one, which rings again.
Result<> ApprovalReminder::remind(const Approval &approval, int due)
{
    HUB_TRY(const Run run, m_stores.runs.get(approval.run));
    const QString id = approval.id.toString(), subject = subjectOf(approval.id);
    const QString waited = durationText(m_stores.clock.now() - approval.askedAt);
    HUB_CHECK(m_alerts.resolveSubject(AlertType::ManualIntervention, subject, u"reminded again"_s));
    HUB_CHECK(m_alerts.raise(
        {.type = AlertType::ManualIntervention,
         .level = AlertLevel::Warning,
         .subject = subject,
         .title = u"Task #%1 has waited %2 for an answer to %3"_s.arg(approval.task.toString(), waited, id),
         .description =
             u"%1 asks: %2\nIt waits as long as it takes; nothing is allowed by waiting. agenthubctl approve "
             "%3 says yes, agenthubctl deny %3 says no."_s.arg(run.agent.toString(), wholeQuestion(approval), id),
         .task = approval.task,
         .agent = run.agent,
         .data = {{u"approval_id"_s, id}},
         .standing = true}));
    return m_stores.approvals.setReminders(approval.id, due);
}

Result<> ApprovalReminder::settle(const Approval &approval)
{
    const QString how = textOf(approvalStateTexts, approval.state);
    HUB_CHECK(
        m_alerts.resolveSubject(AlertType::ManualIntervention, subjectOf(approval.id), u"the question was "_s + how));
    return m_stores.approvals.setReminders(approval.id, 0);
}

} // namespace hub::agents
