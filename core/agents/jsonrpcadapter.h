// AgentHub's own line protocol: JSON-RPC 2.0 over stdin and stdout, one message a line; docs/agent-protocol.md.
// The hub sends "prompt" requests; the agent's answer ends the turn. The agent calls the lifecycle methods. Lines that
// are no JSON-RPC are output.
#pragma once

#include "core/agents/adapter.h"

namespace hub::agents
{

class JsonRpcAdapter final : public Adapter
{
public:
    QString name() const override { return QStringLiteral("jsonrpc"); }
    Parsed parse(AgentStream stream, QByteArrayView bytes, bool last) const override;
    bool oneTurnPerRun() const override { return false; }
    QByteArray prompt(qint64 request, const QString &text) const override;
    QByteArray answer(const QJsonValue &id, const Result<QJsonObject> &result) const override;
    QByteArray cancel(qint64 request) const override;
};

} // namespace hub::agents
