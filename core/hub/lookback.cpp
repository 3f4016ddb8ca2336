#include "core/hub/lookback.h"

#include "core/base/program.h"

#include <QTimeZone>

using namespace Qt::StringLiterals;

namespace hub
{

namespace
{

constexpr std::chrono::seconds timeToDraw{10}; // it takes a tenth of a second; a board under load takes longer
constexpr qint64 memoryToDraw = 512LL << 20;
constexpr qsizetype largestPng = 4 << 20;

// Secrets of the hub are none of its business.
QProcessEnvironment bareEnvironment()
{
    const auto ours = QProcessEnvironment::systemEnvironment();
    QProcessEnvironment environment;
    environment.insert(u"LANG"_s, u"C.UTF-8"_s);
    for (const QString &name :
         {u"HOME"_s, u"XDG_CACHE_HOME"_s, u"FONTCONFIG_FILE"_s, u"LD_LIBRARY_PATH"_s, u"QT_PLUGIN_PATH"_s}) {
        if (ours.contains(name))
            environment.insert(name, ours.value(name));
    }
    return environment;
}

QString localZone()
{
    const QByteArray id = QTimeZone::systemTimeZoneId();
    return QTimeZone(id).isValid() ? QString::fromUtf8(id) : u"UTC"_s;
}

Result<QByteArray> drawn(const QString &program, const chart::Chart &chart)
{
    HUB_TRY(const ProgramOutput output, runProgram({.program = program,
                                                    .folder = u"/"_s,
                                                    .environment = bareEnvironment(),
                                                    .input = toJson(chart),
                                                    .timeLimit = timeToDraw,
                                                    .memoryLimit = memoryToDraw}));
    if (output.exitCode != 0) {
        const QString said = QString::fromUtf8(output.err).simplified();
        return fail(ErrorCode::Process, said.isEmpty() ? u"agenthub-render failed."_s : said);
    }
    if (!output.out.startsWith("\x89PNG") || output.out.size() > largestPng)
        return fail(ErrorCode::Process, u"agenthub-render made no picture."_s);
    return output.out;
}

chart::Chart framed(const LookBack &wanted, const monitor::HistoryStore::Courses &courses)
{
    const chart::Chart frame{.title = wanted.chartTitle,
                             .theme = wanted.theme.value_or(chart::Theme::Dark),
                             .zone = localZone(),
                             .from = wanted.from,
                             .to = wanted.to};
    return healthChart(courses, wanted.rules, wanted.interval, frame);
}

void addChart(const LookBack &wanted, const monitor::HistoryStore::Courses &courses, Past &past)
{
    const QString program = programBeside(wanted.programFolder, u"agenthub-render"_s);
    if (program.isEmpty()) {
        past.whyNoChart =
            u"There is no chart, since agenthub-render is not installed; a build of AgentHub where QCustomPlot "
            "is there (Debian: apt install qt6-base-dev libqcustomplot-dev fonts-dejavu-core) has it."_s;
        return;
    }
    auto png = drawn(program, framed(wanted, courses));
    if (png)
        past.png = *std::move(png);
    else
        past.whyNoChart = u"There is no chart: "_s + png.error().message;
}

} // namespace

Result<chart::Chart> chartOf(const LookBack &wanted)
{
    HUB_TRY(const auto database, db::Database::open(wanted.database, db::Database::Mode::ReadOnly));
    HUB_TRY(const auto courses, monitor::HistoryStore(*database).courses(wanted.from, wanted.to));
    return framed(wanted, courses);
}

Result<Past> lookBack(const LookBack &wanted)
{
    HUB_TRY(const auto database, db::Database::open(wanted.database, db::Database::Mode::ReadOnly));
    HUB_TRY(auto courses, monitor::HistoryStore(*database).courses(wanted.from, wanted.to));
    Past past;
    if (wanted.theme)
        addChart(wanted, courses, past);
    past.courses = std::move(courses.each);
    return past;
}

} // namespace hub
