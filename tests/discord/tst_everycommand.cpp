// Every command of the table as somebody on Discord uses it: each option at least once, what completes while it is
// typed, who may not, who sees the answer; and every button, menu and form that the answers bring.
#include "core/commands/commandspec.h"
#include "tests/discord/botrun.h"

#include <QJsonDocument>
#include <QRegularExpression>

using namespace hub;
using namespace hub::discord;
using namespace Qt::StringLiterals;
using commands::Access;
using commands::Audience;
using commands::CommandSpec;
using commands::Effect;
using commands::OptionKind;
using commands::OptionSpec;

namespace
{

const QByteArray oneTurn = "echo thinking; pwd > file.txt; echo new > new.txt; echo done\n";
const QByteArray worker = "while :; do sleep 0.2; done\n";
const QByteArray asker = "\"$AGENTHUB_CTL\" tool request-approval --action \"run it\" --command \"rm -rf build\"\n"
                         "sleep 600\n";
const QByteArray claimer = "\"$AGENTHUB_CTL\" tool request-file-access --paths $(pwd | sed 's/.*[^0-9]//')held.txt\n"
                           "sleep 600\n";

// One use of a command, and what has to stand in its answer. {…}: something of that kind, made for this use; the same
// word means the same thing within one. `done`: after "Do it" was pressed below its preview.
struct Use {
    const char *command, *options, *says, *done = "";
};
constexpr Use uses[]{
    {"help", "", "/tasks"},
    {"help", "command=task-diff; share=yes", "/task-diff"},
    {"system-health", "", "CPU"},
    {"system-health", "range=day; chart=yes; theme=light", "CPU"},
    {"safe-mode enable", "reason=what is that", "Safe mode"},
    {"safe-mode disable", "clear_pauses=yes; notes=all is well", "Safe mode"},
    {"safe-mode status", "share=yes", "Safe mode"},
    {"emergency-stop", "reason=stop #{running}", "Stopped"},
    {"emergency-stop", "reason=stop it; end=yes", "end"},
    {"assign-task",
     "description=write the docs; project=project; agent=fixer; priority=high; type=docs; base=main; autonomy=ask; "
     "after={task}; mode=worktree",
     "write the docs"},
    {"tasks", "filter=all; project=project; agent=fixer; text=tidy; share=yes", "tidy"},
    {"task-status", "task_id={task}; share=yes", "#{task}"},
    {"task-log", "task_id={task}; limit=5; since=2h; kind=all; share=yes", "thinking"},
    {"task-diff", "task_id={task}; from={checkpoint}; to=last; file=file.txt; stat=yes; share=yes", "file.txt"},
    {"task-diff", "task_id={task}", "new.txt"},
    {"say", "message=the tests too; task_id={running}; when=queue; files=plan.txt", "#{running}"},
    {"queue list", "task_id={running}; share=yes", "{message}"},
    {"queue edit", "message_id={message}; message=the tests first", "the tests first"},
    {"queue remove", "message_id={message}", "{message}"},
    {"pause-task", "task_id={running}; reason=wait", "#{running}"},
    {"resume-task", "task_id={task}; checkpoint_id={checkpoint}; notes=once more", "{checkpoint}", "#{task}"},
    {"cancel-task", "task_id={running}; reason=not needed", "#{running}", "#{running}"},
    {"finish-task", "task_id={task}; how=squash; into=main; message=Mend it; check=no", "main", "#{task}"},
    {"checkpoint", "task_id={task}; notes=before the change", "{task}/"},
    {"rollback show", "agent=fixer; task_id={task}; limit=5; share=yes", "{task}/"},
    {"rollback task_checkpoint", "agent=fixer; task_id={task}", "{task}/"},
    {"rollback task_checkpoint", "agent=fixer; task_id={task}; checkpoint_id={checkpoint}; keep_edits=no",
     "{checkpoint}", "{checkpoint}"},
    {"rollback git_backup", "agent=fixer; task_id={task}; project=project; backup={backup}; keep_edits=yes", "{task}",
     "{task}"},
    {"rollback commit", "commit=HEAD; task_id={task}; keep_edits=yes", "commit", "{task}"},
    {"rollback file", "path=file.txt; task_id={task}; checkpoint_id={checkpoint}", "file.txt", "file.txt"},
    {"rollback undo", "operation_id={operation}; task_id={rolled}", "{operation}", "{operation}"},
    {"agents list", "share=yes", "fixer"},
    {"agents show", "agent=fixer; share=yes", "fixer"},
    {"agents test", "agent=fixer", "fixer"},
    {"pause-agent", "name=fixer; reason=wait", "fixer"},
    {"resume-agent", "name=fixer", "fixer"},
    {"approvals", "task_id={asking}; filter=open; share=yes", "rm -rf build"},
    {"approve", "approval_id={approval}; scope=once; notes=go on", "{approval}"},
    {"deny", "approval_id={approval}; reason=not that", "{approval}"},
    {"claims", "project=project; path={claimed}; share=yes", "{claimed}"},
    {"release-claim", "path={claimed}; reason=needed elsewhere", "{claimed}"},
    {"conflicts", "project=project; task_id={meeting}; share=yes", "file.txt"},
    {"alerts", "filter=all; level=info; since=2h; share=yes", "{alert}"},
    {"resolve-alert", "alert_id={alert}; action=snooze; for=2h; notes=later", "{alert}"},
    {"audit list", "who=Ada; task_id={saved}; action=checkpoint; since=2h; limit=5; share=yes", "Ada ("},
    {"audit export", "task_id={task}; since=2h; until=0s; format=csv; share=yes", "entr"},
    {"audit verify", "share=yes", "audit"},
    {"projects list", "share=yes", "project"},
    {"projects show", "project=project; share=yes", "project"},
    {"projects add", "source=https://127.0.0.1:1/none.git; take_over=no", "could not"},
    {"projects link", "project=project; channel={channel}", "project"},
    {"config list", "share=yes", "checkpoint/interval_seconds"},
    {"config get", "key=checkpoint/interval_seconds; share=yes", "600"},
    {"config set", "key=checkpoint/interval_seconds; value=300", "300"},
    {"drill", "task_id={task}", "{task}/"},
    {"hub-backup list", "share=yes", "{hub-backup}"},
    {"hub-backup create", "", "copy"},
    {"hub-backup verify", "backup={hub-backup}; share=yes", "{hub-backup}"},
};

bool isHere(const CommandSpec &spec) { return spec.entryAccess() != Access::Machine; }

// It stands in Discord's list: by itself, or since others of its group can be used there.
bool isRegistered(const CommandSpec &spec)
{
    const QString group = QString(spec.name).section(u' ', 0, 0);
    return std::any_of(
               commands::commandTable().begin(), commands::commandTable().end(),
               [&](const auto &row) { return isHere(row) && QString(row.name).section(u' ', 0, 0) == group; }) &&
           (isHere(spec) || QString(spec.name).contains(u' '));
}

QString plain(const QString &label)
{
    static const QRegularExpression name(u"\\d+|(?<=Roll back to ).*|(?<=Pause )[a-z]+|(?<=Resume )[a-z]+"_s);
    return QString(label).replace(name, u"N"_s);
}

} // namespace

