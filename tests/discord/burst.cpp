// burst: how fast the installed daemon answers many commands at once on a fake Discord, and what it takes for that. Not
// a test of its own: the figures are for people. It ends with 1 when a command was not answered, was answered twice, or
// a rule of Discord's was broken.
//
// usage: burst [INTERACTIONS [MILLISECONDS]]; the time is what Discord takes for each call
#include "tests/discord/botrun.h"

#include <QCoreApplication>
#include <QEventLoop>
#include <QTimer>

#include <cstdio>

using namespace hub::discord;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace
{

double kib(const QByteArray &rollup, const char *name)
{
    for (const QByteArray &line : rollup.split('\n')) {
        if (line.startsWith(name))
            return line.mid(qsizetype(qstrlen(name))).trimmed().split(' ').first().toDouble();
    }
    return 0;
}

void printMemory(const char *when, const BotRun &run)
{
    QFile file(u"/proc/%1/smaps_rollup"_s.arg(run.pid()));
    if (!file.open(QIODevice::ReadOnly))
        return;
    const QByteArray rollup = file.readAll();
    std::printf("memory %s: %.1f MB resident, %.1f MB private\n", when, kib(rollup, "Rss:") / 1024,
                (kib(rollup, "Private_Dirty:") + kib(rollup, "Swap:")) / 1024);
}

qint64 at(QList<qint64> values, double share)
{
    if (values.isEmpty())
        return -1;
    std::sort(values.begin(), values.end());
    return values[std::min(values.size() - 1, qsizetype(double(values.size()) * share))];
}

// QTest's own waiting sleeps in between, and with it the fake.
bool waitFor(const std::function<bool()> &condition, std::chrono::milliseconds limit)
{
    QEventLoop loop;
    QTimer look;
    QObject::connect(&look, &QTimer::timeout, &loop, [&] {
        if (condition())
            loop.quit();
    });
    QTimer::singleShot(limit, &loop, &QEventLoop::quit);
    look.start(20);
    loop.exec();
    return condition();
}

bool measure(const char *how, const FakeDiscord &discord, const QStringList &ids)
{
    const auto isAnswered = [&](const QString &id) { return discord.interaction(id).isAnswered(); };
    const bool all = waitFor([&] { return std::all_of(ids.begin(), ids.end(), isAnswered); }, 60s);
    QList<qint64> acknowledged, answered;
    for (const QString &id : ids) {
        const auto &interaction = discord.interaction(id);
        if (interaction.acknowledged >= 0)
            acknowledged << interaction.acknowledged;
        if (interaction.isAnswered())
            answered << interaction.answered;
    }
    std::printf("%s: %lld of %lld acknowledged, ms: median %lld, p99 %lld, most %lld; %lld answered: median %lld, p99 "
                "%lld, most %lld\n",
                how, acknowledged.size(), ids.size(), at(acknowledged, .5), at(acknowledged, .99), at(acknowledged, 1),
                answered.size(), at(answered, .5), at(answered, .99), at(answered, 1));
    std::fflush(stdout);
    return all;
}

// From the moment at which the line drops to the one at which the bot is there again.
bool measureResume(BotRun &run)
{
    QElapsedTimer clock;
    const int before = run.discord.gateway.connections(), resumes = run.discord.gateway.resumes();
    run.discord.gateway.breaks = [&](FakeGateway::Place place) {
        if (place != FakeGateway::Place::AfterEvent || clock.isValid())
            return FakeGateway::Break{};
        clock.start();
        return FakeGateway::Break{FakeGateway::Break::How::Tcp};
    };
    run.discord.command(run.viewer, run.channel, u"tasks"_s);
    qint64 connected = -1;
    QTimer look;
    QObject::connect(&look, &QTimer::timeout, &look, [&] {
        if (connected < 0 && run.discord.gateway.connections() > before)
            connected = clock.elapsed();
    });
    look.start(0);
    const bool resumed = waitFor([&] { return connected >= 0 && run.discord.gateway.resumes() > resumes; }, 10s);
    std::printf("after a drop: connected again within %lld ms, %s\n", connected, resumed ? "resumed" : "not resumed");
    run.discord.gateway.breaks = [](FakeGateway::Place) { return FakeGateway::Break{}; };
    return resumed;
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    const int count = argc > 1 ? atoi(argv[1]) : 1000;
    const int delay = argc > 2 ? atoi(argv[2]) : 0;
    BotRun run;
    run.discord.rest.delays = [delay](const FakeRest::Call &) { return delay; };
    run.start();
    for (int i = 1; i <= 10; ++i)
        run.addAgent(u"agent%1"_s.arg(i), "sleep 1\n");
    waitFor([] { return false; }, 3s);
    printMemory("connected, 10 agents", run);

    bool good = true;
    QStringList ids;
    run.discord.atOnce([&] {
        for (int i = 0; i < count; ++i)
            ids << run.discord.command(run.viewer, run.channel, u"tasks"_s);
    });
    good = measure("all at once", run.discord, ids) && good;

    ids.clear();
    QTimer timer;
    timer.setTimerType(Qt::PreciseTimer);
    QObject::connect(&timer, &QTimer::timeout, &timer, [&] {
        ids << run.discord.command(run.viewer, run.channel, u"tasks"_s);
        if (ids.size() == count)
            timer.stop();
    });
    timer.start(10);
    good = waitFor([&] { return !timer.isActive(); }, 60s) && good;
    good = measure("100 a second", run.discord, ids) && good;
    printMemory("at the end of that", run);
    good = measureResume(run) && good;
    waitFor([] { return false; }, 20s);
    printMemory("afterwards", run);
    if (const QString violations = run.discord.violations(); !violations.isEmpty()) {
        std::printf("violations:\n%s\n", qPrintable(violations.left(2000)));
        good = false;
    }
    return good ? 0 : 1;
}
