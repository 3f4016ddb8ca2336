#include "core/settings/settings.h"

#include "core/base/durablefile.h"

#include <QFile>

using namespace Qt::StringLiterals;

namespace hub
{

Result<QString> checkedValue(const SettingSpec &spec, const QString &value)
{
    const auto refuse = [&](const QString &expected) {
        return fail(ErrorCode::InvalidInput, u"%1 can't be '%2': expected %3."_s.arg(spec.key, value, expected));
    };
    switch (spec.type) {
    case SettingType::Flag: {
        const QString lower = value.toLower();
        if (lower == u"true" || lower == u"yes" || lower == u"on" || lower == u"1")
            return u"true"_s;
        if (lower == u"false" || lower == u"no" || lower == u"off" || lower == u"0")
            return u"false"_s;
        return refuse(u"true or false"_s);
    }
    case SettingType::Number: {
        bool ok = false;
        const qint64 number = value.toLongLong(&ok);
        if (!ok || number < spec.low || number > spec.high)
            return refuse(u"a whole number from %1 to %2"_s.arg(spec.low).arg(spec.high));
        return QString::number(number);
    }
    case SettingType::Choice: {
        QStringList choices;
        for (QLatin1StringView choice : spec.choices) {
            if (choice.compare(value, Qt::CaseInsensitive) == 0)
                return QString(choice);
            choices << QString(choice);
        }
        return refuse(u"one of "_s + choices.join(u", "_s));
    }
    case SettingType::Text:
        if (value.contains(u'\n') || value.contains(u'\r'))
            return refuse(u"one line"_s);
        return value;
    }
    Q_UNREACHABLE();
}

namespace
{

// No hub starts with a wrong file, so the hint can't send anybody to one.
QString correctTheLine(const QString &section)
{
    QStringList names;
    for (const SettingSpec *spec : allSettings) {
        if (QString(spec->key).section(u'/', 0, 0) == section)
            names << QString(spec->key).section(u'/', 1);
    }
    if (!names.isEmpty())
        return u"Correct or remove that line, then start again. [%1] knows: %2."_s.arg(section, names.join(u", "_s));
    QStringList sections;
    for (const SettingSpec *spec : allSettings) {
        if (const QString name = QString(spec->key).section(u'/', 0, 0); !sections.contains(u'[' + name + u']'))
            sections << u'[' + name + u']';
    }
    return u"Correct or remove that line, then start again. There are the sections %1."_s.arg(sections.join(u", "_s));
}

// The INI file is read and written here, not by QSettings: that one escapes, reorders and drops comments.
Result<QHash<QString, QString>> parse(const QByteArray &bytes, const QString &file)
{
    QHash<QString, QString> values;
    QString section;
    int lineNumber = 0;
    for (const QString &raw : QString::fromUtf8(bytes).split(u'\n')) {
        ++lineNumber;
        const QString line = raw.trimmed();
        if (line.isEmpty() || line.startsWith(u'#') || line.startsWith(u';'))
            continue;
        if (line.startsWith(u'[') && line.endsWith(u']')) {
            section = line.mid(1, line.size() - 2).trimmed();
            continue;
        }
        const qsizetype equals = line.indexOf(u'=');
        const QString key = section + u'/' + line.first(qMax<qsizetype>(equals, 0)).trimmed();
        const SettingSpec *spec = equals > 0 ? Settings::find(key) : nullptr;
        if (!spec) {
            return fail(ErrorCode::InvalidInput,
                        u"%1, line %2: '%3' is no setting."_s.arg(file).arg(lineNumber).arg(line),
                        correctTheLine(section));
        }
        auto value = checkedValue(*spec, line.mid(equals + 1).trimmed());
        if (!value)
            return std::move(value)
                .error()
                .within(u"%1, line %2"_s.arg(file).arg(lineNumber))
                .withHint(u"Correct or remove that line, then start again."_s);
        values.insert(key, *value);
    }
    return values;
}

// The file's text with one value replaced or added; comments and order stay.
QString withValue(const QString &text, const SettingSpec &spec, const QString &value)
{
    const QString key(spec.key);
    const QString section = key.section(u'/', 0, 0), name = key.section(u'/', 1);
    QStringList lines = text.isEmpty() ? QStringList() : text.split(u'\n');
    QString current;
    qsizetype endOfSection = -1;
    for (qsizetype i = 0; i < lines.size(); ++i) {
        const QString line = lines[i].trimmed();
        if (line.startsWith(u'[') && line.endsWith(u']'))
            current = line.mid(1, line.size() - 2).trimmed();
        else if (current == section && line.section(u'=', 0, 0).trimmed() == name)
            return (lines.replace(i, name + u" = "_s + value), lines.join(u'\n'));
        if (current == section && !line.isEmpty())
            endOfSection = i + 1;
    }
    if (endOfSection >= 0) {
        lines.insert(endOfSection, name + u" = "_s + value);
        return lines.join(u'\n');
    }
    while (!lines.isEmpty() && lines.last().isEmpty())
        lines.removeLast();
    if (!lines.isEmpty())
        lines << QString();
    lines << u"[%1]"_s.arg(section) << name + u" = "_s + value << QString();
    return lines.join(u'\n');
}

// The file's text without that value; comments and order stay.
QString withoutValue(const QString &text, const SettingSpec &spec)
{
    const QString key(spec.key);
    const QString section = key.section(u'/', 0, 0), name = key.section(u'/', 1);
    QStringList kept;
    QString current;
    for (const QString &raw : text.split(u'\n')) {
        const QString line = raw.trimmed();
        if (line.startsWith(u'[') && line.endsWith(u']'))
            current = line.mid(1, line.size() - 2).trimmed();
        if (current != section || line.section(u'=', 0, 0).trimmed() != name)
            kept << raw;
    }
    return kept.join(u'\n');
}

} // namespace

const SettingSpec *Settings::find(QStringView key)
{
    for (const SettingSpec *spec : allSettings) {
        if (spec->key == key)
            return spec;
    }
    return nullptr;
}

Result<Settings> Settings::load(const QString &file, const QProcessEnvironment &environment)
{
    Settings settings;
    settings.m_file = file;
    auto bytes = readFile(QFile::encodeName(file));
    if (bytes) {
        HUB_TRY(settings.m_fromFile, parse(*bytes, file));
    } else if (bytes.error().code != ErrorCode::NotFound) {
        return std::move(bytes).error();
    }
    for (const SettingSpec *spec : allSettings) {
        const QString name(spec->environment);
        if (name.isEmpty() || environment.value(name).isEmpty())
            continue;
        auto value = checkedValue(*spec, environment.value(name));
        if (!value)
            return std::move(value)
                .error()
                .within(u"The variable "_s + name)
                .withHint(u"Correct or unset it, then start again."_s);
        settings.m_fromEnvironment.insert(QString(spec->key), *value);
    }
    return settings;
}

Result<> Settings::overrideWith(const SettingSpec &spec, const QString &value)
{
    HUB_TRY(const QString good, checkedValue(spec, value));
    m_fromCommandLine.insert(QString(spec.key), good);
    return {};
}

QString Settings::text(const SettingSpec &spec) const
{
    const QString key(spec.key);
    for (const auto *layer : {&m_fromCommandLine, &m_fromEnvironment, &m_fromFile}) {
        if (const auto found = layer->constFind(key); found != layer->constEnd())
            return *found;
    }
    return QString(spec.fallback);
}

Settings::Source Settings::source(const SettingSpec &spec) const
{
    const QString key(spec.key);
    if (m_fromCommandLine.contains(key))
        return Source::CommandLine;
    if (m_fromEnvironment.contains(key))
        return Source::Environment;
    return m_fromFile.contains(key) ? Source::File : Source::Default;
}

Result<> Settings::set(const SettingSpec &spec, const QString &value)
{
    auto good = checkedValue(spec, value);
    if (!good) {
        good.error().message += u" Nothing was changed."_s;
        return std::move(good).error().withHint(u"agenthubctl config get %1"_s.arg(spec.key));
    }
    const QByteArray path = QFile::encodeName(m_file);
    auto bytes = readFile(path);
    if (!bytes && bytes.error().code != ErrorCode::NotFound)
        return std::move(bytes).error();
    const QString text = bytes ? QString::fromUtf8(*bytes) : QString();
    HUB_CHECK(writeFileDurably(path, withValue(text, spec, *good).toUtf8()));
    m_fromFile.insert(QString(spec.key), *good);
    return {};
}

Result<> Settings::reset(const SettingSpec &spec)
{
    const QByteArray path = QFile::encodeName(m_file);
    auto bytes = readFile(path);
    if (!bytes && bytes.error().code != ErrorCode::NotFound)
        return std::move(bytes).error();
    if (bytes)
        HUB_CHECK(writeFileDurably(path, withoutValue(QString::fromUtf8(*bytes), spec).toUtf8()));
    m_fromFile.remove(QString(spec.key));
    return {};
}

QString textOf(Settings::Source source)
{
    switch (source) {
    case Settings::Source::Default: return u"default"_s;
    case Settings::Source::File: return u"file"_s;
    case Settings::Source::Environment: return u"environment"_s;
    case Settings::Source::CommandLine: return u"command line"_s;
    }
    Q_UNREACHABLE();
}

} // namespace hub
