// Freezing a hundred processes by a real shim, each way that this machine has.
#include "app/bench/hubside.h"
#include "app/bench/measures.h"
#include "app/bench/scratch.h"
#include "core/agents/remains.h"
#include "core/agents/shimlauncher.h"
#include "core/agents/shimlink.h"
#include "core/base/durablefile.h"

#include <QCoreApplication>
#include <QEventLoop>
#include <QTimer>
#include <QUuid>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::bench
{

namespace
{

constexpr useconds_t lookLength = 60'000; // us; thirty turns of a process that runs

// What the processes of part "many" count in.
class Counters
{
public:
    static Result<Counters> create(const QByteArray &path, int count)
    {
        HUB_TRY(const FileHandle file, openFile(path, O_RDWR | O_CREAT | O_TRUNC, 0600));
        if (::ftruncate(file.fd(), off_t(count) * off_t(sizeof(quint64))) != 0)
            return systemError(errno, u"make", path);
        void *cells = ::mmap(nullptr, size_t(count) * sizeof(quint64), PROT_READ, MAP_SHARED, file.fd(), 0);
        if (cells == MAP_FAILED)
            return systemError(errno, u"map", path);
        return Counters(static_cast<volatile const quint64 *>(cells), count);
    }
    std::vector<quint64> read() const { return {m_cells, m_cells + m_count}; }
    // How many of them go on.
    int running() const
    {
        const auto before = read();
        ::usleep(lookLength);
        const auto after = read();
        int moved = 0;
        for (size_t i = 0; i < before.size(); ++i)
            moved += before[i] != after[i];
        return moved;
    }

private:
    Counters(volatile const quint64 *cells, int count) // mapped until the program ends
        : m_cells(cells)
        , m_count(count)
    {
    }
    volatile const quint64 *m_cells;
    int m_count;
};

// A shim with its agent, over its real socket.
class FrozenTree
{
public:
    FrozenTree(const Scratch &scratch, const QByteArray &method, int processes)
        : m_folder(scratch.path("run-" + method))
    {
        m_spec.mark = "bench-" + QUuid::createUuid().toString(QUuid::Id128).toStdString();
        m_spec.folder = scratch.folder().toStdString();
        const QByteArray own = QFile::encodeName(QCoreApplication::applicationFilePath());
        m_counterFile = scratch.path("counters-" + method);
        m_spec.arguments = {own.toStdString(), "--play", "many", std::to_string(processes),
                            m_counterFile.toStdString()};
        m_spec.environment = {"PATH=/usr/local/bin:/usr/bin:/bin"};
        m_spec.freeze = method.toStdString();
    }
    ~FrozenTree()
    {
        if (m_link.isOpen()) {
            m_link.end(0);
            std::ignore = await(u"the end"_s, [&] { return m_end.has_value(); });
            if (m_end)
                m_link.acknowledge(*m_end);
            std::ignore = await(u"the shim's end"_s, [&] { return !m_link.isOpen(); });
        }
    }

    const QByteArray &counterFile() const { return m_counterFile; }
    Result<> launch()
    {
        return agents::launchShim(QFile::encodeName(QCoreApplication::applicationDirPath()) + "/agenthub-shim",
                                  m_folder, m_spec);
    }
    Result<> start()
    {
        QObject::connect(&m_link, &agents::ShimLink::froze, [this](const posix::FreezeNews &news) { m_froze = news; });
        QObject::connect(&m_link, &agents::ShimLink::thawed,
                         [this](const posix::FreezeNews &news) { m_thawed = news; });
        QObject::connect(&m_link, &agents::ShimLink::exited,
                         [this](const posix::RunExit &, const posix::Position &behind) { m_end = behind; });
        HUB_CHECK(m_link.open(m_folder));
        m_link.go(++m_epoch);
        return {};
    }
    // Milliseconds from the request to the answer.
    Result<double> freeze(int processes)
    {
        m_froze.reset();
        const auto began = Watch::now();
        m_link.freeze({.epoch = ++m_epoch});
        HUB_CHECK(await(u"the tree is frozen"_s, [&] { return m_froze.has_value(); }));
        const double took = millisecondsSince(began);
        if (!m_froze->report.success || int(m_froze->report.processes) != processes)
            return fail(ErrorCode::Process,
                        u"Only %1 of %2 processes were frozen."_s.arg(m_froze->report.processes).arg(processes));
        return took;
    }
    Result<> thaw()
    {
        m_thawed.reset();
        m_link.thaw();
        return await(u"the tree goes on"_s, [&] { return m_thawed.has_value(); });
    }

private:
    template <class Holds>
    static Result<> await(const QString &what, Holds holds)
    {
        bool late = false;
        QTimer limit;
        limit.setSingleShot(true);
        QObject::connect(&limit, &QTimer::timeout, [&] { late = true; });
        limit.start(20'000);
        while (!holds() && !late)
            QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
        return late ? Result<>(fail(ErrorCode::Timeout, u"Not within 20 s: %1."_s.arg(what))) : Result<>();
    }

    QByteArray m_folder, m_counterFile;
    posix::ShimSpec m_spec;
    agents::ShimLink m_link;
    quint64 m_epoch = 0;
    std::optional<posix::FreezeNews> m_froze, m_thawed;
    std::optional<posix::Position> m_end;
};

Result<> freezeBy(const QByteArray &method, const Scratch &scratch, const Scale &scale, Report &report)
{
    const int processes = scale.sizeOr(100, 10);
    FrozenTree tree(scratch, method, processes);
    HUB_TRY(const Counters counters, Counters::create(tree.counterFile(), processes));
    if (auto launched = tree.launch(); !launched) {
        report.note(u"No freezing by %1 here: %2"_s.arg(QString::fromLatin1(method), launched.error().message));
        return {};
    }
    HUB_CHECK(tree.start());
    const auto allRun = [&]() -> Result<bool> { return counters.running() == processes; };
    std::vector<double> times;
    for (int round = 0; round < scale.roundsOr(15); ++round) {
        HUB_CHECK(HubSide::until(u"all processes run"_s, allRun));
        HUB_TRY(const double took, tree.freeze(processes));
        times.push_back(took);
        if (const int running = counters.running(); running > 0)
            return fail(ErrorCode::Process,
                        u"%1 processes run on after freezing by %2."_s.arg(running).arg(QString::fromLatin1(method)));
        HUB_CHECK(tree.thaw());
    }
    report.add(
        {.what = u"freeze of %1 processes by %2, to the answer"_s.arg(processes).arg(QString::fromLatin1(method)),
         .values = times,
         .target = Target{.limit = 10}});
    return {};
}

} // namespace

Result<> measureFreeze(const Scale &scale, Report &report)
{
    HUB_TRY(const auto scratch, Scratch::create());
    for (const char *method : {"cgroup2", "cgroup1", "walk"})
        HUB_CHECK(freezeBy(method, *scratch, scale, report));
    report.note(u"After each freeze the processes' own counters stood still."_s);
    return {};
}

} // namespace hub::bench
