// An application that knows how long its thread was busy: with one event, and between two moments at which it waited.
#pragma once

#include <QApplication>

#include <vector>

namespace hub::bench
{

class TourApplication final : public QApplication
{
    Q_OBJECT

public:
    using QApplication::QApplication;

    bool notify(QObject *receiver, QEvent *event) override;

    // Of each event since the last call that was handled on the outermost level, in milliseconds. `working` is without
    // what other processes took of the cores meanwhile.
    struct Turns {
        std::vector<double> lasted, working;
        QString longest; // what the longest one was of
    };
    Turns takeTurns()
    {
        m_most = 0;
        return std::exchange(m_turns, {});
    }

    // A step of a person and the frame that it makes; how long it took.
    double frame(const std::function<void()> &step);
    // Lets the window do what it does for so long.
    static void spin(int milliseconds);
    // False: not within a minute.
    static bool until(const std::function<bool()> &holds);

private:
    int m_depth = 0;
    double m_most = 0; // of m_turns.working
    Turns m_turns;
};

} // namespace hub::bench
