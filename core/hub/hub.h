// One hub: owns a data folder, its threads and all services, in start order, and stops them in reverse.
// Created and used on the I/O thread; the services live on a thread of their own.
#pragma once

#include "core/agents/brake.h"
#include "core/base/datafolder.h"
#include "core/base/durablefile.h"
#include "core/hub/frontstatus.h"
#include "core/hub/hubport.h"
#include "core/hub/noteport.h"
#include "core/monitor/alertsink.h"
#include "core/settings/settings.h"

#include <QThread>

namespace hub
{

struct HubConfig {
    QString dataDir;
    QString agentsDir; // the user's agents.d
    QByteArray shimProgram;
    QByteArray hookProgram; // copied into guarded repositories
    QString programFolder;  // where agenthubctl lies, for agents' PATH, and agenthub-render
    Settings settings;
    std::vector<std::shared_ptr<monitor::AlertSink>> alertSinks; // beside the hub's own; called on the hub thread
};

class HubCore;

class Hub final : public HubPort, public NotePort
{
    Q_OBJECT

public:
    // Takes the data folder, opens the databases, finishes interrupted rollbacks, finds the agents that live. When it
    // returns, every living agent is known, so that nobody can pass for a person.
    static Result<std::unique_ptr<Hub>> start(HubConfig config);
    // Commits what is in hand and lets go of the agents, which go on. Within a second.
    ~Hub() override;

    QFuture<Result<commands::Reply>> execute(const commands::CommandCall &call) override;
    QFuture<Result<QJsonObject>> callTool(const ToolCall &call) override;
    QFuture<Result<QList<Suggestion>>> suggest(const SuggestCall &call) override;
    QFuture<Result<QJsonObject>> query(const QueryCall &call) override;
    QFuture<Result<Notes>> notes(const QString &kind) override;
    QFuture<Result<>> setNote(const QString &kind, const QString &key, const QJsonObject &value) override;
    QFuture<Result<>> removeNote(const QString &kind, const QString &key) override;

    // Answers that command in place of the hub, once the rights to it were checked; I/O thread.
    using FrontCommand = std::function<QFuture<Result<commands::Reply>>(const commands::CommandCall &)>;
    void setFrontCommand(const QString &command, FrontCommand answer) { m_frontCommands.insert(command, answer); }
    // What system-health says of a front end; I/O thread.
    void tellFront(const QString &name, const FrontStatus &status);

    // For telling agents from people; I/O thread.
    std::optional<RunId> runOfShim(qint64 pid, quint64 startTicks) const;
    std::optional<RunId> runOfMark(const QByteArray &mark) const;
    void recordRefusal(const commands::Caller &caller, const QString &what);

private:
    Hub() = default;
    // ask: (HubCore &) → QFuture<Result<T>>, on the hub thread.
    template <class T, class Ask>
    QFuture<Result<T>> askCore(Ask ask);
    // What a stop command freezes, when that can be told without the database.
    static std::optional<std::pair<agents::Scope, agents::Hold>> scopeOf(const commands::CommandCall &call);

    FileHandle m_lock;
    QString m_id;
    QHash<QString, FrontCommand> m_frontCommands;
    std::unique_ptr<agents::Brake> m_brake;
    std::unique_ptr<QThread> m_thread;
    std::unique_ptr<HubCore> m_core; // lives on m_thread
};

} // namespace hub
