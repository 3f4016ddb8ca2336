// Reaching files below a folder without ever following a symbolic link, whatever stands in the way. Paths are raw bytes
// relative to the root, without a leading or trailing slash.
#pragma once

#include "core/base/durablefile.h"
#include "core/base/result.h"

#include <QByteArray>

struct stat;

namespace hub::git
{

// The names that restoring gives to its temporary files; a snapshot never holds them, recover() removes them.
inline constexpr char temporaryPrefix[] = ".agenthub-tmp-";

// A descriptor, or the negative errno. ELOOP or ENOTDIR when a link stands in the way.
int openBeneath(int root, const QByteArray &path, int flags, unsigned mode = 0);

inline QByteArray parentPath(const QByteArray &path)
{
    const qsizetype slash = path.lastIndexOf('/');
    return slash < 0 ? QByteArray() : path.first(slash);
}
inline bool isOrBelow(const QByteArray &path, const QByteArray &folder)
{
    return path == folder || (path.size() > folder.size() && path.startsWith(folder) && path[folder.size()] == '/');
}
inline QByteArray fileName(const QByteArray &path) { return path.mid(path.lastIndexOf('/') + 1); }
inline QByteArray joinPath(const QByteArray &folder, const QByteArray &name)
{
    return folder.isEmpty() ? name : folder + '/' + name;
}

// The folder that holds `path` opened (the root itself for a path without slash), and the last name.
struct ParentFolder {
    FileHandle folder;
    QByteArray name;
};
Result<ParentFolder> openParent(int root, const QByteArray &path);

// lstat below the root; false when nothing is there (or a link or file stands in the way of its folder).
bool statBeneath(int root, const QByteArray &path, struct stat &info);
// The target of a link in an opened folder.
Result<QByteArray> readLinkAt(int folder, const QByteArray &name);

// Everything on the file system that holds the folder: one call for many files.
Result<> syncFileSystem(const QByteArray &folder);

} // namespace hub::git
