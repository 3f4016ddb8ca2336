#include "gui/window/commandrunner.h"

#include "core/base/async.h"
#include "core/base/shellwords.h"
#include "core/commands/commandline.h"
#include "gui/window/commandform.h"
#include "gui/window/replyview.h"

#include <QDialog>
#include <QDialogButtonBox>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace hub::gui
{

using namespace commands;

namespace
{

// A page in a window of its own, which stays until it is closed.
struct Page {
    QDialog *dialog;
    ReplyView *view;
    QDialogButtonBox *buttons;
};

Page pageFor(QWidget &window, CommandRunner &runner, const QString &title)
{
    auto *dialog = new QDialog(&window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(title);
    dialog->resize(760, 520);
    auto *view = new ReplyView(dialog);
    auto *buttons = new QDialogButtonBox(dialog);
    auto *layout = new QVBoxLayout(dialog);
    layout->addWidget(view);
    layout->addWidget(buttons);
    QObject::connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    QObject::connect(view, &ReplyView::commandWanted, dialog, [dialog, &runner](const QString &line) {
        dialog->close();
        runner.runLine(line);
    });
    return {dialog, view, buttons};
}

} // namespace

CommandRunner::CommandRunner(HubLink &link, QWidget &window)
    : QObject(&window)
    , m_link(link)
    , m_window(window)
{
}

void CommandRunner::run(const QString &command, const QJsonObject &options, Show show)
{
    run({.command = command, .options = options, .caller = {}}, show);
}

void CommandRunner::run(const CommandCall &call, Show show)
{
    Q_EMIT runningChanged(++m_running);
    whenDone(m_link.execute(call), this, [this, call, show](const Result<Reply> &reply) {
        Q_EMIT runningChanged(--m_running);
        if (reply)
            onReply(call, show, *reply);
        else
            onError(call, reply.error());
    });
}

void CommandRunner::runFor(QObject *here, const QString &command, const QJsonObject &options, Take take)
{
    Q_EMIT runningChanged(++m_running);
    whenDone(m_link.execute({.command = command, .options = options, .caller = {}}), this,
             [this, command, here = QPointer(here), take = std::move(take)](const Result<Reply> &reply) {
                 Q_EMIT runningChanged(--m_running);
                 if (reply)
                     Q_EMIT done(command, *reply);
                 else
                     Q_EMIT failed(command, reply.error());
                 if (here)
                     take(reply);
             });
}

void CommandRunner::onReply(const CommandCall &call, Show show, const Reply &reply)
{
    if (!reply.confirm.isEmpty())
        return askFirst(call, show, reply);
    Q_EMIT done(call.command, reply);
    const bool plain = reply.tables.isEmpty() && reply.attachments.isEmpty() && reply.choices.isEmpty() &&
                       reply.severity != Severity::Warning && reply.severity != Severity::Error;
    if (show == Show::Brief && plain)
        Q_EMIT said(reply.title.isEmpty() ? reply.text.section(u'\n', 0, 0) : reply.title, true);
    else
        showPage(call, reply);
}

void CommandRunner::onError(const CommandCall &call, const Error &error)
{
    Q_EMIT failed(call.command, error);
    Q_EMIT said(error.message, false);
    const Page page = pageFor(m_window, *this, tr("Not done"));
    page.view->setError(error);
    page.dialog->resize(620, 260);
    page.buttons->addButton(QDialogButtonBox::Close);
    // Something was missing or wrong: it can be completed where it was written.
    const CommandSpec *spec = findCommand(call.command);
    if (spec && !spec->options.empty() &&
        (error.code == ErrorCode::InvalidInput || error.code == ErrorCode::Ambiguous)) {
        auto *complete = page.buttons->addButton(tr("Complete…"), QDialogButtonBox::ActionRole);
        connect(complete, &QPushButton::clicked, page.dialog, [this, spec, call, dialog = page.dialog] {
            dialog->close();
            openForm(*spec, call.options);
        });
    }
    page.dialog->show();
}

void CommandRunner::askFirst(const CommandCall &call, Show show, const Reply &preview)
{
    const Page page = pageFor(m_window, *this, tr("Look first: %1").arg(call.command));
    page.view->setReply(preview);
    page.dialog->setWindowModality(Qt::WindowModal);
    auto *no = page.buttons->addButton(tr("Change nothing"), QDialogButtonBox::RejectRole);
    auto *yes = page.buttons->addButton(tr("Do this"), QDialogButtonBox::AcceptRole);
    yes->setObjectName(u"confirm"_s);
    yes->setAutoDefault(false);
    no->setDefault(true);
    connect(page.buttons, &QDialogButtonBox::accepted, page.dialog, [this, call, show, preview, dialog = page.dialog] {
        dialog->close();
        CommandCall agreed = call;
        agreed.confirm = preview.confirm;
        run(agreed, show);
    });
    page.dialog->show();
    no->setFocus();
}

void CommandRunner::showPage(const CommandCall &call, const Reply &reply)
{
    const Page page = pageFor(m_window, *this, reply.title.isEmpty() ? call.command : reply.title.section(u'\n', 0, 0));
    page.view->setReply(reply);
    for (const Choice &choice : reply.choices) {
        auto *button = page.buttons->addButton(choice.label, QDialogButtonBox::ActionRole);
        connect(button, &QPushButton::clicked, page.dialog, [this, choice, dialog = page.dialog] {
            dialog->close();
            if (!choice.command.isEmpty())
                runLine(choice.command);
        });
    }
    page.buttons->addButton(QDialogButtonBox::Close)->setDefault(true);
    page.dialog->show();
}

void CommandRunner::runLine(const QString &line)
{
    const auto words = splitWords(line);
    const auto parsed = words ? parseCommandLine(*words, {}) : Result<CommandLine>(words.error());
    if (parsed && parsed->kind == CommandLine::Kind::Command && parsed->missingText.isEmpty() && !line.contains(u'…')) {
        const bool looks = parsed->spec->effect == Effect::Read;
        return run(parsed->call, looks ? Show::Page : Show::Brief);
    }
    // What has to be completed: the command, with as much as was written.
    const QString text = line.simplified();
    for (qsizetype count = 2; count > 0; --count) {
        const QString name = text.section(u' ', 0, count - 1);
        if (const CommandSpec *spec = findCommand(name))
            return openForm(*spec, parsed ? parsed->call.options : QJsonObject());
    }
    const Error wrong = parsed ? fail(ErrorCode::InvalidInput, tr("'%1' is no command.").arg(line)) : parsed.error();
    onError({.command = line, .caller = {}}, wrong);
}

void CommandRunner::openForm(const CommandSpec &spec, const QJsonObject &options)
{
    auto *form = new CommandForm(m_link, spec, options, &m_window);
    form->setAttribute(Qt::WA_DeleteOnClose);
    connect(form, &CommandForm::wanted, this, [this, &spec](const CommandCall &call) {
        run(call, spec.effect == Effect::Read ? Show::Page : Show::Brief);
    });
    form->show();
}

} // namespace hub::gui
