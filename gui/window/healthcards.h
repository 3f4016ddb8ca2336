// How the machine is, a card for each figure, with its course over a time that is chosen.
#pragma once

#include "core/base/clock.h"
#include "gui/chart/chartplot.h"
#include "gui/window/context.h"

class QButtonGroup;

namespace hub::gui
{

class HealthCards final : public Page
{
    Q_OBJECT

public:
    explicit HealthCards(const Context &context, QWidget *parent = nullptr);
    const QList<ChartPlot *> &cards() const { return m_cards; }

private:
    void setSpan(int minutes);
    void show(const chart::Chart &chart);

    Context m_context;
    SystemClock m_clock;
    int m_minutes;
    QHBoxLayout *m_row;
    QList<ChartPlot *> m_cards;
    Feed m_feed;
};

} // namespace hub::gui
