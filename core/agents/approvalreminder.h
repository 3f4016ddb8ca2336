// Tells again, as alerts, that an agent waits for an answer: 10 minutes and an hour after it asked. An answer is never
// given by waiting. What was told is kept in the database together with the alert, so a restart neither repeats nor
// forgets it. Hub thread.
#pragma once

#include "core/monitor/alertcenter.h"
#include "core/state/stores.h"

namespace hub::agents
{

// How many reminders are due once a question has waited for so long.
int remindersDue(std::chrono::milliseconds waited);

class ApprovalReminder final : public QObject
{
    Q_OBJECT

public:
    ApprovalReminder(state::Stores &stores, monitor::AlertCenter &alerts);

    // From now on it looks by itself.
    void begin();
    // At once: reminds of what is due and ends the alerts of what is not open any more. Of what became due while no hub
    // ran it reminds once.
    void look();

private:
    Result<> remind(const Approval &approval, int due); // inside work
    Result<> settle(const Approval &approval);          // inside work

    state::Stores &m_stores;
    monitor::AlertCenter &m_alerts;
    QTimer m_clock;
};

} // namespace hub::agents
