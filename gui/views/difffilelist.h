// The files of a diff as a list that can be filtered: what happened to each, its path, and how many lines came and
// went. UI thread.
#pragma once

#include "gui/views/difftext.h"

#include <QWidget>

#include <memory>

class QLabel;
class QLineEdit;
class QListView;
class QSortFilterProxyModel;

namespace hub::gui
{

class DiffFileModel;

class DiffFileList : public QWidget
{
    Q_OBJECT

public:
    explicit DiffFileList(QWidget *parent = nullptr);

    void setDiff(std::shared_ptr<const Diff> diff);
    // Marks it, without telling.
    void setCurrent(int file);
    QListView *list() const { return m_list; }

Q_SIGNALS:
    void chosen(int file);
    void menuWanted(int file, const QPoint &globalPosition);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    DiffFileModel *m_model;
    QSortFilterProxyModel *m_filtered;
    QLineEdit *m_filter;
    QListView *m_list;
    QLabel *m_sum;
};

} // namespace hub::gui
