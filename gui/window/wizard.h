// The first steps with a hub: a project, an agent, Discord if one likes. Each step is done when it is left, so that it
// may be closed at any time; what was done stays, and it can be opened again from the settings.
#pragma once

#include "gui/window/context.h"

#include <QWizard>

namespace hub::gui
{

class Wizard final : public QWizard
{
    Q_OBJECT

public:
    explicit Wizard(const Context &context, QWidget *parent = nullptr);

    // Opened once by itself, as soon as the hub is there and has no project, unless it was closed before.
    static void offerOnce(const Context &context, QWidget &window);
    static void open(const Context &context, QWidget &window);

private:
    void done(int result) override;
};

} // namespace hub::gui
