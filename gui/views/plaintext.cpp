#include "gui/views/plaintext.h"

#include <QRegularExpression>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub::gui
{

namespace
{

// Embeddings, overrides and isolates: they let a line read otherwise than it is.
bool turnsText(char16_t c) { return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069); }

bool isPlain(char16_t c)
{
    if (c < 0x20)
        return c == u'\n' || c == u'\t';
    return !(c >= 0x7F && c <= 0x9F) && c != 0x2028 && c != 0x2029 && !turnsText(c);
}

// Behind an escape sequence that begins at `at`: CSI … letter, OSC … BEL or ST, or two characters. A sequence that does
// not end is no longer than its line.
qsizetype behindEscape(QStringView text, qsizetype at)
{
    const qsizetype size = text.size();
    char16_t kind;
    qsizetype i = at + 1;
    if (text[at] == QChar(0x9B)) {
        kind = u'[';
    } else {
        if (i >= size)
            return size;
        kind = text[i++].unicode();
    }
    if (kind == u'[') {
        while (i < size && text[i].unicode() >= 0x20 && text[i].unicode() < 0x40)
            ++i;
        return i < size && text[i].unicode() >= 0x40 && text[i].unicode() < 0x7F ? i + 1 : i;
    }
    if (kind == u']' || kind == u'P' || kind == u'^' || kind == u'_') {
        for (; i < size && text[i] != u'\n'; ++i) {
            if (text[i] == QChar(0x07))
                return i + 1;
            if (text[i] == QChar(0x1B))
                return std::min(i + 2, size);
        }
        return i;
    }
    while (kind >= 0x20 && kind < 0x30 && i < size) // a character set: one more character
        kind = text[i++].unicode();
    return kind == u'\n' ? i - 1 : i;
}

} // namespace

QString plainText(const QString &text)
{
    const auto *data = text.utf16();
    const qsizetype size = text.size();
    qsizetype i = std::find_if_not(data, data + size, isPlain) - data;
    if (i == size)
        return text;
    QString plain;
    plain.reserve(size);
    plain.append(QStringView(text).first(i));
    while (i < size) {
        const char16_t c = data[i];
        if (isPlain(c)) {
            const qsizetype end = std::find_if_not(data + i, data + size, isPlain) - data;
            plain.append(QStringView(text).mid(i, end - i));
            i = end;
        } else if (c == 0x1B || c == 0x9B) {
            i = behindEscape(text, i);
        } else if (c == u'\r') {
            if (i + 1 >= size || data[i + 1] != u'\n')
                plain.append(u'\n');
            ++i;
        } else {
            plain.append(c == 0x2028 || c == 0x2029 || c == 0x85 ? QChar(u'\n') : QChar(QChar::ReplacementCharacter));
            ++i;
        }
    }
    return plain;
}

QList<TextLink> linksIn(const QString &text)
{
    QList<TextLink> links;
    if (!text.contains("://"_L1))
        return links;
    static const QRegularExpression pattern(uR"(\bhttps?://[^\s<>"'`|\\^{}]+)"_s,
                                            QRegularExpression::CaseInsensitiveOption);
    for (auto it = pattern.globalMatch(text); it.hasNext();) {
        const QRegularExpressionMatch match = it.next();
        QStringView found = match.capturedView();
        const auto isTail = [&found] {
            const QChar last = found.back();
            return u".,;:!?*_"_s.contains(last) || (last == u')' && found.count(u'(') < found.count(u')')) ||
                   (last == u']' && found.count(u'[') < found.count(u']'));
        };
        while (!found.isEmpty() && isTail())
            found.chop(1);
        const QUrl url(found.toString(), QUrl::StrictMode);
        if (url.isValid() && !url.host().isEmpty())
            links.append({match.capturedStart(), found.size(), url});
    }
    return links;
}

} // namespace hub::gui
