// What a git tree can't say about a working tree, as a versioned text in the snapshot: HEAD, index flags, modes, empty
// folders, what could not be held. Pure values; the same state gives the same bytes.
#pragma once

#include "core/base/result.h"
#include "core/git/indexfile.h"
#include "core/git/repository.h"

#include <map>

namespace hub::git
{

// Why something in the working tree is not in the snapshot.
enum class NotHeldReason { TooBig, Special, Unreadable, MissingObject, Purged };
QString notHeldText(NotHeldReason reason);

struct Manifest {
    HeadState head;
    std::map<QByteArray, std::optional<ObjectId>> branches; // the task's own, by full name; nothing: not there
    std::optional<ObjectId> alsoHeld; // the snapshot whose paths were held too, though ignored now
    QByteArray ignoreRules;           // user-wide and info/exclude patterns in force
    bool ignoreCase = false;
    bool attributes = false; // somewhere lies a .gitattributes file
    // Permission bits (07777) of most files, executable files and folders; `modes` has the others.
    quint32 fileMode = 0644, executableMode = 0755, folderMode = 0755;
    std::map<QByteArray, quint32> modes;         // files and folders by path
    std::map<QByteArray, bool> emptyFolders;     // folders without anything held; the value is always true
    std::map<QByteArray, NotHeldReason> notHeld; // by path
    std::map<QByteArray, bool> inMotion;         // files that changed while they were read, three times
    std::map<QByteArray, bool> blanked;          // files in which a purge put x in place of a text
    std::vector<IndexEntry> indexFlags;          // stage 0 entries with a flag, intent-to-add ones, and stages 1 to 3

    // The permission bits of a held path; `gitMode` is its mode in the tree.
    quint32 modeOf(const QByteArray &path, quint32 gitMode) const;
};

// The manifest's lines about the index.
QByteArray indexFlagLines(const std::vector<IndexEntry> &entries);
QByteArray manifestBytes(const Manifest &manifest);
// Corrupt when the text is not a manifest, Unsupported when it is of a newer version.
Result<Manifest> parseManifest(const QByteArray &bytes);

// Bytes outside printable ASCII, '%' and space as %XX.
QByteArray encodeName(const QByteArray &name);
QByteArray decodeName(const QByteArray &text);

} // namespace hub::git
