// What a prompt asks of the example agent: lines that begin with one of its verbs. Pure.
#pragma once

#include <QJsonObject>
#include <QStringList>

namespace hub::example
{

// "write notes.md hello" → verb "write", rest "notes.md hello".
struct Step {
    QString verb;
    QString rest;
};

// The words that a line of work may begin with.
const QStringList &verbs();
Step stepOf(const QString &line);

// The lines of work in a prompt, in order. Of a prompt that goes on with a task begun before (the hub's brief) that
// is the task's description and what the person says now, not the conversation that is told between the two.
QStringList linesOfWork(const QString &prompt);

// What the person newly says in such a brief; empty when it only says to go on.
QString newWords(const QString &brief);

// Done when a prompt has no line of work.
QStringList builtInStory();

// How far the agent is: what it keeps with save_checkpoint, and finds again when it is resumed.
struct Plan {
    QStringList lines;
    qsizetype done = 0; // the lines before this one need not be done again

    bool isOver() const { return done >= lines.size(); }
    int percent() const { return lines.isEmpty() ? 100 : int(done * 100 / lines.size()); }

    QJsonObject toContext() const;
    static Plan fromContext(const QJsonObject &context); // an empty plan when there is none in it
};

} // namespace hub::example
