#include "headless/discord/customid.h"

#include "core/base/shellwords.h"
#include "core/commands/commandspec.h"
#include "headless/discord/markup.h"

#include <QDateTime>
#include <QMessageAuthenticationCode>
#include <QRandomGenerator>

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

struct ThenLetter {
    Press::Then then;
    char16_t letter;
};
constexpr ThenLetter letters[]{
    {Press::Then::Replace, u'r'}, {Press::Then::Add, u'a'}, {Press::Then::Ask, u'f'}, {Press::Then::Close, u'x'}};

constexpr qsizetype signatureLength = 12; // of 64 characters each: 72 bits
constexpr QChar keptMark = u'#';          // no command begins so
const QString confirmWord = u"@confirm="_s, askWord = u"@ask="_s;

QByteArray randomBytes(qsizetype count)
{
    QByteArray bytes(count, Qt::Uninitialized);
    for (char &byte : bytes)
        byte = char(QRandomGenerator::system()->bounded(256));
    return bytes;
}

QString base64Url(const QByteArray &bytes)
{
    return QString::fromLatin1(bytes.toBase64(QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals));
}

// A line as in a terminal, since it is short, and read again by the same table.
QString lineOf(const Press &press)
{
    QStringList words;
    if (!press.confirm.isEmpty())
        words << confirmWord + press.confirm;
    if (!press.ask.isEmpty())
        words << askWord + press.ask;
    words << press.command.split(u' ');
    for (auto option = press.options.begin(); option != press.options.end(); ++option) {
        const QJsonValue value = *option;
        words << u"--"_s + option.key()
              << (value.isBool() ? (value.toBool() ? u"yes"_s : u"no"_s) : value.toVariant().toString());
    }
    return joinWords(words);
}

Error outOfDate()
{
    return fail(ErrorCode::Refused, u"This button is out of date; nothing was done."_s,
                u"agenthubctl tasks shows how things are."_s);
}

Result<Press> pressOf(const QString &line, Press::Then then)
{
    HUB_TRY(QStringList words, splitWords(line));
    Press press{.then = then};
    while (!words.isEmpty() && words.first().startsWith(u'@')) {
        const QString word = words.takeFirst();
        if (word.startsWith(confirmWord))
            press.confirm = word.mid(confirmWord.size());
        else if (word.startsWith(askWord))
            press.ask = word.mid(askWord.size());
    }
    // Not parseCommandLine: what is to be filled in by the form is missing yet.
    const commands::CommandSpec *spec = commands::findCommand(words.value(0));
    qsizetype at = 1;
    if (!spec) {
        spec = commands::findCommand(words.value(0) + u' ' + words.value(1));
        at = 2;
    }
    if (!spec)
        return outOfDate();
    press.command = QString(spec->name);
    for (; at + 1 < words.size(); at += 2) {
        const QString name = words[at].mid(2);
        for (const commands::OptionSpec &option : spec->options) {
            if (option.name == name)
                press.options[name] = option.kind == commands::OptionKind::Flag ? QJsonValue(words[at + 1] == u"yes")
                                                                                : QJsonValue(words[at + 1]);
        }
    }
    return press;
}

} // namespace

QByteArray CustomIds::newKey() { return randomBytes(32); }

QString CustomIds::signature(const QString &text) const
{
    const QByteArray mac = QMessageAuthenticationCode::hash(text.toUtf8(), m_key, QCryptographicHash::Sha256).first(9);
    return base64Url(mac);
}

QString CustomIds::idOf(const Press &press)
{
    QString letter;
    for (const ThenLetter &row : letters) {
        if (row.then == press.then)
            letter = QChar(row.letter);
    }
    QString line = lineOf(press);
    if (1 + signatureLength + characters(line) > limit::customId) {
        const QString key = base64Url(randomBytes(12));
        remember(key, line, QDateTime::currentMSecsSinceEpoch());
        m_unkept.insert(key, line);
        line = keptMark + key;
    }
    return letter + signature(letter + line) + line;
}

Result<Press> CustomIds::read(const QString &customId) const
{
    const auto then = thenOf(customId);
    if (!then)
        return outOfDate();
    const QString line = customId.mid(1 + signatureLength);
    if (signature(customId.first(1) + line) != QStringView(customId).mid(1, signatureLength))
        return outOfDate();
    if (!line.startsWith(keptMark))
        return pressOf(line, *then);
    const auto kept = m_long.constFind(line.mid(1));
    return kept == m_long.cend() ? Result<Press>(outOfDate()) : pressOf(kept->line, *then);
}

QStringList CustomIds::forgetOld(qint64 before, const QSet<TaskId> &open)
{
    QStringList old;
    for (auto kept = m_long.begin(); kept != m_long.end();) {
        const auto press = pressOf(kept->line, Press::Then::Add);
        const auto task = press ? TaskId::parse(press->options.value(u"task_id"_s).toString()) : std::nullopt;
        if (kept->at >= before || (task && open.contains(*task))) {
            ++kept;
            continue;
        }
        old << kept.key();
        kept = m_long.erase(kept);
    }
    return old;
}

std::optional<Press::Then> CustomIds::thenOf(const QString &customId)
{
    if (customId.size() <= 1 + signatureLength)
        return std::nullopt;
    for (const ThenLetter &row : letters) {
        if (customId.front() == QChar(row.letter))
            return row.then;
    }
    return std::nullopt;
}

} // namespace hub::discord
