#include "headless/discord/taskteller.h"

#include "core/base/log.h"

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

constexpr int unknownChannel = 10003, unknownMessage = 10008, threadExists = 160004, archived = 50083, locked = 160005;
constexpr int archiveMinutes = 10080; // a week without a word
constexpr int publicThread = 11;
constexpr size_t mostWaiting = 40; // while Discord is away; the oldest that call nobody go first

bool works(TaskState state) { return state == TaskState::Running || state == TaskState::Preparing; }

} // namespace

TaskTeller::TaskTeller(const TellerParts &parts, const TaskFacts &task, QObject *parent)
    : QObject(parent)
    , m_parts(parts)
    , m_task(task)
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, [this] {
        m_dirty = m_dirty || works(m_task.state);
        step();
    });
    m_lastEdit = momentNow() - m_parts.times.editGap;
    QMetaObject::invokeMethod(this, &TaskTeller::step, Qt::QueuedConnection);
}

void TaskTeller::setTask(const TaskFacts &task)
{
    m_task = task;
    m_dirty = true;
    step();
}

void TaskTeller::setLastAction(const QString &text)
{
    m_lastAction = text;
    m_dirty = true;
    step();
}

void TaskTeller::post(Post post)
{
    drop(post.key);
    m_posts.push_back(std::move(post));
    if (m_posts.size() > mostWaiting) { // a question waits as long as it takes
        const auto oldest = std::find_if(m_posts.begin() + qsizetype(firstFree()), m_posts.end(),
                                         [](const Post &waiting) { return !waiting.calls; });
        if (oldest != m_posts.end())
            m_posts.erase(oldest);
    }
    step();
}

void TaskTeller::drop(const QString &key)
{
    // The one that is under way stays.
    const auto from = m_posts.begin() + qsizetype(firstFree());
    m_posts.erase(std::remove_if(from, m_posts.end(), [&key](const Post &post) { return post.key == key; }),
                  m_posts.end());
}

void TaskTeller::wake()
{
    m_restUntil = {};
    m_failures = 0;
    step();
}

// The next thing to be done, or none now.
void TaskTeller::step()
{
    if (isBusy() || m_stopped)
        return;
    const Moment now = momentNow();
    if (now < m_restUntil)
        return m_timer.start(m_restUntil - now);
    const auto thread = m_parts.places.threadOf(m_task.id);
    if (!thread) {
        QString channel = m_parts.places.channelOf(m_task.project);
        if (channel == m_closedHome)
            channel = m_parts.places.home();
        return channel.isEmpty() ? void() : open(channel); // else it is woken when there is one
    }
    if (!thread->made)
        return makeThread(*thread);
    if (!m_invited)
        return invite(*thread);
    if (thread->statusMessage.isEmpty())
        return postStatus(*thread);
    const Moment due = m_lastEdit + m_parts.times.editGap;
    // How it ended stands there before it is told, for what was told is not looked at again by a later life.
    const bool statusFirst = m_dirty && isEnded(m_task.state);
    if (!m_posts.empty() && !statusFirst)
        return sendFront(*thread);
    if (m_dirty && now >= due)
        return editStatus(*thread);
    if (m_dirty)
        return m_timer.start(due - now);
    if (works(m_task.state))
        m_timer.start(m_parts.times.freshen);
    Q_EMIT idle();
}

void TaskTeller::open(const QString &channel)
{
    const MessageBody body = m_parts.render(openingReply(m_task));
    const QString nonce = u"t%1-%2"_s.arg(m_task.id.toString()).arg(m_generation);
    call(
        Step::Open, "POST", u"/channels/%1/messages"_s.arg(channel), once(addressed(body.json, {}), nonce),
        [this, channel](const QJsonObject &message) {
            m_parts.places.setThread(m_task.id,
                                     {.id = message[u"id"_s].toString(), .statusMessage = {}, .channel = channel});
        },
        body.files);
}

// One thread hangs on a message, and has its number: made twice comes to the same as once.
void TaskTeller::makeThread(const TaskThread &thread)
{
    const QJsonObject body{{u"name"_s, threadName(m_task)}, {u"auto_archive_duration"_s, archiveMinutes}};
    call(Step::Thread, "POST", u"/channels/%1/messages/%2/threads"_s.arg(thread.channel, thread.id), body,
         [this, thread](const QJsonObject &) {
             TaskThread made = thread;
             made.made = true;
             m_parts.places.setThread(m_task.id, made);
         });
}

void TaskTeller::invite(const TaskThread &thread)
{
    m_invited = true; // once in this life, whatever becomes of it: a mention invites as well
    if (user().isEmpty() || !thread.statusMessage.isEmpty())
        return step();
    call(Step::Invite, "PUT", u"/channels/%1/thread-members/%2"_s.arg(thread.id, user()), QJsonValue::Undefined,
         [](const QJsonObject &) {});
}

MessageBody TaskTeller::statusBody()
{
    const Instant now = SystemClock().now();
    m_dirty = false;
    m_lastEdit = momentNow();
    MessageBody body = m_parts.render(statusReply(m_task, m_lastAction, now));
    body.json = addressed(body.json, {});
    return body;
}

