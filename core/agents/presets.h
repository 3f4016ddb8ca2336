// What kind of project a folder holds, and the settings that are proposed for it. Nothing is set by itself: a command
// that runs at each task is a person's to agree to. Reads files; workers only.
#pragma once

#include <QByteArray>
#include <QList>
#include <QString>

namespace hub::agents
{

struct Proposal {
    QString key, value; // of `projects set`
    QString because;    // the file that speaks for it
    friend bool operator==(const Proposal &, const Proposal &) = default;
};

// By the files at the top of the repository; of several kinds the commands are joined.
QList<Proposal> proposeSettings(const QString &folder);

// Says the same as long as a setup that went well need not be run again: the command and the lock files at the top of
// the working tree.
QString setupKey(const QString &command, const QString &tree);

} // namespace hub::agents
