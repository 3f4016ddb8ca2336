// What a command answered → the body of a Discord message, within all of Discord's sizes. Pure but for the custom_ids
// that are too long, which CustomIds keeps; any thread.
#pragma once

#include "core/base/clock.h"
#include "core/commands/commandcall.h"
#include "core/commands/reply.h"
#include "headless/discord/customid.h"
#include "headless/discord/plainbody.h"

namespace hub::discord
{

struct RenderContext {
    CustomIds &ids;
    Instant now;
    commands::CommandCall call{}; // what this answers, to confirm it or to say which one was meant; may be empty
    QString footer{};             // "Ben": who pressed; empty: Discord shows it
    qint64 fileLimit = 10 << 20;  // bytes of one file
};

// In this order: title, text, fields, tables, excerpts of text files; what does not fit is attached as a text. Then the
// buttons: confirm and cancel, or the choices, then what can be done next; menus for what a list can be chosen from.
MessageBody render(const commands::Reply &reply, RenderContext context);
// With a menu when it is not clear which one was meant.
MessageBody render(const Error &error, RenderContext context);
// One line and nothing else.
MessageBody renderLine(const QString &text);

} // namespace hub::discord
