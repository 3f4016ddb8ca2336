// Snapshot, damage, rollback, undo of every kind of repository: each compared with what an independent script and git
// itself see. With HUB_GIT_SAFETY_TABLE=FILE the table of what passed is written there; docs/git-safety.md holds it.
#include "core/git/restore.h"
#include "tests/core/git/gitcases.h"
#include "tests/support/gitscratch.h"
#include "tests/support/gitvalue.h"

using namespace hub;
using namespace hub::git;
using namespace Qt::StringLiterals;

namespace
{

// Under the sanitizers each case once: what they look for does not hang on the damage.
#ifdef __SANITIZE_ADDRESS__
constexpr bool everyDamage = false;
#else
constexpr bool everyDamage = true;
#endif

} // namespace

class TestGitCases : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { GitScratch::isolateHome(); }
    void cleanupTestCase() { compareTable(); }

    void rollback_data()
    {
        QTest::addColumn<GitCase>("repository");
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("damage");
        QTest::addColumn<bool>("linked");
        for (const GitCase &repository : gitCases()) {
            const auto row = [&](const QString &name, const QString &damage, bool linked) {
                QTest::newRow(qPrintable(repository.name + u", "_s + name)) << repository << name << damage << linked;
            };
            if (!everyDamage) {
                if (!repository.large)
                    row(u"once"_s, repository.damage.isEmpty() ? gitDamages().first().script : repository.damage,
                        false);
                continue;
            }
            if (!repository.damage.isEmpty())
                row(u"its own damage"_s, repository.damage, false);
            // What a rollback rightly leaves alone can't be compared after damage to all.
            if (repository.stays.isEmpty() && !repository.large) {
                for (const GitDamage &damage : gitDamages())
                    row(damage.name, damage.script, false);
            }
            if (repository.linked)
                row(u"in a linked working tree"_s,
                    repository.damage.isEmpty() ? gitDamages().first().script : repository.damage, true);
        }
    }

    void rollback()
    {
        QFETCH(GitCase, repository);
        QFETCH(QString, name);
        QFETCH(QString, damage);
        QFETCH(bool, linked);
        const QStringList &stays = repository.stays;
        GitScratch scratch;
        if (!repository.empty)
            scratch.inRepo(plainStart());
        if (linked) {
            scratch.inRepo(u"git worktree add -q -b work ../linked"_s);
            scratch.useTree("linked");
        }
        scratch.inRepo(repository.setUp);
        if (!linked)
            scratch.useTree(repository.tree.toLocal8Bit());
        VALUE(const RepositoryPlace place, locate(scratch.repo()));
        VALUE(const auto vault, Vault::create(scratch.vaultPath(), place, {}));
        const RestorePlace where{place, scratch.cachePath(), {}};
        RestoreOptions options;
        options.movableBranches = {"refs/heads/agent/x/1", "refs/heads/main", "refs/heads/work"};

        const QByteArray gitBefore = gitFolder(scratch);
        const QByteArray stateBefore = scratch.state(stays);
        VALUE(const SnapshotInfo target, takeSnapshot(*vault, request(scratch, place, 1, {"refs/heads/agent/x/1"})));
        QCOMPARE(gitFolder(scratch), gitBefore);
        VALUE(const SnapshotInfo again, takeSnapshot(*vault, request(scratch, place, 2, {"refs/heads/agent/x/1"})));
        QCOMPARE(again.commit, target.commit);
        // Without what the cache knows the result is the same.
        QFile::remove(QFile::decodeName(scratch.cachePath()));
        VALUE(const SnapshotInfo fresh, takeSnapshot(*vault, request(scratch, place, 3, {"refs/heads/agent/x/1"})));
        QCOMPARE(fresh.files, target.files);

        scratch.inRepo(damage, false);
        const QByteArray stateDamaged = scratch.state(stays);
        const QByteArray staying = untouched(scratch, stays);
        SnapshotRequest undoRequest = request(scratch, place, 4, {"refs/heads/agent/x/1"});
        undoRequest.before = target.commit;
        VALUE(const SnapshotInfo undo, takeSnapshot(*vault, undoRequest));
        VALUE(const RestorePlan plan, planRestore(*vault, undo.commit, target.commit, options));
        VALUE(const RestoreReport report, executeRestore(*vault, plan, where));
        QVERIFY2(report.notRestored.empty(), named(report.notRestored));
        compareStates(scratch.state(stays), stateBefore, stays);
        QCOMPARE(untouched(scratch, stays), staying);
        VALUE(const VerifyReport verified, verifyRestored(*vault, target.commit, where, true, plan.kept));
        QVERIFY2(verified.exact(), named(verified.differences));
        QVERIFY(!QFile::exists(QFile::decodeName(place.gitDir + "/index.lock")));
        fsck(scratch);

        SnapshotRequest redoRequest = request(scratch, place, 5, {"refs/heads/agent/x/1"});
        redoRequest.before = undo.commit;
        VALUE(const SnapshotInfo redo, takeSnapshot(*vault, redoRequest));
        VALUE(const RestorePlan back, planRestore(*vault, redo.commit, undo.commit, options));
        VALUE(const RestoreReport undone, executeRestore(*vault, back, where));
        QVERIFY2(undone.notRestored.empty(), named(undone.notRestored));
        compareStates(scratch.state(stays), stateDamaged, stays);
        QCOMPARE(untouched(scratch, stays), staying);
        fsck(scratch);
        m_passed[repository.name] << name;
    }

    void refusals_data()
    {
        QTest::addColumn<RefusedRepository>("repository");
        for (const RefusedRepository &repository : refusedRepositories())
            QTest::newRow(qPrintable(repository.name)) << repository;
    }
    void refusals()
    {
        QFETCH(RefusedRepository, repository);
        if (repository.setUp.contains(u"HUB_FOREIGN_REPOSITORY") &&
            qEnvironmentVariableIsEmpty("HUB_FOREIGN_REPOSITORY"))
            QSKIP("only root can make a repository of another account (tests/support/as_nobody.sh)");
        GitScratch scratch;
        scratch.run(repository.setUp);
        const auto place = locate(scratch.run(u"cat path"_s));
        scratch.run(u"rm -rf \"$HOME/.git\" \"$HOME/x\""_s);
        QVERIFY(!place);
        QVERIFY2(place.error().message.contains(repository.sentence), qPrintable(place.error().message));
        m_refused[repository.name] = place.error().message;
    }

