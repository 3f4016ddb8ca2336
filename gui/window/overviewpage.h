// The first page: how the machine is, what needs a person, what each agent does.
#pragma once

#include "gui/window/healthcards.h"
#include "gui/window/needsyou.h"
#include "gui/window/rowtable.h"

namespace hub::gui
{

class OverviewPage final : public Page
{
    Q_OBJECT

public:
    explicit OverviewPage(const Context &context, QWidget *parent = nullptr);

private:
    void addActions(QMenu &menu, const QList<QJsonObject> &rows);
    void showSummary();

    Context m_context;
    QLabel *m_summary;
    RowTable *m_agents;
};

} // namespace hub::gui
