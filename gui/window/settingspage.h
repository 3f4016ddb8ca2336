// How the hub is set up: all settings from their declarations, the agents, Discord.
#pragma once

#include "gui/window/context.h"

#include <QTabWidget>

namespace hub::gui
{

class SettingsPage final : public Page
{
    Q_OBJECT

public:
    explicit SettingsPage(const Context &context, QWidget *parent = nullptr);
};

} // namespace hub::gui
