// ledger-agent: talks to its hub without an end and keeps a ledger of its own, one line before it sends something and
// one after it got an answer, for tests that kill the hub. check_ledger.py compares the ledgers with what the hub
// stored.
//
// AGENTHUB_LEDGER: the folder of the ledgers; this process writes <mark of its run>.jsonl.
// AGENTHUB_LEDGER_ASK_EVERY: rounds between two questions to a person (default 5; 0: none).
// AGENTHUB_LEDGER_SAVE_EVERY: rounds between two checkpoints (default 20; 0: none).
// AGENTHUB_LEDGER_PAUSE_MS: pause between two rounds (default 2).
#include "core/base/durablefile.h"
#include "core/base/json.h"
#include "core/sdk/baseagent.h"

#include <QSet>

#include <cstdio>
#include <fcntl.h>

using namespace Qt::StringLiterals;
using namespace hub;

namespace
{

int number(const char *name, int fallback)
{
    bool ok = false;
    const int value = qEnvironmentVariableIntValue(name, &ok);
    return ok ? value : fallback;
}

class LedgerAgent final : public sdk::BaseAgent
{
public:
    LedgerAgent(FileHandle ledger, QString mark)
        : m_ledger(std::move(ledger))
        , m_mark(std::move(mark))
    {
    }

    Result<> work(const QString &prompt)
    {
        HUB_CHECK(write({{u"at"_s, u"prompt"_s}, {u"text"_s, prompt}}));
        while (!cancelled(std::chrono::milliseconds{m_pause}))
            HUB_CHECK(round());
        return write({{u"at"_s, u"turn_end"_s}});
    }

private:
    Result<> round()
    {
        ++m_round;
        const QString note = u"note %1"_s.arg(m_round);
        HUB_CHECK(write({{u"at"_s, u"say"_s}, {u"text"_s, note}}));
        HUB_CHECK(say(note));
        HUB_TRY(const auto decided, ask(u"log_decision"_s, {{u"decision"_s, u"decision %1"_s.arg(m_round)}}));
        if (decided) {
            const qint64 position = decided->value(u"message"_s).toInteger();
            if (position <= m_lastPosition)
                HUB_CHECK(wrong(u"message %1 comes after %2"_s.arg(position).arg(m_lastPosition)));
            m_lastPosition = position;
        }
        if (m_askEvery > 0 && m_round % m_askEvery == 0)
            HUB_CHECK(question());
        if (m_saveEvery > 0 && m_round % m_saveEvery == 0) {
            HUB_CHECK(ask(u"save_checkpoint"_s, {{u"notes"_s, u"checkpoint %1 of %2"_s.arg(m_round).arg(m_mark)},
                                                 {u"context"_s, QJsonObject{{u"round"_s, m_round}}}}));
        }
        if (strays() != m_knownStrays) {
            HUB_CHECK(wrong(u"%1 answers or prompts came twice"_s.arg(strays() - m_knownStrays)));
            m_knownStrays = strays();
        }
        return {};
    }

    Result<> question()
    {
        // Of the kind that is asked at every autonomy.
        HUB_TRY(const auto asked,
                ask(u"request_approval"_s, {{u"action"_s, u"question %1"_s.arg(m_round)}, {u"kind"_s, u"publish"_s}}));
        if (!asked)
            return {};
        const QString id = asked->value(u"approval_id"_s).toString();
        if (m_questions.contains(id))
            HUB_CHECK(wrong(u"two questions are both %1"_s.arg(id)));
        m_questions.insert(id);
        HUB_TRY(const auto answer, ask(u"await_approval"_s, {{u"approval_id"_s, id}}));
        if (!answer)
            return {};
        if (answer->value(u"approval_id"_s).toString() != id)
            HUB_CHECK(wrong(u"asked %1, answered was %2"_s.arg(id, answer->value(u"approval_id"_s).toString())));
        // What the answer allows or forbids is done once: here it is this line.
        return write({{u"at"_s, u"act"_s}, {u"approval_id"_s, id}, {u"state"_s, answer->value(u"state"_s)}});
    }

    // The answer, or none when the hub answered with an error; both are in the ledger.
    Result<std::optional<QJsonObject>> ask(const QString &method, const QJsonObject &arguments)
    {
        const int id = ++m_call; // BaseAgent counts its calls in the same way
        HUB_CHECK(write({{u"at"_s, u"send"_s}, {u"call"_s, id}, {u"method"_s, method}, {u"arguments"_s, arguments}}));
        const auto answer = call(method, arguments);
        if (answer) {
            HUB_CHECK(write({{u"at"_s, u"answer"_s}, {u"call"_s, id}, {u"result"_s, *answer}}));
            return std::optional(*answer);
        }
        if (answer.error().code == ErrorCode::ShuttingDown)
            return answer.error();
        HUB_CHECK(write({{u"at"_s, u"answer"_s}, {u"call"_s, id}, {u"error"_s, answer.error().message}}));
        return std::optional<QJsonObject>();
    }

    Result<> wrong(const QString &what) { return write({{u"at"_s, u"wrong"_s}, {u"what"_s, what}}); }

    // In one system call, so that a kill leaves whole lines.
    Result<> write(const QJsonObject &line) { return writeAll(m_ledger.fd(), toJson(line) + '\n', "the ledger"); }

    FileHandle m_ledger;
    QString m_mark;
    int m_askEvery = number("AGENTHUB_LEDGER_ASK_EVERY", 5);
    int m_saveEvery = number("AGENTHUB_LEDGER_SAVE_EVERY", 20);
    int m_pause = number("AGENTHUB_LEDGER_PAUSE_MS", 2);
    int m_round = 0;
    int m_call = 0;
    int m_knownStrays = 0;
    qint64 m_lastPosition = 0;
    QSet<QString> m_questions;
};

Result<> runAgent()
{
    const QByteArray folder = qgetenv("AGENTHUB_LEDGER");
    const QByteArray mark = qgetenv("AGENTHUB_RUN");
    if (folder.isEmpty() || mark.isEmpty())
        return fail(ErrorCode::InvalidInput, u"AGENTHUB_LEDGER and AGENTHUB_RUN have to be set."_s);
    HUB_TRY(FileHandle ledger, openFile(folder + '/' + mark + ".jsonl", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC));
    LedgerAgent agent(std::move(ledger), QString::fromUtf8(mark));
    return agent.run([&](const QString &prompt) { return agent.work(prompt); });
}

} // namespace

int main()
{
    const auto ended = runAgent();
    if (!ended)
        std::fprintf(stderr, "ledger-agent: %s\n", qUtf8Printable(ended.error().message));
    return ended ? 0 : 1;
}
