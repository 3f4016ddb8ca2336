// Turns one agent protocol into the hub's events and back. Pure: bytes in, events out; no state, no socket, no
// database, so the same bytes give the same events after a restart. Any thread.
#pragma once

#include "core/base/result.h"

#include <QByteArray>
#include <QJsonObject>
#include <QJsonValue>

#include <memory>
#include <variant>
#include <vector>

namespace hub::agents
{

enum class AgentStream { Output, Error };

// Something the agent said. Several lines that came together are one message.
struct Said {
    QString kind; // output, error, note
    QString text;
    friend bool operator==(const Said &, const Said &) = default;
};

// The agent calls a lifecycle method and waits for the answer; an undefined id means that it wants none.
struct Asked {
    QJsonValue id;
    QString method;
    QJsonObject arguments;
    friend bool operator==(const Asked &, const Asked &) = default;
};

// The agent's answer to a request of the hub: a prompt's turn is over.
struct Answered {
    qint64 request;
    QString outcome; // end_turn, cancelled, error …
    QString text;    // of an error
    friend bool operator==(const Answered &, const Answered &) = default;
};

// The agent broke its protocol beyond repair; it has to be ended, with this sentence as the reason.
struct Broken {
    QString reason;
    friend bool operator==(const Broken &, const Broken &) = default;
};

using AgentEvent = std::variant<Said, Asked, Answered, Broken>;

struct Parsed {
    std::vector<AgentEvent> events;
    qsizetype done = 0; // bytes that became events; the rest is given again, with more behind it
};

class Adapter
{
public:
    virtual ~Adapter() = default;

    virtual QString name() const = 0;

    // `last`: nothing will come behind these bytes.
    virtual Parsed parse(AgentStream stream, QByteArrayView bytes, bool last) const = 0;

    // True: a process works on one turn, which ends with it.
    virtual bool oneTurnPerRun() const = 0;

    // What carries a prompt into stdin; `request` comes back in Answered.
    virtual QByteArray prompt(qint64 request, const QString &text) const = 0;
    virtual QByteArray answer(const QJsonValue &id, const Result<QJsonObject> &result) const = 0;
    // Asks the agent to end the turn of this prompt; empty when the protocol has no such word.
    virtual QByteArray cancel(qint64 request) const = 0;
};

// "command" or "jsonrpc"; Unsupported with the list of names otherwise. The adapter lives as long as the program.
Result<const Adapter *> adapterNamed(QStringView name);
// Of a run: the same, and for the steps of a working tree (recovery/treesteps.h), whose lines are read as a command's.
Result<const Adapter *> adapterOfRun(QStringView name);

} // namespace hub::agents
