#include "headless/discord/places.h"

#include "core/base/async.h"
#include "core/base/log.h"

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

const QString threadKind = u"discord thread"_s, homeKind = u"discord home"_s;

} // namespace

Places::Places(NotePort &notes, QString home, QObject *parent)
    : QObject(parent)
    , m_notes(notes)
    , m_home(std::move(home))
{
}

QFuture<Result<>> Places::load()
{
    auto promise = std::make_shared<QPromise<Result<>>>();
    promise->start();
    const auto ended = [promise](const Result<> &result) {
        promise->addResult(result);
        promise->finish();
    };
    const auto load = [this, ended](const QString &kind, auto take, auto next) {
        whenDone(m_notes.notes(kind), this, [take, next, ended](const Result<NotePort::Notes> &notes) {
            if (!notes)
                return ended(notes.error());
            for (auto note = notes->cbegin(); note != notes->cend(); ++note)
                take(note.key(), note.value());
            next();
        });
    };
    const auto takeThread = [this](const QString &key, const QJsonObject &value) {
        const auto task = TaskId::parse(key);
        if (!task)
            return;
        const TaskThread thread{.id = value.value(u"thread"_s).toString(),
                                .statusMessage = value.value(u"status_message"_s).toString(),
                                .channel = value.value(u"channel"_s).toString(),
                                .made = value.value(u"made"_s).toBool(),
                                .told = value.value(u"told"_s).toString(),
                                .heard = value.value(u"heard"_s).toString()};
        m_threads.insert(*task, thread);
        m_tasks.insert(thread.id, *task);
    };
    const auto takeChannel = [this](const QString &key, const QJsonObject &value) {
        m_channels.insert(key, value.value(u"channel"_s).toString());
    };
    const auto takeHome = [this](const QString &, const QJsonObject &value) {
        if (m_home.isEmpty())
            m_home = value.value(u"channel"_s).toString();
    };
    load(threadKind, takeThread,
         [=] { load(projectChannelNote, takeChannel, [=] { load(homeKind, takeHome, [=] { ended(Result<>()); }); }); });
    return promise->future();
}

commands::Place Places::at(const QString &channel) const
{
    commands::Place place;
    if (const auto task = m_tasks.constFind(channel); task != m_tasks.cend())
        place.task = *task;
    place.project = m_channels.key(channel);
    return place;
}

QString Places::channelOf(const QString &project) const { return m_channels.value(project, m_home); }

std::optional<TaskThread> Places::threadOf(TaskId task) const
{
    const auto thread = m_threads.constFind(task);
    return thread == m_threads.cend() ? std::nullopt : std::optional(*thread);
}

void Places::setThread(TaskId task, const TaskThread &thread)
{
    if (const auto before = threadOf(task))
        m_tasks.remove(before->id);
    m_threads.insert(task, thread);
    m_tasks.insert(thread.id, task);
    keep(threadKind, task.toString(),
         {{u"thread"_s, thread.id},
          {u"status_message"_s, thread.statusMessage},
          {u"channel"_s, thread.channel},
          {u"made"_s, thread.made},
          {u"told"_s, thread.told},
          {u"heard"_s, thread.heard}});
}

void Places::forgetThread(TaskId task)
{
    if (const auto before = threadOf(task))
        m_tasks.remove(before->id);
    m_threads.remove(task);
    keep(threadKind, task.toString(), {});
    keep(onceNote, onceSourceOf(task), {});
}

void Places::keepOnly(const QSet<TaskId> &tasks)
{
    const auto known = m_threads.keys();
    for (const TaskId task : known) {
        if (!tasks.contains(task))
            forgetThread(task);
    }
}

void Places::channelLinked(const QString &project, const QString &channel)
{
    if (m_channels.value(project) == channel)
        return;
    if (channel.isEmpty())
        m_channels.remove(project);
    else
        m_channels.insert(project, channel);
    Q_EMIT channelsChanged();
}

void Places::cameFrom(const QString &channel)
{
    if (!m_home.isEmpty())
        return;
    m_home = channel;
    keep(homeKind, u"home"_s, {{u"channel"_s, channel}});
    Q_EMIT channelsChanged();
}

// An empty value takes the note out.
void Places::keep(const QString &kind, const QString &key, const QJsonObject &value)
{
    auto kept = value.isEmpty() ? m_notes.removeNote(kind, key) : m_notes.setNote(kind, key, value);
    whenDone(std::move(kept), this, [kind](const Result<> &done) {
        if (!done)
            qCWarning(lcDiscord).noquote() << "a" << kind << "could not be kept:" << done.error().message;
    });
}

} // namespace hub::discord
