#include "core/base/program.h"

#include <QDir>
#include <QFileInfo>
#include <QProcess>

#include <sys/resource.h>

using namespace Qt::StringLiterals;

namespace hub
{

Result<ProgramOutput> runProgram(const ProgramCall &call)
{
    QProcess process;
    process.setProcessEnvironment(call.environment);
    if (!call.folder.isEmpty())
        process.setWorkingDirectory(call.folder);
    if (call.memoryLimit > 0) {
        process.setChildProcessModifier([limit = rlim_t(call.memoryLimit)] {
            const rlimit most{limit, limit}, none{0, 0};
            ::setrlimit(RLIMIT_AS, &most);
            ::setrlimit(RLIMIT_CORE, &none); // running out of it is no defect to look into
        });
    }
    process.start(call.program, call.arguments);
    if (!process.waitForStarted(10000))
        return fail(ErrorCode::Process, u"cannot start %1: %2"_s.arg(call.program, process.errorString()));
    process.write(call.input);
    process.closeWriteChannel();
    if (!process.waitForFinished(int(call.timeLimit.count()))) {
        process.kill();
        process.waitForFinished(5000);
        return fail(
            ErrorCode::Timeout,
            u"%1 did not end within %2 s and was stopped"_s.arg(call.program).arg(call.timeLimit.count() / 1000));
    }
    if (process.exitStatus() != QProcess::NormalExit)
        return fail(ErrorCode::Process, u"%1 was ended by a signal"_s.arg(call.program));
    return ProgramOutput{process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
}

QString programBeside(const QString &folder, const QString &name)
{
    for (const QString &place : {folder, folder + u"/../libexec/agenthub"_s}) {
        if (QFileInfo(place + u'/' + name).isExecutable())
            return QDir::cleanPath(place + u'/' + name);
    }
    return {};
}

} // namespace hub
