#include "core/agents/diskguard.h"

#include "core/base/log.h"

#include <QDir>
#include <QFileInfo>

#include <sys/stat.h>

using namespace Qt::StringLiterals;

namespace hub::agents
{

namespace
{

using Place = GuardedDisk::Place;

// While agents run or a disk is full; else nothing but the hub writes, and that looks by itself.
constexpr std::chrono::seconds closeLook{1}, farLook{5};
constexpr std::chrono::seconds leastHiddenRest{5}, mostHiddenRest{300};

// As it is on record: scope `disk` of the pauses, and the subject of its alert.
constexpr EnumText<Place> placeTexts[]{{Place::Data, QLatin1StringView("data")},
                                       {Place::Vault, QLatin1StringView("vault")},
                                       {Place::Runs, QLatin1StringView("runs")},
                                       {Place::Monitor, QLatin1StringView("monitor")}};

constexpr EnumText<Place> whatLiesThere[]{{Place::Data, QLatin1StringView("the hub keeps its data")},
                                          {Place::Vault, QLatin1StringView("the vaults are")},
                                          {Place::Runs, QLatin1StringView("what agents say is kept")},
                                          {Place::Monitor, QLatin1StringView("what was measured is kept")}};

QString subjectOf(Place place) { return u"full disk: "_s + textOf(placeTexts, place); }

// The guarded one is the folder that is there: a missing one will be made on the disk of the one above.
std::optional<dev_t> deviceOf(const QByteArray &folder)
{
    struct stat info;
    return ::stat(folder.constData(), &info) == 0 ? std::optional(info.st_dev) : std::nullopt;
}

qint64 wantedReserve(const Settings &settings, const DiskRoom &room)
{
    return reserveFor(settings.number(setting::diskReserveMegabytes) << 20, room.size);
}

QString inMegabytes(qint64 bytes) { return u"%1 MB"_s.arg((bytes >> 20) + 1); }

} // namespace

QString monitorDatabase(const DataFolder &data, const Settings &settings)
{
    return QDir(data.root()).absoluteFilePath(settings.text(setting::safetyDatabase));
}

std::vector<GuardedDisk> disksToGuard(const DataFolder &data, const Settings &settings)
{
    const std::pair<Place, QString> places[]{
        {Place::Data, data.root()},
        {Place::Vault, data.path(u"vault"_s)},
        {Place::Runs, data.path(u"runs"_s)},
        {Place::Monitor, QDir::cleanPath(QFileInfo(monitorDatabase(data, settings)).path())}};
    std::vector<GuardedDisk> disks;
    std::vector<dev_t> known;
    for (const auto &[place, name] : places) {
        const QByteArray folder = QFile::encodeName(name);
        const auto device = deviceOf(folder);
        if (!device || std::find(known.begin(), known.end(), *device) != known.end())
            continue;
        known.push_back(*device);
        const DiskRoom room = roomOf(folder).valueOr({});
        auto reserve = std::make_shared<Reserve>(folder, wantedReserve(settings, room));
        for (bool given = true; given && isFull(roomOf(folder).valueOr({}));)
            given = reserve->giveUp(Reserve::Last::Give).valueOr(false);
        disks.push_back({place, folder, reserve});
    }
    return disks;
}

DiskGuard::DiskGuard(std::vector<GuardedDisk> disks, state::Stores &stores, Brake &brake, RunKeeper &runs,
                     TaskDriver &driver, recovery::Checkpointer &checkpointer, monitor::AlertCenter &alerts,
                     const Settings &settings)
    : m_stores(stores)
    , m_brake(brake)
    , m_runs(runs)
    , m_driver(driver)
    , m_alerts(alerts)
    , m_settings(settings)
{
    for (GuardedDisk &disk : disks)
        m_disks.push_back({std::move(disk)});
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &DiskGuard::look);
    const auto ranOut = [this] {
        m_ranOut = true;
        look();
    };
    connect(&stores.commits, &db::CommitGroup::ranOutOfRoom, this, ranOut, Qt::QueuedConnection);
    connect(&brake, &Brake::spoolFailed, this, ranOut);
    connect(&checkpointer, &recovery::Checkpointer::checkpointTaken, this,
            [this](const Checkpoint &taken) { needNothing(taken.id.task); });
    stores.commits.setBeforeCommit([this] { beforeCommit(); });
}

