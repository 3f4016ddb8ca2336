#include "gui/views/difffilelist.h"

#include "gui/views/colours.h"

#include <QAbstractListModel>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPainter>
#include <QSortFilterProxyModel>
#include <QStyledItemDelegate>

using namespace Qt::StringLiterals;

namespace hub::gui
{

class DiffFileModel : public QAbstractListModel
{
    Q_OBJECT

public:
    using QAbstractListModel::QAbstractListModel;

    void setDiff(std::shared_ptr<const Diff> diff)
    {
        beginResetModel();
        m_diff = std::move(diff);
        endResetModel();
    }
    const DiffFile &file(int row) const { return m_diff->files.at(row); }
    int rowCount(const QModelIndex &parent = {}) const override
    {
        return parent.isValid() || !m_diff ? 0 : int(m_diff->files.size());
    }
    QVariant data(const QModelIndex &index, int role) const override
    {
        if (!checkIndex(index, CheckIndexOption::IndexIsValid))
            return {};
        const DiffFile &is = file(index.row());
        const QString path = shownLine(is.path().toUtf8());
        switch (role) {
        case Qt::DisplayRole: return path;
        case Qt::ToolTipRole:
            return is.oldPath.isEmpty() || is.newPath.isEmpty() || is.oldPath == is.newPath
                       ? path
                       : tr("%1\nbefore: %2").arg(path, shownLine(is.oldPath.toUtf8()));
        case Qt::AccessibleTextRole:
            return is.binary ? tr("%1, %2, a binary file").arg(path, changeName(is.change))
                             : tr("%1, %2, %3 lines added, %4 removed")
                                   .arg(path, changeName(is.change))
                                   .arg(is.added)
                                   .arg(is.removed);
        default: return {};
        }
    }
    static QString changeName(DiffFile::Change change)
    {
        switch (change) {
        case DiffFile::Change::Added: return tr("added");
        case DiffFile::Change::Deleted: return tr("deleted");
        case DiffFile::Change::Renamed: return tr("renamed");
        case DiffFile::Change::Copied: return tr("copied");
        case DiffFile::Change::Unmerged: return tr("in conflict");
        case DiffFile::Change::Modified: break;
        }
        return tr("changed");
    }

private:
    std::shared_ptr<const Diff> m_diff;
};

namespace
{

// A sign for what happened, the name, its folder smaller behind it, the figures on the right.
class FileDelegate : public QStyledItemDelegate
{
public:
    explicit FileDelegate(QListView *view)
        : QStyledItemDelegate(view)
    {
    }
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &) const override
    {
        return QSize(80, option.fontMetrics.height() + 8);
    }
    void paint(QPainter *painter, const QStyleOptionViewItem &given, const QModelIndex &index) const override
    {
        QStyleOptionViewItem option = given;
        initStyleOption(&option, index);
        const auto *filtered = static_cast<const QSortFilterProxyModel *>(index.model());
        const auto *model = static_cast<const DiffFileModel *>(filtered->sourceModel());
        const DiffFile &file = model->file(filtered->mapToSource(index).row());
        option.text.clear();
        option.widget->style()->drawControl(QStyle::CE_ItemViewItem, &option, painter, option.widget);

        const bool selected = option.state & QStyle::State_Selected;
        const Colours colours = coloursOf(option.palette);
        const auto colour = [&](const QColor &plain) { return selected ? colours.onSelected : plain; };
        const QFontMetrics metrics = option.fontMetrics;
        painter->save();
        painter->setFont(option.font);
        QRect room = option.rect.adjusted(6, 0, -6, 0);
        const auto right = [&](const QString &text, const QColor &plain) {
            painter->setPen(colour(plain));
            painter->drawText(room, Qt::AlignRight | Qt::AlignVCenter, text);
            room.setRight(room.right() - metrics.horizontalAdvance(text) - 5);
        };
        if (file.binary) {
            right(DiffFileModel::tr("binary"), colours.dim);
        } else {
            if (file.removed > 0)
                right(u"−%1"_s.arg(file.removed), colours.red);
            if (file.added > 0)
                right(u"+%1"_s.arg(file.added), colours.green);
        }
        const auto [sign, tone] = signOf(file.change, colours);
        painter->setPen(colour(tone));
        painter->drawText(room, Qt::AlignLeft | Qt::AlignVCenter, sign);
        room.setLeft(room.left() + metrics.horizontalAdvance(u"M"_s) + 7);

        const QString path = index.data(Qt::DisplayRole).toString();
        const qsizetype slash = path.lastIndexOf(u'/');
        const QString name = metrics.elidedText(path.sliced(slash + 1), Qt::ElideMiddle, room.width());
        painter->setPen(colour(colours.text));
        painter->drawText(room, Qt::AlignLeft | Qt::AlignVCenter, name);
        room.setLeft(room.left() + metrics.horizontalAdvance(name) + 8);
        if (slash > 0 && room.width() > 30) {
            painter->setPen(colour(colours.dim));
            painter->drawText(room, Qt::AlignLeft | Qt::AlignVCenter,
                              metrics.elidedText(path.first(slash), Qt::ElideLeft, room.width()));
        }
        painter->restore();
    }

private:
    static std::pair<QString, QColor> signOf(DiffFile::Change change, const Colours &colours)
    {
        switch (change) {
        case DiffFile::Change::Added: return {u"A"_s, colours.green};
        case DiffFile::Change::Deleted: return {u"D"_s, colours.red};
        case DiffFile::Change::Renamed: return {u"R"_s, colours.link};
        case DiffFile::Change::Copied: return {u"C"_s, colours.link};
        case DiffFile::Change::Unmerged: return {u"U"_s, colours.red};
        case DiffFile::Change::Modified: break;
        }
        return {u"M"_s, colours.amber};
    }
};

} // namespace

