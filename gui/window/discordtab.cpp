#include "gui/window/discordtab.h"

#include "gui/model/look.h"

#include <QGroupBox>
#include <QSplitter>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace hub::gui
{

DiscordTab::DiscordTab(const Context &context, QWidget *parent)
    : QWidget(parent)
    , m_context(context)
    , m_status(new QLabel(this))
    , m_token(new TokenBox(context, this))
{
    m_status->setWordWrap(true);
    m_status->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_status->setAccessibleName(tr("How the connection to Discord is"));
    auto *how = new QLabel(tr("With a bot of your own, agents can be watched and steered from a phone. Make one at "
                              "<a href=\"https://discord.com/developers/applications\">discord.com/developers</a>: New "
                              "Application, Bot, Reset Token."),
                           this);
    how->setWordWrap(true);
    how->setOpenExternalLinks(true);
    auto *box = new QGroupBox(tr("The bot"), this);
    auto *inBox = new QVBoxLayout(box);
    inBox->addWidget(how);
    inBox->addWidget(m_token, 1);
    auto *left = new QWidget(this);
    auto *column = new QVBoxLayout(left);
    column->setContentsMargins(12, 8, 4, 12);
    column->addWidget(m_status);
    column->addWidget(box, 1);
    auto *settings = new SettingsList(
        context, [](const QString &section) { return section == u"discord"; }, this);
    auto *both = new QSplitter(Qt::Horizontal, this);
    both->addWidget(left);
    both->addWidget(settings);
    both->setChildrenCollapsible(false);
    both->setSizes({460, 640});
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(both);
    setFocusProxy(m_token);
    connect(&context.state, &HubState::healthChanged, this, &DiscordTab::showStatus);
    showStatus();
}

void DiscordTab::showStatus()
{
    const QJsonObject front = m_context.state.health()[u"fronts"_s].toObject()[u"discord"_s].toObject();
    const QString text = front[u"text"_s].toString();
    const bool known = !front.isEmpty();
    const Tone tone = !known                           ? Tone::Quiet
                      : !front[u"well"_s].toBool(true) ? Tone::Bad
                      : text.startsWith(u"off")        ? Tone::Quiet
                                                       : Tone::Good;
    QString html = u"<span style=\"color:%1\">●</span> %2"_s.arg(
        toneColour(tone).name(), known ? tr("Discord: %1").arg(text).toHtmlEscaped()
                                       : tr("This hub was built without Discord.").toHtmlEscaped());
    if (const QString advice = front[u"advice"_s].toString(); !advice.isEmpty())
        html += u"<br/>"_s + advice.toHtmlEscaped();
    m_status->setText(html);
}

} // namespace hub::gui
