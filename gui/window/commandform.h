// The form of one command, made from its row in the table: a field for each option, with what the hub suggests for it.
#pragma once

#include "core/commands/commandspec.h"
#include "gui/model/hublink.h"

#include <QDialog>
#include <QLabel>

class QFormLayout;

namespace hub::gui
{

class CommandForm final : public QDialog
{
    Q_OBJECT

public:
    CommandForm(HubLink &link, const commands::CommandSpec &spec, const QJsonObject &known, QWidget *parent);

Q_SIGNALS:
    // Complete and checked; the form closes.
    void wanted(const hub::commands::CommandCall &call);

private:
    struct Input {
        const commands::OptionSpec *option;
        QWidget *widget;
        std::function<QString()> text; // empty: left out
    };
    QWidget *inputFor(const commands::OptionSpec &option, const QString &known);
    QWidget *suggesting(const commands::OptionSpec &option, const QString &known);
    QWidget *withFiles(const commands::OptionSpec &option, const QString &known);
    QJsonObject options() const;
    void suggest(const commands::OptionSpec &option, class QComboBox *box);
    void accept() override;

    HubLink &m_link;
    const commands::CommandSpec &m_spec;
    QList<Input> m_inputs;
    QLabel *m_problem;
};

} // namespace hub::gui
