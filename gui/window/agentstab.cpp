#include "gui/window/agentstab.h"

#include "gui/window/agentsetup.h"

#include <QDialog>
#include <QDialogButtonBox>
#include <QHeaderView>
#include <QMessageBox>
#include <QScrollArea>
#include <QSplitter>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace hub::gui
{

using namespace commands;

namespace
{

// What `agents set` takes is text; these have few values, or a range.
QJsonObject declaredOf(QJsonObject setting)
{
    const QString key = setting[u"key"_s].toString();
    const auto choices = [&](const QJsonArray &values, const QString &usual) {
        setting[u"type"_s] = u"choice"_s;
        setting[u"choices"_s] = values;
        setting[u"default"_s] = usual;
    };
    if (key == u"adapter") {
        choices({u"command"_s, u"jsonrpc"_s}, u"command"_s);
    } else if (key == u"autonomy") {
        choices({u"ask"_s, u"normal"_s, u"full"_s}, u"normal"_s);
    } else if (key == u"max_parallel") {
        setting[u"type"_s] = u"number"_s;
        setting[u"low"_s] = 1;
        setting[u"high"_s] = 100;
        setting[u"default"_s] = u"1"_s;
    }
    return setting;
}

} // namespace

AgentsTab::AgentsTab(const Context &context, QWidget *parent)
    : QWidget(parent)
    , m_context(context)
    , m_table(new RowTable(context.state.agents(), u"agents set up"_s, this))
    , m_answer(new ReplyView(this))
    , m_feed(
          context.state.link(),
          [this] {
              return askCommand(m_context.state.link(), u"agents show"_s, {{u"agent"_s, m_agent}})();
          },
          [this](const QJsonObject &answer) { take(answer); }, this)
{
    auto *both = new QSplitter(Qt::Horizontal, this);
    both->addWidget(makeList());
    both->addWidget(makeDetails());
    both->setChildrenCollapsible(false);
    both->setSizes({330, 770});
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(both);
    setFocusProxy(m_table);
    connect(m_table, qOverload<const QJsonObject *>(&RowTable::currentChanged), this,
            [this](const QJsonObject *row) { choose(row ? (*row)[u"agent"_s].toString() : QString()); });
    connect(&context.state, &HubState::changed, this, [this] {
        if (!m_table->current() && m_context.state.agents().rowCount() > 0)
            m_table->selectRow(0);
        showButtons();
    });
    connect(&context.runner, &CommandRunner::done, this, [this](const QString &command) {
        if (m_feed.isActive() && !m_agent.isEmpty() && command.contains(u"agent"))
            m_feed.refresh();
    });
    m_feed.follow({u"agent"_s});
    choose({});
}

QWidget *AgentsTab::makeList()
{
    auto *left = new QWidget(this);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->sortByColumn(0, Qt::AscendingOrder);
    m_table->setWhenEmpty(tr("No agent is set up yet."));
    m_table->setAccessibleName(tr("Agents that are set up"));
    for (int i = 0; i < m_context.state.agents().columns().size(); ++i) {
        const QLatin1StringView key = m_context.state.agents().columns()[i].key;
        m_table->setColumnHidden(i, key != "agent"_L1 && key != "state"_L1 && key != "adapter"_L1);
    }
    auto *create = new QPushButton(tr("&Add…"), left);
    create->setObjectName(u"addAgent"_s);
    connect(create, &QPushButton::clicked, this, &AgentsTab::add);
    auto *bar = new QHBoxLayout;
    bar->addWidget(m_table->searchBox(), 1);
    bar->addWidget(create);
    auto *layout = new QVBoxLayout(left);
    layout->setContentsMargins(12, 8, 4, 12);
    layout->addLayout(bar);
    layout->addWidget(m_table, 1);
    return left;
}

QWidget *AgentsTab::makeDetails()
{
    m_details = new QWidget(this);
    m_title = new QLabel(m_details);
    QFont font = m_title->font();
    font.setBold(true);
    font.setPointSizeF(font.pointSizeF() * 1.2);
    m_title->setFont(font);
    const auto button = [this](const QString &text, const QString &name, void (AgentsTab::*act)()) {
        auto *made = new QPushButton(text, m_details);
        made->setObjectName(name);
        connect(made, &QPushButton::clicked, this, act);
        return made;
    };
    m_test = button(tr("&Test"), u"testAgent"_s, &AgentsTab::test);
    m_test->setToolTip(tr("Is its program there, what version, are variables or memory missing"));
    m_pause = button(tr("&Pause"), u"pauseAgent"_s, &AgentsTab::pause);
    m_remove = button(tr("&Remove…"), u"removeAgent"_s, &AgentsTab::remove);
    auto *content = new QWidget;
    m_form = new QVBoxLayout(content);
    m_form->setContentsMargins(0, 0, 8, 0);
    m_variables = new QLabel(content);
    m_variables->setWordWrap(true);
    m_variable = new QPushButton(tr("Set a &variable…"), content);
    connect(m_variable, &QPushButton::clicked, this, [this] {
        m_context.runner.openForm(*findCommand(u"agents set"), {{u"agent"_s, m_agent}, {u"key"_s, u"env.NAME"_s}});
    });
    auto *own = new QHBoxLayout;
    own->addWidget(m_variables, 1);
    own->addWidget(m_variable);
    m_form->addLayout(own);
    m_file = new QLabel(content);
    m_file->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_file->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_form->addWidget(m_file);
    m_form->addStretch(1);
    auto *scroll = new QScrollArea(m_details);
    scroll->setWidget(content);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus);
    m_answer->setObjectName(u"agentAnswer"_s);
    m_answer->viewport()->setAutoFillBackground(false); // no field to write into
    m_answer->setMinimumHeight(80);
    connect(m_answer, &ReplyView::commandWanted, this, [this](const QString &line) { m_context.runner.runLine(line); });
    auto *parts = new QSplitter(Qt::Vertical, m_details);
    parts->addWidget(scroll);
    parts->addWidget(m_answer);
    parts->setChildrenCollapsible(false);
    parts->setSizes({420, 160});
    auto *bar = new QHBoxLayout;
    bar->addWidget(m_title, 1);
    for (QPushButton *one : {m_test, m_pause, m_remove})
        bar->addWidget(one);
    auto *layout = new QVBoxLayout(m_details);
    layout->setContentsMargins(4, 8, 12, 12);
    layout->addLayout(bar);
    layout->addWidget(parts, 1);
    return m_details;
}