DiskGuard::~DiskGuard() { m_stores.commits.setBeforeCommit({}); }

Result<> DiskGuard::begin()
{
    HUB_TRY(const auto full, m_stores.holds.fullDisks());
    for (Disk &disk : m_disks) {
        disk.room = roomOf(disk.folder).valueOr({});
        disk.full = disk.recorded = std::any_of(full.begin(), full.end(), [&](const state::Pause &pause) {
            return pause.subject == textOf(placeTexts, disk.place);
        });
        if (disk.place == Place::Monitor) {
            HUB_TRY(const auto open, m_alerts.book().list(true, {}, {}));
            disk.full = disk.recorded = std::any_of(open.begin(), open.end(), [&](const Alert &alert) {
                return alert.report.subject == subjectOf(disk.place);
            });
        }
    }
    Q_EMIT historyHasRoom(!diskOf(Place::Monitor).full);
    // One that is no disk of its own any more is full with the one that it lies on, or not at all.
    auto settled = m_stores.commits.submit([this, full]() -> Result<> {
        for (const state::Pause &pause : full) {
            const bool known = std::any_of(m_disks.begin(), m_disks.end(), [&](const Disk &disk) {
                return pause.subject == textOf(placeTexts, disk.place);
            });
            if (known)
                continue;
            HUB_TRY(const Place place, enumFromText(placeTexts, pause.subject, u"disk"));
            HUB_CHECK(m_stores.holds.endFullDisk(pause.subject));
            HUB_CHECK(m_alerts.resolveSubject(AlertType::ResourceWarning, subjectOf(place),
                                              u"that is no disk of its own any more"_s));
        }
        return {};
    });
    m_stores.commits.flush();
    HUB_CHECK(takeResult(settled));
    m_runs.setIngesting(!m_disks.front().full);
    look();
    return {};
}

DiskGuard::Disk &DiskGuard::diskOf(Place place)
{
    for (Disk &disk : m_disks) {
        if (disk.place == place)
            return disk;
    }
    return m_disks.front();
}

bool DiskGuard::stopsAgents() const
{
    return std::any_of(m_disks.begin(), m_disks.end(),
                       [](const Disk &disk) { return disk.full && disk.stopsAgents(); });
}

void DiskGuard::look()
{
    if (std::exchange(m_looking, true)) {
        m_lookAgain = true;
        return;
    }
    QList<QByteArray> folders;
    for (const Disk &disk : m_disks)
        folders << disk.folder;
    whenDone(m_workers.run(u"disks"_s,
                           [folders]() -> Result<QList<DiskRoom>> {
                               QList<DiskRoom> rooms;
                               for (const QByteArray &folder : folders) {
                                   HUB_TRY(const DiskRoom room, roomOf(folder));
                                   rooms << room;
                               }
                               return rooms;
                           }),
             this, [this](const Result<QList<DiskRoom>> &rooms) {
                 m_looking = false;
                 if (rooms)
                     looked(*rooms);
                 else if (rooms.error().code != ErrorCode::ShuttingDown)
                     qCWarning(lcAgents).noquote() << rooms.error().message;
                 m_timer.start(m_runs.count() > 0 || stopsAgents() ? closeLook : farLook);
                 if (std::exchange(m_lookAgain, false))
                     look();
             });
}

