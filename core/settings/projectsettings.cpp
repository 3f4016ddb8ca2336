#include "core/settings/projectsettings.h"

#include "core/settings/settings.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub
{

QString ProjectSettings::text(const SettingSpec &spec) const
{
    return m_options.value(spec.key).toString(QString(spec.fallback));
}

namespace
{

QStringList partsOf(const QString &list)
{
    QStringList parts;
    for (const QString &part : list.split(u',', Qt::SkipEmptyParts))
        parts << part.trimmed();
    return parts;
}

bool isNumber(const QString &text)
{
    return !text.isEmpty() && std::all_of(text.begin(), text.end(), [](QChar c) { return c >= u'0' && c <= u'9'; });
}

} // namespace

QStringList ProjectSettings::numbers(const SettingSpec &spec) const { return partsOf(text(spec)); }

Result<QJsonObject> ProjectSettings::with(const SettingSpec &spec, const QString &value) const
{
    QJsonObject options = m_options;
    options.remove(spec.key);
    if (value.isEmpty())
        return options;
    HUB_TRY(const QString checked, checkedValue(spec, value));
    // A name there would shut everybody out.
    const bool people = spec.key == projectsetting::operators.key || spec.key == projectsetting::viewers.key;
    const QStringList parts = people ? partsOf(checked) : QStringList();
    if (people && (parts.isEmpty() || !std::all_of(parts.begin(), parts.end(), isNumber)))
        return fail(
            ErrorCode::InvalidInput,
            u"%1 can't be '%2': expected numbers of Discord roles or people, with commas."_s.arg(spec.key, value),
            u"On Discord, with the developer mode on: Copy Role ID, Copy User ID."_s);
    if (checked != spec.fallback)
        options.insert(spec.key, checked);
    return options;
}

Result<const SettingSpec *> ProjectSettings::find(QStringView key)
{
    QStringList names;
    for (const SettingSpec *spec : allProjectSettings) {
        if (spec->key == key)
            return spec;
        names << QString(spec->key);
    }
    return fail(ErrorCode::NotFound, u"A project has no setting '%1'."_s.arg(key),
                u"There are: %1."_s.arg(names.join(u", "_s)));
}

} // namespace hub
