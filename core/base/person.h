// Who somebody is, in the texts that name them: "ana" of a machine, "Ana (120…)" of Discord. The number is the person;
// the name before it is how the server showed them just then. Pure; any thread.
#pragma once

#include <QString>

namespace hub
{

// "120…" of "Ana (120…)"; empty for those who have a name only.
QString personNumber(const QString &who);
// By the number where there is one, so that a new nickname makes nobody else of them.
bool isSamePerson(const QString &who, const QString &other);

} // namespace hub
