// Carries out a plan's steps below a folder, each safe to repeat. Private to core/git.
#pragma once

#include "core/git/manifest.h"
#include "core/git/restore.h"
#include "core/git/treefile.h"

#include <map>
#include <set>

namespace hub::git
{

class FileRestorer
{
public:
    // `resumed`: an earlier run may have done some of the steps; each file is looked at before it is replaced.
    FileRestorer(const Vault &vault, const Manifest &target, int root, bool resumed, RestoreReport &report)
        : m_vault(vault)
        , m_target(target)
        , m_root(root)
        , m_resumed(resumed)
        , m_report(report)
    {
    }
    // Error for a failing disk or vault; what stands in the way of one path is in the report. Synced on return.
    Result<> run(const std::vector<RestoreStep> &steps);

private:
    struct Pending {
        QByteArray path, temporary;
        FileHandle file; // open when it has to be synced by itself
    };
    enum class Present { Nothing, AsBefore, AsWanted, Other };

    Result<> apply(const RestoreStep &step);
    Result<> removeFile(const RestoreStep &step);
    Result<> removeFolder(const RestoreStep &step);
    Result<> writeFile(const RestoreStep &step);
    Result<> setMode(const RestoreStep &step);
    Result<> makeFolder(const QByteArray &path);
    Result<> removeTemporaries(const std::vector<RestoreStep> &steps);
    void distrustFolderModes(const std::vector<RestoreStep> &steps);
    Result<> publish(); // renames what waits, after syncing it
    Result<> syncTouched();
    Present look(const ParentFolder &parent, const RestoreStep &step) const;
    Result<ParentFolder> writableParent(const QByteArray &path);
    Result<> makeWritable(const QByteArray &folder);
    void skip(const QByteArray &path, QString reason) { m_report.notRestored.emplace_back(path, std::move(reason)); }

    const Vault &m_vault;
    const Manifest &m_target;
    const int m_root;
    const bool m_resumed;
    RestoreReport &m_report;
    std::vector<Pending> m_pending;
    std::set<QByteArray> m_touched;               // folders, and files with another mode, to sync
    std::map<QByteArray, quint32> m_madeWritable; // folders whose mode was widened, with the mode to give back
    bool m_many = false;
};

// The name of the temporary file for a path: the same on every run, so that a repeated run leaves none behind.
QByteArray temporaryName(const QByteArray &path);

} // namespace hub::git
