#include "headless/discord/route.h"

#include <QStringList>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

bool isId(QStringView part)
{
    return std::all_of(part.begin(), part.end(), [](QChar c) { return c >= u'0' && c <= u'9'; });
}

// "channels/1" of "/channels/1/messages".
QString firstOf(const QList<QStringView> &parts, qsizetype count, const QString &path)
{
    return path.mid(1, parts[count - 1].data() + parts[count - 1].size() - path.data() - 1);
}

} // namespace

Result<Route> Route::of(const QByteArray &method, const QString &path)
{
    static const QByteArrayList methods{"GET", "POST", "PUT", "PATCH", "DELETE"};
    const QList<QStringView> parts = QStringView(path).sliced(path.startsWith(u'/') ? 1 : 0).split(u'/');
    const bool odd = std::any_of(parts.begin(), parts.end(), [](QStringView part) {
        return part.isEmpty() || part == "."_L1 || part == ".."_L1 || part.contains(u'?') || part.contains(u'#');
    });
    if (!methods.contains(method) || !path.startsWith(u'/') || odd)
        return fail(ErrorCode::InvalidInput, u"a call of Discord's API with an odd method or path"_s);

    Route route{method, path, {}, {}, true, false, false};
    const QStringView top = parts[0];
    const bool interaction = top == "interactions"_L1 && parts.size() == 4 && parts[3] == "callback"_L1;
    route.webhook = top == "webhooks"_L1 && parts.size() >= 3;
    route.callback = interaction && method == "POST";
    route.botToken = !interaction && !route.webhook && !(top == "gateway"_L1 && parts.size() == 1);
    if (interaction || route.webhook)
        route.major = firstOf(parts, 3, path);
    else if (parts.size() >= 2 && (top == "channels"_L1 || top == "guilds"_L1 || top == "webhooks"_L1))
        route.major = firstOf(parts, 2, path);

    route.kind.reserve(path.size() + 8);
    route.kind += QLatin1StringView(method);
    route.kind += " /"_L1;
    route.kind += top;
    for (qsizetype i = 1; i < parts.size(); ++i) {
        const bool token = i == 2 && (interaction || route.webhook);
        route.kind += u'/';
        if (isId(parts[i]) || token || parts[i - 1] == "reactions"_L1)
            route.kind += "{}"_L1;
        else
            route.kind += parts[i];
    }
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
