#include "core/db/commitgroup.h"

#include "core/base/log.h"

#include <QCoreApplication>
#include <QEvent>

using namespace Qt::StringLiterals;

namespace hub::db
{

namespace
{

const QEvent::Type commitEvent = QEvent::Type(QEvent::registerEventType());

} // namespace

CommitGroup::CommitGroup(Database &database)
    : m_database(database)
{
}

CommitGroup::~CommitGroup() { flush(); }

void CommitGroup::logFailure(const QString &what, const Error &error)
{
    if (error.code != ErrorCode::ShuttingDown)
        qCWarning(lcDb).noquote() << what << "failed:" << error.message;
}

Result<> CommitGroup::enter()
{
    Q_ASSERT_X(!m_inside, "CommitGroup", "work must not submit work and expect it to be part of itself");
    if (!m_open)
        HUB_CHECK(m_database.run(u"BEGIN"_s));
    if (auto saved = m_database.run(u"SAVEPOINT work"_s); !saved) {
        // Nobody would commit what was begun for this work alone.
        if (!m_open) {
            if (auto undone = m_database.run(u"ROLLBACK"_s); !undone)
                qCWarning(lcDb).noquote() << undone.error().message;
        }
        return saved;
    }
    m_open = m_inside = true;
    if (!m_commitPosted) {
        m_commitPosted = true;
        // Low priority: work that is already queued for this thread gets into the same commit.
        QCoreApplication::postEvent(this, new QEvent(commitEvent), Qt::LowEventPriority);
    }
    return {};
}

Result<> CommitGroup::leave(bool keep)
{
    m_inside = false;
    auto announcements = std::exchange(m_workAnnouncements, {});
    // A full disk or a failing one can make SQLite take back the whole transaction, and the savepoints with it. What
    // was done before in this group is lost then, and a savepoint after it would commit by itself.
    if (!keep)
        HUB_CHECK(m_database.run(u"ROLLBACK TO work"_s));
    HUB_CHECK(m_database.run(u"RELEASE work"_s));
    if (keep) {
        for (auto &announce : announcements)
            m_announcements.push_back(std::move(announce));
    }
    return {};
}

void CommitGroup::afterCommit(std::function<void()> announce)
{
    Q_ASSERT(m_inside);
    m_workAnnouncements.push_back(std::move(announce));
}

bool CommitGroup::event(QEvent *event)
{
    if (event->type() == commitEvent) {
        m_commitPosted = false;
        flush();
        return true;
    }
    return QObject::event(event);
}

void CommitGroup::flush()
{
    if (!m_open)
        return;
    if (m_beforeCommit)
        m_beforeCommit();
    const auto lost = std::exchange(m_lost, std::nullopt);
    const auto committed = lost ? Result<>(*lost) : m_database.run(u"COMMIT"_s);
    m_open = false;
    // Endings and announcements may submit new work, which belongs to the next group.
    auto endings = std::exchange(m_endings, {});
    auto announcements = std::exchange(m_announcements, {});
    if (!committed) {
        qCCritical(lcDb).noquote() << "commit failed, nothing of it was kept:" << committed.error().message;
        if (auto undone = m_database.run(u"ROLLBACK"_s); !undone)
            qCWarning(lcDb).noquote() << undone.error().message;
        announcements.clear();
    }
    for (auto &announce : announcements)
        announce();
    for (auto &end : endings)
        end(committed ? nullptr : &committed.error());
    if (!committed && committed.error().code == ErrorCode::DiskFull)
        Q_EMIT ranOutOfRoom();
}

} // namespace hub::db
