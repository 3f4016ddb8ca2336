#include "gui/window/taskpage.h"

#include "core/base/async.h"
#include "gui/model/look.h"

#include <QHBoxLayout>
#include <QMenu>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace hub::gui
{

namespace
{

QPushButton *button(const QString &text, const QString &help, QWidget *parent)
{
    auto *made = new QPushButton(text, parent);
    made->setToolTip(help);
    return made;
}

} // namespace

TaskPage::TaskPage(const Context &context, QWidget *parent)
    : Page(parent)
    , m_context(context)
    , m_tabs(new QTabWidget(this))
    , m_conversation(new ConversationTab(context, this))
    , m_changes(new ChangesTab(context, this))
    , m_timeline(new TimelineTab(context, this))
    , m_details(new ReplyView(this))
    , m_status(
          context.state.link(),
          [this] {
              auto promise = std::make_shared<QPromise<Result<QJsonObject>>>();
              promise->start();
              auto future = promise->future();
              // The reply itself is the page of details.
              whenDone(m_context.state.link().execute(
                           {.command = u"task-status"_s, .options = {{u"task_id"_s, m_task}}, .caller = {}}),
                       this, [this, promise](const Result<commands::Reply> &reply) {
                           if (reply)
                               m_details->setReply(*reply);
                           promise->addResult(reply ? Result<QJsonObject>(reply->data)
                                                    : Result<QJsonObject>(reply.error()));
                           promise->finish();
                       });
              return future;
          },
          [this](const QJsonObject &answer) { showStatus(answer); }, this)
    , m_points(
          context.state.link(),
          [this] {
              return askCommand(m_context.state.link(), u"rollback show"_s,
                                {{u"task_id"_s, m_task}, {u"limit"_s, 200}})();
          },
          [this](const QJsonObject &answer) {
              m_checkpoints = rowsOf(answer, u"checkpoints"_s);
              m_changes->setCheckpoints(m_checkpoints);
          },
          this)
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addWidget(makeHead());
    layout->addWidget(m_tabs, 1);
    m_tabs->setDocumentMode(true);
    m_tabs->addTab(m_conversation, tr("&Conversation"));
    m_tabs->addTab(m_changes, tr("C&hanges"));
    m_tabs->addTab(m_timeline, tr("&Time line"));
    m_tabs->addTab(m_details, tr("&Details"));
    const auto ours = [this](const HubEvent &event) {
        return event.data[u"task_id"_s].toVariant().toString() == m_task;
    };
    m_status.follow({u"task"_s, u"checkpoint"_s}, ours);
    m_points.follow({u"checkpoint"_s, u"rollback"_s, u"finish"_s}, ours);
    keep(m_status);
    keep(m_points);
    connect(m_conversation, &ConversationTab::goBackWanted, this, &TaskPage::goBackBefore);
    connect(m_timeline, &TimelineTab::compareWanted, this,
            [this](const QString &, const QString &from, const QString &to) { showChanges(from, to); });
    connect(m_details, &ReplyView::commandWanted, &context.runner, &CommandRunner::runLine);
    connect(&context.state.tasks(), &QAbstractItemModel::dataChanged, this, [this] {
        const int place = m_context.state.tasks().rowOf(m_task);
        if (place >= 0)
            showTask(m_context.state.tasks().rowAt(place));
    });
    setEnabled(false);
}

