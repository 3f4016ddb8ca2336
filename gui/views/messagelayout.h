// One message laid out: its header, its blocks, what is folded. Blocks are read and laid out as they come into sight
// and let go of again, so a message of a megabyte costs no more than a screen of it. UI thread.
#pragma once

#include "gui/views/plaintext.h"
#include "gui/views/talkblocks.h"
#include "gui/views/talkstyle.h"

#include <QRect>
#include <QTextLayout>

#include <memory>
#include <vector>

class QPainter;

namespace hub::gui
{

// A part of the plain text, [start, end).
struct TalkSpan {
    qsizetype start = 0, end = 0;
    bool isEmpty() const { return start >= end; }
};

struct TalkMarks {
    TalkSpan selected;
    QString found;     // every place of it is marked
    TalkSpan foundNow; // the one that was gone to
    bool current = false;
};

struct TalkHit {
    qsizetype position = 0; // within the plain text, the nearest
    bool onText = false;
    bool fold = false; // on the line that folds and unfolds
    QUrl link;
};

class MessageLayout
{
public:
    enum class Fold {
        Line, // a step: its first line
        Part, // a long message: its beginning
        Whole
    };
    static constexpr qsizetype longCharacters = 6'000; // more is folded at first
    static constexpr int longLines = 60;
    static constexpr qsizetype partCharacters = 2'400;
    static constexpr int partLines = 24;

    static bool isLong(const QString &text);
    static Fold foldAtFirst(const TalkMessage &message);

    MessageLayout(const TalkMessage &message, Fold fold, const TalkStyle &style, int width);
    ~MessageLayout();

    const TalkMessage &message() const { return m_message; }
    bool foldable() const { return m_foldable; }
    Fold fold() const { return m_fold; }

    // With the gap below it. A guess for what was not laid out yet.
    int height() const { return m_height; }
    // Lays out what lies between two heights. Answers by how much what stands at `from` moved down because things above
    // it turned out higher than guessed.
    int layOut(int from, int to);
    // Where a place of the text is, once what is above it is as high as guessed; for going there.
    int yOf(qsizetype position);

    // `visible` in the coordinates of the message.
    void draw(QPainter &painter, QPoint at, const QRect &visible, const TalkMarks &marks) const;
    TalkHit hit(QPoint point) const;
    const QString &plain() const { return m_plain; }

private:
    struct Block {
        TalkBlock content;
        int top = 0, height = 0;
        std::unique_ptr<QTextLayout> layout; // only near what is on the screen
        QList<TextLink> links;
        bool measured = false;
    };

    bool isBubble() const { return m_look == TalkLook::Person; }
    void readUntil(int bottom);
    bool readBlock();
    int guessedHeight(const Block &block) const;
    int layOutBlock(Block &block);
    QTextLayout *makeLayout(Block &block) const;
    int padBelow(const Block &block) const;
    void place(); // tops from heights, and the height of all
    QRect box() const;
    int textWidth(const Block &block) const;
    int textLeft(const Block &block) const;
    QString foldText() const;
    QFont headingFont() const;
    QString when() const { return toLocalShort(m_message.at, SystemClock().now()); }
    qreal headerWidth() const;
    void drawGround(QPainter &painter, QPoint at, const TalkMarks &marks) const;
    void drawHeader(QPainter &painter, QPoint at) const;
    void drawBlock(QPainter &painter, QPoint at, const Block &block, const TalkMarks &marks) const;

    TalkMessage m_message;
    const TalkStyle &m_style;
    TalkLook m_look;
    Fold m_fold;
    bool m_foldable = false;
    QString m_plain;
    BlockReader m_reader;
    std::vector<Block> m_blocks;
    int m_width;
    int m_left = 0, m_right = 0; // of the box
    int m_headerTop = 0, m_headerHeight = 0;
    int m_foldTop = 0, m_foldHeight = 0;
    int m_height = 0;
};

} // namespace hub::gui
