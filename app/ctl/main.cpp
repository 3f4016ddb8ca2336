// agenthubctl: the commands from a terminal. Reads the words, asks the hub, prints. No event loop: it starts and ends
// in a few milliseconds, since agents and hooks call it often.
#include "app/ctl/ask.h"
#include "app/ctl/demo.h"
#include "app/ctl/proxy.h"

#include "core/commands/bashcompletion.h"
#include "core/commands/exitcode.h"
#include "core/ipc/endpoint.h"

#include <cstring>

using namespace Qt::StringLiterals;
using namespace hub;
using namespace hub::commands;

namespace
{

constexpr PlumbingSpec plumbing[]{
    {"tool"_L1, "What an agent asks of the hub, from inside its run: tool save-checkpoint"_L1},
    {"demo"_L1, "What the hub promises, shown and checked on a repository of its own"_L1},
    {"proxy"_L1, "The hub's socket over standard input and output, for a window elsewhere (ssh)"_L1},
    {"completion"_L1, "A script for the shell: source <(agenthubctl completion bash)"_L1},
    {"version"_L1, "The version of this program"_L1},
    {"__complete"_L1, "Words for the shell's completion"_L1, true},
};

int printCompletion(const QStringList &words, const ctl::Terminal &terminal)
{
    if (words != QStringList{u"bash"_s}) {
        return terminal.report(fail(ErrorCode::InvalidInput, u"completion takes the name of a shell: bash."_s,
                                    u"source <(agenthubctl completion bash)"_s));
    }
    terminal.print(bashCompletion(plumbing));
    return exitcode::done;
}

int run(const QStringList &arguments)
{
    const QStringList words = arguments == QStringList{u"--version"_s} ? QStringList{u"version"_s} : arguments;
    const auto line = parseCommandLine(words, plumbing);
    if (!line)
        return ctl::Terminal(words.contains(u"--json"_s)).report(line.error());
    const ctl::Terminal terminal(line->json);
    if (line->kind == CommandLine::Kind::Help) {
        terminal.print(line->text);
        return exitcode::done;
    }
    if (line->plumbing == u"completion")
        return printCompletion(line->words, terminal);
    if (line->plumbing == u"version") {
        terminal.print(u"agenthubctl " HUB_VERSION "\n"_s);
        return exitcode::done;
    }
    if (line->plumbing == u"demo")
        return ctl::runDemo(line->words, terminal);
    const auto dataDir = ipc::findDataDir(line->dataDir, line->config);
    if (!dataDir)
        return line->plumbing == u"__complete" ? exitcode::done : terminal.report(dataDir.error());
    if (line->plumbing == u"proxy")
        return ctl::runProxy(*dataDir, line->words, terminal);
    ipc::Client client(*dataDir);
    if (line->plumbing == u"tool")
        return ctl::runTool(client, line->words, terminal);
    if (line->plumbing == u"__complete")
        return ctl::completeWords(client, line->words, terminal);
    if (line->kind == CommandLine::Kind::Overview)
        return ctl::overview(client, terminal);
    if (line->follow)
        return ctl::followLog(client, *line, terminal);
    if (line->spec->name == "wait"_L1)
        return ctl::waitForTask(client, *line, terminal);
    return ctl::runCommand(client, *line, terminal);
}

// Everybody on this machine sees the words that a program was started with, for as long as it runs.
void hideSecrets(const QStringList &arguments, int argc, char **argv)
{
    const auto line = parseCommandLine(arguments, plumbing);
    const auto isSecret = [](const OptionSpec &option) { return option.secret; };
    if (!line || !line->spec || std::none_of(line->spec->options.begin(), line->spec->options.end(), isSecret))
        return;
    for (int i = 1; i < argc; ++i)
        std::memset(argv[i], 'x', std::strlen(argv[i]));
}

} // namespace

int main(int argc, char **argv)
{
    QStringList arguments;
    for (int i = 1; i < argc; ++i)
        arguments << QString::fromLocal8Bit(argv[i]);
    hideSecrets(arguments, argc, argv);
    return run(arguments);
}
