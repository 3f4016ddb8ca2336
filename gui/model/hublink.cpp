#include "gui/model/hublink.h"

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

// Of a hub in this process; one elsewhere finds out by itself who is asking.
commands::Caller HubLink::caller() const
{
    return {
        .role = commands::Role::Machine, .name = m_greeting[u"name"_s].toString(), .origin = u"window"_s, .run = {}};
}

QFuture<Result<commands::Reply>> HubLink::execute(const commands::CommandCall &call)
{
    commands::CommandCall ours = call;
    ours.caller = caller();
    return askPort<commands::Reply, commands::Reply>([ours](HubPort &port) { return port.execute(ours); },
                                                     [](const commands::Reply &reply) { return asResult(reply); });
}

QFuture<Result<QList<Suggestion>>> HubLink::suggest(const SuggestCall &call)
{
    SuggestCall ours = call;
    ours.call.caller = caller();
    using Found = QList<Suggestion>;
    return askPort<Found, Found>([ours](HubPort &port) { return port.suggest(ours); },
                                 [](const Found &found) { return asResult(found); });
}

QFuture<Result<QJsonObject>> HubLink::query(const QString &name, const QJsonObject &arguments)
{
    return query(name, arguments, [](const QJsonObject &answer) { return answer; });
}

void HubLink::tryNow()
{
    QMetaObject::invokeMethod(m_source, [source = m_source] { source->tryNow(); });
}

void HubLink::startHub()
{
    QMetaObject::invokeMethod(m_source, [source = m_source] { source->startHub(); });
}

} // namespace hub::gui