class TestEveryCommand : public QObject
{
    Q_OBJECT

    std::unique_ptr<BotRun> m_run;
    FakeDiscord *m_discord = nullptr;
    QHash<QString, QString> m_made;   // for the use at hand
    QMap<QString, QString> m_pressed; // label → answer
    int m_count = 0;
    qsizetype m_violations = 0; // told of

    QString answerTo(const QString &interaction)
    {
        if (interaction.isEmpty())
            return u"(no such button)"_s;
        if (!QTest::qWaitFor([&] { return m_discord->interaction(interaction).isAnswered(); }, 20000))
            return u"(nothing)"_s;
        return m_discord->answer(interaction).remove(u'\\');
    }
    QString newViolations()
    {
        const QString all = m_discord->violations();
        return all.mid(std::exchange(m_violations, all.size()));
    }
    QString newTask(const QString &agent, const QString &state)
    {
        const QJsonObject made = m_run->json(
            {u"assign-task"_s, u"tidy up %1"_s.arg(++m_count), u"--agent"_s, agent, u"--project"_s, u"project"_s});
        const QString id = QString::number(made[u"task_id"_s].toInteger());
        m_run->ctl({u"wait"_s, id, u"--for"_s, state, u"--timeout"_s, u"20"_s});
        return id;
    }
    // Its turn has ended, and what it made then is saved, which comes a moment later.
    QString savedTask(const QString &agent)
    {
        const QString id = newTask(agent, u"needs-review"_s);
        const auto saved = [&] {
            return list({u"rollback"_s, u"task_checkpoint"_s, u"--task_id"_s, id}, u"checkpoints"_s).size() > 1;
        };
        return QTest::qWaitFor(saved, 20000) ? id : u"(not saved)"_s;
    }
    QJsonArray list(const QStringList &words, const QString &key) { return m_run->json(words)[key].toArray(); }
    QString first(const QStringList &words, const QString &key, const QString &member)
    {
        return list(words, key).at(0)[member].toString();
    }

