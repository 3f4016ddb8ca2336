#include "core/git/caches.h"

#include "core/git/bring.h"
#include "core/git/gitprogram.h"
#include "core/git/treefile.h"

#include <QFile>
#include <QSet>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

constexpr char tagName[] = "CACHEDIR.TAG";
constexpr char signature[] = "Signature: 8a477f597d28d172789f06886806bc55";
constexpr size_t deepest = 200; // folders in folders; what lies deeper is no build's

// A folder that a tool makes. `inside` or `beside` is the file that shows it; neither: the name is enough.
struct Known {
    const char *name;
    const char *inside;
    const char *beside;
    const char *kind;
    bool packages = false; // of others, as a package manager put them there
};
constexpr Known knownFolders[]{
    {"node_modules", nullptr, "package.json", "packages of node", true},
    {"target", nullptr, "Cargo.toml", "build output of cargo"},
    {"target", nullptr, "pom.xml", "build output of maven"},
    {"build", nullptr, "build.gradle", "build output of gradle"},
    {"build", nullptr, "build.gradle.kts", "build output of gradle"},
    {".gradle", nullptr, "settings.gradle", "cache of gradle"},
    {".gradle", nullptr, "settings.gradle.kts", "cache of gradle"},
    {".next", nullptr, "package.json", "build output of next"},
    {".nuxt", nullptr, "package.json", "build output of nuxt"},
    {".parcel-cache", nullptr, "package.json", "cache of parcel"},
    {".turbo", nullptr, "package.json", "cache of turbo"},
    {"__pycache__", nullptr, nullptr, "compiled python"},
    {".pytest_cache", nullptr, nullptr, "cache of pytest"},
    {".mypy_cache", nullptr, nullptr, "cache of mypy"},
    {".ruff_cache", nullptr, nullptr, "cache of ruff"},
    {".tox", nullptr, "tox.ini", "environments of tox", true},
    {".nox", nullptr, "noxfile.py", "environments of nox", true},
    {nullptr, "CMakeCache.txt", nullptr, "build output of cmake"},
    {nullptr, "build.ninja", nullptr, "build output of ninja"},
    {nullptr, "meson-info", nullptr, "build output of meson"},
};

// What a person writes and a build reads. Beside a build's own files it says that the build was set up in place, among
// what may be the only copy of its sources.
bool isBuildSource(const QByteArray &name)
{
    static const QSet<QByteArray> known{"CMakeLists.txt", "meson.build",  "configure",
                                        "configure.ac",   "configure.py", "autogen.sh"};
    return known.contains(name) || name.endsWith(".gn");
}

std::string_view view(const QByteArray &bytes) { return {bytes.constData(), size_t(bytes.size())}; }

std::vector<IgnorePattern> parse(const QList<QByteArray> &patterns)
{
    QByteArray lines;
    for (QByteArray pattern : patterns) {
        pattern = pattern.trimmed();
        if (pattern.startsWith("link:"))
            pattern.remove(0, 5);
        lines += pattern + '\n';
    }
    return parseIgnoreFile(lines);
}

bool matchesAny(const std::vector<IgnorePattern> &patterns, const QByteArray &path, bool folder)
{
    return std::any_of(patterns.begin(), patterns.end(), [&](const IgnorePattern &pattern) {
        return matches(pattern, view(path), view(fileName(path)), folder, false);
    });
}

bool isThere(int folder, const char *name)
{
    struct stat info;
    return ::fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISLNK(info.st_mode);
}

