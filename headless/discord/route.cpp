#include "headless/discord/route.h"

#include <QStringList>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

bool isId(const QString &part)
{
    return std::all_of(part.begin(), part.end(), [](QChar c) { return c >= u'0' && c <= u'9'; });
}

} // namespace

Result<Route> Route::of(const QByteArray &method, const QString &path)
{
    static const QByteArrayList methods{"GET", "POST", "PUT", "PATCH", "DELETE"};
    const QStringList parts = path.split(u'/').mid(1);
    const bool odd = std::any_of(parts.begin(), parts.end(), [](const QString &part) {
        return part.isEmpty() || part == "."_L1 || part == ".."_L1 || part.contains(u'?') || part.contains(u'#');
    });
    if (!methods.contains(method) || !path.startsWith(u'/') || odd)
        return fail(ErrorCode::InvalidInput, u"a call of Discord's API with an odd method or path"_s);

    Route route{method, path, {}, {}, true, false, false};
    const QString &top = parts[0];
    const bool interaction = top == "interactions"_L1 && parts.size() == 4 && parts[3] == "callback"_L1;
    route.webhook = top == "webhooks"_L1 && parts.size() >= 3;
    route.callback = interaction && method == "POST";
    route.botToken = !interaction && !route.webhook && !(top == "gateway"_L1 && parts.size() == 1);
    if (interaction || route.webhook)
        route.major = parts.first(3).join(u'/');
    else if (parts.size() >= 2 && (top == "channels"_L1 || top == "guilds"_L1 || top == "webhooks"_L1))
        route.major = parts.first(2).join(u'/');

    QStringList kind = parts;
    for (qsizetype i = 1; i < kind.size(); ++i) {
        const bool token = i == 2 && (interaction || route.webhook);
        if (isId(kind[i]) || token || kind[i - 1] == "reactions"_L1)
            kind[i] = u"{}"_s;
    }
    route.kind = QString::fromLatin1(method) + u" /"_s + kind.join(u'/');
    return route;
}

QString Route::shown() const
{
    QStringList parts = path.split(u'/');
    if ((webhook || callback || !botToken) && parts.size() > 3)
        parts[3] = u"…"_s;
    return QString::fromLatin1(method) + u' ' + parts.join(u'/');
}

} // namespace hub::discord
