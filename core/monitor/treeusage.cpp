#include "core/monitor/treeusage.h"

#include "core/base/durablefile.h"

#include <QFile>

#include <algorithm>
#include <dirent.h>
#include <unistd.h>
#include <unordered_map>

using namespace Qt::StringLiterals;

namespace hub::monitor
{

namespace
{

// smaps_rollup costs as much as fifty looks at stat.
constexpr size_t largestTrees = 3, largestProcesses = 20;

using Processes = std::unordered_map<pid_t, posix::ProcessStat>;

template <class Fn>
void forEachEntry(const QByteArray &folder, Fn fn)
{
    DIR *entries = ::opendir(folder.constData());
    if (!entries)
        return;
    while (const dirent *entry = ::readdir(entries))
        fn(entry->d_name);
    ::closedir(entries);
}

Processes readAll(const QByteArray &proc)
{
    Processes all;
    forEachEntry(proc, [&](const char *name) {
        if (*name < '1' || *name > '9')
            return;
        if (const auto stat = posix::readStat(pid_t(std::atoi(name)), proc.constData()))
            all.emplace(stat->id.pid, *stat);
    });
    return all;
}

// Number of the line "name: 123" or "name: 123 kB".
qint64 numberAfter(const QByteArray &text, const QByteArray &name)
{
    const qsizetype at = text.startsWith(name) ? 0 : text.indexOf('\n' + name);
    if (at < 0)
        return 0;
    const qsizetype from = text.indexOf(':', at) + 1;
    return text.mid(from, text.indexOf('\n', from) - from).trimmed().split(' ').first().toLongLong();
}

class Look
{
public:
    Look(const QByteArray &proc, const Processes &all)
        : m_proc(proc)
        , m_all(all)
    {
        for (const auto &[pid, stat] : all)
            m_children[stat.parent].push_back(pid);
    }

    // Parents before their children; the root comes first.
    std::vector<pid_t> treeOf(pid_t root) const
    {
        std::vector<pid_t> tree{root};
        for (size_t i = 0; i < tree.size(); ++i) {
            if (const auto children = m_children.find(tree[i]); children != m_children.end())
                tree.insert(tree.end(), children->second.begin(), children->second.end());
        }
        return tree;
    }

    QByteArray text(pid_t pid, const char *file) const
    {
        return readFile(m_proc + '/' + QByteArray::number(pid) + '/' + file).valueOr({});
    }
    QString name(pid_t pid) const { return QString::fromUtf8(text(pid, "comm").trimmed()); }
    int openFiles(pid_t pid) const
    {
        int count = 0;
        forEachEntry(m_proc + '/' + QByteArray::number(pid) + "/fd",
                     [&](const char *entry) { count += *entry != '.'; });
        return count;
    }

private:
    const QByteArray &m_proc;
    const Processes &m_all;
    std::unordered_map<pid_t, std::vector<pid_t>> m_children;
};

// What the agent's processes were started with; without the end of the text, which is that of the next entry.
QString markIn(const QByteArray &environment)
{
    const QByteArray name = QByteArray::fromStdString(posix::markEntry({}));
    const QList<QByteArray> entries = environment.split('\0');
    const auto found =
        std::find_if(entries.begin(), entries.end(), [&](const QByteArray &entry) { return entry.startsWith(name); });
    return found == entries.end() ? QString() : QString::fromUtf8(found->mid(name.size()));
}

} // namespace

TreePass TreeSampler::take(const QList<TreeRoot> &roots, const QString &hubId, std::chrono::milliseconds uptime)
{
    const Processes all = readAll(m_proc);
    const Look look(m_proc, all);
    const double seconds = double((uptime - m_lastUptime).count()) / 1000;
    static const double tick = double(::sysconf(_SC_CLK_TCK));
    static const qint64 page = ::sysconf(_SC_PAGESIZE);
    TreePass pass{.processes = int(all.size())};
    std::map<RunId, Counters> counters;
    std::vector<std::vector<pid_t>> trees;
    std::unordered_map<pid_t, bool> below;
    for (const TreeRoot &root : roots) {
        TreeUsage usage{.run = root.run};
        const auto shim = all.find(root.shim.pid);
        const std::vector<pid_t> tree =
            shim != all.end() && shim->second.id == root.shim ? look.treeOf(root.shim.pid) : std::vector<pid_t>();
        Counters &now = counters[root.run];
        for (const pid_t pid : tree) {
            below[pid] = true;
            const posix::ProcessStat &stat = all.at(pid);
            now.ticks += stat.ticks + stat.childTicks;
            const QByteArray io = look.text(pid, "io");
            now.read += numberAfter(io, "read_bytes");
            now.written += numberAfter(io, "write_bytes");
            if (pid == root.shim.pid)
                continue;
            if (stat.isGone()) {
                usage.zombies << u"%1 %2"_s.arg(pid).arg(look.name(pid));
                continue;
            }
            ++usage.processes;
            usage.threads += stat.threads;
            usage.memory += stat.resident * page;
            usage.openFiles += look.openFiles(pid);
        }
        // A process that ended takes its counts with it, so they may go back.
        if (const auto before = m_last.find(root.run); before != m_last.end() && seconds > 0) {
            const auto rate = [seconds](auto then, auto there) {
                return there > then ? double(there - then) / seconds : 0;
            };
            usage.cpu = 100 * rate(before->second.ticks, now.ticks) / tick;
            usage.readPerSecond = rate(before->second.read, now.read);
            usage.writtenPerSecond = rate(before->second.written, now.written);
        }
        pass.trees << usage;
        trees.push_back(tree);
    }
    std::vector<size_t> bySize(trees.size());
    for (size_t i = 0; i < bySize.size(); ++i)
        bySize[i] = i;
    std::sort(bySize.begin(), bySize.end(),
              [&](size_t a, size_t b) { return pass.trees[qsizetype(a)].memory > pass.trees[qsizetype(b)].memory; });
    for (size_t i = 0; i < std::min(largestTrees, bySize.size()); ++i) {
        std::vector<pid_t> tree = trees[bySize[i]];
        std::erase(tree, roots[qsizetype(bySize[i])].shim.pid);
        std::sort(tree.begin(), tree.end(), [&](pid_t a, pid_t b) { return all.at(a).resident > all.at(b).resident; });
        qint64 bytes = 0;
        for (size_t n = 0; n < tree.size(); ++n) // of small ones what they share is little
            bytes += n < largestProcesses ? numberAfter(look.text(tree[n], "smaps_rollup"), "Pss") * 1024
                                          : all.at(tree[n]).resident * page;
        if (bytes > 0)
            pass.trees[qsizetype(bySize[i])].proportional = bytes;
    }
    for (const auto &[pid, stat] : all) {
        if (below.contains(pid) || stat.isGone() || pid == ::getpid())
            continue;
        const QString mark = markIn(look.text(pid, "environ"));
        const QString name = mark.startsWith(hubId + u'-') ? look.name(pid) : QString();
        if (!name.isEmpty() && name != u"agenthub-shim")
            pass.strays << Stray{stat.id, name, mark};
    }
    m_last = std::move(counters);
    m_lastUptime = uptime;
    return pass;
}

} // namespace hub::monitor
