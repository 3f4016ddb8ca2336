#include "core/commands/plaintext.h"

#include <QJsonDocument>

#include <iterator>

using namespace Qt::StringLiterals;

namespace hub::commands
{

namespace
{

// Marks, embeddings, overrides and isolates of the bidirectional algorithm: they can make a command read differently
// from what it is.
bool turnsDirection(char32_t c)
{
    return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

bool isSeparator(char32_t c) { return c == 0x2028 || c == 0x2029; }

bool isUnsafe(char32_t c) { return c < 0x20 || (c >= 0x7f && c < 0xa0) || turnsDirection(c) || isSeparator(c); }

char32_t nextCharacter(QStringView text, qsizetype &i)
{
    const QChar first = text[i++];
    if (first.isHighSurrogate() && i < text.size() && text[i].isLowSurrogate())
        return QChar::surrogateToUcs4(first, text[i++]);
    return first.isSurrogate() ? U'\ufffd' : char32_t(first.unicode());
}

bool isWide(char32_t c)
{
    struct Range {
        char32_t first, last;
    };
    // East Asian Wide and Fullwidth, and the emoji that terminals draw in two columns.
    static constexpr Range ranges[]{
        {0x1100, 0x115f},   {0x231a, 0x231b},   {0x23e9, 0x23ec},   {0x23f0, 0x23f0},   {0x25fd, 0x25fe},
        {0x2614, 0x2615},   {0x2648, 0x2653},   {0x26a1, 0x26a1},   {0x26d4, 0x26d4},   {0x2705, 0x2705},
        {0x270a, 0x270b},   {0x2728, 0x2728},   {0x274c, 0x274c},   {0x2753, 0x2755},   {0x2757, 0x2757},
        {0x2795, 0x2797},   {0x2e80, 0x303e},   {0x3041, 0x33ff},   {0x3400, 0x4dbf},   {0x4e00, 0x9fff},
        {0xa000, 0xa4cf},   {0xa960, 0xa97f},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},
        {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f18e},
        {0x1f191, 0x1f19a}, {0x1f200, 0x1f265}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f7e0, 0x1f7eb},
        {0x1f900, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x3fffd}};
    for (const Range &range : ranges) {
        if (c < range.first)
            return false;
        if (c <= range.last)
            return true;
    }
    return false;
}

int widthOf(char32_t c)
{
    switch (QChar::category(c)) {
    case QChar::Mark_NonSpacing:
    case QChar::Mark_Enclosing:
    case QChar::Other_Format: return 0;
    default: return isWide(c) ? 2 : 1;
    }
}

} // namespace

QString plainText(QStringView text, Lines lines)
{
    QString plain;
    plain.reserve(text.size());
    for (qsizetype i = 0; i < text.size();) {
        const char32_t c = nextCharacter(text, i);
        if (c == U'\n' && lines == Lines::Many)
            plain += u'\n';
        else if (c == U'\n' || isSeparator(c))
            plain += u'⏎';
        else if (c == U'\r' && i < text.size() && text[i] == u'\n')
            continue; // a Windows line end: the line feed says it
        else if (c == U'\t')
            plain += u"    "_s;
        else if (c < 0x20)
            plain += QChar(char16_t(0x2400 + c));
        else if (c == 0x7f)
            plain += u'\u2421';
        else if (isUnsafe(c))
            plain += u"<U+%1>"_s.arg(uint(c), 4, 16, QChar(u'0')).toUpper();
        else
            plain += QChar::fromUcs4(c);
    }
    return plain;
}

QByteArray plainJson(const QJsonObject &object)
{
    const QString text = QString::fromUtf8(QJsonDocument(object).toJson(QJsonDocument::Indented));
    QString plain;
    plain.reserve(text.size());
    for (const QChar c : text) {
        // Below 0x20 only the indentation's line ends are left: QJson escapes the others itself.
        if (c != u'\n' && isUnsafe(c.unicode()))
            plain += u"\\u%1"_s.arg(uint(c.unicode()), 4, 16, QChar(u'0'));
        else
            plain += c;
    }
    return plain.toUtf8();
}

int displayWidth(QStringView text)
{
    int width = 0;
    for (qsizetype i = 0; i < text.size();)
        width += widthOf(nextCharacter(text, i));
    return width;
}

QString fitted(const QString &text, int width)
{
    if (displayWidth(text) <= width)
        return text;
    int used = 0;
    qsizetype end = 0;
    for (qsizetype i = 0; i < text.size(); end = i) {
        const int next = widthOf(nextCharacter(text, i));
        if (used + next > width - 1)
            break;
        used += next;
    }
    return text.first(end) + u'…';
}

} // namespace hub::commands