// Asked only while an agent is looked at.
void AgentsTab::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    m_feed.setActive(!m_agent.isEmpty());
}

void AgentsTab::hideEvent(QHideEvent *event)
{
    QWidget::hideEvent(event);
    m_feed.setActive(false);
}

void AgentsTab::choose(const QString &agent)
{
    m_details->setVisible(!agent.isEmpty());
    if (agent == m_agent)
        return;
    m_agent = agent;
    for (SettingField *field : std::as_const(m_fields))
        field->deleteLater();
    m_fields.clear();
    m_title->setText(agent);
    m_answer->clear();
    m_variables->clear();
    m_file->clear();
    showButtons();
    m_feed.setActive(isVisible() && !agent.isEmpty());
    m_feed.refresh();
}

void AgentsTab::take(const QJsonObject &answer)
{
    if (answer[u"agent"_s].toString() != m_agent)
        return m_feed.refresh(); // another one was chosen meanwhile
    int place = 0;
    for (const QJsonObject &setting : rowsOf(answer, u"settings"_s)) {
        const QJsonObject declared = declaredOf(setting);
        const QString key = declared[u"key"_s].toString();
        if (SettingField *known = m_fields.value(key)) {
            known->show(declared);
        } else {
            auto *field = new SettingField(declared, this);
            m_fields.insert(key, field);
            m_form->insertWidget(place, field);
            CommandRunner *runner = &m_context.runner; // gone before the fields when the window closes
            connect(field, &SettingField::wanted, runner,
                    [this, field, agent = m_agent](const QString &value) { set(agent, field, value); });
            connect(field, &SettingField::defaultWanted, runner,
                    [this, field, agent = m_agent] { set(agent, field, {}); });
        }
        ++place;
    }
    const QStringList variables = answer[u"variables"_s].toVariant().toStringList();
    m_variables->setText(variables.isEmpty() ? tr("No variables of its own.")
                                             : tr("Variables of its own: %1").arg(variables.join(u", "_s)));
    m_file->setText(answer[u"file"_s].toString());
    m_file->setToolTip(tr("The file that has all this: %1").arg(m_file->text()));
}