DiffFileList::DiffFileList(QWidget *parent)
    : QWidget(parent)
    , m_model(new DiffFileModel(this))
    , m_filtered(new QSortFilterProxyModel(this))
    , m_filter(new QLineEdit(this))
    , m_list(new QListView(this))
    , m_sum(new QLabel(this))
{
    m_filter->setPlaceholderText(tr("Filter files"));
    m_filter->setAccessibleName(tr("Filter files"));
    m_filter->setClearButtonEnabled(true);
    m_filter->installEventFilter(this);
    m_filtered->setSourceModel(m_model);
    m_filtered->setFilterCaseSensitivity(Qt::CaseInsensitive);
    m_list->setModel(m_filtered);
    m_list->setItemDelegate(new FileDelegate(m_list));
    m_list->setUniformItemSizes(true);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setContextMenuPolicy(Qt::CustomContextMenu);
    m_list->setAccessibleName(tr("Changed files"));
    m_list->setFrameShape(QFrame::NoFrame);
    m_sum->setContentsMargins(6, 2, 6, 2);
    m_sum->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);

    auto *rows = new QVBoxLayout(this);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(2);
    rows->addWidget(m_filter);
    rows->addWidget(m_list, 1);
    rows->addWidget(m_sum);

    connect(m_filter, &QLineEdit::textChanged, m_filtered, &QSortFilterProxyModel::setFilterFixedString);
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex &index) {
        if (index.isValid())
            Q_EMIT chosen(m_filtered->mapToSource(index).row());
    });
    connect(m_list, &QListView::clicked, this,
            [this](const QModelIndex &index) { Q_EMIT chosen(m_filtered->mapToSource(index).row()); });
    connect(m_list, &QWidget::customContextMenuRequested, this, [this](const QPoint &at) {
        const QModelIndex index = m_list->indexAt(at);
        if (index.isValid())
            Q_EMIT menuWanted(m_filtered->mapToSource(index).row(), m_list->viewport()->mapToGlobal(at));
    });
}

void DiffFileList::setDiff(std::shared_ptr<const Diff> diff)
{
    qint64 added = 0, removed = 0;
    qsizetype count = 0;
    if (diff) {
        count = diff->files.size();
        for (const DiffFile &file : diff->files) {
            added += file.added;
            removed += file.removed;
        }
    }
    const QLocale locale;
    m_sum->setText(
        count == 0
            ? QString()
            : tr("%n file(s), +%1 −%2", nullptr, int(count)).arg(locale.toString(added), locale.toString(removed)));
    m_filter->clear();
    m_model->setDiff(std::move(diff));
}

void DiffFileList::setCurrent(int file)
{
    const QModelIndex index = m_filtered->mapFromSource(m_model->index(file));
    const QSignalBlocker quiet(this);
    m_list->setCurrentIndex(index);
    if (index.isValid())
        m_list->scrollTo(index);
}

// The arrows in the filter go through what it left.
bool DiffFileList::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == m_filter && event->type() == QEvent::KeyPress) {
        const auto *key = static_cast<QKeyEvent *>(event);
        if (key->key() == Qt::Key_Down || key->key() == Qt::Key_Return) {
            m_list->setFocus();
            if (!m_list->currentIndex().isValid())
                m_list->setCurrentIndex(m_filtered->index(0, 0));
            return true;
        }
        if (key->key() == Qt::Key_Escape && !m_filter->text().isEmpty()) {
            m_filter->clear();
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace hub::gui

#include "difffilelist.moc"
