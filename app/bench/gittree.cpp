#include "app/bench/gittree.h"

#include "app/bench/report.h"
#include "core/git/gitprogram.h"

#include <QDir>

#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::bench
{

namespace
{

constexpr useconds_t clockTick = 30'000; // us; longer than the kernel's

int anySize(std::mt19937 &random) { return 2000 + int(random() % 12000); }

} // namespace

Result<std::unique_ptr<GitTree>> GitTree::create(int files)
{
    std::unique_ptr<GitTree> tree(new GitTree);
    HUB_TRY(tree->m_scratch, Scratch::create());
    const Scratch &scratch = *tree->m_scratch;
    std::mt19937 random(7);
    for (int i = 0; i < files; ++i) {
        const QByteArray folder =
            scratch.path("repo/d" + QByteArray::number(i / 400) + "/e" + QByteArray::number(i / 16 % 25));
        if (i % 16 == 0)
            QDir().mkpath(QFile::decodeName(folder));
        tree->m_paths.push_back(folder + "/file" + QByteArray::number(i) + ".c");
        HUB_CHECK(writeFile(tree->m_paths.back(), sourceText(random, anySize(random))));
    }
    HUB_CHECK(scratch.shell(u"cd repo && git add -A && git commit -qm base && git gc -q && sync"_s));
    ::usleep(clockTick);
    HUB_CHECK(scratch.shell(u"cd repo && git update-index -q --refresh && cp .git/index ../hub/git-index"_s));
    HUB_TRY(tree->m_place, git::locate(scratch.path("repo")));
    HUB_TRY(tree->m_vault, git::Vault::create(scratch.path("hub/vault.git"), tree->m_place, {}));
    return tree;
}

Result<> GitTree::change(int count)
{
    for (int i = 0; i < count; ++i)
        HUB_CHECK(writeFile(m_paths[m_random() % m_paths.size()], sourceText(m_random, anySize(m_random))));
    for (int i = 0; i < count / 10; ++i)
        HUB_CHECK(writeFile(m_scratch->path("repo/new" + QByteArray::number(++m_made) + ".c"),
                            sourceText(m_random, anySize(m_random))));
    ::usleep(clockTick);
    return {};
}

git::SnapshotRequest GitTree::request()
{
    return {.place = m_place,
            .ref = "refs/checkpoints/1/" + QByteArray::number(++m_number),
            .cachePath = m_scratch->path("hub/stat"),
            .message = "bench"};
}

Result<double> GitTree::save()
{
    const auto began = Watch::now();
    HUB_TRY(const git::SnapshotInfo info, git::takeSnapshot(*m_vault, request()));
    const double took = millisecondsSince(began);
    m_ourTree = info.files.hex();
    return took;
}

Result<QByteArray> GitTree::git(const QList<QByteArray> &arguments)
{
    HUB_TRY(const QByteArray said, git::runGit({.folder = m_place.workTree,
                                                .arguments = arguments,
                                                .environment = {{"GIT_INDEX_FILE", m_scratch->path("hub/git-index")}},
                                                .writes = true}));
    return said.trimmed();
}

Result<double> GitTree::saveByGit(GitSync sync)
{
    QList<QByteArray> first{"-c", "gc.auto=0"};
    if (sync == GitSync::All)
        first << QList<QByteArray>{"-c", "core.fsync=all", "-c", "core.fsyncMethod=fsync"};
    const auto began = Watch::now();
    HUB_CHECK(git(first + QList<QByteArray>{"add", "-A"}));
    HUB_TRY(m_gitTree, git(first + QList<QByteArray>{"write-tree"}));
    HUB_TRY(const QByteArray commit,
            git(first + QList<QByteArray>{"commit-tree", m_gitTree, "-p", "HEAD", "-m", "bench"}));
    HUB_CHECK(git(first + QList<QByteArray>{"update-ref", "refs/bench/" + QByteArray::number(++m_number), commit}));
    return millisecondsSince(began);
}

Result<> GitTree::checkSame()
{
    if (m_ourTree != m_gitTree)
        return fail(ErrorCode::Internal, u"The snapshot's tree %1 is not git's %2."_s.arg(
                                             QString::fromLatin1(m_ourTree), QString::fromLatin1(m_gitTree)));
    return {};
}

Result<GitTree::RollbackTimes> GitTree::rollback(int count)
{
    RollbackTimes times;
    const git::RestorePlace where{m_place, m_scratch->path("hub/stat"), {}};
    HUB_CHECK(save());
    ::usleep(clockTick);
    HUB_TRY(const git::SnapshotInfo target, git::takeSnapshot(*m_vault, request()));
    HUB_CHECK(saveByGit(GitSync::Default));
    const QByteArray tree = m_gitTree;

    HUB_CHECK(change(count));
    git::SnapshotRequest wayBack = request();
    wayBack.before = target.commit;
    HUB_TRY(const git::SnapshotInfo now, git::takeSnapshot(*m_vault, wayBack));
    auto began = Watch::now();
    HUB_TRY(const git::RestorePlan plan, git::planRestore(*m_vault, now.commit, target.commit, {}));
    HUB_CHECK(git::executeRestore(*m_vault, plan, where));
    times.restore = millisecondsSince(began);
    began = Watch::now();
    HUB_TRY(const git::VerifyReport proof, git::verifyRestored(*m_vault, target.commit, where, false, plan.kept));
    times.proof = millisecondsSince(began);
    if (!proof.exact())
        return fail(ErrorCode::Internal, u"The rollback was not exact."_s);

    // Git sees the files that were just brought back as changed; its own look at them is not part of the rollback.
    HUB_CHECK(saveByGit(GitSync::Default));
    HUB_CHECK(change(count));
    began = Watch::now();
    HUB_CHECK(git({"read-tree", "--reset", "-u", tree}));
    HUB_CHECK(git({"clean", "-fdq"}));
    times.git = millisecondsSince(began);
    return times;
}

} // namespace hub::bench
