#include "gui/model/hublink.h"

#include "core/base/async.h"

using namespace Qt::StringLiterals;

namespace hub::gui
{

HubLink::HubLink(std::unique_ptr<PortSource> source, QObject *parent)
    : QObject(parent)
    , m_source(source.release())
    , m_since(QDateTime::currentDateTime())
    , m_whyNot(fail(ErrorCode::NoHub, tr("The hub is being looked for.")))
{
    qRegisterMetaType<hub::HubEvent>();
    m_thread.setObjectName(u"hub link"_s);
    connect(m_source, &PortSource::reached, this, [this](const QJsonObject &greeting) {
        m_greeting = greeting;
        setState(State::Connected, {});
        Q_EMIT renewed();
    });
    connect(m_source, &PortSource::missed, this, [this](const Error &why) {
        m_whyNot = why;
        Q_EMIT stateChanged();
    });
    connect(m_source, &PortSource::lost, this, [this](const Error &why) { setState(State::Lost, why); });
    m_source->moveToThread(&m_thread);
    m_thread.start();
    QMetaObject::invokeMethod(m_source, [this, source = m_source] {
        // Direct from the port's thread to ours, whichever port comes first.
        const auto follow = [this, source] {
            if (HubPort *port = source->port())
                connect(port, &HubPort::eventHappened, this, &HubLink::eventHappened,
                        Qt::ConnectionType(Qt::QueuedConnection | Qt::UniqueConnection));
        };
        connect(source, &PortSource::reached, source, follow);
        source->start();
    });
}

HubLink::~HubLink()
{
    m_source->disconnect(this);
    QMetaObject::invokeMethod(
        m_source, [source = m_source] { delete source; }, Qt::BlockingQueuedConnection);
    m_thread.quit();
    m_thread.wait();
}

void HubLink::setState(State state, const Error &why)
{
    m_state = state;
    m_whyNot = why;
    m_since = QDateTime::currentDateTime();
    Q_EMIT stateChanged();
}

template <class T, class Ask>
QFuture<Result<T>> HubLink::askPort(Ask ask)
{
    auto promise = std::make_shared<QPromise<Result<T>>>();
    promise->start();
    auto future = promise->future();
    QMetaObject::invokeMethod(m_source, [source = m_source, why = m_whyNot, ask = std::move(ask), promise] {
        auto answer = source->port() ? ask(*source->port()) : readyFuture(Result<T>(why));
        whenDone(std::move(answer), source, [promise](Result<T> result) {
            promise->addResult(std::move(result));
            promise->finish();
        });
    });
    return future;
}

// Of a hub in this process; one elsewhere finds out by itself who is asking.
commands::Caller HubLink::caller() const
{
    return {.role = commands::Role::Machine, .name = m_greeting[u"name"_s].toString(), .origin = u"window"_s, .run = {}};
}

QFuture<Result<commands::Reply>> HubLink::execute(const commands::CommandCall &call)
{
    commands::CommandCall ours = call;
    ours.caller = caller();
    return askPort<commands::Reply>([ours](HubPort &port) { return port.execute(ours); });
}

QFuture<Result<QList<Suggestion>>> HubLink::suggest(const SuggestCall &call)
{
    SuggestCall ours = call;
    ours.call.caller = caller();
    return askPort<QList<Suggestion>>([ours](HubPort &port) { return port.suggest(ours); });
}

QFuture<Result<QJsonObject>> HubLink::query(const QString &name, const QJsonObject &arguments)
{
    return askPort<QJsonObject>(
        [call = QueryCall{name, arguments, caller()}](HubPort &port) { return port.query(call); });
}

void HubLink::tryNow()
{
    QMetaObject::invokeMethod(m_source, [source = m_source] { source->tryNow(); });
}

} // namespace hub::gui
