// INTERACTION_CREATE as a value: a command, a press of a button, a choice, a filled form, or an option being typed.
// Pure; any thread.
#pragma once

#include "core/base/result.h"
#include "headless/discord/access.h"

#include <QJsonObject>

namespace hub::discord
{

struct Interaction {
    enum class Type { Command = 2, Component = 3, Autocomplete = 4, Form = 5 };

    Type type = Type::Command;
    QString id;
    QString token;       // a secret for fifteen minutes: never logged
    QString application; // number
    QString channel;
    bool inThread = false;
    QString locale;
    Member member;

    // Of a command, and of one whose option is being typed.
    QString command;     // "rollback show"
    QJsonObject options; // by name; strings, numbers, booleans
    QString focused;     // the option being typed, of Type::Autocomplete
    QJsonArray files;    // attached to a command, as Discord describes them; the option has the file's name

    // Of a component or a form.
    QString customId;
    QStringList values; // what was chosen
    QString message;    // number of the message that holds the component; empty: none
    QJsonObject fields; // of a form, by the inputs' custom_id

    qint64 attachmentLimit = 10 * 1024 * 1024; // bytes of one file, in this place

    // InvalidInput for what can't be answered: without id or token, of a type that nobody knows.
    static Result<Interaction> fromJson(const QJsonObject &event);
};

} // namespace hub::discord
