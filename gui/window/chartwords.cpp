#include "gui/window/chartwords.h"

#include <QCoreApplication>
#include <QJsonDocument>

using namespace Qt::StringLiterals;

namespace hub::gui
{

namespace
{

[[maybe_unused]] constexpr const char *known[]{
    // for the translators: the hub has them as data
    QT_TRANSLATE_NOOP("Charts", "CPU"),    QT_TRANSLATE_NOOP("Charts", "Memory"),
    QT_TRANSLATE_NOOP("Charts", "Disk"),   QT_TRANSLATE_NOOP("Charts", "Temperature"),
    QT_TRANSLATE_NOOP("Charts", "Agents"), QT_TRANSLATE_NOOP("Charts", "running"),
    QT_TRANSLATE_NOOP("Charts", "held"),
};

QString inWords(const QString &name) { return QCoreApplication::translate("Charts", name.toUtf8().constData()); }

} // namespace

Result<chart::Chart> chartFrom(const QJsonObject &answer)
{
    HUB_TRY(chart::Chart chart, chart::chartFromJson(QJsonDocument(answer[u"chart"_s].toObject()).toJson(QJsonDocument::Compact)));
    for (chart::Panel &panel : chart.panels) {
        panel.title = inWords(panel.title);
        for (chart::Line &line : panel.lines)
            line.name = inWords(line.name);
    }
    return chart;
}

} // namespace hub::gui
