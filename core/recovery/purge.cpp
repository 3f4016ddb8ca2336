#include "core/recovery/purge.h"

#include "core/base/durablefile.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/git/workingtree.h"
#include "core/recovery/purgereach.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QThread>

using namespace Qt::StringLiterals;

namespace hub::recovery
{

namespace
{

const QString purging = u"purge"_s; // as state::Project::doing has it

QJsonObject noteText(const PurgeRequest &request)
{
    const auto &target = request.target;
    return {{u"text"_s, target.text ? QString::fromLatin1(target.text->text().toBase64()) : QString()},
            {u"path"_s, QString::fromLatin1(target.path.toBase64())}};
}

Result<git::PurgeTarget> targetFrom(const QByteArray &note)
{
    HUB_TRY(const QJsonObject facts, objectFromJson(note));
    git::PurgeTarget target{.path = QByteArray::fromBase64(facts[u"path"_s].toString().toLatin1())};
    const QByteArray text = QByteArray::fromBase64(facts[u"text"_s].toString().toLatin1());
    if (!text.isEmpty()) {
        HUB_TRY(target.text, SecretText::parse(text));
    }
    return target;
}

QString whatOf(const git::PurgeTarget &target)
{
    return target.text ? u"a text"_s : u"path "_s + QFile::decodeName(target.path);
}

} // namespace

Result<git::PurgeTarget> PurgeRequest::path(const QString &given)
{
    const auto refuse = [](const QString &why) {
        return fail(ErrorCode::InvalidInput, why + u" Nothing was changed."_s,
                    u"Name a file or folder as it lies in the repository: config/key.pem"_s);
    };
    QByteArray path = QFile::encodeName(given.trimmed());
    while (path.startsWith("./"))
        path.remove(0, 2);
    while (path.endsWith('/'))
        path.chop(1);
    if (path.isEmpty() || path == ".")
        return refuse(u"There is no path to look for."_s);
    if (path.startsWith('/'))
        return refuse(u"The path begins at the top of the disk."_s);
    for (const QByteArray &name : path.split('/')) {
        if (name.isEmpty() || name == "." || name == "..")
            return refuse(u"This is no path inside of a repository."_s);
        if (name == ".git")
            return refuse(u"What lies in .git is no file of the repository."_s);
    }
    return git::PurgeTarget{.path = path};
}

Result<git::PurgeTarget> PurgeRequest::text(const QString &given)
{
    HUB_TRY(const SecretText text, SecretText::parse(given.toUtf8()));
    return git::PurgeTarget{.text = text};
}

bool PurgeReport::isEmpty() const
{
    return vault.isEmpty() && rows.isEmpty() && bodies == 0 && copies.isEmpty() && runs.isEmpty() && files.isEmpty();
}

QString PurgeReport::inWords() const
{
    QStringList words;
    if (!vault.isEmpty())
        words << u"in the vault"_s;
    for (auto at = rows.begin(); at != rows.end(); ++at)
        words << u"%1: %2"_s.arg(at.key()).arg(at.value());
    if (bodies > 0)
        words << u"large messages: %1"_s.arg(bodies);
    for (const auto &[copy, what] : copies)
        words << u"backups/"_s + copy;
    for (const QString &run : runs)
        words << u"runs/"_s + run;
    for (const QString &file : files)
        words << u"files/"_s + file;
    return words.join(u", ");
}

QString PurgeReport::confirm(const ProjectName &project) const
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    const auto add = [&](qint64 number) { hash.addData(QByteArray::number(number) + '\n'); };
    for (const qint64 number : {vault.checkpoints, vault.records, vault.others, vault.commits, vault.unnamed, bodies})
        add(number);
    for (auto at = rows.begin(); at != rows.end(); ++at) {
        hash.addData(at.key().toUtf8());
        add(at.value());
    }
    for (const auto &[copy, what] : copies)
        hash.addData(copy.toUtf8() + '\n');
    for (const QString &name : runs + files)
        hash.addData(name.toUtf8() + '\n');
    return u"purge %1 %2"_s.arg(project.toString(), QString::fromLatin1(hash.result().toHex().first(16)));
}

Purge::Purge(state::Stores &stores, db::Database &monitor, Workers &workers, Vaults &vaults, const DataFolder &data)
    : m_stores(stores)
    , m_monitor(monitor)
    , m_workers(workers)
    , m_vaults(vaults)
    , m_data(data)
{
}

QString Purge::noteOf(const ProjectName &project) const { return m_data.path(u"purge/"_s + project.toString()); }

Result<QSet<TaskId>> Purge::unfinished() const
{
    QSet<TaskId> tasks;
    HUB_TRY(const auto projects, m_stores.projects.all());
    HUB_TRY(const auto all, m_stores.tasks.all());
    for (const auto &project : projects) {
        for (const Task &task : all) {
            if (project.doing[u"what"_s] == purging && task.spec.project == project.name)
                tasks.insert(task.id);
        }
    }
    return tasks;
}

