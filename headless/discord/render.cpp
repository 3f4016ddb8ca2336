#include "headless/discord/render.h"

#include "core/base/log.h"
#include "core/commands/plaintext.h"
#include "core/commands/replyformat.h"
#include "headless/discord/buttons.h"
#include "headless/discord/markup.h"
#include "headless/discord/nextstep.h"

#include <QRegularExpression>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub::discord
{

using commands::Attachment;
using commands::Field;
using commands::Reply;
using commands::Severity;
using commands::Table;

namespace
{

constexpr int textRoom = 2000, fieldsRoom = 2400, excerptRoom = 1500;
constexpr int mostLine = 600;
constexpr qsizetype mostRead = 8000; // of a text; more of it could not be shown
constexpr int phoneWidth = 42;       // columns of a block of code that a phone shows without breaking lines
constexpr qint64 requestLimit = 25 << 20;

int colourOf(Severity severity)
{
    switch (severity) {
    case Severity::Ok: return 0x2e9e5b;
    case Severity::Info: return 0x4a7bd0;
    case Severity::Warning: return 0xd9a514;
    case Severity::Error: return 0xd0433b;
    }
    return 0;
}

QString fileName(const QString &name)
{
    QString safe = name.right(80);
    safe.replace(QRegularExpression(u"[^A-Za-z0-9._-]"_s), u"_"_s);
    return safe.isEmpty() ? u"file"_s : safe;
}

// Composes one message and keeps count of what it holds.
class Composer
{
public:
    explicit Composer(const RenderContext &context)
        : m_context(context)
    {
    }

    void addTitle(const QString &title)
    {
        // Many of a hub's titles are short sentences; all of one stands in the text where it is too long.
        m_title = cut(escaped(title.simplified()), limit::title);
        m_used += characters(m_title);
        if (characters(title) > limit::title)
            m_cut = true;
    }

    void addText(const QString &text, bool newestLast)
    {
        m_cut = m_cut || text.size() > mostRead;
        const QStringList parts =
            pieces(sentence(newestLast ? text.right(mostRead) : text.left(mostRead)), textRoom - 2);
        if (parts.isEmpty())
            return;
        m_cut = m_cut || parts.size() > 1;
        m_text = newestLast ? parts.last() : parts.first();
        if (parts.size() > 1)
            m_text = newestLast ? u"…\n"_s + m_text : m_text + u"\n…"_s;
        m_used += characters(m_text);
    }

    void addFields(const QList<Field> &fields)
    {
        int room = fieldsRoom;
        for (const Field &field : fields) {
            QString name = cut(escaped(field.name.simplified()), limit::fieldName);
            const QString whole = sentence(field.value.trimmed());
            QString value = cut(whole, limit::fieldValue);
            if (name.trimmed().isEmpty())
                name = u"\u200b"_s;
            if (value.trimmed().isEmpty())
                value = u"–"_s;
            m_cut = m_cut || characters(whole) > limit::fieldValue;
            const int size = characters(name) + characters(value);
            if (m_fields.size() == limit::fields || size > room) {
                m_cut = true;
                break;
            }
            room -= size;
            m_used += size;
            m_fields.append(QJsonObject{
                {u"name"_s, name}, {u"value"_s, value}, {u"inline"_s, characters(field.value) <= phoneWidth / 2}});
        }
    }

    void addTable(const Table &table)
    {
        QStringList lines;
        if (!table.title.isEmpty())
            lines << u"**"_s + escaped(table.title) + u"**"_s;
        if (table.rows.isEmpty()) {
            if (!table.whenEmpty.isEmpty())
                addBody((lines << sentence(table.whenEmpty)).join(u'\n'));
            return;
        }
        const QString block = commands::alignedColumns(plainRows(table), 0);
        if (isNarrow(block)) {
            const int room = roomInBody() - characters(lines.join(u'\n')) - 2;
            const QString code = codeBlock(block, {}, std::max(room, 0));
            m_cut = m_cut || code.count(u'\n') < block.count(u'\n') + 1;
            addBody((lines << code).join(u'\n'));
            return;
        }
        for (const QStringList &row : table.rows) {
            QStringList cells;
            for (qsizetype i = 0; i < row.size(); ++i) {
                const QString text = row[i].simplified();
                if (text.isEmpty() || text == u"-")
                    continue;
                cells << (cells.isEmpty() ? u"**"_s + escaped(text) + u"**"_s : named(text, table.columns.value(i)));
            }
            lines << cells.join(u" · "_s);
        }
        addLines(lines);
    }

    // A text also shows how it begins; a picture shows itself.
    void addAttachment(const Attachment &attachment)
    {
        const QString name = fileName(attachment.fileName);
        if (!attach(name, attachment.bytes)) {
            const int megabytes = int((attachment.bytes.size() >> 20) + 1);
            addBody(escaped(u"%1 has %2 MB, more than Discord takes. A terminal at the hub's machine shows it whole."_s
                                .arg(attachment.fileName)
                                .arg(megabytes)));
        } else if (name.endsWith(u".png")) {
            m_picture = name;
        }
        if (!commands::isText(attachment) || attachment.bytes.isEmpty())
            return;
        const int room = std::min(roomInBody() - 2, excerptRoom);
        const QString language = name.endsWith(u".diff") ? u"diff"_s : QString();
        const QString begin =
            QString::fromUtf8(attachment.bytes.first(std::min<qsizetype>(excerptRoom * 4, attachment.bytes.size())));
        if (room > 80)
            addBody(codeBlock(begin, language, room));
    }

    void addNext(const QStringList &lines)
    {
        QStringList typed;
        for (const QString &line : lines) {
            if (!nextStep(line))
                typed << u'`' + QString(asTyped(line)).remove(u'`') + u'`';
        }
        if (!typed.isEmpty())
            addBody(u"Next: "_s + typed.join(u", "_s));
    }

    bool isCut() const { return m_cut; }

    bool attach(const QString &name, const QByteArray &bytes)
    {
        qint64 total = bytes.size();
        for (const RestFile &file : m_files)
            total += file.bytes.size();
        if (bytes.size() > m_context.fileLimit || total > requestLimit - (1 << 20) || m_files.size() == limit::files)
            return false;
        m_files << RestFile{name, bytes};
        return true;
    }

    MessageBody body(Severity severity, const QJsonArray &components) const
    {
        QJsonObject first{{u"color"_s, colourOf(severity)}};
        if (!m_title.isEmpty())
            first[u"title"_s] = m_title;
        if (!m_text.isEmpty())
            first[u"description"_s] = m_text;
        if (!m_fields.isEmpty())
            first[u"fields"_s] = m_fields;
        QJsonArray embeds;
        if (first.size() > 1)
            embeds.append(first);
        if (!m_body.isEmpty() || embeds.isEmpty())
            embeds.append(QJsonObject{{u"color"_s, colourOf(severity)},
                                      {u"description"_s, m_body.isEmpty() ? u"Done."_s : m_body}});
        QJsonObject last = embeds.last().toObject();
        last[u"timestamp"_s] = toIso(m_context.now);
        if (!m_context.footer.isEmpty())
            last[u"footer"_s] = QJsonObject{{u"text"_s, footer()}};
        if (!m_picture.isEmpty())
            last[u"image"_s] = QJsonObject{{u"url"_s, u"attachment://"_s + m_picture}};
        embeds.replace(embeds.size() - 1, last);
        QJsonArray attachments;
        for (qsizetype i = 0; i < m_files.size(); ++i)
            attachments.append(QJsonObject{{u"id"_s, i}, {u"filename"_s, m_files[i].name}});
        return {{{u"content"_s, QString()},
                 {u"embeds"_s, embeds},
                 {u"components"_s, components},
                 {u"attachments"_s, attachments},
                 {u"allowed_mentions"_s, QJsonObject{{u"parse"_s, QJsonArray()}}}},
                m_files};
    }

private:
    QString footer() const { return cut(commands::plainText(m_context.footer, commands::Lines::One), 200); }
    int roomInBody() const
    {
        const int left = limit::embedTotal - m_used - characters(m_body) - characters(footer()) - 20;
        return std::min(left, limit::description - characters(m_body) - 20);
    }

    void addBody(const QString &markup)
    {
        if (markup.isEmpty())
            return;
        if (characters(markup) + 2 > roomInBody()) {
            m_cut = true;
            return;
        }
        m_body += (m_body.isEmpty() ? QString() : u"\n"_s) + markup;
    }

    void addLines(const QStringList &lines)
    {
        for (qsizetype i = 0; i < lines.size(); ++i) {
            if (characters(lines[i]) + 30 > roomInBody()) {
                m_cut = true;
                addBody(u"… %1 more"_s.arg(lines.size() - i));
                return;
            }
            m_cut = m_cut || characters(lines[i]) > mostLine;
            addBody(cut(lines[i], mostLine));
        }
    }

    static QList<QStringList> plainRows(const Table &table)
    {
        QList<QStringList> rows;
        if (table.columns.size() > 1)
            rows << table.columns;
        rows << table.rows;
        for (QStringList &row : rows) {
            for (QString &cell : row)
                cell = commands::plainText(cell, commands::Lines::One);
        }
        return rows;
    }
    // A bare number says nothing without its column: "lowest 58 %", "would change nothing"; but "0 %".
    static QString named(const QString &text, const QString &column)
    {
        const bool number =
            text.front().isDigit() && text.size() <= 8 && !text.contains(u'/') && !text.endsWith(u"ago");
        const bool bare = number || text == u"nothing";
        if (!bare || column.isEmpty())
            return escaped(text);
        return column.front().isLetter() ? escaped(column + u' ' + text) : escaped(text + u' ' + column);
    }
    static bool isNarrow(const QString &block)
    {
        const QStringList lines = block.split(u'\n');
        return std::all_of(lines.begin(), lines.end(),
                           [](const QString &line) { return commands::displayWidth(line) <= phoneWidth; });
    }

    const RenderContext &m_context;
    QString m_title, m_text, m_body, m_picture;
    QJsonArray m_fields;
    QList<RestFile> m_files;
    int m_used = 0; // characters of the first embed
    bool m_cut = false;
};

// Agents ask, say and write what they like, and a channel has many readers.
Reply withoutSecrets(Reply reply, qint64 fileLimit)
{
    reply.title = redactSecrets(reply.title);
    reply.text = redactSecrets(reply.text);
    for (Field &field : reply.fields)
        field.value = redactSecrets(field.value);
    for (Table &table : reply.tables) {
        for (QStringList &row : table.rows) {
            for (QString &cell : row)
                cell = redactSecrets(cell);
        }
    }
    for (Attachment &attachment : reply.attachments) {
        if (commands::isText(attachment) && attachment.bytes.size() <= fileLimit)
            attachment.bytes = redactSecrets(QString::fromUtf8(attachment.bytes)).toUtf8();
    }
    return reply;
}

} // namespace

MessageBody render(const Reply &full, RenderContext context)
{
    const Reply reply = withoutSecrets(full, context.fileLimit);
    Composer composer(context);
    composer.addTitle(reply.title);
    composer.addText(reply.text, context.call.command == u"task-log");
    composer.addFields(reply.fields);
    for (const Table &table : reply.tables)
        composer.addTable(table);
    for (const Attachment &attachment : reply.attachments)
        composer.addAttachment(attachment);
    composer.addNext(reply.next);
    if (composer.isCut()) {
        Reply whole = reply;
        whole.attachments.clear();
        whole.choices.clear();
        whole.next.clear();
        QString name = context.call.command.isEmpty() ? u"answer"_s : context.call.command;
        composer.attach(fileName(name.replace(u' ', u'-') + u".txt"_s), commands::toText(whole, {}).toUtf8());
    }
    return composer.body(reply.severity, buttonsOf(reply, context));
}

MessageBody render(const Error &error, RenderContext context)
{
    Composer composer(context);
    const bool hasButton = error.hint.startsWith(u"agenthubctl "_s) && nextStep(error.hint.mid(12));
    QString text = redactSecrets(error.message);
    if (error.code == ErrorCode::Ambiguous) {
        for (const QString &candidate : error.candidates.mid(0, limit::selectOptions))
            text += u"\n• "_s + candidate;
    }
    if (!error.hint.isEmpty() && !hasButton && error.code != ErrorCode::Ambiguous)
        text += u"\n\n"_s + redactSecrets(error.hint);
    composer.addText(text, false);
    const bool asks = error.code == ErrorCode::Ambiguous || error.code == ErrorCode::NeedsConfirmation;
    return composer.body(asks                               ? Severity::Info
                         : error.code == ErrorCode::Refused ? Severity::Warning
                                                            : Severity::Error,
                         buttonsOf(error, context));
}

MessageBody renderLine(const QString &text)
{
    return {{{u"content"_s, cut(sentence(text), limit::content)},
             {u"embeds"_s, QJsonArray()},
             {u"components"_s, QJsonArray()},
             {u"attachments"_s, QJsonArray()},
             {u"allowed_mentions"_s, QJsonObject{{u"parse"_s, QJsonArray()}}}}};
}

} // namespace hub::discord
