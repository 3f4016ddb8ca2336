#include "headless/discord/threads.h"

#include "core/base/log.h"

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

constexpr std::chrono::hours keptFor{30 * 24}; // after a task's end

const QString questionKind = u"discord approval"_s;

// Kinds of messages that say what an agent does.
bool isAction(const QJsonObject &message)
{
    const QString role = message[u"role"_s].toString(), kind = message[u"kind"_s].toString();
    return role == u"tool" || (role == u"agent" && kind != u"question");
}

// At most 25 characters, for a nonce.
QString keyOf(const TaskFacts &task)
{
    const qint64 at = task.updatedAt ? toMillis(*task.updatedAt) : 0;
    return u"m%1-%2"_s.arg(task.id.toString(), QString::number(at, 36));
}

} // namespace

Threads::Threads(HubPort &hub, NotePort &notes, const TellerParts &parts, QObject *parent)
    : QObject(parent)
    , m_hub(hub)
    , m_notes(notes)
    , m_parts(parts)
{
    connect(&m_hub, &HubPort::eventHappened, this, &Threads::onEvent);
    connect(&m_parts.places, &Places::channelsChanged, this, &Threads::wake);
    connect(&m_daily, &QTimer::timeout, this, [this] {
        ask(u"tasks"_s, {{u"filter"_s, u"all"_s}}, [this](const commands::Reply &reply) { forgetOld(reply); });
    });
    m_daily.start(24h);
}

void Threads::ask(const QString &command, const QJsonObject &options, Then then)
{
    const commands::CommandCall call{
        .command = command, .options = options, .caller = {commands::Role::Machine, u"hub"_s, u"hub"_s, {}}};
    whenDone(m_hub.execute(call), this, [command, then](const Result<commands::Reply> &reply) {
        if (reply)
            then(*reply);
        else
            qCWarning(lcDiscord).noquote() << command << "was not answered:" << reply.error().message;
    });
}

void Threads::begin()
{
    m_begun = true;
    whenDone(m_notes.notes(questionKind), this, [this](const Result<NotePort::Notes> &notes) {
        const auto known = notes.valueOr({});
        for (auto note = known.cbegin(); note != known.cend(); ++note)
            m_questions.insert(note.key(), {TaskId::of(note.value().value(u"task"_s).toInteger()),
                                            note.value().value(u"message"_s).toString()});
        ask(u"tasks"_s, {{u"filter"_s, u"all"_s}}, [this](const commands::Reply &reply) {
            for (const QJsonValue &row : reply.data[u"tasks"_s].toArray()) {
                if (const auto task = TaskFacts::of(row.toObject()))
                    onTask(*task);
            }
            takeUpApprovals();
            forgetOld(reply);
        });
    });
}

// `tasks`: all of them.
void Threads::forgetOld(const commands::Reply &tasks)
{
    QSet<TaskId> open, kept;
    for (const QJsonValue &row : tasks.data[u"tasks"_s].toArray()) {
        const auto task = TaskFacts::of(row.toObject());
        if (!task)
            return; // then nothing is known of what else there is
        if (!isEnded(task->state))
            open << task->id;
        if (!isEnded(task->state) || !task->endedAt || *task->endedAt > SystemClock().now() - keptFor)
            kept << task->id;
    }
    for (auto teller = m_tellers.cbegin(); teller != m_tellers.cend(); ++teller)
        kept << teller.key();
    m_parts.places.keepOnly(kept);
    m_states.removeIf([&kept](const auto &one) { return !kept.contains(one.key()); });
    m_owners.removeIf([&kept](const auto &one) { return !kept.contains(one.key()); });
    Q_EMIT lookedAtTasks(open);
}

// Those that are open, and those that were answered while no bot ran.
void Threads::takeUpApprovals()
{
    ask(u"approvals"_s, {{u"filter"_s, u"open"_s}}, [this](const commands::Reply &reply) {
        QStringList answered = m_questions.keys();
        for (const QJsonValue &row : reply.data[u"approvals"_s].toArray()) {
            answered.removeAll(row[u"approval_id"_s].toString());
            onApproval(row.toObject());
        }
        if (answered.isEmpty())
            return;
        const auto close = [this, answered](const commands::Reply &others) {
            for (const QJsonValue &row : others.data[u"approvals"_s].toArray()) {
                if (answered.contains(row[u"approval_id"_s].toString()))
                    onApproval(row.toObject());
            }
        };
        for (const QString &filter : {u"answered"_s, u"expired"_s})
            ask(u"approvals"_s, {{u"filter"_s, filter}}, close);
    });
}

void Threads::wake()
{
    for (TaskTeller *teller : std::as_const(m_tellers))
        teller->wake();
}

void Threads::onEvent(const HubEvent &event)
{
    if (!m_begun)
        return; // begin() asks for all of it
    if (event.name == u"task") {
        if (const auto task = TaskFacts::of(event.data))
            onTask(*task);
    } else if (event.name == u"message") {
        onMessage(event.data);
    } else if (event.name == u"approval") {
        onApproval(event.data);
    } else if (event.name == u"rollback" || event.name == u"finish") {
        onReceipt(event.name, event.data);
    }
}

