// How a message that was laid out is drawn.
#include "gui/views/messagelayout.h"

#include <QFontMetricsF>
#include <QLocale>
#include <QPainter>

using namespace Qt::StringLiterals;

namespace hub::gui
{

QRect MessageLayout::box() const { return QRect(m_left, 0, m_right - m_left, m_height - m_style.gap); }

QString MessageLayout::foldText() const
{
    const QString size = QLocale().formattedDataSize(m_message.text.size(), 1, QLocale::DataSizeTraditionalFormat);
    if (m_look != TalkLook::Step) {
        if (m_fold == Fold::Whole)
            return TalkStyle::tr("▾ Show less");
        return m_message.cut ? TalkStyle::tr("▸ Show all") : TalkStyle::tr("▸ Show all (%1)").arg(size);
    }
    const QString first = plainText(m_message.text.left(400)).trimmed().section(u'\n', 0, 0);
    QString line = (m_fold == Fold::Line ? u"▸ "_s : u"▾ "_s) + TalkStyle::heading(m_message);
    if (m_fold == Fold::Line && !first.isEmpty())
        line += u":  "_s + first;
    return line;
}

void MessageLayout::drawGround(QPainter &painter, QPoint at, const TalkMarks &marks) const
{
    const Colours &c = m_style.colours;
    const QRect r = box().translated(at);
    const qreal radius = m_style.pad * 0.75;
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    switch (m_look) {
    case TalkLook::Person:
        painter.setBrush(c.accentGround);
        painter.drawRoundedRect(r, radius, radius);
        break;
    case TalkLook::Error:
    case TalkLook::Question: {
        const bool error = m_look == TalkLook::Error;
        painter.setBrush(error ? c.redGround : c.amberGround);
        painter.drawRoundedRect(r, radius / 2, radius / 2);
        painter.setBrush(error ? c.red : c.amber);
        painter.drawRect(QRect(r.left(), r.top(), 3, r.height()));
        break;
    }
    default: break;
    }
    if (marks.current) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(c.accent, 1.5));
        painter.drawRoundedRect(QRectF(r).adjusted(-4, -3, 4, 3), radius, radius);
    }
    painter.setRenderHint(QPainter::Antialiasing, false);
}

QFont MessageLayout::headingFont() const
{
    QFont font = m_style.small;
    font.setBold(true);
    return font;
}

qreal MessageLayout::headerWidth() const
{
    return QFontMetricsF(headingFont()).horizontalAdvance(TalkStyle::heading(m_message)) + m_style.letter * 2 +
           QFontMetricsF(m_style.small).horizontalAdvance(when());
}

void MessageLayout::drawHeader(QPainter &painter, QPoint at) const
{
    const Colours &c = m_style.colours;
    const bool inside = m_look != TalkLook::Agent;
    const int pad = inside ? m_style.pad : 0;
    const QRectF r(at.x() + m_left + pad, at.y() + m_headerTop, m_right - m_left - 2 * pad, m_headerHeight);
    const QFont strong = headingFont();
    const QFontMetricsF metrics(strong);
    const qreal whenWidth = QFontMetricsF(m_style.small).horizontalAdvance(when());
    const qreal between = m_style.letter * 1.5;
    const QString who = metrics.elidedText(TalkStyle::heading(m_message), Qt::ElideRight,
                                           std::max(20.0, r.width() - whenWidth - between));
    painter.setFont(strong);
    painter.setPen(m_look == TalkLook::Error      ? c.red
                   : m_look == TalkLook::Question ? c.amber
                                                  : mixed(c.base, c.text, 0.85));
    painter.drawText(r, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine, who);
    painter.setFont(m_style.small);
    painter.setPen(c.dim);
    painter.drawText(r.adjusted(metrics.horizontalAdvance(who) + between, 0, 0, 0),
                     Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine, when());
}

void MessageLayout::drawBlock(QPainter &painter, QPoint at, const Block &block, const TalkMarks &marks) const
{
    const Colours &c = m_style.colours;
    const QPoint origin = at + QPoint(textLeft(block), block.top);
    const TalkBlock &content = block.content;
    if (content.kind != TalkBlock::Kind::Prose) {
        const int up = content.continues ? 0 : m_style.pad / 2, down = content.goesOn ? 0 : m_style.pad / 2;
        const QRect ground(origin.x() - m_style.pad, origin.y() - up, textWidth(block) + 2 * m_style.pad,
                           block.height + up + down);
        painter.fillRect(ground, c.codeGround);
    }
    QList<QTextLayout::FormatRange> over;
    const auto mark = [&](qsizetype start, qsizetype end, const QColor &ground, const QColor &text) {
        start = std::max(start, content.start) - content.start;
        end = std::min(end, content.start + content.text.size()) - content.start;
        if (start >= end)
            return;
        QTextCharFormat format;
        format.setBackground(ground);
        format.setForeground(text);
        over.append({int(start), int(end - start), format});
    };
    if (!marks.found.isEmpty()) {
        for (qsizetype i = content.text.indexOf(marks.found, 0, Qt::CaseInsensitive); i >= 0;
             i = content.text.indexOf(marks.found, i + marks.found.size(), Qt::CaseInsensitive)) {
            const qsizetype start = content.start + i;
            const bool now = start == marks.foundNow.start && !marks.foundNow.isEmpty();
            mark(start, start + marks.found.size(), now ? c.foundNow : c.found, now ? QColor(Qt::black) : c.onFound);
        }
    }
    if (!marks.selected.isEmpty())
        mark(marks.selected.start, marks.selected.end, c.selected, c.onSelected);
    painter.setPen(m_look == TalkLook::Note ? c.dim : c.text);
    block.layout->draw(&painter, origin, over);
}

void MessageLayout::draw(QPainter &painter, QPoint at, const QRect &visible, const TalkMarks &marks) const
{
    const Colours &c = m_style.colours;
    if (m_message.hidden)
        painter.setOpacity(0.45);
    drawGround(painter, at, marks);
    if (m_headerHeight > 0)
        drawHeader(painter, at);
    if (m_foldable) {
        const bool step = m_look == TalkLook::Step;
        const int pad = step || m_look == TalkLook::Agent ? 0 : m_style.pad;
        const QRectF r(at.x() + m_left + pad, at.y() + m_foldTop, m_right - m_left - 2 * pad, m_foldHeight);
        painter.setFont(m_style.small);
        painter.setPen(step ? c.dim : c.link);
        painter.drawText(r, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine,
                         QFontMetricsF(m_style.small).elidedText(foldText(), Qt::ElideRight, r.width()));
    }
    for (const Block &block : m_blocks) {
        if (block.layout && block.top <= visible.bottom() && block.top + block.height >= visible.top())
            drawBlock(painter, at, block, marks);
    }
    painter.setOpacity(1);
}

} // namespace hub::gui