    QString made(const QString &kind)
    {
        if (!m_made.contains(kind))
            m_made[kind] = make(kind);
        return m_made[kind];
    }
    QString make(const QString &kind)
    {
        if (kind == u"task")
            return savedTask(u"fixer"_s);
        if (kind == u"meeting") { // with another that changed the same file
            savedTask(u"fixer"_s);
            return savedTask(u"fixer"_s);
        }
        if (kind == u"running")
            return newTask(u"worker"_s, u"running"_s);
        if (kind == u"asking")
            return newTask(u"asker"_s, u"awaiting-approval"_s);
        if (kind == u"checkpoint")
            return made(u"task"_s) + u"/1"_s;
        if (kind == u"approval")
            return first({u"approvals"_s, u"--task_id"_s, made(u"asking"_s)}, u"approvals"_s, u"approval_id"_s);
        if (kind == u"message") {
            m_run->ctl({u"say"_s, u"later"_s, u"--task_id"_s, made(u"running"_s)});
            return first({u"queue"_s, u"list"_s, u"--task_id"_s, made(u"running"_s)}, u"messages"_s, u"message_id"_s);
        }
        if (kind == u"saved") {
            answerTo(
                m_discord->command(m_run->admin, m_run->channel, u"checkpoint"_s, {{u"task_id"_s, made(u"task"_s)}}));
            return made(u"task"_s);
        }
        if (kind == u"rolled") {
            m_run->ctl({u"rollback"_s, u"task_checkpoint"_s, u"--task_id"_s, made(u"task"_s), u"--checkpoint_id"_s,
                        made(u"checkpoint"_s), u"--yes"_s});
            return made(u"task"_s);
        }
        if (kind == u"operation")
            return first({u"rollback"_s, u"show"_s, u"--task_id"_s, made(u"rolled"_s)}, u"operations"_s,
                         u"operation_id"_s);
        if (kind == u"backup")
            return first({u"rollback"_s, u"show"_s, u"--task_id"_s, made(u"task"_s)}, u"backups"_s, u"branch"_s);
        if (kind == u"claimed") {
            const QString task = newTask(u"claimer"_s, u"running"_s);
            QString path;
            const auto claimed = [&] {
                for (const QJsonValue &claim : list({u"claims"_s}, u"claims"_s)) {
                    if (claim[u"task_id"_s].toVariant().toString() == task)
                        path = claim[u"path"_s].toString();
                }
                return !path.isEmpty();
            };
            return QTest::qWaitFor(claimed, 20000) ? path : u"(no claim)"_s;
        }
        if (kind == u"alert") {
            m_run->ctl({u"test-alert"_s, u"--title"_s, u"try %1"_s.arg(++m_count), u"--level"_s, u"warning"_s});
            return first({u"alerts"_s}, u"alerts"_s, u"alert_id"_s);
        }
        if (kind == u"hub-backup") {
            m_run->ctl({u"hub-backup"_s, u"create"_s});
            return first({u"hub-backup"_s, u"list"_s}, u"backups"_s, u"backup"_s);
        }
        if (kind == u"channel")
            return m_discord->addChannel(u"web"_s);
        return u"(unknown: %1)"_s.arg(kind);
    }
    QString filled(const QString &text)
    {
        static const QRegularExpression part(u"\\{([a-z-]+)\\}"_s);
        QString out = text;
        for (auto match = part.match(out); match.hasMatch(); match = part.match(out))
            out.replace(match.captured(0), made(match.captured(1)));
        return out;
    }
    static QJsonValue typed(const CommandSpec &spec, const QString &name, const QString &text)
    {
        for (const OptionSpec &option : spec.options) {
            if (option.name != name)
                continue;
            if (option.kind == OptionKind::Number)
                return text.toInt();
            if (option.kind == OptionKind::Flag)
                return text == u"yes";
            return text;
        }
        return name == u"share" ? QJsonValue(text == u"yes") : QJsonValue(text);
    }
    QJsonObject optionsOf(const CommandSpec &spec, const QString &written)
    {
        QJsonObject options;
        for (const QString &each : written.split(u"; "_s, Qt::SkipEmptyParts))
            options[each.section(u'=', 0, 0)] = typed(spec, each.section(u'=', 0, 0), filled(each.section(u'=', 1)));
        return options;
    }
    // With what Discord itself demands, whatever it is.
    static QJsonObject required(const CommandSpec &spec)
    {
        QJsonObject options;
        for (const OptionSpec &option : spec.options) {
            if (option.required && !option.secret && isHere(spec))
                options[option.name] = typed(spec, option.name, u"1"_s);
        }
        return options;
    }
    // Nobody else sees what is said to it.
    bool isPrivate(const QString &interaction)
    {
        const auto &asked = m_discord->interaction(interaction);
        const bool stays = asked.message.isEmpty() || m_discord->answer(interaction).isEmpty() || asked.hidden ||
                           !m_discord->has(asked.message);
        return stays && std::all_of(asked.followUps.begin(), asked.followUps.end(), [this](const QString &message) {
                   return m_discord->message(message).body[u"flags"_s].toInt() & 64;
               });
    }
    static void checkReadable(const QString &text)
    {
        QVERIFY2(!text.trimmed().isEmpty() && text != u"(nothing)", qPrintable(text));
        QVERIFY2(!text.contains(u"internal"_s, Qt::CaseInsensitive), qPrintable(text));
        QVERIFY2(!text.contains(u"agenthubctl tasks --"_s), qPrintable(text)); // a terminal's line
    }
    QJsonObject component(const QString &message, const QString &label)
    {
        if (!m_discord->has(message))
            return {};
        for (const QJsonValue &row : m_discord->message(message).body[u"components"_s].toArray()) {
            for (const QJsonValue &part : row[u"components"_s].toArray()) {
                if (part[u"label"_s].toString() == label || part[u"placeholder"_s].toString() == label)
                    return part.toObject();
            }
        }
        return {};
    }
    // As an admin, writing into a form if one comes, choosing the first in a menu.
    QString press(const QString &message, const QString &label)
    {
        const QJsonObject part = component(message, label);
        QStringList values;
        if (part[u"type"_s].toInt() == 3)
            values << part[u"options"_s][0][u"value"_s].toString();
        const QString pressed = m_discord->press(m_run->admin, message, label, values);
        QString answer = answerTo(pressed);
        if (!pressed.isEmpty() && m_discord->interaction(pressed).callback == 9)
            answer = answerTo(m_discord->submit(m_run->admin, pressed, {u"in plain words"_s}));
        m_pressed.insert(plain(label), answer);
        return answer;
    }
    // Each kind of button once; it is answered, whatever has happened since.
    void pressWhatIsNew(const QString &message)
    {
        for (const QString &label : m_discord->has(message) ? m_discord->labels(message) : QStringList()) {
            if (m_pressed.contains(plain(label)) || component(message, label).isEmpty())
                continue;
            checkReadable(press(message, label));
            QCOMPARE(newViolations(), QString());
        }
    }
    // Below a preview: no, and then yes to one of another call; buttons that were used refuse.
    QString agreeTo(const CommandSpec &spec, const QJsonObject &options, const QString &preview)
    {
        const QString yes = u"Do it"_s;
        const QString old = component(preview, yes)[u"custom_id"_s].toString();
        if (old.isEmpty())
            return u"(no preview)"_s;
        press(preview, u"Cancel"_s);
        const QString stale = answerTo(m_discord->pressId(m_run->admin, preview, old));
        if (!stale.contains(u"out of date"_s))
            return u"pressed twice: "_s + stale;
        const QString again = m_discord->command(m_run->admin, m_run->channel, QString(spec.name), options);
        answerTo(again);
        return press(m_discord->interaction(again).message, yes);
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_run = std::make_unique<BotRun>();
        m_discord = &m_run->discord;
        m_run->start();
        m_run->ctl({u"projects"_s, u"add"_s, m_run->path(u"project"_s)});
        m_run->addAgent(u"fixer"_s, oneTurn);
        m_run->addAgent(u"worker"_s, worker);
        m_run->addAgent(u"asker"_s, asker);
        m_run->addAgent(u"claimer"_s, claimer);
        for (const QString &agent : {u"fixer"_s, u"worker"_s, u"asker"_s, u"claimer"_s})
            m_run->ctl({u"agents"_s, u"set"_s, agent, u"max_parallel"_s, u"9"_s});
        m_discord->attach({u"plan.txt"_s, "a plan"});
    }
    void cleanupTestCase() { m_run.reset(); }
    void cleanup() { QCOMPARE(newViolations(), QString()); }

