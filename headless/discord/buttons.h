// What can be pressed below an answer: Discord's components of a Reply or an Error. Private to render.
#pragma once

#include "headless/discord/render.h"

#include <QJsonArray>

namespace hub::discord
{

QJsonArray buttonsOf(const commands::Reply &reply, RenderContext context);
QJsonArray buttonsOf(const Error &error, RenderContext context);

} // namespace hub::discord
