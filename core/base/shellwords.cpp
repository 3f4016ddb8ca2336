#include "core/base/shellwords.h"

using namespace Qt::StringLiterals;

namespace hub
{

Result<QStringList> splitWords(QStringView text)
{
    QStringList words;
    QString word;
    bool inWord = false;
    QChar quote;
    for (qsizetype i = 0; i < text.size(); ++i) {
        const QChar c = text[i];
        if (quote.isNull() && c.isSpace()) {
            if (inWord)
                words << word;
            word.clear();
            inWord = false;
            continue;
        }
        inWord = true;
        if (c == quote) {
            quote = {};
        } else if (quote.isNull() && (c == u'\'' || c == u'"')) {
            quote = c;
        } else if (c == u'\\' && quote != u'\'' && i + 1 < text.size()) {
            // Within double quotes only what would mean something there is escaped.
            const QChar next = text[i + 1];
            if (quote == u'"' && next != u'"' && next != u'\\' && next != u'$' && next != u'`')
                word += c;
            word += next;
            ++i;
        } else {
            word += c;
        }
    }
    if (!quote.isNull())
        return fail(ErrorCode::InvalidInput, u"A quote (%1) is not closed in: %2"_s.arg(quote).arg(text));
    if (inWord)
        words << word;
    return words;
}

QString joinWords(const QStringList &words)
{
    QStringList quoted;
    for (const QString &word : words) {
        bool plain = !word.isEmpty();
        for (QChar c : word)
            plain = plain && (c.isLetterOrNumber() || u"_-./=:,@%+{}"_s.contains(c));
        quoted << (plain ? word : u'\'' + QString(word).replace(u'\'', u"'\\''"_s) + u'\'');
    }
    return quoted.join(u' ');
}

} // namespace hub