void Purge::begin()
{
    const auto known = m_stores.projects.all(), removed = m_stores.projects.removed();
    if (!known || !removed) { // then no note may go: it may be of one that is under way
        qCWarning(lcRecovery).noquote() << "no purge is gone on with:" << (known ? removed : known).error().message;
        return;
    }
    QSet<QString> begun;
    for (const auto &project : *known + *removed) {
        if (project.doing[u"what"_s] != purging)
            continue;
        begun.insert(project.name.toString());
        auto done = m_workers.run(
            project.name.toString(),
            [this, name = project.name, who = project.doing[u"who"_s].toString()] { return resumeJob(name, who); });
        whenDone(std::move(done), this, [this, name = project.name](const Result<PurgeReport> &finished) {
            if (finished)
                qCInfo(lcRecovery).noquote() << "finished the purge of project" << name.toString();
            else if (finished.error().code != ErrorCode::ShuttingDown)
                Q_EMIT stuck(name, finished.error().message);
        });
    }
    // One that was cut off before it was written down changed nothing.
    for (const QString &name : QDir(m_data.path(purging)).entryList(QDir::Files)) {
        if (!begun.contains(name))
            m_workers.run(u"purge"_s,
                          [path = QFile::encodeName(m_data.path(u"purge/"_s + name))] { return removeTree(path); });
    }
}

QFuture<Result<PurgeReport>> Purge::look(const PurgeRequest &request)
{
    return m_workers.run(request.project.toString(), [this, request] { return lookJob(request); });
}

QFuture<Result<PurgeReport>> Purge::carryOut(const PurgeRequest &request)
{
    return m_workers.run(request.project.toString(), [this, request] { return carryOutJob(request); });
}

Result<Purge::Facts> Purge::factsOf(const ProjectName &name) const
{
    HUB_TRY(const auto project, m_stores.projects.get(name));
    Facts facts{.project = project};
    HUB_TRY(const auto all, m_stores.tasks.all());
    for (const Task &task : all) {
        if (task.spec.project != name)
            continue;
        facts.tasks << task;
        facts.ids << task.id;
        HUB_TRY(const auto run, m_stores.runs.livingOf(task.id));
        HUB_TRY(const auto turn, m_stores.talk.openTurn(task.id));
        if (run)
            facts.living << *run;
        if (run && (turn || task.state == TaskState::Preparing))
            facts.working.insert(task.id);
    }
    HUB_TRY(const auto gone, m_stores.erasure.ofProject(name));
    for (const auto &task : gone)
        facts.ids << task.id;
    return facts;
}

Result<> Purge::mayBegin(const Facts &facts) const
{
    const state::Project &project = facts.project;
    // The same may be begun again when it could not be finished.
    if (project.doing[u"what"_s] != purging && !project.removed)
        HUB_CHECK(state::mayTouch(project));
    HUB_TRY(const auto executing, m_stores.operations.executing());
    for (const auto &operation : executing) {
        if (facts.ids.contains(operation.task))
            return fail(ErrorCode::Conflict, u"%1 of task #%2 is going on, so nothing was changed."_s.arg(
                                                 operation.id.toString(), operation.task.toString()));
    }
    if (project.missing)
        return fail(
            ErrorCode::Conflict,
            u"The folder of project %1 is missing, so what its repository still has can't be told. Nothing was "
            "changed."_s.arg(project.name.toString()),
            u"agenthubctl projects move %1 FOLDER, or agenthubctl projects remove %1"_s.arg(project.name.toString()));
    return {};
}

Result<Purge::Place> Purge::placeOf(const state::Project &project) const
{
    if (project.removed)
        return Place{};
    HUB_TRY(const auto place, git::locateTree(QFile::encodeName(project.path)));
    HUB_TRY(auto named, git::namedInRepository(place));
    return Place{std::move(named), place};
}

Result<PurgeReport> Purge::lookJob(const PurgeRequest &request)
{
    HUB_TRY(const Facts facts, m_stores.commits.ask([&]() -> Result<Facts> {
        HUB_TRY(const Facts found, factsOf(request.project));
        HUB_CHECK(mayBegin(found));
        return found;
    }));
    HUB_TRY(const Place place, placeOf(facts.project));
    HUB_TRY(git::Vault * vault, m_vaults.of(request.project));
    HUB_TRY(const auto found, git::lookForPurge(*vault, request.target, place.named, m_stop));
    return search(facts, request, found);
}

