// agenthubd: the hub without a window. Composes; decides nothing.
#include "app/complain.h"
#include "core/base/account.h"
#include "core/base/log.h"
#include "headless/daemon/signalwatcher.h"
#include "headless/host/hubhost.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QFileInfo>

#include <csignal>
#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace hub;
using namespace Qt::StringLiterals;

namespace
{

void takeProject(Hub &hub, const QString &path)
{
    commands::CommandCall call{.command = u"projects add"_s,
                               .options = {{u"source"_s, QFileInfo(path).absoluteFilePath()}},
                               .caller = {commands::Role::Machine, accountName(::geteuid()), u"terminal"_s, {}}};
    whenDone(hub.execute(call), &hub, [path](const Result<commands::Reply> &reply) {
        if (reply)
            qCInfo(lcHub).noquote() << "took in" << path;
        else if (reply.error().code == ErrorCode::Conflict) // known already
            qCInfo(lcHub).noquote() << reply.error().message;
        else
            qCWarning(lcHub).noquote() << reply.error().message;
    });
}

} // namespace

int main(int argc, char **argv)
{
    ::umask(077);
    ::signal(SIGPIPE, SIG_IGN); // a client or a program that went away is an error like any other
    ::mallopt(M_ARENA_MAX, 2);  // a few threads, little memory
    // GLib's event loop is woken by a system call for every event that is posted; Qt's own once for all that wait.
    qputenv("QT_NO_GLIB", "1");
    QCoreApplication app(argc, argv);
    app.setApplicationName(u"agenthubd"_s);
    app.setApplicationVersion(QStringLiteral(HUB_VERSION));
    headless::SignalWatcher signalWatcher;

    QCommandLineParser line;
    line.setApplicationDescription(
        u"AgentHub's daemon: runs agents on your repositories, safely. Runs in the foreground."_s);
    line.addHelpOption();
    line.addVersionOption();
    line.addOptions({{u"data-dir"_s, u"Folder of everything the hub keeps."_s, u"folder"_s},
                     {u"config"_s, u"Settings file; agents.d lies beside it."_s, u"file"_s},
                     {u"project"_s, u"Take this repository in at the start."_s, u"folder"_s}});
    line.process(app);
    if (const QStringList words = line.positionalArguments(); !words.isEmpty())
        return complain(fail(ErrorCode::InvalidInput, u"agenthubd takes options only, not '%1'."_s.arg(words.first()),
                             u"agenthubd --help; commands are agenthubctl's: agenthubctl help"_s));

    auto host =
        headless::HubHost::start({line.value(u"data-dir"_s), line.value(u"config"_s), QStringLiteral(HUB_VERSION)});
    if (!host)
        return complain(host.error());
    if (line.isSet(u"project"_s))
        takeProject((*host)->hub(), line.value(u"project"_s));

    QObject::connect(&signalWatcher, &headless::SignalWatcher::received, &app, [](int number) {
        if (number == SIGHUP)
            return;
        qCInfo(lcHub) << "leaving; agents go on by themselves";
        QCoreApplication::quit();
    });
    return app.exec();
}
