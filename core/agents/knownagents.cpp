#include "core/agents/knownagents.h"

#include <QStandardPaths>

using namespace Qt::StringLiterals;

namespace hub::agents
{

namespace
{

struct KnownAgent {
    const char *name, *title, *command; // the command's first word is the program
};

// The least with which each may change files while nobody sits before it, as far as its makers tell that apart.
constexpr KnownAgent known[]{
    {"claude", "Claude Code", "claude -p {prompt} --permission-mode acceptEdits"},
    {"codex", "Codex", "codex exec --sandbox workspace-write {prompt}"},
    {"gemini", "Gemini CLI", "gemini --approval-mode auto_edit -p {prompt}"},
    {"opencode", "OpenCode", "opencode run {prompt}"},
    {"goose", "Goose", "goose run -t {prompt}"},
    {"aider", "aider", "aider --yes-always --message {prompt}"},
};

} // namespace

QList<FoundAgent> findAgents()
{
    QList<FoundAgent> found;
    for (const KnownAgent &agent : known) {
        const QString command = QString::fromLatin1(agent.command);
        const QString program = QStandardPaths::findExecutable(command.section(u' ', 0, 0));
        if (!program.isEmpty())
            found << FoundAgent{QString::fromLatin1(agent.name), QString::fromLatin1(agent.title), command, program};
    }
    return found;
}

} // namespace hub::agents
