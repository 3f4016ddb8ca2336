#include "app/bench/report.h"

#include <QJsonArray>
#include <QStringList>

#include <algorithm>
#include <cmath>
#include <cstdio>

using namespace Qt::StringLiterals;

namespace hub::bench
{

namespace
{

QString unitText(Unit unit)
{
    switch (unit) {
    case Unit::Milliseconds: return u"ms"_s;
    case Unit::Kilobytes: return u"kB"_s;
    case Unit::Megabytes: return u"MB"_s;
    case Unit::PerSecond: return u"/s"_s;
    case Unit::Percent: return u"%"_s;
    }
    return {};
}

// Three figures that count; more would pretend.
QString numberText(double value)
{
    const double size = std::abs(value);
    return QString::number(value, 'f', size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

QString valueText(double value, Unit unit) { return numberText(value) + u' ' + unitText(unit); }

QString ratioText(double ratio) { return u"×%1"_s.arg(ratio, 0, 'f', 2); }

QString targetText(const Row &row)
{
    if (!row.target)
        return {};
    const QString sign = row.target->is == Target::Is::AtMost ? u"≤ "_s : u"≥ "_s;
    if (row.target->of == Target::Of::Ratio)
        return sign + ratioText(row.target->limit);
    const QString text = sign + QString::number(row.target->limit) + u' ' + unitText(row.unit);
    return row.target->of == Target::Of::P99 ? text + u" p99"_s : text;
}

QString metText(const Row &row)
{
    const auto met = row.met();
    return !met ? QString() : *met ? u"yes"_s : u"NO"_s;
}

} // namespace

double percentile(std::vector<double> values, int percent)
{
    if (values.empty())
        return 0;
    std::sort(values.begin(), values.end());
    const auto place = size_t(std::ceil(double(values.size()) * percent / 100));
    return values[std::max<size_t>(place, 1) - 1];
}

std::optional<double> Row::ratio() const
{
    const double theirs = median(peerValues);
    return theirs > 0 ? std::optional(median(values) / theirs) : std::nullopt;
}

std::optional<bool> Row::met() const
{
    if (!target || values.empty())
        return std::nullopt;
    std::optional<double> value;
    switch (target->of) {
    case Target::Of::Median: value = median(values); break;
    case Target::Of::P99: value = percentile(values, 99); break;
    case Target::Of::Ratio: value = ratio(); break;
    }
    if (!value)
        return std::nullopt;
    return target->is == Target::Is::AtMost ? *value <= target->limit : *value >= target->limit;
}

void Report::add(Row row)
{
    std::fprintf(stderr, "  %s: %s\n", qPrintable(row.what), qPrintable(valueText(median(row.values), row.unit)));
    m_rows << std::move(row);
}

QString Report::table() const
{
    QList<QStringList> lines{
        {u"what"_s, u"median"_s, u"p99"_s, u"peer"_s, u"its median"_s, u"ratio"_s, u"target"_s, u"met"_s}};
    for (const Row &row : m_rows) {
        const auto ratio = row.ratio();
        lines << QStringList{row.what,
                             valueText(median(row.values), row.unit),
                             row.values.size() > 1 ? valueText(percentile(row.values, 99), row.unit) : QString(),
                             row.peer,
                             row.peerValues.empty() ? QString() : valueText(median(row.peerValues), row.unit),
                             ratio ? ratioText(*ratio) : QString(),
                             targetText(row),
                             metText(row)};
    }
    QList<qsizetype> widths(lines.first().size());
    for (const QStringList &line : lines) {
        for (qsizetype column = 0; column < line.size(); ++column)
            widths[column] = std::max(widths[column], line[column].size());
    }
    QString text;
    for (const QStringList &line : lines) {
        for (qsizetype column = 0; column < line.size(); ++column)
            text += line[column].leftJustified(widths[column]) + u"  "_s;
        text = text.trimmed() + u'\n';
    }
    for (const QString &sentence : m_notes)
        text += u"- "_s + sentence + u'\n';
    return text;
}

QJsonObject Report::json() const
{
    QJsonArray rows;
    for (const Row &row : m_rows) {
        QJsonObject object{{u"what"_s, row.what},
                           {u"unit"_s, unitText(row.unit)},
                           {u"values"_s, qint64(row.values.size())},
                           {u"median"_s, median(row.values)},
                           {u"p99"_s, percentile(row.values, 99)},
                           {u"highest"_s, percentile(row.values, 100)}};
        if (!row.peer.isEmpty())
            object.insert(u"peer"_s, QJsonObject{{u"what"_s, row.peer},
                                                 {u"median"_s, median(row.peerValues)},
                                                 {u"p99"_s, percentile(row.peerValues, 99)}});
        if (const auto ratio = row.ratio())
            object.insert(u"ratio"_s, *ratio);
        if (row.target)
            object.insert(u"target"_s, targetText(row));
        if (const auto met = row.met())
            object.insert(u"met"_s, *met);
        rows << object;
    }
    return {{u"rows"_s, rows}, {u"notes"_s, QJsonArray::fromStringList(m_notes)}};
}

} // namespace hub::bench
