// Thinning, merging and quotas as the hub does them: real vaults, real databases, a clock that the test turns.
#include "core/recovery/maintenance.h"

#include "core/base/durablefile.h"
#include "core/recovery/records.h"
#include "core/state/stores.h"
#include "tests/support/gitvalue.h"
#include "tests/support/statefixture.h"

#include <QProcess>

#include <thread>

using namespace hub;
using namespace hub::recovery;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace
{

class NoRuns final : public RunControl
{
public:
    Result<> hold(TaskId, Stillness) override { return {}; }
    void release(TaskId, Stillness) override {}
    Result<> endRun(TaskId, const QString &) override { return {}; }
};

struct Scene {
    test::StateFixture fixture;
    DataFolder data{fixture.folder.filePath(u"data"_s)};
    state::Stores stores{*fixture.database, data.bodies(), fixture.clock};
    Workers workers;
    Vaults vaults{data};
    Records records{stores, vaults};
    NoRuns runs;
    std::optional<Settings> settings;
    std::unique_ptr<Checkpointer> checkpointer;
    std::unique_ptr<Maintenance> maintenance;
    ProjectName project = *ProjectName::parse(u"web");
    std::optional<Task> task;
    QString repository = fixture.folder.filePath(u"web"_s);
    QList<std::pair<VaultFill, QString>> filled;

    ~Scene()
    {
        maintenance->stop();
        workers.stop();
        // A running job may be asking this thread.
        std::atomic<bool> over{false};
        std::thread waiting([&] {
            workers.wait();
            over = true;
        });
        while (!over)
            QCoreApplication::processEvents(QEventLoop::AllEvents, 10);
        waiting.join();
    }

    template <class T>
    Result<T> wait(QFuture<Result<T>> future)
    {
        while (!future.isFinished())
            QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents | QEventLoop::AllEvents, 50);
        return takeResult(future);
    }
    template <class Fn>
    auto commit(Fn fn)
    {
        auto future = stores.commits.submit(std::move(fn));
        stores.commits.flush();
        return takeResult(future);
    }
    QByteArray shell(const QString &script)
    {
        QProcess shell;
        shell.start(u"bash"_s, {u"-ec"_s, script});
        shell.waitForFinished(60000);
        if (shell.exitCode() != 0)
            qFatal("%s: %s", qPrintable(script), shell.readAllStandardError().constData());
        return shell.readAllStandardOutput();
    }
    QByteArray inVault(const QString &script)
    {
        return shell(u"cd '%1'; %2"_s.arg(QFile::decodeName(data.vault(project)), script));
    }
    Result<> make(const QString &ini)
    {
        // The packs have the real time.
        fixture.clock.advance(SystemClock().now() - fixture.clock.now());
        const QString file = fixture.folder.filePath(u"hub.ini"_s);
        HUB_CHECK(writeFileDurably(QFile::encodeName(file), ini.toUtf8()));
        HUB_TRY(settings, Settings::load(file, QProcessEnvironment()));
        checkpointer = std::make_unique<Checkpointer>(stores, workers, vaults, records, data, *settings);
        checkpointer->setRunControl(runs);
        maintenance = std::make_unique<Maintenance>(stores, workers, vaults, data, *settings, *checkpointer);
        QObject::connect(maintenance.get(), &Maintenance::vaultFilled, maintenance.get(),
                         [this](const ProjectName &, VaultFill fill, const QString &text) {
                             filled.append({fill, text});
                         });
        shell(
            u"mkdir -p '%1' '%2'; cd '%1'; git init -qb main; echo one > a; git add a; git -c user.name=T -c user.email=t@example.org commit -qm one"_s
                .arg(repository, data.root() + u"/vault"_s));
        HUB_TRY(const auto place, git::locate(QFile::encodeName(repository)));
        HUB_CHECK(git::Vault::create(data.vault(project), place, {}));
        HUB_TRY(task, commit([&]() -> Result<std::optional<Task>> {
                    HUB_CHECK(stores.projects.add(project, repository, u"ana"_s, {}));
                    HUB_TRY(const Task made, stores.tasks.create({.project = project,
                                                                  .agent = *AgentName::parse(u"claude"),
                                                                  .title = u"t"_s,
                                                                  .description = u"t"_s,
                                                                  .type = u"fix"_s,
                                                                  .mode = TreeMode::InPlace}));
                    HUB_CHECK(stores.tasks.setTree(made.id, repository, {}, {}));
                    return std::optional(made);
                }));
        return {};
    }
    Result<> end(TaskState state)
    {
        return commit([&]() -> Result<> {
            for (const TaskState next : {TaskState::Preparing, TaskState::Running, state})
                HUB_CHECK(stores.tasks.setState(task->id, next, {}));
            return {};
        });
    }
    Result<std::optional<Checkpoint>> save(const QString &edit, CheckpointType type = CheckpointType::Auto)
    {
        shell(u"cd '%1'; %2"_s.arg(repository, edit));
        fixture.clock.advance(1min);
        return wait(checkpointer->request({.task = task->id, .type = type, .freeze = false}));
    }
    QList<qint64> numbers()
    {
        QList<qint64> all;
        const auto marks = commit([&] { return stores.tasks.checkpointMarks(task->id); });
        for (const auto &mark : *marks)
            all << mark.number;
        return all;
    }
    QList<qint64> refs()
    {
        QList<qint64> all;
        for (const QByteArray &line :
             inVault(u"git for-each-ref --format='%(refname)' refs/checkpoints"_s).split('\n')) {
            if (!line.isEmpty())
                all.prepend(line.split('/').last().toLongLong());
        }
        std::sort(all.begin(), all.end(), std::greater());
        return all;
    }
};

} // namespace

