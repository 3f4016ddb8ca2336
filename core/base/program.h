// Runs another program to its end. Blocks: worker threads only.
#pragma once

#include "core/base/result.h"

#include <QByteArray>
#include <QProcessEnvironment>
#include <QStringList>

#include <chrono>

namespace hub
{

struct ProgramCall {
    QString program;
    QStringList arguments;
    QString folder; // empty: the caller's
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    QByteArray input;
    std::chrono::milliseconds timeLimit{60000};
    qint64 memoryLimit = 0; // bytes of address space; 0: none
};

struct ProgramOutput {
    int exitCode = 0;
    QByteArray out;
    QByteArray err;
};

// Process error when it can't be started or dies of a signal, Timeout when it was ended at its limit.
// A non-zero exit code is a result, not an error.
Result<ProgramOutput> runProgram(const ProgramCall &call);

// AgentHub's own programs lie beside each other, or in libexec of the same installation. Empty when there is none.
QString programBeside(const QString &folder, const QString &name);

} // namespace hub
