// A list of rows as the window shows them everywhere: sorted by any column, narrowed by words, copied and exported.
#pragma once

#include "gui/model/rowmodel.h"

#include <QLabel>
#include <QLineEdit>
#include <QTableView>

namespace hub::gui
{

class RowTable final : public QTableView
{
    Q_OBJECT

public:
    // `name` is what its column widths and order are remembered under.
    RowTable(RowModel &rows, const QString &name, QWidget *parent = nullptr);
    ~RowTable() override;

    RowFilter &filter() { return m_filter; }
    RowModel &rows() { return m_rows; }
    // Narrows the list by words as they are typed; placed by the owner.
    QLineEdit *searchBox();
    // Said in the middle while there is no row to show.
    void setWhenEmpty(const QString &text);

    const QJsonObject *current() const; // null: none
    QList<QJsonObject> selected() const;
    void select(const QString &id);
    // As the list is now: sorted and narrowed.
    QByteArray csv() const;
    QByteArray json() const;

Q_SIGNALS:
    void currentChanged(const QJsonObject *row);
    void opened(const QJsonObject &row); // double click, Enter
    // Actions for these rows are added to the menu.
    void menuWanted(QMenu &menu, const QList<QJsonObject> &rows);

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void contextMenuEvent(QContextMenuEvent *event) override;
    void paintEvent(QPaintEvent *event) override;
    void currentChanged(const QModelIndex &current, const QModelIndex &previous) override;
    int sizeHintForColumn(int column) const override;

private:
    void copy() const;
    void save(bool asJson);

    RowModel &m_rows;
    RowFilter m_filter;
    QString m_name, m_whenEmpty;
};

} // namespace hub::gui
