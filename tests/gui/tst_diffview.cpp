// The diff view as people use it: real keys and mouse, on a window that nobody sees.
#include "gui/views/difffilelist.h"
#include "gui/views/difftextview.h"
#include "gui/views/diffview.h"
#include "gui/views/findbar.h"

#include <QAbstractItemModelTester>
#include <QAccessible>
#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

using namespace hub::gui;
using namespace Qt::StringLiterals;

namespace
{

const QByteArray small =
    "diff --git a/src/one.cpp b/src/one.cpp\n--- a/src/one.cpp\n+++ b/src/one.cpp\n"
    "@@ -1,4 +1,4 @@\n int main()\n {\n-    return old;\n+    return newer;\n }\n"
    "diff --git a/two.txt b/two.txt\nnew file mode 100644\n--- /dev/null\n+++ b/two.txt\n"
    "@@ -0,0 +1,2 @@\n+first\n+second return\n"
    "diff --git a/pic.png b/pic.png\nindex 1..2 100644\nBinary files a/pic.png and b/pic.png differ\n";

// `files` files of `hunks` hunks of ten lines.
QByteArray many(int files, int hunks)
{
    QByteArray text;
    for (int file = 0; file < files; ++file) {
        const QByteArray path = "src/f" + QByteArray::number(file) + ".cpp";
        text += "diff --git a/" + path + " b/" + path + "\n--- a/" + path + "\n+++ b/" + path + "\n";
        for (int hunk = 0; hunk < hunks; ++hunk) {
            const QByteArray at = QByteArray::number(hunk * 50 + 1);
            text += "@@ -" + at + ",8 +" + at + ",8 @@\n";
            for (int i = 0; i < 3; ++i)
                text += " context line " + QByteArray::number(i) + "\n";
            text += "-was " + at + "\n-was too\n+is " + at + " in file " + QByteArray::number(file) + "\n+is too\n";
            for (int i = 0; i < 3; ++i)
                text += " context line " + QByteArray::number(i) + "\n";
        }
    }
    return text;
}

struct Window {
    explicit Window(const QByteArray &diff, QSize size = {900, 500})
    {
        view.resize(size);
        view.show();
        view.setDiff(diff, u"a title"_s);
        view.text()->setFocus();
        QCoreApplication::processEvents();
    }
    DiffTextView &text() { return *view.text(); }
    QListView *list() { return view.files()->list(); }
    QLineEdit *filter() { return view.files()->findChild<QLineEdit *>(); }
    FindBar *findBar() { return view.findChild<FindBar *>(); }
    QLineEdit *findEdit() { return findBar()->findChild<QLineEdit *>(); }
    QStringList listed()
    {
        QStringList names;
        for (int i = 0; i < list()->model()->rowCount(); ++i)
            names << list()->model()->index(i, 0).data().toString();
        return names;
    }
    // The middle of a line of the text that shows it.
    int rowOfLine(int file, int line)
    {
        const auto &rows = text().rows().rows;
        for (int i = 0; i < rows.size(); ++i) {
            if (rows.at(i).kind == DiffRow::Kind::Line && rows.at(i).file == file &&
                (rows.at(i).left == line || rows.at(i).right == line))
                return i;
        }
        return -1;
    }
    void drag(QPoint from, QPoint to)
    {
        QWidget *viewport = text().viewport();
        QTest::mousePress(viewport, Qt::LeftButton, {}, from);
        QTest::mouseMove(viewport, (from + to) / 2);
        QTest::mouseMove(viewport, to);
        QTest::mouseRelease(viewport, Qt::LeftButton, {}, to);
    }
    DiffView view;
};

} // namespace

