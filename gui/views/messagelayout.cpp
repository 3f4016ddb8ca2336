#include "gui/views/messagelayout.h"

#include <QTextOption>

#include <cmath>

using namespace Qt::StringLiterals;

namespace hub::gui
{

namespace
{
// What is this far from the screen lets go of its layout.
constexpr int farAway = 3'000;

QString beginning(const QString &text)
{
    qsizetype end = std::min(text.size(), MessageLayout::partCharacters);
    qsizetype at = 0;
    for (int line = 0; line < MessageLayout::partLines; ++line) {
        const qsizetype next = text.indexOf(u'\n', at);
        if (next < 0 || next >= end)
            return text.left(end);
        at = next + 1;
    }
    return text.left(at);
}

// Only what is shown is cleaned of escape sequences: the rest of a folded text may be long.
QString shownText(const TalkMessage &message, MessageLayout::Fold fold)
{
    switch (fold) {
    case MessageLayout::Fold::Line: return {};
    case MessageLayout::Fold::Part: return plainText(beginning(message.text));
    case MessageLayout::Fold::Whole: break;
    }
    return plainText(message.text);
}
} // namespace

bool MessageLayout::isLong(const QString &text)
{
    if (text.size() > longCharacters)
        return true;
    return text.count(u'\n') > longLines;
}

MessageLayout::Fold MessageLayout::foldAtFirst(const TalkMessage &message)
{
    if (lookOf(message) == TalkLook::Step)
        return Fold::Line;
    return isLong(message.text) || message.cut ? Fold::Part : Fold::Whole;
}

MessageLayout::MessageLayout(const TalkMessage &message, Fold fold, const TalkStyle &style, int width)
    : m_message(message)
    , m_style(style)
    , m_look(lookOf(message))
    , m_fold(fold)
    , m_foldable(foldAtFirst(message) != Fold::Whole)
    , m_plain(shownText(message, fold))
    , m_reader(m_plain, m_look == TalkLook::Step)
    , m_width(width)
{
    const int inner = std::min(m_width - 2 * style.edge, style.column);
    m_left = (m_width - inner) / 2;
    m_right = m_left + inner;
    if (isBubble())
        m_left += inner / 7;

    const bool boxed = m_look != TalkLook::Agent && m_look != TalkLook::Step && m_look != TalkLook::Note;
    int y = boxed ? style.pad / 2 : 0;
    m_headerTop = y;
    m_headerHeight = m_look == TalkLook::Note || m_look == TalkLook::Step ? 0 : style.smallLine + 2;
    m_foldHeight = m_foldable ? std::max(style.smallLine, style.monoLine) + 4 : 0;
    if (m_fold != Fold::Line)
        readBlock();
    // A short bubble is as wide as its text.
    if (isBubble() && m_blocks.size() == 1 && m_reader.left() == 0 && m_fold == Fold::Whole) {
        Block &block = m_blocks.front();
        layOutBlock(block);
        qreal natural = headerWidth();
        for (int i = 0; i < block.layout->lineCount(); ++i)
            natural = std::max(natural, block.layout->lineAt(i).naturalTextWidth());
        const int wide = int(std::ceil(natural)) + 2 * style.pad +
                         2 * (block.content.kind == TalkBlock::Kind::Prose ? 0 : style.pad);
        if (wide < m_right - m_left) {
            m_left = m_right - wide;
            layOutBlock(block);
        }
    }
    place();
}

MessageLayout::~MessageLayout() = default;

bool MessageLayout::readBlock()
{
    auto next = m_reader.next();
    if (!next)
        return false;
    Block block;
    block.content = std::move(*next);
    block.height = guessedHeight(block);
    m_blocks.push_back(std::move(block));
    return true;
}

void MessageLayout::readUntil(int bottom)
{
    while (m_reader.left() > 0) {
        if (!m_blocks.empty() && m_blocks.back().top + m_blocks.back().height > bottom)
            return;
        if (!readBlock())
            return;
        if (m_blocks.size() > 1) {
            const Block &before = m_blocks[m_blocks.size() - 2];
            m_blocks.back().top = before.top + before.height + padBelow(before);
        }
    }
}

int MessageLayout::textLeft(const Block &block) const
{
    const bool bare = block.content.kind == TalkBlock::Kind::Prose &&
                      (m_look == TalkLook::Agent || m_look == TalkLook::Step || m_look == TalkLook::Note);
    const int inside = bare ? 0 : m_style.pad;
    const bool nested =
        block.content.kind != TalkBlock::Kind::Prose && m_look != TalkLook::Agent && m_look != TalkLook::Step;
    return m_left + inside + (nested ? m_style.pad : 0);
}

int MessageLayout::textWidth(const Block &block) const
{
    return std::max(40, m_right - m_left - 2 * (textLeft(block) - m_left));
}

int MessageLayout::guessedHeight(const Block &block) const
{
    const bool prose = block.content.kind == TalkBlock::Kind::Prose;
    const qreal letters = std::max(8.0, textWidth(block) / (prose ? m_style.letter : m_style.monoLetter));
    const int lines = block.content.lines + int(double(block.content.text.size()) / letters * 0.9);
    return lines * (prose ? m_style.line : m_style.monoLine);
}

QTextLayout *MessageLayout::makeLayout(Block &block) const
{
    const bool prose = block.content.kind == TalkBlock::Kind::Prose;
    const bool note = m_look == TalkLook::Note;
    QString text = block.content.text;
    text.replace(u'\n', QChar::LineSeparator);
    const QFont &font = prose ? (note ? m_style.small : m_style.body) : m_style.mono;
    auto layout = std::make_unique<QTextLayout>(text, font);
    QTextOption option(note && prose ? Qt::AlignHCenter : Qt::AlignLeft);
    option.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    option.setTabStopDistance((prose ? m_style.letter : m_style.monoLetter) * 8);
    if (!prose)
        option.setTextDirection(Qt::LeftToRight);
    layout->setTextOption(option);
    layout->setCacheEnabled(true);

    QList<QTextLayout::FormatRange> formats;
    block.links = linksIn(block.content.text);
    for (const TextLink &link : block.links) {
        QTextCharFormat format;
        format.setForeground(m_style.colours.link);
        format.setFontUnderline(true);
        formats.append({int(link.start), int(link.length), format});
    }
    if (block.content.kind == TalkBlock::Kind::Diff) {
        qsizetype at = 0;
        for (const QStringView line : QStringView(block.content.text).split(u'\n')) {
            QTextCharFormat format;
            const bool head = line.startsWith("+++ "_L1) || line.startsWith("--- "_L1);
            if (line.startsWith(u'+') && !head)
                format.setForeground(m_style.colours.green);
            else if (line.startsWith(u'-') && !head)
                format.setForeground(m_style.colours.red);
            else if (!line.startsWith(u' '))
                format.setForeground(m_style.colours.dim);
            if (format.hasProperty(QTextFormat::ForegroundBrush))
                formats.append({int(at), int(line.size()), format});
            at += line.size() + 1;
        }
    }
    layout->setFormats(formats);
    block.layout = std::move(layout);
    return block.layout.get();
}

int MessageLayout::layOutBlock(Block &block)
{
    QTextLayout *layout = makeLayout(block);
    const int width = textWidth(block);
    qreal y = 0;
    layout->beginLayout();
    for (QTextLine line = layout->createLine(); line.isValid(); line = layout->createLine()) {
        line.setLineWidth(width);
        line.setPosition(QPointF(0, y));
        y += line.height();
    }
    layout->endLayout();
    const int before = std::exchange(block.height, int(std::ceil(y)));
    block.measured = true;
    return block.height - before;
}

int MessageLayout::padBelow(const Block &block) const
{
    if (block.content.goesOn)
        return 0;
    return block.content.kind == TalkBlock::Kind::Prose ? 2 : m_style.pad + 2;
}

void MessageLayout::place()
{
    int y = m_headerTop + m_headerHeight;
    if (m_foldable && m_fold != Fold::Part) {
        m_foldTop = y;
        y += m_foldHeight;
    }
    for (Block &block : m_blocks) {
        const bool box = block.content.kind != TalkBlock::Kind::Prose;
        if (box && !block.content.continues)
            y += m_style.pad / 2 + 2;
        block.top = y;
        y += block.height + padBelow(block);
    }
    if (m_reader.left() > 0) { // a guess for what was not even read
        const bool prose = m_look != TalkLook::Step;
        const qreal letters = std::max(8.0, (m_right - m_left) / (prose ? m_style.letter : m_style.monoLetter));
        y += int(double(m_reader.left()) / std::min(letters, 60.0)) * (prose ? m_style.line : m_style.monoLine);
    }
    if (m_foldable && m_fold == Fold::Part) {
        m_foldTop = y;
        y += m_foldHeight;
    }
    if (m_headerTop > 0)
        y += m_style.pad / 2;
    m_height = y + m_style.gap;
}

int MessageLayout::layOut(int from, int to)
{
    int moved = 0;
    for (int round = 0; round < 8; ++round) {
        readUntil(to + 200);
        place();
        bool changed = false;
        for (Block &block : m_blocks) {
            const int bottom = block.top + block.height;
            if (bottom < from - farAway || block.top > to + farAway) {
                block.layout.reset();
                continue;
            }
            if (bottom < from || block.top > to || block.layout)
                continue;
            const int more = layOutBlock(block);
            if (more == 0)
                continue;
            if (block.top < from) {
                moved += more;
                from += more;
                to += more;
            }
            changed = true;
        }
        place();
        if (!changed && (m_reader.left() == 0 || m_blocks.back().top + m_blocks.back().height > to))
            break;
    }
    return moved;
}

int MessageLayout::yOf(qsizetype position)
{
    while (m_reader.left() > 0 &&
           (m_blocks.empty() || m_blocks.back().content.start + m_blocks.back().content.text.size() < position)) {
        if (!readBlock())
            break;
    }
    place();
    for (Block &block : m_blocks) {
        if (position <= block.content.start + block.content.text.size()) {
            if (!block.layout)
                layOutBlock(block);
            place();
            const QTextLine line =
                block.layout->lineForTextPosition(int(std::max<qsizetype>(0, position - block.content.start)));
            return block.top + (line.isValid() ? int(line.y()) : 0);
        }
    }
    return 0;
}

TalkHit MessageLayout::hit(QPoint point) const
{
    TalkHit hit;
    hit.fold = m_foldable && point.y() >= m_foldTop && point.y() < m_foldTop + m_foldHeight && point.x() >= m_left &&
               point.x() < m_right;
    for (const Block &block : m_blocks) {
        if (!block.layout)
            continue;
        if (point.y() < block.top) {
            if (!hit.onText)
                hit.position = std::max(hit.position, block.content.start);
            break;
        }
        hit.position = block.content.start + block.content.text.size();
        if (point.y() >= block.top + block.height)
            continue;
        const QPointF inside = point - QPoint(textLeft(block), block.top);
        for (int i = 0; i < block.layout->lineCount(); ++i) {
            const QTextLine line = block.layout->lineAt(i);
            if (inside.y() >= line.y() + line.height())
                continue;
            const int cursor = line.xToCursor(inside.x());
            hit.position = block.content.start + cursor;
            hit.onText = line.naturalTextRect().contains(inside);
            const int on = line.xToCursor(inside.x(), QTextLine::CursorOnCharacter);
            for (const TextLink &link : block.links) {
                if (hit.onText && on >= link.start && on < link.start + link.length)
                    hit.link = link.url;
            }
            break;
        }
        break;
    }
    return hit;
}

} // namespace hub::gui