void TaskTeller::postStatus(const TaskThread &thread)
{
    // The thread is in the nonce: one that is made anew gets its own.
    const QString nonce = u"s%1-%2"_s.arg(thread.id).arg(m_generation);
    const MessageBody body = statusBody();
    call(
        Step::Status, "POST", u"/channels/%1/messages"_s.arg(thread.id), once(body.json, nonce),
        [this](const QJsonObject &message) {
            auto now = m_parts.places.threadOf(m_task.id).value_or(TaskThread());
            now.statusMessage = message[u"id"_s].toString();
            m_parts.places.setThread(m_task.id, now);
            m_dirty = true; // it may be one that an earlier life had posted, of whose answer it did not hear
        },
        body.files);
}

void TaskTeller::editStatus(const TaskThread &thread)
{
    const MessageBody body = statusBody();
    call(
        Step::Status, "PATCH", u"/channels/%1/messages/%2"_s.arg(thread.id, thread.statusMessage), body.json,
        [](const QJsonObject &) {}, body.files);
}

void TaskTeller::sendFront(const TaskThread &thread)
{
    const Post &front = m_posts.front();
    const bool mentions = front.calls && !user().isEmpty();
    const QJsonObject body = addressed(front.body.json, mentions ? QStringList{user()} : QStringList());
    const QString message = front.edits ? front.edits() : QString();
    const bool edit = !message.isEmpty();
    const QString path = u"/channels/%1/messages"_s.arg(thread.id);
    call(
        Step::Post, edit ? "PATCH" : "POST", edit ? path + u'/' + message : path, edit ? body : once(body, front.key),
        [this](const QJsonObject &made) {
            const auto done = m_posts.front().done;
            m_posts.pop_front();
            if (done)
                done(made[u"id"_s].toString());
        },
        front.body.files);
}

void TaskTeller::call(Step step, const QByteArray &method, const QString &path, const QJsonValue &body, Answered good,
                      const QList<RestFile> &files)
{
    auto request = RestRequest::of(method, path, body);
    if (!request) { // a number that is none: nothing can come of it
        qCWarning(lcDiscord).noquote() << "thread of task" << m_task.id.toString() << request.error().message;
        return pause(m_parts.times.closedPause);
    }
    request->files = files;
    m_step = step;
    m_parts.rest.call(*request, this, [this, step, good](const Result<RestAnswer> &answer) {
        const bool there = answer && answer->code == threadExists;
        if (!answer || !(answer->isGood() || there)) {
            m_step = Step::None;
            return onFailed(step, answer);
        }
        m_failures = 0;
        m_reopened = false;
        good(answer->body.toObject());
        m_step = Step::None;
        this->step();
    });
}

void TaskTeller::onFailed(Step step, const Result<RestAnswer> &answer)
{
    const auto why = answer ? answer->result(u"tell of task #%1"_s.arg(m_task.id.toString())).error() : answer.error();
    if (!answer && why.code == ErrorCode::Refused) { // the bot says so itself
        m_stopped = true;
        return;
    }
    m_dirty = m_dirty || step == Step::Status;
    if (!answer || answer->status >= 500 || answer->status == 429)
        return pause(m_parts.times.backoff.delay(m_failures++, rollDice()));
    if (step == Step::Invite)
        return this->step(); // one who has left the server; everything else goes on
    qCWarning(lcDiscord).noquote() << why.message;
    if (answer->status == 404)
        return onGone(step, *answer);
    const bool closed = answer->code == archived || answer->code == locked;
    if (closed && !m_reopened)
        return unarchive();
    if (closed || answer->status == 403 || step != Step::Post)
        return pause(m_parts.times.closedPause);
    m_posts.pop_front(); // Discord will never take this one
    this->step();
}

// What a person deleted is made anew where it was left.
void TaskTeller::onGone(Step step, const RestAnswer &answer)
{
    if (step == Step::Open) {
        const QString channel = m_parts.places.channelOf(m_task.project);
        if (channel == m_parts.places.home() || channel == m_closedHome)
            return pause(m_parts.times.closedPause);
        m_closedHome = channel;
        return this->step();
    }
    ++m_generation;
    if (answer.code == unknownMessage && step == Step::Post) {
        m_posts.pop_front(); // it is no more, so nothing stands there that is wrong
    } else if (answer.code == unknownMessage && step == Step::Status) {
        TaskThread thread = m_parts.places.threadOf(m_task.id).value_or(TaskThread());
        thread.statusMessage.clear();
        m_parts.places.setThread(m_task.id, thread);
    } else { // the thread, or the message that it was to hang on
        m_parts.places.forgetThread(m_task.id);
        m_invited = false;
        Q_EMIT threadLost();
    }
    pause(m_parts.times.editGap);
}

void TaskTeller::unarchive()
{
    m_reopened = true;
    const auto thread = m_parts.places.threadOf(m_task.id);
    const auto request = RestRequest::of("PATCH", u"/channels/"_s + thread->id,
                                         QJsonObject{{u"archived"_s, false}, {u"locked"_s, false}});
    m_step = Step::Thread;
    m_parts.rest.call(*request, this, [this](const Result<RestAnswer> &answer) {
        m_step = Step::None;
        if (answer && answer->isGood())
            return step();
        pause(m_parts.times.closedPause);
    });
}

void TaskTeller::pause(milliseconds time)
{
    m_restUntil = momentNow() + time;
    m_timer.start(time);
}

} // namespace hub::discord