    void everyOptionOfEveryCommandIsUsedHere()
    {
        for (const CommandSpec &spec : commands::commandTable()) {
            if (!isHere(spec))
                continue;
            QStringList missing;
            for (const OptionSpec &option : spec.options)
                missing << QString(option.name);
            int used = 0;
            for (const Use &use : uses) {
                if (spec.name != QLatin1StringView(use.command))
                    continue;
                ++used;
                for (const QString &each : QString::fromLatin1(use.options).split(u"; "_s))
                    missing.removeAll(each.section(u'=', 0, 0));
            }
            QVERIFY2(used > 0 && missing.isEmpty(), qPrintable(QString(spec.name) + u": "_s + missing.join(u' ')));
        }
    }

    void itAnswers_data()
    {
        QTest::addColumn<int>("use");
        int at = 0;
        for (const Use &use : uses)
            QTest::addRow("%s %s", use.command, use.options) << at++;
    }
    void itAnswers()
    {
        QFETCH(int, use);
        const Use &row = uses[use];
        const CommandSpec &spec = *commands::findCommand(QString::fromLatin1(row.command));
        m_made.clear();
        const QJsonObject options = optionsOf(spec, QString::fromLatin1(row.options));
        const QString says = filled(QString::fromLatin1(row.says)), done = filled(QString::fromLatin1(row.done));
        const QString asked = m_discord->command(m_run->admin, m_run->channel, QString(spec.name), options);
        const QString answer = answerTo(asked);
        checkReadable(answer);
        QVERIFY2(answer.contains(says, Qt::CaseInsensitive), qPrintable(says + u" in "_s + answer));
        const auto &interaction = m_discord->interaction(asked);
        QVERIFY(interaction.acknowledged >= 0);
        const bool lists = spec.name == "rollback task_checkpoint"_L1 && !options.contains(u"checkpoint_id"_s);
        const bool everybody = (spec.audience() == Audience::Everybody && !lists) || options[u"share"_s].toBool();
        QCOMPARE(interaction.hidden, !everybody);
        const QString message = interaction.message;
        if (*row.done) {
            const QString agreed = agreeTo(spec, options, message);
            checkReadable(agreed);
            QVERIFY2(agreed.contains(done), qPrintable(done + u" in "_s + agreed));
        }
        pressWhatIsNew(message);
        m_run->ctl({u"safe-mode"_s, u"disable"_s, u"--clear_pauses"_s, u"yes"_s}, true);
        for (const QString &kind : {u"running"_s, u"asking"_s}) {
            if (m_made.contains(kind))
                m_run->ctl({u"cancel-task"_s, m_made[kind], u"--yes"_s}, true);
        }
    }