private:
    // The document holds what the last run of all cases gave, so it can't promise what does not hold.
    void compareTable()
    {
        if (!everyDamage || m_passed.size() != gitCases().size() || m_refused.size() != refusedRepositories().size())
            return; // some were left out or failed
        QString text = u"| repository | checkpoint, damage, rollback, undo |\n|---|---|\n"_s;
        for (const GitCase &repository : gitCases())
            text += u"| %1 | exact, %2 |\n"_s.arg(repository.name, m_passed[repository.name].join(u", "_s));
        text += u"\n| refused | why |\n|---|---|\n"_s;
        for (const RefusedRepository &repository : refusedRepositories())
            text += u"| %1 | %2 |\n"_s.arg(repository.name, repository.why);
        if (const QString path = qEnvironmentVariable("HUB_GIT_SAFETY_TABLE"); !path.isEmpty()) {
            QFile file(path);
            QVERIFY(file.open(QIODevice::WriteOnly) && file.write(text.toUtf8()) > 0);
            return;
        }
        QFile document(qEnvironmentVariable("HUB_SOURCE_DIR", QStringLiteral(HUB_SOURCE_DIR)) +
                       u"/docs/git-safety.md"_s);
        QVERIFY(document.open(QIODevice::ReadOnly));
        QVERIFY2(QString::fromUtf8(document.readAll()).contains(text),
                 "docs/git-safety.md holds another table: write it anew with HUB_GIT_SAFETY_TABLE");
    }

    template <class Pairs>
    static const char *named(const Pairs &paths)
    {
        static QByteArray text;
        text.clear();
        for (const auto &[path, reason] : paths)
            text += path + ": " + reason.toLocal8Bit() + '\n';
        return text.constData();
    }
    static QByteArray gitFolder(GitScratch &scratch)
    {
        return scratch.inRepo(
            u"cd \"$(git rev-parse --git-common-dir)\"; find . -type f ! -name 'sharedindex*' -print0 | sort -z | xargs -0 sha1sum"_s);
    }
    static QByteArray untouched(GitScratch &scratch, const QStringList &stays)
    {
        return stays.isEmpty()
                   ? QByteArray()
                   : scratch.inRepo(
                         u"find %1 -type f -print0 | sort -z | xargs -0 stat -c '%n %s %Y %i'"_s.arg(stays.join(u' ')));
    }
    // A branch that was made since is nobody's to remove, and git reports a file that rightly stayed as changed.
    static QList<QByteArray> compared(const QByteArray &state, const QStringList &stays)
    {
        QList<QByteArray> lines = state.split('\n');
        lines.removeIf([&](const QByteArray &line) {
            return line.endsWith("refs/heads/elsewhere") ||
                   (line.startsWith("status ") && std::any_of(stays.begin(), stays.end(), [&](const QString &path) {
                        return line.endsWith(path.toLocal8Bit());
                    }));
        });
        return lines;
    }
    static void compareStates(const QByteArray &actual, const QByteArray &expected, const QStringList &stays)
    {
        const auto lines = compared(actual, stays), wanted = compared(expected, stays);
        if (lines == wanted)
            return;
        QByteArray text = "\n";
        for (const QByteArray &line : wanted) {
            if (!lines.contains(line))
                text += "- " + line + '\n';
        }
        for (const QByteArray &line : lines) {
            if (!wanted.contains(line))
                text += "+ " + line + '\n';
        }
        QFAIL(text.constData());
    }
    static void fsck(GitScratch &scratch)
    {
        // A folder named .gitattributes is odd, but it is what the damage made.
        const QString fsck = u"git -c fsck.gitattributesBlob=ignore -c fsck.gitmodulesBlob=ignore "
                             u"-c fsck.gitignoreSymlink=ignore fsck --full --strict --no-dangling 2>&1"_s;
        scratch.run(u"cd hub/vault.git; "_s + fsck);
        scratch.inRepo(fsck);
    }

    QMap<QString, QStringList> m_passed; // the damages by case
    QMap<QString, QString> m_refused;
};

QTEST_GUILESS_MAIN(TestGitCases)
#include "tst_gitcases.moc"
