// A folder of its own for one measure, on the disk that TMPDIR names.
#pragma once

#include "core/base/result.h"

#include <QByteArray>
#include <QTemporaryDir>

#include <random>

namespace hub::bench
{

// No setting of the person's git or hub may bend a figure. Once, before anything else.
void isolateEnvironment();

class Scratch
{
public:
    // Makes repo/, an empty repository, and hub/.
    static Result<std::unique_ptr<Scratch>> create();

    QString folder() const { return m_folder.path(); }
    QByteArray path(const QByteArray &name) const { return m_folder.path().toLocal8Bit() + '/' + name; }
    // A shell script in the folder; its output.
    Result<QByteArray> shell(const QString &script) const;

private:
    Scratch() = default;
    QTemporaryDir m_folder;
};

Result<> writeFile(const QByteArray &path, const QByteArray &bytes);
// Text of at least so many bytes that compresses as program text does.
QByteArray sourceText(std::mt19937 &random, int bytes);

// Of a process, in kB, from its smaps_rollup or status file: "Rss", "Private_Dirty", "Swap", "VmHWM" …
Result<qint64> memoryOf(qint64 pid, QByteArrayView field);
// VmHWM of this process counts from now on.
void resetPeak();

} // namespace hub::bench
