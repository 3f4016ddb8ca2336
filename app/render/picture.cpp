#include "app/render/picture.h"

#include "app/render/layout.h"
#include "core/chart/axis.h"

#include <QFontDatabase>
#include <QFontMetrics>
#include <QPainter>
#include <QPainterPath>

using namespace Qt::StringLiterals;

namespace hub::render
{

using chart::Chart;
using chart::Limit;
using chart::Panel;
using chart::Point;

namespace
{

struct Colours {
    QColor ground, text, muted, grid, warning, critical;
    QList<QColor> lines; // one after another through the panels
};

const Colours &coloursOf(chart::Theme theme)
{
    static const Colours dark{
        QColor(0x1e1f24),
        QColor(0xf4f5f7),
        QColor(0xa9afba),
        QColor(0x383c45),
        QColor(0xf0b429),
        QColor(0xff5f5f),
        {QColor(0x5aa9ff), QColor(0xb892ff), QColor(0xff9d5c), QColor(0x57d28a), QColor(0xe6d05c), QColor(0x4fd3d6)}};
    static const Colours light{
        QColor(0xffffff),
        QColor(0x16181d),
        QColor(0x59606c),
        QColor(0xdfe2e8),
        QColor(0xa86c00),
        QColor(0xcc1f2b),
        {QColor(0x1264c8), QColor(0x7438cf), QColor(0xc24e00), QColor(0x10793a), QColor(0x8a6400), QColor(0x00787c)}};
    return theme == chart::Theme::Dark ? dark : light;
}

QFont fontOf(int pixels, bool bold = false)
{
    QFont font(u"DejaVu Sans"_s);
    font.setStyleHint(QFont::SansSerif);
    font.setPixelSize(pixels);
    font.setBold(bold);
    return font;
}

class Painting
{
public:
    explicit Painting(const Chart &chart)
        : m_chart(chart)
        , m_colours(coloursOf(chart.theme))
    {
        int scaleWidth = 0;
        const QFontMetrics metrics(fontOf(textPixels));
        for (const Panel &panel : chart.panels) {
            m_scales << scaleFor(panel);
            for (const double tick : m_scales.last().ticks)
                scaleWidth = std::max(scaleWidth, panel.hasPoints() ? metrics.horizontalAdvance(tickText(tick)) : 0);
        }
        m_layout = layoutFor(chart, scaleWidth + 2);
        m_times = chart::timeTicks(chart.from, chart.to, chart.zone, 7);
    }

    QImage image()
    {
        QImage image(m_layout.size, QImage::Format_RGB32);
        image.fill(m_colours.ground);
        m_painter.begin(&image);
        m_painter.setRenderHint(QPainter::Antialiasing);
        text(m_layout.title, m_chart.title, fontOf(titlePixels, true), m_colours.text);
        text(m_layout.span, u"%1, %2"_s.arg(spanText(m_chart), m_chart.zone), fontOf(textPixels), m_colours.muted);
        qsizetype colour = 0;
        for (qsizetype i = 0; i < m_chart.panels.size(); ++i) {
            panel(i, colour);
            colour += m_chart.panels[i].lines.size();
        }
        timeLabels();
        m_painter.end();
        return image;
    }

private:
    static QString tickText(double tick) { return chart::valueText(tick, {}); }
    QColor colourOf(qsizetype line) const { return m_colours.lines[line % m_colours.lines.size()]; }
    QColor colourOf(const Limit &limit) const
    {
        return limit.kind == Limit::Kind::Warning ? m_colours.warning : m_colours.critical;
    }

    // Returns how wide it became; what is too long ends with dots.
    int text(const QRect &place, const QString &words, const QFont &font, const QColor &colour,
             Qt::Alignment alignment = Qt::AlignLeft)
    {
        const QFontMetrics metrics(font);
        const QString fits = metrics.elidedText(words, Qt::ElideRight, place.width());
        m_painter.setFont(font);
        m_painter.setPen(colour);
        m_painter.drawText(place, int(alignment | Qt::AlignVCenter) | Qt::TextSingleLine, fits);
        return metrics.horizontalAdvance(fits);
    }

    void panel(qsizetype index, qsizetype firstColour)
    {
        const Panel &panel = m_chart.panels[index];
        const PanelPlace &place = m_layout.panels[index];
        head(panel, place.head, firstColour);
        if (place.plot.isEmpty())
            return;
        grid(m_scales[index], place.plot);
        m_painter.setClipRect(place.plot.adjusted(-6, -6, 6, 6));
        for (const Limit &limit : panel.limits) {
            m_painter.setPen(QPen(colourOf(limit), 3, Qt::DashLine));
            const double y = yOf(limit.value, m_scales[index], place.plot);
            m_painter.drawLine(QPointF(place.plot.left(), y), QPointF(place.plot.right(), y));
        }
        for (qsizetype i = 0; i < panel.lines.size(); ++i) {
            for (const QList<Point> &piece : piecesOf(panel.lines[i], m_chart.step))
                drawPiece(piece, panel.whole, m_scales[index], place.plot, colourOf(firstColour + i));
        }
        m_painter.setClipping(false);
    }

