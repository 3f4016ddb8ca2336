#include "core/git/treescan.h"

#include "core/git/indextree.h"
#include "core/git/treefile.h"
#include "core/git/treeobject.h"

#include <QCryptographicHash>

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory_resource>
#include <sys/stat.h>
#include <thread>
#include <time.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

constexpr size_t smallTree = 64; // folders; below that starting a thread costs more than it saves

QByteArray smallFileAt(int folder, const char *name)
{
    const FileHandle file(::openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    QByteArray content;
    struct stat info;
    if (!file.isOpen() || ::fstat(file.fd(), &info) != 0 || !S_ISREG(info.st_mode))
        return content;
    char buffer[16384];
    for (ssize_t got; (got = ::read(file.fd(), buffer, sizeof buffer)) > 0 && content.size() < (16 << 20);)
        content.append(buffer, got);
    return content;
}

std::string_view view(const QByteArray &bytes) { return {bytes.constData(), size_t(bytes.size())}; }

} // namespace

// A chain: the attribute lines of a folder before those of its parents.
struct AttributeLines {
    std::shared_ptr<const AttributeLines> parent;
    QByteArray folder; // in the repository
    std::vector<IgnorePattern> patterns;
};

struct TreeScan::Scope {
    QByteArray prefix;                // "" or "path/of/nested/"
    const LazyIndex *users = nullptr; // of the tree itself
    IndexFile own;                    // of a nested repository
    const IndexFile &index() const { return users ? users->file() : own; }
    bool indexChanged = false;
    bool store = false; // the `.git` of a nested repository
};

struct TreeScan::Job {
    ScanFolder *folder = nullptr;
    QByteArray path;
    std::shared_ptr<const Scope> scope;
    std::shared_ptr<const IgnoreRules> rules;
    std::shared_ptr<const AttributeLines> attributes;
    bool insideIgnored = false;
    size_t node = 0;      // its node in the parent
    quint32 cached = ~0u; // its number in the cache

    QByteArray inScope(const QByteArray &full) const { return full.mid(scope->prefix.size()); }
};

struct TreeScan::Worker {
    std::pmr::monotonic_buffer_resource names{64 * 1024};

    std::string_view keep(const char *name, size_t size)
    {
        char *copy = static_cast<char *>(names.allocate(size, 1));
        std::memcpy(copy, name, size);
        return {copy, size};
    }
};

QByteArray ScanFolder::path() const
{
    if (!parent)
        return {};
    const QByteArray own(name.data(), qsizetype(name.size()));
    return joinPath(parent->path(), own);
}

quint64 ScanOptions::key() const
{
    const QByteArray text =
        QByteArray::number(sizeLimit) + ' ' + QByteArray::number(policyLimit) + ' ' + policyPatterns.join('\n');
    quint64 key;
    std::memcpy(&key, QCryptographicHash::hash(text, QCryptographicHash::Sha1).constData(), sizeof key);
    return key;
}

TreeScan::TreeScan(const RepositoryPlace &place, const TreeRules &rules, const LazyIndex &index, const StatCache &cache,
                   const ObjectSink &known, const ScanOptions &options, bool indexChanged)
    : m_place(place)
    , m_rules(rules)
    , m_cache(cache)
    , m_known(known)
    , m_options(options)
    , m_indexChanged(indexChanged || options.alsoHold || cache.facts().readIgnoredAgain)
    , m_root(std::make_unique<ScanFolder>())
    , m_rootScope(std::make_shared<Scope>())
{
    m_rootScope->users = &index;
    m_rootScope->indexChanged = m_indexChanged;
}

TreeScan::~TreeScan() = default;