    void whatIsForTheMachineSaysSo_data()
    {
        rows([](const CommandSpec &spec) { return !isHere(spec); });
    }
    void whatIsForTheMachineSaysSo()
    {
        QFETCH(QString, command);
        const QString asked = m_discord->command(m_run->admin, m_run->channel, command);
        const QString answer = answerTo(asked);
        QVERIFY2(answer.contains(u"machine"_s) && answer.contains(u"agenthubctl "_s + command), qPrintable(answer));
        QVERIFY(isPrivate(asked));
    }

    void whoMayNotIsToldSoPrivately_data()
    {
        rows([](const CommandSpec &) { return true; });
    }
    void whoMayNotIsToldSoPrivately()
    {
        QFETCH(QString, command);
        const CommandSpec &spec = *commands::findCommand(command);
        for (const auto &[user, access] : {std::pair(m_run->nobody, -1),
                                           {m_run->viewer, int(Access::Viewer)},
                                           {m_run->oper, int(Access::Operator)}}) {
            if (access >= int(spec.entryAccess()))
                continue;
            const QString asked = m_discord->command(user, m_run->channel, command, required(spec));
            const QString answer = answerTo(asked);
            checkReadable(answer);
            QVERIFY2(answer.contains(u"needs "_s) || answer.contains(u"machine"_s), qPrintable(answer));
            QVERIFY(isPrivate(asked));
            QVERIFY(m_discord->labels(m_discord->interaction(asked).message).isEmpty());
        }
    }

