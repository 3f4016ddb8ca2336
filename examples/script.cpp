#include "examples/script.h"

#include <QJsonArray>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub::example
{

namespace
{

// Sentences of the hub's brief between which the conversation is told again.
constexpr auto conversationBegins = "\n\nThe end of the conversation so far:\n\n"_L1;
constexpr auto personSays = "\n\nNow the person says:\n\n"_L1;

} // namespace

const QStringList &verbs()
{
    static const QStringList known{u"read"_s, u"write"_s, u"append"_s,     u"delete"_s,  u"run"_s,    u"step"_s,
                                   u"say"_s,  u"sleep"_s, u"ask"_s,        u"claim"_s,   u"decide"_s, u"commit"_s,
                                   u"ruin"_s, u"crash"_s, u"checkpoint"_s, u"complete"_s};
    return known;
}

Step stepOf(const QString &line) { return {line.section(u' ', 0, 0), line.section(u' ', 1).trimmed()}; }

QString newWords(const QString &brief)
{
    const qsizetype at = brief.lastIndexOf(personSays);
    return at < 0 ? QString() : brief.mid(at + personSays.size());
}

QStringList linesOfWork(const QString &prompt)
{
    QString text = prompt;
    if (const qsizetype talk = prompt.indexOf(conversationBegins); talk >= 0)
        text = prompt.first(talk) + u'\n' + newWords(prompt);
    QStringList lines;
    for (const QString &raw : text.split(u'\n')) {
        const QString line = raw.trimmed();
        if (verbs().contains(line.section(u' ', 0, 0)))
            lines << line;
    }
    return lines;
}

QStringList builtInStory()
{
    return {u"step Reading the working tree 10"_s,
            u"read"_s,
            u"step Deciding what to write 30"_s,
            u"decide Write EXAMPLE.md: a new file can collide with nobody's work"_s,
            u"checkpoint The tree is read, the file is decided on"_s,
            u"step Writing EXAMPLE.md 50"_s,
            u"claim EXAMPLE.md"_s,
            u"write EXAMPLE.md # Example\\n\\nWritten by the example agent of AgentHub.\\n"_s,
            u"checkpoint EXAMPLE.md is written, not yet looked at"_s,
            u"step Looking at the result 70"_s,
            u"run wc -l EXAMPLE.md"_s,
            u"step Tidying up 90"_s,
            u"checkpoint All is done but saying so"_s,
            u"complete Wrote EXAMPLE.md"_s};
}

QJsonObject Plan::toContext() const { return {{u"plan"_s, QJsonArray::fromStringList(lines)}, {u"done"_s, done}}; }

Plan Plan::fromContext(const QJsonObject &context)
{
    Plan plan;
    for (const QJsonValue &line : context.value(u"plan"_s).toArray())
        plan.lines << line.toString();
    plan.done = std::clamp<qint64>(context.value(u"done"_s).toInteger(), 0, plan.lines.size());
    return plan;
}

} // namespace hub::example
