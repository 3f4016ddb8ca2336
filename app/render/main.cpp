// agenthub-render: a chart (core/chart, as JSON) on standard input becomes a PNG on standard output or in a file. Knows
// neither databases nor the hub, and needs no display.
#include "app/render/picture.h"
#include "core/base/durablefile.h"

#include <QApplication>
#include <QBuffer>
#include <QCommandLineParser>
#include <QFile>
#include <QLocale>

#include <cstdio>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;
using namespace hub;

namespace
{

// One byte more than may be there is enough to know.
Result<QByteArray> readInput()
{
    QFile input;
    if (!input.open(stdin, QIODevice::ReadOnly))
        return fail(ErrorCode::Storage, u"cannot read standard input: %1"_s.arg(input.errorString()));
    QByteArray json;
    while (json.size() <= chart::mostBytes) {
        const QByteArray more = input.read(chart::mostBytes + 1 - json.size());
        if (more.isEmpty())
            break;
        json += more;
    }
    return json;
}

Result<QByteArray> pngOf(const QByteArray &json)
{
    HUB_TRY(const chart::Chart chart, chart::chartFromJson(json));
    HUB_TRY(const QImage image, render::draw(chart));
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    if (!image.save(&buffer, "PNG"))
        return fail(ErrorCode::Internal, u"the picture could not be made a PNG"_s);
    return buffer.data();
}

Result<> run(const QString &output)
{
    if (output.isEmpty() && ::isatty(STDOUT_FILENO))
        return fail(ErrorCode::InvalidInput, u"A picture is nothing for a terminal, so nothing was drawn."_s,
                    u"agenthub-render --output FILE"_s);
    HUB_TRY(const QByteArray json, readInput());
    HUB_TRY(const QByteArray png, pngOf(json));
    if (output.isEmpty())
        return writeAll(STDOUT_FILENO, png, "standard output");
    return writeFileDurably(QFile::encodeName(output), png);
}

} // namespace

int main(int argc, char **argv)
{
    ::umask(077);
    qputenv("QT_QPA_PLATFORM", "offscreen");
    qputenv("XDG_RUNTIME_DIR", "/nonexistent"); // else Qt makes one, and says so; nothing here has a socket
    QApplication app(argc, argv);
    QLocale::setDefault(QLocale::c()); // all that the hub says is English
    app.setApplicationName(u"agenthub-render"_s);
    app.setApplicationVersion(QStringLiteral(HUB_VERSION));

    QCommandLineParser line;
    line.setApplicationDescription(u"Draws a chart, given as JSON on standard input, as a PNG on standard output."_s);
    line.addHelpOption();
    line.addVersionOption();
    line.addOption({u"output"_s, u"Write the PNG into this file, which only you can read."_s, u"file"_s});
    line.process(app);
    const auto done = run(line.value(u"output"_s));
    if (done)
        return 0;
    std::fprintf(stderr, "%s\n", qPrintable(done.error().message));
    if (!done.error().hint.isEmpty())
        std::fprintf(stderr, "  %s\n", qPrintable(done.error().hint));
    return done.error().code == ErrorCode::InvalidInput ? 2 : 1;
}
