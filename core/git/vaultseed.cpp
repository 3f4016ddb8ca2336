#include "core/git/vaultseed.h"

#include "core/base/durablefile.h"
#include "core/git/treefile.h"

#include <QSet>

#include <cerrno>
#include <chrono>
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

struct ObjectFile {
    QByteArray from;
    QByteArray name; // below objects/
    qint64 size = 0;
};

QList<QByteArray> namesIn(const QByteArray &folder)
{
    QList<QByteArray> names;
    if (DIR *entries = ::opendir(folder.constData())) {
        while (const dirent *entry = ::readdir(entries))
            names << QByteArray(entry->d_name);
        ::closedir(entries);
    }
    return names;
}

bool isHex(const QByteArray &text, qsizetype length)
{
    return text.size() == length && QByteArray::fromHex(text).toHex() == text;
}

// Loose objects and packs; not indexes over several packs, bitmaps and the like, which name other files.
Result<QList<ObjectFile>> objectFiles(const RepositoryPlace &place)
{
    QList<ObjectFile> files;
    QSet<QByteArray> seen;
    HUB_TRY(const QList<QByteArray> folders, objectFolders(place));
    const auto take = [&](const QByteArray &folder, const QByteArray &name) {
        struct stat info;
        const QByteArray from = folder + '/' + name;
        if (!seen.contains(name) && ::stat(from.constData(), &info) == 0 && S_ISREG(info.st_mode)) {
            seen.insert(name);
            files << ObjectFile{from, name, qint64(info.st_size)};
        }
    };
    for (const QByteArray &folder : folders) {
        for (const QByteArray &fan : namesIn(folder)) {
            if (!isHex(fan, 2))
                continue;
            for (const QByteArray &name : namesIn(folder + '/' + fan)) {
                if (isHex(name, 38))
                    take(folder, fan + '/' + name);
            }
        }
        for (const QByteArray &name : namesIn(folder + "/pack")) {
            // An index is only good with its pack: a pack that is being removed loses its index first.
            if (name.startsWith("pack-") && name.endsWith(".idx") &&
                ::access((folder + "/pack/" + name.chopped(4) + ".pack").constData(), R_OK) == 0) {
                take(folder, "pack/" + name.chopped(4) + ".pack");
                take(folder, "pack/" + name);
            }
        }
    }
    return files;
}

Result<> copyBytes(int from, int to, const QByteArray &name)
{
    for (;;) {
        const ssize_t sent = ::sendfile(to, from, nullptr, size_t(64) << 20);
        if (sent < 0)
            return systemError(errno, u"copy", name);
        if (sent == 0)
            return {};
    }
}

Result<> takeOver(const ObjectFile &file, const QByteArray &target, SeedMethod method)
{
    if (method == SeedMethod::HardLink) {
        if (::link(file.from.constData(), target.constData()) != 0 && errno != EEXIST) {
            Error error = systemError(errno, u"link", file.from);
            error.code = errno == ENOENT ? ErrorCode::NotFound : error.code;
            return error;
        }
        return {};
    }
    HUB_TRY(const FileHandle from, openFile(file.from, O_RDONLY));
    HUB_TRY(const FileHandle to, openFile(target, O_WRONLY | O_CREAT | O_TRUNC, 0444));
    if (method == SeedMethod::Reflink) {
        if (::ioctl(to.fd(), FICLONE, from.fd()) != 0)
            return systemError(errno, u"clone", file.from);
    } else {
        HUB_CHECK(copyBytes(from.fd(), to.fd(), file.from));
    }
    return {};
}

bool canReflink(const ObjectFile &file, const QByteArray &objects)
{
    const QByteArray probe = objects + "/probe";
    ::unlink(probe.constData());
    const bool can = bool(takeOver(file, probe, SeedMethod::Reflink));
    ::unlink(probe.constData());
    return can;
}

Result<> takeAll(const QList<ObjectFile> &files, const QByteArray &objects, SeedMethod method)
{
    QSet<QByteArray> folders;
    for (const ObjectFile &file : files) {
        const QByteArray folder = objects + '/' + file.name.first(file.name.indexOf('/'));
        if (!folders.contains(folder)) {
            if (::mkdir(folder.constData(), 0700) != 0 && errno != EEXIST)
                return systemError(errno, u"make folder", folder);
            folders.insert(folder);
        }
        const QByteArray target = objects + '/' + file.name;
        struct stat info;
        // Complete files only: a cut one is smaller. (An object's file never changes.)
        if (::stat(target.constData(), &info) != 0 || info.st_size != file.size)
            HUB_CHECK(takeOver(file, target, method));
    }
    return {};
}

} // namespace

Result<SeedReport> seedObjects(const RepositoryPlace &place, const QByteArray &vault, const SeedOptions &options)
{
    const QByteArray objects = vault + "/objects";
    SeedReport report;
    for (int attempt = 1;; ++attempt) {
        HUB_TRY(const QList<ObjectFile> files, objectFiles(place));
        report.files = int(files.size());
        report.bytes = 0;
        for (const ObjectFile &file : files)
            report.bytes += file.size;
        report.method = files.isEmpty()                      ? SeedMethod::Copy
                        : canReflink(files.first(), objects) ? SeedMethod::Reflink
                                                             : SeedMethod::Copy;
        if (report.method == SeedMethod::Copy && report.bytes > options.copyLimit)
            report.method = SeedMethod::HardLink;
        if (report.method == SeedMethod::Copy) {
            HUB_TRY(const qint64 space, freeSpace(vault));
            if (report.bytes > space)
                return fail(
                    ErrorCode::DiskFull,
                    u"The vault needs %1 MB and the disk has %2 MB free."_s.arg(report.bytes >> 20).arg(space >> 20));
        }
        auto taken = takeAll(files, objects, report.method);
        if (taken)
            break;
        // A gc, which git starts by itself after a commit, moves objects from file to file meanwhile: look again until
        // it is done. What was taken over stays.
        if (taken.error().code != ErrorCode::NotFound || attempt == 100)
            return std::move(taken).error().within(u"fill the vault");
        std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
    auto shallow = readFile(place.commonDir + "/shallow");
    if (shallow)
        HUB_CHECK(writeFileDurably(vault + "/shallow", *shallow));
    else if (shallow.error().code != ErrorCode::NotFound)
        return std::move(shallow).error();
    // One call for thousands of small files instead of two for each.
    HUB_CHECK(syncFileSystem(vault));
    if (report.method == SeedMethod::HardLink)
        report.doesNotProtectFrom =
            u"The vault shares its older objects with the repository through hard links: a program that writes into an "
            u"object file, or a disk fault there, damages both."_s;
    else if (report.method == SeedMethod::Reflink)
        report.doesNotProtectFrom =
            u"The vault shares disk blocks with the repository: a disk fault there damages both."_s;
    return report;
}

} // namespace hub::git
