// A page that is one list: its rows come from a command, a row's actions are in its menu and below it.
#pragma once

#include "gui/window/context.h"
#include "gui/window/replyview.h"
#include "gui/window/rowtable.h"

#include <QComboBox>
#include <QPushButton>

namespace hub::gui
{

class ListPage final : public Page
{
    Q_OBJECT

public:
    // What can be done with the rows that are selected.
    struct Action {
        QString label, command;
        QLatin1StringView option, key; // the option that gets the row's value of that key
        QJsonObject besides = {};      // other options
        bool form = false;             // asks for more first
        bool onlyOne = false;
    };
    // A way to look at it: what the command is given.
    struct View {
        QString label;
        QJsonObject options;
    };
    struct Spec {
        QString name;          // what widths are remembered under
        QString command, rows; // and the name of the list in its data
        QLatin1StringView id;
        QList<Column> columns;
        QList<View> views = {}; // the first one at first
        QList<Action> actions = {};
        QList<QPair<QString, QString>> commands = {}; // label and command line, for the page as a whole
        QStringList events = {};
        QString whenEmpty;
        std::function<QString(const QJsonObject &)> details = {}; // HTML of the chosen row
        QString openTask = {};                                    // the key whose task a double click opens
        int sortBy = 0;
        Qt::SortOrder order = Qt::DescendingOrder;
    };
    ListPage(const Context &context, Spec spec, QWidget *parent = nullptr);

    RowTable &table() { return *m_table; }
    void refresh() { m_feed.refresh(); }

private:
    QWidget *makeBar();
    void act(const Action &action, const QList<QJsonObject> &rows);
    void onRow(const QJsonObject *row);

    Context m_context;
    Spec m_spec;
    RowModel m_rows;
    RowTable *m_table;
    QComboBox *m_views = nullptr;
    QTextBrowser *m_details;
    QList<QPushButton *> m_buttons;
    Feed m_feed;
};

} // namespace hub::gui
