// What a task changed: between its base, any of its checkpoints and now.
#pragma once

#include "gui/views/diffview.h"
#include "gui/window/context.h"

#include <QComboBox>

namespace hub::gui
{

class ChangesTab final : public QWidget
{
    Q_OBJECT

public:
    explicit ChangesTab(const Context &context, QWidget *parent = nullptr);

    void setTask(const QString &task);
    // Newest first, as rollback show's data has them.
    void setCheckpoints(const QList<QJsonObject> &checkpoints);
    // Empty: the base, and now.
    void compare(const QString &from, const QString &to);
    DiffView &view() { return *m_view; }

protected:
    void showEvent(QShowEvent *event) override;

private:
    void refresh();
    void showFileMenu(const QString &path, const QPoint &where);

    Context m_context;
    QString m_task;
    QComboBox *m_from, *m_to;
    DiffView *m_view;
    bool m_stale = true;
    int m_asked = 0; // counts, so that a late answer is told from the newest
};

} // namespace hub::gui
