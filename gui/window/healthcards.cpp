#include "gui/window/healthcards.h"

#include "gui/window/chartwords.h"
#include "gui/window/saving.h"

#include <QButtonGroup>
#include <QHBoxLayout>
#include <QSettings>
#include <QToolButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace hub::gui
{

namespace
{

constexpr int tenMinutes = 10, day = 24 * 60, month = 30 * day;
constexpr int pause = 5'000; // milliseconds

} // namespace

HealthCards::HealthCards(const Context &context, QWidget *parent)
    : Page(parent)
    , m_context(context)
    , m_minutes(QSettings().value(u"overview/minutes"_s, tenMinutes).toInt())
    , m_row(new QHBoxLayout)
    , m_feed(
          context.state.link(),
          [this] {
              const Instant now = m_clock.now();
              return m_context.state.link().query(
                  u"chart"_s, {{u"from"_s, toIso(now - std::chrono::minutes{m_minutes})}, {u"to"_s, toIso(now)}},
                  chartFrom);
          },
          [this](const chart::Chart &chart) { show(chart); }, this)
{
    auto *spans = new QButtonGroup(this);
    auto *bar = new QHBoxLayout;
    bar->addStretch(1);
    const auto choose = [&](const QString &text, int minutes) {
        auto *button = new QToolButton(this);
        button->setText(text);
        button->setCheckable(true);
        button->setAutoRaise(true);
        button->setChecked(minutes == m_minutes);
        button->setAccessibleDescription(tr("Time that the charts show"));
        spans->addButton(button);
        bar->addWidget(button);
        connect(button, &QToolButton::clicked, this, [this, minutes] { setSpan(minutes); });
    };
    choose(tr("10 min"), tenMinutes);
    choose(tr("24 h"), day);
    choose(tr("30 d"), month);
    m_row->setSpacing(8);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(4);
    layout->addLayout(bar);
    layout->addLayout(m_row, 1);
    setMinimumHeight(150);
    m_feed.repeat(pause);
    keep(m_feed);
}

void HealthCards::setSpan(int minutes)
{
    m_minutes = minutes;
    QSettings().setValue(u"overview/minutes"_s, minutes);
    m_feed.refresh();
}

void HealthCards::show(const chart::Chart &chart)
{
    for (int i = 0; i < chart.panels.size(); ++i) {
        if (i == m_cards.size()) {
            auto *card = new ChartPlot(this);
            card->setCompact(true);
            card->setFirstColour(i);
            connect(card, &ChartPlot::exportWanted, this,
                    [this](const QString &name, const QByteArray &content) { saveAs(this, name, content); });
            m_row->addWidget(card, 1);
            m_cards.append(card);
        }
        chart::Chart one = chart;
        one.panels = {chart.panels[i]};
        one.title = chart.panels[i].title;
        m_cards[i]->setChart(one);
    }
}

} // namespace hub::gui
