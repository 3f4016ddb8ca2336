#include "gui/window/tokenbox.h"

#include "gui/model/look.h"

#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace hub::gui
{

TokenBox::TokenBox(const Context &context, QWidget *parent)
    : QWidget(parent)
    , m_context(context)
    , m_token(new QLineEdit(this))
    , m_keychain(new QRadioButton(tr("In your &keychain, for hubs that this window starts"), this))
    , m_file(new QRadioButton(tr("In a &file that only your account can read, for every hub"), this))
    , m_keep(new QPushButton(tr("&Store"), this))
    , m_check(new QPushButton(tr("&Check"), this))
    , m_invite(new QPushButton(tr("&Invite link"), this))
    , m_remove(new QPushButton(tr("&Remove"), this))
    , m_where(new QLabel(this))
    , m_said(new QLabel(this))
    , m_answer(new ReplyView(this))
{
    m_token->setObjectName(u"token"_s);
    m_token->setEchoMode(QLineEdit::Password);
    m_token->setAccessibleName(tr("Bot token"));
    m_token->setPlaceholderText(tr("Paste the bot's token"));
    m_keep->setObjectName(u"storeToken"_s);
    m_check->setObjectName(u"checkDiscord"_s);
    m_check->setToolTip(tr("Asks Discord whether all is set up, and says what to click where it is not"));
    m_invite->setObjectName(u"inviteDiscord"_s);
    m_invite->setToolTip(tr("The link that takes the bot into your server"));
    m_remove->setObjectName(u"removeToken"_s);
    m_keychain->setObjectName(u"inKeychain"_s);
    m_file->setObjectName(u"inFile"_s);
    m_answer->setObjectName(u"tokenAnswer"_s);
    m_answer->viewport()->setAutoFillBackground(false); // no field to write into
    m_answer->setMinimumHeight(120);
    m_where->setObjectName(u"tokenPlace"_s);
    m_said->setObjectName(u"tokenSaid"_s);
    for (QLabel *label : {m_where, m_said}) {
        label->setWordWrap(true);
        label->setTextFormat(Qt::PlainText);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    }
    m_said->hide();
    auto *buttons = new QHBoxLayout;
    for (QPushButton *button : {m_keep, m_check, m_invite, m_remove}) {
        button->setAutoDefault(false);
        buttons->addWidget(button);
    }
    buttons->addStretch(1);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(m_where);
    layout->addWidget(m_token);
    layout->addWidget(m_keychain);
    layout->addWidget(m_file);
    layout->addLayout(buttons);
    layout->addWidget(m_said);
    layout->addWidget(m_answer, 1);
    connect(m_token, &QLineEdit::textChanged, this, [this] {
        m_keep->setEnabled(isWritten());
        Q_EMIT writtenChanged();
    });
    connect(m_token, &QLineEdit::returnPressed, this, &TokenBox::check);
    connect(m_keep, &QPushButton::clicked, this, &TokenBox::store);
    connect(m_check, &QPushButton::clicked, this, &TokenBox::check);
    connect(m_invite, &QPushButton::clicked, this, &TokenBox::invite);
    connect(m_remove, &QPushButton::clicked, this, [this] {
        m_store->remove(this, [this](const Result<> &removed) {
            say(removed ? tr("The token is removed. The hub has it until its next start.") : removed.error().message,
                bool(removed));
            look();
        });
    });
    connect(m_answer, &ReplyView::commandWanted, this, [this](const QString &line) { m_context.runner.runLine(line); });
    m_keep->setEnabled(false);
    m_remove->setEnabled(false);
    connect(&context.state.link(), &HubLink::renewed, this, [this] {
        if (isVisible())
            look();
    });
}

// Not before: a keychain that is locked asks its owner for a password.
void TokenBox::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    look();
}

// Where it is kept: known when the hub is, since each data folder has its own.
void TokenBox::look()
{
    const QString dataDir = m_context.state.link().greeting()[u"data_dir"_s].toString();
    const bool elsewhere = !m_context.place.isEmpty();
    for (QWidget *part : std::initializer_list<QWidget *>{m_keychain, m_file, m_keep, m_remove})
        part->setVisible(!elsewhere);
    if (dataDir.isEmpty())
        return; // not reached yet
    if (elsewhere) {
        m_where->setText(tr("This hub is on another machine (%1), and its token is given there: put it into the file "
                            "discord-token of its data folder, with this line in a terminal, then restart it. A token "
                            "that is written here is only tried.\n%2")
                             .arg(m_context.place, u"install -m 600 /dev/stdin %1/discord-token"_s.arg(dataDir)));
        return;
    }
    if (!m_store || m_store->file() != dataDir + u"/discord-token"_s) {
        delete m_store;
        m_store = new TokenStore(dataDir, this);
    }
    m_store->look(this, [this](const TokenStore::Found &found) {
        m_keychain->setEnabled(found.trouble.isEmpty());
        m_keychain->setToolTip(found.trouble);
        QString where =
            found.inKeychain ? tr("A token is stored in your keychain. This window hands it to a hub that it "
                                  "starts; a service of the system can't read it there.")
            : found.inFile   ? tr("A token is stored in %1, which only your account can read.").arg(m_store->file())
                             : tr("No token is stored for this hub.");
        if (!found.trouble.isEmpty())
            where += u'\n' + tr("%1 The token can be kept in the file.").arg(found.trouble);
        m_where->setText(where);
        m_remove->setEnabled(found.inKeychain || found.inFile);
        if (found.trouble.isEmpty() && !found.inFile)
            m_keychain->setChecked(true);
        else
            m_file->setChecked(true);
    });
}

void TokenBox::store()
{
    if (!m_store || !isWritten())
        return;
    const auto place = m_keychain->isChecked() ? TokenStore::Place::Keychain : TokenStore::Place::File;
    m_keep->setEnabled(false);
    m_store->store(m_token->text().trimmed(), place, this, [this](const Result<> &kept) {
        if (!kept) {
            m_keep->setEnabled(isWritten());
            return say((kept.error().message + u' ' + kept.error().hint).trimmed(), false);
        }
        m_token->clear();
        say(tr("The token is stored. It counts from the hub's next start on."), true);
        look();
        Q_EMIT stored();
    });
}

void TokenBox::check()
{
    const QString token = m_token->text().trimmed();
    ask(u"discord check"_s, token.isEmpty() ? QJsonObject() : QJsonObject{{u"token"_s, token}}, tr("Asking Discord…"));
}

void TokenBox::invite() { ask(u"discord invite"_s, {}, tr("Asking for the link…")); }

void TokenBox::ask(const QString &command, const QJsonObject &options, const QString &meanwhile)
{
    m_check->setEnabled(false);
    m_answer->setReply({.severity = commands::Severity::Info, .title = meanwhile});
    m_context.runner.runFor(this, command, options, [this](const Result<commands::Reply> &reply) {
        m_check->setEnabled(true);
        if (reply)
            m_answer->setReply(*reply);
        else
            m_answer->setError(reply.error());
    });
}

void TokenBox::say(const QString &sentence, bool well)
{
    m_said->setText(sentence);
    m_said->show();
    QPalette colours = palette();
    colours.setColor(QPalette::WindowText, toneColour(well ? Tone::Good : Tone::Bad));
    m_said->setPalette(colours);
}

} // namespace hub::gui
