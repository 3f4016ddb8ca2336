// What a command answers, as a value that every front end renders in its own way.
#pragma once

#include "core/base/result.h"

#include <QByteArray>
#include <QJsonArray>
#include <QJsonObject>
#include <QList>
#include <QString>
#include <QStringList>

namespace hub::commands
{

enum class Severity { Ok, Info, Warning, Error };

struct Field {
    QString name;
    QString value;
    friend bool operator==(const Field &, const Field &) = default;
};

struct Table {
    QString title; // may be empty
    QStringList columns;
    QList<QStringList> rows;
    QString whenEmpty; // the sentence shown instead of a table without rows
    friend bool operator==(const Table &, const Table &) = default;
};

struct Attachment {
    QString fileName; // "12.diff"
    QByteArray bytes;
    friend bool operator==(const Attachment &, const Attachment &) = default;
};
QJsonArray toJson(const QList<Attachment> &attachments);
Result<QList<Attachment>> attachmentsFromJson(const QJsonArray &array);
// Shown as text: fileName ends in .diff, .txt, .log or .md.
bool isText(const Attachment &attachment);

// What can be done about it, when that is a question: asked on a terminal, buttons elsewhere.
struct Choice {
    QString label;   // "End the processes too"
    QString command; // complete, without the program's name; empty: nothing is done
    friend bool operator==(const Choice &, const Choice &) = default;
};

// Order of rendering: title, text, fields, tables, attachments, choices, next. All texts are plain (no markup) and have
// no trailing newline. `data` is the same answer for machines: what --json prints and what the desktop reads.
struct Reply {
    Severity severity = Severity::Ok;
    QString title;
    QString text;
    QList<Field> fields;
    QList<Table> tables;
    QList<Attachment> attachments;
    QList<Choice> choices;
    QStringList next; // complete commands without the program's name: "resume-task 12"
    QJsonObject data;

    // Not empty: nothing was done yet. This reply is the preview of a dangerous command; sending the same call again
    // with this text as CommandCall::confirm does it, and is refused when the preview no longer holds.
    QString confirm;

    // This use of a command that changes things only looked (a list to choose from), so the audit trail has nothing to
    // keep. Stays within the hub.
    bool onlyLooked = false;

    friend bool operator==(const Reply &, const Reply &) = default;
};

QJsonObject toJson(const Reply &reply);
Result<Reply> replyFromJson(const QJsonObject &object);

// {"code":"not_found","message":…,"hint":…,"candidates":[…]}, as commands.md rule 9 has it.
QJsonObject toJson(const Error &error);
Error errorFromJson(const QJsonObject &object);

} // namespace hub::commands
