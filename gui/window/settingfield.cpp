#include "gui/window/settingfield.h"

#include "gui/model/look.h"
#include "gui/model/texts.h"

#include <QCheckBox>
#include <QComboBox>
#include <QEvent>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QJsonArray>
#include <QKeyEvent>
#include <QLineEdit>
#include <QLocale>
#include <QSpinBox>

using namespace Qt::StringLiterals;

namespace hub::gui
{

namespace
{

constexpr int nameWidth = 160, numberWidth = 140, longestChoice = 300, longestText = 560;

QLabel *quietLabel(QWidget *parent)
{
    auto *label = new QLabel(parent);
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    label->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Minimum);
    label->hide();
    return label;
}

QString valueWords(const QJsonObject &declared, const QString &value)
{
    if (declared[u"type"_s] == u"flag"_s)
        return value == u"true" ? SettingField::tr("on") : SettingField::tr("off");
    return value.isEmpty() ? SettingField::tr("empty") : value;
}

} // namespace

QString settingName(const QString &key)
{
    // As people write what keys can't.
    static const QHash<QString, QString> words{{u"mb"_s, u"MB"_s},      {u"gb"_s, u"GB"_s},        {u"cpu"_s, u"CPU"_s},
                                               {u"io"_s, u"I/O"_s},     {u"id"_s, u"ID"_s},        {u"api"_s, u"API"_s},
                                               {u"dir"_s, u"folder"_s}, {u"env"_s, u"variables"_s}};
    QStringList parts = key.section(u'/', -1).split(u'_', Qt::SkipEmptyParts);
    for (QString &part : parts)
        part = words.value(part, part);
    QString name = parts.join(u' ');
    if (!name.isEmpty())
        name[0] = name[0].toUpper();
    return settingLabel(key, name);
}

SettingField::SettingField(const QJsonObject &declared, QWidget *parent)
    : QWidget(parent)
    , m_key(declared[u"key"_s].toString())
    , m_input(makeInput(declared))
    , m_help(quietLabel(this))
    , m_state(quietLabel(this))
    , m_trouble(quietLabel(this))
    , m_default(new QToolButton(this))
{
    const QString name = settingName(m_key);
    const QString help = settingHelp(m_key, declared[u"help"_s].toString());
    m_words = (m_key + u' ' + name + u' ' + help).toLower();
    auto *label = new QLabel(name, this);
    label->setToolTip(m_key);
    label->setFixedWidth(nameWidth);
    label->setWordWrap(true);
    label->setBuddy(m_input);
    m_input->setObjectName(m_key);
    m_input->setAccessibleName(name);
    m_input->setAccessibleDescription(help);
    m_input->installEventFilter(this);
    m_input->setFocusPolicy(Qt::StrongFocus);
    m_help->setObjectName(u"help"_s);
    m_state->setObjectName(u"state"_s);
    m_trouble->setObjectName(u"trouble"_s);
    m_default->setObjectName(u"default"_s);
    m_default->setText(tr("Default"));
    m_default->setToolTip(tr("Back to the default: %1").arg(valueWords(declared, declared[u"default"_s].toString())));
    m_default->setAccessibleName(tr("%1: back to the default").arg(name));
    connect(m_default, &QToolButton::clicked, this, &SettingField::defaultWanted);
    const bool later = declared[u"needs_restart"_s].toBool();
    m_help->setText(later ? help + u". "_s + tr("A change counts from the hub's next start on.") : help);
    m_help->setVisible(!help.isEmpty());
    auto *line = new QHBoxLayout;
    line->addWidget(m_input, m_input->maximumWidth() > numberWidth && !qobject_cast<QCheckBox *>(m_input) ? 4 : 0);
    line->addWidget(m_default);
    line->addStretch(1);
    auto *layout = new QGridLayout(this);
    layout->setContentsMargins(0, 2, 0, 8);
    layout->setVerticalSpacing(2);
    layout->addWidget(label, 0, 0);
    layout->addLayout(line, 0, 1);
    layout->addWidget(m_help, 1, 1);
    layout->addWidget(m_state, 2, 1);
    layout->addWidget(m_trouble, 3, 1);
    layout->setColumnStretch(1, 1);
    show(declared);
    m_put(m_value);
    colour();
}

// An input that goes loses the focus, which is how a person leaves it.
SettingField::~SettingField()
{
    m_input->disconnect(this);
    m_input->removeEventFilter(this);
}