class TestDiffView : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void filesAreListedAndFiltered()
    {
        Window window(small);
        QAbstractItemModelTester tester(window.list()->model(), QAbstractItemModelTester::FailureReportingMode::QtTest);
        QCOMPARE(window.listed(), QStringList({u"src/one.cpp"_s, u"two.txt"_s, u"pic.png"_s}));
        QCOMPARE(window.list()->model()->index(0, 0).data(Qt::AccessibleTextRole).toString(),
                 u"src/one.cpp, changed, 1 lines added, 1 removed"_s);
        QTest::keyClicks(window.filter(), u"TXT"_s);
        QCOMPARE(window.listed(), QStringList{u"two.txt"_s});
        QTest::keyClick(window.filter(), Qt::Key_Down);
        QVERIFY(window.list()->hasFocus());
        QCOMPARE(window.list()->currentIndex().row(), 0);
        window.filter()->setFocus();
        QTest::keyClick(window.filter(), Qt::Key_Escape);
        QCOMPARE(window.listed().size(), 3);
        window.view.setDiff(many(3, 1), u"other"_s);
        QCOMPARE(window.listed().size(), 3);
    }

    void theListLeadsToTheTextAndBack()
    {
        Window window(many(20, 5));
        window.list()->setFocus();
        for (int i = 0; i < 7; ++i)
            QTest::keyClick(window.list(), Qt::Key_Down);
        QCOMPARE(window.text().shownFile(), window.list()->currentIndex().row());
        QVERIFY(window.text().shownFile() >= 6);
        window.text().setFocus();
        QTest::keyClick(&window.text(), Qt::Key_Home);
        QCOMPARE(window.list()->currentIndex().row(), 0);
        window.view.showFile(u"src/f15.cpp"_s);
        QCOMPARE(window.text().shownFile(), 15);
        window.list()->setFocus();
        QTest::keyClick(window.list(), Qt::Key_Return);
        QVERIFY(window.text().hasFocus());
        QCOMPARE(window.list()->currentIndex().row(), 15);
    }

    void aBigDiffIsReadOnAnotherThread()
    {
        const QByteArray big = many(20, 1'000);
        QVERIFY(big.size() > DiffView::readAtOnce);
        Window window({});
        QSignalSpy shown(&window.view, &DiffView::shown);
        window.view.setDiff(many(3, 8'000), u"an older one"_s); // its answer is too late
        window.view.setDiff(big, u"big"_s);
        QCOMPARE(window.text().rows().rows.size(), 0);
        QTRY_COMPARE(shown.size(), 1);
        QCOMPARE(shown.at(0).at(0).toInt(), 20);
        QVERIFY(window.text().rows().rows.size() > 220'000);
        QTest::keyClick(&window.text(), Qt::Key_End);
        QCOMPARE(window.text().shownFile(), 19);
        QThread::msleep(1);
        window.view.clear(u"Nothing to compare with."_s);
        QCOMPARE(window.text().rows().rows.size(), 0);
    }

    void changesAreGoneThrough()
    {
        Window window(many(4, 10));
        const QList<int> changes = window.text().rows().changes;
        QCOMPARE(changes.size(), 40);
        for (int i = 0; i < 40; ++i) {
            QTest::keyClick(&window.text(), i % 2 ? Qt::Key_N : Qt::Key_F7);
            QCOMPARE(window.text().changeRow(), changes.at(i));
            QVERIFY(!window.text().rectOf(changes.at(i)).isEmpty());
        }
        QTest::keyClick(&window.text(), Qt::Key_N); // the last one stays
        QCOMPARE(window.text().changeRow(), changes.last());
        QTest::keyClick(&window.text(), Qt::Key_P);
        QTest::keyClick(&window.text(), Qt::Key_F7, Qt::ShiftModifier);
        QCOMPARE(window.text().changeRow(), changes.at(37));
        QTest::keyClick(&window.text(), Qt::Key_Home); // from what is on the screen
        QTest::keyClick(&window.text(), Qt::Key_N);
        QCOMPARE(window.text().changeRow(), changes.first());
    }

    void thoseWhoListenHearTheChange()
    {
        Window window(small);
        QAccessibleInterface *access = QAccessible::queryAccessibleInterface(&window.text());
        QVERIFY(access);
        QCOMPARE(access->role(), QAccessible::Document);
        for (const bool sides : {false, true}) {
            window.view.setSideBySide(sides);
            QTest::keyClick(&window.text(), Qt::Key_N);
            QCOMPARE(access->text(QAccessible::Value),
                     u"src/one.cpp\nRemoved:     return old;\nAdded:     return newer;"_s);
        }
    }

    void sidesAndWrappingAreToggledWhereOneIs()
    {
        Window window(many(10, 20));
        QSignalSpy sides(&window.view, &DiffView::sideBySideChanged),
            wrapping(&window.view, &DiffView::wrappingChanged);
        window.view.showFile(u"src/f5.cpp"_s);
        for (int i = 0; i < 5; ++i)
            QTest::keyClick(&window.text(), Qt::Key_PageDown);
        const int file = window.text().shownFile();
        const int before = int(window.text().rows().rows.size());
        for (QToolButton *button : window.view.findChildren<QToolButton *>()) {
            if (button->text() == u"Side by side"_s)
                QTest::mouseClick(button, Qt::LeftButton);
        }
        QCOMPARE(sides.size(), 1);
        QVERIFY(window.view.isSideBySide());
        QVERIFY(window.text().rows().rows.size() < before);
        QCOMPARE(window.text().shownFile(), file);
        window.view.setProperty("wrapping", true);
        QCOMPARE(wrapping.size(), 1);
        QCOMPARE(window.text().shownFile(), file);
        window.view.setSideBySide(false);
        QCOMPARE(window.text().shownFile(), file);
        QCOMPARE(window.text().rows().rows.size(), before);
    }

    void longLinesScrollOrWrap()
    {
        const QByteArray words = QByteArray("word ").repeated(300);
        Window window("diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n-" + words + "old\n+" + words +
                      "new\n end\n");
        QScrollBar *across = window.text().horizontalScrollBar();
        QVERIFY(across->maximum() > 3'000);
        const int row = window.rowOfLine(0, 0);
        const int height = window.text().rectOf(row).height();
        window.view.setWrapping(true);
        QCOMPARE(across->maximum(), 0);
        QVERIFY(window.text().rectOf(row).height() > 5 * height);
        const int wide = window.text().rectOf(row).height();
        window.view.resize(600, 500);
        QCoreApplication::processEvents();
        QVERIFY(window.text().rectOf(row).height() > wide);
        window.text().grab();
    }

    void whatIsSelectedIsCopied()
    {
        Window window(small);
        const auto at = [&](int line, int x) {
            return QPoint(x, window.text().rectOf(window.rowOfLine(0, line)).center().y());
        };
        window.drag(at(0, 10), at(3, 890));
        QTest::keyClick(&window.text(), Qt::Key_C, Qt::ControlModifier);
        QCOMPARE(QGuiApplication::clipboard()->text(), u"int main()\n{\n    return old;\n    return newer;"_s);
        QTest::keyClick(&window.text(), Qt::Key_A, Qt::ControlModifier);
        QCOMPARE(window.text().selectedText(),
                 u"int main()\n{\n    return old;\n    return newer;\n}\nfirst\nsecond return"_s);
        // Side by side, one side alone.
        window.view.setSideBySide(true);
        const int half = window.text().viewport()->width() / 2;
        window.drag(at(0, half + 5), at(4, window.text().viewport()->width() - 3));
        QCOMPARE(window.text().selectedText(), u"int main()\n{\n    return newer;\n}"_s);
        window.drag(at(4, half - 3), at(0, 3));
        QCOMPARE(window.text().selectedText(), u"int main()\n{\n    return old;\n}"_s);
        QTest::keyClick(&window.text(), Qt::Key_Escape);
        QCOMPARE(window.text().selectedText(), QString());
        // A double click takes a word.
        const QPoint word = at(2, 0) + QPoint(half / 2 - 60, 0);
        QTest::mouseDClick(window.text().viewport(), Qt::LeftButton, {}, word);
        QVERIFY(QStringList({u"return"_s, u"old"_s}).contains(window.text().selectedText()));
    }

    void filesFold()
    {
        Window window(small);
        const int rows = int(window.text().rows().rows.size());
        const QPoint head = window.text().rectOf(0).center();
        QTest::mouseClick(window.text().viewport(), Qt::LeftButton, {}, head);
        QVERIFY(window.text().isFolded(0));
        QVERIFY(window.text().rows().rows.size() < rows);
        QTest::keyClick(&window.text(), Qt::Key_Return);
        QVERIFY(!window.text().isFolded(0));
        QMenu menu;
        window.view.addFileActions(menu, u"two.txt"_s);
        menu.actions().at(0)->trigger();
        QCOMPARE(QGuiApplication::clipboard()->text(), u"two.txt"_s);
        menu.actions().at(1)->trigger();
        QVERIFY(QGuiApplication::clipboard()->text().startsWith(u"diff --git a/two.txt"_s));
        QVERIFY(QGuiApplication::clipboard()->text().endsWith(u"+second return\n"_s));
        menu.actions().at(2)->trigger();
        QVERIFY(window.text().isFolded(1));
        menu.actions().at(3)->trigger();
        QCOMPARE(window.text().rows().rows.size(), 6);
        menu.actions().at(4)->trigger();
        QCOMPARE(window.text().rows().rows.size(), rows);
    }

    void findsInEachSide()
    {
        for (const bool sides : {false, true}) {
            Window window(small);
            window.view.setSideBySide(sides);
            QSignalSpy searched(&window.text(), &DiffTextView::searched);
            QTest::keyClick(&window.text(), Qt::Key_F, Qt::ControlModifier);
            QVERIFY(window.findBar()->isVisible());
            QTest::keyClicks(window.findEdit(), u"RETURN"_s);
            QList<int> rows;
            for (int i = 0; i < 4; ++i) {
                QTest::keyClick(window.findEdit(), i % 2 ? Qt::Key_F3 : Qt::Key_Return);
                QTRY_COMPARE(searched.size(), i + 1);
                QVERIFY(searched.at(i).at(0).toBool());
                rows << searched.at(i).at(1).toInt();
            }
            const int removed = window.rowOfLine(0, 2), added = window.rowOfLine(0, 3);
            QCOMPARE(rows, QList<int>({removed, added, window.rowOfLine(1, 1), removed})); // once around
            QTest::keyClick(window.findEdit(), Qt::Key_F3, Qt::ShiftModifier);
            QTRY_COMPARE(searched.size(), 5);
            QCOMPARE(searched.at(4).at(1).toInt(), window.rowOfLine(1, 1));
            window.findEdit()->setText(u"nowhere"_s);
            QTest::keyClick(window.findEdit(), Qt::Key_Return);
            QTRY_COMPARE(searched.size(), 6);
            QVERIFY(!searched.at(5).at(0).toBool());
            QTest::keyClick(window.findEdit(), Qt::Key_Escape);
            QVERIFY(!window.findBar()->isVisible());
            QVERIFY(window.text().hasFocus());
        }
    }

    void whatIsFoundFarAwayComesIntoSight()
    {
        Window window(many(10, 200));
        QSignalSpy searched(&window.text(), &DiffTextView::searched);
        QTest::keyClick(&window.text(), Qt::Key_F, Qt::ControlModifier);
        QTest::keyClicks(window.findEdit(), u"is 5051 in file 7"_s);
        QTest::keyClick(window.findEdit(), Qt::Key_Return);
        QTRY_COMPARE(searched.size(), 1);
        QVERIFY(searched.at(0).at(0).toBool());
        QVERIFY(!window.text().rectOf(searched.at(0).at(1).toInt()).isEmpty());
        QCOMPARE(window.text().shownFile(), 7);
    }

    void theOwnerShowsTheMenuOfAFile()
    {
        Window window(small);
        QSignalSpy wanted(&window.view, &DiffView::fileMenuWanted);
        const auto rightClick = [](QWidget *widget, QPoint at) {
            QContextMenuEvent event(QContextMenuEvent::Mouse, at, widget->mapToGlobal(at));
            QApplication::sendEvent(widget, &event);
        };
        rightClick(window.list()->viewport(), window.list()->visualRect(window.list()->model()->index(1, 0)).center());
        QCOMPARE(wanted.size(), 1);
        QCOMPARE(wanted.at(0).at(0).toString(), u"two.txt"_s);
        rightClick(window.text().viewport(), window.text().rectOf(0).center());
        QCOMPARE(wanted.size(), 2);
        QCOMPARE(wanted.at(1).at(0).toString(), u"src/one.cpp"_s);
    }

    void itIsSavedByItsOwner()
    {
        Window window(small);
        QSignalSpy wanted(&window.view, &DiffView::exportWanted);
        for (QToolButton *button : window.view.findChildren<QToolButton *>()) {
            if (button->text() == u"Save…"_s)
                QTest::mouseClick(button, Qt::LeftButton);
        }
        QCOMPARE(wanted.size(), 1);
        QCOMPARE(window.view.unified(), small);
    }

    void nothingIsSaidWithItsReason()
    {
        Window window({});
        const auto notice = [&] {
            QStringList texts;
            for (QLabel *label : window.view.findChildren<QLabel *>()) {
                if (label->isVisible())
                    texts << label->text();
            }
            return texts;
        };
        QVERIFY(notice().contains(u"Nothing changed."_s));
        window.view.setDiff("fatal: bad revision\n", u"x"_s);
        QVERIFY(notice().contains(u"There is no diff in this text."_s));
        window.view.clear(u"The checkpoint is gone."_s);
        QVERIFY(notice().contains(u"The checkpoint is gone."_s));
        for (const Qt::Key key : {Qt::Key_N, Qt::Key_P, Qt::Key_Return, Qt::Key_End, Qt::Key_PageDown, Qt::Key_Menu})
            QTest::keyClick(&window.text(), key);
        QTest::keyClick(&window.view, Qt::Key_F, Qt::ControlModifier);
        QTest::mouseClick(window.text().viewport(), Qt::LeftButton, {}, QPoint(50, 50));
        window.text().grab();
    }

    void everyRowIsDrawnAtAnyWidth()
    {
        const QByteArray odd = "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n-\t" +
                               u"漢字 🙂 e\u0301 "_s.toUtf8().repeated(40) + "\n+" +
                               QByteArray("\xff\x1b[1m\r").repeated(60) + "\n-x\n\\ No newline at end of file\n+" +
                               QByteArray(9'000, 'y') + "\n\\ No newline at end of file\n";
        for (const bool sides : {false, true}) {
            for (const bool wrap : {false, true}) {
                for (const int width : {60, 200, 400, 1300}) {
                    Window window(odd, {width, 400});
                    window.view.setSideBySide(sides);
                    window.view.setWrapping(wrap);
                    window.text().setNeedle(u"y"_s);
                    QTest::keyClick(&window.text(), Qt::Key_End);
                    window.view.grab();
                    window.text().horizontalScrollBar()->setValue(4'000);
                    window.drag(QPoint(5, 60), QPoint(width - 5, 200));
                    window.view.grab();
                }
            }
        }
    }
};

int main(int argc, char **argv)
{
    qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication application(argc, argv);
    TestDiffView test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_diffview.moc"
