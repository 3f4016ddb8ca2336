#include "headless/discord/botcommands.h"

#include "headless/discord/secrets.h"
#include "headless/discord/setupcheck.h"

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

Error noToken()
{
    return fail(ErrorCode::NotFound, u"There is no bot token, so the hub works without Discord."_s,
                u"Make a bot at https://discord.com/developers/applications (New Application → Bot → Reset Token), put "
                "its token into the file discord-token of the data folder (chmod 600), and restart the hub."_s);
}

} // namespace

void addBotCommands(Hub &hub, const Settings &settings, const Result<std::optional<QString>> &token)
{
    const Result<QString> known = !token   ? Result<QString>(token.error())
                                  : *token ? Result<QString>(**token)
                                           : Result<QString>(noToken());
    hub.setFrontCommand(u"discord check"_s, [settings, known](const commands::CommandCall &call) {
        const QString tried = cleanToken(call.options[u"token"_s].toString());
        if (!known && tried.isEmpty())
            return readyFuture<commands::Reply>(known.error());
        return (new SetupCheck(settings, tried.isEmpty() ? *known : tried))->run();
    });
    hub.setFrontCommand(u"discord invite"_s, [known](const commands::CommandCall &) {
        if (!known)
            return readyFuture<commands::Reply>(known.error());
        const QString application = applicationOf(*known);
        if (application.isEmpty())
            return readyFuture<commands::Reply>(fail(ErrorCode::InvalidInput, u"The bot token is none of Discord's."_s,
                                                     u"agenthubctl discord check"_s));
        const QString link = inviteLink(application);
        return readyFuture<commands::Reply>(
            commands::Reply{.title = u"Open this where you are logged in to Discord, and choose your server"_s,
                            .text = link,
                            .next = {u"discord check"_s},
                            .data = {{u"link"_s, link}}});
    });
}

} // namespace hub::discord
