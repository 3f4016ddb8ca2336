// What is old goes: ended tasks with their conversation and checkpoints, and answered alerts. By itself once a day, and
// on demand. Never what is still of use: see whyItStays. Hub thread, except where said.
#pragma once

#include "core/monitor/alertcenter.h"
#include "core/recovery/maintenance.h"
#include "core/recovery/treekeeper.h"

namespace hub::recovery
{

struct OldTask {
    TaskId id;
    QString title;
    qint64 checkpoints = 0, messages = 0;
    bool tree = false; // its working tree is there, and goes first
    QString stays;     // why; empty: it goes
};

// What would go, or went.
struct RetentionReport {
    QList<OldTask> tasks;
    qint64 alerts = 0;
    Instant before{};

    qint64 going() const;
    QString confirm() const; // names exactly this
};

// Reasons of the database alone; empty: none. `others` are all tasks.
QString whyItStays(const Task &task, const QList<Task> &others, const QList<state::Operation> &operations, bool works);

class Retention final : public QObject
{
    Q_OBJECT

public:
    Retention(state::Stores &stores, monitor::AlertBook &alerts, Workers &workers, TreeKeeper &trees,
              Maintenance &maintenance, const DataFolder &data, const Settings &settings);

    void begin();
    QFuture<Result<RetentionReport>> plan(Instant before);
    // `confirm`, when given, is what a plan said; Conflict when it would be another now.
    QFuture<Result<RetentionReport>> carryOut(Instant before, const QString &confirm, const QString &who);

private:
    struct Round {
        RetentionReport report;
        QString who;
        qsizetype next = 0; // of report.tasks
        std::shared_ptr<QPromise<Result<RetentionReport>>> promise;
    };
    void look();
    Result<RetentionReport> due(Instant before) const; // inside work
    Result<OldTask> describe(const Task &task, const QList<Task> &all) const;
    Result<> eraseOne(const OldTask &old, Instant before, const QString &who); // inside work
    void removeNext(const std::shared_ptr<Round> &round);
    void finish(const std::shared_ptr<Round> &round);

    // Workers.
    Result<RetentionReport> planJob(Instant before);
    Result<> checkBranches(RetentionReport &report);
    Result<> sweepFiles();

    state::Stores &m_stores;
    monitor::AlertBook &m_alerts;
    Workers &m_workers;
    TreeKeeper &m_trees;
    Maintenance &m_maintenance;
    const DataFolder &m_data;
    const Settings &m_settings;
    QTimer m_clock;
};

} // namespace hub::recovery