Result<> TreeScan::run()
{
    HUB_TRY(m_rootFile, openFile(m_place.workTree, O_RDONLY | O_DIRECTORY));
    // The clock that the kernel stamps files with: a file written from now on has no earlier time.
    timespec now;
    ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
    m_startedAt = quint64(now.tv_sec) * 1000000000 + quint64(now.tv_nsec);

    auto attributes = std::make_shared<AttributeLines>();
    attributes->patterns = m_rules.convertsAll ? parseIgnoreFile("*") : convertingPatterns(m_rules.attributes);
    if (!m_cache.isEmpty())
        m_root->cached = 0;
    m_jobs.push_back({m_root.get(),
                      {},
                      m_rootScope,
                      IgnoreRules::base(m_rules.userExcludes, m_rules.exclude, m_rules.ignoreCase),
                      std::move(attributes),
                      false});
    std::vector<std::thread> pool;
    const int threads = !m_cache.isEmpty() && m_cache.folders().size() < smallTree ? 1 : m_options.threads;
    for (int i = 0; i < threads; ++i)
        m_workers.emplace_back();
    for (int i = 1; i < threads; ++i)
        pool.emplace_back([this] { work(); });
    work();
    for (std::thread &thread : pool)
        thread.join();
    if (m_root->unreadable || m_root->vanished)
        return systemError(m_root->vanished ? ENOENT : EACCES, u"read", m_place.workTree);
    return {};
}

void TreeScan::work()
{
    std::unique_lock lock(m_mutex);
    Worker &worker = m_workers[m_started++];
    for (;;) {
        m_wake.wait(lock, [this] { return !m_jobs.empty() || m_busy == 0; });
        if (m_jobs.empty())
            break;
        Job job = std::move(m_jobs.back());
        m_jobs.pop_back();
        ++m_busy;
        lock.unlock();
        process(std::move(job), worker);
        lock.lock();
        --m_busy;
    }
    m_wake.notify_all();
}

bool TreeScan::isClean(const FileStamp &stamp, const FileStamp &cached) const
{
    return stamp == cached && quint64(std::max(stamp.mtimeNs, stamp.ctimeNs)) < m_cache.facts().scannedAtNs;
}

bool TreeScan::alsoHeld(const QByteArray &path, bool isFolder) const
{
    if (!m_options.alsoHold)
        return false;
    return isFolder ? m_options.alsoHold->hasBelow(path) : m_options.alsoHold->has(path);
}

