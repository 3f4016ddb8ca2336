#include "gui/window/commandform.h"

#include "core/base/async.h"
#include "core/base/shellwords.h"
#include "core/commands/suggested.h"
#include "gui/model/look.h"
#include "gui/model/texts.h"

#include <QCheckBox>
#include <QComboBox>
#include <QCompleter>
#include <QDialogButtonBox>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QIntValidator>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTimer>
#include <QToolButton>

using namespace Qt::StringLiterals;

namespace hub::gui
{

using namespace commands;

namespace
{

constexpr int typingPause = 150; // milliseconds, before values are asked for

Result<QList<Attachment>> filesIn(const QString &text)
{
    HUB_TRY(const QStringList paths, splitWords(text));
    QList<Attachment> files;
    for (const QString &path : paths) {
        QFile file(path);
        if (!file.open(QIODevice::ReadOnly))
            return fail(ErrorCode::NotFound, CommandForm::tr("%1 can't be read: %2").arg(path, file.errorString()));
        if (files.size() == mostFiles || file.size() > mostFileBytes)
            return fail(
                ErrorCode::InvalidInput,
                CommandForm::tr("At most %1 files of %2 MB each go along.").arg(mostFiles).arg(mostFileBytes >> 20));
        files.append({QFileInfo(path).fileName(), file.readAll()});
    }
    return files;
}

// What is chosen when nothing is, by the name that it has in the list.
QString whenLeftOut(const OptionSpec &option)
{
    const bool listed = std::find(option.choices.begin(), option.choices.end(), option.without) != option.choices.end();
    return listed ? choiceName(option.name, option.without) : optionDefault(option.without);
}

} // namespace

CommandForm::CommandForm(HubLink &link, const CommandSpec &spec, const QJsonObject &known, QWidget *parent)
    : QDialog(parent)
    , m_link(link)
    , m_spec(spec)
    , m_problem(new QLabel(this))
{
    setWindowTitle(QString(spec.name));
    setMinimumWidth(520);
    auto *says = new QLabel(commandText(spec.description), this);
    says->setWordWrap(true);
    auto *form = new QFormLayout;
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    for (const OptionSpec &option : spec.options) {
        QWidget *input = inputFor(option, known.value(option.name).toVariant().toString());
        auto *label = new QLabel(optionName(option.name) + (option.required ? u" *"_s : QString()), this);
        label->setBuddy(input);
        input->setAccessibleName(optionName(option.name));
        input->setAccessibleDescription(commandText(option.description));
        QString help = commandText(option.description);
        if (!option.without.isEmpty() && !option.required)
            help += u" ("_s + tr("left out: %1").arg(whenLeftOut(option)) + u')';
        label->setToolTip(help);
        input->setToolTip(help);
        form->addRow(label, input);
    }
    m_problem->setWordWrap(true);
    m_problem->hide();
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    auto *go = buttons->addButton(spec.effect == Effect::Read        ? tr("Show")
                                  : spec.effect == Effect::Dangerous ? tr("Look first…")
                                                                     : tr("Do this"),
                                  QDialogButtonBox::AcceptRole);
    go->setDefault(true);
    connect(buttons, &QDialogButtonBox::accepted, this, &CommandForm::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto *layout = new QVBoxLayout(this);
    layout->addWidget(says);
    layout->addLayout(form);
    layout->addWidget(m_problem);
    layout->addWidget(buttons);
    const auto empty = std::find_if(m_inputs.begin(), m_inputs.end(), [](const Input &input) {
        return input.option->required && input.text().isEmpty();
    });
    if (empty != m_inputs.end())
        empty->widget->setFocus();
    else if (!m_inputs.isEmpty())
        m_inputs.first().widget->setFocus();
}

QWidget *CommandForm::inputFor(const OptionSpec &option, const QString &known)
{
    const auto take = [this, &option](QWidget *widget, std::function<QString()> text) {
        m_inputs.append({&option, widget, std::move(text)});
        return widget;
    };
    if (option.kind == OptionKind::Flag) {
        auto *box = new QCheckBox(commandText(option.description), this);
        const bool usually = option.without == "yes"_L1;
        box->setChecked(known.isEmpty() ? usually : known == u"true");
        return take(box, [box, usually] {
            return box->isChecked() == usually ? QString() : box->isChecked() ? u"yes"_s : u"no"_s;
        });
    }
    if (option.kind == OptionKind::Choice) {
        auto *box = new QComboBox(this);
        if (!option.required)
            box->addItem(option.without.isEmpty() ? tr("(left out)") : u'(' + whenLeftOut(option) + u')', QString());
        for (const QLatin1StringView choice : option.choices)
            box->addItem(choiceName(option.name, choice), QString(choice));
        box->setCurrentIndex(std::max(0, box->findData(known)));
        return take(box, [box] { return box->currentData().toString(); });
    }
    if (option.kind == OptionKind::File || option.kind == OptionKind::Path)
        return withFiles(option, known);
    if (isSuggested(option.kind))
        return suggesting(option, known);
    if (option.kind == OptionKind::Text && option.rest && !option.secret) {
        auto *text = new QPlainTextEdit(known, this);
        text->setTabChangesFocus(true);
        text->setMinimumHeight(90);
        return take(text, [text] { return text->toPlainText().trimmed(); });
    }
    auto *line = new QLineEdit(known, this);
    if (option.secret)
        line->setEchoMode(QLineEdit::Password);
    if (option.kind == OptionKind::Number)
        line->setValidator(new QIntValidator(line));
    return take(line, [line] { return line->text().trimmed(); });
}

QWidget *CommandForm::suggesting(const OptionSpec &option, const QString &known)
{
    auto *box = new QComboBox(this);
    box->setEditable(true);
    box->setInsertPolicy(QComboBox::NoInsert);
    box->setCurrentText(known);
    box->lineEdit()->setPlaceholderText(optionDefault(option.without));
    box->completer()->setFilterMode(Qt::MatchContains);
    box->completer()->setCompletionMode(QCompleter::PopupCompletion);
    auto *soon = new QTimer(box);
    soon->setSingleShot(true);
    soon->setInterval(typingPause);
    connect(soon, &QTimer::timeout, this, [this, &option, box] { suggest(option, box); });
    connect(box, &QComboBox::editTextChanged, soon, qOverload<>(&QTimer::start));
    soon->start();
    m_inputs.append({&option, box, [box] {
                         // A chosen row gives its value; what was typed counts as it is.
                         const int row = box->findText(box->currentText());
                         return (row >= 0 ? box->itemData(row).toString() : box->currentText()).trimmed();
                     }});
    return box;
}

void CommandForm::suggest(const OptionSpec &option, QComboBox *box)
{
    const QString typed = box->currentText();
    if (box->findText(typed) >= 0 && !typed.isEmpty())
        return; // one of them was chosen
    const SuggestCall call{.option = QString(option.name),
                           .typed = typed,
                           .call = {.command = QString(m_spec.name), .options = options(), .caller = {}}};
    whenDone(m_link.suggest(call), box, [box, typed](const Result<QList<Suggestion>> &found) {
        if (!found || box->currentText() != typed)
            return;
        const QSignalBlocker quiet(box);
        box->clear();
        for (const Suggestion &one : *found)
            box->addItem(one.label, one.value);
        box->setCurrentIndex(box->findData(typed));
        if (box->currentIndex() < 0)
            box->setEditText(typed);
    });
}

QWidget *CommandForm::withFiles(const OptionSpec &option, const QString &known)
{
    auto *line = new QLineEdit(known);
    auto *browse = new QToolButton;
    browse->setText(u"…"_s);
    browse->setAccessibleName(tr("Choose a file"));
    auto *both = new QWidget(this);
    auto *layout = new QHBoxLayout(both);
    layout->setContentsMargins({});
    layout->addWidget(line);
    layout->addWidget(browse);
    both->setFocusProxy(line);
    const bool several = option.kind == OptionKind::File;
    connect(browse, &QToolButton::clicked, this, [this, line, several] {
        const QStringList chosen =
            several ? QFileDialog::getOpenFileNames(this) : QStringList{QFileDialog::getExistingDirectory(this)};
        if (!chosen.isEmpty() && !chosen.first().isEmpty())
            line->setText(several ? joinWords(chosen) : chosen.first());
    });
    m_inputs.append({&option, both, [line] { return line->text().trimmed(); }});
    return both;
}

QJsonObject CommandForm::options() const
{
    QJsonObject given;
    for (const Input &input : m_inputs) {
        if (const QString text = input.text(); !text.isEmpty())
            given[input.option->name] = text;
    }
    return given;
}

void CommandForm::accept()
{
    CommandCall call{.command = QString(m_spec.name), .caller = {}};
    const auto problem = [this](const Error &error) {
        m_problem->setText(error.message);
        QPalette colours = m_problem->palette();
        colours.setColor(QPalette::WindowText, toneColour(Tone::Bad));
        m_problem->setPalette(colours);
        m_problem->show();
    };
    auto options = checkOptions(m_spec, this->options());
    if (!options)
        return problem(options.error());
    call.options = *std::move(options);
    for (const Input &input : m_inputs) {
        if (input.option->kind != OptionKind::File || input.text().isEmpty())
            continue;
        auto files = filesIn(input.text());
        if (!files)
            return problem(files.error());
        call.files = *std::move(files);
    }
    Q_EMIT wanted(call);
    QDialog::accept();
}

} // namespace hub::gui
