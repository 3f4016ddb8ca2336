#include "headless/discord/closecode.h"

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

CloseMeaning stop(const QString &what, const QString &hint)
{
    return {AfterClose::Stop,
            false,
            {},
            fail(ErrorCode::Refused,
                 what + u" Until then nothing reaches Discord and nothing comes from it; tasks go on, and the terminal "
                        "and the window work."_s,
                 hint)};
}

CloseMeaning ourMistake(const QString &what) { return {AfterClose::Resume, false, what, {}}; }

} // namespace

CloseMeaning meaningOfClose(std::optional<int> code)
{
    switch (code.value_or(0)) {
    case 4001: return ourMistake(u"Discord did not know an opcode that was sent (4001)"_s);
    case 4002: return ourMistake(u"Discord could not read what was sent (4002)"_s);
    case 4005: return ourMistake(u"identified twice on one connection (4005)"_s);
    case 4003: return {AfterClose::NewSession, false, u"Discord no longer knows the session (4003)"_s, {}};
    case 4007: return {AfterClose::NewSession, false, u"Discord does not have what was to be replayed (4007)"_s, {}};
    case 4009: return {AfterClose::NewSession, false, u"the session was away too long (4009)"_s, {}};
    case 4008: return {AfterClose::Resume, true, u"sent too much within a minute (4008)"_s, {}};
    case 4004:
        return stop(u"Discord refused the bot's token (4004): it is wrong, or it was reset."_s,
                    u"At discord.com/developers open the bot's page, press Reset Token, give the new one to the hub as "
                    "DISCORD_BOT_TOKEN, and restart it."_s);
    case 4010:
    case 4011:
        return stop(
            u"Discord wants this bot's connection split (%1): it is in too many servers for one hub."_s.arg(*code),
            u"Give each hub a bot of its own, and take this one out of the servers that do not need it."_s);
    case 4012:
        return stop(u"Discord no longer speaks the version of its gateway that this hub uses (4012)."_s,
                    u"Update AgentHub."_s);
    case 4013:
        return stop(u"Discord does not know the intents that the hub asked for (4013)."_s, u"Update AgentHub."_s);
    case 4014:
        return stop(u"Discord does not allow this bot the privileged intents that the hub asked for (4014)."_s,
                    u"At discord.com/developers open the bot's page and switch on Message Content Intent, or switch "
                    "the reading of all messages off in the hub; then restart it."_s);
    default: return {};
    }
}

} // namespace hub::discord
