#include "core/recovery/records.h"

#include "core/base/log.h"

#include <QFile>

using namespace Qt::StringLiterals;

namespace hub::recovery
{

Records::Records(state::Stores &stores, Vaults &vaults)
    : m_stores(stores)
    , m_vaults(vaults)
{
}

void Records::keep(const ProjectName &project, const QString &path)
{
    const auto taken = take(project, path);
    if (taken)
        return tell(project, {});
    const Error &error = taken.error();
    qCWarning(lcRecovery).noquote() << "no record of" << project.toString() << "was taken:" << error.message;
    const auto found = damage(project, path, false);
    if (found && !found->isEmpty())
        tell(project, *found);
}

Result<> Records::take(const ProjectName &project, const QString &path)
{
    HUB_TRY(const auto place, m_places.of(QFile::encodeName(path)));
    // Looked at before it is read: what changes meanwhile is seen the next time.
    const QByteArray stamp = git::recordStamp(place);
    {
        const std::lock_guard lock(m_mutex);
        if (m_stamps[project] == stamp)
            return {};
    }
    HUB_TRY(git::Vault * vault, m_vaults.of(project));
    HUB_CHECK(git::takeRecord(*vault, place, m_stores.clock.now()));
    const std::lock_guard lock(m_mutex);
    m_stamps[project] = stamp;
    return {};
}

void Records::tell(const ProjectName &project, const QString &damage)
{
    {
        const std::lock_guard lock(m_mutex);
        const auto known = m_damage.find(project);
        if (known != m_damage.end() && known->second == damage)
            return;
        m_damage[project] = damage;
    }
    if (damage.isEmpty())
        Q_EMIT foundWhole(project);
    else
        Q_EMIT foundDamaged(project, damage);
}

Result<QString> Records::damage(const ProjectName &project, const QString &path, bool thorough)
{
    HUB_TRY(git::Vault * vault, m_vaults.of(project));
    return git::findDamage(*vault, QFile::encodeName(path), thorough);
}

Result<git::RepairReport> Records::repair(const ProjectName &project, const QString &path)
{
    HUB_TRY(git::Vault * vault, m_vaults.of(project));
    git::RepairRequest request{.workTree = QFile::encodeName(path), .time = m_stores.clock.now()};
    HUB_TRY(request.snapshots, m_stores.commits.ask([&]() -> Result<std::map<QByteArray, git::ObjectId>> {
        std::map<QByteArray, git::ObjectId> snapshots;
        HUB_TRY(const auto tasks, m_stores.tasks.all());
        for (const Task &task : tasks) {
            if (task.spec.project != project || task.tree.isEmpty())
                continue;
            HUB_TRY(const auto newest, m_stores.tasks.newestCheckpoint(task.id));
            const auto commit = newest ? git::ObjectId::fromHex(newest->commit.toLatin1()) : std::nullopt;
            if (commit && !isEnded(task.state))
                snapshots[QFile::encodeName(task.tree)] = *commit;
        }
        return snapshots;
    }));
    // What stands there afterwards is nobody's move, also when the hub dies meanwhile.
    const auto forget = [&] { return m_stores.refs.forgetKnown(project); };
    HUB_CHECK(m_stores.commits.ask(forget));
    HUB_TRY(const auto report, git::repairRepository(*vault, request));
    HUB_CHECK(m_stores.commits.ask([&]() -> Result<> {
        HUB_CHECK(m_stores.gitLog.add({.project = project.toString(),
                                       .who = u"hub"_s,
                                       .action = u"repair"_s,
                                       .outcome = u"done"_s,
                                       .detail = repairText(report)}));
        return forget();
    }));
    qCInfo(lcRecovery).noquote() << "repaired the repository of" << project.toString();
    Q_EMIT repaired(project);
    keep(project, path);
    return report;
}

QString repairText(const git::RepairReport &report)
{
    if (report.damage.isEmpty())
        return u"A repair that was cut off is finished."_s;
    QString text =
        u"Was damaged: %1 Back are %2 branches, %3 tags, %4 stashes and %5 working trees"_s.arg(report.damage)
            .arg(report.branches)
            .arg(report.tags)
            .arg(report.stashes)
            .arg(report.trees.size());
    text += u", as recorded at %1"_s.arg(toIso(report.recordAt));
    if (report.takenOver > 0 || !report.newer.isEmpty())
        text += u" and with what came after that"_s;
    return text + u'.';
}

} // namespace hub::recovery
