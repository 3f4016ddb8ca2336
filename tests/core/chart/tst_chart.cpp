#include "core/base/json.h"
#include "core/chart/chart.h"

#include <QTest>

using namespace hub;
using namespace hub::chart;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

namespace
{

Chart sample()
{
    const Panel cpu{.title = u"CPU"_s,
                    .unit = u"%"_s,
                    .subject = u"of it"_s,
                    .bottom = 0,
                    .top = 100,
                    .lines = {{{}, {{fromMillis(1000), 1, 2, 3}, {fromMillis(31000), 4.5, 4.5, 4.5}}}},
                    .limits = {{Limit::Kind::Warning, 85}, {Limit::Kind::Critical, 95}}};
    const Panel agents{.title = u"Agents"_s, .whole = true, .lines = {{u"running"_s, {}}, {u"held"_s, {}}}};
    return {.title = u"a machine"_s,
            .theme = Theme::Light,
            .zone = u"UTC"_s,
            .from = fromMillis(0),
            .to = fromMillis(3'600'000),
            .step = 30s,
            .panels = {cpu, agents}};
}

using Change = void (*)(QJsonObject &);

// Changes the first panel of a chart.
template <class Fn>
void inPanel(QJsonObject &chart, Fn change)
{
    QJsonArray panels = chart[u"panels"_s].toArray();
    QJsonObject panel = panels[0].toObject();
    change(panel);
    panels[0] = panel;
    chart[u"panels"_s] = panels;
}

void setPoints(QJsonObject &chart, const QList<QJsonArray> &each)
{
    QJsonArray points;
    for (const QJsonArray &point : each)
        points << point;
    inPanel(chart, [&](QJsonObject &panel) {
        panel[u"lines"_s] = QJsonArray{QJsonObject{{u"name"_s, u""_s}, {u"points"_s, points}}};
    });
}

} // namespace

Q_DECLARE_METATYPE(Change)

class TestChart : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aChartComesBackAsItWas()
    {
        const auto read = chartFromJson(chart::toJson(sample()));
        QVERIFY2(read, read ? "" : qPrintable(read.error().message));
        QCOMPARE(*read, sample());
    }

    void whatIsNotACompleteChartIsAnError_data()
    {
        QTest::addColumn<Change>("change");
        QTest::addColumn<QString>("says");
        const auto row = [](const char *name, Change change, const QString &says) {
            QTest::newRow(name) << change << says;
        };
        row(
            "of a later version", [](QJsonObject &c) { c[u"version"_s] = 2; }, u"version 2"_s);
        row(
            "without a version", [](QJsonObject &c) { c.remove(u"version"_s); }, u"version"_s);
        row(
            "a member nobody knows", [](QJsonObject &c) { c[u"colour"_s] = u"red"_s; }, u"'colour'"_s);
        row(
            "no title", [](QJsonObject &c) { c.remove(u"title"_s); }, u"title"_s);
        row(
            "a title without end", [](QJsonObject &c) { c[u"title"_s] = QString(81, u'x'); }, u"80 characters"_s);
        row(
            "a theme nobody knows", [](QJsonObject &c) { c[u"theme"_s] = u"pink"_s; }, u"'pink'"_s);
        row(
            "a zone nobody knows", [](QJsonObject &c) { c[u"zone"_s] = u"Nowhere/Land"_s; }, u"Nowhere/Land"_s);
        row(
            "backwards", [](QJsonObject &c) { c[u"to"_s] = 0; }, u"later one"_s);
        row(
            "too long", [](QJsonObject &c) { c[u"to"_s] = 4e12; }, u"400 days"_s);
        row(
            "no step", [](QJsonObject &c) { c[u"step"_s] = 0; }, u"steps"_s);
        row(
            "half a millisecond", [](QJsonObject &c) { c[u"from"_s] = 0.5; }, u"whole number"_s);
        row(
            "too many panels",
            [](QJsonObject &c) {
                QJsonArray panels;
                for (int i = 0; i < 9; ++i)
                    panels << c[u"panels"_s].toArray()[0];
                c[u"panels"_s] = panels;
            },
            u"more than 8 panels"_s);
        row(
            "panels that are none", [](QJsonObject &c) { c[u"panels"_s] = u"x"_s; }, u"not a list"_s);
        row(
            "a panel member nobody knows", [](QJsonObject &c) { inPanel(c, [](QJsonObject &p) { p[u"x"_s] = 1; }); },
            u"a panel has a 'x'"_s);
        row(
            "upside down", [](QJsonObject &c) { inPanel(c, [](QJsonObject &p) { p[u"bottom"_s] = 100; }); },
            u"below its top"_s);
        row(
            "a limit nobody knows",
            [](QJsonObject &c) {
                inPanel(c, [](QJsonObject &p) {
                    p[u"limits"_s] = QJsonArray{QJsonObject{{u"kind"_s, u"mild"_s}, {u"value"_s, 1}}};
                });
            },
            u"'mild'"_s);
        row(
            "points in disorder",
            [](QJsonObject &c) {
                setPoints(c, {QJsonArray{5, 1, 1, 1}, QJsonArray{5, 1, 1, 1}});
            },
            u"order of time"_s);
        row(
            "a point of three",
            [](QJsonObject &c) {
                setPoints(c, {QJsonArray{5, 1, 1}});
            },
            u"three numbers"_s);
        row(
            "a point that is no number",
            [](QJsonObject &c) {
                setPoints(c, {QJsonArray{5, 1, u"x"_s, 1}});
            },
            u"three numbers"_s);
        row(
            "a mean above its high",
            [](QJsonObject &c) {
                setPoints(c, {QJsonArray{5, 1, 3, 2}});
            },
            u"between its low and its high"_s);
        row(
            "beyond drawing",
            [](QJsonObject &c) {
                setPoints(c, {QJsonArray{5, 1, 1, 1e12}});
            },
            u"too large"_s);
        row(
            "too many points",
            [](QJsonObject &c) {
                QList<QJsonArray> points;
                for (int i = 0; i <= mostPoints; ++i)
                    points << QJsonArray{i, 1, 1, 1};
                setPoints(c, points);
            },
            u"more than 5000 points"_s);
    }
    void whatIsNotACompleteChartIsAnError()
    {
        QFETCH(const Change, change);
        QFETCH(const QString, says);
        QJsonObject object = objectFromJson(chart::toJson(sample())).valueOr({});
        change(object);
        const auto read = chartFromJson(hub::toJson(object));
        QVERIFY(!read);
        QCOMPARE(read.error().code, ErrorCode::InvalidInput);
        QVERIFY2(read.error().message.contains(says), qPrintable(read.error().message));
    }

    void whatIsNoJsonOrTooLargeIsAnError()
    {
        QVERIFY(!chartFromJson({}));
        QVERIFY(!chartFromJson("[]"));
        QVERIFY(!chartFromJson(chart::toJson(sample()).chopped(1)));
        QVERIFY(chartFromJson(QByteArray(mostBytes + 1, ' ')).error().message.contains(u"4 MB"));
    }
};

QTEST_GUILESS_MAIN(TestChart)
#include "tst_chart.moc"
