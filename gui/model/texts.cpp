#include "gui/model/texts.h"

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLocale>

using namespace Qt::StringLiterals;

namespace hub::gui
{

namespace
{

QJsonObject readTexts()
{
    for (const QString &language : QLocale().uiLanguages()) {
        QFile file(u":/window/%1.json"_s.arg(language.section(u'-', 0, 0)));
        if (file.open(QIODevice::ReadOnly))
            return QJsonDocument::fromJson(file.readAll()).object()[u"descriptions"_s].toObject();
        if (language.startsWith(u"en"))
            break; // the table's own language is wanted before any other that we have
    }
    return {};
}

} // namespace

QString commandText(QLatin1StringView english)
{
    static const QJsonObject texts = readTexts();
    return texts.value(english).toString(QString(english));
}

} // namespace hub::gui
