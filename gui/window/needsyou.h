// What waits for a person, the most urgent first, with what can be done about it in place.
#pragma once

#include "gui/window/context.h"

#include <QLabel>
#include <QScrollArea>
#include <QTimer>

class QVBoxLayout;

namespace hub::gui
{

class NeedsYou final : public QScrollArea
{
    Q_OBJECT

public:
    explicit NeedsYou(const Context &context, QWidget *parent = nullptr);
    int count() const { return int(m_shown.size()); }

private:
    struct Action {
        QString label, command;
        QJsonObject options;
        bool form = false; // asks for more first
    };
    struct Item {
        QString id, tone, title, text, task;
        QList<Action> actions;
        // The actions follow from these.
        bool operator==(const Item &other) const
        {
            return id == other.id && title == other.title && text == other.text;
        }
    };
    QList<Item> items() const; // all but what is too many of them
    void addTasks(QList<Item> &items) const;
    void addAlerts(QList<Item> &items) const;
    void rebuild();
    QWidget *widgetFor(const Item &item);

    Context m_context;
    QVBoxLayout *m_layout;
    QList<Item> m_shown;
    QHash<QString, QWidget *> m_cards; // of what is shown, by its id
    QLabel *m_rest;                    // what is said below them
    QTimer m_soon;
};

} // namespace hub::gui
