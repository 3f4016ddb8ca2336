// A real task_state.db and safety_monitor.db in a temporary folder, with a clock that tests turn.
#pragma once

#include "core/base/clock.h"
#include "core/db/commitgroup.h"
#include "core/db/migrations.h"
#include "core/state/bodystore.h"

#include <QCoreApplication>
#include <QTemporaryDir>
#include <QTest>

namespace hub::test
{

class FakeClock final : public Clock
{
public:
    Instant now() const override { return m_now; }
    void advance(std::chrono::milliseconds by) { m_now += by; }

private:
    Instant m_now = fromMillis(1'750'000'000'000);
};

struct StateFixture {
    QTemporaryDir folder;
    FakeClock clock;
    std::unique_ptr<db::Database> database, monitorDatabase;
    std::unique_ptr<db::CommitGroup> commits;
    std::unique_ptr<state::BodyStore> bodies;

    StateFixture()
    {
        db::loadMigrations();
        database = open(u"task_state.db", db::stateMigrations);
        monitorDatabase = open(u"safety_monitor.db", db::monitorMigrations);
        commits = std::make_unique<db::CommitGroup>(*database);
        bodies = std::make_unique<state::BodyStore>(folder.filePath(QStringLiteral("bodies")));
    }

    // Does the work, commits it, and answers its result.
    template <class Fn>
    auto commit(Fn fn)
    {
        auto future = commits->submit(std::move(fn));
        commits->flush();
        return takeResult(future);
    }

private:
    std::unique_ptr<db::Database> open(QStringView name, std::span<const db::Migration> migrations)
    {
        auto opened = db::Database::open(folder.filePath(name.toString()));
        if (!opened)
            qFatal("%s", qPrintable(opened.error().message));
        if (auto migrated = db::migrate(**opened, migrations, folder.filePath(QStringLiteral("backups"))); !migrated)
            qFatal("%s", qPrintable(migrated.error().message));
        return *std::move(opened);
    }
};

} // namespace hub::test

// The value, or a failed test that prints the error's sentence.
#define GET(declaration, ...)                                                                                          \
    auto HUB_JOIN(got, __LINE__) = (__VA_ARGS__);                                                                      \
    QVERIFY2(HUB_JOIN(got, __LINE__),                                                                                  \
             qPrintable(HUB_JOIN(got, __LINE__) ? QString() : HUB_JOIN(got, __LINE__).error().message));               \
    declaration = *std::move(HUB_JOIN(got, __LINE__))

#define DO(...)                                                                                                        \
    do {                                                                                                               \
        const auto did = (__VA_ARGS__);                                                                                \
        QVERIFY2(did, qPrintable(did ? QString() : did.error().message));                                              \
    } while (false)
