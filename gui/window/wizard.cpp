#include "gui/window/wizard.h"

#include "core/base/async.h"
#include "gui/window/agentsetup.h"
#include "gui/window/tokenbox.h"

#include <QCheckBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QLabel>
#include <QPushButton>
#include <QSettings>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace hub::gui
{

using namespace commands;

namespace
{

const QString closedBefore = u"window/first_steps_closed"_s;

QLabel *paragraph(const QString &text, QWidget *parent)
{
    auto *label = new QLabel(text, parent);
    label->setWordWrap(true);
    label->setOpenExternalLinks(true);
    return label;
}

// A step that asks the hub when it is left, shows the answer, and goes on with the next press.
class StepPage : public QWizardPage
{
public:
    StepPage(const Context &context, const QString &title, const QString &subTitle)
        : m_context(context)
    {
        setTitle(title);
        setSubTitle(subTitle);
    }

    bool validatePage() override
    {
        if (m_done || !isWritten())
            return !isBusy();
        if (!isBusy())
            begin();
        return false;
    }
    bool isComplete() const override { return !isBusy(); }

protected:
    virtual bool isWritten() const = 0; // else the step is skipped
    virtual bool isBusy() const = 0;
    virtual void begin() = 0;
    virtual QString verb() const = 0;
    // What is said of the button that leads on: what it does.
    void tell()
    {
        const QString text = m_done ? Wizard::tr("&Next >") : isWritten() ? verb() : Wizard::tr("&Skip");
        setButtonText(QWizard::NextButton, text);
        Q_EMIT completeChanged();
    }
    void initializePage() override { tell(); }

    Context m_context;
    bool m_done = false;
};

class WelcomePage final : public QWizardPage
{
public:
    WelcomePage()
    {
        setTitle(Wizard::tr("Welcome to AgentHub"));
        auto *layout = new QVBoxLayout(this);
        layout->addWidget(paragraph(
            Wizard::tr("AgentHub lets coding agents work on your projects and watches over them. Each task has a "
                       "working tree of its own, and is saved again and again while its agent works. Nothing that an "
                       "agent or you made is lost; everything can be undone, the undo too; and pause means pause."),
            this));
        layout->addWidget(paragraph(
            Wizard::tr("Three short steps follow: a project, an agent, and Discord if you like. Each can be skipped, "
                       "and you may close this at any time: what was done by then stays."),
            this));
        layout->addStretch(1);
    }
};

class ProjectPage final : public StepPage
{
public:
    explicit ProjectPage(const Context &context)
        : StepPage(context, Wizard::tr("A project"),
                   Wizard::tr("A git repository that agents are to work on. Your own checkout is left alone."))
        , m_folder(new QLineEdit(this))
        , m_answer(new ReplyView(this))
    {
        m_folder->setObjectName(u"projectFolder"_s);
        m_answer->setObjectName(u"projectAnswer"_s);
        m_answer->viewport()->setAutoFillBackground(false); // no field to write into
        m_folder->setAccessibleName(Wizard::tr("Folder of the project, or an address to clone from"));
        m_folder->setPlaceholderText(Wizard::tr("A folder, or an address to clone from"));
        auto *browse = new QPushButton(Wizard::tr("B&rowse…"), this);
        browse->setVisible(context.place.isEmpty()); // folders of another machine can't be shown here
        auto *line = new QHBoxLayout;
        line->addWidget(m_folder, 1);
        line->addWidget(browse);
        auto *layout = new QVBoxLayout(this);
        layout->addLayout(line);
        layout->addWidget(m_answer, 1);
        connect(browse, &QPushButton::clicked, this, [this] {
            if (const QString chosen = QFileDialog::getExistingDirectory(this); !chosen.isEmpty())
                m_folder->setText(chosen);
        });
        connect(m_folder, &QLineEdit::textChanged, this, [this] {
            m_done = false;
            look();
            tell();
        });
        connect(m_answer, &ReplyView::commandWanted, this,
                [this](const QString &command) { m_context.runner.runLine(command); });
    }

protected:
    bool isWritten() const override { return !text().isEmpty(); }
    bool isBusy() const override { return m_busy; }
    QString verb() const override { return Wizard::tr("&Take it in"); }

    void begin() override
    {
        setBusy(true);
        m_answer->setReply({.severity = Severity::Info,
                            .title = Wizard::tr("Taking it in…"),
                            .text = Wizard::tr("Its history is copied to where checkpoints lie. A large one takes a "
                                               "while.")});
        m_context.runner.runFor(this, u"projects add"_s, {{u"source"_s, text()}}, [this](const Result<Reply> &reply) {
            m_done = bool(reply);
            if (reply)
                m_answer->setReply(*reply);
            else
                m_answer->setError(reply.error());
            setBusy(false);
        });
    }

private:
    QString text() const
    {
        const QString written = m_folder->text().trimmed();
        const bool home = m_context.place.isEmpty() && (written == u"~" || written.startsWith(u"~/"));
        return home ? QDir::homePath() + written.mid(1) : written;
    }
    // As it is written, as far as that can be seen from here; the hub has the last word.
    void look()
    {
        m_answer->clear();
        const QString path = text();
        if (path.isEmpty() || !m_context.place.isEmpty() || !path.startsWith(u'/'))
            return;
        const QFileInfo folder(path);
        if (!folder.exists())
            m_answer->setReply({.severity = Severity::Info, .title = Wizard::tr("There is no such folder yet.")});
        else if (!folder.isDir())
            m_answer->setReply({.severity = Severity::Warning, .title = Wizard::tr("This is a file, not a folder.")});
    }
    void setBusy(bool busy)
    {
        m_busy = busy;
        m_folder->setEnabled(!busy);
        tell();
    }

    QLineEdit *m_folder;
    ReplyView *m_answer;
    bool m_busy = false;
};

class AgentPage final : public StepPage
{
public:
    explicit AgentPage(const Context &context)
        : StepPage(
              context, Wizard::tr("An agent"),
              Wizard::tr("The program that does the work: one that was found on the hub's machine, or any command."))
        , m_there(paragraph({}, this))
        , m_setup(new AgentSetup(context, context.state.agents().rowCount() == 0, this))
    {
        auto *layout = new QVBoxLayout(this);
        layout->addWidget(m_there);
        layout->addWidget(m_setup, 1);
        connect(m_setup, &AgentSetup::changed, this, [this] {
            if (!m_setup->isBusy())
                tell();
            Q_EMIT completeChanged();
        });
        connect(m_setup, &AgentSetup::added, this, [this] {
            m_done = true;
            m_context.state.refreshSoon();
            tell();
        });
    }

protected:
    void initializePage() override
    {
        QStringList names;
        for (int i = 0; i < m_context.state.agents().rowCount(); ++i)
            names << m_context.state.agents().idAt(i);
        m_there->setText(
            Wizard::tr("Set up already: %1. Another one can be added, or this step skipped.").arg(names.join(u", "_s)));
        m_there->setVisible(!names.isEmpty());
        tell();
    }
    bool isWritten() const override { return m_setup->isWritten(); }
    bool isBusy() const override { return m_setup->isBusy(); }
    void begin() override { m_setup->add(); }
    QString verb() const override { return Wizard::tr("&Add and test"); }

private:
    QLabel *m_there;
    AgentSetup *m_setup;
};

class DiscordPage final : public StepPage
{
public:
    explicit DiscordPage(const Context &context)
        : StepPage(
              context, Wizard::tr("Discord, if you like"),
              Wizard::tr("With a bot of your own, you watch and steer agents from a phone. It can be added later."))
        , m_token(new TokenBox(context, this))
    {
        auto *layout = new QVBoxLayout(this);
        layout->addWidget(paragraph(
            Wizard::tr(
                "Make a bot at <a href=\"https://discord.com/developers/applications\">discord.com/developers</a>: "
                "New Application, Bot, Reset Token. Your server's number and who may do what there is said in "
                "Settings, Discord."),
            this));
        layout->addWidget(m_token, 1);
        connect(m_token, &TokenBox::writtenChanged, this, [this] { tell(); });
        connect(m_token, &TokenBox::stored, this, [this] {
            m_done = true;
            tell();
        });
    }

protected:
    bool isWritten() const override { return m_context.place.isEmpty() && m_token->isWritten(); }
    bool isBusy() const override { return false; }
    void begin() override { m_token->store(); }
    QString verb() const override { return Wizard::tr("&Store it"); }

private:
    TokenBox *m_token;
};

class LastPage final : public QWizardPage
{
public:
    explicit LastPage(const Context &context)
        : m_context(context)
        , m_task(new QCheckBox(Wizard::tr("&Give an agent its first task now"), this))
    {
        setTitle(Wizard::tr("That is all"));
        auto *layout = new QVBoxLayout(this);
        layout->addWidget(paragraph(
            Wizard::tr(
                "“New task…” at the top of the window gives an agent something to do; Ctrl+K finds every command. "
                "The overview shows what each agent does and what needs you. All of this can be changed in "
                "Settings."),
            this));
        layout->addWidget(m_task);
        layout->addStretch(1);
        m_task->setObjectName(u"firstTask"_s);
        m_task->setChecked(true);
    }
    void initializePage() override
    {
        const bool ready = m_context.state.agents().rowCount() > 0;
        m_task->setVisible(ready);
        m_task->setChecked(ready);
    }
    bool validatePage() override
    {
        if (m_task->isChecked())
            m_context.runner.openForm(*findCommand(u"assign-task"));
        return true;
    }

private:
    Context m_context;
    QCheckBox *m_task;
};

} // namespace

Wizard::Wizard(const Context &context, QWidget *parent)
    : QWizard(parent)
{
    setObjectName(u"wizard"_s);
    setWindowTitle(tr("First steps"));
    setWizardStyle(ModernStyle);
    setOption(NoBackButtonOnStartPage);
    setOption(NoCancelButtonOnLastPage);
    setButtonText(CancelButton, tr("Close"));
    setAttribute(Qt::WA_DeleteOnClose);
    addPage(new WelcomePage);
    addPage(new ProjectPage(context));
    addPage(new AgentPage(context));
    addPage(new DiscordPage(context));
    addPage(new LastPage(context));
    resize(680, 520);
}

void Wizard::open(const Context &context, QWidget &window)
{
    auto *wizard = window.findChild<Wizard *>();
    if (!wizard)
        wizard = new Wizard(context, &window);
    wizard->show();
    wizard->raise();
    wizard->activateWindow();
}

void Wizard::offerOnce(const Context &context, QWidget &window)
{
    HubState &state = context.state;
    const auto look = [context, &state, window = QPointer(&window)] {
        if (QSettings().value(closedBefore).toBool() || state.link().greeting()[u"role"_s] != u"machine"_s)
            return;
        whenDone(state.link().execute({.command = u"projects list"_s, .caller = {}}), window.data(),
                 [context, window](const Result<Reply> &reply) {
                     if (reply && reply->data.contains(u"projects"_s) && rowsOf(reply->data, u"projects"_s).isEmpty())
                         open(context, *window);
                 });
    };
    connect(&state, &HubState::completed, &window, look, Qt::SingleShotConnection);
}

// However it ends, it does not come again by itself.
void Wizard::done(int result)
{
    QSettings().setValue(closedBefore, true);
    QWizard::done(result);
}

} // namespace hub::gui
