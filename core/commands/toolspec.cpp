#include "core/commands/toolspec.h"

#include "core/commands/commandspec.h"

#include <QJsonArray>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub::commands
{

namespace
{

using T = ToolValue;

constexpr ToolArgument prepareArguments[]{
    {"description"_L1, T::Text, false, "What is about to be done; the task's own description when left out"_L1},
    {"paths"_L1, T::Texts, false, "Files that will be changed; they are claimed"_L1}};
constexpr ToolArgument startArguments[]{
    {"description"_L1, T::Text, false, "What is done now; the task's own description when left out"_L1},
    {"interval_minutes"_L1, T::Number, false, "Minutes between timed checkpoints; the setting when left out"_L1}};
constexpr ToolArgument validateArguments[]{{"operation"_L1, T::Text, false, "What is about to be done"_L1},
                                           {"paths"_L1, T::Texts, false, "Files that it would change"_L1}};
constexpr ToolArgument saveArguments[]{
    {"notes"_L1, T::Text, false, "What is done and what comes next; read when the task is resumed"_L1},
    {"milestone"_L1, T::Flag, false, "Kept longer than timed checkpoints"_L1},
    {"context"_L1, T::Object, false, "Data of the agent's own, given back on resume"_L1}};
constexpr ToolArgument progressArguments[]{
    {"step"_L1, T::Text, true, "The present step, in a few words"_L1},
    {"percent"_L1, T::Number, false, "How much of the task is done, 0 to 100"_L1},
    {"notes"_L1, T::Text, false, "More about it"_L1}};
constexpr ToolArgument resumeArguments[]{
    {"checkpoint_id"_L1, T::Text, false, "The checkpoint to read; the last one when left out"_L1}};
constexpr ToolArgument rollbackArguments[]{{"limit"_L1, T::Number, false, "How many at most; 20 when left out"_L1}};
constexpr ToolArgument completeArguments[]{
    {"summary"_L1, T::Text, true, "What was done, for the person who gave the task"_L1},
    {"notes"_L1, T::Text, false, "What is left open"_L1}};
constexpr ToolArgument claimArguments[]{
    {"paths"_L1, T::Texts, true, "Files or folders, relative to the working tree"_L1},
    {"reason"_L1, T::Text, false, "What they are needed for"_L1},
    {"minutes"_L1, T::Number, false, "How long; the setting when left out"_L1}};
constexpr ToolArgument releaseArguments[]{
    {"paths"_L1, T::Texts, false, "Files or folders to give back; all when left out"_L1}};
constexpr ToolArgument decisionArguments[]{{"decision"_L1, T::Text, true, "What was decided"_L1},
                                           {"reason"_L1, T::Text, false, "Why"_L1},
                                           {"alternatives"_L1, T::Texts, false, "What else was considered"_L1}};
constexpr ToolArgument commitArguments[]{
    {"paths"_L1, T::Texts, true, "Exactly these files: all of them are committed, or none"_L1},
    {"message"_L1, T::Text, true, "The commit message"_L1}};
constexpr ToolArgument askArguments[]{
    {"action"_L1, T::Text, true, "What is to be allowed, in one sentence"_L1},
    {"kind"_L1, T::Text, false, "edit, read, build, publish, delete, sudo, secret, outside or other"_L1},
    {"reason"_L1, T::Text, false, "Why it is needed"_L1},
    {"command"_L1, T::Text, false, "The command that would run"_L1},
    {"folder"_L1, T::Text, false, "Where it would run"_L1},
    {"paths"_L1, T::Texts, false, "Files that it would change"_L1}};
constexpr ToolArgument awaitArguments[]{
    {"approval_id"_L1, T::Text, true, "The question, as request_approval named it"_L1},
    {"timeout"_L1, T::Number, false, "Seconds to wait for the answer at most; as long as it takes when left out"_L1}};

constexpr ToolSpec rows[]{
    {"prepare_for_task"_L1, "Check that work may begin and claim the files it needs"_L1, prepareArguments},
    {"start_task_with_reliability"_L1, "Begin: backup branch, baseline checkpoint, timed checkpoints"_L1,
     startArguments},
    {"validate_safe_to_proceed"_L1, "May this go on now? Every reason against it is named"_L1, validateArguments},
    {"save_checkpoint"_L1, "Save a recovery point of files and conversation"_L1, saveArguments},
    {"report_progress"_L1, "Say which step is being done"_L1, progressArguments},
    {"resume_from_checkpoint"_L1, "Read what a checkpoint kept, to go on from it; no file is changed"_L1,
     resumeArguments},
    {"get_rollback_options"_L1, "Backup branches and checkpoints that this task can go back to"_L1, rollbackArguments},
    {"complete_task_safely"_L1, "Say that the task is done: last checkpoint, claims given back"_L1, completeArguments},
    {"request_file_access"_L1, "Claim files before changing them"_L1, claimArguments},
    {"release_file_access"_L1, "Give claimed files back"_L1, releaseArguments},
    {"log_decision"_L1, "Keep a decision in the task's conversation"_L1, decisionArguments},
    {"commit_atomically"_L1, "Commit the named files, all or none, on the task's branch"_L1, commitArguments},
    {"request_approval"_L1, "Ask a person; answers at once with the question's id"_L1, askArguments},
    {"await_approval"_L1, "Wait for the answer to a question"_L1, awaitArguments},
};

QLatin1StringView expectedFor(ToolValue value)
{
    switch (value) {
    case ToolValue::Text: return "a text"_L1;
    case ToolValue::Number: return "a whole number of 0 or more"_L1;
    case ToolValue::Flag: return "true or false"_L1;
    case ToolValue::Texts: return "a list of texts"_L1;
    case ToolValue::Object: return "a JSON object"_L1;
    }
    return "a text"_L1;
}

std::optional<QJsonValue> numberFrom(const QJsonValue &value)
{
    bool ok = true;
    const double number = value.isDouble() ? value.toDouble() : double(value.toString().toLongLong(&ok));
    if (!ok || (!value.isDouble() && !value.isString()) || number < 0 || number > 9007199254740992.0 ||
        number != double(qint64(number)))
        return std::nullopt;
    return QJsonValue(qint64(number));
}

std::optional<QJsonValue> valueFrom(ToolValue kind, const QJsonValue &value)
{
    switch (kind) {
    case ToolValue::Text:
        if (value.isDouble())
            return QJsonValue(QString::number(value.toDouble(), 'g', 15));
        return value.isString() ? std::optional(value) : std::nullopt;
    case ToolValue::Number: return numberFrom(value);
    case ToolValue::Flag: {
        if (value.isBool())
            return value;
        const QString text = value.toString().toLower();
        if (text == u"true" || text == u"yes")
            return QJsonValue(true);
        return text == u"false" || text == u"no" ? std::optional(QJsonValue(false)) : std::nullopt;
    }
    case ToolValue::Texts: {
        if (value.isString())
            return QJsonValue(QJsonArray{value});
        const QJsonArray list = value.toArray();
        const bool texts =
            value.isArray() && std::all_of(list.begin(), list.end(), [](const auto &v) { return v.isString(); });
        return texts ? std::optional(value) : std::nullopt;
    }
    case ToolValue::Object: {
        if (value.isObject())
            return value;
        // From a command line an object arrives as its text.
        const QJsonDocument document = QJsonDocument::fromJson(value.toString().toUtf8());
        return document.isObject() ? std::optional(QJsonValue(document.object())) : std::nullopt;
    }
    }
    return std::nullopt;
}

} // namespace

std::span<const ToolSpec> toolTable() { return rows; }

const ToolSpec *findTool(QStringView name)
{
    for (const ToolSpec &row : rows) {
        if (sameName(row.name, name))
            return &row;
    }
    return nullptr;
}

Result<QJsonObject> checkToolArguments(const ToolSpec &spec, const QJsonObject &given)
{
    QJsonObject checked;
    for (auto it = given.begin(); it != given.end(); ++it) {
        const auto argument = std::find_if(spec.arguments.begin(), spec.arguments.end(),
                                           [&](const ToolArgument &a) { return sameName(a.name, it.key()); });
        if (argument == spec.arguments.end()) {
            QStringList names;
            for (const ToolArgument &a : spec.arguments)
                names << QString(a.name);
            return fail(ErrorCode::InvalidInput,
                        u"%1 has no argument '%2'; it takes %3.%4"_s.arg(
                            spec.name, it.key().left(80), names.join(u", "_s), didYouMean(it.key(), names)));
        }
        if (it->isNull())
            continue;
        const auto value = valueFrom(argument->value, *it);
        if (!value) {
            return fail(ErrorCode::InvalidInput,
                        u"%1: %2 takes %3."_s.arg(spec.name, argument->name, expectedFor(argument->value)));
        }
        checked[QString(argument->name)] = *value;
    }
    for (const ToolArgument &argument : spec.arguments) {
        if (argument.required && !checked.contains(QString(argument.name))) {
            return fail(ErrorCode::InvalidInput,
                        u"%1 needs %2: %3."_s.arg(spec.name, argument.name, QString(argument.description)));
        }
    }
    return checked;
}

QJsonObject toolSchema(const ToolSpec &spec)
{
    QJsonObject properties;
    QJsonArray needed;
    for (const ToolArgument &argument : spec.arguments) {
        QJsonObject property{{u"description"_s, QString(argument.description)}};
        switch (argument.value) {
        case ToolValue::Text: property[u"type"_s] = u"string"_s; break;
        case ToolValue::Number:
            property[u"type"_s] = u"integer"_s;
            property[u"minimum"_s] = 0;
            break;
        case ToolValue::Flag: property[u"type"_s] = u"boolean"_s; break;
        case ToolValue::Texts:
            property[u"type"_s] = u"array"_s;
            property[u"items"_s] = QJsonObject{{u"type"_s, u"string"_s}};
            break;
        case ToolValue::Object: property[u"type"_s] = u"object"_s; break;
        }
        properties[QString(argument.name)] = property;
        if (argument.required)
            needed << QString(argument.name);
    }
    return {{u"type"_s, u"object"_s},
            {u"properties"_s, properties},
            {u"required"_s, needed},
            {u"additionalProperties"_s, false}};
}

} // namespace hub::commands
