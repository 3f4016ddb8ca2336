// Alerts for Discord: DiscordAlerts is the hub's end, a sink with its own part of the outbox; AlertPoster posts them,
// to a channel or through a webhook. An alert is out of the outbox once Discord has it, so hours without Discord lose
// none, and they come in order with the times at which they were raised.
#pragma once

#include "core/base/clock.h"
#include "core/hub/noteport.h"
#include "core/monitor/alertsink.h"
#include "core/settings/settings.h"
#include "headless/discord/plainbody.h"
#include "headless/discord/restclient.h"

#include <atomic>
#include <mutex>

namespace hub::discord
{

class AlertPoster;

// Made before the hub. Hub thread, but for what AlertPoster calls.
class DiscordAlerts final : public monitor::AlertSink
{
public:
    // `name`: of the sink: "discord", "discord webhook".
    DiscordAlerts(QString name, const Settings &settings);

    QString name() const override { return m_name; }
    bool isOn() const override { return !m_gone; }
    bool takes(const QString &topic, AlertType type, AlertLevel level) const override;
    QFuture<Result<>> deliver(const monitor::Delivery &delivery) override;
    int atOnce() const override { return 100; }
    QFuture<Result<qint64>> deliverAll(const QList<monitor::Delivery> &deliveries) override;

private:
    friend class AlertPoster;
    void setPoster(AlertPoster *poster);

    const QString m_name;
    const AlertLevel m_least;
    std::atomic<bool> m_gone = false;
    std::mutex m_mutex;
    AlertPoster *m_poster = nullptr;
};

struct AlertTarget {
    // "/channels/12", or a webhook's "/webhooks/12/token"; empty: not known yet.
    std::function<QString()> place;
    bool webhook = false;
};

struct AlertOptions {
    Renderer render = plainMessage;
    AlertLevel mentionLevel = AlertLevel::Critical;
    std::function<QStringList(const QJsonObject &alert)> concerned = [](const QJsonObject &) { return QStringList(); };
    milliseconds recount = 30s; // how often an alert that comes again is edited at most
};

// I/O thread.
class AlertPoster : public QObject
{
    Q_OBJECT

public:
    AlertPoster(std::shared_ptr<DiscordAlerts> alerts, RestClient &rest, NotePort &notes, AlertTarget target,
                AlertOptions options, QObject *parent = nullptr);
    ~AlertPoster() override;

    // Takes as many from the front as go into one message. Refused: Discord will never take the first one, or the
    // webhook is gone.
    QFuture<Result<qint64>> take(const QList<monitor::Delivery> &deliveries);

private:
    using Promise = std::shared_ptr<QPromise<Result<qint64>>>;
    using Deliveries = QList<monitor::Delivery>;
    struct Known {
        QString message;
        QJsonObject alert, answer;
        qint64 heldBack = 0;
    };

    void takeNow(const Deliveries &deliveries, const Promise &promise);
    void raise(const Deliveries &raised, const Promise &promise);
    void answer(const monitor::Delivery &answered, const Promise &promise);
    void post(MessageBody body, const Deliveries &deliveries, const Promise &promise,
              std::function<void(const QJsonObject &message, qint64 last)> done = {});
    void edit(qint64 alert, std::function<void(const Result<RestAnswer> &)> then);
    void recount();
    QJsonObject timed(QJsonObject body, const QJsonObject &payload) const;
    QStringList mentioned(const Deliveries &raised) const;
    Error failure(const Result<RestAnswer> &answer);
    void keep(qint64 alert, const Known &known);
    void forget(qint64 alert);
    QString noteKind() const;

    std::shared_ptr<DiscordAlerts> m_alerts;
    RestClient &m_rest;
    NotePort &m_notes;
    const AlertTarget m_target;
    const AlertOptions m_options;
    bool m_loaded = false;
    std::function<void()> m_first; // came before it was
    QMap<qint64, Known> m_known;   // posted, and not resolved
    QSet<qint64> m_recounted;
    QTimer m_timer;
};

// "/webhooks/NUMBER/TOKEN" of a webhook's address; the error does not repeat it.
Result<QString> webhookPath(const QString &address);

} // namespace hub::discord
