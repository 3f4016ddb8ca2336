// Setting an agent up: one of those whose programs are on the hub's machine, or any command; added, then tested, with
// the answers in place.
#pragma once

#include "gui/window/context.h"
#include "gui/window/replyview.h"

#include <QComboBox>
#include <QLineEdit>

namespace hub::gui
{

class AgentSetup final : public QWidget
{
    Q_OBJECT

public:
    // `proposes`: begins with the first one that is found, else with nothing.
    AgentSetup(const Context &context, bool proposes, QWidget *parent = nullptr);

    // Enough is written to try.
    bool isWritten() const;
    bool isBusy() const { return m_busy; }
    // Adds it, then tests it; ends in added() or in an error that is shown.
    void add();

Q_SIGNALS:
    void changed(); // what is written, or whether it is busy
    void added(const QString &agent);

private:
    void look();
    void choose(int row);
    void test(const QString &agent, const commands::Reply &added);
    void setBusy(bool busy);

    Context m_context;
    QComboBox *m_found;
    QLineEdit *m_name, *m_command;
    ReplyView *m_answer;
    bool m_proposes, m_busy = false;
};

} // namespace hub::gui
