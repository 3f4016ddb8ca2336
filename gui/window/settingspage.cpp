#include "gui/window/settingspage.h"

#include <QVBoxLayout>

namespace hub::gui
{

SettingsPage::SettingsPage(const Context &, QWidget *parent)
    : Page(parent)
{
    auto *layout = new QVBoxLayout(this);
    layout->addWidget(new QTabWidget(this));
}

} // namespace hub::gui
