// The parts of a chart that QCustomPlot does not have: rows of text, the times below all plots, ticks that are given,
// a course that may stand out of its plot by its own width. UI thread.
#pragma once

#include "core/chart/axis.h"
#include "gui/chart/customplot.h"

namespace hub::gui
{

// One line of text of a fixed height, with texts from the left and from the right, on one base line.
class TextRow : public QCPLayoutElement
{
    Q_OBJECT
public:
    struct Text {
        QString words;
        QFont font;
        QColor colour;
        bool spare = false;  // left out where there is no room; else it ends with dots
        bool joined = false; // at the left: belongs to the one before it
    };

    // `above`: what is left free above it.
    TextRow(QCustomPlot *plot, int height, int above);

    // Those at the right have their room first; both are told in the order of reading.
    void setTexts(const QList<Text> &left, const QList<Text> &right);

protected:
    void draw(QCPPainter *painter) override;

private:
    QList<Text> m_left, m_right;
};

// What is written at a time, below a plot, as far as there is room.
class TimeLabels : public QCPLayoutElement
{
    Q_OBJECT
public:
    // The times are those of the plot above it.
    TimeLabels(QCustomPlot *plot, int height, QCPAxisRect *above);

    void setTicks(const QList<chart::TimeTick> &ticks, const QFont &font, const QColor &colour);

protected:
    void draw(QCPPainter *painter) override;

private:
    QPointer<QCPAxisRect> m_above;
    QList<chart::TimeTick> m_ticks;
    QFont m_font;
    QColor m_colour;
};

class GivenTicks : public QCPAxisTicker
{
public:
    void set(const QList<double> &ticks, const QStringList &labels);
    void generate(const QCPRange &range, const QLocale &locale, QChar formatChar, int precision, QVector<double> &ticks,
                  QVector<double> *subTicks, QVector<QString> *tickLabels) override;

private:
    QList<double> m_ticks;
    QStringList m_labels; // one for each, or none at all
};

// A line at the edge of its plot is as thick as elsewhere. The band between two of them is filled piece by piece: as
// one polygon it takes ten times as long.
class Course : public QCPGraph
{
    Q_OBJECT
public:
    using QCPGraph::QCPGraph;

protected:
    QRect clipRect() const override;
    void drawFill(QCPPainter *painter, QVector<QPointF> *lines) const override;
};

} // namespace hub::gui
