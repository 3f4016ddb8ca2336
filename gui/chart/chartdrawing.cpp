#include "gui/chart/chartdrawing.h"

#include <algorithm>
#include <limits>

using namespace Qt::StringLiterals;

namespace hub::gui
{

using chart::Chart;
using chart::Limit;
using chart::Line;
using chart::Panel;
using chart::Point;

namespace
{

// What a form leaves free, in pixels.
struct Spaces {
    QMargins around;
    int titleHeight = 0, spanHeight = 0;
    int headHeight = 0, headGap = 0; // above a head
    int plotGap = 0, plotHeight = 0; // above a plot: the highest label of a scale stands out by half its height
    int timesHeight = 0, scaleGap = 0;
    bool fixedHeight = false;
};

Spaces spacesOf(ChartDrawing::Form form, const ChartLook &look)
{
    if (form == ChartDrawing::Form::Picture)
        return {.around = {40, 30, 40, 30},
                .titleHeight = 64,
                .spanHeight = 44,
                .headHeight = 54,
                .headGap = 26,
                .plotGap = 18,
                .plotHeight = 190,
                .timesHeight = 56,
                .scaleGap = 14,
                .fixedHeight = true};
    const int text = QFontMetrics(look.textFont).height(), head = QFontMetrics(look.headFont).height();
    if (form == ChartDrawing::Form::Card)
        return {.around = {12, 10, 12, 12}, .headHeight = head, .plotGap = 6, .plotHeight = 24};
    return {.around = {10, 4, 14, 2},
            .headHeight = head + 4,
            .headGap = 8,
            .plotGap = text / 2,
            .plotHeight = 36,
            .timesHeight = text + 8,
            .scaleGap = 8};
}

// Round joins look better, and take most of the time where there are many points; of a thin line nobody sees them.
QPen courseOf(const QColor &colour, double width)
{
    const bool thick = width > 2;
    return QPen(colour, width, Qt::SolidLine, thick ? Qt::RoundCap : Qt::SquareCap,
                thick ? Qt::RoundJoin : Qt::BevelJoin);
}

double keyOf(Instant at) { return double(toMillis(at)); }

} // namespace

ChartDrawing::ChartDrawing(QCustomPlot &plot)
    : m_plot(plot)
    , m_timeTicks(new GivenTicks)
{
    m_plot.setAutoAddPlottableToLegend(false);
    m_plot.setNotAntialiasedElements(QCP::aeAxes | QCP::aeGrid); // straight, and sharp
    m_plot.setPlottingHint(QCP::phCacheLabels);
    m_plot.plotLayout()->clear();
}

void ChartDrawing::setForm(Form form)
{
    m_form = form;
    m_shape.clear();
    setChart(m_chart);
}

void ChartDrawing::setLook(const ChartLook &look)
{
    m_look = look;
    m_shape.clear(); // the fonts decide on heights
    setChart(m_chart);
}

void ChartDrawing::setFirstColour(qsizetype index)
{
    m_firstColour = index;
    dress();
    writeHeads();
}

void ChartDrawing::setSides(int left, int right)
{
    m_sides = {left, right};
    m_shape.clear();
    setChart(m_chart);
}

void ChartDrawing::setChart(const Chart &chart)
{
    m_chart = chart;
    m_from = chart.from;
    m_to = chart.to;
    if (m_look.lines.isEmpty()) // nothing can be drawn before it is known how
        return;
    if (const QList<int> shape = shapeOf(chart); shape != m_shape) {
        m_shape = shape;
        build();
        dress();
    }
    writeHeads();
    setScales();
}

void ChartDrawing::setRange(Instant from, Instant to)
{
    m_from = from;
    m_to = to;
}

QList<int> ChartDrawing::shapeOf(const Chart &chart) const
{
    QList<int> shape{int(m_form)};
    for (const Panel &panel : chart.panels)
        shape << int(panel.lines.size()) << int(panel.limits.size()) << panel.hasPoints() << panel.whole;
    return shape;
}

TextRow *ChartDrawing::addRow(int height, int above)
{
    auto *row = new TextRow(&m_plot, height, above);
    m_plot.plotLayout()->addElement(row);
    return row;
}

void ChartDrawing::build()
{
    m_plot.clearItems();
    m_plot.clearPlottables();
    m_plot.plotLayout()->clear();
    m_parts.clear();
    m_title = m_span = nullptr;
    m_times = nullptr;

    const Spaces spaces = spacesOf(m_form, m_look);
    QCPLayoutGrid &layout = *m_plot.plotLayout();
    layout.setFillOrder(QCPLayoutGrid::foColumnsFirst);
    layout.setWrap(1);
    layout.setRowSpacing(0);
    layout.setMargins(spaces.around);
    layout.setAutoMargins(QCP::msNone);
    if (m_form == Form::Picture) {
        m_title = addRow(spaces.titleHeight, 0);
        m_span = addRow(spaces.spanHeight, 0);
    }
    for (const Panel &panel : m_chart.panels) {
        PanelParts parts;
        parts.head = addRow(spaces.headHeight, m_parts.isEmpty() && m_form != Form::Picture ? 0 : spaces.headGap);
        if (m_form == Form::Card)
            parts.now = addRow(QFontMetrics(m_look.titleFont).height(), 0);
        if (panel.hasPoints())
            addPlot(panel, parts);
        m_parts << parts;
    }
    if (const QList<QCPAxisRect *> all = plots(); !all.isEmpty() && m_form != Form::Card) {
        m_times = new TimeLabels(&m_plot, spaces.timesHeight, all.last()); // below all: the times belong to each
        layout.addElement(m_times);
    }
    // Without a plot that takes what is left the texts would drift apart.
    if (plots().isEmpty() && m_form != Form::Picture) {
        auto *rest = new QCPLayoutElement(&m_plot);
        layout.addElement(rest);
    }
}

void ChartDrawing::addPlot(const Panel &panel, PanelParts &parts)
{
    const Spaces spaces = spacesOf(m_form, m_look);
    auto *plot = parts.plot = new QCPAxisRect(&m_plot);
    m_plot.plotLayout()->addElement(plot);
    const bool axes = m_form != Form::Card;
    const bool fixed = m_sides.has_value() || !axes;
    plot->setAutoMargins(fixed ? QCP::msNone : QCP::msLeft);
    const int left = m_sides ? m_sides->first - spaces.around.left() : 0;
    const int right = m_sides ? m_sides->second - spaces.around.right() : 0;
    plot->setMargins(QMargins(left, spaces.plotGap, right, 0));
    if (!fixed) {
        // All begin where the widest labels end.
        QCPMarginGroup *group = nullptr;
        for (const PanelParts &other : m_parts)
            group = other.plot ? other.plot->marginGroup(QCP::msLeft) : group;
        plot->setMarginGroup(QCP::msLeft, group ? group : new QCPMarginGroup(&m_plot));
    }
    plot->setMinimumSize(0, spaces.plotHeight);
    if (spaces.fixedHeight)
        plot->setMaximumSize(QWIDGETSIZE_MAX, spaces.plotHeight);

    QCPAxis *values = plot->axis(QCPAxis::atLeft), *times = plot->axis(QCPAxis::atBottom);
    parts.scale.reset(new GivenTicks);
    values->setTicker(parts.scale);
    times->setTicker(m_timeTicks);
    for (QCPAxis *axis : {values, times}) {
        axis->setPadding(0);
        axis->setTicks(axes);
        axis->setTickLength(0);
        axis->setSubTicks(false);
        axis->setBasePen(Qt::NoPen);
        axis->setTickPen(Qt::NoPen);
        axis->grid()->setVisible(axes);
        axis->grid()->setZeroLinePen(Qt::NoPen);
    }
    values->setTickLabels(axes);
    values->setTickLabelPadding(spaces.scaleGap);
    times->setTickLabels(false);
    for (qsizetype i = 0; i < panel.limits.size(); ++i) {
        auto *line = new QCPItemLine(&m_plot);
        line->setClipToAxisRect(false); // a limit at the edge is as thick as another
        for (auto [end, share] : {std::pair{line->start, 0.0}, std::pair{line->end, 1.0}}) {
            end->setAxes(times, values);
            end->setAxisRect(plot);
            end->setTypeX(QCPItemPosition::ptAxisRectRatio);
            end->setTypeY(QCPItemPosition::ptPlotCoords);
            end->setCoords(share, panel.limits[i].value);
        }
        parts.limits << line;
    }
    const auto addCourse = [&](QCPGraph::LineStyle style) {
        auto *course = new Course(times, values);
        course->setLineStyle(style);
        course->setAdaptiveSampling(true);
        course->setAntialiasedFill(m_form == Form::Picture);
        return course;
    };
    const QCPGraph::LineStyle style = panel.whole ? QCPGraph::lsStepLeft : QCPGraph::lsLine;
    for (qsizetype i = 0; i < panel.lines.size(); ++i) {
        LineParts line;
        line.low = addCourse(style);
        line.high = addCourse(style);
        line.high->setChannelFillGraph(line.low);
        line.mean = addCourse(style);
        line.dots = addCourse(QCPGraph::lsNone);
        parts.lines << line;
    }
}

void ChartDrawing::dress()
{
    m_plot.setBackground(QBrush(m_look.ground));
    m_plot.setPlottingHint(QCP::phFastPolylines, m_form != Form::Picture); // without joins
    for (qsizetype panel = 0; panel < m_parts.size(); ++panel) {
        const PanelParts &parts = m_parts[panel];
        if (!parts.plot)
            continue;
        for (const QCPAxis::AxisType side : {QCPAxis::atLeft, QCPAxis::atBottom}) {
            QCPAxis *axis = parts.plot->axis(side);
            axis->setTickLabelFont(m_look.textFont);
            axis->setTickLabelColor(m_look.muted);
            axis->grid()->setPen(QPen(m_look.grid, m_look.gridPen));
        }
        for (qsizetype i = 0; i < parts.lines.size(); ++i) {
            const QColor colour = colourOf(panel, i);
            QColor pale = colour;
            pale.setAlphaF(0.3f);
            const LineParts &line = parts.lines[i];
            line.low->setPen(Qt::NoPen);
            line.high->setPen(Qt::NoPen);
            line.high->setBrush(pale);
            line.mean->setPen(courseOf(colour, m_look.linePen));
            line.dots->setPen(Qt::NoPen);
            line.dots->setScatterStyle({QCPScatterStyle::ssDisc, Qt::NoPen, colour, m_look.linePen * 2.5});
        }
    }
}

void ChartDrawing::writeHeads()
{
    using Texts = QList<TextRow::Text>;
    if (m_title) {
        m_title->setTexts({{m_chart.title, m_look.titleFont, m_look.text}}, {});
        m_span->setTexts({{u"%1, %2"_s.arg(spanText(m_chart), m_chart.zone), m_look.textFont, m_look.muted}}, {});
    }
    for (qsizetype i = 0; i < m_parts.size(); ++i) {
        const Panel &panel = m_chart.panels[i];
        const PanelParts &parts = m_parts[i];
        const bool card = parts.now;
        Texts title{{panel.title, m_look.headFont, card ? m_look.muted : m_look.text}}, now;
        if (!panel.hasPoints()) {
            now << TextRow::Text{tr("not measured"), m_look.textFont, m_look.muted};
        } else {
            for (qsizetype line = 0; line < panel.lines.size(); ++line)
                now << TextRow::Text{nowText(panel, panel.lines[line], m_chart),
                                     card ? m_look.titleFont : m_look.headFont, colourOf(i, line)};
            for (const Limit &limit : panel.limits) {
                const bool warning = limit.kind == Limit::Kind::Warning;
                const QString words = warning ? tr("warning %1") : tr("critical %1");
                title << TextRow::Text{words.arg(chart::valueText(limit.value, {})), m_look.textFont,
                                       warning ? m_look.warning : m_look.critical, true};
            }
            title << TextRow::Text{panel.subject, m_look.textFont, m_look.muted, true};
        }
        if (card) {
            parts.head->setTexts(title.first(1), {});
            parts.now->setTexts(now, {});
        } else {
            parts.head->setTexts(title, now);
        }
    }
}

void ChartDrawing::setScales()
{
    for (qsizetype i = 0; i < m_parts.size(); ++i) {
        const PanelParts &parts = m_parts[i];
        if (!parts.plot)
            continue;
        const Panel &panel = m_chart.panels[i];
        const chart::Scale scale = scaleFor(panel);
        QStringList labels;
        for (const double tick : scale.ticks)
            labels << chart::valueText(tick, {});
        parts.scale->set(scale.ticks, labels);
        parts.plot->axis(QCPAxis::atLeft)->setRange(scale.low, scale.high);
        for (qsizetype limit = 0; limit < parts.limits.size(); ++limit) {
            const bool warning = panel.limits[limit].kind == Limit::Kind::Warning;
            parts.limits[limit]->start->setCoords(0, panel.limits[limit].value);
            parts.limits[limit]->end->setCoords(1, panel.limits[limit].value);
            parts.limits[limit]->setPen(
                QPen(warning ? m_look.warning : m_look.critical, m_look.limitPen, Qt::DashLine));
        }
    }
}

void ChartDrawing::fit()
{
    if (m_to <= m_from)
        return;
    const int width = std::max(1, m_plot.viewport().width());
    if (m_times) {
        const bool seconds = m_to - m_from < std::chrono::minutes{7};
        const int label = QFontMetrics(m_look.textFont).horizontalAdvance(seconds ? u"00:00:00"_s : u"00:00"_s);
        const QList<chart::TimeTick> ticks =
            chart::timeTicks(m_from, m_to, m_chart.zone, std::clamp(width / (2 * label), 2, 7));
        QList<double> keys;
        for (const chart::TimeTick &tick : ticks)
            keys << keyOf(tick.at);
        m_timeTicks->set(keys, {});
        m_times->setTicks(ticks, m_look.textFont, m_look.muted);
    }
    // Two points in the width of a line are one; more of them would only take time.
    const auto stretch = std::chrono::milliseconds{
        std::max<qint64>(1, qint64(double((m_to - m_from).count()) / width * std::max(2.0, m_look.linePen / 2)))};
    for (qsizetype i = 0; i < m_parts.size(); ++i) {
        if (m_parts[i].plot)
            m_parts[i].plot->axis(QCPAxis::atBottom)->setRange(keyOf(m_from), keyOf(m_to));
        for (qsizetype line = 0; line < m_parts[i].lines.size(); ++line)
            setCourse(m_chart.panels[i].lines[line], m_parts[i].lines[line], stretch);
    }
}

void ChartDrawing::setCourse(const Line &line, const LineParts &parts, std::chrono::milliseconds stretch)
{
    constexpr double nothing = std::numeric_limits<double>::quiet_NaN(); // where QCustomPlot breaks a line
    QVector<QCPGraphData> low, mean, high, dots;
    // What lies before and behind the time shown is drawn up to its edge only.
    const Instant from = m_from - 2 * stretch - 3 * m_chart.step, to = m_to + 2 * stretch + 3 * m_chart.step;
    for (const QList<Point> &piece : piecesOf(line, m_chart.step)) {
        if (piece.last().at < from || piece.first().at > to)
            continue;
        if (!mean.isEmpty()) {
            const double between = (mean.last().key + keyOf(piece.first().at)) / 2;
            for (QVector<QCPGraphData> *course : {&low, &mean, &high})
                *course << QCPGraphData(between, nothing);
        }
        const QList<Point> thin = thinned(piece, stretch);
        for (const Point &point : thin) {
            const double key = keyOf(point.at);
            low << QCPGraphData(key, point.low);
            mean << QCPGraphData(key, point.mean);
            high << QCPGraphData(key, point.high);
        }
        if (thin.size() == 1)
            dots << QCPGraphData(keyOf(thin.first().at), thin.first().mean);
    }
    parts.low->data()->set(low, true);
    parts.mean->data()->set(mean, true);
    parts.high->data()->set(high, true);
    parts.dots->data()->set(dots, true);
}

QList<QCPAxisRect *> ChartDrawing::plots() const
{
    QList<QCPAxisRect *> all;
    for (const PanelParts &parts : m_parts) {
        if (parts.plot)
            all << parts.plot;
    }
    return all;
}

QColor ChartDrawing::colourOf(qsizetype panel, qsizetype line) const
{
    qsizetype before = m_firstColour;
    for (qsizetype i = 0; i < panel; ++i)
        before += m_chart.panels[i].lines.size();
    return m_look.lineColour(before + line);
}

QSize ChartDrawing::leastSize() const { return m_plot.plotLayout()->minimumOuterSizeHint(); }

QString ChartDrawing::nowText(const Panel &panel, const Line &line, const Chart &chart)
{
    const QString now = chart::valueText(nowOf(line, chart), panel.unit);
    return panel.lines.size() > 1 ? now + u' ' + line.name : now;
}

} // namespace hub::gui
