// The part of a time that is shown: zoom, pan, and what happens to it when the time goes on. Pure; any thread.
#pragma once

#include "core/base/clock.h"

namespace hub::gui
{

class TimeWindow
{
public:
    static constexpr std::chrono::milliseconds least = std::chrono::seconds{5}; // shorter is never shown

    // All there is. Who saw all of it goes on to see all; who saw its end stays there; else what is shown stays.
    void setBounds(Instant first, Instant last);

    Instant first() const { return m_first; }
    Instant last() const { return m_last; }
    Instant from() const { return m_from; }
    Instant to() const { return m_to; }
    std::chrono::milliseconds length() const { return m_to - m_from; }
    bool isWhole() const { return m_whole; }
    bool isFollowing() const { return m_following; }

    // Each stays within the bounds, and says whether anything else is shown now.
    bool show(Instant from, Instant to);
    bool zoom(double factor, Instant around); // below 1: nearer
    bool pan(std::chrono::milliseconds by);
    bool showAll();
    // The end of the bounds is at the right edge, and stays there; or no longer.
    bool setFollowing(bool following);

private:
    Instant m_first{}, m_last{}, m_from{}, m_to{};
    bool m_whole = true, m_following = true;
};

} // namespace hub::gui
