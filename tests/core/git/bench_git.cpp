// Measures snapshots and rollbacks side by side with the git program, in one run, variants in turn. Not a test: it
// prints. usage: bench_git [files] [rounds]
#include "core/git/gitprogram.h"
#include "tests/support/gitscratch.h"

#include <algorithm>
#include <cstdio>
#include <random>

using namespace hub;
using namespace hub::git;
using namespace Qt::StringLiterals;

namespace
{

using Watch = std::chrono::steady_clock;

double milliseconds(Watch::time_point since)
{
    return std::chrono::duration<double, std::milli>(Watch::now() - since).count();
}

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values.empty() ? 0 : values[values.size() / 2];
}

template <class T>
T must(Result<T> result)
{
    if (!result)
        qFatal("%s", qPrintable(result.error().message));
    return *std::move(result);
}

// The peak resident memory since the last reset, in kB.
long peakMemory(bool reset)
{
    if (reset) {
        QFile clear(u"/proc/self/clear_refs"_s);
        if (clear.open(QIODevice::WriteOnly))
            clear.write("5");
    }
    QFile status(u"/proc/self/status"_s);
    if (!status.open(QIODevice::ReadOnly))
        return 0;
    for (const QByteArray &line : status.readAll().split('\n')) {
        if (line.startsWith("VmHWM:"))
            return line.mid(6).simplified().split(' ')[0].toLong();
    }
    return 0;
}

void writeFile(const QByteArray &path, const QByteArray &bytes)
{
    QFile file(QFile::decodeName(path));
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
        qFatal("cannot write %s", path.constData());
}

QByteArray content(std::mt19937 &random, int bytes)
{
    QByteArray text;
    while (text.size() < bytes)
        text += "int value_" + QByteArray::number(random() % 100000) + " = compute(" + QByteArray::number(random()) +
                ");\n";
    return text;
}

class Bench
{
public:
    Bench(int files, int rounds)
        : m_rounds(rounds)
    {
        m_scratch.useTree("repo");
        std::mt19937 random(7);
        for (int i = 0; i < files; ++i) {
            const QByteArray folder = "d" + QByteArray::number(i / 400) + "/e" + QByteArray::number(i / 16 % 25);
            if (i % 16 == 0)
                QDir(QFile::decodeName(m_scratch.repo())).mkpath(QFile::decodeName(folder));
            m_paths.push_back(folder + "/file" + QByteArray::number(i) + ".c");
            writeFile(m_scratch.repo() + '/' + m_paths.back(), content(random, 2000 + int(random() % 12000)));
        }
        m_scratch.inRepo(u"git add -A && git commit -qm base && git gc -q && sync; sleep 1; git status >/dev/null"_s);
        m_place = must(locate(m_scratch.repo()));
        SeedReport seeded;
        m_vault = must(Vault::create(m_scratch.vaultPath(), m_place, {}, &seeded));
        std::printf("%d files, vault by %s in %.1f s\n", files, qPrintable(seedMethodText(seeded.method)),
                    seeded.seconds);
        m_gitIndex = m_scratch.root() + "/hub/git-index";
        QFile::copy(QFile::decodeName(m_place.gitDir + "/index"), QFile::decodeName(m_gitIndex));
    }

    void change(int count)
    {
        for (int i = 0; i < count; ++i) {
            const QByteArray &path = m_paths[m_random() % m_paths.size()];
            writeFile(m_scratch.repo() + '/' + path, content(m_random, 2000 + int(m_random() % 12000)));
        }
        for (int i = 0; i < count / 10; ++i)
            writeFile(m_scratch.repo() + "/new" + QByteArray::number(++m_made) + ".c", content(m_random, 6000));
    }

    double ours()
    {
        const auto began = Watch::now();
        must(takeSnapshot(*m_vault, {.place = m_place,
                                     .ref = "refs/checkpoints/1/" + QByteArray::number(++m_number),
                                     .cachePath = m_scratch.cachePath(),
                                     .message = "bench"}));
        return milliseconds(began);
    }

    double gits(bool durable)
    {
        const auto began = Watch::now();
        QList<QByteArray> base{"-c", "gc.auto=0"};
        if (durable)
            base << "-c"
                 << "core.fsync=all";
        const auto call = [&](QList<QByteArray> words) {
            return must(runGit({.folder = m_place.workTree,
                                .arguments = base + words,
                                .environment = {{"GIT_INDEX_FILE", m_gitIndex}},
                                .writes = true}))
                .trimmed();
        };
        call({"add", "-A"});
        const QByteArray tree = call({"write-tree"});
        const QByteArray commit = call({"commit-tree", tree, "-p", "HEAD", "-m", "bench"});
        call({"update-ref", "refs/bench/" + QByteArray::number(++m_number), commit});
        return milliseconds(began);
    }

