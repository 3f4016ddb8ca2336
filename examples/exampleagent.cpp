#include "examples/exampleagent.h"

#include <QJsonArray>

#include <csignal>

using namespace Qt::StringLiterals;

namespace hub::example
{

namespace
{

constexpr int commandMessageLimit = 60; // characters of a step in a checkpoint's notes

// Steps after which the world is another one: a resumed agent must not do them again.
bool changesSomething(const QString &verb)
{
    static const QStringList changing{u"write"_s, u"append"_s, u"delete"_s, u"run"_s, u"ask"_s,
                                      u"claim"_s, u"decide"_s, u"commit"_s, u"ruin"_s};
    return changing.contains(verb);
}

} // namespace

Result<> ExampleAgent::work(const QString &prompt)
{
    HUB_CHECK(planFor(prompt));
    return carryOutPlan();
}

// A new process asks first whether an earlier one of its task left something. What it finds is its own plan, so that
// it need not guess from the brief's text what of the description was done.
Result<> ExampleAgent::planFor(const QString &prompt)
{
    if (std::exchange(m_firstPrompt, false)) {
        const auto resumed = resumeFromCheckpoint();
        if (!resumed && resumed.error().code == ErrorCode::ShuttingDown)
            return resumed.error();
        // An error means that there is nothing to resume from.
        if (resumed)
            m_plan = Plan::fromContext(resumed->value(u"context"_s).toObject());
        if (!m_plan.lines.isEmpty()) {
            m_mayBeDone = !m_plan.isOver();
            HUB_CHECK(say(u"I go on after step %1 of %2."_s.arg(m_plan.done).arg(m_plan.lines.size())));
            if (const QStringList more = linesOfWork(newWords(prompt)); !more.isEmpty()) {
                m_plan.lines += more;
                return keepPlan(u"more to do"_s);
            }
            return {};
        }
    }
    m_plan = {linesOfWork(prompt), 0};
    if (m_plan.lines.isEmpty())
        m_plan.lines = builtInStory();
    return keepPlan(u"the plan"_s);
}

Result<> ExampleAgent::keepPlan(const QString &notes)
{
    HUB_CHECK(saveCheckpoint(notes, m_plan.toContext()));
    return {};
}

Result<> ExampleAgent::carryOutPlan()
{
    while (!m_plan.isOver() && !cancelled()) {
        const Step step = stepOf(m_plan.lines[m_plan.done]);
        if (auto done = carryOut(step); !done) {
            // A refusal concerns this step alone, and the person should read it; anything else ends the turn.
            if (done.error().code != ErrorCode::Refused)
                return std::move(done).error().within(m_plan.lines[m_plan.done]);
            HUB_CHECK(say(u"refused: "_s + done.error().message));
        }
        m_mayBeDone = false;
        ++m_plan.done;
        // A checkpoint that comes next in the plan saves the place by itself.
        const bool savedNext = !m_plan.isOver() && m_plan.lines[m_plan.done].startsWith(u"checkpoint");
        if (changesSomething(step.verb) && !savedNext)
            HUB_CHECK(keepPlan(u"after: "_s + m_plan.lines[m_plan.done - 1].left(commandMessageLimit)));
    }
    return {};
}

Result<> ExampleAgent::carryOut(const Step &step)
{
    const auto &[verb, rest] = step;
    if (verb == u"read")
        return readTree();
    if (verb == u"write" || verb == u"append")
        return writeFile(rest, verb == u"append");
    if (verb == u"delete")
        return deleteFile(rest);
    if (verb == u"run")
        return runCommand(rest);
    if (verb == u"step")
        return reportStep(rest);
    if (verb == u"say")
        return say(rest);
    if (verb == u"ask")
        return ask(rest);
    if (verb == u"ruin")
        return ruin();
    if (verb == u"crash")
        return crash(rest);
    if (verb == u"sleep") {
        cancelled(std::chrono::milliseconds{rest.toInt()});
        return {};
    }
    if (verb == u"claim")
        return claim(rest);
    Result<QJsonObject> answer = QJsonObject();
    if (verb == u"decide") {
        answer = logDecision(rest);
    } else if (verb == u"commit") {
        // "a message of words -- path path", or a message of one word and the paths after it.
        const QStringList words = rest.split(u' ', Qt::SkipEmptyParts);
        const qsizetype bar = words.indexOf(u"--"_s);
        answer = bar < 0 ? commitAtomically(words.mid(1), words.value(0))
                         : commitAtomically(words.mid(bar + 1), words.first(bar).join(u' '));
    } else if (verb == u"checkpoint") {
        Plan after = m_plan;
        ++after.done;
        answer = saveCheckpoint(rest, after.toContext(), true);
    } else if (verb == u"complete") {
        answer = completeTaskSafely(rest);
    }
    if (!answer)
        return answer.error();
    return {};
}

// "Reading the tree 20": the last word is the percentage, when it is a number.
Result<> ExampleAgent::reportStep(const QString &rest)
{
    bool isNumber = false;
    const int percent = rest.section(u' ', -1).toInt(&isNumber);
    const QString text = isNumber ? rest.section(u' ', 0, -2) : rest;
    HUB_CHECK(reportProgress(text, isNumber ? percent : m_plan.percent()));
    return {};
}

Result<> ExampleAgent::claim(const QString &path)
{
    HUB_TRY(const QJsonObject answer, requestFileAccess({path}));
    if (answer.value(u"granted"_s).toBool())
        return {};
    QStringList reasons;
    for (const QJsonValue &reason : answer.value(u"reasons"_s).toArray())
        reasons << reason.toString();
    return say(u"not granted: "_s + reasons.join(u' '));
}

Result<> ExampleAgent::ask(const QString &action)
{
    HUB_TRY(const QJsonObject asked,
            requestApproval(action, {.reason = u"The prompt says that I have to ask first."_s}));
    HUB_TRY(const QJsonObject answer, awaitApproval(asked.value(u"approval_id"_s).toVariant().toString()));
    const QString reason = answer.value(u"reason"_s).toString();
    return say(
        u"answered: %1%2"_s.arg(answer.value(u"state"_s).toString(), reason.isEmpty() ? QString() : u": "_s + reason));
}

// Ends without a word, as when the kernel's memory runs out. It is remembered, or the resumed agent would do nothing
// but crash again; with "always" that is what it is meant to do.
Result<> ExampleAgent::crash(const QString &rest)
{
    if (rest != u"always") {
        ++m_plan.done;
        HUB_CHECK(keepPlan(u"before the crash"_s));
    }
    ::raise(SIGKILL);
    return {};
}

} // namespace hub::example
