// Where alerts go. One call at a time, in order, and again until it is taken: so what a sink gets may come twice
// after a crash, with the same number. Hub thread.
#pragma once

#include "core/base/async.h"
#include "core/monitor/alert.h"

namespace hub::monitor
{

// topic "raised": all of the alert. "repeated": {id, held_back}. "answered": {id, state, at, who, notes, until}.
struct Delivery {
    qint64 number = 0; // grows; never used for another one
    QString topic;
    QJsonObject payload;
};

class AlertSink
{
public:
    virtual ~AlertSink() = default;
    virtual QString name() const = 0;
    // Whether it is set up at all; what waits for one that isn't is dropped.
    virtual bool isOn() const { return true; }
    // Asked when something is to be told.
    virtual bool takes(const QString &topic, AlertType type, AlertLevel level) const
    {
        Q_UNUSED(topic)
        Q_UNUSED(type)
        Q_UNUSED(level)
        return true;
    }
    // Refused: it will never take this one. All other errors: it may take it later. When it is not on any more after
    // that, it is over for good, which a person is told.
    virtual QFuture<Result<>> deliver(const Delivery &delivery) = 0;

    // Of what waits, how many it may be given at once; then deliverAll() is called instead. After a failure it is given
    // a single one.
    virtual int atOnce() const { return 1; }
    // The number of the last one that it took; those before it count as taken too.
    virtual QFuture<Result<qint64>> deliverAll(const QList<Delivery> &deliveries)
    {
        Q_UNUSED(deliveries)
        return readyFuture<qint64>(fail(ErrorCode::Unsupported, QStringLiteral("It takes one at a time.")));
    }
};

class LogSink final : public AlertSink
{
public:
    QString name() const override { return QStringLiteral("log"); }
    QFuture<Result<>> deliver(const Delivery &delivery) override;
};

} // namespace hub::monitor
