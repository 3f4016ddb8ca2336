// agenthub: the window. Composes; decides nothing.
#include "app/complain.h"
#include "app/desktop/localhub.h"
#include "core/ipc/endpoint.h"
#include "gui/window/desktop.h"
#include "gui/window/language.h"
#include "gui/window/theme.h"
#include "headless/daemon/signalwatcher.h"

#include <QApplication>
#include <QCommandLineParser>

#include <csignal>
#include <sys/stat.h>

using namespace hub;
using namespace Qt::StringLiterals;

int main(int argc, char **argv)
{
    ::umask(077);
    ::signal(SIGPIPE, SIG_IGN);      // a hub that went away is an error like any other
    headless::SignalWatcher::hold(); // a QApplication starts threads
    QApplication app(argc, argv);
    headless::SignalWatcher signalWatcher;
    app.setOrganizationName(u"agenthub"_s);
    app.setApplicationName(u"agenthub"_s);
    app.setApplicationDisplayName(u"AgentHub"_s);
    app.setApplicationVersion(QStringLiteral(HUB_VERSION));

    QCommandLineParser line;
    line.setApplicationDescription(u"AgentHub's window: what each agent does, what needs you, what can be undone."_s);
    line.addHelpOption();
    line.addVersionOption();
    line.addOptions({{u"data-dir"_s, u"Folder of everything the hub keeps."_s, u"folder"_s},
                     {u"config"_s, u"Settings file; agents.d lies beside it."_s, u"file"_s},
                     {u"hub"_s, u"A hub on another machine: ssh://user@host."_s, u"address"_s}});
    line.process(app);

    std::unique_ptr<gui::PortSource> source;
    QString place;
    if (const QString address = line.value(u"hub"_s); !address.isEmpty()) {
        const auto target = ipc::SshTarget::parse(address);
        if (!target)
            return complain(target.error());
        place = target->text();
        source = std::make_unique<gui::RemoteSource>(
            [target = *target] { return std::make_unique<ipc::SshChannel>(target); });
    } else {
        const auto dataDir = ipc::findDataDir(line.value(u"data-dir"_s), line.value(u"config"_s));
        if (!dataDir)
            return complain(dataDir.error());
        source = std::make_unique<gui::LocalSource>(localHub(*dataDir, line.value(u"config"_s)));
    }
    const gui::Language language;
    gui::Theme theme(&app);
    gui::HubLink link(std::move(source));
    gui::Desktop desktop(link, place);
    desktop.show();
    // Nobody is asked: a hub in this process ends in order too, and agents go on by themselves.
    QObject::connect(&signalWatcher, &headless::SignalWatcher::received, &app, [] { QCoreApplication::exit(0); });
    return app.exec();
}
