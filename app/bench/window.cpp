// The window of years of work, and of agents that talk all the time. Its side is agenthub-bench-window.
#include "app/bench/hubside.h"
#include "app/bench/measures.h"
#include "app/bench/windowdata.h"
#include "core/base/json.h"
#include "core/base/program.h"

#include <QCoreApplication>
#include <QJsonArray>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace hub::bench
{

namespace
{

constexpr double opensWithin = 1000; // milliseconds

Result<QString> findTour()
{
    const QString program = programBeside(QCoreApplication::applicationDirPath(), u"agenthub-bench-window"_s);
    if (program.isEmpty())
        return fail(ErrorCode::NotFound, u"agenthub-bench-window is not beside this program."_s,
                    u"It is built where the packages of the window are."_s);
    return program;
}

class Tour
{
public:
    Tour(HubSide &side, QString program)
        : m_side(side)
        , m_program(std::move(program))
    {
    }

    // From its start to its word that all is on the screen.
    Result<double> timeStart()
    {
        const auto began = Watch::now();
        HUB_CHECK(start({u"start"_s}));
        if (!m_process->waitForReadyRead(60'000))
            return fail(ErrorCode::Timeout, u"The window did not show its list within a minute."_s);
        const double took = millisecondsSince(began);
        if (!m_process->waitForFinished(60'000))
            return fail(ErrorCode::Timeout, u"The window did not end."_s);
        return took;
    }

    // Its figures, each a line of JSON.
    Result<> go(const QStringList &arguments, Report &report)
    {
        HUB_CHECK(start(arguments));
        if (!m_process->waitForFinished(10 * 60'000) || m_process->exitCode() != 0)
            return fail(ErrorCode::Process, u"agenthub-bench-window failed: %1"_s.arg(
                                                QString::fromUtf8(m_process->readAllStandardError()).trimmed()));
        const auto lines = m_process->readAllStandardOutput().split('\n');
        for (const QByteArray &line : lines) {
            if (line.isEmpty())
                continue;
            HUB_TRY(const QJsonObject figure, objectFromJson(line));
            if (figure.contains(u"note"_s))
                report.note(figure[u"note"_s].toString());
            else
                report.add(rowFrom(figure));
        }
        return {};
    }

private:
    Result<> start(const QStringList &arguments)
    {
        m_process = std::make_unique<QProcess>();
        m_process->setProcessChannelMode(QProcess::SeparateChannels);
        m_process->start(m_program, QStringList{m_side.stage().dataDir()} + arguments);
        if (!m_process->waitForStarted(10'000))
            return fail(ErrorCode::Process, u"agenthub-bench-window can't be started: "_s + m_process->errorString());
        return {};
    }

    static Row rowFrom(const QJsonObject &figure)
    {
        Row row{.what = figure[u"what"_s].toString(),
                .unit = figure[u"unit"_s] == u"MB"_s ? Unit::Megabytes : Unit::Milliseconds,
                .values = {}};
        const QJsonArray values = figure[u"values"_s].toArray();
        for (const QJsonValue &value : values)
            row.values.push_back(value.toDouble());
        if (figure.contains(u"limit"_s))
            row.target = Target{.of = Target::Of::P99, .limit = figure[u"limit"_s].toDouble()};
        return row;
    }

    HubSide &m_side;
    QString m_program;
    std::unique_ptr<QProcess> m_process;
};

Result<> measureTalk(HubSide &side, Tour &tour, const Scale &scale, Report &report)
{
    const int agents = scale.sizeOr(50, 5);
    HUB_CHECK(side.addAgent(u"chatter"_s, HubSide::partCommand(u"chatter 20"_s), u"command"_s));
    qint64 task = 0;
    for (int i = 0; i < agents; ++i) {
        HUB_TRY(task, side.assign(u"chatter"_s));
    }
    HUB_CHECK(side.agentOf(task));
    return tour.go({u"talk"_s, QString::number(task), QString::number(scale.sizeOr(20, 2))}, report);
}

} // namespace

Result<> measureWindow(const Scale &scale, Report &report)
{
    HUB_TRY(const QString program, findTour());
    HUB_TRY(const auto side, HubSide::create(20));
    HUB_CHECK(side->stage().killHub());
    WindowData data{.tasks = scale.sizeOr(10'000, 100),
                    .messages = scale.sizeOr(100'000, 1000),
                    .checkpoints = scale.sizeOr(600, 60)};
    HUB_CHECK(fill(side->stage().dataDir(), data));
    HUB_CHECK(side->stage().startHub());
    Tour tour(*side, program);
    std::vector<double> starts;
    for (int i = 0; i < scale.roundsOr(7); ++i) {
        HUB_TRY(const double took, tour.timeStart());
        starts.push_back(took);
    }
    report.add({.what = u"window: start to the whole list of %L1 tasks"_s.arg(data.tasks),
                .values = starts,
                .target = Target{.limit = opensWithin}});
    HUB_CHECK(tour.go({u"tour"_s, QString::number(data.longTask)}, report));
    return measureTalk(*side, tour, scale, report);
}

} // namespace hub::bench
