// Where the demo plays: a folder of its own, a repository in it, a hub of its own. Takes everything away again.
#pragma once

#include "core/base/result.h"
#include "core/ipc/client.h"

#include <QProcess>
#include <QStringList>

#include <chrono>
#include <memory>

namespace hub::ctl
{

// What a working tree is, found out without the hub: every file with mode and content, the index, and HEAD.
struct TreeProof {
    QStringList files; // "100755 <sha-256> path", in order
    QString index;
    QString head; // branch or "detached", and the commit

    QString hash() const; // one for all of it, for people to compare
    friend bool operator==(const TreeProof &, const TreeProof &) = default;
};
Result<TreeProof> proofOf(const QString &tree);

// What changed from one to the other: "12 files changed, …".
QString differenceText(const TreeProof &before, const TreeProof &after);

class DemoStage
{
public:
    explicit DemoStage(bool keep);
    // Ends the agents and the hub, and removes the folder.
    ~DemoStage();

    Result<> open();

    QString folder() const { return m_folder; }
    QString repository() const { return m_folder + QStringLiteral("/project"); }
    QString dataDir() const { return m_folder + QStringLiteral("/data"); }

    Result<> startHub();
    // As a crash would: the hub gets no chance to do anything.
    Result<> killHub();
    qint64 hubPid() const;

    // Ends what runs below this folder; the sentences say what could not be ended.
    QStringList close();

    // A command as any client gives it, with the yes that a script gives.
    Result<commands::Reply> ask(const QString &command, const QJsonObject &options);
    Result<commands::Reply> preview(const QString &command, const QJsonObject &options);
    // Git in the repository or in a tree; the output without its line end. An exit code that is not 0 is an error.
    static Result<QString> git(const QString &folder, const QStringList &arguments);

    // Sleeps a little; an error once somebody pressed Ctrl-C.
    static Result<> wait(std::chrono::milliseconds time);

private:
    Result<commands::Reply> execute(const QString &command, const QJsonObject &options, bool yes);
    std::vector<pid_t> processesOfDemo() const;

    bool m_keep;
    bool m_closed = false;
    QString m_folder;
    QString m_programs; // where agenthubd lies
    std::unique_ptr<QProcess> m_hub;
    std::unique_ptr<ipc::Client> m_client;
};

} // namespace hub::ctl
