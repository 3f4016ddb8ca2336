#include "core/git/gitfolder.h"

#include "core/base/durablefile.h"

#include <algorithm>
#include <dirent.h>
#include <functional>
#include <sys/stat.h>
#include <unistd.h>

namespace hub::git
{

namespace
{

constexpr qint64 largestFile = 1 << 20; // bytes; what people configure is far smaller

using See = std::function<void(const QByteArray &name, const struct stat &info)>;

// Everything but folders at or below `base`/`name`.
void walk(const QByteArray &base, const QByteArray &name, const See &see)
{
    struct stat info;
    if (::lstat((base + '/' + name).constData(), &info) != 0)
        return;
    if (!S_ISDIR(info.st_mode))
        return see(name, info);
    for (const QByteArray &below : namesBelow(base + '/' + name))
        walk(base, name + '/' + below, see);
}

class Reader
{
public:
    explicit Reader(const QByteArray &commonDir)
        : m_base(commonDir)
    {
    }

    GitFolder read()
    {
        // Loose refs before packed ones: git packs a ref first and removes its file then.
        takeRef("HEAD");
        takeRefs("refs");
        for (const QByteArray &name : namesBelow(m_base + "/worktrees"))
            takeLinked(name);
        takePackedRefs();
        takeLogs("logs", {});
        for (const char *name : {"config", "config.worktree", "description", "shallow", "info", "hooks"})
            takeFiles(name);
        return std::move(m_folder);
    }

private:
    void takeRef(const QByteArray &name)
    {
        const auto text = readFile(m_base + '/' + name);
        if (!text)
            return;
        const QByteArray value = text->trimmed();
        if (ObjectId::fromHex(value) || (value.startsWith("ref: ") && value.size() > 5))
            m_folder.refs[name] = value;
        else
            m_folder.notRead << name;
    }
    void takeRefs(const QByteArray &below)
    {
        walk(m_base, below, [&](const QByteArray &name, const struct stat &) {
            if (!name.endsWith(".lock"))
                takeRef(name);
        });
    }
    void takePackedRefs()
    {
        const auto text = readFile(m_base + "/packed-refs");
        if (!text)
            return;
        for (const QByteArray &line : text->split('\n')) {
            if (line.isEmpty() || line.startsWith('#') || line.startsWith('^'))
                continue;
            const QByteArray hex = line.first(std::min<qsizetype>(line.size(), 40)), name = line.mid(41);
            if (!ObjectId::fromHex(hex) || !name.startsWith("refs/"))
                m_folder.notRead << "packed-refs";
            else if (!m_folder.refs.contains(name) && !m_folder.notRead.contains(name)) // a damaged file hides it too
                m_folder.refs[name] = hex;
        }
    }
    void takeLogs(const QByteArray &folder, const QByteArray &prefix)
    {
        walk(m_base, folder, [&](const QByteArray &name, const struct stat &) {
            if (const auto text = readFile(m_base + '/' + name); text && !name.endsWith(".lock"))
                m_folder.logs[prefix + name.mid(folder.size() + 1)] = *text;
        });
    }
    void takeFiles(const QByteArray &below)
    {
        walk(m_base, below, [&](const QByteArray &name, const struct stat &info) {
            const QByteArray path = m_base + '/' + name;
            if (name.endsWith(".lock"))
                return;
            if (S_ISLNK(info.st_mode)) {
                QByteArray target(4096, Qt::Uninitialized);
                const ssize_t size = ::readlink(path.constData(), target.data(), size_t(target.size()));
                if (size > 0)
                    m_folder.files[name] = {target.first(size), 0777, true};
                return;
            }
            auto bytes = S_ISREG(info.st_mode) && info.st_size <= largestFile
                             ? readFile(path)
                             : Result<QByteArray>(fail(ErrorCode::Unsupported, QString()));
            if (bytes)
                m_folder.files[name] = {*std::move(bytes), info.st_mode & 0777u, false};
            else
                m_folder.notRead << name;
        });
    }
    void takeLinked(const QByteArray &name)
    {
        const QByteArray entry = "worktrees/" + name;
        const auto link = readFile(m_base + '/' + entry + "/gitdir");
        if (!link || !link->trimmed().endsWith("/.git"))
            return; // git itself prunes such an entry
        m_folder.linked[name] = link->trimmed().chopped(5);
        takeRef(entry + "/HEAD");
        takeLogs(entry + "/logs", entry + '/');
        for (const char *file : {"/gitdir", "/commondir", "/locked", "/config.worktree", "/info"})
            takeFiles(entry + file);
    }

    QByteArray m_base;
    GitFolder m_folder;
};

} // namespace

std::optional<ObjectId> GitFolder::resolve(const QByteArray &name) const
{
    QByteArray wanted = name;
    for (int depth = 0; depth < 5; ++depth) {
        const auto found = refs.find(wanted);
        if (found == refs.end())
            return std::nullopt;
        if (!found->second.startsWith("ref: "))
            return ObjectId::fromHex(found->second);
        wanted = found->second.mid(5).trimmed();
    }
    return std::nullopt;
}

GitFolder readGitFolder(const QByteArray &commonDir) { return Reader(commonDir).read(); }

QList<QByteArray> namesBelow(const QByteArray &folder)
{
    QList<QByteArray> names;
    if (DIR *entries = ::opendir(folder.constData())) {
        while (const dirent *entry = ::readdir(entries)) {
            const QByteArray name(entry->d_name);
            if (name != "." && name != "..")
                names << name;
        }
        ::closedir(entries);
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::optional<ObjectId> loggedId(const QByteArray &line)
{
    if (line.size() < 82 || line[40] != ' ' || line[81] != ' ' || !ObjectId::fromHex(line.first(40)))
        return std::nullopt;
    const auto id = ObjectId::fromHex(line.mid(41, 40));
    return id && !id->isNull() ? id : std::nullopt;
}

} // namespace hub::git