void DiskGuard::looked(const QList<DiskRoom> &rooms)
{
    bool full = false;
    for (size_t i = 0; i < m_disks.size(); ++i) {
        m_disks[i].room = rooms[qsizetype(i)];
        full = full || m_disks[i].full || isFull(m_disks[i].room);
    }
    // A quota of the account, which no look shows: only what could not be written does.
    const bool hidden = std::exchange(m_ranOut, false) && !full;
    dropNeedOfEnded();
    for (Disk &disk : m_disks)
        judge(disk);
    if (hidden) {
        m_disks.front().hidden = true;
        m_hiddenRest = m_calm.hasExpired() ? leastHiddenRest : std::min(2 * m_hiddenRest, mostHiddenRest);
        m_tryHidden.setRemainingTime(m_hiddenRest);
        becomeFull(m_disks.front(), true);
    }
    tellLog();
}

void DiskGuard::judge(Disk &disk)
{
    if (disk.changing)
        return;
    const qint64 wanted = wantedReserve(m_settings, disk.room);
    disk.reserve->setSize(wanted);
    const qint64 missing = disk.reserve->missing();
    if (isFull(disk.room)) {
        disk.hidden = false;
        const bool given = missing > 0 || wanted == 0;
        if (!disk.full || !disk.recorded || !given)
            becomeFull(disk, !given);
    } else if (disk.full && !disk.recorded) {
        record(disk);
    } else if (disk.need > 0 && !disk.full) { // its task can't be saved, so what agents do is not protected any more
        becomeFull(disk, false);
    } else if (!hasRoomFor(disk.room, std::max<qint64>(missing, 0) + disk.need)) {
        return;
    } else if (missing != 0 || disk.full) {
        if (!disk.hidden || m_tryHidden.hasExpired())
            makeReserve(disk);
    }
}

// Frozen first: what is given up now is not for them.
void DiskGuard::becomeFull(Disk &disk, bool give)
{
    disk.full = true;
    if (disk.stopsAgents())
        std::ignore = m_brake.hold({}, Hold::FullDisk);
    if (disk.place == Place::Data)
        m_runs.setIngesting(false);
    if (&disk == &diskOf(Place::Monitor))
        Q_EMIT historyHasRoom(false);
    disk.changing = true;
    whenDone(m_workers.run(u"disks"_s,
                           [reserve = disk.reserve, give] { return give ? reserve->giveUp() : Result<bool>(false); }),
             this, [this, &disk](const Result<bool> &given) {
                 disk.changing = false;
                 if (!given)
                     qCWarning(lcAgents).noquote() << given.error().message;
                 record(disk);
             });
}

// Tried again with each look until it is on record; the brake holds all the same.
void DiskGuard::record(Disk &disk)
{
    disk.changing = true;
    whenDone(m_stores.commits.submit([this, &disk] { return enter(disk); }), this, [this, &disk](const Result<> &done) {
        disk.changing = false;
        disk.recorded = done.hasValue();
        if (!done)
            qCCritical(lcAgents).noquote() << "a full disk can't be recorded yet:" << done.error().message;
    });
}

// Inside work.
Result<> DiskGuard::enter(const Disk &disk)
{
    const QString where = textOf(whatLiesThere, disk.place), name = textOf(placeTexts, disk.place);
    QString found = u"%1, where %2; %3 in all are needed."_s.arg(freeText(disk.room), where, needText(disk));
    if (disk.hidden)
        found += u" It could not be written all the same: a quota may be used up."_s;
    if (disk.stopsAgents()) {
        HUB_CHECK(m_stores.holds.recordFullDisk(name, found));
        m_stores.commits.afterCommit([this] { m_brake.recorded({}, Hold::FullDisk); });
    }
    HUB_CHECK(audit(u"disk-full"_s, found));
    HUB_CHECK(m_alerts.raise(
        {.type = AlertType::ResourceWarning,
         .level = disk.stopsAgents() ? AlertLevel::Critical : AlertLevel::Warning,
         .subject = subjectOf(disk.place),
         .title = (isFull(disk.room) ? u"%1 is full: %2"_s : u"%1 has too little room: %2"_s)
                      .arg(disk.room.mount,
                           disk.stopsAgents() ? u"all agents are frozen"_s : u"what is measured is not kept"_s),
         .description = found +
                        (disk.stopsAgents() ? u" Nothing is lost. What needs room is refused; looking and going back "
                                              u"work."_s
                                            : u" Everything else works."_s) +
                        u' ' + wayOut(disk),
         .standing = true}));
    return {};
}

