#include "core/agents/profile.h"

#include "core/agents/adapter.h"
#include "core/base/durablefile.h"
#include "core/base/enumtext.h"
#include "core/base/shellwords.h"
#include "core/state/task.h"

#include <QDir>
#include <QFile>

using namespace Qt::StringLiterals;

namespace hub::agents
{

namespace
{

bool isKey(const QString &key)
{
    const auto keys = profileKeys();
    return (key.startsWith(u"env.") && key.size() > 4) ||
           std::any_of(keys.begin(), keys.end(), [&](const auto &known) { return known.first == key; });
}

Error unknownKey(const QString &key)
{
    QStringList known;
    for (const auto &[name, help] : profileKeys())
        known << name;
    return fail(ErrorCode::InvalidInput,
                u"'%1' is no setting of an agent (there are: %2)."_s.arg(key, known.join(u", "_s)));
}

Result<> assign(Profile &profile, const QString &key, const QString &value)
{
    if (key == u"adapter") {
        HUB_CHECK(adapterNamed(value));
        profile.adapter = value;
    } else if (key == u"command") {
        HUB_TRY(profile.command, splitWords(value));
        if (profile.command.isEmpty())
            return fail(ErrorCode::InvalidInput, u"command is empty; write the program and its arguments."_s);
    } else if (key == u"pass_env") {
        profile.passEnvironment = value.split(u',', Qt::SkipEmptyParts);
        for (QString &name : profile.passEnvironment)
            name = name.trimmed();
    } else if (key == u"max_parallel") {
        bool ok = false;
        profile.maxParallel = value.toInt(&ok);
        if (!ok || profile.maxParallel < 1 || profile.maxParallel > 100)
            return fail(ErrorCode::InvalidInput,
                        u"max_parallel can't be '%1': expected a whole number from 1 to 100."_s.arg(value));
    } else if (key == u"autonomy") {
        HUB_CHECK(enumFromText(autonomyTexts, value, u"autonomy"));
        profile.autonomy = value;
    } else if (key == u"check") {
        profile.check = value;
    } else if (key == u"install_hint") {
        profile.installHint = value;
    } else if (key.startsWith(u"env.") && key.size() > 4) {
        profile.environment.insert(key.mid(4), value);
    } else {
        return unknownKey(key);
    }
    return {};
}

Result<Profile> parse(const AgentName &name, const QByteArray &bytes, const QString &file)
{
    Profile profile{.name = name, .file = file};
    int number = 0;
    for (const QString &raw : QString::fromUtf8(bytes).split(u'\n')) {
        ++number;
        const QString line = raw.trimmed();
        if (line.isEmpty() || line.startsWith(u'#') || line.startsWith(u';') || line == u"[agent]")
            continue;
        const qsizetype equals = line.indexOf(u'=');
        if (equals <= 0)
            return fail(ErrorCode::InvalidInput,
                        u"%1, line %2: expected 'key = value', found '%3'."_s.arg(file).arg(number).arg(line));
        if (auto taken = assign(profile, line.first(equals).trimmed(), line.mid(equals + 1).trimmed()); !taken)
            return std::move(taken).error().within(u"%1, line %2"_s.arg(file).arg(number));
    }
    if (profile.command.isEmpty())
        return fail(ErrorCode::InvalidInput, u"%1 has no line 'command = …'."_s.arg(file));
    return profile;
}

} // namespace

QList<std::pair<QString, QString>> profileKeys()
{
    return {{u"command"_s, u"Program and arguments; may contain {prompt}, {prompt_file}, {tree}, {task}"_s},
            {u"adapter"_s, u"Protocol: command (any program) or jsonrpc (AgentHub's own lines)"_s},
            {u"max_parallel"_s, u"Tasks it may work on at once"_s},
            {u"autonomy"_s, u"What it may do without asking: ask, normal, full"_s},
            {u"pass_env"_s, u"Names of variables it takes over from the hub's environment, with commas between"_s},
            {u"env.NAME"_s, u"A variable set for it"_s},
            {u"check"_s, u"Arguments that make the program say its version"_s},
            {u"install_hint"_s, u"What to do when the program is missing"_s}};
}

QStringList commandLine(const Profile &profile, const Placeholders &values)
{
    const QHash<QString, QString> known{{u"prompt"_s, values.prompt},
                                        {u"prompt_file"_s, values.promptFile},
                                        {u"tree"_s, values.tree},
                                        {u"task"_s, values.task}};
    QStringList arguments;
    for (const QString &part : profile.command) {
        QString filled;
        qsizetype from = 0;
        // One pass, so that braces inside a prompt stay what they are.
        for (;;) {
            const qsizetype open = part.indexOf(u'{', from);
            const qsizetype close = open < 0 ? -1 : part.indexOf(u'}', open);
            if (close < 0)
                break;
            const auto value = known.constFind(part.mid(open + 1, close - open - 1));
            if (value == known.constEnd()) {
                filled += part.mid(from, open + 1 - from); // braces of the command's own
                from = open + 1;
                continue;
            }
            filled += part.mid(from, open - from) + *value;
            from = close + 1;
        }
        arguments << filled + part.mid(from);
    }
    return arguments;
}

bool takesPromptAsArgument(const Profile &profile)
{
    for (const QString &part : profile.command) {
        if (part.contains(u"{prompt}") || part.contains(u"{prompt_file}"))
            return true;
    }
    return false;
}

std::optional<QStringList> saferCommand(const QStringList &command)
{
    static const QStringList shells{u"sh"_s, u"bash"_s, u"dash"_s, u"ash"_s, u"zsh"_s, u"ksh"_s};
    bool shell = false, script = false;
    for (qsizetype i = 0; i < command.size(); ++i) {
        const QString &word = command[i];
        if (script && word.contains(u"{prompt}")) {
            QStringList safer = command.mid(0, i + 1);
            QStringList arguments = command.mid(i + 1);
            if (arguments.isEmpty())
                arguments << u"sh"_s; // what the text sees as $0
            const QString place = u"\"${%1}\""_s.arg(arguments.size());
            // Quotes around it would only get in each other's way.
            safer[i].replace(u"'{prompt}'"_s, u"{prompt}"_s).replace(u"\"{prompt}\""_s, u"{prompt}"_s);
            safer[i].replace(u"{prompt}"_s, place);
            return safer + arguments + QStringList{u"{prompt}"_s};
        }
        script = shell && word.size() > 1 && word.startsWith(u'-') && !word.startsWith(u"--") && word.endsWith(u'c');
        shell = shells.contains(word.section(u'/', -1)) || (shell && word.startsWith(u'-'));
    }
    return std::nullopt;
}

QString ProfileBook::pathOf(const AgentName &name) const { return m_folder + u'/' + name.toString() + u".ini"_s; }

Result<Profile> ProfileBook::get(const AgentName &name) const
{
    const QString path = pathOf(name);
    auto bytes = readFile(QFile::encodeName(path));
    if (bytes)
        return parse(name, *bytes, path);
    if (bytes.error().code != ErrorCode::NotFound)
        return std::move(bytes).error();
    QStringList names;
    for (const Profile &profile : all())
        names << profile.name.toString();
    return fail(ErrorCode::NotFound,
                names.isEmpty() ? u"There is no agent %1; none is set up yet."_s.arg(name.toString())
                                : u"There is no agent %1 (there are: %2)."_s.arg(name.toString(), names.join(u", "_s)),
                u"agenthubctl agents add %1 PROGRAM ARGUMENTS"_s.arg(name.toString()));
}

QList<Profile> ProfileBook::all(QStringList *problems) const
{
    QList<Profile> profiles;
    for (const QString &entry : QDir(m_folder).entryList({u"*.ini"_s}, QDir::Files, QDir::Name)) {
        const auto name = AgentName::parse(entry.chopped(4));
        auto bytes = readFile(QFile::encodeName(m_folder + u'/' + entry));
        auto profile =
            !name   ? Result<Profile>(fail(ErrorCode::InvalidInput,
                                           u"%1/%2: an agent's name is a lower-case word."_s.arg(m_folder, entry)))
            : bytes ? parse(*name, *bytes, m_folder + u'/' + entry)
                    : Result<Profile>(std::move(bytes).error());
        if (profile)
            profiles << *profile;
        else if (problems)
            *problems << profile.error().message;
    }
    return profiles;
}

Result<Profile> ProfileBook::add(const AgentName &name, const QString &command)
{
    if (QFile::exists(pathOf(name))) {
        return fail(ErrorCode::Conflict, u"There is an agent %1 already; nothing was changed."_s.arg(name.toString()),
                    u"agenthubctl agents set %1 command \"…\""_s.arg(name.toString()));
    }
    const QByteArray text = "[agent]\ncommand = " + command.toUtf8() + "\nadapter = command\n";
    HUB_TRY(const Profile checked, parse(name, text, pathOf(name)));
    HUB_CHECK(writeFileDurably(QFile::encodeName(pathOf(name)), text));
    return checked;
}

Result<Profile> ProfileBook::set(const AgentName &name, const QString &key, const QString &value)
{
    HUB_TRY(const Profile before, get(name));
    if (value.contains(u'\n'))
        return fail(ErrorCode::InvalidInput, u"%1 has to be one line."_s.arg(key));
    if (!isKey(key))
        return unknownKey(key);
    HUB_TRY(const QByteArray bytes, readFile(QFile::encodeName(before.file)));
    QStringList lines = QString::fromUtf8(bytes).split(u'\n');
    if (value.isEmpty())
        lines.removeIf(
            [&](const QString &line) { return line.contains(u'=') && line.section(u'=', 0, 0).trimmed() == key; });
    bool replaced = false;
    for (QString &line : lines) {
        if (!replaced && line.section(u'=', 0, 0).trimmed() == key && line.contains(u'=')) {
            line = key + u" = "_s + value;
            replaced = true;
        }
    }
    if (!replaced && !value.isEmpty()) {
        while (!lines.isEmpty() && lines.last().isEmpty())
            lines.removeLast();
        lines << key + u" = "_s + value << QString();
    }
    const QByteArray text = lines.join(u'\n').toUtf8();
    HUB_TRY(const Profile changed, parse(name, text, before.file));
    HUB_CHECK(writeFileDurably(QFile::encodeName(before.file), text));
    return changed;
}

Result<> ProfileBook::remove(const AgentName &name)
{
    HUB_TRY(const Profile profile, get(name));
    return removeTree(QFile::encodeName(profile.file));
}

} // namespace hub::agents
