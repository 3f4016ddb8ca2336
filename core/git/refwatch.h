// What the ref guard's hooks can't see: where protected branches stand now, who wrote down that he moves them, and what
// is to be done about a move that nobody wrote down. Blocks; workers only. Only putBack() writes.
#pragma once

#include "core/git/repository.h"

#include <QMap>

#include <map>

namespace hub::git
{

// By full name; "HEAD" is that of the main working tree. A value is a hexadecimal id, "ref: NAME" of a symbolic ref,
// empty when there is none, or unreadableRef. "logs/HEAD" has the size of HEAD's reflog up to its last line that
// says why: whoever moves HEAD with git's ordinary commands lengthens it.
using RefValues = std::map<QByteArray, QByteArray>;
inline constexpr const char *unreadableRef = "?";
inline constexpr const char *headRef = "HEAD";
inline constexpr const char *headLog = "logs/HEAD";

// The protected branches by full name, as the guard's own file has them; none when the guard's file is gone.
std::optional<QList<QByteArray>> guardedRefs(const QByteArray &commonDir);

// HEAD, its reflog and these refs, in a repository that is whole enough to say: nothing when it isn't.
std::optional<RefValues> readWatched(const QByteArray &commonDir, const QList<QByteArray> &refs);

// "logs/HEAD", or nothing while git is moving HEAD: it writes the reflog first and HEAD afterwards, both under
// HEAD.lock. Asked before readWatched(), it never counts a line whose move readWatched() does not see yet.
std::optional<QByteArray> headLogAtRest(const QByteArray &commonDir);

// Changes with every change of those values or of the guard's files; empty when it may not yet tell two changes of the
// same moment apart. Costs a stat a file.
QByteArray watchStamp(const QByteArray &commonDir, const QList<QByteArray> &refs);

// One line of what people moved.
struct GuardMove {
    qint64 at = 0; // milliseconds since 1970
    uint uid = 0;
    QByteArray from, to, ref; // from: empty when git did not say, or there was none
    bool intended = false;    // about to be moved; else it is done
    friend bool operator==(const GuardMove &, const GuardMove &) = default;
};
std::optional<GuardMove> moveFrom(QByteArrayView line);

struct MovesRead {
    QList<GuardMove> moves;          // those since the last time, oldest first
    QMap<quint64, qint64> positions; // by inode: how far each file was read
};
// Goes on where `positions` stand. A long file is renamed once all of it was read, and read on under its other name as
// long as that stands, since a hook may have opened it before: so no line is lost.
Result<MovesRead> readMoves(const QByteArray &commonDir, const QMap<quint64, qint64> &positions);

// The commit that a value leads to.
std::optional<ObjectId> commitOf(const RepositoryPlace &place, const QByteArray &value);

// Whether `after` came from an agent: it is, or was, at an agent's branch or at HEAD of a working tree below `trees`,
// is reached from such a branch, or goes on from a commit of one that `before` does not have. A branch that is gone
// counts too, since putting it back takes nothing away. For HEAD only an agent's branch or commit itself counts.
Result<bool> cameFromAgent(const RepositoryPlace &place, const QByteArray &ref, const QByteArray &before,
                           const QByteArray &after, const QByteArray &trees);

// Makes the ref what it was before, when it still stands at `after`; Conflict otherwise. No hook is run, no working
// tree touched. On the disk on return.
Result<> putBack(const RepositoryPlace &place, const QByteArray &ref, const QByteArray &before,
                 const QByteArray &after);
// The command with which a person does the same.
QString putBackCommand(const RepositoryPlace &place, const QByteArray &ref, const QByteArray &before,
                       const QByteArray &after);

// The working trees that have the branch checked out: their folders.
Result<QList<QByteArray>> checkedOutIn(const RepositoryPlace &place, const QByteArray &ref);

} // namespace hub::git
