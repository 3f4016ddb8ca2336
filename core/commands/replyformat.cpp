#include "core/commands/replyformat.h"

#include "core/commands/plaintext.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub::commands
{

namespace
{

constexpr int gap = 2;       // spaces between columns
constexpr int narrowest = 6; // a column is not cut below this

QString painted(const QString &text, QLatin1StringView code, const TextFormat &format)
{
    if (!format.colour || text.isEmpty())
        return text;
    return u"\x1b[%1m%2\x1b[0m"_s.arg(code, text);
}

QLatin1StringView colourOf(Severity severity)
{
    switch (severity) {
    case Severity::Ok: return "1;32"_L1;
    case Severity::Info: return "1"_L1;
    case Severity::Warning: return "1;33"_L1;
    case Severity::Error: return "1;31"_L1;
    }
    return "1"_L1;
}

// Takes from the widest column, one step at a time, until the line fits.
void shrink(QList<int> &widths, int available)
{
    const auto total = [&] {
        int sum = int(widths.size() - 1) * gap;
        for (const int width : widths)
            sum += width;
        return sum;
    };
    while (total() > available) {
        const auto widest = std::max_element(widths.begin(), widths.end());
        if (*widest <= narrowest)
            return;
        --*widest;
    }
}

QString line(const QStringList &cells, const QList<int> &widths)
{
    QString text;
    for (qsizetype i = 0; i < cells.size(); ++i) {
        const QString cell = fitted(cells[i], widths[i]);
        text += cell;
        if (i + 1 < cells.size())
            text += QString(widths[i] - displayWidth(cell) + gap, u' ');
    }
    while (text.endsWith(u' '))
        text.chop(1);
    return text + u'\n';
}

QList<int> widthsOf(const QList<QStringList> &rows, int available)
{
    qsizetype columns = 0;
    for (const QStringList &row : rows)
        columns = std::max(columns, row.size());
    QList<int> widths(columns, 0);
    for (const QStringList &row : rows) {
        for (qsizetype i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], displayWidth(row[i]));
    }
    if (available > 0)
        shrink(widths, available);
    return widths;
}

QStringList plainCells(const QStringList &cells)
{
    QStringList plain;
    for (const QString &cell : cells)
        plain << plainText(cell, Lines::One);
    return plain;
}

QString tableText(const Table &table, const TextFormat &format)
{
    QString text;
    if (!table.title.isEmpty())
        text += painted(plainText(table.title, Lines::One), "1"_L1, format) + u'\n';
    if (table.rows.isEmpty())
        return text + (table.whenEmpty.isEmpty() ? QString() : plainText(table.whenEmpty, Lines::Many) + u'\n');
    QList<QStringList> rows;
    if (!table.columns.isEmpty()) {
        QStringList header = plainCells(table.columns);
        for (QString &name : header)
            name = name.toUpper();
        rows << header;
    }
    for (const QStringList &row : table.rows)
        rows << plainCells(row);
    const QList<int> widths = widthsOf(rows, format.width);
    for (qsizetype i = 0; i < rows.size(); ++i) {
        const QString row = line(rows[i], widths);
        const bool header = i == 0 && !table.columns.isEmpty();
        text += header ? painted(row.chopped(1), "2"_L1, format) + u'\n' : row;
    }
    return text;
}

QString diffText(const QString &plain, const TextFormat &format)
{
    QString text;
    for (const QStringView row : QStringView(plain).split(u'\n')) {
        const bool header = row.startsWith(u"+++") || row.startsWith(u"---") || row.startsWith(u"diff ");
        const QLatin1StringView code = header                  ? "1"_L1
                                       : row.startsWith(u'+')  ? "32"_L1
                                       : row.startsWith(u'-')  ? "31"_L1
                                       : row.startsWith(u"@@") ? "36"_L1
                                                               : ""_L1;
        text += (code.isEmpty() ? row.toString() : painted(row.toString(), code, format)) + u'\n';
    }
    return text;
}

QString attachmentText(const Attachment &attachment, const TextFormat &format)
{
    const QString name = plainText(attachment.fileName, Lines::One);
    if (!isText(attachment))
        return u"%1 (%2 bytes; its content comes with --json)\n"_s.arg(name, QString::number(attachment.bytes.size()));
    QString text = plainText(QString::fromUtf8(attachment.bytes), Lines::Many);
    while (text.endsWith(u'\n'))
        text.chop(1);
    return name.endsWith(u".diff") ? diffText(text, format) : text + u'\n';
}

QString fieldsText(const QList<Field> &fields, const TextFormat &format)
{
    int width = 0;
    for (const Field &field : fields)
        width = std::max(width, displayWidth(plainText(field.name, Lines::One)) + 1);
    QString text;
    for (const Field &field : fields) {
        const QString name = plainText(field.name, Lines::One) + u':';
        QString value = plainText(field.value, Lines::Many);
        value.replace(u'\n', u'\n' + QString(width + gap, u' '));
        text += painted(name, "2"_L1, format) + QString(width - displayWidth(name) + gap, u' ') + value + u'\n';
    }
    return text;
}

// Numbered, as the terminal asks for them.
QString choicesText(const QList<Choice> &choices, const TextFormat &format)
{
    QString text;
    int number = 0;
    for (const Choice &choice : choices) {
        text += u"  %1  %2"_s.arg(QString::number(++number), plainText(choice.label, Lines::One));
        if (!choice.command.isEmpty())
            text += u": "_s + painted(format.program + u' ' + plainText(choice.command, Lines::One), "36"_L1, format);
        text += u'\n';
    }
    return text;
}

} // namespace

QString alignedColumns(const QList<QStringList> &rows, int width)
{
    const QList<int> widths = widthsOf(rows, width);
    QString text;
    for (const QStringList &row : rows)
        text += line(row, widths);
    return text;
}

QString toText(const Reply &reply, const TextFormat &format)
{
    QStringList blocks;
    QString head;
    if (!reply.title.isEmpty())
        head += painted(plainText(reply.title, Lines::One), colourOf(reply.severity), format) + u'\n';
    if (!reply.text.isEmpty())
        head += plainText(reply.text, Lines::Many) + u'\n';
    blocks << head << fieldsText(reply.fields, format);
    for (const Table &table : reply.tables)
        blocks << tableText(table, format);
    for (const Attachment &attachment : reply.attachments)
        blocks << attachmentText(attachment, format);
    blocks << choicesText(reply.choices, format);
    QString next;
    for (const QString &command : reply.next) {
        const QString complete = format.program + u' ' + plainText(command, Lines::One);
        next += (next.isEmpty() ? u"Next: "_s : u"      "_s) + painted(complete, "36"_L1, format) + u'\n';
    }
    blocks << next;
    blocks.removeAll(QString());
    return blocks.join(u'\n');
}

QString toText(const Error &error, const TextFormat &format)
{
    QString text = painted(plainText(error.message, Lines::Many), "31"_L1, format) + u'\n';
    for (const QString &candidate : error.candidates)
        text += u"  - "_s + plainText(candidate, Lines::One) + u'\n';
    if (!error.hint.isEmpty())
        text += u"  "_s + plainText(error.hint, Lines::Many).replace(u'\n', u"\n  "_s) + u'\n';
    return text;
}

} // namespace hub::commands
