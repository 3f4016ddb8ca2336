#include "core/commands/reply.h"

#include "core/base/errortexts.h"

#include <QJsonArray>

using namespace Qt::StringLiterals;

namespace hub::commands
{

namespace
{

constexpr EnumText<Severity> severityTexts[]{{Severity::Ok, "ok"_L1},
                                             {Severity::Info, "info"_L1},
                                             {Severity::Warning, "warning"_L1},
                                             {Severity::Error, "error"_L1}};

QStringList stringsFrom(const QJsonValue &value)
{
    QStringList texts;
    for (const QJsonValue &item : value.toArray())
        texts << item.toString();
    return texts;
}

QJsonObject tableJson(const Table &table)
{
    QJsonArray rows;
    for (const QStringList &row : table.rows)
        rows << QJsonArray::fromStringList(row);
    QJsonObject object{{u"columns"_s, QJsonArray::fromStringList(table.columns)}, {u"rows"_s, rows}};
    if (!table.title.isEmpty())
        object[u"title"_s] = table.title;
    if (!table.whenEmpty.isEmpty())
        object[u"when_empty"_s] = table.whenEmpty;
    return object;
}

Table tableFrom(const QJsonObject &object)
{
    Table table{
        object[u"title"_s].toString(), stringsFrom(object[u"columns"_s]), {}, object[u"when_empty"_s].toString()};
    for (const QJsonValue &row : object[u"rows"_s].toArray())
        table.rows << stringsFrom(row);
    return table;
}

} // namespace

bool isText(const Attachment &attachment)
{
    const QString &name = attachment.fileName;
    return name.endsWith(u".diff") || name.endsWith(u".txt") || name.endsWith(u".log") || name.endsWith(u".md");
}

QJsonArray toJson(const QList<Attachment> &attachments)
{
    QJsonArray array;
    for (const Attachment &attachment : attachments)
        array << QJsonObject{{u"file_name"_s, attachment.fileName},
                             {u"base64"_s, QString::fromLatin1(attachment.bytes.toBase64())}};
    return array;
}

Result<QList<Attachment>> attachmentsFromJson(const QJsonArray &array)
{
    QList<Attachment> attachments;
    for (const QJsonValue &item : array) {
        const auto decoded = QByteArray::fromBase64Encoding(item[u"base64"_s].toString().toLatin1(),
                                                            QByteArray::AbortOnBase64DecodingErrors);
        if (!decoded)
            return fail(ErrorCode::Corrupt,
                        u"the attachment '%1' is not base64"_s.arg(item[u"file_name"_s].toString()));
        attachments << Attachment{item[u"file_name"_s].toString(), *decoded};
    }
    return attachments;
}

QJsonObject toJson(const Reply &reply)
{
    // What is empty is left out, so that scripts and logs see only what was said.
    QJsonObject object{{u"severity"_s, textOf(severityTexts, reply.severity)}};
    if (!reply.title.isEmpty())
        object[u"title"_s] = reply.title;
    if (!reply.text.isEmpty())
        object[u"text"_s] = reply.text;
    if (!reply.fields.isEmpty()) {
        QJsonArray fields;
        for (const Field &field : reply.fields)
            fields << QJsonObject{{u"name"_s, field.name}, {u"value"_s, field.value}};
        object[u"fields"_s] = fields;
    }
    if (!reply.tables.isEmpty()) {
        QJsonArray tables;
        for (const Table &table : reply.tables)
            tables << tableJson(table);
        object[u"tables"_s] = tables;
    }
    if (!reply.attachments.isEmpty())
        object[u"attachments"_s] = toJson(reply.attachments);
    if (!reply.choices.isEmpty()) {
        QJsonArray choices;
        for (const Choice &choice : reply.choices)
            choices << QJsonObject{{u"label"_s, choice.label}, {u"command"_s, choice.command}};
        object[u"choices"_s] = choices;
    }
    if (!reply.next.isEmpty())
        object[u"next"_s] = QJsonArray::fromStringList(reply.next);
    if (!reply.data.isEmpty())
        object[u"data"_s] = reply.data;
    if (!reply.confirm.isEmpty())
        object[u"confirm"_s] = reply.confirm;
    return object;
}

Result<Reply> replyFromJson(const QJsonObject &object)
{
    Reply reply;
    HUB_TRY(reply.severity, enumFromText(severityTexts, object[u"severity"_s].toString(), u"severity"));
    reply.title = object[u"title"_s].toString();
    reply.text = object[u"text"_s].toString();
    for (const QJsonValue &field : object[u"fields"_s].toArray())
        reply.fields << Field{field[u"name"_s].toString(), field[u"value"_s].toString()};
    for (const QJsonValue &table : object[u"tables"_s].toArray())
        reply.tables << tableFrom(table.toObject());
    HUB_TRY(reply.attachments, attachmentsFromJson(object[u"attachments"_s].toArray()));
    for (const QJsonValue &choice : object[u"choices"_s].toArray())
        reply.choices << Choice{choice[u"label"_s].toString(), choice[u"command"_s].toString()};
    reply.next = stringsFrom(object[u"next"_s]);
    reply.data = object[u"data"_s].toObject();
    reply.confirm = object[u"confirm"_s].toString();
    return reply;
}

QJsonObject toJson(const Error &error)
{
    return {{u"code"_s, textOf(errorCodeTexts, error.code)},
            {u"message"_s, error.message},
            {u"hint"_s, error.hint},
            {u"candidates"_s, QJsonArray::fromStringList(error.candidates)}};
}

Error errorFromJson(const QJsonObject &object)
{
    // A code that this version does not know is still an error, with the sentence that came with it.
    const auto code = enumFromText(errorCodeTexts, object[u"code"_s].toString(), u"error code");
    return {code.valueOr(ErrorCode::Internal), object[u"message"_s].toString(), object[u"hint"_s].toString(),
            stringsFrom(object[u"candidates"_s])};
}

} // namespace hub::commands
