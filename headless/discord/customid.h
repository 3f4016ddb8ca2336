// What a button, a menu or a form does, inside its custom_id: so it still works after a restart, on messages of last
// week too. Signed, so that nobody else can make one. I/O thread.
#pragma once

#include "core/base/ids.h"
#include "core/base/result.h"

#include <QHash>
#include <QJsonObject>
#include <QSet>

#include <optional>

namespace hub::discord
{

struct Press {
    // Seen in the custom_id before it is checked, since it decides how Discord is answered at once.
    enum class Then {
        Replace, // the answer takes the message's place
        Add,     // the answer is a new message
        Ask,     // a form comes first; its text is the option `ask`
        Close,   // nothing is done; the message keeps its text and loses its buttons
    };
    Then then = Then::Add;
    QString command;     // the table's name
    QJsonObject options; // by the table's option names
    QString confirm;     // CommandCall::confirm
    QString ask;         // the option that gets what is chosen in the menu or written in the form
    friend bool operator==(const Press &, const Press &) = default;
};

class CustomIds
{
public:
    static QByteArray newKey();

    explicit CustomIds(QByteArray key)
        : m_key(std::move(key))
    {
    }

    // At most 100 characters. What does not fit is kept here, and is to be kept on the disk: see takeUnkept().
    QString idOf(const Press &press);
    // Refused: nobody here made it, or what it refers to is not kept any more. The error is for a person.
    Result<Press> read(const QString &customId) const;

    // Nothing: it is none of ours.
    static std::optional<Press::Then> thenOf(const QString &customId);

    // What was too long since the last time, by key; put back by remember() after a restart.
    QHash<QString, QString> takeUnkept() { return std::exchange(m_unkept, {}); }
    void remember(const QString &key, const QString &text, qint64 at) { m_long.insert(key, {text, at}); }
    // Those made before that (ms since 1970) that are of none of these tasks; the answer is their keys.
    QStringList forgetOld(qint64 before, const QSet<TaskId> &open);

private:
    struct Kept {
        QString line;
        qint64 at = 0; // ms since 1970
    };

    QString signature(const QString &text) const;

    QByteArray m_key;
    QHash<QString, Kept> m_long;
    QHash<QString, QString> m_unkept;
};

} // namespace hub::discord
