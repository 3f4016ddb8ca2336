#include "gui/model/rowmodel.h"

#include "gui/model/look.h"

#include <QDateTime>
#include <QJsonArray>
#include <QLocale>

using namespace Qt::StringLiterals;

namespace hub::gui
{

namespace
{

QString textOf(const Column &shown, const QJsonObject &data)
{
    if (shown.text)
        return shown.text(data);
    const QJsonValue value = data[shown.key];
    switch (shown.kind) {
    case Column::Kind::Text: return value.toVariant().toString().simplified();
    case Column::Kind::Number:
        return value.isNull() || value.isUndefined() ? QString() : QLocale().toString(value.toInteger());
    case Column::Kind::Percent: return value.isDouble() ? u"%1 %"_s.arg(qRound(value.toDouble())) : QString();
    case Column::Kind::Moment: return momentText(value.toString());
    case Column::Kind::Bytes: return value.isDouble() ? bytesText(value.toInteger()) : QString();
    case Column::Kind::State: return stateWords(value.toString());
    }
    return {};
}

} // namespace

RowModel::RowModel(QList<Column> columns, QLatin1StringView idKey, QObject *parent)
    : QAbstractTableModel(parent)
    , m_columns(std::move(columns))
    , m_idKey(idKey)
{
}

void RowModel::setRows(const QList<QJsonObject> &rows)
{
    QList<Row> made;
    made.reserve(rows.size());
    for (const QJsonObject &row : rows)
        made.append({row[m_idKey].toVariant().toString(), row, {}, {}});
    setRows(made);
}

std::function<QList<RowModel::Row>(const QList<QJsonObject> &)> RowModel::maker() const
{
    return [columns = m_columns, key = m_idKey](const QList<QJsonObject> &rows) {
        QList<Row> made;
        made.reserve(rows.size());
        for (const QJsonObject &row : rows)
            made.append({row[key].toVariant().toString(), row, wordsOf(columns, row), keysOf(columns, row)});
        return made;
    };
}

void RowModel::setRows(const QList<Row> &rows)
{
    if (m_rows.isEmpty() && !rows.isEmpty()) {
        for (int i = 0; i < rows.size(); ++i)
            m_places.insert(rows[i].id, i);
        if (m_places.size() == rows.size()) { // as a rule: no id comes twice
            beginInsertRows({}, 0, int(rows.size()) - 1);
            m_rows = rows;
            endInsertRows();
            return;
        }
    }
    QSet<QString> wanted;
    wanted.reserve(rows.size());
    for (const Row &row : rows)
        wanted.insert(row.id);
    for (int last = int(m_rows.size()) - 1; last >= 0;) {
        int first = last;
        if (wanted.contains(idAt(last))) {
            --last;
            continue;
        }
        while (first > 0 && !wanted.contains(idAt(first - 1)))
            --first;
        beginRemoveRows({}, first, last);
        m_rows.remove(first, last - first + 1);
        endRemoveRows();
        last = first - 1;
    }
    m_places.clear();
    for (int i = 0; i < m_rows.size(); ++i)
        m_places.insert(idAt(i), i);
    QList<Row> added;
    const int before = int(m_rows.size());
    for (const Row &row : rows) {
        const int place = m_places.value(row.id, -1);
        if (place < 0) {
            m_places.insert(row.id, before + int(added.size()));
            added.append(row);
        } else if (place < before && m_rows[place].data != row.data) {
            m_rows[place] = row;
            Q_EMIT dataChanged(index(place, 0), index(place, int(m_columns.size()) - 1));
        }
    }
    if (added.isEmpty())
        return;
    beginInsertRows({}, before, before + int(added.size()) - 1);
    m_rows += added;
    endInsertRows();
}

void RowModel::putRow(const QJsonObject &row)
{
    const QString id = row[m_idKey].toVariant().toString();
    const int place = m_places.value(id, -1);
    if (place < 0) {
        beginInsertRows({}, int(m_rows.size()), int(m_rows.size()));
        m_places.insert(id, int(m_rows.size()));
        m_rows.append({id, row, {}, {}});
        endInsertRows();
        return;
    }
    QJsonObject data = m_rows[place].data;
    for (auto it = row.begin(); it != row.end(); ++it)
        data[it.key()] = it.value();
    if (data == m_rows[place].data)
        return;
    m_rows[place] = {id, data, {}, {}};
    Q_EMIT dataChanged(index(place, 0), index(place, int(m_columns.size()) - 1));
}

void RowModel::tellTime()
{
    for (int column = 0; column < m_columns.size(); ++column) {
        if (m_columns[column].kind == Column::Kind::Moment && !m_rows.isEmpty())
            Q_EMIT dataChanged(index(0, column), index(int(m_rows.size()) - 1, column), {Qt::DisplayRole});
    }
}

int RowModel::rowCount(const QModelIndex &parent) const { return parent.isValid() ? 0 : int(m_rows.size()); }

int RowModel::columnCount(const QModelIndex &parent) const { return parent.isValid() ? 0 : int(m_columns.size()); }

QString RowModel::textAt(int row, int column) const { return textOf(m_columns[column], m_rows[row].data); }

QVariant RowModel::data(const QModelIndex &index, int role) const
{
    if (!index.isValid())
        return {};
    const Column &shown = m_columns[index.column()];
    const Row &row = m_rows[index.row()];
    switch (role) {
    case Qt::DisplayRole: return textAt(index.row(), index.column());
    case Qt::ToolTipRole: {
        if (shown.kind == Column::Kind::Moment) {
            const auto at = QDateTime::fromString(row.data[shown.key].toString(), Qt::ISODateWithMs).toLocalTime();
            return at.isValid() ? QLocale().toString(at, QLocale::LongFormat) : QString();
        }
        const QString text = shown.text ? shown.text(row.data) : row.data[shown.key].toVariant().toString();
        return text.size() > 24 ? text.left(2000) : QString();
    }
    case Qt::TextAlignmentRole: {
        const bool figure = shown.kind == Column::Kind::Number || shown.kind == Column::Kind::Percent ||
                            shown.kind == Column::Kind::Bytes;
        return QVariant::fromValue(Qt::Alignment(figure ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    }
    case Qt::DecorationRole:
        return shown.kind == Column::Kind::State ? QVariant(toneDot(toneOf(row.data[shown.key].toString())))
                                                 : QVariant();
    case DataRole: return row.data;
    case SortRole: return keyOf(row, index.column());
    default: return {};
    }
}

QVariant RowModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole || section >= m_columns.size())
        return {};
    return m_columns[section].title;
}

const QString &RowModel::wordsAt(int row) const
{
    const Row &of = m_rows[row];
    if (of.words.isNull())
        of.words = wordsOf(m_columns, of.data);
    return of.words;
}

QString RowModel::wordsOf(const QList<Column> &columns, const QJsonObject &data)
{
    QStringList words;
    for (const Column &column : columns) {
        if (column.kind != Column::Kind::Moment)
            words << textOf(column, data);
    }
    return words.join(u'\n').toLower();
}

const QVariant &RowModel::keyOf(const Row &row, int column) const
{
    if (row.keys.isEmpty())
        row.keys = keysOf(m_columns, row.data);
    return row.keys[column];
}

QList<QVariant> RowModel::keysOf(const QList<Column> &columns, const QJsonObject &data)
{
    QList<QVariant> keys;
    keys.reserve(columns.size());
    for (const Column &column : columns) {
        const QJsonValue value = data[column.key];
        if (value.isDouble())
            keys << value.toDouble();
        else if (column.kind == Column::Kind::Moment)
            keys << value.toString(); // ISO sorts as text
        else
            keys << (column.text ? column.text(data) : value.toString()).toCaseFolded();
    }
    return keys;
}

bool RowModel::isBefore(int left, int right, int column) const
{
    const QVariant &a = keyOf(m_rows[left], column), &b = keyOf(m_rows[right], column);
    if (a.typeId() == QMetaType::Double && b.typeId() == QMetaType::Double)
        return a.toDouble() < b.toDouble();
    if (a.typeId() != b.typeId())
        return a.typeId() == QMetaType::Double;
    return *static_cast<const QString *>(a.constData()) < *static_cast<const QString *>(b.constData());
}

RowFilter::RowFilter(RowModel &rows, QObject *parent)
    : QSortFilterProxyModel(parent)
    , m_model(rows)
{
    setSourceModel(&rows);
    setDynamicSortFilter(true);
}

void RowFilter::setWords(const QString &words)
{
    const QStringList parts = words.toLower().split(u' ', Qt::SkipEmptyParts);
    if (parts == m_words)
        return;
    m_words = parts;
    invalidate();
}

void RowFilter::setTest(std::function<bool(const QJsonObject &)> test)
{
    m_test = std::move(test);
    invalidate(); // all at once: told row by row, thousands of changes would take the view as long
}

const QJsonObject *RowFilter::rowAt(const QModelIndex &index) const
{
    const QModelIndex at = mapToSource(index);
    return at.isValid() ? &m_model.rowAt(at.row()) : nullptr;
}

bool RowFilter::filterAcceptsRow(int row, const QModelIndex &) const
{
    if (m_test && !m_test(m_model.rowAt(row)))
        return false;
    if (m_words.isEmpty())
        return true;
    const QString &words = m_model.wordsAt(row);
    return std::all_of(m_words.begin(), m_words.end(), [&](const QString &word) { return words.contains(word); });
}

bool RowFilter::lessThan(const QModelIndex &left, const QModelIndex &right) const
{
    return m_model.isBefore(left.row(), right.row(), left.column());
}

QString momentText(const QDateTime &at)
{
    if (!at.isValid())
        return {};
    const QDateTime local = at.toLocalTime(), now = QDateTime::currentDateTime();
    const qint64 seconds = local.secsTo(now);
    if (seconds >= 0 && seconds < 10)
        return RowModel::tr("just now");
    if (seconds >= 0 && seconds < 60)
        return RowModel::tr("%1 s ago").arg(seconds);
    if (seconds >= 0 && seconds < 3600)
        return RowModel::tr("%1 min ago").arg(seconds / 60);
    if (local.date() == now.date())
        return QLocale().toString(local.time(), QLocale::ShortFormat);
    if (local.date().year() == now.date().year())
        return QLocale().toString(local, RowModel::tr("d MMM HH:mm"));
    return QLocale().toString(local.date(), QLocale::ShortFormat);
}

QString momentText(const QString &iso) { return momentText(QDateTime::fromString(iso, Qt::ISODateWithMs)); }

QString bytesText(qint64 bytes) { return QLocale().formattedDataSize(bytes, 1, QLocale::DataSizeTraditionalFormat); }

QList<QJsonObject> rowsOf(const QJsonObject &data, const QString &name)
{
    QList<QJsonObject> rows;
    const QJsonArray array = data[name].toArray();
    rows.reserve(array.size());
    for (const QJsonValue &value : array)
        rows.append(value.toObject());
    return rows;
}

} // namespace hub::gui
