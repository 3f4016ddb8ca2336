// The hub's end of the connection to one shim. Lives on the I/O thread; no call blocks. The spool itself is read
// elsewhere (posix::SpoolReader): this carries commands and news.
//
// Order: open() succeeded → welcomed, or lost. After welcomed the hub sends the inputs behind Welcome::lastInput and
// reads the spool up to Welcome::spoolEnd. outputAvailable comes once after the welcome and once after each
// acknowledge(); so: read to the end, commit, acknowledge. What is sent before welcomed is delivered after it.
#pragma once

#include "core/base/result.h"
#include "core/posix/wire.h"

#include <QByteArray>
#include <QObject>

#include <memory>

class QSocketNotifier;

namespace hub::agents
{

class ShimLink final : public QObject
{
    Q_OBJECT

public:
    explicit ShimLink(QObject *parent = nullptr);
    ~ShimLink() override;

    // Connects to the shim of this run folder and says hello. NotFound when no shim listens there.
    Result<> open(const QByteArray &runFolder);
    // The shim and its agent go on. No signal is sent.
    void close();
    bool isOpen() const { return m_fd >= 0; }

    // Starts the agent, unless a freeze with a newer epoch came before: started, startRefused or startFailed.
    void go(quint64 epoch);
    // Numbers count from 1 without gaps over all inputs of the run, also those of closeInput(). At most
    // posix::inputLimit bytes; a longer text is several inputs. Numbers seen before are dropped by the shim.
    void sendInput(quint64 number, const QByteArray &bytes);
    void closeInput(quint64 number);
    // With a lease the shim thaws when it runs out or this connection ends; 0 lasts until thaw().
    void freeze(const posix::FreezeWish &wish); // → froze
    void thaw();                                // → thawed
    // SIGTERM to the agent's group, SIGKILL to the whole tree after the grace; 0 kills at once, frozen or not.
    void end(quint32 graceMillis); // → exited
    void signalAgent(int number);
    // Everything before this position is committed. Past the exit frame it also dismisses the shim (→ lost).
    void acknowledge(const posix::Position &position);

Q_SIGNALS:
    void welcomed(const hub::posix::Welcome &welcome);
    void started(const hub::posix::RunIdentity &identity);
    void startRefused(quint64 newestEpoch);
    void startFailed(const hub::posix::RunExit &problem);
    void outputAvailable(const hub::posix::Position &end);
    void froze(const hub::posix::FreezeNews &news);
    void thawed(const hub::posix::FreezeNews &news);
    // The exit frame ends at `behind`. The shim stays until that is acknowledged.
    void exited(const hub::posix::RunExit &end, const hub::posix::Position &behind);
    // Output is held back, the spool can't be written, an input was refused (send again after news.lastInput) …
    void statusChanged(const hub::posix::StatusNews &news);
    // The connection ended: the shim is gone, or another hub took over. Sent once, after all that was received.
    void lost(const QString &reason);

private:
    void onReadable();
    void onWritable();
    void handle(const posix::Message &message);
    void flush();
    void lose(const QString &reason);

    int m_fd = -1;
    std::unique_ptr<QSocketNotifier> m_readable;
    std::unique_ptr<QSocketNotifier> m_writable;
    std::string m_in;
    std::string m_out;
};

} // namespace hub::agents