bool hasTag(int folder)
{
    const FileHandle file(::openat(folder, tagName, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    char head[sizeof signature - 1];
    return file.isOpen() && ::read(file.fd(), head, sizeof head) == ssize_t(sizeof head) &&
           std::equal(head, head + sizeof head, signature);
}

// The value of an entry of CMakeCache.txt.
QByteArray cmakeEntry(const QByteArray &cache, const QByteArray &name)
{
    const QByteArray start = '\n' + name + ":INTERNAL=";
    const qsizetype at = cache.indexOf(start);
    if (at < 0)
        return {};
    const qsizetype from = at + start.size(), end = cache.indexOf('\n', from);
    return cache.sliced(from, (end < 0 ? cache.size() : end) - from).trimmed();
}

// Whether cmake's own record names this folder, or one in it, as that of the sources.
Result<bool> holdsCmakeSources(int folder)
{
    constexpr qint64 largest = 64 << 20;
    const QByteArray here = "/proc/self/fd/" + QByteArray::number(folder);
    struct stat info {
    };
    if (::fstatat(folder, "CMakeCache.txt", &info, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT)
        return false;
    if (!S_ISREG(info.st_mode) || info.st_size > largest)
        return fail(ErrorCode::Unsupported, u"CMakeCache.txt is no cache of cmake."_s);
    HUB_TRY(const QByteArray cache, readFile(here + "/CMakeCache.txt"));
    const QByteArray sources = cmakeEntry(cache, "CMAKE_HOME_DIRECTORY");
    const auto isIn = [&](const QByteArray &place) {
        return !place.isEmpty() && (sources + '/').startsWith(place + '/');
    };
    // As cmake called it, which holds where the tree was moved or is reached through a link; and as it is called now.
    return isIn(cmakeEntry(cache, "CMAKE_CACHEFILE_DIR")) ||
           isIn(QFile::encodeName(QFile::symLinkTarget(QFile::decodeName(here))));
}

Instant writtenAt(const struct stat &info)
{
    const timespec &later = info.st_ctim.tv_sec != info.st_mtim.tv_sec
                                ? (info.st_ctim.tv_sec > info.st_mtim.tv_sec ? info.st_ctim : info.st_mtim)
                                : (info.st_ctim.tv_nsec > info.st_mtim.tv_nsec ? info.st_ctim : info.st_mtim);
    return fromMillis(qint64(later.tv_sec) * 1000 + later.tv_nsec / 1000000);
}

class Search
{
public:
    Search(int root, const CacheRules &rules)
        : m_root(root)
        , m_more(parse(rules.more))
        , m_kept(parse(rules.kept))
    {
    }

    CacheSearch take() &&
    {
        std::stable_sort(m_search.found.begin(), m_search.found.end(),
                         [](const CacheEntry &a, const CacheEntry &b) { return a.newest < b.newest; });
        return std::move(m_search);
    }

    // Something that git ignores, as a whole when it is a folder.
    void consider(const QByteArray &path)
    {
        struct stat info;
        if (!statBeneath(m_root, path, info) || S_ISLNK(info.st_mode))
            return;
        if (S_ISREG(info.st_mode))
            return considerFile(path, info);
        if (S_ISDIR(info.st_mode))
            considerFolder(path, info);
    }

private:
    struct Measure {
        qint64 bytes = 0;
        Instant newest{};
        QString whyNot; // not empty: it stays
    };

    void considerFile(const QByteArray &path, const struct stat &info)
    {
        if (!matchesAny(m_more, path, false) || matchesAny(m_kept, path, false) || isNeverOurs(fileName(path)) ||
            info.st_nlink != 1)
            return;
        m_search.found.push_back({path, namedKind, false, qint64(info.st_blocks) * 512, writtenAt(info),
                                  quint64(info.st_dev), quint64(info.st_ino)});
    }

    void considerFolder(const QByteArray &path, const struct stat &info)
    {
        const FileHandle folder(openBeneath(m_root, path, O_RDONLY | O_DIRECTORY));
        if (matchesAny(m_kept, path, true) || !folder.isOpen() || isThere(folder.fd(), ".git"))
            return; // a repository of its own
        const Kind kind = kindOf(path, folder.fd());
        if (kind.name.isEmpty()) {
            const auto names = namesIn(folder.fd());
            if (!names)
                m_search.withheld.emplace_back(path, unreadable);
            for (const QByteArray &name : names.value_or(QList<QByteArray>()))
                consider(joinPath(path, name));
            return;
        }
        Measure measure;
        if (kind.byContent)
            measure.whyNot = whatIsSource(path, folder.fd());
        note(measure, info);
        if (measure.whyNot.isEmpty())
            add(path, folder.fd(), kind.packages, quint64(info.st_dev), 0, measure);
        if (measure.whyNot.isEmpty())
            m_search.found.push_back(
                {path, kind.name, true, measure.bytes, measure.newest, quint64(info.st_dev), quint64(info.st_ino)});
        else
            m_search.withheld.emplace_back(path, measure.whyNot);
    }

    struct Kind {
        QString name; // empty: none
        bool packages = false;
        bool byContent = false; // nothing but a build's file in it shows it
    };

    Kind kindOf(const QByteArray &path, int folder) const
    {
        if (hasTag(folder))
            return {QString::fromLatin1(tagName)};
        const bool isNamed = matchesAny(m_more, path, true);
        const QByteArray name = fileName(path);
        const FileHandle parent(path.contains('/') ? openBeneath(m_root, parentPath(path), O_RDONLY | O_DIRECTORY)
                                                   : ::fcntl(m_root, F_DUPFD_CLOEXEC, 0));
        for (const Known &known : knownFolders) {
            if ((known.name && name != known.name) || (known.inside && !isThere(folder, known.inside)) ||
                (known.beside && !(parent.isOpen() && isThere(parent.fd(), known.beside))))
                continue;
            return {QString::fromLatin1(known.kind), known.packages, !known.name && !isNamed};
        }
        return {isNamed ? namedKind : QString()};
    }

    // Why a folder with a build's files is the sources' own too; empty when it is not.
    static QString whatIsSource(const QByteArray &path, int folder)
    {
        const auto names = namesIn(folder);
        const auto holds = holdsCmakeSources(folder);
        if (!names || !holds)
            return QFile::decodeName(path) + u' ' + unreadable;
        const auto source = std::find_if(names->begin(), names->end(), isBuildSource);
        if (source != names->end())
            return QFile::decodeName(joinPath(path, *source)) +
                   u" is no build output: the sources may be in the same folder, and nowhere else"_s;
        return *holds ? u"the sources that cmake builds lie in it, and maybe nowhere else"_s : QString();
    }

    // By policy a checkpoint has it where it can, and else nothing has.
    static bool isNeverOurs(const QByteArray &name) { return name.startsWith(".env") || name == ".gitignore"; }

    // Whether a pattern may have brought this from within a folder that is ignored as a whole.
    bool isBrought(const QByteArray &path, bool folder, bool packages) const
    {
        return std::any_of(m_kept.begin(), m_kept.end(), [&](const IgnorePattern &pattern) {
            return (pattern.anchored || !packages) && matches(pattern, view(path), view(fileName(path)), folder, false);
        });
    }

    static void note(Measure &measure, const struct stat &info)
    {
        measure.bytes += qint64(info.st_blocks) * 512;
        measure.newest = std::max(measure.newest, writtenAt(info));
    }

    // All that goes with a folder, unless something in it has to stay.
    void add(const QByteArray &path, int folder, bool packages, quint64 device, size_t depth, Measure &measure) const
    {
        const auto stays = [&](const QByteArray &what, const QString &why) {
            measure.whyNot = QFile::decodeName(what) + u' ' + why;
        };
        if (depth > deepest)
            return stays(path, u"lies too deep"_s);
        const auto names = namesIn(folder);
        if (!names)
            return stays(path, unreadable);
        for (const QByteArray &name : *names) {
            const QByteArray below = joinPath(path, name);
            struct stat info;
            if (::fstatat(folder, name.constData(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
                if (errno == ENOENT)
                    continue; // gone meanwhile
                return stays(below, unreadable);
            }
            const bool isFolder = S_ISDIR(info.st_mode);
            if (isBrought(below, isFolder, packages) || (!packages && name.startsWith(".env")))
                return stays(below, u"was brought along or is never in a checkpoint"_s);
            if (name == ".git")
                return stays(below, u"is a repository"_s);
            if (quint64(info.st_dev) != device)
                return stays(below, u"is another file system"_s);
            note(measure, info);
            if (!isFolder)
                continue;
            const FileHandle next(::openat(folder, name.constData(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
            if (!next.isOpen())
                return stays(below, unreadable);
            add(below, next.fd(), packages, device, depth + 1, measure);
            if (!measure.whyNot.isEmpty())
                return;
        }
    }

    // Nothing: not all of them could be read. A folder that seems empty then may hold anything.
    static std::optional<QList<QByteArray>> namesIn(int folder)
    {
        FileHandle again(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        const std::unique_ptr<DIR, int (*)(DIR *)> entries(again.isOpen() ? ::fdopendir(again.fd()) : nullptr,
                                                           &::closedir);
        if (!entries)
            return {};
        again.release(); // it is the listing's now
        QList<QByteArray> names;
        errno = 0; // of readdir() nothing else tells an error from the end
        while (const dirent *entry = ::readdir(entries.get())) {
            const QByteArray name(entry->d_name);
            if (name != "." && name != "..")
                names << name;
            errno = 0;
        }
        if (errno != 0)
            return {};
        std::sort(names.begin(), names.end());
        return names;
    }

    static inline const QString namedKind = u"named in the project's caches"_s, unreadable = u"can't be read"_s;
    const int m_root;
    const std::vector<IgnorePattern> m_more, m_kept;
    CacheSearch m_search;
};

// Of the listed folders those that a rule names: git lists one with nothing but ignored files in it as well, and that
// one itself belongs to the tree.
Result<QSet<QByteArray>> ignoredAsAWhole(const RepositoryPlace &tree, const QList<QByteArray> &folders)
{
    if (folders.isEmpty())
        return QSet<QByteArray>();
    HUB_TRY(const GitOutput asked, tryGit({.folder = tree.workTree,
                                           .arguments = {"check-ignore", "-z", "--stdin"},
                                           .input = folders.join('\0') + '\0'}));
    if (asked.exitCode > 1) // 1: none of them
        return fail(ErrorCode::Git, u"git check-ignore: %1"_s.arg(QString::fromLocal8Bit(asked.err.trimmed())));
    const QList<QByteArray> named = asked.out.split('\0');
    return QSet<QByteArray>(named.begin(), named.end());
}

} // namespace

Result<CacheSearch> findCaches(const RepositoryPlace &tree, const CacheRules &rules)
{
    HUB_TRY(const FileHandle root, openFile(tree.workTree, O_RDONLY | O_DIRECTORY));
    HUB_TRY(const auto ignored, ignoredFiles(tree));
    QList<QByteArray> folders;
    for (const QByteArray &path : ignored) {
        if (path.endsWith('/'))
            folders << path.chopped(1); // with the slash "out/*" would name out itself
    }
    HUB_TRY(const auto whole, ignoredAsAWhole(tree, folders));
    Search search(root.fd(), rules);
    for (const QByteArray &path : ignored) {
        const bool folder = path.endsWith('/');
        const QByteArray plain = folder ? path.chopped(1) : path;
        if (!folder || whole.contains(plain))
            search.consider(plain); // of the other folders git lists what lies in them
    }
    return std::move(search).take();
}

Result<> takeOut(const RepositoryPlace &tree, const CacheEntry &entry, const QByteArray &to)
{
    HUB_TRY(const FileHandle root, openFile(tree.workTree, O_RDONLY | O_DIRECTORY));
    HUB_TRY(const ParentFolder parent, openParent(root.fd(), entry.path));
    struct stat info;
    if (::fstatat(parent.folder.fd(), parent.name.constData(), &info, AT_SYMLINK_NOFOLLOW) != 0 ||
        quint64(info.st_dev) != entry.device || quint64(info.st_ino) != entry.inode ||
        bool(S_ISDIR(info.st_mode)) != entry.folder)
        return fail(ErrorCode::Conflict,
                    u"%1 is not what it was any more, so it stays."_s.arg(QFile::decodeName(entry.path)));
    if (::renameat(parent.folder.fd(), parent.name.constData(), AT_FDCWD, to.constData()) != 0)
        return systemError(errno, u"take out", tree.workTree + '/' + entry.path);
    return {};
}

} // namespace hub::git
