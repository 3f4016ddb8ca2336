// All tasks, and the one that is chosen.
#pragma once

#include "gui/window/rowtable.h"
#include "gui/window/taskpage.h"

#include <QComboBox>
#include <QSplitter>

namespace hub::gui
{

class TasksPage final : public Page
{
    Q_OBJECT

public:
    explicit TasksPage(const Context &context, QWidget *parent = nullptr);
    ~TasksPage() override;

    void openTask(const QString &task);
    RowTable &table() { return *m_table; }
    TaskPage &taskPage() { return *m_task; }

private:
    QWidget *makeList();
    void filterBy(const QString &filter);
    void addActions(QMenu &menu, const QList<QJsonObject> &rows);

    Context m_context;
    QSplitter *m_splitter;
    RowTable *m_table;
    QComboBox *m_filter;
    TaskPage *m_task;
};

} // namespace hub::gui
