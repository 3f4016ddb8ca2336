#include "gui/window/taskspage.h"

#include <QHBoxLayout>
#include <QMenu>
#include <QSettings>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace hub::gui
{

TasksPage::TasksPage(const Context &context, QWidget *parent)
    : Page(parent)
    , m_context(context)
    , m_splitter(new QSplitter(this))
    , m_table(new RowTable(context.state.tasks(), u"tasks"_s, this))
    , m_filter(new QComboBox(this))
    , m_task(new TaskPage(context, this))
{
    setFocusProxy(m_table);
    m_splitter->addWidget(makeList());
    m_splitter->addWidget(m_task);
    m_splitter->setSizes({460, 700});
    m_splitter->setStretchFactor(1, 1);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->restoreState(QSettings().value(u"tasks/splitter"_s).toByteArray());
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(m_splitter);
    connect(m_table, qOverload<const QJsonObject *>(&RowTable::currentChanged), this, [this](const QJsonObject *row) {
        if (row)
            m_task->setTask((*row)[u"task_id"_s].toVariant().toString());
    });
    connect(m_table, &RowTable::menuWanted, this, &TasksPage::addActions);
    connect(&context.state, &HubState::completed, this, &TasksPage::showFirst);
    showFirst();
}

// Rather than an empty page: the newest task.
void TasksPage::showFirst()
{
    if (m_task->task().isEmpty() && m_table->filter().rowCount() > 0)
        m_table->setCurrentIndex(m_table->filter().index(0, 0));
}

TasksPage::~TasksPage() { QSettings().setValue(u"tasks/splitter"_s, m_splitter->saveState()); }

QWidget *TasksPage::makeList()
{
    auto *list = new QWidget(this);
    m_filter->setAccessibleName(tr("Which tasks"));
    m_filter->addItem(tr("Open"), u"open"_s);
    m_filter->addItem(tr("Need me"), u"needs-me"_s);
    m_filter->addItem(tr("Ended"), u"done"_s);
    m_filter->addItem(tr("All"), u"all"_s);
    m_filter->setCurrentIndex(std::max(0, m_filter->findData(QSettings().value(u"tasks/filter"_s))));
    connect(m_filter, &QComboBox::currentIndexChanged, this, [this] {
        QSettings().setValue(u"tasks/filter"_s, m_filter->currentData());
        filterBy(m_filter->currentData().toString());
    });
    filterBy(m_filter->currentData().toString());
    m_table->setWhenEmpty(tr("No task yet. Ctrl+N gives an agent one."));
    m_table->setAccessibleName(tr("Tasks"));
    m_table->sortByColumn(0, Qt::DescendingOrder);
    auto *bar = new QHBoxLayout;
    bar->setContentsMargins(8, 6, 8, 6);
    bar->setSpacing(6);
    bar->addWidget(m_filter);
    bar->addWidget(m_table->searchBox(), 1);
    auto *layout = new QVBoxLayout(list);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(m_table, 1);
    return list;
}

void TasksPage::filterBy(const QString &filter)
{
    if (filter == u"all")
        m_table->filter().setTest({});
    else if (filter == u"needs-me")
        m_table->filter().setTest(&HubState::waitsForPerson);
    else if (filter == u"done")
        m_table->filter().setTest([](const QJsonObject &task) { return !HubState::isOpen(task); });
    else
        m_table->filter().setTest(&HubState::isOpen);
}

void TasksPage::openTask(const QString &task)
{
    const int place = m_context.state.tasks().rowOf(task);
    if (place >= 0 && m_table->filter().mapFromSource(m_context.state.tasks().index(place, 0)).isValid())
        m_table->select(task);
    else
        m_table->clearSelection(); // narrowed away; it is shown all the same
    m_task->setTask(task);
}

void TasksPage::addActions(QMenu &menu, const QList<QJsonObject> &rows)
{
    const auto each = [this, rows](const QString &command) {
        for (const QJsonObject &row : rows)
            m_context.runner.run(command, {{u"task_id"_s, row[u"task_id"_s].toVariant().toString()}});
    };
    menu.addAction(tr("Pause"), this, [each] { each(u"pause-task"_s); });
    menu.addAction(tr("Checkpoint"), this, [each] { each(u"checkpoint"_s); });
    if (rows.size() > 1)
        return; // what shows a preview is done one by one
    menu.addAction(tr("Resume"), this, [each] { each(u"resume-task"_s); });
    menu.addAction(tr("Finish…"), this, [this, rows] {
        m_context.runner.openForm(*commands::findCommand(u"finish-task"),
                                  {{u"task_id"_s, rows.first()[u"task_id"_s].toVariant().toString()}});
    });
    menu.addAction(tr("Cancel…"), this, [each] { each(u"cancel-task"_s); });
}

} // namespace hub::gui
