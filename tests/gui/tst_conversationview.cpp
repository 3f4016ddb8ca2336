// The conversation view as people use it: real keys and mouse, on a window that nobody sees.
#include "gui/views/conversationview.h"
#include "gui/views/findbar.h"

#include <QAccessible>
#include <QApplication>
#include <QClipboard>
#include <QElapsedTimer>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>

using namespace hub;
using namespace hub::gui;
using namespace Qt::StringLiterals;

namespace
{

TalkMessage message(qint64 seq, const QString &text, const QString &role = u"agent"_s,
                    const QString &kind = u"output"_s)
{
    return {.seq = seq,
            .at = fromMillis(1'700'000'000'000 + seq * 1'000),
            .from = role == u"hub"_s ? QString() : u"somebody"_s,
            .role = role,
            .kind = kind,
            .text = text};
}

// Messages of very different heights, the same at each call.
TalkMessage anyMessage(qint64 seq)
{
    switch (seq % 5) {
    case 0: return message(seq, u"Message %1."_s.arg(seq), u"person"_s, u"say"_s);
    case 1: return message(seq, u"Message %1 with a few words. "_s.arg(seq).repeated(int(seq % 30) + 1));
    case 2: return message(seq, u"Message %1\n```\nint a;\nint b;\n```\nend"_s.arg(seq));
    case 3: return message(seq, u"Message %1 reads\nmore\nthan it says"_s.arg(seq), u"tool"_s, u"step"_s);
    default: return message(seq, u"Message %1: something failed."_s.arg(seq), u"hub"_s, u"error"_s);
    }
}

struct Window {
    explicit Window(qint64 count = 0, QSize size = {700, 500})
    {
        QObject::connect(
            &source, &TalkSource::wanted, &source,
            [this](qint64 first, int many) {
                if (silent)
                    return;
                QList<TalkMessage> list;
                for (qint64 seq = first; seq < first + many; ++seq)
                    list.append(anyMessage(seq));
                source.put(list);
            },
            Qt::QueuedConnection);
        source.setCount(count);
        view.resize(size);
        view.setSource(&source);
        view.show();
        view.setFocus();
        settled();
    }
    // Until nothing is asked for any more.
    void settled()
    {
        for (int i = 0; i < 6; ++i)
            QCoreApplication::processEvents();
    }
    // All on the screen is here, without holes, within the viewport's edges.
    bool isWhole() const
    {
        const auto [first, last] = view.shown();
        int y = view.rectOf(first).top();
        for (qint64 seq = first; seq <= last; ++seq) {
            if (source.isMissing(seq))
                continue;
            const QRect room = view.rectOf(seq);
            if (!source.at(seq) || room.top() != y)
                return false;
            y += room.height();
        }
        return true;
    }
    FindBar *findBar() const { return view.findChild<FindBar *>(); }
    QLineEdit *findEdit() const { return findBar()->findChild<QLineEdit *>(); }
    QPushButton *news() const { return view.viewport()->findChild<QPushButton *>(); }
    bool atEnd() const { return view.verticalScrollBar()->value() == view.verticalScrollBar()->maximum(); }

    bool silent = false;
    TalkSource source;
    ConversationView view;
};

void click(Window &window, QPoint point, Qt::KeyboardModifiers modifiers = {})
{
    QTest::mouseClick(window.view.viewport(), Qt::LeftButton, modifiers, point);
}

void drag(Window &window, QPoint from, QPoint to)
{
    QTest::mousePress(window.view.viewport(), Qt::LeftButton, {}, from);
    QTest::mouseMove(window.view.viewport(), (from + to) / 2);
    QTest::mouseMove(window.view.viewport(), to);
    QTest::mouseRelease(window.view.viewport(), Qt::LeftButton, {}, to);
}

} // namespace

class TestConversationView : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void opensAtTheEndOfAHundredThousand()
    {
        Window window(100'000);
        QVERIFY(window.isWhole());
        QCOMPARE(window.view.shown().second, 100'000);
        QVERIFY(window.atEnd());
        QVERIFY(window.view.follows());
        QVERIFY2(window.source.held() < 400, "only what is looked at was fetched");
    }

    void keysScroll()
    {
        Window window(1'000);
        QTest::keyClick(&window.view, Qt::Key_Home);
        window.settled();
        QCOMPARE(window.view.shown().first, 1);
        QVERIFY(window.view.rectOf(1).top() >= 0);
        QVERIFY(window.isWhole());
        QVERIFY(!window.view.follows());
        const auto page = window.view.shown();
        QTest::keyClick(&window.view, Qt::Key_PageDown);
        window.settled();
        QVERIFY(window.view.shown().first >= page.second - 2 && window.view.shown().first <= page.second);
        QVERIFY(!window.view.follows());
        const QRect before = window.view.rectOf(window.view.shown().second);
        QTest::keyClick(&window.view, Qt::Key_Down);
        window.settled();
        QVERIFY(window.view.rectOf(window.view.shown().second) != before);
        QTest::keyClick(&window.view, Qt::Key_Up);
        QTest::keyClick(&window.view, Qt::Key_PageUp);
        window.settled();
        QCOMPARE(window.view.shown().first, 1);
        QTest::keyClick(&window.view, Qt::Key_End);
        window.settled();
        QCOMPARE(window.view.shown().second, 1'000);
        QVERIFY(window.view.follows());
    }

    void everyStepUpShowsWhatIsAboveWithoutAJump()
    {
        Window window(400);
        for (int step = 0; step < 300 && window.view.shown().first > 1; ++step) {
            const auto [first, last] = window.view.shown();
            const qint64 seen = (first + last + 1) / 2;
            const int top = window.view.rectOf(seen).top();
            QTest::keyClick(&window.view, Qt::Key_Up);
            const int moved = window.view.rectOf(seen).top() - top;
            QVERIFY2(moved > 0 && moved < 100, qPrintable(QString::number(moved)));
            const int now = window.view.rectOf(seen).top();
            window.settled(); // what was fetched now takes its own height
            if (!window.view.rectOf(seen).isEmpty())
                QCOMPARE(window.view.rectOf(seen).top(), now);
            QVERIFY(window.isWhole());
        }
    }

    void theScrollBarReachesBothEnds()
    {
        Window window(5'000);
        QScrollBar *bar = window.view.verticalScrollBar();
        for (const int percent : {50, 3, 97, 0, 60, 100}) {
            bar->setValue(int(qint64(bar->maximum()) * percent / 100));
            window.settled();
            QVERIFY(window.isWhole());
            QVERIFY(std::abs(window.view.shown().first - 50 * percent) < 600);
        }
        QCOMPARE(window.view.shown().second, 5'000);
    }

    void followsWhileAtTheEnd()
    {
        Window window(50);
        for (qint64 seq = 51; seq <= 60; ++seq) {
            window.source.put({anyMessage(seq)});
            QVERIFY(window.atEnd());
            QCOMPARE(window.view.shown().second, seq);
            QVERIFY(window.view.rectOf(seq).bottom() <= window.view.viewport()->height() + 20);
        }
        QVERIFY(window.news()->isHidden());
    }

    void saysWhatCameWhileOneReadsAbove()
    {
        Window window(50);
        QTest::keyClick(&window.view, Qt::Key_PageUp);
        window.settled();
        const auto reading = window.view.shown();
        const QRect before = window.view.rectOf(reading.first);
        window.source.put({anyMessage(51), anyMessage(52), anyMessage(53)});
        window.settled();
        QCOMPARE(window.view.shown(), reading);
        QCOMPARE(window.view.rectOf(reading.first), before);
        QVERIFY(window.news()->isVisible());
        QCOMPARE(window.news()->text(), u"3 new message(s) ↓"_s);
        QTest::mouseClick(window.news(), Qt::LeftButton);
        window.settled();
        QCOMPARE(window.view.shown().second, 53);
        QVERIFY(window.view.follows());
        QVERIFY(window.news()->isHidden());
        window.source.put({anyMessage(54)});
        QCOMPARE(window.view.shown().second, 54);
    }

    void whatIsReadStaysWhileMessagesAboveComeIn()
    {
        Window window(300);
        window.silent = true;
        window.source.clear();
        window.source.setCount(300);
        window.settled();
        window.view.showMessage(150);
        window.settled();
        QCOMPARE(window.view.currentMessage(), 150);
        const int top = window.view.rectOf(150).top();
        window.source.put({anyMessage(150)});
        for (const qint64 seq : {149, 151, 147, 148, 146, 152, 145}) {
            window.source.put({anyMessage(seq)});
            QCOMPARE(window.view.rectOf(150).top(), top);
        }
        window.source.putMissing(140, 5);
        QCOMPARE(window.view.rectOf(150).top(), top);
    }

    void missingOnesTakeNoRoom()
    {
        Window window;
        window.source.setCount(1'000);
        window.source.putMissing(2, 998);
        window.source.put({message(1, u"first"_s), message(1'000, u"last"_s)});
        window.settled();
        QCOMPARE(window.view.shown(), std::pair(qint64(1), qint64(1'000)));
        QCOMPARE(window.view.rectOf(1'000).top(), window.view.rectOf(1).bottom() + 1);
        QVERIFY(window.view.rectOf(500).isEmpty());
        window.source.putMissing(1, 1);
        window.source.putMissing(1'000, 1);
        QCOMPARE(window.view.shown(), std::pair(qint64(0), qint64(0)));
    }

    void whatARollbackTookAwayComesBackWithItsUndo()
    {
        Window window(400);
        window.source.putMissing(51, 350); // rolled back
        window.settled();
        QCOMPARE(window.view.shown().second, 50);
        window.source.forget(1, 400); // undone
        window.settled();
        QCOMPARE(window.view.shown().second, 400);
        QVERIFY(window.isWhole());
        QTest::keyClick(&window.view, Qt::Key_PageUp);
        window.settled();
        QVERIFY(window.isWhole());
        QVERIFY(window.view.shown().first > 350);
    }

    void hiddenOnesAreDimmed()
    {
        Window window;
        TalkMessage one = message(1, u"Something to look at, in plain text."_s);
        window.source.put({one});
        const QImage plain = window.view.grab().toImage();
        one.hidden = true;
        window.source.put({one});
        const QImage dimmed = window.view.grab().toImage();
        const auto darkest = [](const QImage &image) {
            int least = 255;
            for (int y = 0; y < 60; ++y)
                for (int x = 0; x < image.width() - 40; ++x)
                    least = std::min(least, qGray(image.pixel(x, y)));
            return least;
        };
        QVERIFY(darkest(dimmed) > darkest(plain) + 60);
    }

    void stepsUnfoldOnAClickAndOnReturn()
    {
        Window window;
        window.source.put({message(1, u"before"_s), message(2, u"Ran make\nline\nline\nline"_s, u"tool"_s, u"step"_s),
                           message(3, u"after"_s)});
        const QRect folded = window.view.rectOf(2);
        click(window, folded.topLeft() + QPoint(40, 8));
        const QRect unfolded = window.view.rectOf(2);
        QVERIFY(unfolded.height() > folded.height() + 30);
        QCOMPARE(unfolded.top(), folded.top());
        click(window, folded.topLeft() + QPoint(40, 8));
        QCOMPARE(window.view.rectOf(2), folded);
        QTest::keyClick(&window.view, Qt::Key_Return);
        QCOMPARE(window.view.rectOf(2), unfolded);
        QTest::keyClick(&window.view, Qt::Key_Down, Qt::ControlModifier);
        QCOMPARE(window.view.currentMessage(), 3);
        QTest::keyClick(&window.view, Qt::Key_Up, Qt::ControlModifier);
        QTest::keyClick(&window.view, Qt::Key_Return);
        QCOMPARE(window.view.rectOf(2), folded);
    }

    void aHugeMessageIsFoldedAndNoLineOfItIsLost()
    {
        // Numbers, each once, in lines of very different lengths.
        QString text;
        for (int line = 0, number = 10'000; text.size() < 1'000'000; ++line) {
            for (int word = 0; word <= line % 40; ++word)
                text += QString::number(number++) + u' ';
            text += u'\n';
        }
        text += u"the last line"_s;
        Window window;
        window.source.put({message(1, u"before"_s), message(2, text), message(3, u"after"_s)});
        const int folded = window.view.rectOf(2).height();
        QVERIFY(folded < 600);
        window.view.showMessage(2);
        QTest::keyClick(&window.view, Qt::Key_Return);
        QVERIFY(window.view.rectOf(2).height() > 100'000);
        // To its end and back up by pages: each page joins the one before.
        QTest::keyClick(&window.view, Qt::Key_End);
        QCOMPARE(window.view.shown().second, 3);
        const auto numberAt = [&window](int y) { // by a double click
            QTest::mouseDClick(window.view.viewport(), Qt::LeftButton, {}, QPoint(48, y));
            QTest::mouseRelease(window.view.viewport(), Qt::LeftButton, {}, QPoint(48, y));
            return window.view.selectedText().toInt();
        };
        QTest::keyClick(&window.view, Qt::Key_PageUp);
        for (int i = 0; i < 20; ++i) {
            const int before = numberAt(20);
            QVERIFY(before > 10'000);
            QTest::keyClick(&window.view, Qt::Key_PageUp);
            const int page = window.view.viewport()->height() - 2 * QFontMetrics(window.view.font()).height();
            QCOMPARE(numberAt(20 + page), before);
        }
        drag(window, QPoint(60, 100), QPoint(300, 200));
        QVERIFY(window.view.selectedText().size() > 200);
        QVERIFY(text.contains(window.view.selectedText()));
        QCOMPARE(window.view.textOf(2), text);
    }

    void whatTheHubCutIsAskedForWhenSomebodyWantsAll()
    {
        Window window;
        QSignalSpy whole(&window.view, &ConversationView::wholeWanted);
        TalkMessage cut = message(1, u"the beginning"_s);
        cut.cut = true;
        window.source.put({cut});
        window.view.showMessage(1);
        QTest::keyClick(&window.view, Qt::Key_Return);
        QCOMPARE(whole.size(), 1);
        window.source.put({message(1, u"the beginning, and the end"_s)});
        QTest::keyClick(&window.view, Qt::Key_Return);
        QCOMPARE(whole.size(), 1);
    }

    void whatTheHubFoundInAPartThatWasCutIsGoneTo()
    {
        Window window;
        TalkMessage cut = message(1, u"the beginning"_s);
        cut.cut = true;
        window.source.put({cut, message(2, u"other"_s)});
        connect(&window.view, &ConversationView::wholeWanted, this, [&window](qint64 seq) {
            window.source.put({message(seq, u"the beginning\n"_s.repeated(500) + u"a needle"_s)});
        });
        QTest::keyClick(&window.view, Qt::Key_F, Qt::ControlModifier);
        window.findEdit()->setText(u"needle"_s);
        QSignalSpy wanted(&window.view, &ConversationView::findWanted);
        QTest::keyClick(window.findEdit(), Qt::Key_Return);
        QCOMPARE(wanted.size(), 1);
        window.view.showFound(1);
        QCOMPARE(window.view.currentMessage(), 1);
        QVERIFY(window.view.rectOf(1).height() > 5'000);
        QVERIFY(window.view.rectOf(1).top() < -4'000);
    }

    void oddTextsAreDrawn()
    {
        Window window;
        QList<TalkMessage> list;
        const QStringList texts{u""_s,
                                u"\n\n"_s,
                                u"```\n```"_s,
                                u"```"_s,
                                u"\x1b[31m"_s,
                                u"a\tb"_s,
                                u"```diff\n```\n```\n\n\nx"_s,
                                QString(3'000, u'W'),
                                u"\u05d0\u05d1 abc"_s};
        for (const QString &role : {u"person"_s, u"agent"_s, u"tool"_s, u"hub"_s, u"other"_s}) {
            for (const QString &text : texts)
                list.append(message(list.size() + 1, text, role, u"odd"_s));
        }
        window.source.put(list);
        for (const int width : {30, 120, 400, 2'000}) {
            window.view.resize(width, 600);
            for (qint64 seq = 1; seq <= list.size(); ++seq) {
                window.view.showMessage(seq);
                QTest::keyClick(&window.view, Qt::Key_Return);
                window.view.grab();
                QVERIFY(!window.view.rectOf(seq).isEmpty());
            }
        }
    }

    void linksOpenThroughASignal()
    {
        Window window;
        QSignalSpy opened(&window.view, &ConversationView::linkActivated);
        window.source.put({message(1, u"https://example.org/a/rather/long/address/that/is/easy/to/hit"_s)});
        const QRect room = window.view.rectOf(1);
        click(window, QPoint(room.left() + 80, room.bottom() - 22));
        QCOMPARE(opened.size(), 1);
        QCOMPARE(opened.at(0).at(0).toUrl(), QUrl(u"https://example.org/a/rather/long/address/that/is/easy/to/hit"_s));
        drag(window, QPoint(room.left() + 80, room.bottom() - 22), QPoint(room.left() + 160, room.bottom() - 22));
        QCOMPARE(opened.size(), 1);
    }

    void selectionOverSeveralMessagesIsCopied()
    {
        Window window;
        window.source.put({message(1, u"\x1b[31mfirst\x1b[0m message"_s), message(2, u"second message"_s),
                           message(3, u"third message"_s)});
        window.source.setCount(3);
        const QRect first = window.view.rectOf(1), third = window.view.rectOf(3);
        drag(window, QPoint(60, first.bottom() - 20), QPoint(690, third.bottom() - 20));
        QGuiApplication::clipboard()->clear();
        QTest::keyClick(&window.view, Qt::Key_C, Qt::ControlModifier);
        const QStringList lines = QGuiApplication::clipboard()->text().split(u'\n');
        QCOMPARE(lines.size(), 8);
        QVERIFY(lines.at(0).startsWith(u"somebody, "_s));
        QVERIFY(u"first message"_s.endsWith(lines.at(1)) && lines.at(1).size() < 12 && lines.at(1).size() > 3);
        QCOMPARE(lines.at(4), u"second message"_s);
        QCOMPARE(lines.at(7), u"third message"_s);

        // Backwards, within one message: the text alone. Escape takes the selection away.
        drag(window, QPoint(690, third.bottom() - 20), QPoint(2, third.bottom() - 20));
        QCOMPARE(window.view.selectedText(), u"third message"_s);
        QTest::keyClick(&window.view, Qt::Key_Escape);
        QCOMPARE(window.view.selectedText(), QString());
        // A double click takes a word, a click with Shift all up to there.
        QTest::mouseDClick(window.view.viewport(), Qt::LeftButton, {}, QPoint(30, third.bottom() - 20));
        QCOMPARE(window.view.selectedText(), u"third"_s);
        QTest::mouseRelease(window.view.viewport(), Qt::LeftButton, {}, QPoint(30, third.bottom() - 20));
        click(window, QPoint(690, third.bottom() - 20), Qt::ShiftModifier);
        QCOMPARE(window.view.selectedText(), u"third message"_s);
    }

    void draggingBeyondTheEdgeScrolls()
    {
        Window window(200);
        QWidget *viewport = window.view.viewport();
        const qint64 last = window.view.shown().first;
        QTest::mousePress(viewport, Qt::LeftButton, {}, QPoint(100, 250));
        QTest::mouseMove(viewport, QPoint(100, -60));
        QTRY_VERIFY(window.view.shown().first < last - 5);
        QTest::mouseRelease(viewport, Qt::LeftButton, {}, QPoint(100, -60));
        window.settled();
        QVERIFY(window.view.selectedText().contains(u"Message %1"_s.arg(last - 3)));
    }

    void theMenuIsTheOwnersOrCopies()
    {
        Window window;
        window.source.put({message(1, u"some text"_s)});
        QMenu menu;
        window.view.addCopyActions(menu, 1);
        QCOMPARE(menu.actions().size(), 2);
        QVERIFY(!menu.actions().at(0)->isEnabled());
        menu.actions().at(1)->trigger();
        QCOMPARE(QGuiApplication::clipboard()->text(), u"some text"_s);

        QSignalSpy wanted(&window.view, &ConversationView::menuWanted);
        const QPoint at = window.view.rectOf(1).center();
        QContextMenuEvent event(QContextMenuEvent::Mouse, at, window.view.viewport()->mapToGlobal(at));
        QApplication::sendEvent(window.view.viewport(), &event);
        QCOMPARE(wanted.size(), 1);
        QCOMPARE(wanted.at(0).at(0).toLongLong(), 1);
        click(window, at);
        QTest::keyClick(&window.view, Qt::Key_Menu);
        QCOMPARE(wanted.size(), 2);
    }

    void findsInWhatIsHere()
    {
        Window window(60);
        QTest::keyClick(&window.view, Qt::Key_Home);
        window.settled();
        QTest::keyClick(&window.view, Qt::Key_F, Qt::ControlModifier);
        QVERIFY(window.findBar()->isVisible());
        QTest::keyClicks(window.findEdit(), u"MESSAGE 11"_s);
        window.settled();
        QCOMPARE(window.view.currentMessage(), 11);
        QVERIFY(!window.view.rectOf(11).isEmpty());
        QTest::keyClick(window.findEdit(), Qt::Key_F3);
        QCOMPARE(window.view.currentMessage(), 11); // it says so several times
        QTest::keyClick(window.findEdit(), Qt::Key_F3, Qt::ShiftModifier);
        QCOMPARE(window.view.currentMessage(), 11);
        QTest::keyClick(window.findEdit(), Qt::Key_Escape);
        QVERIFY(!window.findBar()->isVisible());
        QVERIFY(window.view.hasFocus());
    }

    void whatIsNotHereTheHubFinds()
    {
        Window window(20'000);
        QSignalSpy wanted(&window.view, &ConversationView::findWanted);
        QTest::keyClick(&window.view, Qt::Key_F, Qt::ControlModifier);
        QTest::keyClicks(window.findEdit(), u"Message 7002"_s);
        QTest::keyClick(window.findEdit(), Qt::Key_Return, Qt::ShiftModifier);
        QCOMPARE(wanted.size(), 1);
        QCOMPARE(wanted.at(0).at(0).toString(), u"Message 7002"_s);
        const qint64 from = wanted.at(0).at(1).toLongLong();
        QVERIFY(from < 20'000 && !window.source.at(from) && window.source.at(from + 1));
        QCOMPARE(wanted.at(0).at(2).toBool(), false);
        window.view.showFound(7'002);
        window.settled();
        QCOMPARE(window.view.currentMessage(), 7'002);
        QVERIFY(!window.view.rectOf(7'002).isEmpty());
        QVERIFY(window.source.held() < 800);

        window.view.showNotFound();
        QTest::keyClick(window.findEdit(), Qt::Key_F3, Qt::ShiftModifier);
        QCOMPARE(wanted.size(), 2);
        // From the other end, what is here first.
        const qint64 again = wanted.at(1).at(1).toLongLong();
        QVERIFY(again > 19'000 && !window.source.at(again));
    }

    void aMatchInAFoldedMessageUnfoldsIt()
    {
        Window window;
        QString text;
        for (int i = 0; i < 4'000; ++i)
            text += u"line %1 of a long report\n"_s.arg(i);
        window.source.put(
            {message(1, u"before"_s), message(2, text), message(3, u"Ran\nhidden needle"_s, u"tool"_s, u"step"_s)});
        QTest::keyClick(&window.view, Qt::Key_Home);
        QTest::keyClick(&window.view, Qt::Key_F, Qt::ControlModifier);
        QTest::keyClicks(window.findEdit(), u"line 3333 of"_s);
        const QRect room = window.view.rectOf(2);
        QVERIFY(room.height() > 10'000);
        // Its line is on the screen: marked in the colour of the match.
        const QColor mark = coloursOf(window.view.palette()).foundNow;
        const QImage image = window.view.viewport()->grab().toImage();
        int marked = 0;
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x)
                marked += image.pixelColor(x, y) == mark;
        QVERIFY(marked > 200);
        window.findEdit()->clear();
        QTest::keyClicks(window.findEdit(), u"needle"_s);
        QCOMPARE(window.view.currentMessage(), 3);
        QVERIFY(window.view.rectOf(3).height() > 50);
    }

    void widthAndFontMayChangeWhileOneReads()
    {
        Window window(500);
        window.view.showMessage(250);
        window.settled();
        for (const int width : {400, 900, 401, 650}) {
            window.view.resize(width, 500);
            window.settled();
            QVERIFY(window.isWhole());
            QVERIFY(!window.view.rectOf(250).isEmpty());
        }
        QFont font = window.view.font();
        font.setPointSizeF(font.pointSizeF() * 2);
        window.view.setFont(font);
        window.settled();
        QVERIFY(window.isWhole());
        QVERIFY(!window.view.rectOf(250).isEmpty());
    }

    void anotherTaskBeginsAnew()
    {
        Window window(500);
        QTest::keyClick(&window.view, Qt::Key_Home);
        window.source.clear();
        QCOMPARE(window.view.shown(), std::pair(qint64(0), qint64(0)));
        window.view.setNotice(u"Nothing was said yet."_s);
        window.view.grab();
        window.source.setCount(3);
        window.settled();
        QCOMPARE(window.view.shown(), std::pair(qint64(1), qint64(3)));
        QVERIFY(window.view.follows());
        window.view.setSource(nullptr);
        window.view.grab();
    }

    void thoseWhoListenHearTheCurrentAndTheNewest()
    {
        Window window;
        window.source.put({message(1, u"one"_s)});
        QAccessibleInterface *access = QAccessible::queryAccessibleInterface(&window.view);
        QVERIFY(access);
        QCOMPARE(access->role(), QAccessible::List);
        QCOMPARE(access->text(QAccessible::Name), u"Conversation"_s);
        window.source.put({message(2, u"May I?"_s, u"agent"_s, u"question"_s)});
        QVERIFY(access->text(QAccessible::Description).startsWith(u"Question · somebody"_s));
        QVERIFY(access->text(QAccessible::Description).endsWith(u"May I?"_s));
        window.view.showMessage(1);
        QVERIFY(access->text(QAccessible::Value).endsWith(u"one"_s));
    }
};

int main(int argc, char **argv)
{
    qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication application(argc, argv);
    TestConversationView test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_conversationview.moc"
