// The bot's token and the webhook's address: from the environment, a systemd credential, or a file of the account's
// own. Neither is a setting, so neither is ever listed. Blocks for a moment: before the event loop runs.
#pragma once

#include "core/settings/settings.h"

namespace hub::discord
{

// Nothing: none was given. An error: one was, and can't be used.
Result<std::optional<QString>> botToken(const Settings &settings, const QString &dataDir,
                                        const QProcessEnvironment &environment);
// As people copy it: without the blanks around it and the word Bot before it.
QString cleanToken(const QString &text);
// Of the form https://discord.com/api/webhooks/NUMBER/TOKEN.
Result<std::optional<QString>> webhookAddress(const Settings &settings, const QString &dataDir,
                                              const QProcessEnvironment &environment);

} // namespace hub::discord
