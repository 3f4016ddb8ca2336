#include "gui/chart/chartparts.h"

#include <algorithm>
#include <cmath>

namespace hub::gui
{

namespace
{

// Returns how wide it became.
int write(QCPPainter &painter, const QRect &place, const TextRow::Text &text, Qt::Alignment alignment)
{
    const QFontMetrics metrics(text.font);
    const QString fits = metrics.elidedText(text.words, Qt::ElideRight, place.width());
    painter.setFont(text.font);
    painter.setPen(text.colour);
    painter.drawText(place, int(alignment | Qt::AlignVCenter) | Qt::TextSingleLine, fits);
    return metrics.horizontalAdvance(fits);
}

int spaceBeside(const QFont &font) { return QFontMetrics(font).horizontalAdvance(u'0'); }

} // namespace

TextRow::TextRow(QCustomPlot *plot, int height, int above)
    : QCPLayoutElement(plot)
{
    setAutoMargins(QCP::msNone);
    setMargins(QMargins(0, above, 0, 0));
    setMinimumSize(0, height);
    setMaximumSize(QWIDGETSIZE_MAX, height);
}

void TextRow::setTexts(const QList<Text> &left, const QList<Text> &right)
{
    m_left = left;
    m_right = right;
}

void TextRow::draw(QCPPainter *painter)
{
    QRect place = rect();
    for (auto text = m_right.crbegin(); text != m_right.crend(); ++text)
        place.setRight(place.right() - write(*painter, place, *text, Qt::AlignRight) - spaceBeside(text->font));
    for (const Text &text : m_left) {
        if (!text.spare || QFontMetrics(text.font).horizontalAdvance(text.words) < place.width())
            place.setLeft(place.left() + write(*painter, place, text, Qt::AlignLeft) + spaceBeside(text.font));
    }
}

TimeLabels::TimeLabels(QCustomPlot *plot, int height, QCPAxisRect *above)
    : QCPLayoutElement(plot)
    , m_above(above)
{
    setAutoMargins(QCP::msNone);
    setMinimumSize(0, height);
    setMaximumSize(QWIDGETSIZE_MAX, height);
}

void TimeLabels::setTicks(const QList<chart::TimeTick> &ticks, const QFont &font, const QColor &colour)
{
    m_ticks = ticks;
    m_font = font;
    m_colour = colour;
}

void TimeLabels::draw(QCPPainter *painter)
{
    if (!m_above)
        return;
    const QFontMetrics metrics(m_font);
    painter->setFont(m_font);
    painter->setPen(m_colour);
    const QRect whole = mParentPlot->viewport();
    const int edge = (whole.right() - m_above->right()) / 2; // what a label at the end may not come nearer to
    int free = whole.left();                                 // from here on nothing is written yet
    for (const chart::TimeTick &tick : m_ticks) {
        const int wide = metrics.horizontalAdvance(tick.text);
        const int middle = qRound(m_above->axis(QCPAxis::atBottom)->coordToPixel(double(toMillis(tick.at))));
        const int left = std::min(middle - wide / 2, whole.right() - edge - wide);
        if (left < free)
            continue;
        painter->drawText(QRect(left, rect().top(), wide + 2, rect().height()),
                          int(Qt::AlignLeft | Qt::AlignVCenter) | Qt::TextSingleLine, tick.text);
        free = left + wide + metrics.horizontalAdvance(u'0');
    }
}

void GivenTicks::set(const QList<double> &ticks, const QStringList &labels)
{
    m_ticks = ticks;
    m_labels = labels;
}

void GivenTicks::generate(const QCPRange &, const QLocale &, QChar, int, QVector<double> &ticks,
                          QVector<double> *subTicks, QVector<QString> *tickLabels)
{
    ticks = m_ticks;
    if (subTicks)
        subTicks->clear();
    if (tickLabels)
        *tickLabels = m_labels.isEmpty() ? QStringList(m_ticks.size()) : m_labels;
}

QRect Course::clipRect() const
{
    const int out = int(std::ceil(std::max(mPen.widthF(), mScatterStyle.size()) / 2)) + 1;
    const int aside = mLineStyle == lsNone ? out : 0; // a line goes on behind the edge, a dot does not
    return QCPGraph::clipRect().adjusted(-aside, -out, aside, out);
}

} // namespace hub::gui
