#include "headless/discord/callback.h"

#include "headless/discord/markup.h"

#include <QJsonArray>

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

enum CallbackType { messageLater = 5, updateLater = 6, choices = 8, modal = 9 };
enum ComponentType { textInput = 4, labelled = 18 };
constexpr int paragraph = 2;

} // namespace

QJsonObject deferredMessage(SeenBy seenBy)
{
    QJsonObject callback{{u"type"_s, int(messageLater)}};
    if (seenBy == SeenBy::Asker)
        callback[u"data"_s] = QJsonObject{{u"flags"_s, ephemeral}};
    return callback;
}

QJsonObject deferredUpdate() { return {{u"type"_s, int(updateLater)}}; }

QJsonObject suggestions(const QList<Suggestion> &found)
{
    QJsonArray list;
    for (const Suggestion &one : found) {
        if (list.size() == limit::selectOptions || one.value.isEmpty() || characters(one.value) > limit::optionText)
            continue;
        const QString name = one.label.simplified().isEmpty() ? one.value : one.label.simplified();
        list.append(QJsonObject{{u"name"_s, cut(name, limit::optionText)}, {u"value"_s, one.value}});
    }
    return {{u"type"_s, int(choices)}, {u"data"_s, QJsonObject{{u"choices"_s, list}}}};
}

QJsonObject form(const QString &customId, const FormText &text)
{
    const QJsonObject input{{u"type"_s, int(textInput)},
                            {u"custom_id"_s, QString(formInput)},
                            {u"style"_s, paragraph},
                            {u"required"_s, text.required},
                            {u"max_length"_s, limit::formValue}};
    const QJsonObject row{
        {u"type"_s, int(labelled)}, {u"label"_s, cut(text.label, limit::formLabel)}, {u"component"_s, input}};
    return {{u"type"_s, int(modal)},
            {u"data"_s, QJsonObject{{u"custom_id"_s, customId},
                                    {u"title"_s, cut(text.title, limit::modalTitle)},
                                    {u"components"_s, QJsonArray{row}}}}};
}

} // namespace hub::discord
