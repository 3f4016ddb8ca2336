// The repositories that people really have, each made by a shell script, and what an agent does to them. The table
// behind tst_gitcases and docs/git-safety.md.
#pragma once

#include <QList>
#include <QStringList>

namespace hub::git
{

struct GitCase {
    QString name;
    QString setUp;          // runs in the repository, after the three files of plainStart() unless `empty`
    QString damage;         // what an agent does to just this; the general damages come besides
    QStringList stays = {}; // paths that no rollback touches: compared with themselves
    bool empty = false;     // starts without a file and without a commit
    bool linked = true;     // works in a linked working tree too
    QString tree = QStringLiteral("repo");
    bool large = false; // meets its own damage only
};
const QList<GitCase> &gitCases();

// What is done to every case besides its own damage.
struct GitDamage {
    QString name;
    QString script;
};
const QList<GitDamage> &gitDamages();

// What projects add refuses: the sentence says it, the hint is the command that helps.
struct RefusedRepository {
    QString name;
    QString setUp;    // leaves the path to look at in the file "path"
    QString sentence; // part of it
    QString why;
};
const QList<RefusedRepository> &refusedRepositories();

QString plainStart();

} // namespace hub::git
