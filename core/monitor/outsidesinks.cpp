#include "core/monitor/outsidesinks.h"

#include "core/base/json.h"
#include "core/base/secretfile.h"
#include "core/base/shellwords.h"

#include <QDir>
#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QProcess>
#include <QTimer>
#include <QUrl>

#include <csignal>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::monitor
{

namespace
{

constexpr std::chrono::seconds commandLimit{30}, webLimit{15};
constexpr qsizetype longestVariable = 4000, lastWords = 300;
constexpr qint64 longestAnswer = 65536; // of a server; what it says beyond the status is not read

const QStringList passedOn{
    u"PATH"_s, u"HOME"_s,   u"USER"_s,           u"LOGNAME"_s,         u"SHELL"_s,
    u"LANG"_s, u"LC_ALL"_s, u"DISPLAY"_s,        u"WAYLAND_DISPLAY"_s, u"DBUS_SESSION_BUS_ADDRESS"_s,
    u"TZ"_s,   u"TMPDIR"_s, u"XDG_RUNTIME_DIR"_s};

QProcessEnvironment environmentOf(const Delivery &delivery)
{
    const auto own = QProcessEnvironment::systemEnvironment();
    QProcessEnvironment environment;
    for (const QString &name : passedOn) {
        if (own.contains(name))
            environment.insert(name, own.value(name));
    }
    environment.insert(u"AGENTHUB_ALERT_DELIVERY"_s, QString::number(delivery.number));
    environment.insert(u"AGENTHUB_ALERT_TOPIC"_s, delivery.topic);
    for (const auto &key : {"id"_L1, "level"_L1, "type"_L1, "title"_L1, "description"_L1, "subject"_L1, "task_id"_L1,
                            "agent"_L1, "state"_L1, "notes"_L1}) {
        const QJsonValue value = delivery.payload.value(key);
        if (!value.isUndefined()) // all of it is on standard input
            environment.insert(u"AGENTHUB_ALERT_"_s + QString(key).toUpper(),
                               value.toVariant().toString().left(longestVariable));
    }
    return environment;
}

// The server will never take this text, whatever else is set right.
bool isFinal(int status) { return status == 400 || status == 413 || status == 415 || status == 422; }

// With all that it started.
void endGroup(QProcess &process)
{
    if (process.processId() > 0)
        ::kill(-pid_t(process.processId()), SIGKILL);
}

} // namespace

QByteArray outsideText(const Delivery &delivery)
{
    return toJson(
        QJsonObject{{u"delivery"_s, delivery.number}, {u"topic"_s, delivery.topic}, {u"alert"_s, delivery.payload}});
}

bool OutsideSink::takes(const QString &topic, AlertType type, AlertLevel level) const
{
    if (topic == u"repeated")
        return false;
    const auto least = enumFromText(alertLevelTexts, m_settings.text(setting::alertsLevel), u"level");
    return type == AlertType::Test || level >= least.valueOr(AlertLevel::Warning);
}

bool CommandSink::isOn() const { return !m_settings.text(setting::alertsCommand).isEmpty(); }

CommandSink::~CommandSink()
{
    if (m_process)
        endGroup(*m_process);
}

QFuture<Result<>> CommandSink::deliver(const Delivery &delivery)
{
    auto words = splitWords(m_settings.text(setting::alertsCommand));
    if (!words || words->isEmpty())
        return readyFuture(words ? Result<>(fail(ErrorCode::InvalidInput, u"alerts/command has no word."_s))
                                 : Result<>(words.error()));
    m_process = std::make_unique<QProcess>();
    m_process->setProcessEnvironment(environmentOf(delivery));
    m_process->setStandardOutputFile(QProcess::nullDevice());
    m_process->setChildProcessModifier([] { ::setsid(); });
    auto promise = std::make_shared<QPromise<Result<>>>();
    promise->start();
    const QString program = words->takeFirst();
    const auto end = [this, promise](Result<> result) {
        m_process.release()->deleteLater();
        promise->addResult(std::move(result));
        promise->finish();
    };
    QProcess *process = m_process.get();
    auto said = std::make_shared<QByteArray>();
    QObject::connect(process, &QProcess::readyReadStandardError, process,
                     [process, said] { *said = (*said + process->readAllStandardError()).right(lastWords); });
    auto *limit = new QTimer(process);
    QObject::connect(limit, &QTimer::timeout, process, [process] {
        process->setProperty("late", true);
        endGroup(*process);
    });
    QObject::connect(process, &QProcess::errorOccurred, process, [program, process, end](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            end(fail(ErrorCode::Process, u"%1 can't be started: %2"_s.arg(program, process->errorString())));
    });
    QObject::connect(
        process, &QProcess::finished, process, [program, process, said, end](int code, QProcess::ExitStatus how) {
            const QByteArray last = (*said + process->readAllStandardError()).right(lastWords);
            const QString text = QString::fromUtf8(last).trimmed();
            if (process->property("late").toBool())
                return end(fail(ErrorCode::Timeout, u"%1 did not end within %2 s and was ended."_s.arg(
                                                        program, QString::number(commandLimit.count()))));
            if (how == QProcess::NormalExit && code == 0)
                return end({});
            end(fail(ErrorCode::Process,
                     u"%1 ended with %2%3"_s.arg(
                         program, how == QProcess::NormalExit ? u"exit code %1"_s.arg(code) : u"a signal"_s,
                         text.isEmpty() ? u"."_s : u": "_s + text)));
        });
    limit->start(commandLimit);
    process->start(program, *words);
    process->write(outsideText(delivery) + '\n');
    process->closeWriteChannel();
    return promise->future();
}

WebhookSink::WebhookSink(const Settings &settings, Workers &workers, const DataFolder &data)
    : OutsideSink(settings)
    , m_workers(workers)
    , m_data(data)
{
}

WebhookSink::~WebhookSink() = default;

bool WebhookSink::isOn() const { return !m_settings.text(setting::alertsWebhookFile).isEmpty(); }

Result<WebhookSink::Target> WebhookSink::targetFrom(const QByteArray &path)
{
    HUB_TRY(const QByteArray text, readSecretFile(path));
    Target target;
    for (const QByteArray &each : text.split('\n')) {
        const QByteArray line = each.trimmed();
        if (line.isEmpty() || line.startsWith('#'))
            continue;
        const qsizetype colon = line.indexOf(':');
        if (target.address.isEmpty())
            target.address = line;
        else if (colon > 0)
            target.headers.append({line.first(colon).trimmed(), line.mid(colon + 1).trimmed()});
        else
            return fail(ErrorCode::InvalidInput,
                        u"A line of %1 is no header of the form NAME: VALUE."_s.arg(QFile::decodeName(path)));
    }
    const QUrl url = QUrl::fromEncoded(target.address, QUrl::StrictMode);
    if (!url.isValid() || url.host().isEmpty() || (url.scheme() != u"https" && url.scheme() != u"http"))
        return fail(
            ErrorCode::InvalidInput,
            u"The first line of %1 is no address that begins with https:// or http://."_s.arg(QFile::decodeName(path)));
    return target;
}

QFuture<Result<>> WebhookSink::deliver(const Delivery &delivery)
{
    auto promise = std::make_shared<QPromise<Result<>>>();
    promise->start();
    const QString path = QDir(m_data.path({})).filePath(m_settings.text(setting::alertsWebhookFile));
    auto read = m_workers.run(name(), [path] { return targetFrom(QFile::encodeName(path)); });
    whenDone(std::move(read), this, [this, promise, delivery](const Result<Target> &target) {
        if (target)
            return send(*target, delivery, promise);
        promise->addResult(target.error());
        promise->finish();
    });
    return promise->future();
}

// No error names the address: its path is often the secret.
void WebhookSink::send(const Target &target, const Delivery &delivery,
                       const std::shared_ptr<QPromise<Result<>>> &promise)
{
    if (!m_network) {
        m_network = std::make_unique<QNetworkAccessManager>();
        m_network->setRedirectPolicy(QNetworkRequest::ManualRedirectPolicy);
    }
    QNetworkRequest request(QUrl::fromEncoded(target.address, QUrl::StrictMode));
    request.setTransferTimeout(int(std::chrono::milliseconds(webLimit).count()));
    request.setHeader(QNetworkRequest::ContentTypeHeader, u"application/json"_s);
    request.setRawHeader("Idempotency-Key", "agenthub-" + QByteArray::number(delivery.number));
    for (const auto &[name, value] : target.headers)
        request.setRawHeader(name, value);
    QNetworkReply *reply = m_network->post(request, outsideText(delivery));
    reply->setReadBufferSize(longestAnswer);
    QTimer::singleShot(webLimit, reply, &QNetworkReply::abort); // of the whole, while the above is of silence
    connect(reply, &QNetworkReply::finished, this, [reply, promise, host = request.url().host()] {
        const int status = reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
        if (status >= 200 && status < 300)
            promise->addResult(Result<>());
        else if (status != 0)
            promise->addResult(fail(isFinal(status) ? ErrorCode::Refused : ErrorCode::Process,
                                    u"%1 answered with status %2."_s.arg(host, QString::number(status))));
        else if (reply->error() == QNetworkReply::OperationCanceledError)
            promise->addResult(fail(ErrorCode::Timeout,
                                    u"%1 did not answer within %2 s."_s.arg(host, QString::number(webLimit.count()))));
        else
            promise->addResult(fail(ErrorCode::Process, u"%1 can't be reached."_s.arg(host)));
        promise->finish();
        reply->deleteLater();
    });
}

} // namespace hub::monitor