// When it can be made, and more than that would fit, there is room: also by a quota that no look shows.
void DiskGuard::makeReserve(Disk &disk)
{
    disk.changing = true;
    const qint64 beyond = disk.full ? 4 * leastFree(disk.room.size) : 0;
    whenDone(m_workers.run(u"disks"_s, [reserve = disk.reserve, beyond] { return reserve->make(beyond); }), this,
             [this, &disk](const Result<> &made) {
                 disk.changing = false;
                 if (disk.hidden)
                     m_tryHidden.setRemainingTime(m_hiddenRest);
                 if (!made) {
                     if (!disk.full && made.error().code != ErrorCode::ShuttingDown)
                         qCWarning(lcAgents).noquote() << "no reserve for a full disk:" << made.error().message;
                 } else if (disk.full) {
                     becomeFree(disk);
                 }
             });
}

void DiskGuard::becomeFree(Disk &disk)
{
    disk.changing = true;
    whenDone(m_stores.commits.submit([this, &disk] { return leave(disk); }), this, [this, &disk](const Result<> &done) {
        disk.changing = false;
        if (!done) {
            qCWarning(lcAgents).noquote() << "what a full disk stopped can't go on yet:" << done.error().message;
            return;
        }
        if (std::exchange(disk.hidden, false))
            m_calm.setRemainingTime(2 * mostHiddenRest);
        disk.full = disk.recorded = false;
        disk.need = 0;
        if (disk.place == Place::Data)
            m_runs.setIngesting(true);
        if (&disk == &diskOf(Place::Monitor))
            Q_EMIT historyHasRoom(true);
        if (!stopsAgents()) {
            m_brake.release({}, Hold::FullDisk);
            m_driver.admit();
        }
    });
}

// Inside work.
Result<> DiskGuard::leave(const Disk &disk)
{
    const QString found = freeText(disk.room) + u'.';
    HUB_CHECK(m_stores.holds.endFullDisk(textOf(placeTexts, disk.place)));
    HUB_CHECK(audit(u"disk-has-room"_s, found));
    return m_alerts.resolveSubject(AlertType::ResourceWarning, subjectOf(disk.place), found);
}

Result<> DiskGuard::audit(const QString &action, const QString &detail)
{
    return m_stores.audit.add({.who = u"the hub"_s,
                               .origin = u"hub"_s,
                               .role = u"machine"_s,
                               .action = action,
                               .detail = detail,
                               .outcome = u"done"_s});
}

// Each commit needs a little room. A look at the disk of the database costs far less than the commit.
void DiskGuard::beforeCommit()
{
    Disk &disk = m_disks.front();
    const auto room = roomOf(disk.folder);
    if (!room || !isFull(*room))
        return;
    disk.room = *room;
    if (!std::exchange(disk.full, true)) {
        std::ignore = m_brake.hold({}, Hold::FullDisk);
        QMetaObject::invokeMethod(this, &DiskGuard::look, Qt::QueuedConnection);
    }
    if (const auto given = disk.reserve->giveUp(); !given)
        qCWarning(lcAgents).noquote() << given.error().message;
}

QString DiskGuard::wayOut(const Disk &disk) const
{
    const QString general = u"Make room there: agenthubctl doctor says what can go. All goes on by itself then."_s;
    if (disk.need == 0 || !m_unsaved)
        return general;
    return general + u" Or remove large files from the working tree of task #%1, which could not be saved, and save "
                     "it: agenthubctl checkpoint %1"_s.arg(m_unsaved->toString());
}

