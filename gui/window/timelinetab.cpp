#include "gui/window/timelinetab.h"

#include "gui/window/chartwords.h"
#include "gui/window/saving.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QMenu>
#include <QSettings>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace hub::gui
{

namespace
{

const QString hoursSetting = u"timeline/hours"_s;
constexpr int pause = 15'000; // milliseconds

Instant momentFrom(const QString &iso)
{
    return fromMillis(QDateTime::fromString(iso, Qt::ISODateWithMs).toMSecsSinceEpoch());
}

TimelineMark::Kind kindFrom(const QString &kind)
{
    using K = TimelineMark::Kind;
    return kind == u"turn"        ? K::Turn
           : kind == u"approval"  ? K::Approval
           : kind == u"alert"     ? K::Alert
           : kind == u"pause"     ? K::Pause
           : kind == u"operation" ? K::Operation
                                  : K::Checkpoint;
}

TimelineMark markFrom(const QJsonObject &row)
{
    TimelineMark mark{.kind = kindFrom(row[u"kind"_s].toString()),
                      .id = row[u"id"_s].toString(),
                      .type = row[u"type"_s].toString(),
                      .text = row[u"text"_s].toString(),
                      .from = momentFrom(row[u"from"_s].toString()),
                      .to = {}};
    if (const QString to = row[u"to"_s].toString(); !to.isEmpty())
        mark.to = momentFrom(to);
    return mark;
}

// Without their titles: those are of the window's thread.
QList<TimelineLane> lanesFrom(const QJsonObject &answer)
{
    QList<TimelineLane> lanes;
    const auto rows = rowsOf(answer, u"lanes"_s);
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) { // the newest task on top
        TimelineLane lane{.title = {}, .id = (*row)[u"task_id"_s].toVariant().toString(), .marks = {}};
        const auto marks = rowsOf(*row, u"marks"_s);
        for (const QJsonObject &mark : marks)
            lane.marks.append(markFrom(mark));
        std::stable_sort(lane.marks.begin(), lane.marks.end(), isEarlier);
        lanes.append(lane);
    }
    return lanes;
}

} // namespace

TimelineTab::TimelineTab(const Context &context, QWidget *parent)
    : Page(parent)
    , m_context(context)
    , m_hours(QSettings().value(hoursSetting, 24).toInt())
    , m_view(new TimelineView(m_clock, this))
    , m_lanes(
          context.state.link(),
          [this] {
              QJsonObject arguments = span();
              if (!m_task.isEmpty())
                  arguments[u"task_id"_s] = m_task;
              return m_context.state.link().query(u"time-line"_s, arguments, lanesFrom);
          },
          [this](const QList<TimelineLane> &lanes) { showLanes(lanes); }, this)
    , m_chart(
          context.state.link(), [this] { return m_context.state.link().query(u"chart"_s, span(), chartFrom); },
          [this](chart::Chart chart) {
              // What was not measured takes no room from the lanes.
              chart.panels.removeIf([](const chart::Panel &panel) { return !panel.hasPoints(); });
              m_view->setChart(std::move(chart));
          },
          this)
{
    setFocusProxy(m_view);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addWidget(makeBar());
    layout->addWidget(m_view, 1);
    const auto concerns = [this](const HubEvent &event) {
        return m_task.isEmpty() || event.data[u"task_id"_s].toVariant().toString() == m_task;
    };
    m_lanes.follow({u"task"_s, u"checkpoint"_s, u"approval"_s, u"alert"_s, u"rollback"_s, u"finish"_s}, concerns);
    m_chart.repeat(pause);
    keep(m_lanes);
    keep(m_chart);
    connect(m_view, &TimelineView::selectionChanged, this, &TimelineTab::onSelection);
    connect(m_view, &TimelineView::menuWanted, this, &TimelineTab::showMenu);
    connect(m_view, &TimelineView::markActivated, this, [this](const TimelineMark &mark, const QString &task) {
        if (mark.kind == TimelineMark::Kind::Checkpoint)
            Q_EMIT compareWanted(task, {}, mark.id);
        else if (!task.isEmpty() && task != u"0")
            m_context.openTask(task);
    });
    connect(&m_view->plot(), &ChartPlot::exportWanted, this,
            [this](const QString &name, const QByteArray &content) { saveAs(this, name, content); });
}

