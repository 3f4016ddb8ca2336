// One pass over a working tree: which files are in it, which of them changed since the stat cache was written. Two
// threads; nothing is read but folders, .gitignore files and stats. Private to core/git.
#pragma once

#include "core/git/ignorerules.h"
#include "core/git/indexfile.h"
#include "core/git/packwriter.h"
#include "core/git/repository.h"
#include "core/git/statcache.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory_resource>
#include <mutex>

namespace hub::git
{

struct ScanFolder;
class LazyIndex;
class LazyPaths;

struct ScanNode {
    FileStamp stamp;
    ObjectId id;
    const char *name = nullptr;
    ScanFolder *folder = nullptr; // for folders
    quint16 nameSize = 0;
    NodeKind kind = NodeKind::File;
    quint8 flags = 0;
    bool changed = true; // not as the cache has it

    std::string_view nameView() const { return {name, nameSize}; }
};

struct ScanFolder {
    ScanFolder *parent = nullptr;
    std::string_view name;
    FileStamp stamp;
    quint64 rulesKey = 0;
    ObjectId tree;
    quint32 cached = ~0u; // number in the cache
    quint8 flags = 0;
    bool vanished = false, unreadable = false;
    bool changed = false;        // the list of names or something listed differs from the cache
    std::vector<ScanNode> nodes; // by the bytes of their names

    QByteArray path() const;
};

struct ScanOptions {
    qint64 sizeLimit = 50ll << 20;             // larger files are left out
    qint64 policyLimit = 1ll << 20;            // ignored files held by policy are at most this large
    QList<QByteArray> policyPatterns{".env*"}; // names of ignored files that are held all the same
    int threads = 2;
    const LazyPaths *alsoHold = nullptr; // paths that are held though ignored

    quint64 key() const;
};

class TreeScan
{
public:
    // `index` is the user's; `known` tells whether the vault has an object. All must outlive the scan.
    TreeScan(const RepositoryPlace &place, const TreeRules &rules, const LazyIndex &index, const StatCache &cache,
             const ObjectSink &known, const ScanOptions &options, bool indexChanged);
    ~TreeScan();

    // Error only when the root can't be opened; what happens below is in the nodes.
    Result<> run();

    ScanFolder &root() { return *m_root; }
    int rootFd() const { return m_rootFile.fd(); }
    quint64 startedAtNs() const { return m_startedAt; }
    // Files and links whose content must be read.
    std::vector<std::pair<ScanFolder *, ScanNode *>> toRead();
    // Names left by an interrupted restore.
    const std::vector<QByteArray> &leftovers() const { return m_leftovers; }
    qint64 files() const { return m_files; }

private:
    struct Scope; // a repository: the tree itself or a nested one
    struct Job;
    struct Worker;

    void work();
    void process(Job job, Worker &worker);
    // Takes over the folder as the cache has it: only stats.
    void takeKnown(const Job &job, int fd, std::span<const CachedNode> known, std::vector<Job> &below);
    // Reads the names. Known ones are not judged again when trustKnown.
    void list(const Job &job, Worker &worker, int fd, std::span<const CachedNode> known, bool trustKnown,
              std::vector<Job> &below);
    // Whether the node belongs to the snapshot; sets its flags.
    bool judge(const Job &job, const QByteArray &path, ScanNode &node) const;
    // Fills in kind and id of what is no folder.
    void settle(const Job &job, ScanNode &node, const CachedNode *cached);
    bool reuseFromIndex(const Job &job, ScanNode &node) const;
    bool enterNested(Job &job, int fd) const;
    bool enterStore(Job &job) const;
    bool isClean(const FileStamp &stamp, const FileStamp &cached) const;
    bool alsoHeld(const QByteArray &path, bool isFolder) const;

    const RepositoryPlace &m_place;
    const TreeRules &m_rules;
    const StatCache &m_cache;
    const ObjectSink &m_known;
    const ScanOptions &m_options;
    const bool m_indexChanged;
    FileHandle m_rootFile;
    quint64 m_startedAt = 0;
    std::unique_ptr<ScanFolder> m_root;
    std::shared_ptr<Scope> m_rootScope;

    std::mutex m_mutex;
    std::condition_variable m_wake;
    std::deque<Job> m_jobs;
    int m_busy = 0;
    size_t m_started = 0;
    std::deque<ScanFolder> m_folders; // a deque never moves its elements
    std::deque<Worker> m_workers;
    std::vector<QByteArray> m_leftovers;
    std::atomic<qint64> m_files{0};
};

} // namespace hub::git
