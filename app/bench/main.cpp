// agenthub-bench: measures AgentHub's parts and programs, side by side with what they are compared with.
#include "app/bench/measures.h"
#include "app/bench/part.h"
#include "app/bench/scratch.h"
#include "core/base/durablefile.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <malloc.h>
#include <sys/utsname.h>
#include <thread>

using namespace Qt::StringLiterals;
using namespace hub;
using namespace hub::bench;

namespace
{

QString load() { return QString::fromLatin1(readFile("/proc/loadavg").valueOr({}).split(' ').mid(0, 3).join(' ')); }

QString listText()
{
    QString text;
    for (const Measure &measure : allMeasures())
        text += u"%1 %2\n"_s.arg(measure.name.toString(), -12).arg(measure.what);
    return text;
}

Result<QList<const Measure *>> chosen(const QString &only)
{
    QList<const Measure *> list;
    const QStringList names = only.split(u',', Qt::SkipEmptyParts);
    for (const Measure &measure : allMeasures()) {
        if (names.isEmpty() || names.contains(measure.name))
            list << &measure;
    }
    for (const QString &name : names) {
        if (std::none_of(list.begin(), list.end(), [&](const Measure *measure) { return measure->name == name; }))
            return fail(ErrorCode::InvalidInput, u"There is no measure '%1'."_s.arg(name),
                        u"agenthub-bench --list shows them."_s);
    }
    return list;
}

Result<Scale> scaleFrom(const QCommandLineParser &line)
{
    Scale scale{.quick = line.isSet(u"quick"_s)};
    if (line.isSet(u"rounds"_s)) {
        scale.rounds = line.value(u"rounds"_s).toInt();
        if (scale.rounds < 1)
            return fail(ErrorCode::InvalidInput, u"--rounds needs a number from 1 on."_s);
    }
    return scale;
}

int complain(const Error &error)
{
    std::fprintf(stderr, "%s\n", qPrintable(error.message));
    if (!error.hint.isEmpty())
        std::fprintf(stderr, "%s\n", qPrintable(error.hint));
    return error.code == ErrorCode::InvalidInput ? 2 : 1;
}

QJsonObject machine()
{
    utsname kernel{};
    ::uname(&kernel);
    return {{u"cores"_s, int(std::thread::hardware_concurrency())},
            {u"kernel"_s, QString::fromLatin1(kernel.release)},
            {u"folder"_s, QDir::tempPath()},
            {u"load_before"_s, load()}};
}

int run(const QList<const Measure *> &measures, const Scale &scale, bool json)
{
    QJsonObject about = machine();
    Report report;
    bool complete = true;
    for (const Measure *measure : measures) {
        std::fprintf(stderr, "%s: %s\n", measure->name.data(), measure->what.data());
        if (auto done = measure->run(scale, report); !done) {
            complete = false;
            report.note(u"%1 was not measured: %2"_s.arg(measure->name, done.error().message));
        }
    }
    about.insert(u"load_after"_s, load());
    if (json) {
        QJsonObject object = report.json();
        object.insert(u"machine"_s, about);
        std::fputs(QJsonDocument(object).toJson().constData(), stdout);
    } else {
        std::printf("%d cores, Linux %s, files in %s; load %s before, %s after\n%s", about[u"cores"_s].toInt(),
                    qPrintable(about[u"kernel"_s].toString()), qPrintable(about[u"folder"_s].toString()),
                    qPrintable(about[u"load_before"_s].toString()), qPrintable(about[u"load_after"_s].toString()),
                    qPrintable(report.table()));
    }
    return complete ? 0 : 1;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc > 1 && std::strcmp(argv[1], partOption) == 0)
        return playPart(argc, argv);
    ::signal(SIGPIPE, SIG_IGN);
    ::mallopt(M_ARENA_MAX, 2); // as the daemon, so that its memory is what is measured
    QCoreApplication app(argc, argv);
    app.setApplicationName(u"agenthub-bench"_s);

    QCommandLineParser line;
    line.setApplicationDescription(
        u"Measures AgentHub: its libraries, and agenthubd and agenthub-shim from the folder of this program, beside "
        u"git "
        "and the disk. Works in a folder of its own below TMPDIR, which should be on the disk that counts.\n\n"
        "Absolute times are worth something on a quiet machine only; ratios are of the same run, variants in turn.\n"
        "Columns: the median and the 99th percentile (of fewer than 100 values: the largest), what stood beside it, "
        "its median, how many times that, the target of the design, whether it is met.\n\nMeasures:\n"_s +
        listText());
    line.addHelpOption();
    line.addOptions({{u"only"_s, u"Only these measures, separated by commas."_s, u"names"_s},
                     {u"rounds"_s, u"Repetitions of each measure, instead of its own number."_s, u"number"_s},
                     {u"quick"_s, u"Small trees and short histories: shows that it works; the figures mean nothing."_s},
                     {u"json"_s, u"The results as JSON."_s},
                     {u"list"_s, u"The names of the measures."_s}});
    line.process(app);
    if (line.isSet(u"list"_s)) {
        std::fputs(qPrintable(listText()), stdout);
        return 0;
    }
    const auto measures = chosen(line.value(u"only"_s));
    if (!measures)
        return complain(measures.error());
    const auto scale = scaleFrom(line);
    if (!scale)
        return complain(scale.error());
    isolateEnvironment();
    return run(*measures, *scale, line.isSet(u"json"_s));
}
