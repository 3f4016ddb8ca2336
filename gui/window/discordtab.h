// Discord as it is set up: how the connection does, the token, the settings, a live check.
#pragma once

#include "gui/window/settingslist.h"
#include "gui/window/tokenbox.h"

namespace hub::gui
{

class DiscordTab final : public QWidget
{
    Q_OBJECT

public:
    explicit DiscordTab(const Context &context, QWidget *parent = nullptr);

private:
    void showStatus();

    Context m_context;
    QLabel *m_status;
    TokenBox *m_token;
};

} // namespace hub::gui
