#include "app/bench/hubside.h"

#include "app/bench/scratch.h"

#include <QDir>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace hub::bench
{

Result<std::unique_ptr<HubSide>> HubSide::create(int files)
{
    std::unique_ptr<HubSide> side(new HubSide);
    ctl::DemoStage &stage = side->m_stage;
    HUB_CHECK(stage.open());
    HUB_CHECK(writeFile(QFile::encodeName(side->folder()) + "/agenthub.ini",
                        "[agents]\nmax_running = 200\nrestart_backoff_seconds = 0\n[log]\nlevel = warning\n"));
    std::mt19937 random(5);
    for (int i = 0; i < files; ++i) {
        const QString folder = stage.repository() + u"/d%1"_s.arg(i / 20);
        QDir().mkpath(folder);
        HUB_CHECK(writeFile(QFile::encodeName(folder) + "/f" + QByteArray::number(i) + ".c", sourceText(random, 500)));
    }
    HUB_CHECK(stage.git(stage.repository(), {u"init"_s, u"-q"_s, u"-b"_s, u"main"_s}));
    HUB_CHECK(stage.git(stage.repository(), {u"add"_s, u"-A"_s}));
    HUB_CHECK(stage.git(stage.repository(), {u"-c"_s, u"user.name=P"_s, u"-c"_s, u"user.email=p@example.org"_s,
                                             u"commit"_s, u"-q"_s, u"-m"_s, u"base"_s}));
    HUB_CHECK(stage.startHub());
    HUB_CHECK(stage.ask(u"projects add"_s, {{u"source"_s, stage.repository()}}));
    return side;
}

Result<> HubSide::addAgent(const QString &name, const QString &command, const QString &adapter)
{
    HUB_CHECK(m_stage.ask(u"agents add"_s, {{u"agent"_s, name}, {u"command"_s, command}}));
    for (const auto &[key, value] : {std::pair(u"adapter"_s, adapter), std::pair(u"max_parallel"_s, u"100"_s)})
        HUB_CHECK(m_stage.ask(u"agents set"_s, {{u"agent"_s, name}, {u"key"_s, key}, {u"value"_s, value}}));
    return {};
}

QString HubSide::partCommand(const QString &part)
{
    return u"\"%1\" --play %2"_s.arg(QFile::symLinkTarget(u"/proc/self/exe"_s), part);
}

Result<qint64> HubSide::assign(const QString &agent)
{
    HUB_TRY(const auto reply,
            m_stage.ask(u"assign-task"_s,
                        {{u"description"_s, u"bench"_s}, {u"agent"_s, agent}, {u"project"_s, u"project"_s}}));
    return reply.data[u"task_id"_s].toVariant().toLongLong();
}

Result<qint64> HubSide::agentOf(qint64 task, qint64 other)
{
    qint64 pid = 0;
    HUB_CHECK(until(u"the agent of task %1 runs"_s.arg(task), [&]() -> Result<bool> {
        HUB_TRY(const auto reply, m_stage.ask(u"task-status"_s, {{u"task_id"_s, QString::number(task)}}));
        pid = reply.data[u"pid"_s].toInteger();
        return pid > 0 && pid != other && reply.data[u"state"_s] == u"running"_s;
    }));
    return pid;
}

Result<> HubSide::until(const QString &what, const std::function<Result<bool>()> &holds)
{
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    for (;;) {
        HUB_TRY(const bool now, holds());
        if (now)
            return {};
        if (std::chrono::steady_clock::now() > deadline)
            return fail(ErrorCode::Timeout, u"Not within a minute: %1."_s.arg(what));
        HUB_CHECK(ctl::DemoStage::wait(1ms));
    }
}

} // namespace hub::bench
