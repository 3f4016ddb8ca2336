// How long to wait before the next try: doubled each time, with chance in it, so that many bots that lost Discord at
// the same moment do not come back at the same moment.
#pragma once

#include "headless/discord/moment.h"

#include <algorithm>

namespace hub::discord
{

struct Backoff {
    milliseconds first = 1s;
    milliseconds most = 60s;

    // `tries` failed before; between half of the step and all of it.
    milliseconds delay(int tries, double dice) const
    {
        const milliseconds step = std::min<milliseconds>(most, first * (1LL << std::clamp(tries, 0, 20)));
        return step / 2 + milliseconds(qint64(double((step - step / 2).count()) * dice));
    }
};

} // namespace hub::discord