QWidget *TaskPage::makeHead()
{
    auto *head = new QWidget(this);
    m_title = new QLabel(head);
    QFont large = m_title->font();
    large.setPointSizeF(large.pointSizeF() * 1.35);
    large.setBold(true);
    m_title->setFont(large);
    m_title->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_title->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_state = new QLabel(head);
    m_facts = new QLabel(head);
    m_facts->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_facts->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_facts->setForegroundRole(QPalette::PlaceholderText);
    m_step = new QLabel(head);
    m_step->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_progress = new QProgressBar(head);
    m_progress->setMaximumWidth(180);
    m_progress->setMaximumHeight(14);
    m_progress->setAccessibleName(tr("Progress"));
    m_pause = button(tr("Pause"), tr("Freeze it at once; nothing is lost"), head);
    m_resume = button(tr("Resume"), tr("Go on where it stopped"), head);
    m_checkpoint = button(tr("Checkpoint"), tr("Save a recovery point now"), head);
    m_goBack = button(tr("Roll back…"), tr("Choose what to go back to; you see first what it changes"), head);
    m_finish = button(tr("Finish…"), tr("Bring the work home: conflicts are shown first"), head);
    auto *more = button(tr("More"), tr("All else that can be done with this task"), head);
    m_pause->setObjectName(u"pause"_s);
    m_resume->setObjectName(u"resume"_s);
    m_goBack->setObjectName(u"goBack"_s);
    m_finish->setObjectName(u"finish"_s);
    auto *menu = new QMenu(more);
    menu->addAction(tr("Change it…"), this, [this] {
        m_context.runner.openForm(*commands::findCommand(u"edit-task"), {{u"task_id"_s, m_task}});
    });
    menu->addAction(tr("What can be gone back to"), this, [this] {
        m_context.runner.run(u"rollback show"_s, {{u"task_id"_s, m_task}}, CommandRunner::Show::Page);
    });
    menu->addAction(tr("Undo the last rollback or finish…"), this, [this] { act(u"rollback undo"_s); });
    menu->addAction(tr("Back to the backup branch…"), this, [this] { act(u"rollback git_backup"_s); });
    menu->addSeparator();
    menu->addAction(tr("Cancel the task…"), this, [this] { act(u"cancel-task"_s); });
    more->setMenu(menu);
    connect(m_pause, &QPushButton::clicked, this, [this] { act(u"pause-task"_s); });
    connect(m_resume, &QPushButton::clicked, this, [this] { act(u"resume-task"_s); });
    connect(m_checkpoint, &QPushButton::clicked, this, [this] { act(u"checkpoint"_s); });
    connect(m_goBack, &QPushButton::clicked, this, [this] {
        m_context.runner.openForm(*commands::findCommand(u"rollback task_checkpoint"), {{u"task_id"_s, m_task}});
    });
    connect(m_finish, &QPushButton::clicked, this, [this] {
        m_context.runner.openForm(*commands::findCommand(u"finish-task"), {{u"task_id"_s, m_task}});
    });
    auto *first = new QHBoxLayout;
    first->addWidget(m_title, 1);
    first->addWidget(m_state);
    auto *second = new QHBoxLayout;
    second->addWidget(m_progress);
    second->addWidget(m_step, 1);
    auto *third = new QHBoxLayout;
    for (QPushButton *each : {m_pause, m_resume, m_checkpoint, m_goBack, m_finish, more})
        third->addWidget(each);
    third->addStretch(1);
    auto *layout = new QVBoxLayout(head);
    layout->addLayout(first);
    layout->addWidget(m_facts);
    layout->addLayout(second);
    layout->addLayout(third);
    return head;
}

void TaskPage::setTask(const QString &task)
{
    if (task == m_task)
        return;
    m_task = task;
    setEnabled(!task.isEmpty());
    m_checkpoints.clear();
    m_conversation->setTask(task);
    m_changes->setTask(task);
    m_timeline->setTask(task);
    m_details->clear();
    if (const int place = m_context.state.tasks().rowOf(task); place >= 0)
        showTask(m_context.state.tasks().rowAt(place));
    m_status.refresh();
    m_points.refresh();
}

void TaskPage::act(const QString &command, QJsonObject options)
{
    options[u"task_id"_s] = m_task;
    m_context.runner.run(command, options);
}

void TaskPage::showTask(const QJsonObject &task)
{
    m_data = task;
    const QString state = task[u"state"_s].toString();
    m_title->setText(u"#%1 %2"_s.arg(m_task, task[u"title"_s].toString()));
    m_title->setToolTip(task[u"title"_s].toString());
    m_state->setText(u"<span style=\"color:%1\">●</span> <b>%2</b>"_s.arg(stateColour(state).name(),
                                                                          stateWords(state).toHtmlEscaped()));
    QStringList facts{task[u"agent"_s].toString(), task[u"project"_s].toString(), task[u"branch"_s].toString()};
    facts << tr("by %1, changed %2").arg(task[u"owner"_s].toString(), momentText(task[u"updated_at"_s].toString()));
    facts.removeAll(QString());
    m_facts->setText(facts.join(u"  ·  "_s));
    const QString reason = task[u"reason"_s].toString(), step = task[u"step"_s].toString();
    m_step->setText(reason.isEmpty() ? step : reason);
    m_step->setToolTip(m_step->text());
    m_progress->setValue(qRound(task[u"progress"_s].toDouble()));
    const bool works =
        state == u"running" || state == u"preparing" || state == u"queued" || state == u"awaiting_approval";
    m_pause->setVisible(works);
    m_resume->setVisible(!works);
    m_finish->setEnabled(state != u"cancelled");
}

void TaskPage::showStatus(const QJsonObject &answer)
{
    if (answer[u"task_id"_s].toVariant().toString() != m_task)
        return;
    showTask(answer);
    m_conversation->setCount(answer[u"messages"_s].toInteger());
}

void TaskPage::showChanges(const QString &from, const QString &to)
{
    m_tabs->setCurrentWidget(m_changes);
    m_changes->compare(from, to);
}

// The newest checkpoint that does not have the message yet.
void TaskPage::goBackBefore(qint64 message)
{
    for (const QJsonObject &checkpoint : std::as_const(m_checkpoints)) {
        if (checkpoint[u"message_seq"_s].toInteger() < message)
            return act(u"rollback task_checkpoint"_s, {{u"checkpoint_id"_s, checkpoint[u"checkpoint_id"_s]}});
    }
    act(u"rollback git_backup"_s);
}

} // namespace hub::gui
