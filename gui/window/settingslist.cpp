#include "gui/window/settingslist.h"

#include <QScrollArea>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace hub::gui
{

namespace
{

constexpr int lookAgain = 15'000; // milliseconds: no event tells of a change that was made elsewhere

QString sectionTitle(const QString &section)
{
    static const QHash<QString, QString> titles{{u"hub"_s, SettingsList::tr("The hub")},
                                                {u"log"_s, SettingsList::tr("Log")},
                                                {u"state"_s, SettingsList::tr("The hub's own data")},
                                                {u"checkpoint"_s, SettingsList::tr("Checkpoints")},
                                                {u"vault"_s, SettingsList::tr("Vaults, where checkpoints lie")},
                                                {u"agents"_s, SettingsList::tr("Agents at work")},
                                                {u"monitor"_s, SettingsList::tr("Watching the machine")},
                                                {u"alerts"_s, SettingsList::tr("Where alerts go")},
                                                {u"git"_s, SettingsList::tr("Protected branches")},
                                                {u"trees"_s, SettingsList::tr("Working trees")},
                                                {u"retention"_s, SettingsList::tr("How long things stay")},
                                                {u"drill"_s, SettingsList::tr("Practised recoveries")},
                                                {u"storage"_s, SettingsList::tr("Disks that run low")},
                                                {u"discord"_s, SettingsList::tr("Discord")}};
    return titles.value(section, settingName(section));
}

} // namespace

SettingsList::SettingsList(const Context &context, std::function<bool(const QString &)> shown, QWidget *parent)
    : Page(parent)
    , m_context(context)
    , m_shown(std::move(shown))
    , m_search(new QLineEdit(this))
    , m_file(new QLabel(this))
    , m_nothing(new QLabel(tr("No setting has these words."), this))
    , m_feed(
          context.state.link(), askCommand(context.state.link(), u"config list"_s),
          [this](const QJsonObject &answer) { take(answer); }, this)
{
    m_search->setObjectName(u"searchSettings"_s);
    m_search->setPlaceholderText(tr("Search settings"));
    m_search->setAccessibleName(tr("Search settings"));
    m_search->setClearButtonEnabled(true);
    m_search->setMaximumWidth(320);
    m_file->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_file->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_nothing->setAlignment(Qt::AlignCenter);
    m_nothing->hide();
    auto *content = new QWidget;
    m_groups = new QVBoxLayout(content);
    m_groups->setContentsMargins(12, 4, 12, 12);
    m_groups->addWidget(m_nothing);
    m_groups->addStretch(1);
    auto *scroll = new QScrollArea(this);
    scroll->setWidget(content);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setFocusPolicy(Qt::NoFocus);
    setFocusProxy(m_search);
    auto *bar = new QHBoxLayout;
    bar->setContentsMargins(12, 8, 12, 4);
    bar->addWidget(m_search, 1);
    bar->addWidget(m_file, 1);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addLayout(bar);
    layout->addWidget(scroll, 1);
    connect(m_search, &QLineEdit::textChanged, this, &SettingsList::search);
    connect(&context.runner, &CommandRunner::done, this, [this](const QString &command) {
        if (command == u"config set" && m_feed.isActive())
            m_feed.refresh();
    });
    m_feed.repeat(lookAgain);
    keep(m_feed);
}

void SettingsList::take(const QJsonObject &answer)
{
    const QString file = answer[u"file"_s].toString();
    m_file->setText(file);
    m_file->setToolTip(tr("The settings file: %1").arg(file));
    for (const QJsonObject &declared : rowsOf(answer, u"declared"_s)) {
        const QString key = declared[u"key"_s].toString();
        const QString section = key.section(u'/', 0, 0);
        if (!m_shown(section))
            continue;
        if (SettingField *known = m_fields.value(key)) {
            known->show(declared);
            continue;
        }
        auto *field = new SettingField(declared, this);
        m_fields.insert(key, field);
        groupFor(section)->addWidget(field);
        // A window that closes may have no runner any more when its fields lose the focus.
        CommandRunner *runner = &m_context.runner;
        connect(field, &SettingField::wanted, runner, [this, field](const QString &value) { send(field, value); });
        connect(field, &SettingField::defaultWanted, runner, [this, field] { send(field, {}); });
    }
    search(m_search->text());
}

QVBoxLayout *SettingsList::groupFor(const QString &section)
{
    QGroupBox *&group = m_sections[section];
    if (!group) {
        group = new QGroupBox(sectionTitle(section), this);
        new QVBoxLayout(group);
        m_groups->insertWidget(m_groups->count() - 1, group);
    }
    return static_cast<QVBoxLayout *>(group->layout());
}

// An empty value is the default again.
void SettingsList::send(SettingField *field, const QString &value)
{
    QJsonObject options{{u"key"_s, field->key()}};
    if (!value.isEmpty())
        options[u"value"_s] = value;
    m_context.runner.runFor(field, u"config set"_s, options, [field, value](const Result<commands::Reply> &reply) {
        if (reply)
            field->accept(value.isEmpty() ? field->fallback() : value, reply->text);
        else
            field->refuse(reply.error().message);
    });
}

void SettingsList::search(const QString &text)
{
    const QStringList words = text.toLower().split(u' ', Qt::SkipEmptyParts);
    QSet<QGroupBox *> found;
    for (SettingField *field : std::as_const(m_fields)) {
        QGroupBox *group = m_sections.value(field->key().section(u'/', 0, 0));
        const bool fits = field->has(words);
        field->setVisible(fits);
        if (fits)
            found << group;
    }
    for (QGroupBox *group : std::as_const(m_sections))
        group->setVisible(found.contains(group));
    m_nothing->setVisible(found.isEmpty() && !m_fields.isEmpty());
}

} // namespace hub::gui
