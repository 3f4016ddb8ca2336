// A table of rows as the hub tells them: JSON objects with an id, shown by columns that are declared once. Keeps what
// is selected and scrolled to while rows change. Window's thread.
#pragma once

#include <QAbstractTableModel>
#include <QJsonObject>
#include <QSortFilterProxyModel>

#include <functional>

namespace hub::gui
{

struct Column {
    enum class Kind { Text, Number, Percent, Moment, Bytes, State };

    QString title;
    QLatin1StringView key; // of the row
    Kind kind = Kind::Text;
    int width = 120; // at first, in pixels of a normal screen; the last column takes what is left
    std::function<QString(const QJsonObject &)> text = {}; // instead of what `kind` says
};

class RowModel final : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Role { DataRole = Qt::UserRole, SortRole };

    RowModel(QList<Column> columns, QLatin1StringView idKey, QObject *parent = nullptr);

    // A row with what is needed of it again and again.
    struct Row {
        QString id;
        QJsonObject data;
        mutable QString words;        // what it says anywhere, in small letters; made when it is first asked for
        mutable QList<QVariant> keys; // what it is sorted by, by column; likewise
    };
    // Makes rows of what the hub told, on any thread: of ten thousand this takes the time of a few frames.
    std::function<QList<Row>(const QList<QJsonObject> &)> maker() const;

    // All rows, of each id the first: what is new is added behind, what is gone is taken out, what changed is told.
    void setRows(const QList<Row> &rows);
    void setRows(const QList<QJsonObject> &rows);
    // One of them: new, or changed in the keys that it has.
    void putRow(const QJsonObject &row);

    const QJsonObject &rowAt(int row) const { return m_rows.at(row).data; }
    int rowOf(const QString &id) const { return m_places.value(id, -1); }
    const QString &idAt(int row) const { return m_rows.at(row).id; }
    const QList<Column> &columns() const { return m_columns; }
    // Where moments are told as "3 min ago", they grow old by themselves.
    void tellTime();

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    QString textAt(int row, int column) const;
    // What the row says anywhere, in small letters, for a filter.
    const QString &wordsAt(int row) const;
    // Whether the row sorts before the other one by that column.
    bool isBefore(int left, int right, int column) const;

private:
    static QList<QVariant> keysOf(const QList<Column> &columns, const QJsonObject &data);
    static QString wordsOf(const QList<Column> &columns, const QJsonObject &data);
    const QVariant &keyOf(const Row &row, int column) const;

    QList<Column> m_columns;
    QString m_idKey;
    QList<Row> m_rows;
    QHash<QString, int> m_places;
};

// Sorts by any column and keeps the rows that have all the words and pass a test.
class RowFilter final : public QSortFilterProxyModel
{
    Q_OBJECT

public:
    explicit RowFilter(RowModel &rows, QObject *parent = nullptr);

    void setWords(const QString &words);
    void setTest(std::function<bool(const QJsonObject &)> test);
    const QJsonObject *rowAt(const QModelIndex &index) const; // null when there is none

protected:
    bool filterAcceptsRow(int row, const QModelIndex &parent) const override;
    bool lessThan(const QModelIndex &left, const QModelIndex &right) const override;

private:
    RowModel &m_model;
    QStringList m_words;
    std::function<bool(const QJsonObject &)> m_test;
};

// "just now", "3 min ago", "14:05", "3 Mar 14:05", in the window's language.
QString momentText(const QDateTime &at);
QString momentText(const QString &iso);
QString bytesText(qint64 bytes);
// States, types and levels as the hub names them, for people: "needs_review" → "needs review".
QString stateWords(const QString &state);

QList<QJsonObject> rowsOf(const QJsonObject &data, const QString &name);

} // namespace hub::gui