class TestMaintenance : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void thinnedCheckpointsGoAndTheirSpaceADayLater()
    {
        Scene scene;
        VERIFY_VALUE(scene.make(u"[checkpoint]\nkept = 3\n"_s));
        for (int n = 1; n <= 9; ++n) {
            VERIFY_VALUE(
                scene.save(u"seq %1 30000 > n"_s.arg(n), n == 4 ? CheckpointType::Manual : CheckpointType::Auto));
        }
        VALUE(const auto report, scene.wait(scene.maintenance->run(scene.project)));
        const auto stay = scene.numbers();
        QVERIFY(report.thinned >= 2); // 2, 3, 5 and 6, but for one of each hour, and an hour may end among them
        QCOMPARE(stay.size(), 9 - report.thinned);
        for (const qint64 number : {9, 8, 7, 4, 1})
            QVERIFY(stay.contains(number));
        QCOMPARE(scene.refs(), stay);
        QCOMPARE(report.dropped, 0);
        scene.fixture.clock.advance(25h);
        VALUE(const auto later, scene.wait(scene.maintenance->run(scene.project)));
        QVERIFY(later.dropped > 0 && later.bytesFreed > 0);
        scene.inVault(u"git fsck --connectivity-only --no-dangling"_s);
        for (const qint64 number : scene.numbers())
            scene.inVault(u"git cat-file blob refs/checkpoints/1/%1:files/n | cmp - <(seq %1 30000)"_s.arg(number));
    }

    void refsThatNoRowNamesGoAndUnknownNumbersStay()
    {
        Scene scene;
        VERIFY_VALUE(scene.make({}));
        for (int n = 1; n <= 3; ++n) {
            VERIFY_VALUE(scene.save(u"echo %1 > n"_s.arg(n)));
        }
        // As after a kill between the rows and the refs; as after a database was brought back from a backup.
        VERIFY_VALUE(scene.commit([&] { return scene.stores.tasks.removeCheckpoints(scene.task->id, {2}); }));
        scene.inVault(
            u"git update-ref refs/checkpoints/1/77 refs/checkpoints/1/3; git update-ref refs/preview/1 refs/checkpoints/1/3; git update-ref refs/checkpoints/99/1 refs/checkpoints/1/3"_s);
        VALUE(const auto report, scene.wait(scene.maintenance->run(scene.project)));
        QCOMPARE(report.retired, 2);
        QCOMPARE(
            scene.inVault(u"git for-each-ref --format='%(refname)' refs/checkpoints refs/preview"_s),
            QByteArray("refs/checkpoints/1/1\nrefs/checkpoints/1/3\nrefs/checkpoints/1/77\nrefs/checkpoints/99/1\n"));
        QCOMPARE(scene.inVault(u"git for-each-ref refs/gone | wc -l"_s), QByteArray("2\n"));
        // A number is never used again.
        VALUE(const auto next, scene.save(u"echo 4 > n"_s));
        QCOMPARE(next->id.number, 4);
    }

    void aFullVaultHoldsBackTheTimerAlone()
    {
        Scene scene;
        VERIFY_VALUE(scene.make(u"[vault]\nquota_mb = 1\n"_s));
        VALUE(const auto small, scene.save(u"echo small > n"_s));
        VERIFY_VALUE(scene.wait(scene.maintenance->look(scene.project)));
        QTRY_COMPARE(scene.filled.size(), 1);
        QCOMPARE(scene.filled.last().first, VaultFill::Fine);
        VERIFY_VALUE(scene.save(u"head -c 900000 /dev/urandom > n"_s));
        VERIFY_VALUE(scene.wait(scene.maintenance->look(scene.project)));
        QTRY_COMPARE(scene.filled.size(), 2);
        QCOMPARE(scene.filled.last().first, VaultFill::Warning);
        VERIFY_VALUE(scene.save(u"head -c 900000 /dev/urandom > n"_s));
        VERIFY_VALUE(scene.wait(scene.maintenance->look(scene.project)));
        QTRY_COMPARE(scene.filled.size(), 3);
        QCOMPARE(scene.filled.last().first, VaultFill::Full);
        QVERIFY(scene.filled.last().second.contains(u"vault/quota_mb"_s));
        const auto refused = scene.save(u"echo more > n"_s);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::Refused);
        for (const auto type : {CheckpointType::Manual, CheckpointType::Error, CheckpointType::Milestone}) {
            VALUE(const auto saved, scene.save(u"echo more >> n"_s, type));
            QVERIFY(saved);
        }
        // The task ends, its older checkpoints go, and a day later there is room again.
        VERIFY_VALUE(scene.end(TaskState::Completed));
        VERIFY_VALUE(scene.wait(scene.maintenance->run(scene.project)));
        QCOMPARE(scene.numbers().size(), 1);
        scene.fixture.clock.advance(25h);
        VERIFY_VALUE(scene.wait(scene.maintenance->run(scene.project)));
        QTRY_COMPARE(scene.filled.last().first, VaultFill::Fine);
        VALUE(const auto again, scene.save(u"echo again > n"_s));
        QVERIFY(again);
    }

    void theReserveIsForCheckpointsThatAreAskedFor()
    {
        Scene scene;
        VERIFY_VALUE(scene.make(u"[vault]\nreserve_mb = 1048576000\n"_s)); // no disk has that
        const auto refused = scene.save(u"echo one > n"_s);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::DiskFull);
        QVERIFY2(refused.error().message.startsWith(u"Not saved: "_s), qPrintable(refused.error().message));
        VALUE(const auto saved, scene.save(u"echo two > n"_s, CheckpointType::Manual));
        QVERIFY(saved);
    }

    void manyPacksAreMergedByThemselves()
    {
        Scene scene;
        VERIFY_VALUE(scene.make(u"[vault]\nmerge_packs = 5\n"_s));
        for (int n = 1; n <= 6; ++n) {
            VERIFY_VALUE(scene.save(u"seq %1 30000 > n"_s.arg(n)));
        }
        const auto packs = [&] { return git::vaultSize(scene.data.vault(scene.project))->packs; };
        QTRY_VERIFY_WITH_TIMEOUT(packs() < 5, 20000);
        QCOMPARE(scene.numbers().size(), 6);
        scene.inVault(u"git fsck --no-dangling"_s);
    }

    void theOutcomeOfTheLastLookIsKeptUntilTheNextOne()
    {
        Scene scene;
        VERIFY_VALUE(scene.make({}));
        VALUE(const auto saved, scene.save(u"seq 30000 > n"_s));
        const auto check = [&] {
            return scene.commit([&] { return scene.stores.projects.vaultCheck(scene.project); });
        };
        QStringList told;
        QObject::connect(scene.maintenance.get(), &Maintenance::vaultChecked, scene.maintenance.get(),
                         [&](const ProjectName &, const QString &problem) { told << problem; });
        QVERIFY(!check()->has_value());
        VERIFY_VALUE(scene.wait(scene.maintenance->run(scene.project)));
        QTRY_COMPARE(told, QStringList{QString()});
        VALUE(const auto first, check());
        QVERIFY(first && first->problem.isEmpty());
        // A file of the checkpoint is not there any more.
        scene.inVault(
            u"mkdir ../aside; mv objects/pack/* ../aside; for p in ../aside/*.pack; do git unpack-objects -q < $p; "
            "done; f=$(git rev-parse %1:files/n); rm -f objects/${f:0:2}/${f:2}"_s.arg(saved->commit));
        scene.vaults.forget(scene.project);
        scene.fixture.clock.advance(1h);
        QVERIFY(!scene.wait(scene.maintenance->run(scene.project)));
        QTRY_COMPARE(told.size(), 2);
        VALUE(const auto second, check());
        QVERIFY(second && !second->problem.isEmpty() && second->at > first->at);
        scene.inVault(u"mv ../aside/* objects/pack"_s);
        scene.vaults.forget(scene.project);
        VERIFY_VALUE(scene.wait(scene.maintenance->run(scene.project)));
        QTRY_COMPARE(told.size(), 3);
        QVERIFY(told.last().isEmpty());
    }

    void whatATaskThatWasTakenOutHadInTheVaultIsRetired()
    {
        Scene scene;
        VERIFY_VALUE(scene.make({}));
        for (int n = 1; n <= 3; ++n) {
            VERIFY_VALUE(scene.save(u"echo %1 > n"_s.arg(n)));
        }
        VERIFY_VALUE(scene.end(TaskState::Completed));
        QCOMPARE(scene.refs(), (QList<qint64>{3, 2, 1}));
        VERIFY_VALUE(scene.commit([&] { return scene.stores.erasure.erase(*scene.task); }));
        VERIFY_VALUE(scene.wait(scene.maintenance->run(scene.project)));
        QCOMPARE(scene.refs(), QList<qint64>());
        QVERIFY(!scene.commit([&] { return scene.stores.tasks.get(scene.task->id); }));
        scene.inVault(u"git fsck --no-dangling; test -n \"$(git for-each-ref refs/gone)\""_s);
    }
};

QTEST_GUILESS_MAIN(TestMaintenance)
#include "tst_maintenance.moc"
