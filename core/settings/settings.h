// The values of the settings, in layers: default < file < environment < command line.
#pragma once

#include "core/base/result.h"
#include "core/settings/settingspec.h"

#include <QHash>
#include <QProcessEnvironment>

namespace hub
{

// A value: copy it to another thread rather than share it.
class Settings
{
public:
    enum class Source { Default, File, Environment, CommandLine };

    // A missing file is no error. An unknown key or a value out of range is, and names the line's key.
    static Result<Settings> load(const QString &file, const QProcessEnvironment &environment);

    // A flag of the command line; checked like a line of the file.
    Result<> overrideWith(const SettingSpec &spec, const QString &value);

    qint64 number(const SettingSpec &spec) const { return text(spec).toLongLong(); }
    bool flag(const SettingSpec &spec) const { return text(spec) == QLatin1StringView("true"); }
    QString text(const SettingSpec &spec) const;
    Source source(const SettingSpec &spec) const;

    // Changes one value and saves the file as a whole. When the environment or command line overrides the key, the
    // file is changed but the override stays in force; the caller can see that by source().
    Result<> set(const SettingSpec &spec, const QString &value);

    // Takes the value out of the file, likewise, so that the default counts again.
    Result<> reset(const SettingSpec &spec);

    const QString &file() const { return m_file; }

    static const SettingSpec *find(QStringView key);

private:
    QString m_file;
    QHash<QString, QString> m_fromFile, m_fromEnvironment, m_fromCommandLine;
};

QString textOf(Settings::Source source);

// The value as it is stored: of the right type and within its range, or InvalidInput with what is expected.
Result<QString> checkedValue(const SettingSpec &spec, const QString &value);

} // namespace hub
