#include "core/recovery/purgereach.h"

#include "core/base/durablefile.h"
#include "core/git/gitfolder.h"
#include "core/git/gitprogram.h"

#include <QFile>
#include <QFileInfo>

#include <sys/stat.h>

using namespace Qt::StringLiterals;

namespace hub::recovery
{

namespace
{

constexpr qint64 largestFile = 64 << 20; // what no snapshot holds is not looked into

// What the next snapshot would read: known and new files, and ignored ones of the kind that is held.
QList<QByteArray> filesIn(const QByteArray &tree)
{
    QList<QByteArray> files;
    const auto list = [&](const QList<QByteArray> &how) {
        const auto out = git::runGit({.folder = tree, .arguments = QList<QByteArray>{"ls-files", "-z"} + how});
        for (const QByteArray &name : out.valueOr({}).split('\0')) {
            if (!name.isEmpty() && !files.contains(name))
                files << name;
        }
    };
    list({"--cached", "--others", "--exclude-standard"});
    const auto known = files.size();
    list({"--others", "--ignored", "--exclude-standard", "--directory"});
    files.erase(
        std::remove_if(files.begin() + known, files.end(),
                       [](const QByteArray &name) { return !name.mid(name.lastIndexOf('/') + 1).startsWith(".env"); }),
        files.end());
    return files;
}

QStringList filesWithIt(const git::PurgeTarget &target, const QString &tree, const std::atomic<bool> &stop)
{
    QStringList found;
    const QByteArray root = QFile::encodeName(tree);
    struct stat info;
    if (!target.text) {
        if (::lstat((root + '/' + target.path).constData(), &info) == 0)
            found << QFile::decodeName(target.path);
        return found;
    }
    for (const QByteArray &name : filesIn(root)) {
        const QByteArray path = root + '/' + name;
        if (stop || ::lstat(path.constData(), &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > largestFile)
            continue;
        if (const auto bytes = readFile(path); bytes && target.text->isIn(*bytes))
            found << QFile::decodeName(target.text->blanked(name));
    }
    return found;
}

} // namespace

QString someOf(const QStringList &names)
{
    constexpr qsizetype most = 8;
    return names.size() <= most ? names.join(u", ")
                                : u"%1 and %2 more"_s.arg(names.mid(0, most).join(u", ")).arg(names.size() - most);
}

NotReached notReachedInRepository(const git::PurgeTarget &target, const git::RepositoryPlace &place,
                                  const QStringList &trees, const QList<QByteArray> &refs,
                                  const std::atomic<bool> &stop)
{
    NotReached list;
    const auto masked = [&](const QByteArray &name) {
        return QFile::decodeName(target.text ? target.text->blanked(name) : name);
    };
    if (!refs.isEmpty()) {
        QStringList names;
        for (const QByteArray &ref : refs)
            names << masked(ref);
        list.append(
            {u"the repository's own commits, by "_s + someOf(names),
             u"The vault keeps them as long as the repository has them. Write its history anew (git filter-repo, "
             "then git reflog expire --expire=now --all and git gc --prune=now), then purge again."_s});
    }
    for (const QString &tree : trees) {
        const QStringList files = filesWithIt(target, tree, stop);
        if (!files.isEmpty())
            list.append({u"files in %1: %2"_s.arg(tree, someOf(files)),
                         u"The next checkpoint holds them again. Take it out of the files first, then purge again."_s});
    }
    const git::GitFolder folder = git::readGitFolder(place.commonDir);
    QStringList own, remotes;
    for (const auto &[name, file] : folder.files) {
        if (target.text && target.text->isIn(file.bytes))
            own << masked(name);
        if (name == "config") {
            for (const QByteArray &line : file.bytes.split('\n')) {
                if (line.startsWith("[remote \"") && line.endsWith("\"]"))
                    remotes << masked(line.mid(9).chopped(2));
            }
        }
    }
    if (!own.isEmpty())
        list.append({u"git's own files in %1: %2"_s.arg(QFile::decodeName(place.commonDir), someOf(own)),
                     u"The next record holds them again. Take it out of them first, then purge again."_s});
    if (!remotes.isEmpty())
        list.append({u"what was pushed to "_s + someOf(remotes), u"Ask whoever runs it to remove it there."_s});
    return list;
}

NotReached notReachedAnywhere(const git::PurgeTarget &target)
{
    NotReached list;
    if (target.text)
        list.append({u"where it is written otherwise: encoded, encrypted, in pieces, in other letters"_s,
                     u"Purge that spelling as well."_s});
    list.append({u"what agents remember, and files of their own in your home folder"_s,
                 u"See to the folders of those programs."_s});
    list.append({u"exports of the hub's own data, and what imports kept aside (kept-TIME in the data folder)"_s,
                 u"Remove those that were made before."_s});
    list.append({u"the log of the hub's service, backups made by others, snapshots of the file system, blocks of the "
                 "disk that are free now"_s,
                 u"Take a secret for known, and change it where it counts."_s});
    return list;
}

} // namespace hub::recovery