    // From the right: what is now, in the colour of its line. From the left: the title, then what there is room for.
    void head(const Panel &panel, QRect place, qsizetype firstColour)
    {
        const QFont large = fontOf(headPixels, true), small = fontOf(textPixels);
        if (!panel.hasPoints()) {
            const int taken = text(place, panel.title, large, m_colours.text);
            text(place.adjusted(taken + 24, 0, 0, 0), u"not measured"_s, small, m_colours.muted, Qt::AlignRight);
            return;
        }
        for (qsizetype i = panel.lines.size() - 1; i >= 0; --i) {
            const chart::Line &line = panel.lines[i];
            QString now = chart::valueText(nowOf(line, m_chart), panel.unit);
            if (panel.lines.size() > 1)
                now += u' ' + line.name;
            place.adjust(0, 0, -text(place, now, large, colourOf(firstColour + i), Qt::AlignRight) - 28, 0);
        }
        place.adjust(text(place, panel.title, large, m_colours.text) + 28, 0, 0, 0);
        const auto more = [&](const QString &words, const QColor &colour) {
            if (QFontMetrics(small).horizontalAdvance(words) < place.width())
                place.adjust(text(place, words, small, colour) + 24, 0, 0, 0);
        };
        for (const Limit &limit : panel.limits)
            more(u"%1 %2"_s.arg(textOf(chart::limitTexts, limit.kind), tickText(limit.value)), colourOf(limit));
        more(panel.subject, m_colours.muted);
    }

    void grid(const chart::Scale &scale, const QRect &plot)
    {
        const QFont font = fontOf(textPixels);
        const int half = QFontMetrics(font).height() / 2;
        for (const double tick : scale.ticks) {
            const int y = qRound(yOf(tick, scale, plot));
            m_painter.setPen(QPen(m_colours.grid, 2));
            m_painter.drawLine(plot.left(), y, plot.right(), y);
            text(QRect(margin, y - half, plot.left() - scaleGap - margin, 2 * half), tickText(tick), font,
                 m_colours.muted, Qt::AlignRight);
        }
        m_painter.setPen(QPen(m_colours.grid, 2));
        for (const chart::TimeTick &tick : m_times) {
            const int x = qRound(xOf(tick.at, plot));
            m_painter.drawLine(x, plot.top(), x, plot.bottom());
        }
    }

    void timeLabels()
    {
        const QFont font = fontOf(textPixels);
        const QFontMetrics metrics(font);
        int free = 0; // from here on nothing is written yet
        for (const chart::TimeTick &tick : m_layout.times.isEmpty() ? QList<chart::TimeTick>() : m_times) {
            const int wide = metrics.horizontalAdvance(tick.text);
            const int left = std::min(qRound(xOf(tick.at, m_layout.times)) - wide / 2, width - margin / 2 - wide);
            if (left < free)
                continue;
            text(QRect(left, m_layout.times.top(), wide + 2, m_layout.times.height()), tick.text, font,
                 m_colours.muted);
            free = left + wide + 12;
        }
    }

    double xOf(Instant at, const QRect &plot) const
    {
        const double share = double((at - m_chart.from).count()) / double((m_chart.to - m_chart.from).count());
        return plot.left() + share * plot.width();
    }
    static double yOf(double value, const chart::Scale &scale, const QRect &plot)
    {
        return plot.bottom() - (value - scale.low) / (scale.high - scale.low) * plot.height();
    }

    // The mean, before a band from the lows to the highs. A single point is a dot.
    void drawPiece(const QList<Point> &piece, bool steps, const chart::Scale &scale, const QRect &plot, QColor colour)
    {
        const auto through = [&](auto value) {
            QPolygonF course;
            for (const Point &point : piece) {
                const QPointF next(xOf(point.at, plot), yOf(value(point), scale, plot));
                if (steps && !course.isEmpty())
                    course << QPointF(next.x(), course.last().y());
                course << next;
            }
            return course;
        };
        const QPolygonF means = through([](const Point &point) { return point.mean; });
        if (piece.size() == 1) {
            m_painter.setPen(Qt::NoPen);
            m_painter.setBrush(colour);
            m_painter.drawEllipse(means.first(), 5, 5);
            return;
        }
        QPolygonF band = through([](const Point &point) { return point.high; });
        const QPolygonF lows = through([](const Point &point) { return point.low; });
        for (qsizetype i = lows.size() - 1; i >= 0; --i)
            band << lows[i];
        QColor pale = colour;
        pale.setAlphaF(0.3f);
        m_painter.setPen(Qt::NoPen);
        m_painter.setBrush(pale);
        m_painter.drawPolygon(band);
        m_painter.setBrush(Qt::NoBrush);
        m_painter.setPen(QPen(colour, 4, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        m_painter.drawPolyline(means);
    }

    const Chart &m_chart;
    const Colours &m_colours;
    QList<chart::Scale> m_scales;
    Layout m_layout;
    QList<chart::TimeTick> m_times;
    QPainter m_painter;
};

// A machine without fonts draws boxes, or nothing.
Result<> checkFont()
{
    const QFontMetrics metrics(fontOf(textPixels));
    bool complete = !QFontDatabase::families().isEmpty();
    for (const QChar character : u"AZaz09:%°–"_s)
        complete = complete && metrics.inFont(character);
    if (!complete)
        return fail(ErrorCode::NotFound, u"No font of this machine can write the chart, so it was not drawn."_s,
                    u"apt install fonts-dejavu-core"_s);
    return {};
}

} // namespace

Result<QImage> draw(const Chart &chart)
{
    HUB_CHECK(checkFont());
    return Painting(chart).image();
}

} // namespace hub::render
