// agenthub-example-agent: an agent without a model, for trying the hub out and for tests; see README.md.
#include "examples/exampleagent.h"

#include <cstdio>

int main()
{
    hub::example::ExampleAgent agent;
    const auto ended = agent.run([&](const QString &prompt) { return agent.work(prompt); });
    if (!ended)
        std::fprintf(stderr, "%s\n", qUtf8Printable(ended.error().message));
    return ended ? 0 : 1;
}
