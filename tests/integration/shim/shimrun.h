// A scratch run: a real shim in a temporary folder, a link to it, and a reader that collects its spool.
#pragma once

#include "core/agents/remains.h"
#include "core/agents/shimlauncher.h"
#include "core/agents/shimlink.h"
#include "core/posix/spoolreader.h"

#include <QMap>
#include <QTemporaryDir>
#include <QTest>

// Waits for the event loop, never for a guess; 20 s is the limit for a machine under load.
#define SHIM_WAIT(condition) QTRY_VERIFY_WITH_TIMEOUT(condition, 20000)

class ShimRun
{
public:
    explicit ShimRun(const QByteArrayList &arguments);
    ~ShimRun(); // ends the run, whatever state it is in

#ifdef __SANITIZE_ADDRESS__ // which keeps freed memory on purpose
    static constexpr bool tellsMemory = false;
#else
    static constexpr bool tellsMemory = true;
#endif
    static QByteArray binFolder();
    static QByteArray testAgent();

    QByteArray folder() const { return m_folder; }
    QByteArray mark() const { return QByteArray::fromStdString(spec.mark); }
    QString scratch() const { return m_scratch.path(); } // for the agent's files

    hub::Result<> launch();
    hub::Result<> connectLink(); // a new link, as a restarted hub makes it
    void dropLink() { link.reset(); }
    // launch, connect, wait for the welcome, go
    bool start();

    // Reads what is new, at most so many frames; acknowledges it when asked to.
    void collect(int limit = 1 << 30);
    QByteArray text(hub::posix::Stream stream) const { return m_texts.value(stream); }
    bool hasNote(const char *part) const { return text(hub::posix::Stream::Note).contains(part); }
    // Sum of the sizes of the agent's heartbeat files.
    qint64 beats() const;
    // Files that grew while the window passed.
    QStringList growing(int millis) const;

    hub::posix::ShimSpec spec;
    std::unique_ptr<hub::agents::ShimLink> link;
    bool acknowledges = true;
    bool keepsBytes = true; // of stdout; else only counted
    bool reads = true;
    std::unique_ptr<hub::posix::SpoolReader> reader;

    // What was heard.
    std::optional<hub::posix::Welcome> welcome;
    std::optional<hub::posix::RunIdentity> identity;
    std::optional<hub::posix::RunIdentity> identityFrame;
    std::optional<hub::posix::RunExit> exit;
    std::optional<hub::posix::RunExit> exitFrame;
    std::optional<hub::posix::RunExit> startProblem;
    std::optional<quint64> refusedEpoch;
    QList<hub::posix::FreezeNews> froze;
    QList<hub::posix::FreezeNews> thawed;
    QList<hub::posix::StatusNews> statuses;
    QList<quint64> inputNumbers;
    quint64 outputBytes = 0;
    int announcements = 0;
    qint64 mostKib = 0; // of the shim's private memory, seen between two frames of output
    bool lost = false;
    bool damaged = false;
    QByteArrayList frames; // "<stream> <sequence>"

private:
    QTemporaryDir m_home;
    QTemporaryDir m_scratch;
    QByteArray m_folder;
    QMap<hub::posix::Stream, QByteArray> m_texts;
};

// Private memory of a process in KiB (dirty and swapped), from smaps_rollup.
qint64 privateKib(pid_t pid);
