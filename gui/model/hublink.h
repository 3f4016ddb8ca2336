// The hub as the window sees it: one in this process or in another one, reached, lost and reached again. Lives on the
// window's thread and never blocks it: the port itself lives on a thread of its own, where what comes in is also taken
// apart. Answers end on any thread; take them with whenDone().
#pragma once

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

    virtual void start() = 0; // ends in reached() or missed(); may be followed by lost() and so on
    virtual HubPort *port() = 0; // null before it was reached for the first time
    virtual void tryNow() {}

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
        Seeking,   // not reached yet
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
    void tryNow();

Q_SIGNALS:
    void stateChanged();
    // Connected, at first or again: events in between are gone, so all that is shown is asked for anew.
    void renewed();
    void eventHappened(const hub::HubEvent &event);

private:
    void setState(State state, const Error &why);
    template <class T, class Ask>
    QFuture<Result<T>> askPort(Ask ask);
    commands::Caller caller() const;

    QThread m_thread;
    PortSource *m_source; // lives on m_thread
    State m_state = State::Seeking;
    QDateTime m_since;
    Error m_whyNot;
    QJsonObject m_greeting;
};

} // namespace hub::gui
