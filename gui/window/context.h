// What every page of the window is given.
#pragma once

#include "gui/model/hubstate.h"
#include "gui/window/commandrunner.h"

namespace hub::gui
{

struct Context {
    HubState &state;
    CommandRunner &runner;
    std::function<void(const QString &task)> openTask; // shows the task's page
    QString place = {};                                // names a hub on another machine; empty: the one of this machine
};

// A page of the window. What it shows is asked for only while it is shown.
class Page : public QWidget
{
    Q_OBJECT

public:
    explicit Page(QWidget *parent = nullptr)
        : QWidget(parent)
    {
    }

protected:
    // The feed asks while the page is on the screen.
    void keep(Feed &feed) { m_feeds.append(&feed); }
    void showEvent(QShowEvent *event) override
    {
        QWidget::showEvent(event);
        for (Feed *feed : std::as_const(m_feeds))
            feed->setActive(true);
    }
    void hideEvent(QHideEvent *event) override
    {
        QWidget::hideEvent(event);
        for (Feed *feed : std::as_const(m_feeds))
            feed->setActive(false);
    }

private:
    QList<Feed *> m_feeds;
};

} // namespace hub::gui