    void snapshots()
    {
        peakMemory(true);
        std::printf("resident before: %ld MB\n", peakMemory(false) / 1024);
        const double took = ours();
        std::printf("first snapshot %.0f ms, peak %ld MB\n", took, peakMemory(false) / 1024);
        usleep(50000);
        ours();
        gits(false);
        for (const int count : {0, 10, 1000}) {
            std::vector<double> our, theirs, durable;
            long peak = 0;
            for (int round = 0; round < m_rounds; ++round) {
                // Both see the same changes; who goes first alternates.
                change(count);
                usleep(30000);
                const bool first = round % 2;
                if (first)
                    theirs.push_back(gits(false));
                peakMemory(true);
                our.push_back(ours());
                peak = std::max(peak, peakMemory(false));
                if (!first)
                    theirs.push_back(gits(false));
                change(count);
                usleep(30000);
                durable.push_back(gits(true));
                ours();
            }
            std::printf("%5d changed: ours durable %7.1f ms   git %7.1f ms (x%.2f)   git fsync=all %7.1f ms (x%.2f)   "
                        "peak %ld MB\n",
                        count, median(our), median(theirs), median(our) / median(theirs), median(durable),
                        median(our) / median(durable), peak / 1024);
        }
    }

    void rollbacks(int count)
    {
        std::vector<double> our, plans, proofs, theirs;
        const RestorePlace where{m_place, m_scratch.cachePath(), {}};
        for (int round = 0; round < m_rounds; ++round) {
            ours();
            usleep(30000);
            const SnapshotInfo target = must(takeSnapshot(*m_vault, request()));
            gits(false);
            const QByteArray tree = must(runGit({.folder = m_place.workTree,
                                                 .arguments = {"write-tree"},
                                                 .environment = {{"GIT_INDEX_FILE", m_gitIndex}}}))
                                        .trimmed();
            change(count);
            usleep(30000);
            SnapshotRequest way = request();
            way.before = target.commit;
            const SnapshotInfo now = must(takeSnapshot(*m_vault, way));
            auto began = Watch::now();
            const RestorePlan plan = must(planRestore(*m_vault, now.commit, target.commit, {}));
            plans.push_back(milliseconds(began));
            must(executeRestore(*m_vault, plan, where));
            our.push_back(milliseconds(began));
            began = Watch::now();
            if (!must(verifyRestored(*m_vault, target.commit, where, false, plan.kept)).exact())
                qFatal("the rollback is not exact");
            proofs.push_back(milliseconds(began));

            change(count);
            usleep(30000);
            began = Watch::now();
            must(runGit({.folder = m_place.workTree,
                         .arguments = {"read-tree", "--reset", "-u", tree},
                         .environment = {{"GIT_INDEX_FILE", m_gitIndex}},
                         .writes = true}));
            must(runGit({.folder = m_place.workTree,
                         .arguments = {"clean", "-fdq"},
                         .environment = {{"GIT_INDEX_FILE", m_gitIndex}},
                         .writes = true}));
            theirs.push_back(milliseconds(began));
        }
        std::printf("rollback of %d paths: ours %.1f ms (plan %.1f), proof %.1f ms   git read-tree + clean %.1f ms "
                    "(x%.2f, with proof x%.2f)\n",
                    count, median(our), median(plans), median(proofs), median(theirs), median(our) / median(theirs),
                    (median(our) + median(proofs)) / median(theirs));
    }

private:
    SnapshotRequest request()
    {
        return {.place = m_place,
                .ref = "refs/checkpoints/1/" + QByteArray::number(++m_number),
                .cachePath = m_scratch.cachePath(),
                .message = "bench"};
    }

    GitScratch m_scratch;
    RepositoryPlace m_place;
    std::unique_ptr<Vault> m_vault;
    QByteArray m_gitIndex;
    std::vector<QByteArray> m_paths;
    std::mt19937 m_random{11};
    int m_rounds, m_number = 0, m_made = 0;
};

void manyAgents(int agents)
{
    GitScratch scratch;
    scratch.inRepo(
        u"for i in $(seq 200); do mkdir -p d$((i/20)); echo $i > d$((i/20))/f$i; done; git add -A; git commit -qm base; for i in $(seq %1); do git worktree add -q -b w$i ../w$i; done"_s
            .arg(agents));
    const RepositoryPlace main = must(locate(scratch.repo()));
    const auto vault = must(Vault::create(scratch.vaultPath(), main, {}));
    std::vector<SnapshotRequest> requests;
    for (int i = 1; i <= agents; ++i) {
        const QByteArray name = "w" + QByteArray::number(i);
        requests.push_back({.place = must(locate(scratch.root() + QByteArray("/") + name)),
                            .ref = {},
                            .cachePath = scratch.root() + "/hub/" + name + ".stat",
                            .message = "bench"});
    }
    std::vector<double> times;
    for (int round = 0; round < 9; ++round) {
        for (size_t i = 0; i < requests.size(); ++i) {
            requests[i].ref = "refs/checkpoints/" + QByteArray::number(i + 1) + '/' + QByteArray::number(round + 1);
            writeFile(requests[i].place.workTree + "/d1/f21", QByteArray::number(round * 1000 + int(i)));
        }
        usleep(30000);
        const auto began = Watch::now();
        for (auto &result : must(takeSnapshots(*vault, requests)))
            must(std::move(result));
        if (round > 1)
            times.push_back(milliseconds(began));
    }
    std::sort(times.begin(), times.end());
    std::printf("%d agents saving at once, 200 files and one change each: all durable after %.1f ms (median), %.1f ms "
                "(worst of %zu)\n",
                agents, median(times), times.back(), times.size());
}

} // namespace

int main(int argc, char **argv)
{
    GitScratch::isolateHome();
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    const int files = argc > 1 ? std::atoi(argv[1]) : 80000;
    const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
    if (files > 0)
        Bench(files, rounds).snapshots();
    if (files >= 0)
        Bench(10000, rounds).rollbacks(10);
    manyAgents(100);
    return 0;
}
