// The command lines that replies and errors name ("resume-task 12"), for people on Discord. Pure; any thread.
#pragma once

#include "headless/discord/customid.h"

namespace hub::discord
{

// What a button for it says and does. Nothing: what is done at the machine only, or what lacks a word of a person's.
struct NextStep {
    QString label;
    Press press;
};
std::optional<NextStep> nextStep(const QString &line);

// "/rollback show task_id:12"; of what is done at the machine only: "agenthubctl doctor".
QString asTyped(const QString &line);

// A sentence as markup, the lines for a terminal in it written as they are typed here.
QString sentence(const QString &text);

} // namespace hub::discord
