#include "gui/window/rowtable.h"

#include "gui/window/saving.h"

#include <QClipboard>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QHeaderView>
#include <QJsonArray>
#include <QJsonDocument>
#include <QMenu>
#include <QPainter>
#include <QSettings>

using namespace Qt::StringLiterals;

namespace hub::gui
{

namespace
{

QString csvField(QString text) { return u'"' + text.replace(u'"', u"\"\""_s) + u'"'; }

} // namespace

RowTable::RowTable(RowModel &rows, const QString &name, QWidget *parent)
    : QTableView(parent)
    , m_rows(rows)
    , m_filter(rows)
    , m_name(u"tables/"_s + name)
{
    setModel(&m_filter);
    setSelectionBehavior(SelectRows);
    setSelectionMode(ExtendedSelection);
    setSortingEnabled(true);
    setShowGrid(false);
    setFrameShape(NoFrame);
    setWordWrap(false);
    setTabKeyNavigation(false);
    setTextElideMode(Qt::ElideRight);
    setHorizontalScrollMode(ScrollPerPixel);
    verticalHeader()->hide();
    // One height for all: rows are laid out without being looked at, however many there are.
    verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 10);
    QHeaderView *header = horizontalHeader();
    header->setHighlightSections(false);
    header->setSectionsMovable(true);
    header->setStretchLastSection(true);
    header->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    for (int i = 0; i < rows.columns().size(); ++i)
        header->resizeSection(i, std::max(rows.columns()[i].width, header->sectionSizeHint(i)));
    header->restoreState(QSettings().value(m_name).toByteArray());
    connect(this, &QTableView::doubleClicked, this, [this](const QModelIndex &index) {
        if (const QJsonObject *row = m_filter.rowAt(index))
            Q_EMIT opened(*row);
    });
}

RowTable::~RowTable() { QSettings().setValue(m_name, horizontalHeader()->saveState()); }

QLineEdit *RowTable::searchBox()
{
    auto *box = new QLineEdit(parentWidget());
    box->setPlaceholderText(tr("Search"));
    box->setAccessibleName(tr("Search in the list"));
    box->setClearButtonEnabled(true);
    box->setMaximumWidth(320);
    connect(box, &QLineEdit::textChanged, this, [this](const QString &words) { m_filter.setWords(words); });
    return box;
}

void RowTable::setWhenEmpty(const QString &text)
{
    m_whenEmpty = text;
    viewport()->update();
}

const QJsonObject *RowTable::current() const { return m_filter.rowAt(currentIndex()); }

QList<QJsonObject> RowTable::selected() const
{
    QList<QJsonObject> rows;
    const auto indexes = selectionModel()->selectedRows();
    for (const QModelIndex &index : indexes) {
        if (const QJsonObject *row = m_filter.rowAt(index))
            rows.append(*row);
    }
    return rows;
}

void RowTable::select(const QString &id)
{
    const int row = m_rows.rowOf(id);
    if (row < 0)
        return;
    const QModelIndex index = m_filter.mapFromSource(m_rows.index(row, 0));
    setCurrentIndex(index);
    scrollTo(index);
}

QByteArray RowTable::csv() const
{
    QStringList lines, cells;
    for (const Column &column : m_rows.columns())
        cells << csvField(column.title);
    lines << cells.join(u',');
    for (int i = 0; i < m_filter.rowCount(); ++i) {
        cells.clear();
        const int row = m_filter.mapToSource(m_filter.index(i, 0)).row();
        for (int column = 0; column < m_rows.columns().size(); ++column) {
            const Column &shown = m_rows.columns()[column];
            // A moment as such: "3 min ago" is no use tomorrow.
            cells << csvField(shown.kind == Column::Kind::Moment ? m_rows.rowAt(row)[shown.key].toString()
                                                                 : m_rows.textAt(row, column));
        }
        lines << cells.join(u',');
    }
    return lines.join(u'\n').toUtf8() + '\n';
}

QByteArray RowTable::json() const
{
    QJsonArray all;
    for (int i = 0; i < m_filter.rowCount(); ++i)
        all.append(*m_filter.rowAt(m_filter.index(i, 0)));
    return QJsonDocument(all).toJson();
}

void RowTable::keyPressEvent(QKeyEvent *event)
{
    if (event->matches(QKeySequence::Copy))
        return copy();
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) {
        if (const QJsonObject *row = current())
            Q_EMIT opened(*row);
        return;
    }
    QTableView::keyPressEvent(event);
}

void RowTable::contextMenuEvent(QContextMenuEvent *event)
{
    QMenu menu(this);
    if (const auto rows = selected(); !rows.isEmpty()) {
        Q_EMIT menuWanted(menu, rows);
        menu.addSeparator();
        menu.addAction(tr("Copy"), QKeySequence::Copy, this, &RowTable::copy);
    }
    menu.addAction(tr("Save the list as CSV…"), this, [this] { saveAs(this, u"list.csv"_s, csv()); });
    menu.addAction(tr("Save the list as JSON…"), this, [this] { saveAs(this, u"list.json"_s, json()); });
    menu.exec(event->globalPos());
}

void RowTable::copy() const
{
    QStringList lines;
    const auto indexes = selectionModel()->selectedRows();
    for (const QModelIndex &index : indexes) {
        QStringList cells;
        for (int column = 0; column < m_rows.columns().size(); ++column)
            cells << m_rows.textAt(m_filter.mapToSource(index).row(), column);
        lines << cells.join(u'\t');
    }
    QGuiApplication::clipboard()->setText(lines.join(u'\n'));
}

void RowTable::paintEvent(QPaintEvent *event)
{
    QTableView::paintEvent(event);
    if (m_filter.rowCount() > 0 || m_whenEmpty.isEmpty())
        return;
    QPainter painter(viewport());
    painter.setPen(palette().color(QPalette::PlaceholderText));
    painter.drawText(viewport()->rect().adjusted(24, 24, -24, -24), Qt::AlignHCenter | Qt::AlignTop | Qt::TextWordWrap,
                     m_rows.rowCount() > 0 ? tr("Nothing matches the filter.") : m_whenEmpty);
}

void RowTable::currentChanged(const QModelIndex &now, const QModelIndex &previous)
{
    QTableView::currentChanged(now, previous);
    Q_EMIT currentChanged(m_filter.rowAt(now));
}

// A double click on a header's edge measures what is on the screen, not ten thousand rows.
int RowTable::sizeHintForColumn(int column) const
{
    int width = 40;
    const int first = std::max(0, rowAt(0)),
              last = rowAt(viewport()->height()) < 0 ? m_filter.rowCount() - 1 : rowAt(viewport()->height());
    for (int row = first; row <= std::min(last, first + 200); ++row)
        width = std::max(width, fontMetrics().horizontalAdvance(m_filter.index(row, column).data().toString()) + 36);
    return std::min(width, 800);
}

} // namespace hub::gui
