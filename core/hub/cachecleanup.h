// "cleanup --caches": what build output and caches could give back, and that it goes. Hub thread.
#pragma once

#include "core/hub/handlers.h"

namespace hub
{

QFuture<Result<commands::Reply>> cleanCaches(Services &services, const Invocation &in);

} // namespace hub
