#include "core/commands/bashcompletion.h"

#include "core/base/enumtext.h"
#include "core/commands/toolspec.h"

using namespace Qt::StringLiterals;

namespace hub::commands
{

namespace
{

constexpr EnumText<OptionKind> kindTexts[]{
    {OptionKind::Task, "task"_L1},           {OptionKind::Checkpoint, "checkpoint"_L1},
    {OptionKind::Agent, "agent"_L1},         {OptionKind::Project, "project"_L1},
    {OptionKind::Approval, "approval"_L1},   {OptionKind::Alert, "alert"_L1},
    {OptionKind::Operation, "operation"_L1}, {OptionKind::Message, "message"_L1},
    {OptionKind::Setting, "setting"_L1}};

// The part that does not depend on the table. Words are walked once from the left: which command it is, how many words
// without a name came, and which option, if any, waits for its value.
constexpr auto walk = R"bash(_agenthubctl() {
    local current=${COMP_WORDS[COMP_CWORD]} command="" group="" option="" globals=() count=0 i word
    COMPREPLY=()
    [[ $current == "=" ]] && current=""
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $word == "=" ]]; then
            continue
        elif [[ -n $option ]]; then
            case $option in data-dir | config) globals+=("--$option" "$word") ;; esac
            option=""
        elif [[ $word == --data-dir || $word == --config ]]; then
            option=${word#--}
        elif [[ $word == --* && -n $command ]]; then
            option=${word#--}
            option=${option//-/_}
            [[ -n $(_agenthubctl_takes "$command" "$option") ]] || option=""
        elif [[ $word == -?* ]]; then
            continue
        elif [[ -n $group ]]; then
            command="$group ${word}"
            group=""
        elif [[ -z $command ]]; then
            command=$(_agenthubctl_long "${word//_/-}")
            [[ -n $(_agenthubctl_subcommands "$command") ]] && group=$command && command=""
        else
            count=$((count + 1))
        fi
    done
    local takes=""
    if [[ -n $option ]]; then
        case $option in
        data-dir | config) takes=@path ;;
        *) takes=$(_agenthubctl_takes "$command" "$option") ;;
        esac
    elif [[ $current == -* ]]; then
        takes="$(_agenthubctl_options "$command") --json --yes --dry-run --help --data-dir --config"
    elif [[ -n $group ]]; then
        takes=$(_agenthubctl_subcommands "$group")
    elif [[ -z $command ]]; then
        takes=$(_agenthubctl_words)
    else
        local names
        read -r -a names <<< "$(_agenthubctl_positions "$command")"
        [[ -n ${names[count]} ]] && takes=$(_agenthubctl_takes "$command" "${names[count]}")
    fi
    case $takes in
    @path) compopt -o filenames 2> /dev/null && COMPREPLY=($(compgen -f -- "$current")) ;;
    @text) ;;
    @command) COMPREPLY=($(compgen -W "$(_agenthubctl_words)" -- "$current")) ;;
    @*) COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "${globals[@]}" __complete "${takes#@}" 2> /dev/null)" -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "$takes" -- "$current")) ;;
    esac
}
complete -F _agenthubctl agenthubctl
)bash";

QString takesOf(const OptionSpec &option)
{
    switch (option.kind) {
    case OptionKind::Flag: return {};
    case OptionKind::Choice: {
        QStringList choices;
        for (const QLatin1StringView choice : option.choices)
            choices << QString(choice);
        return choices.join(u' ');
    }
    case OptionKind::Path:
    case OptionKind::File: return u"@path"_s;
    case OptionKind::Command: return u"@command"_s;
    default: {
        const QString kind = completionKind(option.kind);
        return u'@' + (kind.isEmpty() ? u"text"_s : kind);
    }
    }
}

// A function that answers `case "$1"` (or "$1:$2") with the texts of the rows.
QString lookUp(const QString &name, const QString &subject, const QList<std::pair<QString, QString>> &rows,
               const QString &otherwise = {})
{
    QString text = u"%1() {\n    case %2 in\n"_s.arg(name, subject);
    for (const auto &[key, value] : rows)
        text += u"    \"%1\") echo \"%2\" ;;\n"_s.arg(key, value);
    if (!otherwise.isEmpty())
        text += u"    *) echo %1 ;;\n"_s.arg(otherwise);
    return text + u"    esac\n}\n"_s;
}

} // namespace

QString completionKind(OptionKind kind)
{
    for (const auto &row : kindTexts) {
        if (row.value == kind)
            return QString(row.text);
    }
    return {};
}

std::optional<OptionKind> completionKindFromText(const QString &text)
{
    const auto kind = enumFromText(kindTexts, text, u"kind of word");
    return kind ? std::optional(*kind) : std::nullopt;
}

QString bashCompletion(std::span<const PlumbingSpec> plumbing)
{
    QStringList words;
    QList<std::pair<QString, QString>> longForms, subcommands, options, takes, positions;
    for (const CommandSpec &spec : commandTable()) {
        const QString name(spec.name);
        const QString first = name.section(u' ', 0, 0);
        if (!words.contains(first))
            words << first;
        if (name != first) {
            if (subcommands.isEmpty() || subcommands.last().first != first)
                subcommands << std::pair(first, QString());
            subcommands.last().second += (subcommands.last().second.isEmpty() ? u""_s : u" "_s) + name.section(u' ', 1);
        }
        QStringList named, ordered;
        for (const OptionSpec &option : spec.options) {
            named << u"--"_s + option.name;
            if (const QString what = takesOf(option); !what.isEmpty()) {
                ordered << QString(option.name);
                takes << std::pair(name + u':' + option.name, what);
            }
        }
        if (spec.name == "task-log"_L1)
            named << u"--follow"_s;
        if (spec.name == "task-status"_L1)
            named << u"--path"_s;
        options << std::pair(name, named.join(u' '));
        positions << std::pair(name, ordered.join(u' '));
    }
    for (const ShortForm &form : shortForms()) {
        words << QString(form.name);
        longForms << std::pair(QString(form.name), QString(form.command));
    }
    for (const PlumbingSpec &spec : plumbing) {
        if (!spec.hidden)
            words << QString(spec.name);
    }
    QStringList tools;
    for (const ToolSpec &spec : toolTable())
        tools << QString(spec.name).replace(u'_', u'-');
    takes << std::pair(u"tool:name"_s, tools.join(u' ')) << std::pair(u"completion:shell"_s, u"bash"_s);
    positions << std::pair(u"tool"_s, u"name"_s) << std::pair(u"completion"_s, u"shell"_s);
    return u"# Completion for bash. Load it with: source <(agenthubctl completion bash)\n"_s +
           u"_agenthubctl_words() {\n    echo \"%1\"\n}\n"_s.arg(words.join(u' ')) +
           lookUp(u"_agenthubctl_long"_s, u"\"$1\""_s, longForms, u"\"$1\""_s) +
           lookUp(u"_agenthubctl_subcommands"_s, u"\"$1\""_s, subcommands) +
           lookUp(u"_agenthubctl_options"_s, u"\"$1\""_s, options) +
           lookUp(u"_agenthubctl_positions"_s, u"\"$1\""_s, positions) +
           lookUp(u"_agenthubctl_takes"_s, u"\"$1:$2\""_s, takes) + QString::fromLatin1(walk);
}

} // namespace hub::commands
