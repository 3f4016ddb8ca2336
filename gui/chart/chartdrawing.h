// Draws a chart into a QCustomPlot: a plot for each panel, all over one time. The window's charts and the pictures of
// agenthub-render are drawn here, so that they look alike. UI thread.
#pragma once

#include "gui/chart/chartlook.h"
#include "gui/chart/chartparts.h"

namespace hub::gui
{

class ChartDrawing : public QObject
{
    Q_OBJECT
public:
    enum class Form {
        Picture, // title and time above all; plots of a fixed height, none for what was not measured
        Panels,  // as high as there is room
        Card,    // one panel without axes: what it is, what it is now, and its course
    };

    // The plot has to outlive it and belongs to it alone.
    explicit ChartDrawing(QCustomPlot &plot);

    void setForm(Form form);
    void setLook(const ChartLook &look);
    // Its line's colour is the first one of a chart; others of a larger chart that it is a part of come before it.
    void setFirstColour(qsizetype index);
    // What is left beside the plots, in pixels: at the left the labels of the scales have to find room. At first it is
    // as much as they need.
    void setSides(int left, int right);
    // Shows all of it. Its theme is not looked at: that is the look's.
    void setChart(const chart::Chart &chart);
    // The part of the time that is shown.
    void setRange(Instant from, Instant to);
    Instant from() const { return m_from; }
    Instant to() const { return m_to; }

    // What depends on the width. To be called before each drawing.
    void fit();

    const chart::Chart &chart() const { return m_chart; }
    const ChartLook &look() const { return m_look; }
    // The plots from top to bottom, without those that there are none of.
    QList<QCPAxisRect *> plots() const;
    // Of the chart's panel; null where it has no plot.
    QCPAxisRect *plotOf(qsizetype panel) const { return m_parts.value(panel).plot; }
    QColor colourOf(qsizetype panel, qsizetype line) const;
    // How much is needed at least.
    QSize leastSize() const;

    // "54 %", or for several lines "3 running", "1 held".
    static QString nowText(const chart::Panel &panel, const chart::Line &line, const chart::Chart &chart);

private:
    struct LineParts {
        QCPGraph *low = nullptr, *high = nullptr, *mean = nullptr, *dots = nullptr;
    };
    struct PanelParts {
        TextRow *head = nullptr, *now = nullptr; // `now` of a card only
        QCPAxisRect *plot = nullptr;
        QSharedPointer<GivenTicks> scale;
        QList<LineParts> lines;
        QList<QCPItemLine *> limits;
    };

    // What has to be made anew when it differs.
    QList<int> shapeOf(const chart::Chart &chart) const;
    void build();
    void addPlot(const chart::Panel &panel, PanelParts &parts);
    void dress();
    void writeHeads();
    void setScales();
    void setCourse(const chart::Line &line, const LineParts &parts, std::chrono::milliseconds stretch);
    TextRow *addRow(int height, int above);

    QCustomPlot &m_plot;
    Form m_form = Form::Panels;
    ChartLook m_look;
    qsizetype m_firstColour = 0;
    std::optional<std::pair<int, int>> m_sides;
    chart::Chart m_chart;
    Instant m_from{}, m_to{};
    QList<int> m_shape;
    TextRow *m_title = nullptr, *m_span = nullptr; // of a picture
    QList<PanelParts> m_parts;                     // as the chart's panels
    TimeLabels *m_times = nullptr;                 // where there is a plot
    QSharedPointer<GivenTicks> m_timeTicks;
};

} // namespace hub::gui
