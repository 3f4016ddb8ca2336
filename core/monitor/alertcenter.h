// Raises alerts and answers them. What has to be told goes into the outbox in the same commit as its cause, and from
// there to each sink, in order, until the sink has it. Hub thread.
#pragma once

#include "core/db/commitgroup.h"
#include "core/monitor/alertbook.h"

#include <QTimer>

namespace hub::monitor
{

class AlertCenter : public QObject
{
    Q_OBJECT

public:
    // `cooldown` is asked anew for each alert, so a changed setting counts at once.
    AlertCenter(db::CommitGroup &commits, AlertBook &book, const Clock &clock,
                std::function<std::chrono::seconds()> cooldown);

    void addSink(std::shared_ptr<AlertSink> sink);

    // Inside CommitGroup work. Within the cooldown of its (type, subject) it is counted, not told, and the answer is
    // the alert it was counted under; but what has got worse is told at once, and the earlier alert ends with it.
    Result<AlertId> raise(const AlertReport &report);
    // Inside CommitGroup work. `action` is resolve, acknowledge or snooze (until `until`).
    Result<> answer(AlertId id, const QString &action, std::optional<Instant> until, const QString &who,
                    const QString &notes);
    // Inside CommitGroup work: the condition behind it ended.
    Result<> resolveSubject(AlertType type, const QString &subject, const QString &notes);

    const AlertBook &book() const { return m_book; }

    // Delivers what waits. Called after commits; what a sink does not take is tried again, less and less often.
    void deliver();

    // How a test alert got to each sink that is on: once each has it or does not take it, or when the time is over.
    struct Told {
        QString sink;
        QString problem; // empty: it has it
        bool pending = false;
    };
    QFuture<Result<QList<Told>>> howTold(AlertId id, std::chrono::milliseconds within);

Q_SIGNALS:
    void alertRaised(const hub::AlertId &id, const QJsonObject &payload);
    // By a person, or by the hub, for which it is over.
    void alertAnswered(const QJsonObject &payload);

private:
    struct Channel {
        AlertSink *sink;
        bool busy = false;
        int failures = 0; // since it last took something
        QString problem;  // the last one
        std::unique_ptr<QTimer> again;
    };
    Result<> post(const QString &topic, AlertType type, AlertLevel level, const QJsonObject &payload);
    QJsonObject endOf(AlertId id, const QString &notes) const;
    void deliverTo(Channel &channel);
    Result<QList<Delivery>> nextOf(const Channel &channel) const;
    QFuture<Result<qint64>> handTo(AlertSink &sink, const QList<Delivery> &deliveries);
    bool finish(Channel &channel, const QList<Delivery> &deliveries, const Result<qint64> &taken);
    void tellWhetherItTakes(const Channel &channel, bool takes);
    void tellThatItIsOver(const Channel &channel);
    Result<QList<Told>> toldOf(AlertId id) const;
    void answerWaiting();

    db::CommitGroup &m_commits;
    AlertBook &m_book;
    const Clock &m_clock;
    std::function<std::chrono::seconds()> m_cooldown;
    std::vector<std::shared_ptr<AlertSink>> m_sinks;
    std::vector<std::unique_ptr<Channel>> m_channels; // the book's first
    struct Waiting {
        AlertId alert;
        std::shared_ptr<QPromise<Result<QList<Told>>>> promise;
    };
    std::vector<std::shared_ptr<Waiting>> m_waiting;
};

} // namespace hub::monitor