Result<PurgeReport> Purge::carryOutJob(const PurgeRequest &request)
{
    if (!request.confirm.isEmpty()) {
        HUB_TRY(const PurgeReport now, lookJob(request));
        if (now.confirm(request.project) != request.confirm)
            return fail(ErrorCode::Conflict, u"What is kept changed since the preview, so nothing was erased."_s,
                        u"Look at the new preview and confirm again."_s);
    }
    HUB_TRY(const Facts facts, m_stores.commits.ask([&]() -> Result<Facts> {
        HUB_TRY(const Facts found, factsOf(request.project));
        HUB_CHECK(mayBegin(found));
        return found;
    }));
    HUB_CHECK(placeOf(facts.project));
    const auto note = readFile(QFile::encodeName(noteOf(request.project)));
    if (facts.project.doing[u"what"_s] == purging && note && *note != toJson(noteText(request)))
        return fail(
            ErrorCode::Conflict,
            u"Another purge of project %1 is not finished, so nothing was changed."_s.arg(request.project.toString()),
            u"Restart the hub, which goes on with that one; then purge again."_s);
    HUB_CHECK(begun(request, facts));
    return work(request);
}

// The note first: without it nobody knows what is to be erased.
Result<> Purge::begun(const PurgeRequest &request, const Facts &facts)
{
    HUB_CHECK(writeFileDurably(QFile::encodeName(noteOf(request.project)), toJson(noteText(request))));
    if (facts.project.doing[u"what"_s] == purging)
        return {};
    const auto written = m_stores.commits.ask([&]() -> Result<> {
        HUB_TRY(const auto project, m_stores.projects.get(request.project));
        HUB_CHECK(m_stores.projects.setDoing(
            request.project, {{u"what"_s, purging}, {u"who"_s, request.who}, {u"blocked"_s, project.blocked}}));
        HUB_CHECK(m_stores.projects.setBlocked(
            request.project, u"Something is being purged from project %1."_s.arg(request.project.toString())));
        return m_stores.audit.add(
            {.who = request.who,
             .origin = u"hub"_s,
             .role = u"machine"_s,
             .action = u"projects purge"_s,
             .detail = u"begins to erase %1 from project %2"_s.arg(whatOf(request.target), request.project.toString()),
             .outcome = u"begun"_s});
    });
    // Whether it was written is not known when the hub ends; the next one sees.
    if (!written && written.error().code != ErrorCode::ShuttingDown)
        HUB_CHECK(removeNote(request.project));
    return written;
}

Result<> Purge::ended(const PurgeRequest &request)
{
    HUB_CHECK(m_stores.commits.ask([&]() -> Result<> {
        HUB_TRY(const auto project, m_stores.projects.get(request.project));
        HUB_CHECK(m_stores.projects.setBlocked(request.project, project.doing[u"blocked"_s].toString()));
        HUB_CHECK(m_stores.projects.setDoing(request.project, {}));
        HUB_CHECK(m_stores.audit.add(
            {.who = request.who,
             .origin = u"hub"_s,
             .role = u"machine"_s,
             .action = u"projects purge"_s,
             .detail = u"erased %1 from project %2"_s.arg(whatOf(request.target), request.project.toString()),
             .outcome = u"done"_s}));
        m_stores.commits.afterCommit([this, name = request.project] { Q_EMIT projectChanged(name); });
        return {};
    }));
    return removeNote(request.project);
}

Result<> Purge::removeNote(const ProjectName &project) const
{
    const QByteArray note = QFile::encodeName(noteOf(project));
    HUB_CHECK(removeTree(note));
    return syncFolder(note.first(note.lastIndexOf('/')));
}

Result<PurgeReport> Purge::resumeJob(const ProjectName &project, const QString &who)
{
    const auto note = readFile(QFile::encodeName(noteOf(project)));
    const auto target = note ? targetFrom(*note) : Result<git::PurgeTarget>(note.error());
    PurgeRequest request{.project = project, .who = who};
    if (target) {
        request.target = *target;
        return work(request);
    }
    // Nobody knows any more what it was; the project must not wait for ever.
    HUB_CHECK(m_stores.commits.ask([&]() -> Result<> {
        HUB_TRY(const auto known, m_stores.projects.get(project));
        HUB_CHECK(m_stores.projects.setBlocked(project, known.doing[u"blocked"_s].toString()));
        HUB_CHECK(m_stores.projects.setDoing(project, {}));
        m_stores.commits.afterCommit([this, project] { Q_EMIT projectChanged(project); });
        return {};
    }));
    return fail(ErrorCode::Corrupt,
                u"A purge of project %1 was interrupted, and what it was to erase is not known any more: %2 Begin it "
                "again."_s.arg(project.toString(), target.error().message));
}

