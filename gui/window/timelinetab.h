// What happened along time: of one task, or of all.
#pragma once

#include "core/base/clock.h"
#include "gui/chart/timelineview.h"
#include "gui/window/context.h"

#include <QButtonGroup>
#include <QLabel>
#include <QPushButton>

namespace hub::gui
{

class TimelineTab final : public Page
{
    Q_OBJECT

public:
    explicit TimelineTab(const Context &context, QWidget *parent = nullptr);

    // Empty: all tasks.
    void setTask(const QString &task);
    TimelineView &view() { return *m_view; }

Q_SIGNALS:
    // Compare two checkpoints of a task; an empty `to` is now.
    void compareWanted(const QString &task, const QString &from, const QString &to);

private:
    QWidget *makeBar();
    QJsonObject span() const;
    void showLanes(QList<TimelineLane> lanes);
    void showMenu(const TimelineMark &mark, const QString &task, const QPoint &where);
    void onSelection();
    void goBackTo(const QString &task, const QString &checkpoint);

    Context m_context;
    SystemClock m_clock;
    QString m_task;
    int m_hours;
    TimelineView *m_view;
    QPushButton *m_compare, *m_goBack;
    Feed m_lanes, m_chart;
};

} // namespace hub::gui