QWidget *SettingField::makeInput(const QJsonObject &declared)
{
    const QString type = declared[u"type"_s].toString();
    if (type == u"flag") {
        auto *box = new QCheckBox(this);
        m_text = [box] { return box->isChecked() ? u"true"_s : u"false"_s; };
        m_put = [box](const QString &value) { box->setChecked(value == u"true"); };
        connect(box, &QCheckBox::clicked, this, &SettingField::commit);
        return box;
    }
    if (type == u"choice") {
        auto *box = new QComboBox(this);
        for (const QJsonValue &choice : declared[u"choices"_s].toArray())
            box->addItem(choice.toString().replace(u'-', u' '), choice.toString());
        box->setMinimumWidth(numberWidth);
        box->setMaximumWidth(longestChoice);
        m_text = [box] { return box->currentData().toString(); };
        m_put = [box](const QString &value) { box->setCurrentIndex(box->findData(value)); };
        connect(box, &QComboBox::activated, this, [this] {
            if (!m_byKey)
                commit();
        });
        return box;
    }
    if (type == u"number") {
        auto *box = new QSpinBox(this);
        box->setRange(int(declared[u"low"_s].toInteger()), int(declared[u"high"_s].toInteger()));
        box->setGroupSeparatorShown(true);
        box->setKeyboardTracking(false);
        box->setFixedWidth(numberWidth);
        m_text = [box] { return QString::number(box->value()); };
        m_put = [box](const QString &value) { box->setValue(value.toInt()); };
        connect(box, &QSpinBox::editingFinished, this, &SettingField::commit);
        return box;
    }
    auto *line = new QLineEdit(this);
    line->setMinimumWidth(numberWidth);
    line->setMaximumWidth(longestText);
    m_text = [line] { return line->text().trimmed(); };
    m_put = [line](const QString &value) {
        line->setText(value);
        line->setCursorPosition(0);
    };
    connect(line, &QLineEdit::editingFinished, this, &SettingField::commit);
    return line;
}

void SettingField::show(const QJsonObject &declared)
{
    const QString before = std::exchange(m_value, declared[u"value"_s].toString());
    if (!m_declared.isEmpty() && m_text() == before)
        m_put(m_value); // nobody is writing
    m_declared = declared;
    tell();
}

void SettingField::accept(const QString &value, const QString &note)
{
    if (m_text() == std::exchange(m_value, value))
        m_put(value); // the default, which nobody wrote
    m_sent.reset();
    m_note = note;
    m_problem.clear();
    tell();
}

void SettingField::refuse(const QString &sentence)
{
    m_sent.reset();
    m_problem = sentence;
    m_put(m_value);
    tell();
}

bool SettingField::has(const QStringList &words) const
{
    return std::all_of(words.begin(), words.end(), [this](const QString &word) { return m_words.contains(word); });
}

void SettingField::commit()
{
    m_byKey = false;
    const QString value = m_text();
    if (value == m_sent.value_or(m_value))
        return;
    m_sent = value;
    Q_EMIT wanted(value);
}

// Where the value comes from, when that is worth a line, and from when on it counts.
void SettingField::tell()
{
    const QString source = m_declared[u"source"_s].toString();
    QStringList lines;
    if (source == u"environment")
        lines << tr("The variable %1 of the hub's environment sets it, so it can't be changed here.")
                     .arg(m_declared[u"environment"_s].toString());
    else if (source == u"command line")
        lines << tr("The hub's command line sets it, so it can't be changed here.");
    else if (source == u"file" && m_value != fallback())
        lines << tr("From the settings file; the default is %1.").arg(valueWords(m_declared, fallback()));
    if (!m_note.isEmpty())
        lines << m_note;
    const bool fixed = source == u"environment" || source == u"command line";
    m_input->setEnabled(!fixed);
    m_default->setVisible(!fixed && m_declared.contains(u"default"_s) && m_value != fallback());
    m_state->setText(lines.join(u' '));
    m_state->setVisible(!lines.isEmpty());
    m_trouble->setText(m_problem);
    m_trouble->setVisible(!m_problem.isEmpty());
}

// A list that scrolls must not change what lies under the wheel; a choice made with keys counts when the field is left.
bool SettingField::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::Wheel && !m_input->hasFocus()) {
        event->ignore();
        return true;
    }
    if (qobject_cast<QComboBox *>(m_input)) {
        if (event->type() == QEvent::KeyPress) {
            const int key = static_cast<QKeyEvent *>(event)->key();
            if (key == Qt::Key_Return || key == Qt::Key_Enter) {
                commit();
                return true;
            }
            m_byKey = true;
        } else if (event->type() == QEvent::MouseButtonPress) {
            m_byKey = false;
        } else if (event->type() == QEvent::FocusOut &&
                   static_cast<QFocusEvent *>(event)->reason() != Qt::PopupFocusReason) {
            commit();
        }
    }
    return QWidget::eventFilter(watched, event);
}

void SettingField::colour()
{
    const auto paint = [this](QLabel *label, const QColor &colour) {
        QPalette colours = palette();
        colours.setColor(QPalette::WindowText, colour);
        label->setPalette(colours);
    };
    paint(m_help, palette().color(QPalette::PlaceholderText));
    paint(m_state, toneColour(Tone::Active));
    paint(m_trouble, toneColour(Tone::Bad));
}

void SettingField::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_trouble)
        colour();
}

} // namespace hub::gui
