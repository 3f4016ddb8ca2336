// What the window's program can do about the hub of this machine: start a daemon, or be the hub.
#pragma once

#include "gui/model/portsources.h"

namespace hub
{

// `config`: the settings file that was named, if one was.
gui::LocalHub localHub(const QString &dataDir, const QString &config);

} // namespace hub
