// One task: what it does, what was said, what it changed, what happened, and all that can be done about it.
#pragma once

#include "gui/window/changestab.h"
#include "gui/window/conversationtab.h"
#include "gui/window/replyview.h"
#include "gui/window/timelinetab.h"

#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QTabWidget>

namespace hub::gui
{

class TaskPage final : public Page
{
    Q_OBJECT

public:
    explicit TaskPage(const Context &context, QWidget *parent = nullptr);

    void setTask(const QString &task);
    const QString &task() const { return m_task; }
    ConversationTab &conversation() { return *m_conversation; }
    ChangesTab &changes() { return *m_changes; }
    void showChanges(const QString &from, const QString &to);

private:
    QWidget *makeHead();
    void act(const QString &command, QJsonObject options = {});
    void showTask(const QJsonObject &task);
    void showStatus(const QJsonObject &data);
    void goBackBefore(qint64 message);

    Context m_context;
    QString m_task;
    QJsonObject m_data;
    QList<QJsonObject> m_checkpoints; // newest first
    QLabel *m_title, *m_state, *m_facts, *m_step;
    QProgressBar *m_progress;
    QPushButton *m_pause, *m_resume, *m_checkpoint, *m_goBack, *m_finish;
    QTabWidget *m_tabs;
    ConversationTab *m_conversation;
    ChangesTab *m_changes;
    TimelineTab *m_timeline;
    ReplyView *m_details;
    Feed m_status, m_points;
};

} // namespace hub::gui
