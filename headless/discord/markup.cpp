#include "headless/discord/markup.h"

#include "core/commands/plaintext.h"

#include <QRegularExpression>

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

const QString fence = u"```"_s;

// Where the character ends at which so many of them are over.
qsizetype offsetAfter(QStringView text, int count)
{
    qsizetype at = 0;
    for (; count > 0 && at < text.size(); --count)
        at += text[at].isHighSurrogate() && at + 1 < text.size() ? 2 : 1;
    return at;
}

QString escapedPart(QStringView text)
{
    static const QString special = u"\\*_~`|<>[]()#:@"_s;
    QString out;
    for (qsizetype i = 0; i < text.size(); ++i) {
        const QChar c = text[i];
        const bool lineStart = i == 0 || text[i - 1] == u'\n';
        if (c == u'@')
            out += u"@\u200b"_s; // not a mention, also where no list of allowed ones is looked at
        else if (c == u':' && (i + 1 >= text.size() || !text[i + 1].isLetterOrNumber()))
            out += c; // no emoji begins here
        else if (special.contains(c) || (lineStart && (c == u'-' || c == u'+')))
            out += u'\\' + QString(c);
        else
            out += c;
    }
    return out;
}

// Lines of at most so many characters; a longer one is cut at a space where there is one in its second half.
QStringList linesOf(const QString &text, int most)
{
    QStringList lines;
    for (QString line : text.split(u'\n')) {
        while (characters(line) > most) {
            const qsizetype end = offsetAfter(line, most);
            const qsizetype space = line.lastIndexOf(u' ', end - 1);
            const qsizetype at = space > end / 2 ? space + 1 : end;
            lines << line.first(at);
            line = line.mid(at);
        }
        lines << line;
    }
    return lines;
}

} // namespace

int characters(QStringView text)
{
    int count = 0;
    for (qsizetype at = 0; at < text.size(); ++count)
        at += text[at].isHighSurrogate() && at + 1 < text.size() ? 2 : 1;
    return count;
}

QString cut(const QString &text, int most)
{
    if (characters(text) <= most)
        return text;
    QString begin = text.first(offsetAfter(text, most - 1));
    while (begin.endsWith(u'\\')) // an escape without what it escapes
        begin.chop(1);
    return begin + u'…';
}

QString escaped(const QString &text)
{
    static const QRegularExpression address(uR"(https?://[^\s<>()\[\]|*`]+)"_s);
    const QString plain = commands::plainText(text, commands::Lines::Many);
    QString out;
    qsizetype from = 0;
    for (auto found = address.globalMatch(plain); found.hasNext();) {
        const auto match = found.next();
        out += escapedPart(QStringView(plain).mid(from, match.capturedStart() - from)) + match.captured();
        from = match.capturedEnd();
    }
    return out + escapedPart(QStringView(plain).mid(from));
}

QString codeBlock(const QString &text, const QString &language, int most)
{
    QString inner = commands::plainText(text, commands::Lines::Many);
    inner.replace(u"``"_s, u"`\u200b`"_s); // nothing in it ends the block
    while (inner.endsWith(u'\n'))
        inner.chop(1);
    const QString head = fence + language + u'\n', tail = u'\n' + fence;
    const int room = most - characters(head) - characters(tail);
    if (room <= 0)
        return {};
    if (characters(inner) > room) {
        const qsizetype end = offsetAfter(inner, room - 2);
        const qsizetype line = inner.lastIndexOf(u'\n', end);
        inner = inner.first(line > end / 2 ? line : end) + u"\n…"_s;
    }
    return head + inner + tail;
}

QStringList pieces(const QString &markup, int most)
{
    QStringList done;
    QString piece, open; // the line that opened the block we are in
    const int closing = characters(fence) + 1;
    const auto fits = [&](const QString &line) {
        return characters(piece) + 1 + characters(line) + (open.isEmpty() ? 0 : closing) <= most;
    };
    const auto end = [&] {
        if (!open.isEmpty())
            piece += u'\n' + fence;
        if (!piece.trimmed().isEmpty())
            done << piece;
        piece = open;
    };
    for (const QString &line : linesOf(markup, most - 60)) {
        const bool turns = line.trimmed().startsWith(fence) && !line.trimmed().mid(fence.size()).contains(fence);
        const bool closes = turns && !open.isEmpty();
        if (!piece.isEmpty() && !closes && !fits(line))
            end();
        piece += (piece.isEmpty() ? QString() : u"\n"_s) + line;
        if (turns)
            open = closes ? QString() : cut(line.trimmed(), 40);
    }
    end();
    return done;
}

} // namespace hub::discord
