// What changed: the files on the left, their lines on the right, unified or side by side. Text in, signals out; knows
// neither a hub nor a repository. A text over a megabyte is read on another thread. UI thread.
//
// Keys: Ctrl+F, F3, Shift+F3 find; F7 and Shift+F7 (n and p in the text) go from change to change.
#pragma once

#include "gui/views/difftext.h"

#include <QWidget>

#include <memory>

class QAction;
class QLabel;
class QMenu;
class QSplitter;
class QStackedWidget;
class QToolBar;

namespace hub::gui
{

class DiffFileList;
class DiffTextView;
class FindBar;

class DiffView : public QWidget
{
    Q_OBJECT
    Q_PROPERTY(bool sideBySide READ isSideBySide WRITE setSideBySide NOTIFY sideBySideChanged)
    Q_PROPERTY(bool wrapping READ isWrapping WRITE setWrapping NOTIFY wrappingChanged)

public:
    static constexpr qsizetype readAtOnce = 1024 * 1024;

    explicit DiffView(QWidget *parent = nullptr);
    ~DiffView() override;

    // `title` says what is compared with what.
    void setDiff(const QByteArray &unified, const QString &title);
    void clear(const QString &whyNothing);
    // What was given, for saving it.
    const QByteArray &unified() const { return m_bytes; }
    const QString &title() const { return m_title; }

    bool isSideBySide() const;
    void setSideBySide(bool sideBySide);
    bool isWrapping() const;
    void setWrapping(bool wrapping);

    void showFile(const QString &path);
    // For the menu that the owner shows on fileMenuWanted(): copying the path, folding.
    void addFileActions(QMenu &menu, const QString &path);

    DiffTextView *text() const { return m_text; }
    DiffFileList *files() const { return m_files; }

Q_SIGNALS:
    // A right click on a file in the list or on its heading. Nobody connected: the view shows its own actions.
    void fileMenuWanted(const QString &path, const QPoint &globalPosition);
    // Somebody wants to save it as a file: unified() is what to write.
    void exportWanted();
    void sideBySideChanged(bool sideBySide);
    void wrappingChanged(bool wrapping);
    // Everything is read and shown.
    void shown(int files);

protected:
    void keyPressEvent(QKeyEvent *event) override;
    bool event(QEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    void makeToolBar();
    void makeText();
    void present(std::shared_ptr<const Diff> diff);
    void showNotice(const QString &notice);
    int fileOf(const QString &path) const;
    void showFileMenu(int file, const QPoint &globalPosition);
    void showTextMenu(int file, const QPoint &globalPosition);
    void openFind();
    void find(bool forward);
    void onSearched(bool found, int row);

    QToolBar *m_tools;
    QLabel *m_heading;
    QSplitter *m_splitter;
    DiffFileList *m_files;
    DiffTextView *m_text;
    FindBar *m_findBar;
    QLabel *m_notice;
    QStackedWidget *m_pages;
    QAction *m_sides, *m_wrap, *m_export, *m_previous, *m_next;
    QByteArray m_bytes;
    QString m_title;
    std::shared_ptr<const Diff> m_diff;
    int m_reading = 0; // counts what was given, so that a late answer is told from the newest
};

} // namespace hub::gui