// A folder with a `.git` that git would take for a repository: its files are held by its own rules.
bool TreeScan::enterNested(Job &job, int fd) const
{
    struct stat info;
    if (job.path.isEmpty() || job.scope->store || ::fstatat(fd, ".git", &info, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    QByteArray gitDir = m_place.workTree + '/' + job.path + "/.git";
    if (S_ISREG(info.st_mode)) {
        const QByteArray link = smallFileAt(fd, ".git");
        if (!link.startsWith("gitdir:"))
            return false;
        const QByteArray named = link.mid(7).trimmed();
        gitDir = named.startsWith('/') ? named : m_place.workTree + '/' + job.path + '/' + named;
    } else if (!S_ISDIR(info.st_mode) || ::fstatat(fd, ".git/HEAD", &info, AT_SYMLINK_NOFOLLOW) != 0) {
        return false;
    }
    auto scope = std::make_shared<Scope>();
    scope->prefix = job.path + '/';
    scope->indexChanged = true; // its index is not remembered between scans
    // A nested index that can't be read only means that ignored files count as untracked.
    scope->own = readIndex(gitDir, m_place.workTree + '/' + job.path).valueOr({});
    job.scope = std::move(scope);
    job.rules =
        IgnoreRules::base(m_rules.userExcludes, readFile(gitDir + "/info/exclude").valueOr({}), m_rules.ignoreCase);
    job.attributes = std::make_shared<AttributeLines>(AttributeLines{{}, {}, parseIgnoreFile("*")});
    job.insideIgnored = false;
    return true;
}

// The `.git` of a nested repository, which is held byte for byte: no rule leaves anything out, nothing is converted.
bool TreeScan::enterStore(Job &job) const
{
    if (!job.path.endsWith("/.git"))
        return false;
    auto scope = std::make_shared<Scope>();
    scope->prefix = job.path + '/';
    scope->store = true;
    job.scope = std::move(scope);
    job.rules = IgnoreRules::base({}, {}, false);
    job.attributes = std::make_shared<AttributeLines>();
    job.insideIgnored = false;
    return true;
}

void TreeScan::process(Job job, Worker &worker)
{
    ScanFolder &folder = *job.folder;
    const int fd = openBeneath(m_rootFile.fd(), job.path, O_RDONLY | O_DIRECTORY);
    if (fd < 0) {
        folder.unreadable = fd == -EACCES || fd == -EPERM;
        folder.vanished = !folder.unreadable;
        return;
    }
    const FileHandle handle(fd);
    struct stat info;
    ::fstat(fd, &info);
    folder.stamp = stampOf(info);

    std::span<const CachedNode> known;
    bool sameNames = false;
    const CachedFolder *cached = folder.cached == ~0u ? nullptr : &m_cache.folders()[folder.cached];
    if (cached) {
        known = m_cache.nodesOf(folder.cached);
        sameNames = isClean(folder.stamp, cached->stamp);
    }
    const auto knownName = [&](std::string_view name) {
        const auto at =
            std::lower_bound(known.begin(), known.end(), name, [&](const CachedNode &node, std::string_view wanted) {
                return m_cache.nameOf(node) < wanted;
            });
        return at != known.end() && m_cache.nameOf(*at) == name;
    };
    if (enterStore(job) || ((!sameNames || (cached->flags & FolderFlag::nested)) && enterNested(job, fd)))
        folder.flags |= FolderFlag::nested;
    if (!sameNames || knownName(".gitignore")) {
        const QByteArray content = smallFileAt(fd, ".gitignore");
        if (!content.isEmpty())
            job.rules = IgnoreRules::below(std::move(job.rules), job.inScope(job.path), content);
    }
    if (!sameNames || knownName(".gitattributes")) {
        auto patterns = convertingPatterns(smallFileAt(fd, ".gitattributes"));
        if (!patterns.empty())
            job.attributes = std::make_shared<AttributeLines>(
                AttributeLines{job.attributes, job.inScope(job.path), std::move(patterns)});
    }
    folder.rulesKey = job.rules->key() + (job.insideIgnored ? 1 : 0);

    const bool trustKnown = cached && folder.rulesKey == cached->rulesKey &&
                            (cached->flags & FolderFlag::nested) == (folder.flags & FolderFlag::nested) &&
                            !((cached->flags & FolderFlag::hasIgnored) && job.scope->indexChanged);
    std::vector<Job> below;
    if (sameNames && trustKnown) {
        folder.flags |= quint8(cached->flags & FolderFlag::hasIgnored);
        takeKnown(job, fd, known, below);
    } else {
        list(job, worker, fd, known, trustKnown, below);
        folder.changed = true;
    }
    m_files += qint64(folder.nodes.size() - below.size());
    if (below.empty())
        return;
    const std::lock_guard lock(m_mutex);
    for (Job &next : below) {
        m_folders.emplace_back();
        ScanFolder &child = m_folders.back();
        ScanNode &node = folder.nodes[size_t(next.node)];
        child.parent = &folder;
        child.name = node.nameView();
        child.cached = next.cached;
        node.folder = &child;
        next.folder = &child;
        m_jobs.push_back(std::move(next));
    }
    m_wake.notify_all();
}

void TreeScan::takeKnown(const Job &job, int fd, std::span<const CachedNode> known, std::vector<Job> &below)
{
    ScanFolder &folder = *job.folder;
    folder.nodes.reserve(known.size());
    char name[NAME_MAX + 1];
    for (const CachedNode &cached : known) {
        ScanNode node;
        node.name = m_cache.nameOf(cached).data();
        node.nameSize = cached.nameSize;
        node.flags = quint8(cached.flags & ~NodeFlag::inMotion);
        node.kind = cached.kind;
        if (cached.kind == NodeKind::Folder) {
            node.changed = false;
            Job next{nullptr,        joinPath(job.path, QByteArray(node.name, node.nameSize)),
                     job.scope,      job.rules,
                     job.attributes, bool(cached.flags & NodeFlag::insideIgnored)};
            next.node = folder.nodes.size();
            next.cached = cached.folder;
            below.push_back(std::move(next));
            folder.nodes.push_back(node);
            continue;
        }
        std::memcpy(name, node.name, node.nameSize);
        name[node.nameSize] = 0;
        struct stat info;
        if (::fstatat(fd, name, &info, AT_SYMLINK_NOFOLLOW) != 0 || S_ISDIR(info.st_mode)) {
            folder.changed = true; // gone since the folder was looked at
            continue;
        }
        node.stamp = stampOf(info);
        settle(job, node, &cached);
        folder.nodes.push_back(node);
    }
}

void TreeScan::list(const Job &job, Worker &worker, int fd, std::span<const CachedNode> known, bool trustKnown,
                    std::vector<Job> &below)
{
    ScanFolder &folder = *job.folder;
    DIR *entries = ::fdopendir(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
    if (!entries) {
        folder.unreadable = true;
        return;
    }
    ::rewinddir(entries);
    struct Found {
        ScanNode node;
        const CachedNode *cached;
    };
    std::vector<Found> found;
    while (const dirent *entry = ::readdir(entries)) {
        const std::string_view name(entry->d_name);
        const bool store = name == ".git";
        // Locks are of a git program at work: put back, they would be stale.
        if (name == "." || name == ".." || (store && !(folder.flags & FolderFlag::nested)) ||
            (job.scope->store && (name.ends_with(".lock") || name == "gc.pid")))
            continue;
        const QByteArray path = joinPath(job.path, QByteArray(name.data(), qsizetype(name.size())));
        if (name.starts_with(temporaryPrefix)) {
            const std::lock_guard lock(m_mutex);
            m_leftovers.push_back(path);
            continue;
        }
        struct stat info;
        if (::fstatat(fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        ScanNode node;
        node.stamp = stampOf(info);
        node.nameSize = quint16(name.size());
        node.kind = S_ISDIR(info.st_mode) ? NodeKind::Folder : NodeKind::File;
        const auto at =
            std::lower_bound(known.begin(), known.end(), name,
                             [&](const CachedNode &n, std::string_view wanted) { return m_cache.nameOf(n) < wanted; });
        const CachedNode *cached = at != known.end() && m_cache.nameOf(*at) == name ? &*at : nullptr;
        const bool sameSort = cached && (cached->kind == NodeKind::Folder) == S_ISDIR(info.st_mode);
        if (trustKnown && sameSort)
            node.flags = quint8(cached->flags & ~NodeFlag::inMotion);
        else if (!store && !judge(job, path, node)) {
            folder.flags |= FolderFlag::hasIgnored;
            continue;
        }
        if (node.flags)
            folder.flags |= FolderFlag::hasIgnored;
        node.name = worker.keep(name.data(), name.size()).data();
        found.push_back({node, sameSort ? cached : nullptr});
    }
    ::closedir(entries);
    std::sort(found.begin(), found.end(),
              [](const Found &a, const Found &b) { return a.node.nameView() < b.node.nameView(); });
    folder.nodes.reserve(found.size());
    for (Found &entry : found) {
        if (entry.node.kind == NodeKind::Folder) {
            entry.node.changed = !entry.cached;
            Job next{nullptr,        joinPath(job.path, QByteArray(entry.node.name, entry.node.nameSize)),
                     job.scope,      job.rules,
                     job.attributes, bool(entry.node.flags & NodeFlag::insideIgnored)};
            next.node = folder.nodes.size();
            next.cached = entry.cached ? entry.cached->folder : ~0u;
            below.push_back(std::move(next));
        } else {
            settle(job, entry.node, entry.cached);
        }
        folder.nodes.push_back(entry.node);
    }
}

bool TreeScan::judge(const Job &job, const QByteArray &path, ScanNode &node) const
{
    const bool isFolder = node.kind == NodeKind::Folder;
    const QByteArray inScope = job.inScope(path);
    if (!job.insideIgnored && !job.rules->ignores(view(inScope), isFolder))
        return true;
    // Tracked files are held wherever they lie. The folder is marked through the flag even when the file is held.
    const bool tracked = job.scope->index().find(inScope) || (isFolder && job.scope->index().hasBelow(inScope)) ||
                         alsoHeld(path, isFolder);
    if (tracked) {
        job.folder->flags |= FolderFlag::hasIgnored;
        if (isFolder)
            node.flags |= NodeFlag::insideIgnored;
        return true;
    }
    if (isFolder || !S_ISREG(node.stamp.mode))
        return false;
    if (!job.insideIgnored && qint64(node.stamp.size) <= m_options.policyLimit) {
        const QByteArray name = fileName(path);
        for (const QByteArray &pattern : m_options.policyPatterns) {
            if (wildMatch(view(pattern), view(name), false)) {
                node.flags |= NodeFlag::policy;
                return true;
            }
        }
    }
    if (inScope == ".gitignore" || inScope.endsWith("/.gitignore")) {
        node.flags |= NodeFlag::rulesOnly;
        return true;
    }
    return false;
}

void TreeScan::settle(const Job &job, ScanNode &node, const CachedNode *cached)
{
    if (cached && isClean(node.stamp, cached->stamp) && !(cached->flags & NodeFlag::inMotion) &&
        cached->kind != NodeKind::Unreadable) {
        node.kind = cached->kind;
        node.id = cached->id;
        node.changed = node.flags != cached->flags;
        return;
    }
    node.changed = true;
    node.id = {};
    if (S_ISLNK(node.stamp.mode)) {
        node.kind = NodeKind::Link;
    } else if (!S_ISREG(node.stamp.mode)) {
        node.kind = NodeKind::Special;
    } else {
        node.kind = NodeKind::File;
        // An unchanged file of the index costs nothing to hold, however large.
        if (!cached && reuseFromIndex(job, node))
            return;
        if (qint64(node.stamp.size) > m_options.sizeLimit)
            node.kind = NodeKind::TooBig;
    }
}

bool TreeScan::reuseFromIndex(const Job &job, ScanNode &node) const
{
    // Only a first look is worth the index: what is new later was hardly ever added already.
    if (!m_cache.isEmpty() || !job.scope->prefix.isEmpty())
        return false;
    const IndexFile &index = job.scope->index();
    const QByteArray path = joinPath(job.path, QByteArray(node.name, node.nameSize));
    const IndexEntry *entry = index.find(path);
    if (!entry || entry->stage != 0 || entry->intentToAdd || (entry->mode != modeFile && entry->mode != modeExecutable))
        return false;
    const IndexStat &s = entry->stat;
    const qint64 mtime = qint64(s.mtimeSeconds) * 1000000000 + s.mtimeNanos;
    const qint64 ctime = qint64(s.ctimeSeconds) * 1000000000 + s.ctimeNanos;
    if (mtime != node.stamp.mtimeNs || ctime != node.stamp.ctimeNs || s.inode != quint32(node.stamp.inode) ||
        s.size != quint32(node.stamp.size) || node.stamp.size > 0xffffffffu || std::max(mtime, ctime) >= index.mtimeNs)
        return false;
    for (const AttributeLines *lines = job.attributes.get(); lines; lines = lines->parent.get()) {
        const qsizetype skip = lines->folder.isEmpty() ? 0 : lines->folder.size() + 1;
        for (const IgnorePattern &pattern : lines->patterns) {
            if (matches(pattern, view(path).substr(size_t(skip)), node.nameView(), false, true))
                return false;
        }
    }
    if (!m_known.has(entry->id))
        return false;
    node.id = entry->id;
    return true;
}

std::vector<std::pair<ScanFolder *, ScanNode *>> TreeScan::toRead()
{
    std::vector<std::pair<ScanFolder *, ScanNode *>> wanted;
    const auto collect = [&](ScanFolder &folder) {
        for (ScanNode &node : folder.nodes) {
            if ((node.kind == NodeKind::File || node.kind == NodeKind::Link) && node.id.isNull() &&
                !(node.flags & NodeFlag::rulesOnly))
                wanted.emplace_back(&folder, &node);
        }
    };
    collect(*m_root);
    for (ScanFolder &folder : m_folders)
        collect(folder);
    return wanted;
}

} // namespace hub::git
