#include "gui/views/diffview.h"

#include "core/base/async.h"
#include "gui/views/difffilelist.h"
#include "gui/views/difftextview.h"
#include "gui/views/findbar.h"

#include <QAction>
#include <QClipboard>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QLabel>
#include <QListView>
#include <QMenu>
#include <QMetaMethod>
#include <QResizeEvent>
#include <QSplitter>
#include <QStackedWidget>
#include <QThreadPool>
#include <QToolBar>
#include <QToolButton>

using namespace Qt::StringLiterals;

namespace hub::gui
{

namespace
{

QFuture<Result<std::shared_ptr<const Diff>>> readOnWorker(const QByteArray &bytes)
{
    auto promise = std::make_shared<QPromise<Result<std::shared_ptr<const Diff>>>>();
    promise->start();
    auto future = promise->future();
    QThreadPool::globalInstance()->start([promise, bytes] {
        promise->addResult(std::make_shared<const Diff>(parseDiff(bytes)));
        promise->finish();
    });
    return future;
}

} // namespace

DiffView::DiffView(QWidget *parent)
    : QWidget(parent)
    , m_tools(new QToolBar(this))
    , m_heading(new QLabel(this))
    , m_splitter(new QSplitter(Qt::Horizontal, this))
    , m_files(new DiffFileList(this))
    , m_text(new DiffTextView(this))
    , m_findBar(new FindBar(this))
    , m_notice(new QLabel(this))
    , m_pages(new QStackedWidget(this))
{
    makeToolBar();
    makeText();

    auto *right = new QWidget(this);
    auto *lines = new QVBoxLayout(right);
    lines->setContentsMargins(0, 0, 0, 0);
    lines->setSpacing(0);
    lines->addWidget(m_findBar);
    lines->addWidget(m_text, 1);
    m_splitter->addWidget(m_files);
    m_splitter->addWidget(right);
    m_splitter->setStretchFactor(1, 1);
    m_splitter->setSizes({240, 700});
    m_splitter->setChildrenCollapsible(true);

    m_notice->setAlignment(Qt::AlignCenter);
    m_notice->setWordWrap(true);
    m_notice->setMargin(24);
    m_notice->setTextFormat(Qt::PlainText);
    m_pages->addWidget(m_notice);
    m_pages->addWidget(m_splitter);

    auto *rows = new QVBoxLayout(this);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(0);
    rows->addWidget(m_tools);
    rows->addWidget(m_pages, 1);
    clear({});
}

DiffView::~DiffView() = default;

void DiffView::makeToolBar()
{
    m_tools->setToolButtonStyle(Qt::ToolButtonTextOnly);
    m_heading->setTextFormat(Qt::PlainText);
    m_heading->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_heading->setContentsMargins(6, 0, 6, 0);
    m_tools->addWidget(m_heading);

    m_previous = m_tools->addAction(u"↑"_s, this, [this] { m_text->goToChange(false); });
    m_previous->setToolTip(tr("Previous change (Shift+F7)"));
    m_next = m_tools->addAction(u"↓"_s, this, [this] { m_text->goToChange(true); });
    m_next->setToolTip(tr("Next change (F7)"));
    m_tools->addSeparator();
    m_sides = m_tools->addAction(tr("Side by side"));
    m_sides->setCheckable(true);
    m_sides->setToolTip(tr("Before on the left, after on the right"));
    m_wrap = m_tools->addAction(tr("Wrap"));
    m_wrap->setCheckable(true);
    m_wrap->setToolTip(tr("Break long lines at the edge"));
    m_export = m_tools->addAction(tr("Save…"), this, &DiffView::exportWanted);
    m_export->setToolTip(tr("Save all of this as a .diff file"));
    for (QAction *action : {m_previous, m_next})
        m_tools->widgetForAction(action)->setAccessibleName(action->toolTip());

    connect(m_sides, &QAction::toggled, this, [this](bool on) {
        m_text->setSideBySide(on);
        Q_EMIT sideBySideChanged(on);
    });
    connect(m_wrap, &QAction::toggled, this, [this](bool on) {
        m_text->setWrapping(on);
        Q_EMIT wrappingChanged(on);
    });
}

void DiffView::makeText()
{
    connect(m_files, &DiffFileList::chosen, m_text, &DiffTextView::showFile);
    connect(m_text, &DiffTextView::fileShown, this, [this](int file) {
        // While somebody goes through the list, it leads.
        if (!m_files->list()->hasFocus())
            m_files->setCurrent(file);
    });
    connect(m_files, &DiffFileList::menuWanted, this, &DiffView::showFileMenu);
    connect(m_text, &DiffTextView::menuWanted, this, [this](int file, bool onHeader, const QPoint &at) {
        onHeader ? showFileMenu(file, at) : showTextMenu(file, at);
    });
    connect(m_text, &DiffTextView::searched, this, &DiffView::onSearched);
    connect(m_findBar, &FindBar::edited, this, [this](const QString &text) {
        m_findBar->setNote({});
        m_text->setNeedle(text);
    });
    connect(m_findBar, &FindBar::nextWanted, this, &DiffView::find);
    connect(m_findBar, &FindBar::closed, this, [this] {
        m_text->setNeedle({});
        m_text->setFocus();
    });
}

void DiffView::setDiff(const QByteArray &unified, const QString &title)
{
    m_bytes = unified;
    m_title = title;
    m_heading->setText(title);
    m_heading->setToolTip(title);
    const int reading = ++m_reading;
    if (unified.size() <= readAtOnce)
        return present(std::make_shared<const Diff>(parseDiff(unified)));
    showNotice(tr("Reading the changes…"));
    whenDone(readOnWorker(unified), this, [this, reading](Result<std::shared_ptr<const Diff>> diff) {
        if (diff && reading == m_reading)
            present(*diff);
    });
}

void DiffView::clear(const QString &whyNothing)
{
    ++m_reading;
    m_bytes.clear();
    m_title.clear();
    m_heading->clear();
    m_heading->setToolTip({});
    showNotice(whyNothing);
}

void DiffView::showNotice(const QString &notice)
{
    m_diff.reset();
    m_files->setDiff(nullptr);
    m_text->setDiff(nullptr);
    m_notice->setText(notice);
    m_pages->setCurrentWidget(m_notice);
    for (QAction *action : {m_previous, m_next, m_export})
        action->setEnabled(false);
}

void DiffView::present(std::shared_ptr<const Diff> diff)
{
    if (diff->files.isEmpty()) {
        showNotice(m_bytes.trimmed().isEmpty() ? tr("Nothing changed.") : tr("There is no diff in this text."));
    } else {
        m_diff = diff;
        m_files->setDiff(diff);
        m_text->setDiff(diff);
        m_files->setCurrent(0);
        m_pages->setCurrentWidget(m_splitter);
        for (QAction *action : {m_previous, m_next, m_export})
            action->setEnabled(true);
    }
    Q_EMIT shown(int(diff->files.size()));
}

bool DiffView::isSideBySide() const { return m_sides->isChecked(); }
void DiffView::setSideBySide(bool sideBySide) { m_sides->setChecked(sideBySide); }
bool DiffView::isWrapping() const { return m_wrap->isChecked(); }
void DiffView::setWrapping(bool wrapping) { m_wrap->setChecked(wrapping); }

int DiffView::fileOf(const QString &path) const
{
    for (int file = 0; m_diff && file < m_diff->files.size(); ++file) {
        if (m_diff->files.at(file).path() == path)
            return file;
    }
    return -1;
}

void DiffView::showFile(const QString &path)
{
    const int file = fileOf(path);
    m_text->showFile(file);
    if (file >= 0)
        m_files->setCurrent(file);
}

void DiffView::addFileActions(QMenu &menu, const QString &path)
{
    const int file = fileOf(path);
    menu.addAction(tr("Copy the path"), this, [path] { QGuiApplication::clipboard()->setText(path); });
    menu.addAction(m_text->isFolded(file) ? tr("Unfold this file") : tr("Fold this file"), this,
                   [this, file] { m_text->setFolded(file, !m_text->isFolded(file)); });
    menu.addAction(tr("Fold all files"), this, [this] { m_text->foldAll(true); });
    menu.addAction(tr("Unfold all files"), this, [this] { m_text->foldAll(false); });
}

void DiffView::showFileMenu(int file, const QPoint &globalPosition)
{
    const QString path = m_diff->files.at(file).path();
    if (isSignalConnected(QMetaMethod::fromSignal(&DiffView::fileMenuWanted))) {
        Q_EMIT fileMenuWanted(path, globalPosition);
        return;
    }
    QMenu menu(this);
    addFileActions(menu, path);
    menu.exec(globalPosition);
}

void DiffView::showTextMenu(int file, const QPoint &globalPosition)
{
    QMenu menu(this);
    const QString selected = m_text->selectedText();
    menu.addAction(tr("Copy what is selected"), this, [selected] { QGuiApplication::clipboard()->setText(selected); })
        ->setEnabled(!selected.isEmpty());
    menu.addSeparator();
    addFileActions(menu, m_diff->files.at(file).path());
    menu.addSeparator();
    menu.addAction(tr("Save as .diff…"), this, &DiffView::exportWanted);
    menu.exec(globalPosition);
}

bool DiffView::event(QEvent *event)
{
    if (event->type() == QEvent::ShortcutOverride) {
        auto *key = static_cast<QKeyEvent *>(event);
        if (key->matches(QKeySequence::Find) || key->matches(QKeySequence::FindNext) ||
            key->matches(QKeySequence::FindPrevious) || key->key() == Qt::Key_F7) {
            event->accept();
            return true;
        }
    }
    return QWidget::event(event);
}

void DiffView::keyPressEvent(QKeyEvent *event)
{
    if (event->matches(QKeySequence::Find))
        return openFind();
    if (event->matches(QKeySequence::FindNext) || event->matches(QKeySequence::FindPrevious))
        return find(event->matches(QKeySequence::FindNext));
    if (event->key() == Qt::Key_F7)
        return m_text->goToChange(!(event->modifiers() & Qt::ShiftModifier));
    QWidget::keyPressEvent(event);
}

void DiffView::openFind()
{
    if (!m_diff)
        return;
    m_findBar->open(m_text->selectedText());
    m_text->setNeedle(m_findBar->text());
}

void DiffView::find(bool forward)
{
    if (m_findBar->isHidden() || m_findBar->text().isEmpty())
        return openFind();
    m_findBar->setNote(tr("Searching…"));
    m_text->findNext(forward);
}

void DiffView::onSearched(bool found, int row)
{
    if (!found)
        return m_findBar->setNote(tr("Nothing found"));
    const DiffFile &file = m_diff->files.at(m_text->rows().rows.at(row).file);
    m_findBar->setNote(shownLine(file.path().toUtf8()));
}

// Without room for both, the text has all of it; the handle brings the list back.
void DiffView::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    constexpr int narrow = 520;
    const bool isNarrow = width() < narrow, was = event->oldSize().width() >= 0 && event->oldSize().width() < narrow;
    if (isNarrow == was)
        return;
    m_splitter->setSizes(isNarrow ? QList<int>{0, width()} : QList<int>{width() / 4, width() * 3 / 4});
}

} // namespace hub::gui
