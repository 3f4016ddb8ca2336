// From a finished scan to git trees, the manifest's part about files, and the next stat cache. Private to core/git.
#pragma once

#include "core/git/manifest.h"
#include "core/git/treeobject.h"
#include "core/git/treescan.h"

namespace hub::git
{

struct BuiltTrees {
    ObjectId files, ignored, nested; // null when there is nothing (files is then the empty tree)
    qint64 fileCount = 0;
    bool cacheOutdated = false; // the cache on disk does not say what the scan found
};

class TreeBuild
{
public:
    TreeBuild(ScanFolder &root, const StatCache &cache, ObjectSink &sink, Manifest &manifest)
        : m_root(root)
        , m_cache(cache)
        , m_sink(sink)
        , m_manifest(manifest)
    {
    }
    Result<BuiltTrees> run();
    StatCacheWriter cacheContent() const;

private:
    void chooseModes();
    void countModes(const ScanFolder &folder, std::vector<quint32> &files, std::vector<quint32> &executables,
                    std::vector<quint32> &folders) const;
    Result<> build(ScanFolder &folder, const QByteArray &path);
    void note(const ScanFolder &folder, const QByteArray &path, bool anythingHeld);
    static void measure(const ScanFolder &folder, size_t &nodes, size_t &names);
    bool sameAsCached(const ScanFolder &folder) const;

    ScanFolder &m_root;
    const StatCache &m_cache;
    ObjectSink &m_sink;
    Manifest &m_manifest;
    BuiltTrees m_built;
    FlatTree m_policy;
    std::vector<TreeEntry> m_nested;
};

} // namespace hub::git
