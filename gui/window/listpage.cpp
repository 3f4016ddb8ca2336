#include "gui/window/listpage.h"

#include <QHBoxLayout>
#include <QJsonArray>
#include <QMenu>
#include <QSplitter>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace hub::gui
{

ListPage::ListPage(const Context &context, Spec spec, QWidget *parent)
    : Page(parent)
    , m_context(context)
    , m_spec(std::move(spec))
    , m_rows(m_spec.columns, m_spec.id)
    , m_table(new RowTable(m_rows, m_spec.name, this))
    , m_details(new QTextBrowser(this))
    , m_feed(
          context.state.link(),
          [this] {
              const QJsonObject options = m_views ? m_spec.views.value(m_views->currentIndex()).options : QJsonObject();
              return askCommand(m_context.state.link(), m_spec.command, options)();
          },
          [this](const QJsonObject &answer) { m_rows.setRows(rowsOf(answer, m_spec.rows)); }, this)
{
    auto *splitter = new QSplitter(Qt::Vertical, this);
    splitter->addWidget(m_table);
    splitter->addWidget(m_details);
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 1);
    m_details->setFrameShape(QFrame::NoFrame);
    m_details->setVisible(bool(m_spec.details));
    m_details->setAccessibleName(tr("Details of the chosen row"));
    m_table->setWhenEmpty(m_spec.whenEmpty);
    m_table->setAccessibleName(m_spec.name);
    m_table->sortByColumn(m_spec.sortBy, m_spec.order);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addWidget(makeBar());
    layout->addWidget(splitter, 1);
    m_feed.follow(m_spec.events);
    keep(m_feed);
    connect(m_table, qOverload<const QJsonObject *>(&RowTable::currentChanged), this, &ListPage::onRow);
    connect(m_table, &RowTable::menuWanted, this, [this](QMenu &menu, const QList<QJsonObject> &rows) {
        for (const Action &action : std::as_const(m_spec.actions)) {
            if (!action.onlyOne || rows.size() == 1)
                menu.addAction(action.label, this, [this, action, rows] { act(action, rows); });
        }
    });
    connect(m_table, &RowTable::opened, this, [this](const QJsonObject &row) {
        const QString task = row[m_spec.openTask].toVariant().toString();
        if (!m_spec.openTask.isEmpty() && !task.isEmpty() && task != u"0")
            m_context.openTask(task);
        else if (!m_spec.actions.isEmpty())
            act(m_spec.actions.first(), {row});
    });
    // What was done here changes the list, whether or not the hub tells an event of it.
    connect(&context.runner, &CommandRunner::done, this, [this] {
        if (m_feed.isActive())
            m_feed.refresh();
    });
    connect(&m_feed, &Feed::answered, this,
            [this] { m_table->setWhenEmpty(m_feed.error() ? m_feed.error()->message : m_spec.whenEmpty); });
}

QWidget *ListPage::makeBar()
{
    auto *bar = new QWidget(this);
    auto *layout = new QHBoxLayout(bar);
    layout->setContentsMargins(8, 6, 8, 6);
    if (!m_spec.views.isEmpty()) {
        m_views = new QComboBox(bar);
        m_views->setAccessibleName(tr("What is listed"));
        for (const View &view : std::as_const(m_spec.views))
            m_views->addItem(view.label);
        connect(m_views, &QComboBox::currentIndexChanged, this, [this] { m_feed.refresh(); });
        layout->addWidget(m_views);
    }
    layout->addWidget(m_table->searchBox(), 1);
    layout->addStretch(1);
    for (const Action &action : std::as_const(m_spec.actions)) {
        auto *button = new QPushButton(action.label, bar);
        button->setEnabled(false);
        connect(button, &QPushButton::clicked, this, [this, action] { act(action, m_table->selected()); });
        layout->addWidget(button);
        m_buttons << button;
    }
    for (const auto &[label, line] : std::as_const(m_spec.commands)) {
        auto *button = new QPushButton(label, bar);
        connect(button, &QPushButton::clicked, this, [this, command = line] { m_context.runner.runLine(command); });
        layout->addWidget(button);
    }
    return bar;
}

void ListPage::act(const Action &action, const QList<QJsonObject> &rows)
{
    for (const QJsonObject &row : rows) {
        QJsonObject options = action.besides;
        options[action.option] = row[action.key].toVariant().toString();
        if (action.form) {
            m_context.runner.openForm(*commands::findCommand(action.command), options);
            return; // one form at a time
        }
        const bool looks = commands::findCommand(action.command)->effect == commands::Effect::Read;
        m_context.runner.run(action.command, options, looks ? CommandRunner::Show::Page : CommandRunner::Show::Brief);
        if (action.onlyOne)
            return;
    }
}

void ListPage::onRow(const QJsonObject *row)
{
    for (QPushButton *button : std::as_const(m_buttons))
        button->setEnabled(row);
    if (m_spec.details)
        m_details->setHtml(row ? m_spec.details(*row) : QString());
}

} // namespace hub::gui
