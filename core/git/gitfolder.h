// What lies in a `.git` folder, read file by file: works where git itself gives up. Never writes. Blocks. Private to
// core/git.
#pragma once

#include "core/git/objectid.h"

#include <QByteArray>
#include <QList>

#include <map>
#include <optional>

namespace hub::git
{

struct GitFile {
    QByteArray bytes; // of a link: where it leads
    quint32 permissions = 0644;
    bool link = false;
    friend bool operator==(const GitFile &, const GitFile &) = default;
};

struct GitFolder {
    // "refs/…", "HEAD" and "worktrees/NAME/HEAD"; 40 hexadecimal digits, or "ref: " and another name. What is neither
    // is left out, and named in `notRead`.
    std::map<QByteArray, QByteArray> refs;
    std::map<QByteArray, QByteArray> logs;   // reflogs by the name of their ref
    std::map<QByteArray, GitFile> files;     // configuration, hooks, info/, shallow, links to working trees
    std::map<QByteArray, QByteArray> linked; // name of a linked working tree -> its folder
    QList<QByteArray> notRead;

    // Through symbolic refs.
    std::optional<ObjectId> resolve(const QByteArray &name) const;
};

// An empty folder for one that isn't there.
GitFolder readGitFolder(const QByteArray &commonDir);

// The names directly below a folder, sorted; none when it can't be read.
QList<QByteArray> namesBelow(const QByteArray &folder);
// The new value that a line of a reflog names; nothing when the line is damaged.
std::optional<ObjectId> loggedId(const QByteArray &line);

} // namespace hub::git
