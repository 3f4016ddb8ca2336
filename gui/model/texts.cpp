#include "gui/model/texts.h"

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>

using namespace Qt::StringLiterals;

namespace hub::gui
{

namespace
{

QJsonObject texts;

QString textOf(const QString &section, QAnyStringView key, const QString &english)
{
    return texts[section].toObject().value(key.toString()).toString(english);
}

QString words(QLatin1StringView name) { return QString(name).replace(u'_', u' '); }

} // namespace

void setCommandLanguage(const QString &name)
{
    QFile file(u":/window/%1.json"_s.arg(QString(name).replace(u'_', u'-')));
    texts = file.open(QIODevice::ReadOnly) ? QJsonDocument::fromJson(file.readAll()).object() : QJsonObject();
}

QString commandText(QLatin1StringView english) { return textOf(u"descriptions"_s, english, QString(english)); }

QString optionName(QLatin1StringView option) { return textOf(u"options"_s, option, words(option)); }

QString optionDefault(QLatin1StringView english) { return textOf(u"defaults"_s, english, QString(english)); }

QString choiceName(QLatin1StringView option, QLatin1StringView choice)
{
    return texts[u"choices"_s][option][choice].toString(words(choice));
}

QString settingLabel(const QString &key, const QString &english) { return textOf(u"setting_names"_s, key, english); }

QString settingHelp(const QString &key, const QString &english) { return textOf(u"setting_help"_s, key, english); }

QString auditText(const QString &detail)
{
    const QByteArray bytes = detail.toUtf8();
    QJsonParseError error;
    QJsonDocument options = QJsonDocument::fromJson(bytes, &error);
    const qsizetype end = error.error == QJsonParseError::GarbageAtEnd ? error.offset : bytes.size();
    if (error.error == QJsonParseError::GarbageAtEnd)
        options = QJsonDocument::fromJson(bytes.first(end));
    if (!options.isObject())
        return detail;
    QStringList parts;
    const QJsonObject given = options.object();
    for (auto it = given.begin(); it != given.end(); ++it)
        parts << u"%1: %2"_s.arg(optionName(QLatin1StringView(it.key().toLatin1())), it->toVariant().toString());
    const QString outcome = QString::fromUtf8(bytes.sliced(end)).trimmed();
    if (!outcome.isEmpty())
        parts << outcome;
    return parts.join(u" · "_s);
}

} // namespace hub::gui
