// The alert table of safety_monitor.db: a sink that keeps, and what the commands read. Hub thread.
#pragma once

#include "core/db/database.h"
#include "core/monitor/alertsink.h"

namespace hub::monitor
{

class AlertBook final : public AlertSink
{
public:
    explicit AlertBook(db::Database &monitorDatabase)
        : m_database(monitorDatabase)
    {
    }
    QString name() const override { return QStringLiteral("book"); }
    QFuture<Result<>> deliver(const Delivery &delivery) override;

    Result<QList<Alert>> list(bool openOnly, std::optional<AlertLevel> level,
                              std::optional<Instant> since) const; // newest first
    Result<Alert> get(AlertId id) const;
    // Answered ones that were raised before: how many there are, and removing them. What is open stays.
    Result<qint64> countOld(Instant before) const;
    Result<qint64> removeOld(Instant before);

private:
    Result<> write(const QString &topic, const QJsonObject &payload);

    db::Database &m_database;
};

} // namespace hub::monitor
