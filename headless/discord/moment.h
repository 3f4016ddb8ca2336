// Time and chance as inputs, so that tests decide both.
#pragma once

#include <QDateTime>
#include <QRandomGenerator>

#include <chrono>
#include <functional>

namespace hub::discord
{

using std::chrono::milliseconds;
using namespace std::chrono_literals;

// Time that only goes forward, whatever happens to the clock on the wall.
using Moment = std::chrono::time_point<std::chrono::steady_clock, milliseconds>;

inline Moment momentNow() { return std::chrono::time_point_cast<milliseconds>(std::chrono::steady_clock::now()); }

// The clock on the wall, for what outlives this process: milliseconds since 1970.
inline qint64 nowMillis() { return QDateTime::currentMSecsSinceEpoch(); }

// Uniform in [0, 1).
using Dice = std::function<double()>;

inline double rollDice() { return QRandomGenerator::global()->generateDouble(); }

} // namespace hub::discord
