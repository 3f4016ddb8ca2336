#include "app/bench/measures.h"

namespace hub::bench
{

namespace
{

constexpr Measure measures[]{
    {QLatin1StringView("append"),
     QLatin1StringView("a message, durable, to conversations of 10 to 100,000; ten writers; bytes stored"),
     measureAppend},
    {QLatin1StringView("saving"), QLatin1StringView("100 agents save a checkpoint at the same instant"), measureSaving},
    {QLatin1StringView("checkpoint"), QLatin1StringView("a tree of 50,000 files, beside git"), measureCheckpoint},
    {QLatin1StringView("rollback"), QLatin1StringView("10 and 1,000 paths of 10,000 files, beside git"),
     measureRollback},
    {QLatin1StringView("startup"), QLatin1StringView("the daemon from start to its first answer"), measureStartup},
    {QLatin1StringView("memory"), QLatin1StringView("the idle daemon and a shim"), measureMemory},
    {QLatin1StringView("restart"),
     QLatin1StringView("a killed agent until it is executed again; ten agents until a new daemon has them"),
     measureRestart},
    {QLatin1StringView("freeze"), QLatin1StringView("100 processes, half in sessions of their own, each way"),
     measureFreeze},
    {QLatin1StringView("monitor"), QLatin1StringView("a look at 1,000 processes; the memory that 10,000 looks leave"),
     measureMonitor},
    {QLatin1StringView("vaultcare"), QLatin1StringView("1,000 packs of a vault merged, beside git"), measureVaultCare},
    {QLatin1StringView("window"),
     QLatin1StringView("the window with 10,000 tasks, 100,000 messages, 30 days of samples; with 50 agents that talk"),
     measureWindow},
};

} // namespace

std::span<const Measure> allMeasures() { return measures; }

} // namespace hub::bench