    void whatCompletesDoesSo_data() { rows(isHere); }
    void whatCompletesDoesSo()
    {
        QFETCH(QString, command);
        const CommandSpec &spec = *commands::findCommand(command);
        static const QHash<OptionKind, QString> kinds{
            {OptionKind::Task, u"task"_s},           {OptionKind::Checkpoint, u"checkpoint"_s},
            {OptionKind::Approval, u"approval"_s},   {OptionKind::Alert, u"alert"_s},
            {OptionKind::Operation, u"operation"_s}, {OptionKind::Message, u"message"_s},
            {OptionKind::Path, u"claimed"_s},        {OptionKind::Backup, u"backup"_s},
            {OptionKind::HubBackup, u"hub-backup"_s}};
        m_made.clear();
        for (const OptionSpec &option : spec.options) {
            if (!m_discord->completes(command, QString(option.name)))
                continue;
            if (kinds.contains(option.kind))
                made(kinds[option.kind]);
            for (const QString &letters : {QString(), u"zzzz"_s}) {
                const QString typing =
                    m_discord->complete(m_run->admin, m_run->channel, command, QString(option.name), letters);
                answerTo(typing);
                const QJsonArray found = m_discord->interaction(typing).suggestions;
                QCOMPARE(m_discord->interaction(typing).callback, 8);
                QVERIFY2(found.isEmpty() == !letters.isEmpty(), option.name.data());
            }
        }
        if (m_made.contains(u"running"_s))
            m_run->ctl({u"cancel-task"_s, m_made[u"running"_s], u"--yes"_s}, true);
    }

    void anEmergencyStopAsksWhatIsNext()
    {
        for (const auto &[label, says] : {std::pair{u"Keep everything frozen"_s, u"It stays as it is"_s},
                                          {u"End the processes too"_s, u"being ended"_s},
                                          {u"Go on"_s, u"Safe mode is off"_s}}) {
            newTask(u"worker"_s, u"running"_s);
            const QString asked = m_discord->command(m_run->oper, m_run->channel, u"emergency-stop"_s);
            answerTo(asked);
            const QString answer = press(m_discord->interaction(asked).message, label);
            QVERIFY2(answer.contains(says), qPrintable(answer));
            m_run->ctl({u"emergency-stop"_s, u"--end"_s});
            m_run->ctl({u"safe-mode"_s, u"disable"_s});
        }
    }

    // What a person has to be asked when a command does not say which one.
    void whatIsNotClearIsChosenFromAMenu()
    {
        newTask(u"fixer"_s, u"needs-review"_s);
        newTask(u"fixer"_s, u"needs-review"_s);
        const QString asked = m_discord->command(m_run->admin, m_run->channel, u"task-status"_s);
        QVERIFY2(answerTo(asked).contains(u"Which task?"_s), qPrintable(m_discord->answer(asked)));
        const QString chosen = press(m_discord->interaction(asked).message, u"Which one?"_s);
        QVERIFY2(chosen.contains(u"State: needs review"_s), qPrintable(chosen));
    }

