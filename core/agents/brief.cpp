#include "core/agents/brief.h"

using namespace Qt::StringLiterals;

namespace hub::agents
{

namespace
{

constexpr qsizetype conversationLimit = 6000; // characters, from the end
constexpr qsizetype messageLimit = 1500;

QString shortened(const QString &text, qsizetype limit)
{
    return text.size() <= limit ? text : text.first(limit) + u" […]"_s;
}

QString lastOf(const QList<Message> &conversation)
{
    QStringList lines;
    qsizetype length = 0;
    for (auto it = conversation.crbegin(); it != conversation.crend() && length < conversationLimit; ++it) {
        if (it->kind == u"note" || it->role == u"tool" || it->body.isEmpty())
            continue;
        const QString who = it->role == u"agent" ? u"you"_s : it->role == u"person" ? u"the person"_s : u"AgentHub"_s;
        lines.prepend(who + u": "_s + shortened(it->body, messageLimit));
        length += lines.first().size();
    }
    return lines.join(u'\n');
}

} // namespace

QString resumeBrief(const BriefFacts &facts)
{
    const Task &task = facts.task;
    QStringList parts{u"You go on with a task that was begun before. The task:"_s, task.spec.description};
    if (!task.step.isEmpty())
        parts << u"It was at this step: %1 (%2 %)."_s.arg(task.step).arg(qRound(task.progress));
    if (facts.last) {
        parts << u"The files are as they lie in the working tree now; the last checkpoint is %1 (%2). Look at them "
                 u"before you rely on "
                 "what was said: after an interruption the files and the conversation can differ."_s.arg(
                     facts.last->id.toString(),
                     facts.last->notes.isEmpty() ? textOf(checkpointTypeTexts, facts.last->type) : facts.last->notes);
    }
    if (!task.lastError.isEmpty())
        parts << u"The last error: "_s + shortened(task.lastError, messageLimit);
    if (const QString talk = lastOf(facts.conversation); !talk.isEmpty())
        parts << u"The end of the conversation so far:"_s << talk;
    parts << (facts.next.isEmpty() ? u"Go on with the task."_s : u"Now the person says:"_s);
    if (!facts.next.isEmpty())
        parts << facts.next;
    return parts.join(u"\n\n"_s);
}

} // namespace hub::agents
