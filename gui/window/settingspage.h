// How the hub and this window are set up: all settings from their declarations, the agents, Discord.
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

private:
    QWidget *makeWindowTab();

    Context m_context;
    QTabWidget *m_tabs;
};

} // namespace hub::gui