QString DiskGuard::needText(const Disk &disk) const
{
    return inMegabytes(std::max<qint64>(disk.reserve->missing(), 0) + disk.need + 4 * leastFree(disk.room.size));
}

std::optional<Error> DiskGuard::refusal()
{
    Disk &first = m_disks.front();
    if (const auto room = roomOf(first.folder)) {
        first.room = *room;
        if (isFull(*room) && !first.full)
            becomeFull(first, true);
    }
    for (const Disk &disk : m_disks) {
        const bool forOneTask = disk.need > 0 && !isFull(disk.room); // all others may be saved
        if (!disk.full || forOneTask || !disk.stopsAgents())
            continue;
        return fail(ErrorCode::DiskFull,
                    u"Not done: %1, and %2 in all are needed to go on. All agents are frozen, nothing is lost."_s.arg(
                        freeText(disk.room), needText(disk)),
                    u"Make room there; agenthubctl doctor says what can go. Agents then go on by themselves."_s);
    }
    return std::nullopt;
}

QStringList DiskGuard::concerns() const
{
    QStringList sentences;
    for (const Disk &disk : m_disks) {
        if (disk.full)
            sentences << (disk.stopsAgents()
                              ? u"%1, and %2 in all are needed: all agents are frozen until there is room."_s
                              : u"%1, and %2 in all are needed: what is measured is not kept."_s)
                             .arg(freeText(disk.room), needText(disk));
    }
    return sentences;
}

void DiskGuard::giveWay(qint64 needed)
{
    const Disk &disk = diskOf(Place::Vault);
    for (bool given = true; given;) {
        const auto room = roomOf(disk.folder);
        if (!room || room->free >= needed + leastFree(room->size))
            return;
        given = disk.reserve->giveUp().valueOr(false);
    }
}

void DiskGuard::noRoomToSave(TaskId task, qint64 needed)
{
    QMetaObject::invokeMethod(this, [this, task, needed] {
        Disk &disk = diskOf(Place::Vault);
        disk.recorded = disk.recorded && m_unsaved == task; // the way out is another one
        disk.need = needed;
        m_unsaved = task;
        look();
    });
}

void DiskGuard::nothingToSave(TaskId task)
{
    QMetaObject::invokeMethod(this, [this, task] { needNothing(task); });
}

void DiskGuard::needNothing(TaskId task)
{
    if (m_unsaved != task)
        return;
    m_unsaved.reset();
    diskOf(Place::Vault).need = 0;
}

// Nobody will save it any more, and the agents of the others do not wait for that.
void DiskGuard::dropNeedOfEnded()
{
    if (!m_unsaved)
        return;
    const auto task = m_stores.tasks.get(*m_unsaved);
    if (task ? isEnded(task->state) : task.error().code == ErrorCode::NotFound)
        needNothing(*m_unsaved);
}

void DiskGuard::tellLog()
{
    const QString lost = logLoss();
    if (lost.isEmpty() == !m_logLost)
        return;
    m_logLost = !lost.isEmpty();
    m_stores.commits.submitOrLog(u"the alert about the log"_s, [this, lost]() -> Result<> {
        if (lost.isEmpty())
            return m_alerts.resolveSubject(AlertType::ResourceWarning, u"log"_s, u"it can be written again"_s);
        HUB_CHECK(m_alerts.raise({.type = AlertType::ResourceWarning,
                                  .level = AlertLevel::Warning,
                                  .subject = u"log"_s,
                                  .title = u"The log can't be written"_s,
                                  .description = u"%1. Its lines are dropped until it can; everything else goes on, "
                                                 "and the audit trail is whole."_s.arg(lost),
                                  .standing = true}));
        return {};
    });
}

} // namespace hub::agents
