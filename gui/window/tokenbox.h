// The Discord bot's token: given, tried, stored, removed. Shows where it is kept, never what it is.
#pragma once

#include "gui/model/tokenstore.h"
#include "gui/window/context.h"
#include "gui/window/replyview.h"

#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>

namespace hub::gui
{

class TokenBox final : public QWidget
{
    Q_OBJECT

public:
    explicit TokenBox(const Context &context, QWidget *parent = nullptr);

    // A token is written and not stored yet.
    bool isWritten() const { return !m_token->text().trimmed().isEmpty(); }
    void store();
    // Asks Discord with what is written, else with what the hub has; the answer is shown below.
    void check();
    void invite();

Q_SIGNALS:
    void writtenChanged();
    void stored();

protected:
    void showEvent(QShowEvent *event) override;

private:
    void look();
    void ask(const QString &command, const QJsonObject &options, const QString &meanwhile);
    void say(const QString &sentence, bool well);

    Context m_context;
    TokenStore *m_store = nullptr; // null: the hub is elsewhere
    QLineEdit *m_token;
    QRadioButton *m_keychain, *m_file;
    QPushButton *m_keep, *m_check, *m_invite, *m_remove;
    QLabel *m_where, *m_said;
    ReplyView *m_answer;
};

} // namespace hub::gui
