// Cuts the text of a message into blocks that are laid out one at a time: prose, code between ``` fences, diffs. Reads
// on demand, so that the first screen of a megabyte costs as much as the first screen of anything. Pure.
#pragma once

#include <QString>

#include <optional>

namespace hub::gui
{

struct TalkBlock {
    enum class Kind { Prose, Code, Diff };
    Kind kind = Kind::Prose;
    qsizetype start = 0; // within the plain text
    QString text;        // lines between "\n", without one at the end
    int lines = 1;
    bool goesOn = false;    // the next block is a part of the same box
    bool continues = false; // so is the one before
};

class BlockReader
{
public:
    static constexpr qsizetype mostCharacters = 2'000;
    static constexpr int mostLines = 40;

    // `text` is plain. `code`: all of it is the output of a program, fences mean nothing.
    explicit BlockReader(QString text, bool code = false);

    // The next block; nothing at the end.
    std::optional<TalkBlock> next();
    qsizetype left() const { return m_text.size() - m_at; }

private:
    enum class Mode { Prose, Fence, BareDiff };
    // What a line is: whether it belongs to the block that is being read.
    struct Line {
        TalkBlock::Kind kind = TalkBlock::Kind::Prose;
        bool fence = false; // belongs to none
    };
    Line classify(QStringView line, QStringView after);

    QString m_text;
    bool m_code;
    qsizetype m_at = 0;
    Mode m_mode = Mode::Prose;
    TalkBlock::Kind m_fenced = TalkBlock::Kind::Code;
    bool m_cut = false; // the block before was cut for its size only
};

} // namespace hub::gui
