// Every command of the table, found by a few letters and run from the keyboard.
#pragma once

#include "gui/window/context.h"

#include <QDialog>
#include <QLineEdit>
#include <QListWidget>

namespace hub::gui
{

class CommandPalette final : public QDialog
{
    Q_OBJECT

public:
    CommandPalette(const Context &context, QWidget *parent);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void narrow(const QString &typed);
    void choose();

    Context m_context;
    QLineEdit *m_line;
    QListWidget *m_list;
};

} // namespace hub::gui
