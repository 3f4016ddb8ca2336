// A task's conversation. Only what is on the screen is laid out: a hundred thousand messages scroll as ten do. What
// stands on the screen stays there while messages above it come in or turn out longer than guessed; at the end, it
// follows. Knows no hub: a TalkSource gives it messages, what it wants done are signals. UI thread.
//
// Keys: arrows, PgUp, PgDn, Home, End scroll; Ctrl+Up and Ctrl+Down go from message to message, Return folds and
// unfolds; Ctrl+F, F3, Shift+F3 find; Ctrl+C copies; the menu key opens the menu of the message.
#pragma once

#include "gui/views/heighttree.h"
#include "gui/views/messagelayout.h"
#include "gui/views/talksource.h"

#include <QAbstractScrollArea>
#include <QBasicTimer>
#include <QPointer>

#include <compare>

class QMenu;
class QPushButton;

namespace hub::gui
{

class FindBar;

class ConversationView : public QAbstractScrollArea
{
    Q_OBJECT

public:
    explicit ConversationView(QWidget *parent = nullptr);
    ~ConversationView() override;

    // The view does not own it. Begins at the end of it.
    void setSource(TalkSource *source);
    // What stands there while there is no message.
    void setNotice(const QString &notice);

    // Scrolls to a message, also one that is not here yet.
    void showMessage(qint64 seq);
    // Answers to findWanted().
    void showFound(qint64 seq);
    void showNotFound();

    bool follows() const { return m_follow; }
    // The message that the keyboard is on; 0: none.
    qint64 currentMessage() const { return m_current; }
    // The first and last message on the screen; 0: none.
    std::pair<qint64, qint64> shown() const;
    // Where a message is in the viewport, for tests and for menus; empty when it is not on the screen.
    QRect rectOf(qint64 seq) const;

    QString selectedText() const;
    QString textOf(qint64 seq) const;
    // Copying, of what is selected and of this message.
    void addCopyActions(QMenu &menu, qint64 seq);

    // What assistive technology is told: the current message, and the newest.
    QString currentSpoken() const;
    const QString &announcement() const { return m_announcement; }

Q_SIGNALS:
    void linkActivated(const QUrl &url);
    // A right click on a message or the menu key. Nobody connected: the view shows its copying actions itself.
    void menuWanted(qint64 seq, const QPoint &globalPosition);
    // Look for this in the messages from `fromSeq` on (itself too) that the view does not have; answer by showFound()
    // or showNotFound().
    void findWanted(const QString &text, qint64 fromSeq, bool forward);
    // Somebody wants to read all of a message that was given cut; answer by TalkSource::put().
    void wholeWanted(qint64 seq);
    void followsChanged(bool follows);
    void currentChanged(qint64 seq);

protected:
    bool event(QEvent *event) override;
    void changeEvent(QEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void paintEvent(QPaintEvent *event) override;
    void scrollContentsBy(int dx, int dy) override;
    void keyPressEvent(QKeyEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void contextMenuEvent(QContextMenuEvent *event) override;
    void timerEvent(QTimerEvent *event) override;
    void focusInEvent(QFocusEvent *event) override;
    void focusOutEvent(QFocusEvent *event) override;

private:
    struct Place {
        qint64 seq = 0;
        qsizetype position = 0;
        auto operator<=>(const Place &) const = default;
    };
    struct Shown {
        int row = 0;
        int y = 0; // in the viewport
    };

    // The source's news.
    void onCleared();
    void onCounted(qint64 before, qint64 now);
    void onArrived(qint64 first, qint64 last);

    // Scrolling (conversationscroll.cpp)
    void settle();
    bool settleOnce(bool follow);
    int measure(int row, int top);
    int measureAbove(int row, int bottom);
    void keepAnchor();
    void syncScrollBar();
    void scrollBy(int pixels);
    void scrollTo(qint64 y);
    void goTo(const Place &place);
    void setFollow(bool follow);
    void showNews();
    void relayout();
    MessageLayout *layoutOf(int row);
    int topSpace() const;
    int bottomSpace() const;

    // Keyboard and mouse (conversationinput.cpp)
    struct Hit {
        qint64 seq = 0;
        TalkHit on;
    };
    Hit hitAt(QPoint point) const;
    Place placeAt(QPoint point) const;
    void toggleFold(qint64 seq);
    void setCurrent(qint64 seq, bool byKeyboard);
    void stepCurrent(bool forward);
    void selectTo(const Place &place);
    void askMenu(qint64 seq, QPoint globalPosition);
    TalkSpan selectedIn(qint64 seq) const;

    // Finding (conversationfind.cpp)
    void makeFindBar();
    void openFind();
    void closeFind();
    void onFindEdited(const QString &text);
    void findNext(bool forward);
    struct Search {
        enum class End { Found, Unknown, Nothing } end = End::Nothing;
        Place place; // Unknown: where to go on
    };
    Search searchHere(Place from, bool forward, qsizetype budget) const;
    void showMatch(const Place &place);
    void placeFindBar();

    QPointer<TalkSource> m_source;
    TalkStyle m_style;
    HeightTree m_rows;
    std::map<int, std::unique_ptr<MessageLayout>> m_layouts;
    QHash<qint64, MessageLayout::Fold> m_folds; // other than at first
    std::vector<Shown> m_shown;
    QString m_notice;

    // What stays where it is: the top of this row, at this height of the viewport.
    int m_anchorRow = 0, m_anchorY = 0;
    bool m_pinned = false; // it was gone to, and stays until somebody scrolls
    bool m_follow = true;
    bool m_atEnd = true;
    bool m_settling = false;
    int m_width = 0;   // what is laid out for
    qint64 m_read = 0; // the last message that was there when it followed
    QPushButton *m_news;
    QString m_announcement;

    qint64 m_current = 0;
    bool m_currentShown = false;
    Place m_selectionStart, m_selectionEnd; // as made, so the end may lie before the start
    bool m_selecting = false;
    QPoint m_pressed, m_mouse;
    QBasicTimer m_dragScroll;

    FindBar *m_findBar;
    QString m_needle;
    Place m_found;                    // seq 0: nothing was gone to
    std::optional<Place> m_findStart; // where the next search begins when nothing was found
    qint64 m_foundPending = 0;        // the hub found something in a message that is not here yet
    bool m_searchForward = true;
};

} // namespace hub::gui
