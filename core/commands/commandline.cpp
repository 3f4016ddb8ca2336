#include "core/commands/commandline.h"

#include "core/base/shellwords.h"
#include "core/commands/helptext.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub::commands
{

namespace
{

Error wrong(const QString &message, const QString &hint = u"agenthubctl help"_s)
{
    return fail(ErrorCode::InvalidInput, message, hint);
}

// "-1" is a checkpoint (one before the last), not an option.
bool looksLikeOption(const QString &word) { return word.size() > 1 && word.startsWith(u'-') && !word[1].isDigit(); }

// Ids tell themselves apart by their shape: "12/3" is no agent and no task, "12" a task rather than an agent. So an
// option that may be left out is passed over when a later one is what the word plainly names.
bool isMeantForLater(const QString &word, const OptionSpec &option, std::span<const OptionSpec> later)
{
    if (option.required || (option.kind != OptionKind::Agent && option.kind != OptionKind::Task))
        return false;
    const OptionKind named = CheckpointId::parse(word)                                 ? OptionKind::Checkpoint
                             : option.kind == OptionKind::Agent && TaskId::parse(word) ? OptionKind::Task
                                                                                       : option.kind;
    return named != option.kind &&
           std::any_of(later.begin(), later.end(), [named](const OptionSpec &other) { return other.kind == named; });
}

bool isGroup(const QString &word) { return firstOfGroup(word) != nullptr; }

class Parser
{
public:
    Parser(const QStringList &arguments, std::span<const PlumbingSpec> plumbing)
        : m_words(arguments)
        , m_plumbing(plumbing)
    {
    }

    Result<CommandLine> parse()
    {
        HUB_CHECK(readLeadingOptions());
        if (m_line.kind == CommandLine::Kind::Help || m_at == m_words.size())
            return finishWithoutCommand();
        for (const PlumbingSpec &spec : m_plumbing) {
            if (sameName(spec.name, m_words[m_at])) {
                m_line.kind = CommandLine::Kind::Plumbing;
                m_line.plumbing = QString(spec.name);
                m_line.words = m_words.mid(m_at + 1);
                return m_line;
            }
        }
        HUB_CHECK(readCommand());
        HUB_CHECK(readOptions());
        if (m_help) {
            m_line.kind = CommandLine::Kind::Help;
            m_line.text = helpForCommand(*m_line.spec);
            return m_line;
        }
        if (m_line.spec->name == "help"_L1)
            return explain();
        HUB_CHECK(placePositionals());
        return check();
    }

private:
    // --json and the like before the command; -h there is the overview.
    Result<> readLeadingOptions()
    {
        while (m_at < m_words.size() && looksLikeOption(m_words[m_at])) {
            HUB_TRY(const bool common, readCommonOption());
            if (!common)
                return wrong(u"Unknown option '%1' before the command.%2"_s.arg(
                    m_words[m_at].left(80), didYouMean(m_words[m_at], commonNames())));
        }
        return {};
    }

    Result<CommandLine> finishWithoutCommand()
    {
        m_line.kind = m_help ? CommandLine::Kind::Help : CommandLine::Kind::Overview;
        if (m_help)
            m_line.text = helpOverview(m_plumbing);
        return m_line;
    }

    Result<> readCommand()
    {
        QString word = m_words[m_at++];
        for (const ShortForm &form : shortForms()) {
            if (sameName(form.name, word)) {
                m_line.spec = findCommand(form.command.toString());
                return {};
            }
        }
        if ((m_line.spec = findCommand(word)))
            return {};
        if (!isGroup(word))
            return unknownCommand(word);
        if (m_at < m_words.size() && !looksLikeOption(m_words[m_at])) {
            m_line.spec = findCommand(QString(word + u' ' + m_words[m_at]));
            if (!m_line.spec)
                return unknownSubcommand(word, m_words[m_at]);
            ++m_at;
            return {};
        }
        m_line.spec = firstOfGroup(word);
        return {};
    }

    Error unknownCommand(const QString &word) const
    {
        QStringList known;
        for (const CommandSpec &spec : commandTable())
            known << QString(spec.name).section(u' ', 0, 0) << QString(spec.name);
        for (const ShortForm &form : shortForms())
            known << QString(form.name);
        for (const PlumbingSpec &spec : m_plumbing) {
            if (!spec.hidden)
                known << QString(spec.name);
        }
        return wrong(u"There is no command '%1'.%2"_s.arg(word.left(80), didYouMean(word, known)));
    }

    static Error unknownSubcommand(const QString &group, const QString &word)
    {
        QStringList known;
        for (const CommandSpec &spec : commandTable()) {
            const QString name(spec.name);
            if (name.contains(u' ') && sameName(name.section(u' ', 0, 0), group))
                known << name.section(u' ', 1);
        }
        return wrong(
            u"%1 has no '%2'; it has %3.%4"_s.arg(group, word.left(80), known.join(u", "_s), didYouMean(word, known)),
            u"agenthubctl help %1"_s.arg(group));
    }

    static QStringList commonNames()
    {
        return {u"--json"_s, u"--yes"_s, u"--dry-run"_s, u"--help"_s, u"--data-dir"_s, u"--config"_s};
    }

    // True when the word at m_at was an option that all commands have; it and its value are consumed.
    Result<bool> readCommonOption()
    {
        const QString word = m_words[m_at];
        const qsizetype equals = word.indexOf(u'=');
        const QString name = equals < 0 ? word : word.first(equals);
        QString *text = sameName(name, u"--data-dir") ? &m_line.dataDir
                        : name == u"--config"         ? &m_line.config
                                                      : nullptr;
        if (text) {
            if (equals < 0 && m_at + 1 == m_words.size())
                return wrong(u"%1 needs a path after it."_s.arg(name));
            *text = equals < 0 ? m_words[++m_at] : word.mid(equals + 1);
            if (text->isEmpty())
                return wrong(u"%1 needs a path, not an empty text."_s.arg(name));
            ++m_at;
            return true;
        }
        bool *flag = word == u"--json"                               ? &m_line.json
                     : word == u"--yes" || word == u"-y"             ? &m_line.call.yes
                     : sameName(word, u"--dry-run") || word == u"-n" ? &m_line.call.dryRun
                     : word == u"--help" || word == u"-h"            ? &m_help
                                                                     : nullptr;
        if (!flag)
            return false;
        *flag = true;
        ++m_at;
        return true;
    }

    Result<> readOptions()
    {
        while (m_at < m_words.size()) {
            const QString word = m_words[m_at];
            if (word == u"--") {
                m_positionals += m_words.mid(m_at + 1);
                m_at = m_words.size();
            } else if (!looksLikeOption(word)) {
                // A command line has options of its own: from its first word on, everything belongs to it.
                const qsizetype words = beginsProgram() ? m_words.size() - m_at : 1;
                m_positionals += m_words.mid(m_at, words);
                m_at += words;
            } else {
                HUB_TRY(const bool own, readOwnOption());
                if (own)
                    continue;
                HUB_TRY(const bool common, readCommonOption());
                if (!common)
                    return unknownOption(word);
            }
        }
        return {};
    }

    // Whether the next word without a name is the first of a command line.
    bool beginsProgram() const
    {
        qsizetype place = m_positionals.size();
        for (const OptionSpec &option : m_line.spec->options) {
            if (option.kind == OptionKind::Flag || m_line.call.options.contains(QString(option.name)))
                continue;
            if (place-- == 0)
                return option.rest && option.kind == OptionKind::Program;
        }
        return false;
    }

    Result<bool> readOwnOption()
    {
        const QString word = m_words[m_at];
        if (!word.startsWith(u"--"))
            return false;
        if (word == u"--follow" && m_line.spec->name == "task-log"_L1) {
            m_line.follow = true;
            ++m_at;
            return true;
        }
        if (word == u"--path" && m_line.spec->name == "task-status"_L1) {
            m_line.path = true;
            ++m_at;
            return true;
        }
        const qsizetype equals = word.indexOf(u'=');
        const QString name = equals < 0 ? word.mid(2) : word.mid(2, equals - 2);
        for (const OptionSpec &option : m_line.spec->options) {
            if (!sameName(option.name, name))
                continue;
            const QString key(option.name);
            if (m_line.call.options.contains(key))
                return wrong(u"--%1 is given twice."_s.arg(key), helpHint());
            if (equals >= 0)
                m_line.call.options[key] = word.mid(equals + 1);
            else if (option.kind == OptionKind::Flag)
                m_line.call.options[key] = flagValue();
            else if (m_at + 1 < m_words.size())
                m_line.call.options[key] = m_words[++m_at];
            else
                return wrong(u"--%1 needs a value after it: %2."_s.arg(key, QString(option.description)), helpHint());
            ++m_at;
            return true;
        }
        return false;
    }

    // A flag says yes by itself; a yes or no right after it is its value: "--keep-edits no".
    QJsonValue flagValue()
    {
        const QString next = m_words.value(m_at + 1);
        if (next != u"yes" && next != u"no")
            return true;
        ++m_at;
        return next;
    }

    Error unknownOption(const QString &word) const
    {
        QStringList known = commonNames();
        for (const OptionSpec &option : m_line.spec->options)
            known << u"--"_s + option.name;
        if (m_line.spec->name == "task-log"_L1)
            known << u"--follow"_s;
        if (m_line.spec->name == "task-status"_L1)
            known << u"--path"_s;
        return wrong(u"%1 has no option '%2'.%3"_s.arg(m_line.spec->name, word.left(80),
                                                       didYouMean(word.section(u'=', 0, 0), known)),
                     helpHint() + u" (words that begin with '-' go after '--')"_s);
    }

    // `help rollback file`: its words are one topic.
    Result<CommandLine> explain()
    {
        m_line.kind = CommandLine::Kind::Help;
        QString topic = m_positionals.join(u' ');
        if (m_line.call.options.contains(u"command"_s))
            topic = m_line.call.options[u"command"_s].toString();
        if (topic.isEmpty()) {
            m_line.text = helpOverview(m_plumbing);
            return m_line;
        }
        auto text = helpFor(topic);
        if (!text) {
            text.error().code = ErrorCode::InvalidInput;
            return std::move(text).error();
        }
        m_line.text = *std::move(text);
        return m_line;
    }

    // The words without a name fill the options that have none yet, in the row's order; flags are only named.
    Result<> placePositionals()
    {
        qsizetype next = 0;
        for (size_t i = 0; i < m_line.spec->options.size() && next < m_positionals.size(); ++i) {
            const OptionSpec &option = m_line.spec->options[i];
            const QString key(option.name);
            if (option.kind == OptionKind::Flag || m_line.call.options.contains(key) ||
                isMeantForLater(m_positionals[next], option, m_line.spec->options.subspan(i + 1)))
                continue;
            if (option.rest) {
                const QStringList words = m_positionals.mid(next);
                // One word is a command line already, quoted as its writer wanted it.
                m_line.call.options[key] =
                    option.kind == OptionKind::Program && words.size() > 1 ? joinWords(words) : words.join(u' ');
                next = m_positionals.size();
            } else {
                m_line.call.options[key] = m_positionals[next++];
            }
        }
        if (next < m_positionals.size()) {
            return wrong(u"'%1' is one word too many for %2."_s.arg(m_positionals[next].left(80), m_line.spec->name),
                         helpHint());
        }
        return {};
    }

    Result<CommandLine> check()
    {
        m_line.kind = CommandLine::Kind::Command;
        m_line.call.command = QString(m_line.spec->name);
        if (m_line.call.dryRun && m_line.spec->effect != Effect::Dangerous && m_line.spec->effect != Effect::Read) {
            return wrong(u"%1 has no preview, so --dry-run is refused; nothing was done."_s.arg(m_line.spec->name),
                         helpHint());
        }
        QJsonObject given = m_line.call.options;
        for (const OptionSpec &option : m_line.spec->options) {
            const QString key(option.name);
            if (option.required && option.rest && given.value(key).toString().isEmpty()) {
                m_line.missingText = key;
                given[key] = u"-"_s; // so that the other options are checked all the same
            }
        }
        HUB_TRY(m_line.call.options, checkOptions(*m_line.spec, given));
        if (!m_line.missingText.isEmpty())
            m_line.call.options.remove(m_line.missingText);
        return m_line;
    }

    QString helpHint() const { return u"agenthubctl help %1"_s.arg(m_line.spec->name); }

    QStringList m_words;
    std::span<const PlumbingSpec> m_plumbing;
    qsizetype m_at = 0;
    bool m_help = false;
    QStringList m_positionals;
    CommandLine m_line;
};

} // namespace

Result<CommandLine> parseCommandLine(const QStringList &arguments, std::span<const PlumbingSpec> plumbing)
{
    return Parser(arguments, plumbing).parse();
}

} // namespace hub::commands
