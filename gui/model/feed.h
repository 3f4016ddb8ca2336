// Keeps one view up to date: asks the hub when the view is shown, when the connection is there again, and shortly after
// an event that concerns it; never twice at once. Window's thread.
#pragma once

#include "gui/model/hublink.h"

#include <QTimer>

namespace hub::gui
{

class Feed final : public QObject
{
    Q_OBJECT

public:
    // The data of an answer, asked for each time anew.
    using Ask = std::function<QFuture<Result<QJsonObject>>()>;

    // `ask` returns a QFuture<Result<T>>, `show` takes the T.
    template <class AskT, class ShowT>
    Feed(HubLink &link, AskT ask, ShowT show, QObject *parent)
        : Feed(link, parent)
    {
        m_ask = [this, ask = std::move(ask), show = std::move(show)] {
            whenDone(ask(), this, [this, show](const auto &answer) {
                if (answer)
                    show(*answer);
                end(answer ? std::nullopt : std::optional(answer.error()));
            });
        };
    }

    // Asks anew after such an event; with a test, only after one that passes.
    void follow(const QStringList &events, std::function<bool(const HubEvent &)> concerns = {});
    // And besides, every so many milliseconds.
    void repeat(int milliseconds);
    // While it is off nothing is asked; what was missed is asked for when it is on again.
    void setActive(bool active);
    void refresh();
    bool isActive() const { return m_active; }
    const std::optional<Error> &error() const { return m_error; } // of the last answer

Q_SIGNALS:
    void answered(); // well or not

private:
    Feed(HubLink &link, QObject *parent);
    void askNow();
    void end(const std::optional<Error> &error);

    HubLink &m_link;
    std::function<void()> m_ask;
    QTimer m_soon, m_repeat;
    bool m_active = false, m_asking = false, m_stale = true;
    std::optional<Error> m_error;
};

// The data of a command's reply, asked as a feed asks.
Feed::Ask askCommand(HubLink &link, const QString &command, const QJsonObject &options = {});

} // namespace hub::gui