// Each step looks for what is still to be done, so all of it may be done again.
Result<PurgeReport> Purge::work(const PurgeRequest &request)
{
    const auto &text = request.target.text;
    HUB_TRY(Facts facts, m_stores.commits.ask([&] { return factsOf(request.project); }));
    QList<TaskId> held;
    const auto steps = [&]() -> Result<PurgeReport> {
        if (text)
            HUB_CHECK(settleRuns(facts, held));
        HUB_TRY(facts, m_stores.commits.ask([&] { return factsOf(request.project); }));
        HUB_TRY(const Place place, placeOf(facts.project));
        HUB_TRY(git::Vault * vault, m_vaults.of(request.project));
        HUB_TRY(const auto first, git::lookForPurge(*vault, request.target, place.named, m_stop));
        HUB_TRY(PurgeReport report, search(facts, request, first));
        HUB_TRY(const auto rewrite, git::rewriteForPurge(*vault, request.target, place.named, m_stop));
        state::RowPurge::Moves moves;
        for (const auto &[from, to] : rewrite.moved) {
            if (!to.isNull())
                moves[from.hex()] = to.hex();
        }
        HUB_CHECK(changeRows(facts, text, moves));
        if (text)
            HUB_CHECK(changeBodies(facts, *text));
        report.copies.clear();
        // Where copies are made, so that none is in the making: one made later has the rows as they are now.
        HUB_CHECK(takeResult(
            m_workers.run(u"backups"_s, [&]() -> Result<> { return changeCopies(facts, text, moves, report); })));
        // Only now does nothing name the old objects any more.
        HUB_TRY(report.objects, git::dropPurged(*vault, rewrite, place.named, m_stop));
        for (const TaskId &task : std::as_const(facts.ids)) {
            HUB_CHECK(removeTree(m_data.statCache(task))); // it names objects that are gone
            for (const char *scratch :
                 {"scratch/%1", "scratch/trial-%1", "scratch/move-%1", "scratch/drill-%1", "scratch/drill-%1.cache"})
                HUB_CHECK(
                    removeTree(QFile::encodeName(m_data.path(QString::fromLatin1(scratch).arg(task.toString())))));
        }
        m_vaults.forget(request.project);
        if (text) {
            HUB_CHECK(removeBodies(*text));
            HUB_CHECK(changeRuns(facts, *text));
            HUB_CHECK(removeSentFiles(facts, *text));
        }
        if (text)
            HUB_CHECK(compact());
        HUB_TRY(vault, m_vaults.of(request.project));
        HUB_TRY(const auto left, git::lookForPurge(*vault, request.target, place.named, m_stop));
        HUB_TRY(const PurgeReport after, search(facts, request, left));
        if (!after.isEmpty())
            return fail(
                ErrorCode::Conflict,
                u"Something that has it came in meanwhile (%1); it is not all erased yet."_s.arg(after.inWords()),
                u"Give the same command again."_s);
        report.notReached = after.notReached;
        HUB_CHECK(ended(request));
        return report;
    };
    auto done = steps();
    for (const Task &task : std::as_const(facts.tasks)) {
        if (!isEnded(task.state) || held.contains(task.id))
            m_runs->release(task.id, RunControl::Stillness::Rollback);
    }
    if (!done && done.error().code != ErrorCode::ShuttingDown)
        done.error().message =
            u"The purge of project %1 is not finished, and nothing else is done in it until it is: %2"_s.arg(
                request.project.toString(), done.error().message);
    if (!done && done.error().hint.isEmpty())
        done.error().hint = u"Give the same command again, or restart the hub, which goes on with it."_s;
    return done;
}

// Agents that wait are ended, as they would be soon; the others are held still, and all that they said is stored.
Result<> Purge::settleRuns(const Facts &facts, QList<TaskId> &held)
{
    for (const Run &run : facts.living) {
        if (facts.working.contains(run.task)) {
            HUB_CHECK(m_runs->hold(run.task, RunControl::Stillness::Rollback));
            held << run.task;
            continue;
        }
        HUB_CHECK(m_runs->endRun(run.task, u"something is purged from its project"_s));
        // Its folder goes when its shim has left.
        for (int i = 0; i < 500 && QFileInfo::exists(run.folder); ++i)
            QThread::msleep(10);
    }
    return {};
}

Result<PurgeReport> Purge::search(const Facts &facts, const PurgeRequest &request, const git::VaultFindings &vault)
{
    PurgeReport report{.vault = vault};
    if (request.target.text)
        HUB_CHECK(lookAtRows(facts, *request.target.text, report));
    HUB_TRY(const Place place, placeOf(facts.project));
    if (place.place) {
        QStringList trees{facts.project.path};
        for (const Task &task : facts.tasks) {
            if (task.spec.mode == TreeMode::Worktree && !task.tree.isEmpty() && QFileInfo::exists(task.tree))
                trees << task.tree;
        }
        report.notReached =
            notReachedInRepository(request.target, *place.place, trees, vault.refsOfUser, m_stop) + report.notReached;
    }
    report.notReached += notReachedAnywhere(request.target);
    return report;
}

} // namespace hub::recovery
