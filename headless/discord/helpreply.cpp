#include "headless/discord/helpreply.h"

#include "core/commands/commandspec.h"
#include "headless/discord/nextstep.h"

using namespace Qt::StringLiterals;

namespace hub::discord
{

using commands::CommandSpec;
using commands::Reply;

namespace
{

QString rightOf(const CommandSpec &spec)
{
    const QString right = spec.access == commands::Access::Machine
                              ? u"at the hub's machine only, in a terminal or the window"_s
                              : commands::textOf(commands::roleFor(spec.access));
    return spec.accessNote.isEmpty() ? right : u"%1; %2"_s.arg(right, QString(spec.accessNote));
}

Reply aboutCommand(const CommandSpec &spec)
{
    Reply reply{.severity = commands::Severity::Info, .title = u'/' + spec.name, .text = QString(spec.description)};
    for (const commands::OptionSpec &option : spec.options) {
        QString says(option.description);
        if (option.required)
            says += u" (required)"_s;
        else if (!option.without.isEmpty())
            says += u" (left out: %1)"_s.arg(option.without);
        reply.fields.append({QString(option.name), says});
    }
    reply.fields.append({u"Rights"_s, rightOf(spec)});
    if (spec.effect == commands::Effect::Dangerous)
        reply.fields.append({u"Before it is done"_s, u"You see what would change, and are asked."_s});
    reply.fields.append({u"Example"_s, asTyped(QString(spec.example))});
    return reply;
}

} // namespace

Result<Reply> helpReply(const QString &topic, commands::Role role)
{
    QString name = topic.simplified();
    if (name.startsWith(u'/'))
        name.remove(0, 1);
    if (const CommandSpec *spec = commands::findCommand(name))
        return aboutCommand(*spec);
    const bool all = name.isEmpty();
    commands::Table table{.columns = {u"command"_s, u"what it does"_s}};
    QStringList known;
    for (const CommandSpec &spec : commands::commandTable()) {
        const QString group = QString(spec.name).section(u' ', 0, 0);
        known << QString(spec.name) << group;
        const bool wanted = all ? commands::roleFor(spec.entryAccess()) <= role : commands::sameName(group, name);
        if (wanted)
            table.rows << QStringList{u'/' + spec.name, QString(spec.description)};
    }
    if (table.rows.isEmpty())
        return fail(ErrorCode::NotFound,
                    u"There is no command '%1'.%2"_s.arg(name.left(80), commands::didYouMean(name, known)),
                    u"agenthubctl help"_s);
    Reply reply{.severity = commands::Severity::Info, .title = all ? u"What you can do here"_s : u'/' + name};
    if (all)
        reply.text = u"Your right here: %1. What is left out is found, or asked for; what is dangerous shows a preview "
                     "first. /help with a command explains it."_s.arg(commands::textOf(role));
    reply.tables << table;
    return reply;
}

} // namespace hub::discord
