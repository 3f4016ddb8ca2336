#include "gui/window/agentsetup.h"

#include "core/base/async.h"

#include <QFormLayout>

using namespace Qt::StringLiterals;

namespace hub::gui
{

using namespace commands;

AgentSetup::AgentSetup(const Context &context, bool proposes, QWidget *parent)
    : QWidget(parent)
    , m_context(context)
    , m_found(new QComboBox(this))
    , m_name(new QLineEdit(this))
    , m_command(new QLineEdit(this))
    , m_answer(new ReplyView(this))
    , m_proposes(proposes)
{
    m_found->setObjectName(u"foundAgents"_s);
    m_found->setAccessibleName(tr("Agents found on the machine"));
    m_found->addItem(tr("Looking for agents…"));
    m_name->setObjectName(u"agentName"_s);
    m_name->setPlaceholderText(tr("lower-case letters, digits, . _ -"));
    m_command->setObjectName(u"agentCommand"_s);
    m_command->setPlaceholderText(u"my-agent --quiet {prompt}"_s);
    m_command->setToolTip(tr("The program and its arguments, as in a terminal. {prompt} stands for what is to be done; "
                             "without it the text comes on the program's input."));
    m_answer->setObjectName(u"setupAnswer"_s);
    m_answer->viewport()->setAutoFillBackground(false); // no field to write into
    m_answer->setMinimumHeight(110);
    auto *form = new QFormLayout;
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    form->addRow(tr("&Found here"), m_found);
    form->addRow(tr("N&ame"), m_name);
    form->addRow(tr("C&ommand"), m_command);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addLayout(form);
    layout->addWidget(m_answer, 1);
    connect(m_found, &QComboBox::currentIndexChanged, this, &AgentSetup::choose);
    connect(m_name, &QLineEdit::textChanged, this, &AgentSetup::changed);
    connect(m_command, &QLineEdit::textChanged, this, &AgentSetup::changed);
    connect(m_answer, &ReplyView::commandWanted, this, [this](const QString &line) { m_context.runner.runLine(line); });
    look();
}

bool AgentSetup::isWritten() const
{
    return !m_name->text().trimmed().isEmpty() && !m_command->text().trimmed().isEmpty();
}

// What the hub proposes for the command: it knows its own machine.
void AgentSetup::look()
{
    const SuggestCall call{.option = u"command"_s, .typed = {}, .call = {.command = u"agents add"_s, .caller = {}}};
    whenDone(m_context.state.link().suggest(call), this, [this](const Result<QList<Suggestion>> &found) {
        m_found->clear();
        for (const Suggestion &one : found.valueOr({}))
            m_found->addItem(one.label, one.value);
        m_found->addItem(m_found->count() > 0 ? tr("Another program…")
                                              : tr("None that is known; write its command below"));
        m_found->setCurrentIndex(m_proposes ? 0 : m_found->count() - 1);
        choose(m_found->currentIndex());
    });
}

void AgentSetup::choose(int row)
{
    const QString command = m_found->itemData(row).toString();
    m_command->setText(command);
    m_name->setText(command.section(u' ', 0, 0).section(u'/', -1).toLower());
}

void AgentSetup::add()
{
    if (!isWritten() || m_busy)
        return;
    setBusy(true);
    const QString agent = m_name->text().trimmed();
    m_answer->setReply({.severity = Severity::Info, .title = tr("Setting it up…")});
    m_context.runner.runFor(
        this, u"agents add"_s, {{u"agent"_s, agent}, {u"command"_s, m_command->text().trimmed()}},
        [this, agent, known = !m_found->currentData().toString().isEmpty()](const Result<Reply> &reply) {
            if (!reply) {
                m_answer->setError(reply.error());
                return setBusy(false);
            }
            if (!known)
                return test(agent, *reply);
            // Those that are known all tell their version when they are asked so.
            m_context.runner.runFor(this, u"agents set"_s,
                                    {{u"agent"_s, agent}, {u"key"_s, u"check"_s}, {u"value"_s, u"--version"_s}},
                                    [this, agent, added = *reply](const Result<Reply> &) { test(agent, added); });
        });
}

// It is set up whatever the test says: what is missing can be mended later.
void AgentSetup::test(const QString &agent, const Reply &added)
{
    m_answer->setReply({.severity = Severity::Info, .title = added.title, .text = tr("Testing it…")});
    m_context.runner.runFor(
        this, u"agents test"_s, {{u"agent"_s, agent}}, [this, agent, added](const Result<Reply> &reply) {
            setBusy(false);
            Reply shown =
                reply
                    ? *reply
                    : Reply{.severity = Severity::Warning, .title = reply.error().message, .text = reply.error().hint};
            const QString warning = added.severity == Severity::Warning ? added.text : QString();
            shown.text = QStringList{added.title + u'.', warning, shown.text}.join(u'\n').trimmed();
            shown.next += added.severity == Severity::Warning ? added.next : QStringList();
            m_answer->setReply(shown);
            Q_EMIT this->added(agent);
        });
}

void AgentSetup::setBusy(bool busy)
{
    m_busy = busy;
    for (QWidget *part : std::initializer_list<QWidget *>{m_found, m_name, m_command})
        part->setEnabled(!busy);
    Q_EMIT changed();
}

} // namespace hub::gui
