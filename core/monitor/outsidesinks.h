// Alerts for programs and services of the person's: a command of theirs, and an address on the web. They get alerts
// from a level on (alerts/level), their ends, and test alerts. Hub thread.
#pragma once

#include "core/base/datafolder.h"
#include "core/base/workers.h"
#include "core/monitor/alertsink.h"
#include "core/settings/settings.h"

#include <QObject>

class QNetworkAccessManager;
class QProcess;

namespace hub::monitor
{

// What both get, as JSON: {"delivery": 7, "topic": "raised", "alert": {…}}. A delivery that comes twice, after a crash,
// has the same number.
QByteArray outsideText(const Delivery &delivery);

class OutsideSink : public AlertSink
{
public:
    explicit OutsideSink(const Settings &settings)
        : m_settings(settings)
    {
    }
    bool takes(const QString &topic, AlertType type, AlertLevel level) const override;

protected:
    const Settings &m_settings;
};

// Runs alerts/command, without a shell: the text on its standard input, its main parts in AGENTHUB_ALERT_… of its
// environment, which has nothing else of the hub's but the usual variables. Exit code 0 means that it has it; after
// 30 s it is ended.
class CommandSink final : public OutsideSink
{
public:
    using OutsideSink::OutsideSink;
    ~CommandSink() override;
    QString name() const override { return QStringLiteral("command"); }
    bool isOn() const override;
    QFuture<Result<>> deliver(const Delivery &delivery) override;

private:
    std::unique_ptr<QProcess> m_process; // that runs
};

// Posts the text to the address in the first line of alerts/webhook_file, with the header lines that follow it
// ("Authorization: Bearer …"). A status of 2xx means that it has it. The file is read each time, on a worker.
class WebhookSink final : public QObject, public OutsideSink
{
    Q_OBJECT

public:
    WebhookSink(const Settings &settings, Workers &workers, const DataFolder &data);
    ~WebhookSink() override;
    QString name() const override { return QStringLiteral("webhook"); }
    bool isOn() const override;
    QFuture<Result<>> deliver(const Delivery &delivery) override;

private:
    struct Target {
        QByteArray address;
        QList<std::pair<QByteArray, QByteArray>> headers;
    };
    static Result<Target> targetFrom(const QByteArray &path);
    void send(const Target &target, const Delivery &delivery, const std::shared_ptr<QPromise<Result<>>> &promise);

    Workers &m_workers;
    const DataFolder &m_data;
    std::unique_ptr<QNetworkAccessManager> m_network; // made for the first one
};

} // namespace hub::monitor
