#include "core/base/secrettext.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub
{

namespace
{

constexpr qsizetype shortest = 6; // characters
const QByteArray mark = "[purged]";

// As the inside of a JSON string; `ascii` as writers do that trust no other letters.
QByteArray inJson(const QByteArray &utf8, bool ascii)
{
    QByteArray text = QJsonDocument(QJsonArray{QString::fromUtf8(utf8)}).toJson(QJsonDocument::Compact);
    text = text.sliced(2, text.size() - 4);
    if (!ascii)
        return text;
    QByteArray escaped;
    for (const QChar c : QString::fromUtf8(text))
        escaped += c.unicode() < 0x80 ? QByteArray(1, char(c.unicode()))
                                      : "\\u" + QByteArray::number(c.unicode(), 16).rightJustified(4, '0');
    return escaped;
}

QJsonValue markedValue(const QJsonValue &value, const SecretText &secret)
{
    if (value.isString())
        return QString::fromUtf8(secret.marked(value.toString().toUtf8()));
    if (value.isArray()) {
        QJsonArray array;
        for (const auto &item : value.toArray())
            array.append(markedValue(item, secret));
        return array;
    }
    if (value.isObject()) {
        const QJsonObject from = value.toObject();
        QJsonObject object;
        for (auto at = from.begin(); at != from.end(); ++at)
            object.insert(QString::fromUtf8(secret.marked(at.key().toUtf8())), markedValue(at.value(), secret));
        return object;
    }
    // A number that is the secret.
    const QByteArray alone = QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact);
    return secret.isIn(alone) ? QJsonValue(QString::fromLatin1(mark)) : value;
}

} // namespace

Result<SecretText> SecretText::parse(const QByteArray &utf8)
{
    const auto refuse = [](const QString &why) {
        return fail(ErrorCode::InvalidInput, why + u" Nothing was changed."_s,
                    u"Name a text of 6 characters or more that is the secret and nothing else."_s);
    };
    QByteArray plain = utf8;
    while (plain.startsWith('\n') || plain.startsWith('\r'))
        plain.remove(0, 1);
    while (plain.endsWith('\n') || plain.endsWith('\r'))
        plain.chop(1);
    if (plain.trimmed().isEmpty())
        return refuse(u"There is no text to look for."_s);
    if (plain.contains('\0'))
        return refuse(u"A text with a zero byte can't be looked for."_s);
    if (QString::fromUtf8(plain).trimmed().size() < shortest)
        return refuse(u"The text is too short: it would be found where it is no secret."_s);
    if (std::all_of(plain.begin(), plain.end(), [](char c) { return c == 'x' || c == '\n' || c == '\r'; }) ||
        mark.repeated(plain.size() / mark.size() + 2).contains(plain))
        return refuse(u"This text is what stands in place of what was erased."_s);
    SecretText secret;
    QList<QByteArray> &all = secret.m_spellings;
    all << plain;
    if (plain.contains('\n') && !plain.contains('\r'))
        all << QByteArray(plain).replace('\n', "\r\n");
    for (const QByteArray &base : QList(all)) {
        for (const bool ascii : {false, true}) {
            const QByteArray once = inJson(base, ascii);
            all << once << inJson(once, ascii);
        }
    }
    std::sort(all.begin(), all.end(), [](const QByteArray &a, const QByteArray &b) {
        return a.size() != b.size() ? a.size() > b.size() : a < b;
    });
    all.erase(std::unique(all.begin(), all.end()), all.end());
    secret.m_plain = all.indexOf(plain);
    return secret;
}

bool SecretText::isIn(QByteArrayView bytes) const
{
    return std::any_of(m_spellings.begin(), m_spellings.end(),
                       [&](const QByteArray &spelling) { return bytes.indexOf(spelling) >= 0; });
}

// Again until none is left: what was put in may make a new one with what stood around it.
template <class Make>
QByteArray SecretText::replaced(QByteArray bytes, Make make) const
{
    while (isIn(bytes)) {
        for (const QByteArray &spelling : m_spellings) {
            for (qsizetype at = 0; (at = bytes.indexOf(spelling, at)) >= 0;) {
                const QByteArray instead = make(spelling);
                bytes.replace(at, spelling.size(), instead);
                at += instead.size();
            }
        }
    }
    return bytes;
}

QByteArray SecretText::blanked(QByteArray bytes) const
{
    return replaced(std::move(bytes), [](QByteArray spelling) {
        for (char &c : spelling)
            c = c == '\n' || c == '\r' ? c : 'x';
        return spelling;
    });
}

QByteArray SecretText::marked(QByteArray bytes) const
{
    return replaced(std::move(bytes), [](const QByteArray &) { return mark; });
}

QByteArray SecretText::markedCut(const QByteArray &bytes) const
{
    QByteArray whole = marked(bytes), dots;
    for (const QByteArray &ending : {QByteArray("…"), QByteArray("...")}) {
        if (whole.endsWith(ending)) {
            dots = ending;
            whole.chop(ending.size());
            break;
        }
    }
    // Down to a length at which it would stand there by chance.
    for (qsizetype size = text().size() - 1; size >= shortest; --size) {
        if (whole.endsWith(QByteArrayView(text()).first(size)))
            return whole.chopped(size) + mark + dots;
    }
    return whole + dots;
}

QByteArray SecretText::markedJson(const QByteArray &bytes) const
{
    const QJsonDocument document = QJsonDocument::fromJson(bytes);
    if (document.isNull())
        return marked(bytes);
    const QByteArray done =
        document.isArray()
            ? QJsonDocument(markedValue(document.array(), *this).toArray()).toJson(QJsonDocument::Compact)
            : QJsonDocument(markedValue(document.object(), *this).toObject()).toJson(QJsonDocument::Compact);
    return isIn(done) ? marked(done) : done;
}

} // namespace hub
