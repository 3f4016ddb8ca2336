// A chart in a window, in the colours of its palette: plots over one time, what is now in words, what was under the
// pointer. UI thread.
#pragma once

#include "gui/chart/chartdrawing.h"
#include "gui/chart/timewindow.h"

namespace hub::gui
{

class Crosshair;

class ChartPlot : public QCustomPlot
{
    Q_OBJECT
public:
    explicit ChartPlot(QWidget *parent = nullptr);

    // Cheap enough for every second: what is there already is only moved. Its theme is not looked at. The part that is
    // shown stays, or goes on with the chart's end, as TimeWindow says.
    void setChart(chart::Chart chart);
    const chart::Chart &chart() const { return m_drawing.chart(); }

    // A card for one figure: its name, what it is now, and its course without axes.
    void setCompact(bool compact);
    // Which of the colours comes first, where the panel is one of a larger chart.
    void setFirstColour(qsizetype index);
    // Wheel, dragging and keys change what is shown; off at first.
    void setZoomable(bool zoomable);
    // How far one may go; nothing: the chart's own time.
    void setBounds(Instant first, Instant last);
    // Shows this part. Only what a person does is told by rangeChanged().
    void setRange(Instant from, Instant to);
    const TimeWindow &window() const { return m_window; }
    // What is left beside the plots, in pixels; else at the left as much as their labels need.
    void setSides(int left, int right);

    // The places and parts of what is drawn.
    const ChartDrawing &drawing() const { return m_drawing; }
    // What is now: "CPU: 54 %, warning from 85. Memory: not measured."
    QString inWords() const;
    // What was measured at that moment, a line for each.
    QString wordsAt(Instant at) const;

    QSize sizeHint() const override;

Q_SIGNALS:
    void rangeChanged(hub::Instant from, hub::Instant to);
    // A person wants the chart as a file of this name: the part that is shown as a PNG, or all of it as a CSV.
    void exportWanted(const QString &fileName, const QByteArray &content);

protected:
    void changeEvent(QEvent *event) override;
    void showEvent(QShowEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void leaveEvent(QEvent *event) override;

private:
    void addActions();
    void drawSoon();
    void showWindow();
    void followWindow();
    void moved(bool changed); // by a person
    std::optional<Instant> timeAt(double x) const;
    void pointAt(std::optional<Instant> at, const QPoint &where);
    void describe();
    chart::Chart shownPart() const;

    ChartDrawing m_drawing;
    TimeWindow m_window;
    bool m_compact = false, m_zoomable = false, m_ownBounds = false;
    std::optional<double> m_dragged; // where the pointer was last
    Crosshair *m_crosshair;          // belongs to its layer
    QAction *m_whole;
};

} // namespace hub::gui
