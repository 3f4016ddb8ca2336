// Group commit: work that waits at the same moment shares one transaction and so one sync of the disk.
#pragma once

#include "core/base/async.h"
#include "core/db/database.h"

#include <QObject>

#include <deque>
#include <functional>

namespace hub::db
{

// Lives on the thread of its Database. Each submitted piece of work runs at once, in a savepoint of the open
// transaction: one that fails takes back its own changes only. The transaction is committed when the thread has no
// other work waiting; only then do the futures end and the announcements go out, in the order of submission. When the
// commit itself fails, everything in the group is undone, its futures end with that error, nothing is announced.
class CommitGroup : public QObject
{
    Q_OBJECT

public:
    explicit CommitGroup(Database &database);
    ~CommitGroup() override;

    // fn: () → Result<T>, on this thread. Reads see what earlier work of the group wrote, and are answered after it.
    template <class Fn>
    auto submit(Fn fn) -> QFuture<std::invoke_result_t<Fn>>
    {
        using R = std::invoke_result_t<Fn>;
        auto promise = std::make_shared<QPromise<R>>();
        promise->start();
        QFuture<R> future = promise->future();
        run<R>(std::move(promise), std::move(fn));
        return future;
    }

    // submit() for work whose outcome nobody waits for: a failure is logged, with what could not be done.
    template <class Fn>
    void submitOrLog(const QString &what, Fn fn)
    {
        whenDone(submit(std::move(fn)), this, [what](const auto &result) {
            if (!result)
                logFailure(what, result.error());
        });
    }

    // submit() from any thread.
    template <class Fn>
    auto post(Fn fn) -> QFuture<std::invoke_result_t<Fn>>
    {
        using R = std::invoke_result_t<Fn>;
        auto promise = std::make_shared<QPromise<R>>();
        promise->start();
        QFuture<R> future = promise->future();
        QMetaObject::invokeMethod(
            this,
            [this, promise = std::move(promise), fn = std::move(fn)]() mutable {
                run<R>(std::move(promise), std::move(fn));
            },
            Qt::QueuedConnection);
        return future;
    }

    // post() and wait for the commit. Worker threads only.
    template <class Fn>
    auto ask(Fn fn) -> std::invoke_result_t<Fn>
    {
        return takeResult(post(std::move(fn)));
    }

    // Inside submitted work: `announce` runs right after the commit, and never when the work or the commit failed.
    void afterCommit(std::function<void()> announce);

    // `look` runs before each commit, so that its owner may see to the room that the commit needs.
    void setBeforeCommit(std::function<void()> look) { m_beforeCommit = std::move(look); }

    // Commits what is open, now. For shutdown, and for callers that must not let another event in between.
    void flush();

    Database &database() { return m_database; }

Q_SIGNALS:
    // Work, or a commit, failed as DiskFull.
    void ranOutOfRoom();

protected:
    bool event(QEvent *event) override;

private:
    template <class R, class Fn>
    void run(std::shared_ptr<QPromise<R>> promise, Fn fn)
    {
        if (auto begun = enter(); !begun) {
            promise->addResult(R(std::move(begun).error()));
            promise->finish();
            return;
        }
        R result = fn();
        if (auto left = leave(result.hasValue()); !left) {
            if (result)
                result = R(std::move(left).error());
            m_lost = result.error();
        }
        const bool noRoom = !result && result.error().code == ErrorCode::DiskFull;
        m_endings.push_back(
            [promise = std::move(promise), result = std::move(result)](const Error *commitError) mutable {
                promise->addResult(commitError && result.hasValue() ? R(*commitError) : std::move(result));
                promise->finish();
            });
        if (m_endings.size() >= mostPerGroup || m_lost)
            flush();
        if (noRoom)
            Q_EMIT ranOutOfRoom();
    }

    // A commit waits for the work that is queued already, but not for ever: at most this much shares one.
    static constexpr size_t mostPerGroup = 512;

    static void logFailure(const QString &what, const Error &error);
    Result<> enter();
    Result<> leave(bool keep);

    Database &m_database;
    bool m_open = false;
    bool m_inside = false;
    bool m_commitPosted = false;
    std::optional<Error> m_lost; // SQLite gave the open transaction up
    std::function<void()> m_beforeCommit;
    std::deque<std::function<void(const Error *)>> m_endings;
    std::vector<std::function<void()>> m_workAnnouncements; // of the work that is running
    std::vector<std::function<void()>> m_announcements;     // of the open group
};

} // namespace hub::db
