// The bodies of POST /interactions/…/callback: what Discord is told within three seconds. Pure; any thread.
#pragma once

#include "core/hub/hubport.h"

namespace hub::discord
{

inline constexpr int ephemeral = 64; // flag of a message that only who asked sees

enum class SeenBy { Everybody, Asker };

// "… is thinking"; the answer follows as an edit.
QJsonObject deferredMessage(SeenBy seenBy);
// Of a button or a menu: it is at work, and the message is edited.
QJsonObject deferredUpdate();
// For the option being typed.
QJsonObject suggestions(const QList<Suggestion> &found);

// The id of a form's one input.
inline constexpr QLatin1StringView formInput{"text"};
struct FormText {
    QString title, label;
    bool required = true;
};
QJsonObject form(const QString &customId, const FormText &text);

} // namespace hub::discord
