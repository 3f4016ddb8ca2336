#include "gui/chart/chartparts.h"

#include <algorithm>
#include <cmath>

namespace hub::gui
{

namespace
{

// What there is room for of it, and how wide that is.
std::pair<QString, int> fitting(const TextRow::Text &text, int room)
{
    const QFontMetrics metrics(text.font);
    const QString fits = metrics.elidedText(text.words, Qt::ElideRight, room);
    return {fits, metrics.horizontalAdvance(fits)};
}

int spaceBeside(const TextRow::Text &text)
{
    const int digit = QFontMetrics(text.font).horizontalAdvance(u'0');
    return text.joined ? digit / 2 : digit;
}

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
    int above = 0, below = 0; // the base line, of the largest font
    for (const Text &text : m_left + m_right) {
        above = std::max(above, QFontMetrics(text.font).ascent());
        below = std::max(below, QFontMetrics(text.font).descent());
    }
    const int line = rect().top() + (rect().height() - above - below) / 2 + above;
    const auto write = [&](const Text &text, const QString &words, int x) {
        painter->setFont(text.font);
        painter->setPen(text.colour);
        painter->drawText(QPoint(x, line), words);
    };
    int left = rect().left(), right = rect().right() + 1;
    for (auto text = m_right.crbegin(); text != m_right.crend(); ++text) {
        const auto [words, width] = fitting(*text, right - left);
        write(*text, words, right - width);
        right -= width + spaceBeside(*text);
    }
    int end = left; // of the text before
    for (const Text &text : m_left) {
        const int begin = end == left ? end : end + spaceBeside(text);
        const auto [words, width] = fitting(text, right - begin);
        if (text.words.isEmpty() || (text.spare && words != text.words))
            continue;
        write(text, words, begin);
        end = begin + width;
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

void Course::drawFill(QCPPainter *painter, QVector<QPointF> *lines) const
{
    const auto *below = qobject_cast<const Course *>(mChannelFillGraph.data());
    QVector<QPointF> under;
    if (below)
        below->getLines(&under, QCPDataRange(0, below->dataCount()));
    // Smoothed, the pieces would be seen; without a partner for each point there is nothing to cut along.
    if (mAntialiasedFill || under.size() != lines->size())
        return QCPGraph::drawFill(painter, lines);
    applyFillAntialiasingHint(painter);
    constexpr int steps = 8;
    for (const QCPDataRange &part : getNonNanSegments(lines, keyAxis()->orientation())) {
        for (int first = part.begin(); first + 1 < part.end(); first += steps) {
            const int last = std::min(first + steps, part.end() - 1);
            QPolygonF piece;
            for (int i = first; i <= last; ++i)
                piece << (*lines)[i];
            for (int i = last; i >= first; --i)
                piece << under[i];
            painter->drawPolygon(piece);
        }
    }
}

} // namespace hub::gui
