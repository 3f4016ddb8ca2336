// What lies beside the vaults: rows of both databases, large bodies, copies of the databases, folders of runs, files
// that people sent.
#include "core/base/diskroom.h"
#include "core/base/durablefile.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/recovery/purge.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QFileInfo>
#include <QThread>

#include <cerrno>
#include <cstdio>
#include <fcntl.h>

using namespace Qt::StringLiterals;

namespace hub::recovery
{

namespace
{

constexpr qsizetype together = 100;         // rows in one commit, so that the hub thread goes on with other work
constexpr qsizetype beginningLength = 1000; // of a large body, in its row
constexpr qint64 largestRunFile = 64 << 20;
constexpr char halfDone[] = ".purging"; // behind the name of a copy that is being written anew

template <class T, class Each>
Result<> inParts(const QList<T> &all, Each each)
{
    for (qsizetype at = 0; at < all.size(); at += together)
        HUB_CHECK(each(all.mid(at, together)));
    return {};
}

QString numbersOf(const QList<qint64> &ids)
{
    QStringList names;
    for (const qint64 id : ids.first(std::min<qsizetype>(ids.size(), 10)))
        names << QString::number(id);
    return names.join(u", ") + (ids.size() > 10 ? u" and %1 more"_s.arg(ids.size() - 10) : QString());
}

// Of a folder, the files that have the text.
QStringList filesWith(const QString &folder, const SecretText &text)
{
    QStringList found;
    QDirIterator files(folder, QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    while (files.hasNext()) {
        const QString path = files.next();
        if (files.fileInfo().isSymLink() || files.fileInfo().size() > largestRunFile)
            continue;
        if (const auto bytes = readFile(QFile::encodeName(path)); bytes && text.isIn(*bytes))
            found << path;
    }
    return found;
}

bool isOver(const Run &run) { return run.state == RunState::Ended || run.state == RunState::Interrupted; }

// A statement that gives the moved-away log back to the disk. False at once while somebody else reads: the thread of
// the database must not wait for that.
Result<bool> emptyLog(db::Database &database)
{
    const auto number = [](const db::Row &row) { return row.number(0); };
    HUB_TRY(const auto patience, database.selectOne(u"PRAGMA busy_timeout"_s, {}, number));
    HUB_CHECK(database.run(u"PRAGMA busy_timeout=0"_s));
    const auto busy = database.selectOne(u"PRAGMA wal_checkpoint(TRUNCATE)"_s, {}, number);
    HUB_CHECK(database.run(u"PRAGMA busy_timeout=%1"_s.arg(patience.value_or(0))));
    if (!busy)
        return busy.error().code == ErrorCode::Conflict ? Result(false) : Result<bool>(busy.error());
    return busy->value_or(0) == 0;
}

// Copies that were not made to their end: by a backup, or by a purge before this one.
QStringList unfinishedIn(const QString &backups)
{
    QStringList paths;
    const QStringList names{u"*.partial*"_s, u"*"_s + QLatin1StringView(halfDone) + u"*"_s};
    for (const QString &name : QDir(backups).entryList(names, QDir::Files | QDir::Hidden))
        paths << backups + u'/' + name;
    return paths;
}

// What SQLite writes anew lies beside the old, and goes through the log.
Result<> checkRoomFor(const QString &database)
{
    const QByteArray path = QFile::encodeName(database);
    const qint64 needed = 2 * QFileInfo(database).size();
    HUB_TRY(const DiskRoom room, roomOf(path));
    if (hasRoomFor(room, needed))
        return {};
    return fail(ErrorCode::DiskFull,
                u"%1 is written anew for this, which takes %2 MB, and there are %3."_s.arg(database)
                    .arg((needed >> 20) + 1)
                    .arg(freeText(room)),
                u"Make room on that disk, then give the same command again; agenthubctl doctor shows what uses it."_s);
}

} // namespace

QStringList Purge::copies() const
{
    QStringList paths;
    for (const QString &name : QDir(m_data.backups()).entryList({u"*.db"_s}, QDir::Files, QDir::Name))
        paths << m_data.backups() + u'/' + name;
    return paths;
}

Result<> Purge::lookAtRows(const Facts &facts, const SecretText &text, PurgeReport &report)
{
    QList<state::FoundRow> rows;
    for (const QString &path : {m_data.stateDatabase(), m_monitor.path()}) {
        HUB_TRY(const auto database, db::Database::open(path, db::Database::Mode::ReadOnly));
        const state::RowPurge purge(*database, facts.project.name, facts.ids);
        HUB_TRY(const auto found, purge.find(text));
        rows += found;
        if (path != m_data.stateDatabase())
            continue;
        HUB_TRY(const auto bodies, purge.largeBodies());
        for (const auto &body : bodies) {
            HUB_TRY(const auto changed, newBody(body.file, text));
            report.bodies += changed.has_value();
        }
        HUB_TRY(const auto audit, purge.inAudit(text));
        HUB_TRY(const auto gitLog, purge.inGitLog(text));
        HUB_TRY(const qint64 others, purge.elsewhere(text));
        if (!audit.isEmpty())
            report.notReached.append({u"rows of the audit trail: "_s + numbersOf(audit),
                                      u"Each is chained to the next by its hash, so none is ever changed."_s});
        if (!gitLog.isEmpty())
            report.notReached.append({u"rows of the log of git operations: "_s + numbersOf(gitLog),
                                      u"Each is chained to the next by its hash, so none is ever changed."_s});
        if (others > 0)
            report.notReached.append({u"%1 messages of other projects"_s.arg(others), u"Purge it from those too."_s});
    }
    report.rows = state::RowPurge::counted(rows);
    for (const QString &path : copies()) {
        const QString name = path.section(u'/', -1);
        const auto database = db::Database::open(path, db::Database::Mode::ReadOnly);
        const auto found = database ? state::RowPurge(**database, facts.project.name, facts.ids).find(text)
                                    : Result<QList<state::FoundRow>>(database.error());
        if (!found && !QFileInfo::exists(path))
            continue; // thinned out meanwhile
        if (!found && found.error().code != ErrorCode::Corrupt)
            return found.error();
        HUB_TRY(const QByteArray bytes, found ? Result(QByteArray()) : readFile(QFile::encodeName(path)));
        if (!found && text.isIn(bytes))
            report.copies.append({name, u"has the text and is damaged: removed as a whole"_s});
        else if (!found)
            report.notReached.append({u"backups/"_s + name, u"It is damaged, and the text was not seen in it."_s});
        else if (!found->isEmpty())
            report.copies.append({name, u"%1 rows"_s.arg(found->size())});
    }
    for (const QString &path : unfinishedIn(m_data.backups())) {
        if (const auto bytes = readFile(QFile::encodeName(path)); bytes && text.isIn(*bytes))
            report.copies.append({path.section(u'/', -1), u"has the text and was not finished: removed as a whole"_s});
    }
    for (const QString &path : sentFilesWith(facts, text))
        report.files << path.section(u'/', -2);
    return lookAtRuns(facts, text, report);
}

QStringList Purge::sentFilesWith(const Facts &facts, const SecretText &text) const
{
    QStringList found;
    for (const TaskId task : facts.ids)
        found += filesWith(m_data.sentFiles(task), text);
    return found;
}

// As a whole: what is left of a picture or an archive without a part of it is nothing anyway.
Result<> Purge::removeSentFiles(const Facts &facts, const SecretText &text) const
{
    for (const QString &path : sentFilesWith(facts, text)) {
        HUB_CHECK(removeTree(QFile::encodeName(path)));
        HUB_CHECK(syncFolder(QFile::encodeName(path.section(u'/', 0, -2))));
    }
    return {};
}

Result<> Purge::lookAtRuns(const Facts &facts, const SecretText &text, PurgeReport &report)
{
    const QString folder = m_data.path(u"runs"_s);
    for (const QString &name : QDir(folder).entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        QStringList files = filesWith(folder + u'/' + name, text);
        if (files.isEmpty())
            continue;
        HUB_TRY(const auto run, runOf(folder + u'/' + name));
        if (!run) {
            report.notReached.append({u"runs/%1, of a run that is not known here"_s.arg(name),
                                      u"Remove that folder when no program of that run lives any more."_s});
            continue;
        }
        const QString end = u"It goes when the run ends: agenthubctl cancel-task %1"_s.arg(run->task.toString());
        if (!isOver(*run) && !facts.ids.contains(run->task)) {
            report.notReached.append(
                {u"the folder of run %1 of another project, which lives"_s.arg(run->id.toString()), end});
            continue;
        }
        const bool stays = !isOver(*run) && facts.working.contains(run->task);
        if (stays && files.removeIf([](const QString &path) { return path.endsWith(u".seg"); }) > 0)
            report.notReached.append({u"the spool of run %1, which lives"_s.arg(run->id.toString()), end});
        if (!files.isEmpty())
            report.runs << name;
    }
    return {};
}

// As the database has it now; nothing of a folder that no run of this hub has.
Result<std::optional<Run>> Purge::runOf(const QString &folder) const
{
    const auto id = RunId::parse(folder.section(u'-', -1));
    if (!id)
        return std::optional<Run>();
    return m_stores.commits.ask([&]() -> Result<std::optional<Run>> {
        const auto run = m_stores.runs.get(*id);
        if (!run && run.error().code != ErrorCode::NotFound)
            return run.error();
        return run && run->folder == folder ? std::optional(*run) : std::nullopt;
    });
}

// Found on a connection of its own, changed on the hub thread; again until nothing is left, for agents may go on.
Result<> Purge::changeRows(const Facts &facts, const std::optional<SecretText> &text,
                           const state::RowPurge::Moves &moves)
{
    constexpr int rounds = 5;
    for (int i = 0; i < rounds; ++i) {
        HUB_TRY(const auto database, db::Database::open(m_data.stateDatabase(), db::Database::Mode::ReadOnly));
        const state::RowPurge reader(*database, facts.project.name, facts.ids);
        HUB_TRY(const auto moved, reader.findMoved(moves));
        HUB_TRY(const auto found, text ? reader.find(*text) : Result<QList<state::FoundRow>>());
        HUB_CHECK(inParts(moved, [&](const QList<state::MovedIds> &part) {
            return m_stores.commits.ask([&]() -> Result<> {
                state::RowPurge writer(m_stores.commits.database(), facts.project.name, facts.ids);
                for (const auto &change : part)
                    HUB_CHECK(writer.move(change));
                return {};
            });
        }));
        HUB_CHECK(inParts(found, [&](const QList<state::FoundRow> &part) {
            return m_stores.commits.ask([&]() -> Result<> {
                state::RowPurge writer(m_stores.commits.database(), facts.project.name, facts.ids);
                for (const auto &row : part)
                    HUB_CHECK(writer.mark(row, *text));
                return {};
            });
        }));
        if (moved.isEmpty() && found.isEmpty())
            break;
    }
    if (!text)
        return {};
    HUB_TRY(const auto monitor, db::Database::open(m_monitor.path(), db::Database::Mode::ReadOnly));
    HUB_TRY(const auto alerts, state::RowPurge(*monitor, facts.project.name, facts.ids).find(*text));
    return inParts(alerts, [&](const QList<state::FoundRow> &part) {
        return takeResult(runOn(this, [&]() -> Result<> {
            state::RowPurge writer(m_monitor, facts.project.name, facts.ids);
            for (const auto &row : part)
                HUB_CHECK(writer.mark(row, *text));
            return {};
        }));
    });
}

Result<std::optional<Purge::NewBody>> Purge::newBody(const QString &file, const SecretText &text) const
{
    const auto bytes = m_stores.bodies.get(file);
    if (!bytes || !text.isIn(*bytes))
        return std::optional<NewBody>(); // a damaged one is looked at as bytes when old ones are removed
    const QByteArray marked = text.marked(*bytes);
    const QString name = state::BodyStore::nameOf(marked);
    return std::optional(NewBody{name, QString::fromUtf8(marked).left(beginningLength)});
}

// The new file is there before a row names it; the old ones go when no row does.
Result<> Purge::changeBodies(const Facts &facts, const SecretText &text)
{
    HUB_TRY(const auto database, db::Database::open(m_data.stateDatabase(), db::Database::Mode::ReadOnly));
    HUB_TRY(const auto bodies, state::RowPurge(*database, facts.project.name, facts.ids).largeBodies());
    for (const auto &body : bodies) {
        HUB_TRY(const auto changed, newBody(body.file, text));
        if (!changed)
            continue;
        HUB_TRY(const QByteArray bytes, m_stores.bodies.get(body.file));
        HUB_CHECK(m_stores.bodies.put(text.marked(bytes)));
        HUB_CHECK(m_stores.commits.ask([&] {
            return state::RowPurge(m_stores.commits.database(), facts.project.name, facts.ids)
                .setBody(body.message, changed->file, changed->beginning);
        }));
    }
    return {};
}

Result<> Purge::changeCopies(const Facts &facts, const std::optional<SecretText> &text,
                             const state::RowPurge::Moves &moves, PurgeReport &report)
{
    for (const QString &path : unfinishedIn(m_data.backups()))
        HUB_CHECK(removeTree(QFile::encodeName(path)));
    for (const QString &path : copies()) {
        const QByteArray raw = QFile::encodeName(path);
        const QString name = path.section(u'/', -1);
        struct Wanted {
            QList<state::FoundRow> rows;
            QList<state::MovedIds> moved;
            QList<state::LargeBody> large;
            QList<std::pair<qint64, NewBody>> bodies;
            bool isNothing() const { return rows.isEmpty() && moved.isEmpty() && bodies.isEmpty(); }
        };
        const auto look = [&]() -> Result<Wanted> {
            HUB_TRY(const auto database, db::Database::open(path, db::Database::Mode::ReadOnly));
            const state::RowPurge reader(*database, facts.project.name, facts.ids);
            Wanted wanted;
            HUB_TRY(wanted.moved, reader.findMoved(moves));
            if (!text)
                return wanted;
            HUB_TRY(wanted.rows, reader.find(*text));
            HUB_TRY(wanted.large, reader.largeBodies());
            return wanted;
        };
        auto wanted = look();
        if (!wanted && wanted.error().code != ErrorCode::Corrupt)
            return wanted.error(); // a busy or full disk says nothing about the copy
        if (!wanted) {
            HUB_TRY(const QByteArray bytes, readFile(raw));
            if (text && text->isIn(bytes)) {
                HUB_CHECK(removeTree(raw));
                HUB_CHECK(syncFolder(QFile::encodeName(m_data.backups())));
                report.copies.append({name, u"had the text and was damaged: removed as a whole"_s});
            }
            continue;
        }
        for (const auto &body : std::as_const(wanted->large)) {
            HUB_TRY(const auto changed, newBody(body.file, *text));
            if (!changed)
                continue;
            HUB_TRY(const QByteArray bytes, m_stores.bodies.get(body.file));
            HUB_CHECK(m_stores.bodies.put(text->marked(bytes)));
            wanted->bodies.append({body.message, *changed});
        }
        if (wanted->isNothing())
            continue;
        // Under another name until it is whole: one that was changed and not written anew would look done.
        const QString beside = path + QLatin1StringView(halfDone);
        QFile original(path);
        if (!original.copy(beside))
            return fail(ErrorCode::Storage, u"%1 can't be copied: %2."_s.arg(path, original.errorString()));
        {
            HUB_TRY(const auto database, db::Database::open(beside));
            state::RowPurge writer(*database, facts.project.name, facts.ids);
            HUB_CHECK(database->run(u"BEGIN IMMEDIATE"_s));
            for (const auto &change : wanted->moved)
                HUB_CHECK(writer.move(change));
            for (const auto &row : wanted->rows)
                HUB_CHECK(writer.mark(row, *text));
            for (const auto &[message, body] : wanted->bodies)
                HUB_CHECK(writer.setBody(message, body.file, body.beginning));
            HUB_CHECK(database->run(u"COMMIT"_s));
            HUB_CHECK(database->run(u"VACUUM"_s));
            HUB_CHECK(emptyLog(*database));
            HUB_CHECK(database->run(u"PRAGMA journal_mode=DELETE"_s)); // one file again
        }
        {
            const QByteArray made = QFile::encodeName(beside);
            HUB_TRY(const FileHandle file, openFile(made, O_RDONLY));
            HUB_CHECK(syncFile(file.fd(), made));
            if (::rename(made.constData(), raw.constData()) != 0)
                return systemError(errno, u"rename", made);
            HUB_CHECK(syncFolder(QFile::encodeName(m_data.backups())));
        }
        if (const auto rows = wanted->rows.size() + wanted->bodies.size(); rows > 0)
            report.copies.append({name, u"%1 rows"_s.arg(rows)});
    }
    return {};
}

Result<> Purge::removeBodies(const SecretText &text)
{
    QStringList having;
    for (const QString &name : m_stores.bodies.all()) {
        if (const auto bytes = readFile(m_stores.bodies.pathOf(name)); bytes && text.isIn(*bytes))
            having << name;
    }
    if (having.isEmpty())
        return {};
    // On the hub thread, where messages are written, so that none is named anew in between.
    HUB_TRY(const QStringList removed, m_stores.commits.ask([&]() -> Result<QStringList> {
        HUB_TRY(const QStringList free, m_stores.erasure.unreferenced(having));
        for (const QString &name : free)
            HUB_CHECK(m_stores.bodies.remove(name));
        return free;
    }));
    for (const QString &name : removed) {
        const QByteArray path = m_stores.bodies.pathOf(name);
        HUB_CHECK(syncFolder(path.first(path.lastIndexOf('/'))));
    }
    return {};
}

// Of a run that has ended all is stored. One that lives keeps its spool; what it was started with was read. Others
// begin and end while this looks, so each is asked about when its folder is to be changed.
Result<> Purge::changeRuns(const Facts &facts, const SecretText &text)
{
    const QString folder = m_data.path(u"runs"_s);
    for (const QString &name : QDir(folder).entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        const QStringList files = filesWith(folder + u'/' + name, text);
        if (files.isEmpty())
            continue;
        HUB_TRY(const auto run, runOf(folder + u'/' + name));
        if (run && isOver(*run)) {
            HUB_CHECK(removeTree(QFile::encodeName(run->folder)));
            HUB_CHECK(syncFolder(QFile::encodeName(folder)));
            continue;
        }
        if (!run || !facts.ids.contains(run->task))
            continue;
        for (const QString &path : files) {
            if (path.endsWith(u".seg"))
                continue;
            const QByteArray raw = QFile::encodeName(path);
            HUB_TRY(const QByteArray bytes, readFile(raw));
            HUB_CHECK(writeFileDurably(raw, text.blanked(bytes)));
        }
    }
    return {};
}

// What was in rows is still in pages that are free now, and in the log. The hub thread waits for as long as writing the
// database anew takes.
Result<> Purge::compact()
{
    for (const QString &database : {m_data.stateDatabase(), m_monitor.path()})
        HUB_CHECK(checkRoomFor(database));
    HUB_CHECK(takeResult(runOn(this, [this]() -> Result<> {
        m_stores.commits.flush();
        HUB_CHECK(m_stores.commits.database().run(u"VACUUM"_s));
        return m_monitor.run(u"VACUUM"_s);
    })));
    for (int i = 0; i < 300; ++i) {
        HUB_TRY(const bool empty, takeResult(runOn(this, [this]() -> Result<bool> {
                    m_stores.commits.flush();
                    HUB_TRY(const bool first, emptyLog(m_stores.commits.database()));
                    HUB_TRY(const bool second, emptyLog(m_monitor));
                    return first && second;
                })));
        if (empty)
            return {};
        QThread::msleep(100);
    }
    return fail(ErrorCode::Conflict, u"Another program reads the hub's databases and keeps an old log of theirs."_s,
                u"End it, then give the same command again."_s);
}

} // namespace hub::recovery
