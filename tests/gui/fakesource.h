// A hub for the window's tests: a FakeHub made on the link's thread, that can be lost and reached again.
#pragma once

#include "gui/model/hublink.h"
#include "tests/support/fakehub.h"

#include <QHash>
#include <QMutex>
#include <QSet>

#include <utility>
#include <vector>

namespace hub::gui
{

// What a test and the hub's thread share: what is answered, what was asked, where the hub is. The answers are given on
// the link's thread, one at a time; a test changes them and reads what was asked at any time.
class FakeScript
{
public:
    using Answer = std::function<Result<commands::Reply>(const commands::CommandCall &)>;

    // What this command is answered from now on; "*" for all that have no answer of their own.
    void on(const QString &command, Answer answer)
    {
        const QMutexLocker lock(&m_mutex);
        m_answers.insert(command, std::move(answer));
    }
    // The data of its reply, always the same.
    void on(const QString &command, const QJsonObject &data)
    {
        on(command, [data](const commands::CommandCall &) {
            commands::Reply reply;
            reply.data = data;
            return reply;
        });
    }
    // From now on it is not answered, until release() is called.
    void hold(const QString &command)
    {
        const QMutexLocker lock(&m_mutex);
        m_held.insert(command);
    }
    void onQuery(const QString &name, const QJsonObject &data)
    {
        const QMutexLocker lock(&m_mutex);
        m_queries.insert(name, data);
    }
    void onSuggest(const QString &option, const QList<Suggestion> &suggestions)
    {
        const QMutexLocker lock(&m_mutex);
        m_suggestions.insert(option, suggestions);
    }

    // What was asked of this command so far, oldest first; empty: of all.
    QList<commands::CommandCall> calls(const QString &command = {}) const
    {
        const QMutexLocker lock(&m_mutex);
        QList<commands::CommandCall> found;
        for (const commands::CommandCall &call : m_calls) {
            if (command.isEmpty() || call.command == command)
                found << call;
        }
        return found;
    }
    void forgetCalls()
    {
        const QMutexLocker lock(&m_mutex);
        m_calls.clear();
    }

private:
    friend class FakeSource;

    mutable QMutex m_mutex;
    QHash<QString, Answer> m_answers;
    QHash<QString, QJsonObject> m_queries;
    QHash<QString, QList<Suggestion>> m_suggestions;
    QSet<QString> m_held;
    QList<commands::CommandCall> m_calls;
};

class FakeSource final : public PortSource
{
public:
    // Reached as soon as it starts, unless `atOnce` is off: then with reach().
    explicit FakeSource(FakeScript &script, bool atOnce = true)
        : m_script(script)
        , m_atOnce(atOnce)
    {
    }

    // As hello answers; before the link is made.
    QJsonObject greeting{{QStringLiteral("version"), QStringLiteral("1.0")},
                         {QStringLiteral("role"), QStringLiteral("machine")},
                         {QStringLiteral("name"), QStringLiteral("tester")},
                         {QStringLiteral("data_dir"), QStringLiteral("/nowhere/agenthub")}};

    void start() override
    {
        if (m_atOnce)
            doReach();
    }
    HubPort *port() override { return m_hub.get(); }
    void tryNow() override { m_triedNow.storeRelaxed(1); }
    void startHub() override { doReach(); }

    // From the test's thread.
    void reach()
    {
        QMetaObject::invokeMethod(this, [this] { doReach(); });
    }
    void miss(const Error &why)
    {
        QMetaObject::invokeMethod(this, [this, why] { Q_EMIT missed(why); });
    }
    void lose(const Error &why = fail(ErrorCode::NoHub, QStringLiteral("The hub went away.")))
    {
        QMetaObject::invokeMethod(this, [this, why] {
            m_there = false;
            Q_EMIT lost(why);
        });
    }
    void tell(const HubEvent &event)
    {
        QMetaObject::invokeMethod(this, [this, event] {
            if (m_there)
                Q_EMIT m_hub->eventHappened(event);
        });
    }
    // Answers what was held.
    void release(const QString &command)
    {
        QMetaObject::invokeMethod(this, [this, command] {
            {
                const QMutexLocker lock(&m_script.m_mutex);
                m_script.m_held.remove(command);
            }
            for (Waiting &waiting : std::exchange(m_waiting, {})) {
                if (waiting.call.command == command)
                    finish(waiting, answer(waiting.call));
                else
                    m_waiting.push_back(std::move(waiting));
            }
        });
    }
    bool wasTriedNow() const { return m_triedNow.loadRelaxed() != 0; }

private:
    struct Waiting {
        commands::CommandCall call;
        std::shared_ptr<QPromise<Result<commands::Reply>>> promise;
    };

    void doReach()
    {
        if (!m_hub) {
            m_hub = std::make_unique<FakeHub>();
            m_hub->onCommand = [this](const commands::CommandCall &call) { return execute(call); };
            m_hub->onQuery = [this](const QueryCall &call) -> QFuture<Result<QJsonObject>> {
                if (!m_there)
                    return readyFuture<QJsonObject>(notThere());
                const QMutexLocker lock(&m_script.m_mutex);
                return readyFuture<QJsonObject>(m_script.m_queries.value(call.name));
            };
            m_hub->onSuggest = [this](const SuggestCall &call) -> QFuture<Result<QList<Suggestion>>> {
                if (!m_there)
                    return readyFuture<QList<Suggestion>>(notThere());
                const QMutexLocker lock(&m_script.m_mutex);
                return readyFuture<QList<Suggestion>>(m_script.m_suggestions.value(call.option));
            };
        }
        m_there = true;
        Q_EMIT reached(greeting);
    }
    static Error notThere() { return fail(ErrorCode::NoHub, QStringLiteral("There is no connection.")); }

    QFuture<Result<commands::Reply>> execute(const commands::CommandCall &call)
    {
        if (!m_there)
            return readyFuture<commands::Reply>(notThere());
        bool held = false;
        {
            const QMutexLocker lock(&m_script.m_mutex);
            m_script.m_calls << call;
            held = m_script.m_held.contains(call.command);
        }
        if (!held)
            return readyFuture<commands::Reply>(answer(call));
        Waiting waiting{call, std::make_shared<QPromise<Result<commands::Reply>>>()};
        waiting.promise->start();
        auto future = waiting.promise->future();
        m_waiting.push_back(std::move(waiting));
        return future;
    }
    Result<commands::Reply> answer(const commands::CommandCall &call)
    {
        FakeScript::Answer answer;
        {
            const QMutexLocker lock(&m_script.m_mutex);
            answer = m_script.m_answers.value(call.command, m_script.m_answers.value(QStringLiteral("*")));
        }
        return answer ? answer(call) : commands::Reply();
    }
    static void finish(Waiting &waiting, Result<commands::Reply> result)
    {
        waiting.promise->addResult(std::move(result));
        waiting.promise->finish();
    }

    FakeScript &m_script;
    bool m_atOnce, m_there = false;
    QAtomicInt m_triedNow;
    std::unique_ptr<FakeHub> m_hub;
    std::vector<Waiting> m_waiting;
};

// A link to a hub that answers as `script` says.
struct FakeLink {
    FakeScript script;
    FakeSource *source; // lives on the link's thread
    std::unique_ptr<HubLink> link;

    explicit FakeLink(bool atOnce = true, const QJsonObject &greeting = {})
    {
        auto made = std::make_unique<FakeSource>(script, atOnce);
        if (!greeting.isEmpty())
            made->greeting = greeting;
        source = made.get();
        link = std::make_unique<HubLink>(std::move(made));
    }
};

} // namespace hub::gui
