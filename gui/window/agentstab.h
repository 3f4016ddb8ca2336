// The agents as they are set up: add, look, change, test, pause, remove.
#pragma once

#include "gui/window/context.h"
#include "gui/window/replyview.h"
#include "gui/window/rowtable.h"
#include "gui/window/settingfield.h"

#include <QPushButton>

class QVBoxLayout;

namespace hub::gui
{

class AgentsTab final : public QWidget
{
    Q_OBJECT

public:
    explicit AgentsTab(const Context &context, QWidget *parent = nullptr);
    ~AgentsTab() override { qDeleteAll(m_fields); } // before what they send through

protected:
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    QWidget *makeList();
    QWidget *makeDetails();
    void choose(const QString &agent);
    void take(const QJsonObject &answer);
    void set(const QString &agent, SettingField *field, const QString &value);
    void add();
    void test();
    void pause();
    void remove();
    void showButtons();

    Context m_context;
    QString m_agent; // that is looked at
    RowTable *m_table;
    QLabel *m_title, *m_file, *m_variables;
    QVBoxLayout *m_form;
    QHash<QString, SettingField *> m_fields;
    QPushButton *m_test, *m_pause, *m_remove, *m_variable;
    ReplyView *m_answer;
    QWidget *m_details;
    Feed m_feed;
};

} // namespace hub::gui
