// A task's conversation, with what is said to the agent below it, and what waits to be said.
#pragma once

#include "gui/views/conversationview.h"
#include "gui/window/context.h"

#include <QLabel>
#include <QListWidget>
#include <QPlainTextEdit>

namespace hub::gui
{

class ConversationTab final : public QWidget
{
    Q_OBJECT

public:
    explicit ConversationTab(const Context &context, QWidget *parent = nullptr);

    void setTask(const QString &task);
    // The number of the newest message, as the task's status says.
    void setCount(qint64 count) { m_source.setCount(count); }
    ConversationView &view() { return *m_view; }
    void writeSomething() { m_composer->setFocus(); }

Q_SIGNALS:
    // A right click: roll back to before this message.
    void goBackWanted(qint64 message);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    QWidget *makeComposer();
    void fetch(qint64 first, int count);
    void fetchWhole(qint64 message);
    void find(const QString &text, qint64 from, bool forward);
    void onEvent(const HubEvent &event);
    void showMenu(qint64 message, const QPoint &where);
    void say(bool now);
    void attach();
    void showQueue(const QJsonObject &data);

    Context m_context;
    QString m_task;
    TalkSource m_source;
    ConversationView *m_view;
    QPlainTextEdit *m_composer;
    QLabel *m_files;
    QList<commands::Attachment> m_attached;
    QListWidget *m_queue;
    Feed m_queueFeed;
};

} // namespace hub::gui
