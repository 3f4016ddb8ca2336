// Log categories, one per area, and the sink that all programs use: a line per message on stderr,
// "2026-01-31T14:05:06.789Z info hub.git backup created". Secrets are masked before anything is written.
#pragma once

#include <QLoggingCategory>
#include <QString>

Q_DECLARE_LOGGING_CATEGORY(lcHub)
Q_DECLARE_LOGGING_CATEGORY(lcDb)
Q_DECLARE_LOGGING_CATEGORY(lcGit)
Q_DECLARE_LOGGING_CATEGORY(lcAgents)
Q_DECLARE_LOGGING_CATEGORY(lcRecovery)
Q_DECLARE_LOGGING_CATEGORY(lcAlerts)
Q_DECLARE_LOGGING_CATEGORY(lcMonitor)
Q_DECLARE_LOGGING_CATEGORY(lcDiscord)
Q_DECLARE_LOGGING_CATEGORY(lcIpc)
Q_DECLARE_LOGGING_CATEGORY(lcCommands)

namespace hub
{

// Installs the sink. `level` is debug, info, warning or error (setting log/level, BOT_LOG_LEVEL).
void installLogSink(QStringView level);

// What is wrong while lines are lost, since they can't be written; else empty. Any thread.
QString logLoss();

// Replaces what looks like a credential (tokens of well-known shapes, "key=…" of secret-sounding names, passwords in
// addresses) by "[redacted]". Used for logs, stored conversations and replies.
QString redactSecrets(const QString &text);

} // namespace hub
