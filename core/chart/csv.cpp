#include "core/chart/csv.h"

#include <map>

using namespace Qt::StringLiterals;

namespace hub::chart
{

namespace
{

// A program for tables takes what begins like this for a formula, and titles may come from anywhere.
QString field(QString text)
{
    if (!text.isEmpty() && u"=+-@"_s.contains(text.front()))
        text.prepend(u'\'');
    if (!text.contains(u'"') && !text.contains(u',') && !text.contains(u'\n') && !text.contains(u'\r'))
        return text;
    return u'"' + text.replace(u"\""_s, u"\"\""_s) + u'"';
}

QString nameOf(const Panel &panel, const Line &line)
{
    QStringList words{panel.title, panel.subject, line.name};
    words.removeAll(QString());
    return words.join(u' ') + (panel.unit.isEmpty() ? QString() : u" (%1)"_s.arg(panel.unit));
}

} // namespace

QByteArray csvOf(const Chart &chart)
{
    QStringList head{u"time"_s};
    std::map<Instant, QStringList> rows;
    qsizetype before = 0; // columns of the lines before this one
    for (const Panel &panel : chart.panels) {
        for (const Line &line : panel.lines) {
            for (const QLatin1StringView which : {" low"_L1, " mean"_L1, " high"_L1})
                head << field(nameOf(panel, line) + which);
            for (const Point &point : line.points) {
                QStringList &row = rows[point.at];
                row.resize(before);
                row << QString::number(point.low) << QString::number(point.mean) << QString::number(point.high);
            }
            before += 3;
        }
    }
    QString table = head.join(u',') + u"\r\n"_s;
    for (auto &[at, row] : rows) {
        row.resize(before);
        table += toIso(at) + u',' + row.join(u',') + u"\r\n"_s;
    }
    return table.toUtf8();
}

} // namespace hub::chart