// An empty value is the default again.
void AgentsTab::set(const QString &agent, SettingField *field, const QString &value)
{
    QJsonObject options{{u"agent"_s, agent}, {u"key"_s, field->key()}};
    if (!value.isEmpty())
        options[u"value"_s] = value;
    m_context.runner.runFor(field, u"agents set"_s, options, [this, field, value](const Result<Reply> &reply) {
        if (!reply)
            return field->refuse(reply.error().message);
        field->accept(value.isEmpty() ? field->fallback() : value,
                      reply->severity == Severity::Warning ? reply->title : reply->text);
        if (reply->severity == Severity::Warning)
            m_answer->setReply(*reply);
    });
}

void AgentsTab::add()
{
    auto *dialog = new QDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Add an agent"));
    dialog->resize(640, 420);
    auto *setup = new AgentSetup(m_context, true, dialog);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close, dialog);
    auto *go = buttons->addButton(tr("Add and &test"), QDialogButtonBox::ActionRole);
    go->setObjectName(u"addNow"_s);
    go->setDefault(true);
    auto *layout = new QVBoxLayout(dialog);
    layout->addWidget(setup, 1);
    layout->addWidget(buttons);
    const auto enable = [go, setup] { go->setEnabled(setup->isWritten() && !setup->isBusy()); };
    enable();
    connect(setup, &AgentSetup::changed, go, enable);
    connect(go, &QPushButton::clicked, setup, &AgentSetup::add);
    connect(setup, &AgentSetup::added, this, [this](const QString &agent) {
        connect(
            &m_context.state, &HubState::changed, this, [this, agent] { m_table->select(agent); },
            Qt::SingleShotConnection);
        m_context.state.refreshSoon();
    });
    connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    dialog->show();
}

void AgentsTab::test()
{
    m_answer->setReply({.severity = Severity::Info, .title = tr("Testing %1…").arg(m_agent)});
    m_test->setEnabled(false);
    m_context.runner.runFor(this, u"agents test"_s, {{u"agent"_s, m_agent}},
                            [this, agent = m_agent](const Result<Reply> &reply) {
                                m_test->setEnabled(true);
                                if (agent != m_agent)
                                    return;
                                if (reply)
                                    m_answer->setReply(*reply);
                                else
                                    m_answer->setError(reply.error());
                            });
}

void AgentsTab::pause()
{
    const QJsonObject *row = m_table->current();
    const bool paused = row && (*row)[u"paused"_s].toBool();
    m_context.runner.run(paused ? u"resume-agent"_s : u"pause-agent"_s, {{u"name"_s, m_agent}});
}

void AgentsTab::remove()
{
    QMessageBox ask(QMessageBox::Question, tr("Remove %1").arg(m_agent),
                    tr("Take the agent %1 out? Its set-up is deleted; its tasks and their history stay.").arg(m_agent),
                    QMessageBox::NoButton, this);
    auto *yes = ask.addButton(tr("Remove"), QMessageBox::DestructiveRole);
    ask.setDefaultButton(ask.addButton(tr("Keep it"), QMessageBox::RejectRole));
    ask.exec();
    if (ask.clickedButton() != yes)
        return;
    m_context.runner.runFor(this, u"agents remove"_s, {{u"agent"_s, m_agent}}, [this](const Result<Reply> &reply) {
        if (!reply)
            return m_answer->setError(reply.error());
        m_context.state.refreshSoon();
    });
}

void AgentsTab::showButtons()
{
    const QJsonObject *row = m_table->current();
    m_pause->setText(row && (*row)[u"paused"_s].toBool() ? tr("&Resume") : tr("&Pause"));
}

} // namespace hub::gui
