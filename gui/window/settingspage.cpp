#include "gui/window/settingspage.h"

#include "gui/window/agentstab.h"
#include "gui/window/discordtab.h"
#include "gui/window/settingslist.h"
#include "gui/window/theme.h"
#include "gui/window/wizard.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QPushButton>
#include <QSettings>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace hub::gui
{

namespace
{

// The program's own; a test's window has none.
Theme &theme()
{
    Theme *found = qApp->findChild<Theme *>();
    return found ? *found : *new Theme(qApp);
}

} // namespace

SettingsPage::SettingsPage(const Context &context, QWidget *parent)
    : Page(parent)
    , m_context(context)
    , m_tabs(new QTabWidget(this))
{
    m_tabs->setDocumentMode(true);
    m_tabs->addTab(new SettingsList(
                       context, [](const QString &section) { return section != u"discord"; }, m_tabs),
                   tr("Hub"));
    m_tabs->addTab(new AgentsTab(context, m_tabs), tr("Agents"));
    m_tabs->addTab(new DiscordTab(context, m_tabs), tr("Discord"));
    m_tabs->addTab(makeWindowTab(), tr("Window"));
    setFocusProxy(m_tabs);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(m_tabs);
}

QWidget *SettingsPage::makeWindowTab()
{
    auto *tab = new QWidget(m_tabs);
    auto *colours = new QComboBox(tab);
    colours->setObjectName(u"theme"_s);
    colours->addItem(tr("As the system says"), int(Theme::Choice::System));
    colours->addItem(tr("Light"), int(Theme::Choice::Light));
    colours->addItem(tr("Dark"), int(Theme::Choice::Dark));
    colours->setCurrentIndex(colours->findData(int(Theme::choice())));
    connect(colours, &QComboBox::activated, this,
            [colours] { theme().choose(Theme::Choice(colours->currentData().toInt())); });
    auto *tray = new QCheckBox(tr("Stay in the &tray when the window is closed"), tab);
    tray->setObjectName(u"stayInTray"_s);
    tray->setToolTip(tr("So that it can tell you when something needs you"));
    tray->setChecked(QSettings().value(u"window/stay_in_tray"_s, true).toBool());
    connect(tray, &QCheckBox::toggled, this, [](bool stay) { QSettings().setValue(u"window/stay_in_tray"_s, stay); });
    //: The language that this is translated to, by its own name.
    auto *language = new QLabel(tr("English, as the system says"), tab);
    auto *steps = new QPushButton(tr("&First steps…"), tab);
    steps->setObjectName(u"firstSteps"_s);
    steps->setToolTip(tr("A project, an agent and Discord, one after the other"));
    connect(steps, &QPushButton::clicked, this, [this] { Wizard::open(m_context, *window()); });
    auto *form = new QFormLayout(tab);
    form->setContentsMargins(12, 12, 12, 12);
    form->setVerticalSpacing(10);
    form->addRow(tr("&Colours"), colours);
    form->addRow(tr("Language"), language);
    form->addRow(QString(), tray);
    form->addRow(tr("Setting up"), steps);
    form->setFieldGrowthPolicy(QFormLayout::FieldsStayAtSizeHint);
    return tab;
}

} // namespace hub::gui
