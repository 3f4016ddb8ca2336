// How messages look: what a role and kind is shown as, fonts, colours, distances. UI thread.
#pragma once

#include "gui/views/colours.h"
#include "gui/views/talk.h"

#include <QCoreApplication>
#include <QFont>
#include <QTextOption>

class QWidget;

namespace hub::gui
{

enum class TalkLook {
    Person,   // a tinted bubble on the right
    Agent,    // plain
    Step,     // folded to one line
    Error,    // with a red edge
    Question, // highlighted
    Note      // the hub: centred and small
};

TalkLook lookOf(const TalkMessage &message);

struct TalkStyle {
    Q_DECLARE_TR_FUNCTIONS(hub::gui::TalkStyle)

public:
    explicit TalkStyle(const QWidget *widget);

    // "claude", "Question · claude": who speaks, and what it is where that is not plain.
    static QString heading(const TalkMessage &message);
    // For people who listen: the heading, when, and the text, shortened.
    static QString spoken(const TalkMessage &message);

    Colours colours;
    QFont body, small, mono;
    int line = 0, smallLine = 0, monoLine = 0; // heights of a line
    qreal letter = 1, monoLetter = 1;          // usual widths of a letter
    int pad = 8;                               // inside a box
    int gap = 10;                              // between messages
    int edge = 12;                             // beside the column
    int column = 800;                          // the widest that is easy to read
};

} // namespace hub::gui