void Threads::onTask(const TaskFacts &task)
{
    m_owners.insert(task.id, personNumber(task.owner));
    const auto thread = m_parts.places.threadOf(task.id);
    const auto before = m_states.constFind(task.id);
    const bool heard = before != m_states.cend();
    const bool changed = heard ? *before != task.state : thread && thread->told != textOf(taskStateTexts, task.state);
    const bool isNew = !heard && !thread;
    m_states.insert(task.id, task.state);
    if (isNew && isEnded(task.state) && !m_tellers.contains(task.id))
        return; // before there was a bot to tell of it
    if (!changed && !isNew && isEnded(task.state) && !m_tellers.contains(task.id))
        return; // all of it was told
    tellerOf(task).setTask(task);
    if (changed || isNew)
        tellMilestone(task);
}

TaskTeller &Threads::tellerOf(const TaskFacts &task)
{
    TaskTeller *&teller = m_tellers[task.id];
    if (!teller) {
        teller = new TaskTeller(m_parts, task, this);
        connect(teller, &TaskTeller::idle, this, [this, id = task.id, teller] {
            if (!isEnded(teller->task().state) || !teller->isIdle())
                return;
            m_tellers.remove(id);
            teller->deleteLater();
        });
        connect(teller, &TaskTeller::threadLost, this, [this, id = task.id] { askAgain(id); });
    }
    return *teller;
}

// The questions went with the thread.
void Threads::askAgain(TaskId task)
{
    m_questions.removeIf([task](const auto &one) { return one->task == task; });
    takeUpApprovals();
}

void Threads::setTold(TaskId task, TaskState state)
{
    auto thread = m_parts.places.threadOf(task);
    if (!thread || thread->told == textOf(taskStateTexts, state))
        return;
    thread->told = textOf(taskStateTexts, state);
    m_parts.places.setThread(task, *thread);
}

// With what changed, where that can be known.
void Threads::tellMilestone(const TaskFacts &task)
{
    if (!isMilestone(task.state))
        return setTold(task.id, task.state);
    const auto tell = [this, task](const QList<FileChange> &changes) {
        tellerOf(task).post({.key = keyOf(task),
                             .body = m_parts.render(milestoneReply(task, changes)),
                             .calls = callsOwner(task.state),
                             .done = [this, task](const QString &) { setTold(task.id, task.state); }});
    };
    const commands::CommandCall diff{.command = u"task-diff"_s,
                                     .options = {{u"task_id"_s, task.id.toString()}, {u"stat"_s, true}},
                                     .caller = {commands::Role::Machine, u"hub"_s, u"hub"_s, {}}};
    whenDone(m_hub.execute(diff), this, [tell](const Result<commands::Reply> &reply) {
        tell(reply ? changesOf(reply->data) : QList<FileChange>());
    });
}

void Threads::onMessage(const QJsonObject &message)
{
    TaskTeller *teller = m_tellers.value(TaskId::of(message[u"task_id"_s].toInteger()));
    if (teller && isAction(message))
        teller->setLastAction(message[u"text"_s].toString().left(400));
}

void Threads::aboutTask(TaskId task, std::function<void(const TaskFacts &)> then)
{
    if (const TaskTeller *teller = m_tellers.value(task))
        return then(teller->task());
    ask(u"task-status"_s, {{u"task_id"_s, task.toString()}}, [then](const commands::Reply &reply) {
        if (const auto facts = TaskFacts::of(reply.data))
            then(*facts);
    });
}

void Threads::onApproval(const QJsonObject &approval)
{
    const QString id = approval[u"approval_id"_s].toString();
    const bool known = m_questions.contains(id);
    // Answered by a rule before anybody was asked; or asked and told of in an earlier life.
    if (isOpen(approval) == known)
        return;
    const TaskId task = TaskId::of(approval[u"task_id"_s].toInteger());
    TaskTeller *teller = m_tellers.value(task);
    if (isOpen(approval))
        m_questions.insert(id, {task, {}});
    else if (teller && m_questions[id].message.isEmpty())
        teller->drop(id); // asked, answered, and not told of yet
    aboutTask(task, [this, approval](const TaskFacts &facts) { tellApproval(approval, facts); });
}

void Threads::tellApproval(const QJsonObject &approval, const TaskFacts &task)
{
    const QString id = approval[u"approval_id"_s].toString();
    const bool open = isOpen(approval);
    TaskTeller::Post post{
        .key = open ? id : id + u"-end"_s, .body = m_parts.render(approvalReply(approval, task)), .calls = open};
    if (!open)
        post.edits = [this, id] { return m_questions.value(id).message; };
    post.done = [this, id, open, task](const QString &made) {
        if (!open) {
            m_questions.remove(id);
            m_notes.removeNote(questionKind, id);
        } else if (m_questions.contains(id)) {
            m_questions[id].message = made;
            m_notes.setNote(questionKind, id, {{u"message"_s, made}, {u"task"_s, task.id.value()}});
        }
    };
    tellerOf(task).post(std::move(post));
}

void Threads::onReceipt(const QString &kind, const QJsonObject &receipt)
{
    aboutTask(TaskId::of(receipt[u"task_id"_s].toInteger()), [this, kind, receipt](const TaskFacts &task) {
        if (m_parts.places.threadOf(task.id) || m_tellers.contains(task.id))
            tellerOf(task).post(
                {.key = receipt[u"operation"_s].toString(),
                 .body = m_parts.render(kind == u"finish" ? finishReply(receipt) : rollbackReply(receipt))});
    });
}

} // namespace hub::discord
