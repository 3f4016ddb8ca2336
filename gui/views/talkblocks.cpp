#include "gui/views/talkblocks.h"

using namespace Qt::StringLiterals;

namespace hub::gui
{

namespace
{

bool beginsDiff(QStringView line, QStringView after)
{
    return line.startsWith("diff --git "_L1) || (line.startsWith("--- "_L1) && after.startsWith("+++ "_L1));
}

bool goesOnInDiff(QStringView line)
{
    if (line.isEmpty())
        return false;
    if (QStringView(u"+-@ \\").contains(line.front()))
        return true;
    for (const auto head : {"diff "_L1, "index "_L1, "new file"_L1, "deleted file"_L1, "old mode"_L1, "new mode"_L1,
                            "similarity "_L1, "rename "_L1, "copy "_L1, "Binary files "_L1}) {
        if (line.startsWith(head))
            return true;
    }
    return false;
}

} // namespace

BlockReader::BlockReader(QString text, bool code)
    : m_text(std::move(text))
    , m_code(code)
{
    // White space at the end would be an empty line on the screen.
    qsizetype end = m_text.size();
    while (end > 0 && m_text.at(end - 1).isSpace())
        --end;
    m_text.truncate(end);
}

BlockReader::Line BlockReader::classify(QStringView line, QStringView after)
{
    using Kind = TalkBlock::Kind;
    const bool fence = !m_code && line.trimmed().startsWith("```"_L1);
    if (m_mode == Mode::Fence) {
        if (fence)
            m_mode = Mode::Prose;
        return {m_fenced, fence};
    }
    if (fence) {
        const auto language = line.trimmed().mid(3).trimmed();
        m_fenced = language == "diff"_L1 || language == "patch"_L1 ? Kind::Diff : Kind::Code;
        m_mode = Mode::Fence;
        return {m_fenced, true};
    }
    if (m_mode == Mode::BareDiff ? goesOnInDiff(line) : beginsDiff(line, after)) {
        m_mode = Mode::BareDiff;
        return {Kind::Diff, false};
    }
    m_mode = Mode::Prose;
    return {m_code ? Kind::Code : Kind::Prose, false};
}

std::optional<TalkBlock> BlockReader::next()
{
    TalkBlock block;
    bool begun = false;
    qsizetype end = m_at; // of the block's text
    const bool continues = std::exchange(m_cut, false);
    while (m_at < m_text.size()) {
        qsizetype lineEnd = m_text.indexOf(u'\n', m_at);
        if (lineEnd < 0)
            lineEnd = m_text.size();
        const auto line = QStringView(m_text).mid(m_at, lineEnd - m_at);
        const auto before = std::pair(m_mode, m_fenced);
        const Line is = classify(line.left(200), QStringView(m_text).mid(lineEnd + 1, 4));
        const bool full = begun && (m_at + line.size() - block.start > mostCharacters || block.lines >= mostLines);
        if (is.fence) {
            m_at = std::min(lineEnd + 1, m_text.size());
            if (begun)
                break;
            continue;
        }
        if (begun && (is.kind != block.kind || full)) {
            std::tie(m_mode, m_fenced) = before; // the line is read again, as the first of the next block
            m_cut = is.kind == block.kind;
            break;
        }
        if (!begun && !continues && is.kind != TalkBlock::Kind::Prose && line.isEmpty()) {
            ++m_at;
            continue;
        }
        if (!begun) {
            block.kind = is.kind;
            block.start = m_at;
            block.lines = 0;
            begun = true;
        }
        ++block.lines;
        if (line.size() > mostCharacters) { // one endless line: cut where a word ends, if one does
            const qsizetype space = line.first(mostCharacters).lastIndexOf(u' ');
            end = m_at + (space > mostCharacters / 2 ? space + 1 : mostCharacters);
            if (m_text.at(end - 1).isHighSurrogate())
                --end;
            m_at = end;
            m_cut = true;
            if (m_mode != Mode::Fence)
                m_mode = block.kind == TalkBlock::Kind::Diff ? Mode::BareDiff : Mode::Prose;
            break;
        }
        end = lineEnd;
        m_at = std::min(lineEnd + 1, m_text.size());
    }
    if (!begun)
        return {};
    block.text = m_text.mid(block.start, end - block.start);
    block.goesOn = m_cut;
    block.continues = continues;
    return block;
}

} // namespace hub::gui