    void whatAPersonChangedIsKeptOrPutBackAndNothingGoesUnseen()
    {
        m_made.clear();
        const QString task = made(u"task"_s);
        const QString tree = m_run->json({u"task-status"_s, task})[u"path"_s].toString();
        const auto edit = [&](const QByteArray &text) {
            QFile file(tree + u"/file.txt"_s);
            QVERIFY(file.open(QIODevice::WriteOnly) && file.write(text) == text.size());
        };
        edit("by hand\n");
        const QString asked = m_discord->command(m_run->admin, m_run->channel, u"rollback task_checkpoint"_s,
                                                 {{u"task_id"_s, task}, {u"checkpoint_id"_s, made(u"checkpoint"_s)}});
        answerTo(asked);
        const QString message = m_discord->interaction(asked).message;
        const QString also = press(message, u"Also put back what people changed"_s);
        QVERIFY2(also.contains(u"file.txt"_s) && m_discord->labels(message).contains(u"Do it"_s), qPrintable(also));
        edit("once more by hand, after the preview\n");
        const QString changed = press(message, u"Do it"_s);
        QVERIFY2(m_discord->labels(message).contains(u"Look again"_s), qPrintable(changed));
        QVERIFY(press(message, u"Look again"_s).contains(u"Go back to"_s));
        QVERIFY(press(message, u"Do it"_s).contains(task + u'/'));
        QFile file(tree + u"/file.txt"_s);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(QString::fromUtf8(file.readAll()),
                 m_run->run(u"git"_s, {u"-C"_s, tree, u"show"_s, u"HEAD:file.txt"_s}));
    }

    void aButtonThatNobodyHereMadeIsRefused()
    {
        const QString asked = m_discord->command(m_run->admin, m_run->channel, u"help"_s);
        answerTo(asked);
        const QString message = m_discord->interaction(asked).message;
        for (const QString &id : {u"a"_s, u"rAAAAAAAAAAAAemergency-stop"_s, u"something of another bot"_s}) {
            const QString pressed = m_discord->pressId(m_run->admin, message, id);
            const QString answer = answerTo(pressed);
            QVERIFY2(answer.contains(u"out of date"_s), qPrintable(answer));
            QVERIFY(m_discord->interaction(pressed).hidden);
        }
    }

    // All that the answers, the threads and the alerts above have brought, and nothing of it that a test has to name.
    void everyKindOfButtonWorks()
    {
        for (const auto &thread : m_discord->threads()) {
            for (const auto &message : m_discord->messagesIn(thread.id))
                pressWhatIsNew(message.id);
        }
        for (const auto &message : m_discord->messagesIn(m_run->channel))
            pressWhatIsNew(message.id);
        QStringList missing;
        for (const QString &label : {u"Allow aN"_s,
                                     u"Allow for the rest of the task"_s,
                                     u"Another way …"_s,
                                     u"Cancel"_s,
                                     u"Checkpoints"_s,
                                     u"Deny aN …"_s,
                                     u"Diff"_s,
                                     u"Do it"_s,
                                     u"End safe mode"_s,
                                     u"Finish"_s,
                                     u"Health"_s,
                                     u"Go back to a backup branch …"_s,
                                     u"Log"_s,
                                     u"Go back to a checkpoint …"_s,
                                     u"Look again"_s,
                                     u"Go back to a commit …"_s,
                                     u"Look at a task …"_s,
                                     u"Also put back what people changed"_s,
                                     u"Pause"_s,
                                     u"Resolve al-N"_s,
                                     u"Reply"_s,
                                     u"Resolve an alert …"_s,
                                     u"Resume"_s,
                                     u"Roll back to N/N"_s,
                                     u"Seen"_s,
                                     u"Snooze for N h"_s,
                                     u"Status"_s,
                                     u"Undo op-N"_s,
                                     u"Which one?"_s}) {
            if (!m_pressed.contains(label))
                missing << label;
        }
        QVERIFY2(missing.isEmpty(),
                 qPrintable(missing.join(u'\n') + u"\n— pressed: "_s + QStringList(m_pressed.keys()).join(u", "_s)));
    }

private:
    void rows(bool (*fits)(const CommandSpec &))
    {
        QTest::addColumn<QString>("command");
        for (const CommandSpec &spec : commands::commandTable()) {
            if (isRegistered(spec) && fits(spec))
                QTest::newRow(spec.name.data()) << QString(spec.name);
        }
    }
};

QTEST_GUILESS_MAIN(TestEveryCommand)
#include "tst_everycommand.moc"
