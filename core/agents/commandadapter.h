// Any program: the prompt goes in (stdin, or a placeholder of its command line), lines come out, its end is the turn's.
#pragma once

#include "core/agents/adapter.h"

namespace hub::agents
{

class CommandAdapter final : public Adapter
{
public:
    explicit CommandAdapter(QString name)
        : m_name(std::move(name))
    {
    }
    QString name() const override { return m_name; }
    Parsed parse(AgentStream stream, QByteArrayView bytes, bool last) const override;
    bool oneTurnPerRun() const override { return true; }
    QByteArray prompt(qint64 request, const QString &text) const override;
    QByteArray answer(const QJsonValue &id, const Result<QJsonObject> &result) const override;
    QByteArray cancel(qint64 request) const override;

private:
    QString m_name;
};

} // namespace hub::agents
