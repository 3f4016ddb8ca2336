// The way to a hub in another process: a stream of bytes, over this machine's socket or through ssh. Lives on one
// thread with an event loop, which it never blocks.
#pragma once

#include "core/base/result.h"

#include <QIODevice>
#include <QLocalSocket>
#include <QProcess>

namespace hub::ipc
{

class Channel : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

    // Ends in opened() or closed(); may be called again after closed().
    virtual void open() = 0;
    virtual QIODevice &device() = 0;
    // Ends it in closed(why).
    virtual void close(const Error &why) = 0;
    // Between two attempts, at least and at most, in milliseconds.
    virtual std::pair<int, int> retryDelays() const = 0;

Q_SIGNALS:
    void opened();
    void closed(const hub::Error &why);
};

class LocalChannel final : public Channel
{
    Q_OBJECT

public:
    explicit LocalChannel(QString dataDir);
    ~LocalChannel() override;

    void open() override;
    QIODevice &device() override { return m_socket; }
    void close(const Error &why) override;
    std::pair<int, int> retryDelays() const override { return {250, 5000}; }

private:
    QString m_dataDir;
    QLocalSocket m_socket;
    std::optional<Error> m_why; // it is being closed by us
};

// A hub on another machine.
struct SshTarget {
    QString host;    // with the user's name before an @ where one was given
    int port = 0;    // 0: as ssh is set up
    QString dataDir; // empty: the usual one there

    // "ssh://user@host:22/data/folder"; only the host is needed. Nothing that ssh could take for an option passes.
    static Result<SshTarget> parse(const QString &url);
    QString text() const;
    // The program ssh's arguments. No question is asked: keys and agent have to be enough.
    QStringList arguments() const;
};

// Runs `ssh HOST agenthubctl proxy` and speaks to the hub through it.
class SshChannel final : public Channel
{
    Q_OBJECT

public:
    explicit SshChannel(SshTarget target, QString program = QStringLiteral("ssh"));
    ~SshChannel() override;

    void open() override;
    QIODevice &device() override { return m_process; }
    void close(const Error &why) override;
    std::pair<int, int> retryDelays() const override { return {1000, 30000}; }

    // Why it could not be used, from how it ended and what it wrote to its standard error. Pure.
    static Error failureOf(const SshTarget &target, int exitCode, const QString &said);

private:
    void onFinished(int exitCode, QProcess::ExitStatus status);

    SshTarget m_target;
    QString m_program;
    QProcess m_process;
    QByteArray m_said;
    std::optional<Error> m_why;
};

} // namespace hub::ipc
