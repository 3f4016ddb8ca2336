// Raises alerts and answers them. What has to be told goes into the outbox in the same commit as its cause, and from
// there to each sink, in order, until the sink has it. Hub thread.
#pragma once

#include "core/db/commitgroup.h"
#include "core/monitor/alert.h"

namespace hub::monitor
{

// Where alerts go. deliver() must be idempotent by alert number: after a crash the last one may come again.
class AlertSink
{
public:
    virtual ~AlertSink() = default;
    virtual QString name() const = 0;
    virtual Result<> deliver(const QString &topic, const QJsonObject &payload) = 0;
};

// The alert table of safety_monitor.db: a sink that keeps, and what the commands read.
class AlertBook final : public AlertSink
{
public:
    explicit AlertBook(db::Database &monitorDatabase)
        : m_database(monitorDatabase)
    {
    }
    QString name() const override { return QStringLiteral("book"); }
    Result<> deliver(const QString &topic, const QJsonObject &payload) override;

    Result<QList<Alert>> list(bool openOnly, std::optional<AlertLevel> level,
                              std::optional<Instant> since) const; // newest first
    Result<Alert> get(AlertId id) const;
    // Answered ones that were raised before: how many there are, and removing them. What is open stays.
    Result<qint64> countOld(Instant before) const;
    Result<qint64> removeOld(Instant before);

private:
    db::Database &m_database;
};

class LogSink final : public AlertSink
{
public:
    QString name() const override { return QStringLiteral("log"); }
    Result<> deliver(const QString &topic, const QJsonObject &payload) override;
};

class AlertCenter : public QObject
{
    Q_OBJECT

public:
    // `cooldown` is asked anew for each alert, so a changed setting counts at once.
    AlertCenter(db::CommitGroup &commits, AlertBook &book, const Clock &clock,
                std::function<std::chrono::seconds()> cooldown);

    void addSink(std::unique_ptr<AlertSink> sink);

    // Inside CommitGroup work. Within the cooldown of its (type, subject) it is counted, not told; the answer is the
    // alert it was counted under.
    Result<AlertId> raise(const AlertReport &report);
    // Inside CommitGroup work. `action` is resolve, acknowledge or snooze (until `until`).
    Result<> answer(AlertId id, const QString &action, std::optional<Instant> until, const QString &who,
                    const QString &notes);
    // Inside CommitGroup work: the condition behind it ended.
    Result<> resolveSubject(AlertType type, const QString &subject, const QString &notes);

    const AlertBook &book() const { return m_book; }

    // Delivers what waits. Called after commits and on a timer while something waits.
    void deliver();

Q_SIGNALS:
    void alertRaised(const hub::AlertId &id, const QJsonObject &payload);

private:
    Result<> post(const QString &topic, const QJsonObject &payload);
    Result<bool> deliverOne(AlertSink &sink);

    db::CommitGroup &m_commits;
    AlertBook &m_book;
    const Clock &m_clock;
    std::function<std::chrono::seconds()> m_cooldown;
    std::vector<std::unique_ptr<AlertSink>> m_sinks;
    bool m_delivering = false;
};

} // namespace hub::monitor
