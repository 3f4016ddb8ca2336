#include "core/settings/projectsettings.h"

#include "core/settings/settings.h"

using namespace Qt::StringLiterals;

namespace hub
{

QString ProjectSettings::text(const SettingSpec &spec) const
{
    return m_options.value(spec.key).toString(QString(spec.fallback));
}

Result<QJsonObject> ProjectSettings::with(const SettingSpec &spec, const QString &value) const
{
    QJsonObject options = m_options;
    options.remove(spec.key);
    if (value.isEmpty())
        return options;
    HUB_TRY(const QString checked, checkedValue(spec, value));
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
