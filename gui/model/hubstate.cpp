#include "gui/model/hubstate.h"

#include <QJsonArray>

using namespace Qt::StringLiterals;

namespace hub::gui
{

namespace
{

constexpr int healthPause = 10'000; // milliseconds; what changed the picture is told by events before
constexpr int changePause = 40;     // milliseconds; many agents at work change something all the time

// By its agent, for a person to look at or take up.
bool isLeft(const QJsonObject &task)
{
    const QString state = task[u"state"_s].toString();
    return state == u"needs_review" || state == u"interrupted";
}

QString taskText(const QJsonObject &row)
{
    return row[u"task_id"_s].isDouble() ? u'#' + row[u"task_id"_s].toVariant().toString() : QString();
}

QList<Column> taskColumns()
{
    using K = Column::Kind;
    return {{RowModel::tr("Task"), "task_id"_L1, K::Number, 56, taskText},
            {RowModel::tr("State"), "state"_L1, K::State, 150},
            {RowModel::tr("Title"), "title"_L1, K::Text, 300},
            {RowModel::tr("Agent"), "agent"_L1, K::Text, 90},
            {RowModel::tr("Project"), "project"_L1, K::Text, 110},
            {RowModel::tr("Done"), "progress"_L1, K::Percent, 56},
            {RowModel::tr("Priority"), "priority"_L1, K::State, 80},
            {RowModel::tr("Owner"), "owner"_L1, K::Text, 90},
            {RowModel::tr("Changed"), "updated_at"_L1, K::Moment, 110}};
}

QList<Column> approvalColumns()
{
    using K = Column::Kind;
    return {{RowModel::tr("Question"), "approval_id"_L1, K::Text, 70},
            {RowModel::tr("Task"), "task_id"_L1, K::Number, 60, taskText},
            {RowModel::tr("Kind"), "kind"_L1, K::Text, 100},
            {RowModel::tr("What is asked"), "question"_L1, K::Text, 400},
            {RowModel::tr("Asked"), "asked_at"_L1, K::Moment, 110}};
}

QList<Column> alertColumns()
{
    using K = Column::Kind;
    return {{RowModel::tr("Alert"), "alert_id"_L1, K::Text, 70},
            {RowModel::tr("Level"), "level"_L1, K::State, 90},
            {RowModel::tr("Title"), "title"_L1, K::Text, 260},
            {RowModel::tr("What happened"), "description"_L1, K::Text, 380},
            {RowModel::tr("Task"), "task_id"_L1, K::Number, 60, taskText},
            {RowModel::tr("State"), "state"_L1, K::State, 110},
            {RowModel::tr("When"), "at"_L1, K::Moment, 110}};
}

QList<Column> agentColumns()
{
    using K = Column::Kind;
    return {{RowModel::tr("Agent"), "agent"_L1, K::Text, 120},
            {RowModel::tr("State"), "state"_L1, K::State, 110},
            {RowModel::tr("Works on"), "tasks"_L1, K::Text, 160,
             [](const QJsonObject &row) { return row[u"tasks"_s].toVariant().toStringList().join(u' '); }},
            {RowModel::tr("What it does now"), "doing"_L1, K::Text, 280},
            {RowModel::tr("Memory"), "memory"_L1, K::Bytes, 90},
            {RowModel::tr("CPU"), "cpu"_L1, K::Percent, 70},
            {RowModel::tr("Adapter"), "adapter"_L1, K::Text, 90}};
}

} // namespace

HubState::HubState(HubLink &link, QObject *parent)
    : QObject(parent)
    , m_link(link)
    , m_tasks(taskColumns(), "task_id"_L1)
    , m_approvals(approvalColumns(), "approval_id"_L1)
    , m_alerts(alertColumns(), "alert_id"_L1)
    , m_agents(agentColumns(), "agent"_L1)
    , m_taskFeed(
          link,
          [&link, make = m_tasks.maker()] {
              return link.query(u"tasks"_s, {}, [make](const QJsonObject &data) {
                  const auto rows = rowsOf(data, u"tasks"_s);
                  Numbers left;
                  for (const QJsonObject &row : rows) {
                      if (isLeft(row))
                          left.insert(row[u"task_id"_s].toInteger());
                  }
                  return std::pair(make(rows), left);
              });
          },
          [this](const std::pair<QList<RowModel::Row>, Numbers> &tasks) {
              m_tasks.setRows(tasks.first);
              m_waitingTasks = tasks.second;
          },
          this)
    , m_approvalFeed(
          link, askCommand(link, u"approvals"_s),
          [this](const QJsonObject &data) { m_approvals.setRows(rowsOf(data, u"approvals"_s)); }, this)
    , m_alertFeed(
          link, askCommand(link, u"alerts"_s),
          [this](const QJsonObject &data) { m_alerts.setRows(rowsOf(data, u"alerts"_s)); }, this)
    , m_agentFeed(
          link, askCommand(link, u"agents list"_s),
          [this](const QJsonObject &data) {
              QList<QJsonObject> rows = rowsOf(data, u"agents"_s);
              for (QJsonObject &row : rows)
                  row = describeAgent(row);
              m_agents.setRows(rows);
          },
          this)
    , m_healthFeed(
          link, askCommand(link, u"system-health"_s), [this](const QJsonObject &data) { takeHealth(data); }, this)
{
    m_changedSoon.setSingleShot(true);
    m_changedSoon.setInterval(changePause);
    connect(&m_changedSoon, &QTimer::timeout, this, &HubState::changed);
    m_approvalFeed.follow({u"approval"_s});
    m_alertFeed.follow({u"alert"_s});
    m_agentFeed.follow({u"agent"_s, u"task"_s});
    m_healthFeed.follow({u"safe-mode"_s});
    m_healthFeed.repeat(healthPause);
    m_agentFeed.repeat(healthPause);
    for (Feed *feed : {&m_taskFeed, &m_approvalFeed, &m_alertFeed, &m_agentFeed, &m_healthFeed}) {
        connect(feed, &Feed::answered, this, &HubState::answered);
        feed->setActive(true);
    }
    connect(&link, &HubLink::eventHappened, this, &HubState::onEvent);
    connect(&link, &HubLink::stateChanged, this, [this] {
        if (!m_link.isConnected()) {
            m_complete = false;
            m_waiting = 5;
        }
    });
}

// The agent's row with what its newest task does and what its processes take.
QJsonObject HubState::describeAgent(QJsonObject row) const
{
    QStringList doing;
    bool works = false;
    double cpu = 0;
    qint64 memory = 0;
    const QStringList tasks = row[u"tasks"_s].toVariant().toStringList();
    for (const QString &task : tasks) {
        const QString id = task.mid(1);
        if (const int place = m_tasks.rowOf(id); place >= 0) {
            const QJsonObject &known = m_tasks.rowAt(place);
            const QString step = known[u"step"_s].toString();
            works = works || known[u"state"_s] != u"paused"_s;
            doing << (step.isEmpty() ? known[u"title"_s].toString() : step);
        }
        cpu += m_usage.value(id)[u"cpu"_s].toDouble();
        memory += m_usage.value(id)[u"memory"_s].toInteger();
    }
    const bool paused = row[u"paused"_s].toBool() || safeMode() || (!tasks.isEmpty() && !works);
    row[u"state"_s] = paused ? u"paused"_s : tasks.isEmpty() ? u"idle"_s : u"running"_s;
    row[u"doing"_s] = doing.join(u"; "_s);
    row[u"memory"_s] = tasks.isEmpty() ? QJsonValue() : QJsonValue(memory);
    row[u"cpu"_s] = tasks.isEmpty() ? QJsonValue() : QJsonValue(cpu);
    return row;
}

void HubState::describeAgents()
{
    for (int i = 0; i < m_agents.rowCount(); ++i)
        m_agents.putRow(describeAgent(m_agents.rowAt(i)));
}

void HubState::onEvent(const HubEvent &event)
{
    if (event.name == u"task") {
        takeTask(event.data);
        if (!m_changedSoon.isActive())
            m_changedSoon.start();
    } else if (event.name == u"approval" && event.data[u"state"_s] == u"open"_s) {
        Q_EMIT approvalAsked(event.data);
    } else if (event.name == u"alert" && !event.data.contains(u"state"_s)) {
        Q_EMIT alertRaised(event.data);
    }
}

void HubState::takeTask(const QJsonObject &task)
{
    m_tasks.putRow(task);
    const QString id = task[u"task_id"_s].toVariant().toString();
    if (isLeft(m_tasks.rowAt(m_tasks.rowOf(id))))
        m_waitingTasks.insert(id.toLongLong());
    else
        m_waitingTasks.erase(id.toLongLong());
}

void HubState::refreshSoon()
{
    for (Feed *feed : {&m_approvalFeed, &m_alertFeed, &m_agentFeed, &m_healthFeed})
        feed->refresh();
}

void HubState::takeHealth(const QJsonObject &data)
{
    m_health = data;
    m_usage.clear();
    const auto usage = rowsOf(data, u"usage"_s);
    for (const QJsonObject &use : usage)
        m_usage.insert(use[u"task_id"_s].toVariant().toString(), use);
    describeAgents();
    Q_EMIT healthChanged();
}

void HubState::answered()
{
    Q_EMIT changed();
    if (m_waiting > 0 && --m_waiting == 0) {
        m_complete = true;
        describeAgents();
        Q_EMIT completed();
    }
}

bool HubState::waitsForPerson(const QJsonObject &task)
{
    const QString state = task[u"state"_s].toString();
    return state == u"awaiting_approval" || state == u"needs_review" || state == u"interrupted" || state == u"paused";
}

bool HubState::isOpen(const QJsonObject &task)
{
    const QString state = task[u"state"_s].toString();
    return state != u"completed" && state != u"failed" && state != u"cancelled";
}

int HubState::needsPerson() const
{
    int count = m_approvals.rowCount() + int(m_waitingTasks.size());
    for (int i = 0; i < m_alerts.rowCount(); ++i) {
        const QString level = m_alerts.rowAt(i)[u"level"_s].toString();
        count += m_alerts.rowAt(i)[u"state"_s] == u"open"_s && (level == u"error" || level == u"critical");
    }
    return count;
}

QString HubState::worst() const
{
    static const QStringList levels{u""_s, u"info"_s, u"warning"_s, u"error"_s, u"critical"_s};
    qsizetype worst = safeMode() || m_approvals.rowCount() > 0 ? 2 : 0;
    for (int i = 0; i < m_alerts.rowCount(); ++i) {
        if (m_alerts.rowAt(i)[u"state"_s] == u"open"_s)
            worst = std::max(worst, levels.indexOf(m_alerts.rowAt(i)[u"level"_s].toString()));
    }
    return levels.value(worst);
}

} // namespace hub::gui