QWidget *TimelineTab::makeBar()
{
    auto *bar = new QWidget(this);
    auto *span = new QComboBox(bar);
    span->setAccessibleName(tr("Time that is shown"));
    span->addItem(tr("Last hour"), 1);
    span->addItem(tr("Last 24 hours"), 24);
    span->addItem(tr("Last 7 days"), 24 * 7);
    span->addItem(tr("Last 30 days"), 24 * 30);
    span->setCurrentIndex(std::max(0, span->findData(m_hours)));
    m_compare = new QPushButton(tr("Compare"), bar);
    m_goBack = new QPushButton(tr("Roll back…"), bar);
    m_compare->setToolTip(tr("What changed up to a checkpoint, or between two (Ctrl+click selects a second one)"));
    m_compare->setEnabled(false);
    m_goBack->setEnabled(false);
    connect(span, &QComboBox::activated, this, [this, span] {
        m_hours = span->currentData().toInt();
        QSettings().setValue(hoursSetting, m_hours);
        m_view->setFollowing(true);
        m_lanes.refresh();
        m_chart.refresh();
    });
    connect(m_compare, &QPushButton::clicked, this, [this] {
        const auto chosen = m_view->selection();
        if (chosen.size() == 2 && chosen[0].laneId == chosen[1].laneId) {
            const bool inOrder = chosen[0].mark.from <= chosen[1].mark.from;
            Q_EMIT compareWanted(chosen[0].laneId, chosen[inOrder ? 0 : 1].mark.id, chosen[inOrder ? 1 : 0].mark.id);
        } else if (!chosen.isEmpty()) {
            Q_EMIT compareWanted(chosen[0].laneId, {}, chosen[0].mark.id);
        }
    });
    connect(m_goBack, &QPushButton::clicked, this, [this] {
        const auto chosen = m_view->selection();
        if (!chosen.isEmpty())
            goBackTo(chosen[0].laneId, chosen[0].mark.id);
    });
    auto *layout = new QHBoxLayout(bar);
    layout->setContentsMargins(8, 6, 8, 6);
    layout->addWidget(span);
    layout->addStretch(1);
    layout->addWidget(m_compare);
    layout->addWidget(m_goBack);
    return bar;
}

void TimelineTab::setTask(const QString &task)
{
    if (task == m_task)
        return;
    m_task = task;
    m_view->setLanes({});
    if (m_lanes.isActive())
        m_lanes.refresh();
}

QJsonObject TimelineTab::span() const
{
    const Instant now = m_clock.now();
    return {{u"from"_s, toIso(now - std::chrono::hours{m_hours})}, {u"to"_s, toIso(now)}};
}

void TimelineTab::showLanes(QList<TimelineLane> lanes)
{
    RowModel &tasks = m_context.state.tasks();
    for (TimelineLane &lane : lanes) {
        const int place = tasks.rowOf(lane.id);
        if (lane.id == u"0")
            lane.title = tr("The hub");
        else
            lane.title = u"#"_s + lane.id + (place < 0 ? QString() : u' ' + tasks.rowAt(place)[u"title"_s].toString());
    }
    m_view->setLanes(std::move(lanes));
}

void TimelineTab::onSelection()
{
    const auto chosen = m_view->selection();
    const bool checkpoints =
        !chosen.isEmpty() && std::all_of(chosen.begin(), chosen.end(), [](const TimelineChoice &choice) {
            return choice.mark.kind == TimelineMark::Kind::Checkpoint;
        });
    m_compare->setEnabled(checkpoints);
    m_goBack->setEnabled(checkpoints && chosen.size() == 1);
}

void TimelineTab::goBackTo(const QString &task, const QString &checkpoint)
{
    m_context.runner.run(u"rollback task_checkpoint"_s, {{u"task_id"_s, task}, {u"checkpoint_id"_s, checkpoint}},
                         CommandRunner::Show::Page);
}

void TimelineTab::showMenu(const TimelineMark &mark, const QString &task, const QPoint &where)
{
    QMenu menu(this);
    using Kind = TimelineMark::Kind;
    if (mark.kind == Kind::Checkpoint) {
        menu.addAction(tr("Show what changed up to it"), this, [=, this] { Q_EMIT compareWanted(task, {}, mark.id); });
        menu.addAction(tr("Show what changed since"), this, [=, this] { Q_EMIT compareWanted(task, mark.id, {}); });
        menu.addAction(tr("Roll back to %1…").arg(mark.id), this, [=, this] { goBackTo(task, mark.id); });
    } else if (mark.kind == Kind::Operation) {
        menu.addAction(tr("Undo %1…").arg(mark.id), this, [=, this] {
            m_context.runner.run(u"rollback undo"_s, {{u"operation_id"_s, mark.id}});
        });
    } else if (mark.kind == Kind::Alert) {
        menu.addAction(tr("Resolve"), this, [=, this] {
            m_context.runner.run(u"resolve-alert"_s, {{u"alert_id"_s, mark.id}});
        });
    }
    if (!task.isEmpty() && task != u"0" && task != m_task)
        menu.addAction(tr("Open task #%1").arg(task), this, [=, this] { m_context.openTask(task); });
    if (!menu.isEmpty())
        menu.exec(where);
}

} // namespace hub::gui
