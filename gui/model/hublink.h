// The hub as the window sees it: one in this process or in another one, reached, lost and reached again. Lives on the
// window's thread and never blocks it: the port itself lives on a thread of its own, where what comes in is also taken
// apart. Answers end on any thread; take them with whenDone().
#pragma once

#include "core/base/async.h"
#include "core/hub/hubport.h"

#include <QDateTime>
#include <QThread>

#include <functional>

namespace hub::gui
{

// What makes the port, on the link's thread; it lives and dies there.
class PortSource : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

    virtual void start() = 0;    // ends in reached() or missed(); may be followed by lost() and so on
    virtual HubPort *port() = 0; // null before it was reached for the first time
    virtual void tryNow() {}
    virtual void startHub() {} // where that can be done from here

Q_SIGNALS:
    void reached(const QJsonObject &greeting); // as hello answers: version, role, name, data_dir
    void missed(const hub::Error &why);        // an attempt failed; the next one follows by itself, if there is any
    void lost(const hub::Error &why);
};

class HubLink : public QObject
{
    Q_OBJECT

public:
    enum class State {
        Seeking, // not reached yet
        Connected,
        Lost, // what is shown is as old as since() says
    };

    // `source` goes to the link's thread.
    explicit HubLink(std::unique_ptr<PortSource> source, QObject *parent = nullptr);
    // Waits for the port to go: a hub in this process ends its jobs, which takes less than a second.
    ~HubLink() override;

    State state() const { return m_state; }
    bool isConnected() const { return m_state == State::Connected; }
    QDateTime since() const { return m_since; } // of the state
    const Error &whyNot() const { return m_whyNot; }
    const QJsonObject &greeting() const { return m_greeting; }

    QFuture<Result<commands::Reply>> execute(const commands::CommandCall &call);
    QFuture<Result<QList<Suggestion>>> suggest(const SuggestCall &call);
    QFuture<Result<QJsonObject>> query(const QString &name, const QJsonObject &arguments);
    // Likewise, and `read` makes of it what is wanted, a T or a Result<T>, on the link's thread: so that an answer with
    // many rows costs the window's thread no time.
    template <class Read>
    auto query(const QString &name, const QJsonObject &arguments, Read read)
    {
        using T = std::decay_t<decltype(*asResult(read(QJsonObject())))>;
        return askPort<T, QJsonObject>(
            [call = QueryCall{name, arguments, caller()}](HubPort &port) { return port.query(call); },
            [read = std::move(read)](const QJsonObject &answer) { return asResult(read(answer)); });
    }
    void tryNow();
    void startHub();

Q_SIGNALS:
    void stateChanged();
    // Connected, at first or again: events in between are gone, so all that is shown is asked for anew.
    void renewed();
    void eventHappened(const hub::HubEvent &event);

private:
    void setState(State state, const Error &why);
    template <class T>
    static Result<T> asResult(Result<T> result)
    {
        return result;
    }
    template <class T>
    static Result<T> asResult(T value)
    {
        return Result<T>(std::move(value));
    }
    template <class T, class Answer, class Ask, class Read>
    QFuture<Result<T>> askPort(Ask ask, Read read);
    commands::Caller caller() const;

    QThread m_thread;
    PortSource *m_source; // lives on m_thread
    State m_state = State::Seeking;
    QDateTime m_since;
    Error m_whyNot;
    QJsonObject m_greeting;
};

// The port answers an Answer, of which `read` makes a Result<T>.
template <class T, class Answer, class Ask, class Read>
QFuture<Result<T>> HubLink::askPort(Ask ask, Read read)
{
    auto promise = std::make_shared<QPromise<Result<T>>>();
    promise->start();
    auto future = promise->future();
    QMetaObject::invokeMethod(
        m_source, [source = m_source, why = m_whyNot, ask = std::move(ask), read = std::move(read), promise] {
            auto answer = source->port() ? ask(*source->port()) : readyFuture(Result<Answer>(why));
            whenDone(std::move(answer), source, [promise, read](const Result<Answer> &result) {
                promise->addResult(result ? read(*result) : Result<T>(result.error()));
                promise->finish();
            });
        });
    return future;
}

} // namespace hub::gui
