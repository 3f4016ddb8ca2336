#include "gui/window/overviewpage.h"

#include <QHBoxLayout>
#include <QJsonArray>
#include <QMenu>
#include <QSplitter>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace hub::gui
{

namespace
{

QWidget *withHeading(const QString &text, QWidget *content)
{
    auto *both = new QWidget;
    auto *heading = new QLabel(text, both);
    QFont bold = heading->font();
    bold.setBold(true);
    heading->setFont(bold);
    auto *layout = new QVBoxLayout(both);
    layout->setContentsMargins({});
    layout->addWidget(heading);
    layout->addWidget(content, 1);
    return both;
}

} // namespace

OverviewPage::OverviewPage(const Context &context, QWidget *parent)
    : Page(parent)
    , m_context(context)
    , m_summary(new QLabel(this))
    , m_agents(new RowTable(context.state.agents(), u"agents"_s, this))
{
    m_summary->setWordWrap(true);
    m_summary->setTextFormat(Qt::PlainText);
    m_agents->setWhenEmpty(tr("No agent is set up yet: Settings, Agents."));
    m_agents->setAccessibleName(tr("Agents"));
    auto *lower = new QSplitter(Qt::Horizontal, this);
    lower->addWidget(withHeading(tr("Needs you"), new NeedsYou(context, this)));
    lower->addWidget(withHeading(tr("Agents"), m_agents));
    lower->setChildrenCollapsible(false);
    lower->setSizes({420, 560});
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(12, 8, 12, 8);
    layout->addWidget(new HealthCards(context, this), 1);
    layout->addWidget(m_summary);
    layout->addWidget(lower, 2);
    connect(m_agents, &RowTable::menuWanted, this, &OverviewPage::addActions);
    connect(m_agents, &RowTable::opened, this, [this](const QJsonObject &row) {
        const QStringList tasks = row[u"tasks"_s].toVariant().toStringList();
        if (!tasks.isEmpty())
            m_context.openTask(tasks.first().mid(1));
    });
    connect(&context.state, &HubState::healthChanged, this, &OverviewPage::showSummary);
    showSummary();
}

// What is not as it should be, in the hub's own words; nothing when all is well.
void OverviewPage::showSummary()
{
    const QJsonObject &health = m_context.state.health();
    QStringList lines;
    for (const QString &name : {u"concerns"_s, u"full_disks"_s}) {
        const auto texts = health[name].toVariant().toStringList();
        lines << texts;
    }
    if (const qint64 bytes = health[u"cache_bytes"_s].toInteger(); bytes > 0)
        lines << tr("Build output and caches could give back %1: cleanup --caches").arg(bytesText(bytes));
    if (health.contains(u"admitting"_s) && !health[u"admitting"_s].toBool())
        lines << tr("Nothing new starts until the machine is well again.");
    m_summary->setText(lines.join(u'\n'));
    m_summary->setVisible(!lines.isEmpty());
}

void OverviewPage::addActions(QMenu &menu, const QList<QJsonObject> &rows)
{
    const auto each = [this, rows](const QString &command, const QString &option) {
        for (const QJsonObject &row : rows)
            m_context.runner.run(command, {{option, row[u"agent"_s].toString()}});
    };
    menu.addAction(tr("Pause"), this, [each] { each(u"pause-agent"_s, u"name"_s); });
    menu.addAction(tr("Resume"), this, [each] { each(u"resume-agent"_s, u"name"_s); });
    menu.addAction(tr("Show"), this, [each] { each(u"agents show"_s, u"agent"_s); });
    menu.addAction(tr("Test"), this, [each] { each(u"agents test"_s, u"agent"_s); });
    menu.addAction(tr("New task…"), this, [this, rows] {
        m_context.runner.openForm(*commands::findCommand(u"assign-task"),
                                  {{u"agent"_s, rows.first()[u"agent"_s].toString()}});
    });
}

} // namespace hub::gui
