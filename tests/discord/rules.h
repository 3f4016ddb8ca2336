// Discord's rules for what a bot sends, as its documentation states them: a list of what is wrong, empty when nothing
// is. Written apart from the code under test, so that one mistake is not made twice.
#pragma once

#include <QJsonArray>
#include <QJsonObject>
#include <QStringList>

namespace hub::discord::rules
{

struct MessageContext {
    qsizetype files = 0;      // sent beside the body
    bool isEdit = false;      // nothing has to be in it
    bool mayBeHidden = false; // an answer to an interaction: the flag for "only you can see this"
};
QStringList message(const QJsonObject &body, const MessageContext &context);
QStringList components(const QJsonArray &rows);
QStringList modal(const QJsonObject &body);
QStringList choices(const QJsonArray &choices);
QStringList commands(const QJsonArray &commands);

} // namespace hub::discord::rules
