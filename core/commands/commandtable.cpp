// THE list. A row here is all that the terminal, Discord, the window, help and completion know about a command.
#include "core/commands/commandspec.h"

using namespace Qt::StringLiterals;

namespace hub::commands
{

namespace
{

using K = OptionKind;
using Choices = std::span<const QLatin1StringView>;

constexpr OptionSpec option(QLatin1StringView name, K kind, QLatin1StringView description,
                            QLatin1StringView without = {})
{
    return {name, kind, false, description, {}, false, without};
}

constexpr OptionSpec required(QLatin1StringView name, K kind, QLatin1StringView description)
{
    return {name, kind, true, description, {}, false, {}};
}

constexpr OptionSpec choice(QLatin1StringView name, QLatin1StringView description, Choices choices,
                            QLatin1StringView without)
{
    return {name, K::Choice, false, description, choices, false, without};
}

constexpr OptionSpec restOf(OptionSpec spec)
{
    spec.rest = true;
    return spec;
}

constexpr OptionSpec secret(OptionSpec spec)
{
    spec.secret = true;
    return spec;
}

// Options that mean the same in every row.
constexpr OptionSpec taskId = option("task_id"_L1, K::Task, "The task, as 12 or #12"_L1,
                                     "the task of this folder or thread, else the only open one"_L1);
constexpr OptionSpec taskFilter = option("task_id"_L1, K::Task, "Only this task"_L1, "all tasks"_L1);
constexpr OptionSpec project = option("project"_L1, K::Project, "Only this project"_L1, "all projects"_L1);
constexpr OptionSpec agentFilter = option("agent"_L1, K::Agent, "Only this agent"_L1, "all agents"_L1);
constexpr OptionSpec reason = restOf(option("reason"_L1, K::Text, "Why; kept in the audit trail"_L1));
constexpr OptionSpec notes = restOf(option("notes"_L1, K::Text, "A note, kept with it"_L1));
constexpr OptionSpec since = option("since"_L1, K::Text, "From then on: 14:05, 2026-01-31, 2h, 3d"_L1, "no limit"_L1);
constexpr OptionSpec limit = option("limit"_L1, K::Number, "How many at most"_L1, "20"_L1);

constexpr QLatin1StringView priorities[]{"low"_L1, "medium"_L1, "high"_L1, "urgent"_L1};
constexpr QLatin1StringView types[]{"feature"_L1,  "fix"_L1,      "test"_L1, "docs"_L1,
                                    "refactor"_L1, "research"_L1, "other"_L1};
constexpr QLatin1StringView autonomies[]{"ask"_L1, "normal"_L1, "full"_L1};
constexpr QLatin1StringView modes[]{"worktree"_L1, "in-place"_L1};
constexpr QLatin1StringView taskFilters[]{"needs-me"_L1, "open"_L1, "mine"_L1, "done"_L1, "all"_L1};
constexpr QLatin1StringView logKinds[]{"all"_L1, "messages"_L1, "tools"_L1, "errors"_L1};
constexpr QLatin1StringView sayWhens[]{"queue"_L1, "now"_L1};
constexpr QLatin1StringView approvalFilters[]{"open"_L1, "answered"_L1, "expired"_L1};
constexpr QLatin1StringView approvalScopes[]{"once"_L1, "task"_L1};
constexpr QLatin1StringView alertFilters[]{"open"_L1, "all"_L1};
constexpr QLatin1StringView levels[]{"info"_L1, "warning"_L1, "error"_L1, "critical"_L1};
constexpr QLatin1StringView alertActions[]{"resolve"_L1, "acknowledge"_L1, "snooze"_L1};
constexpr QLatin1StringView exportFormats[]{"md"_L1, "csv"_L1, "json"_L1};
constexpr QLatin1StringView purgeKinds[]{"path"_L1, "text"_L1};
constexpr QLatin1StringView guardActions[]{"status"_L1, "install"_L1, "uninstall"_L1};
constexpr QLatin1StringView finishHows[]{"push"_L1, "merge"_L1, "squash"_L1, "keep"_L1, "discard"_L1};
constexpr QLatin1StringView waitStates[]{"settled"_L1,           "running"_L1,      "paused"_L1,
                                         "awaiting-approval"_L1, "needs-review"_L1, "interrupted"_L1,
                                         "completed"_L1,         "failed"_L1,       "cancelled"_L1};

constexpr OptionSpec helpOptions[]{option("command"_L1, K::Command, "The command to explain"_L1, "an overview"_L1)};
constexpr OptionSpec reasonOnly[]{reason};
constexpr OptionSpec emergencyOptions[]{
    reason, option("end"_L1, K::Flag, "End the processes too; the tasks stay, and resume-task goes on with them"_L1)};
constexpr OptionSpec safeModeDisableOptions[]{
    option("clear_pauses"_L1, K::Flag, "Also let agents and tasks go on that were paused one by one"_L1), notes};
constexpr OptionSpec assignOptions[]{
    restOf(option("description"_L1, K::Text, "What is to be done"_L1, "asked for"_L1)),
    option("project"_L1, K::Project, "The project to work on"_L1,
           "the one of this folder or channel, else the only one"_L1),
    option("agent"_L1, K::Agent, "Who does it"_L1, "the only one"_L1),
    choice("priority"_L1, "Who goes first when not all can run"_L1, priorities, "medium"_L1),
    choice("type"_L1, "The kind of work"_L1, types, "feature"_L1),
    option("base"_L1, K::Branch, "The branch or commit to start from"_L1, "the branch you are on"_L1),
    choice("autonomy"_L1, "What the agent may do without asking"_L1, autonomies, "the agent's own, else normal"_L1),
    option("after"_L1, K::Task, "Start when this task is completed"_L1, "as soon as there is room"_L1),
    choice("mode"_L1, "In a working tree of its own or in your checkout"_L1, modes, "worktree"_L1)};
constexpr OptionSpec tasksOptions[]{
    choice("filter"_L1, "Which tasks"_L1, taskFilters, "open, those that need you first"_L1), project, agentFilter,
    restOf(option("text"_L1, K::Text, "Only tasks whose title or description has it"_L1))};
constexpr OptionSpec taskOnly[]{taskId};
constexpr OptionSpec logOptions[]{taskId, limit, since, choice("kind"_L1, "What to show"_L1, logKinds, "all"_L1)};
constexpr OptionSpec diffOptions[]{
    taskId, option("from"_L1, K::Checkpoint, "Compare from this checkpoint"_L1, "the base of the task"_L1),
    option("to"_L1, K::Checkpoint, "Compare to this checkpoint"_L1, "the files as they are now"_L1),
    option("file"_L1, K::Path, "Only this file or folder"_L1, "all files"_L1),
    option("stat"_L1, K::Flag, "Only names and numbers of lines"_L1)};
constexpr OptionSpec sayOptions[]{
    restOf(required("message"_L1, K::Text, "What to tell the agent"_L1)), taskId,
    choice("when"_L1, "After the present turn, or end the turn first"_L1, sayWhens, "queue"_L1),
    option("files"_L1, K::File, "A file for the agent; several in a terminal: \"a.png b.log\""_L1, "none"_L1)};
constexpr OptionSpec queueListOptions[]{taskFilter};
constexpr OptionSpec queueEditOptions[]{required("message_id"_L1, K::Message, "The waiting message"_L1),
                                        restOf(required("message"_L1, K::Text, "Its new text"_L1))};
constexpr OptionSpec queueRemoveOptions[]{required("message_id"_L1, K::Message, "The waiting message"_L1)};
constexpr OptionSpec taskReason[]{taskId, reason};
constexpr OptionSpec resumeOptions[]{taskId,
                                     option("checkpoint_id"_L1, K::Checkpoint,
                                            "Go back to this one first: 12/3, 3, last, -1, 14:05 or 20m"_L1,
                                            "where it stopped, files as they are"_L1),
                                     restOf(option("notes"_L1, K::Text, "What the agent is told when it goes on"_L1))};
constexpr OptionSpec finishOptions[]{
    taskId,
    choice("how"_L1, "Push its branch, merge it, as one commit, keep it, or put it away"_L1, finishHows,
           "push where a remote is set, else merge"_L1),
    option("into"_L1, K::Branch, "The branch that it goes into"_L1, "the one that the task began from"_L1),
    option("message"_L1, K::Text, "For the commit of what is uncommitted, and the squashed one"_L1,
           "the task's title"_L1),
    option("check"_L1, K::Flag, "Run the project's check command first"_L1, "yes"_L1)};
constexpr OptionSpec checkpointOptions[]{taskId, notes};
constexpr OptionSpec rollbackShowOptions[]{agentFilter, taskFilter, limit};
constexpr OptionSpec keepEdits =
    option("keep_edits"_L1, K::Flag, "Leave what people changed by hand between turns as it is"_L1, "yes"_L1);
constexpr OptionSpec rollbackCheckpointOptions[]{option("agent"_L1, K::Agent, "The agent whose task it is"_L1), taskId,
                                                 option("checkpoint_id"_L1, K::Checkpoint,
                                                        "Where to go back to: 12/3, 3, last, -1, 14:05 or 20m"_L1,
                                                        "the list to choose from"_L1),
                                                 keepEdits};
constexpr OptionSpec rollbackBackupOptions[]{agentFilter, taskId, project,
                                             option("backup"_L1, K::Backup,
                                                    "The backup branch, one that cleanup removed too"_L1,
                                                    "latest: the task's newest"_L1),
                                             keepEdits};
constexpr OptionSpec rollbackCommitOptions[]{
    required("commit"_L1, K::Text, "An id or its beginning, a branch, a tag, HEAD~2"_L1), taskId, keepEdits};
constexpr OptionSpec rollbackFileOptions[]{required("path"_L1, K::Path, "The file or folder to bring back"_L1), taskId,
                                           option("checkpoint_id"_L1, K::Checkpoint,
                                                  "From which checkpoint: 12/3, 3, last, -1, 14:05 or 20m"_L1,
                                                  "the last one"_L1)};
constexpr OptionSpec rollbackUndoOptions[]{
    option("operation_id"_L1, K::Operation, "What to undo, as op-81"_L1, "the task's last one that can be undone"_L1),
    option("task_id"_L1, K::Task, "The task whose last operation is undone"_L1,
           "the task of this folder, else the only one that has one"_L1)};
constexpr QLatin1StringView healthRanges[]{"now"_L1, "day"_L1, "week"_L1};
constexpr QLatin1StringView healthThemes[]{"dark"_L1, "light"_L1};
constexpr OptionSpec healthOptions[]{
    choice("range"_L1, "How the machine was in the last hour, day or week"_L1, healthRanges, "now"_L1),
    option("chart"_L1, K::Flag, "With a picture of CPU, memory, temperature and agents in that time"_L1),
    choice("theme"_L1, "Its colours"_L1, healthThemes, "dark"_L1)};
constexpr OptionSpec agentShowOptions[]{option("agent"_L1, K::Agent, "The agent"_L1, "the only one"_L1)};
constexpr OptionSpec agentAddOptions[]{
    required("agent"_L1, K::Agent, "A name for it: lower-case letters, digits, . _ -"_L1),
    restOf(required("command"_L1, K::Program,
                    "The program and its arguments; {prompt} stands for the text, else on its input"_L1))};
constexpr OptionSpec agentSetOptions[]{
    required("agent"_L1, K::Agent, "The agent"_L1),
    required("key"_L1, K::Text, "command, adapter, max_parallel, autonomy, pass_env, env.NAME, check …"_L1),
    restOf(option("value"_L1, K::Text, "The new value"_L1, "back to the default"_L1))};
constexpr OptionSpec agentRemoveOptions[]{required("agent"_L1, K::Agent, "The agent"_L1)};
constexpr OptionSpec pauseAgentOptions[]{required("name"_L1, K::Agent, "The agent, or all"_L1), reason};
constexpr OptionSpec resumeAgentOptions[]{required("name"_L1, K::Agent, "The agent, or all"_L1)};
constexpr OptionSpec approvalsOptions[]{taskFilter,
                                        choice("filter"_L1, "Which questions"_L1, approvalFilters, "open"_L1)};
constexpr OptionSpec approvalId =
    option("approval_id"_L1, K::Approval, "The question, as a7"_L1, "the only open one"_L1);
constexpr OptionSpec approveOptions[]{
    approvalId,
    choice("scope"_L1, "This time, or the same kind for the rest of the task"_L1, approvalScopes, "once"_L1),
    restOf(option("notes"_L1, K::Text, "What the agent is told with the yes"_L1))};
constexpr OptionSpec denyOptions[]{approvalId, restOf(option("reason"_L1, K::Text, "Why not; the agent reads it"_L1))};
constexpr OptionSpec claimsOptions[]{project,
                                     option("path"_L1, K::Path, "Only this file or folder"_L1, "all paths"_L1)};
constexpr OptionSpec conflictsOptions[]{project, taskFilter};
constexpr OptionSpec releaseOptions[]{required("path"_L1, K::Path, "The file or folder to take back"_L1), reason};
constexpr OptionSpec alertsOptions[]{choice("filter"_L1, "Which alerts"_L1, alertFilters, "open"_L1),
                                     choice("level"_L1, "This level and above"_L1, levels, "info"_L1), since};
constexpr OptionSpec resolveOptions[]{
    option("alert_id"_L1, K::Alert, "The alert, as al-5"_L1, "the only open one"_L1),
    choice("action"_L1, "Done with it, seen it, or not now"_L1, alertActions, "resolve"_L1),
    option("for"_L1, K::Text, "How long to snooze: 30m, 2h, 1d"_L1, "1h"_L1), notes};
constexpr OptionSpec testAlertOptions[]{option("title"_L1, K::Text, "Its title"_L1, "Test alert"_L1),
                                        choice("level"_L1, "Its level"_L1, levels, "info"_L1)};
constexpr OptionSpec auditListOptions[]{
    option("who"_L1, K::Text, "Only this person or agent"_L1, "everybody"_L1), taskFilter,
    option("action"_L1, K::Command, "Only this command or action; git: what was done in the repositories"_L1, "all"_L1),
    since, option("limit"_L1, K::Number, "How many at most"_L1, "20; 100 with --action git"_L1)};
constexpr OptionSpec auditExportOptions[]{taskFilter, since, option("until"_L1, K::Text, "Up to then"_L1, "now"_L1),
                                          choice("format"_L1, "The kind of file"_L1, exportFormats, "md"_L1)};
constexpr OptionSpec projectShowOptions[]{
    option("project"_L1, K::Project, "The project"_L1, "the one of this folder or channel, else the only one"_L1)};
constexpr OptionSpec projectAddOptions[]{
    required("source"_L1, K::Path, "A folder on this machine, or the address to clone from"_L1),
    option("take_over"_L1, K::Flag, "From another hub, when that one is dead; at the machine only"_L1)};
constexpr OptionSpec projectSetOptions[]{
    required("project"_L1, K::Project, "The project"_L1),
    required("key"_L1, K::Text, "bring, setup, check, teardown, mode, base … (`projects show` lists all)"_L1),
    restOf(option("value"_L1, K::Text, "The new value"_L1, "back to the default"_L1))};
constexpr OptionSpec projectLinkOptions[]{required("project"_L1, K::Project, "The project"_L1),
                                          option("channel"_L1, K::Channel,
                                                 "The Discord channel, by its number in a terminal"_L1,
                                                 "its tasks are told of in the home channel again"_L1)};
constexpr OptionSpec projectMoveOptions[]{required("project"_L1, K::Project, "The project"_L1),
                                          required("path"_L1, K::Path, "The folder where its repository is now"_L1)};
constexpr OptionSpec projectRemoveOptions[]{required("project"_L1, K::Project, "The project"_L1)};
constexpr OptionSpec projectPurgeOptions[]{
    required("project"_L1, K::Project, "The project, a removed one too"_L1),
    {"kind"_L1, K::Choice, true, "A file or folder, or a text wherever it is"_L1, purgeKinds},
    secret(
        restOf(required("what"_L1, K::Text, "The path in the repository, or the text; - reads it from the input"_L1)))};
constexpr OptionSpec projectGuardOptions[]{
    choice("action"_L1, "Look, put it in, or take it out"_L1, guardActions, "status"_L1),
    option("project"_L1, K::Project, "The project"_L1, "the one of this folder or channel, else the only one"_L1)};
constexpr OptionSpec configGetOptions[]{required("key"_L1, K::Setting, "The setting"_L1)};
constexpr OptionSpec configSetOptions[]{
    required("key"_L1, K::Setting, "The setting"_L1),
    restOf(option("value"_L1, K::Text, "The new value"_L1, "back to the default"_L1))};
constexpr OptionSpec drillOptions[]{
    option("task_id"_L1, K::Task, "The task to bring back"_L1, "the one with the newest checkpoint"_L1)};
constexpr OptionSpec hubExportOptions[]{required("file"_L1, K::Path, "The file to make; it must not be there yet"_L1)};
constexpr OptionSpec hubImportOptions[]{
    option("file"_L1, K::Path, "An export, or the folder that an import before kept"_L1, "only with --withdraw"_L1),
    option("withdraw"_L1, K::Flag, "What was staged is not taken at the next start"_L1, "no"_L1)};
constexpr OptionSpec hubBackupOptions[]{
    option("backup"_L1, K::HubBackup, "Its name, from the list"_L1, "the newest"_L1)};
constexpr OptionSpec cleanupOptions[]{
    option("data_older_than"_L1, K::Text, "Ended tasks and answered alerts, older than: 30d, 30 (days), 12h"_L1,
           "no data"_L1),
    option("branches_older_than"_L1, K::Text, "Backup branches of ended tasks, older than: 30d, 30 (days), 12h"_L1,
           "no branches"_L1),
    option("caches"_L1, K::Flag, "Build output and caches in working trees of tasks that don't run"_L1, "no"_L1)};
constexpr OptionSpec discordCheckOptions[]{secret(option(
    "token"_L1, K::Text, "A bot token to try instead, before it is stored"_L1, "the one the hub started with"_L1))};
constexpr OptionSpec doctorOptions[]{option("report"_L1, K::Flag, "A report to hand over, without secrets"_L1)};
constexpr OptionSpec waitOptions[]{
    required("task_id"_L1, K::Task, "The task, as 12 or #12"_L1),
    choice("for"_L1, "The state to wait for"_L1, waitStates, "settled: it does not work on by itself"_L1),
    option("timeout"_L1, K::Number, "Seconds to wait at most"_L1, "no limit"_L1)};

constexpr auto V = Access::Viewer;
constexpr auto O = Access::Operator;
constexpr auto A = Access::Admin;
constexpr auto M = Access::Machine;

constexpr CommandSpec needingRoom(CommandSpec row)
{
    row.needsRoom = true;
    return row;
}

constexpr CommandSpec forEverybody(CommandSpec row)
{
    row.unusualAudience = Audience::Everybody;
    return row;
}

constexpr CommandSpec forAsker(CommandSpec row)
{
    row.unusualAudience = Audience::Asker;
    return row;
}

constexpr CommandSpec rows[]{
    {"help"_L1, "What you can do here, and with which rights"_L1, V, Effect::Read, helpOptions, "help resume-task"_L1},
    forEverybody({"system-health"_L1, "Machine, agents, git safety, last alerts; what to do next"_L1, V, Effect::Read,
                  healthOptions, "system-health --range day --chart"_L1}),
    // First of its group: a bare "safe-mode" looks and stops nothing.
    {"safe-mode status"_L1, "On or off, since when, by whom, why"_L1, V, Effect::Read, {}, "safe-mode status"_L1},
    {"safe-mode enable"_L1, "Freeze every agent and take no new work, until a person ends it"_L1, O, Effect::Stop,
     reasonOnly, "safe-mode enable moving the server"_L1},
    {"safe-mode disable"_L1, "Work goes on; agents that stay paused are named"_L1, O, Effect::Change,
     safeModeDisableOptions, "safe-mode disable --clear-pauses"_L1},
    {"emergency-stop"_L1, "Freeze everything now, then ask: keep frozen, end the processes, or go on"_L1, O,
     Effect::Stop, emergencyOptions, "emergency-stop"_L1},
    needingRoom({"assign-task"_L1, "Give an agent a task, with backup, checkpoints and its own working tree"_L1, O,
                 Effect::Change, assignOptions, "assign-task fix the login form --agent claude --priority high"_L1}),
    {"tasks"_L1, "The tasks, those that need you first"_L1, V, Effect::Read, tasksOptions, "tasks needs-me"_L1},
    {"task-status"_L1, "Step, progress, checkpoints, branch, path, changed files"_L1, V, Effect::Read, taskOnly,
     "task-status 12"_L1},
    {"task-log"_L1, "The conversation"_L1, V, Effect::Read, logOptions, "task-log 12 --follow"_L1},
    {"task-diff"_L1, "What changed since the base, or between two checkpoints"_L1, V, Effect::Read, diffOptions,
     "task-diff 12 --from 12/3 --stat"_L1},
    needingRoom({"say"_L1, "Tell the agent something; now ends its turn first"_L1, O, Effect::Change, sayOptions,
                 "say --task_id 12 please add a test too"_L1}),
    {"queue list"_L1, "Messages and tasks that wait for their turn"_L1, V, Effect::Read, queueListOptions,
     "queue list"_L1},
    forAsker(needingRoom({"queue edit"_L1, "Change a message that waits for its turn"_L1, O, Effect::Change,
                          queueEditOptions, "queue edit m81 use the other parser"_L1})),
    forAsker({"queue remove"_L1, "Take a message out of the queue"_L1, O, Effect::Change, queueRemoveOptions,
              "queue remove m81"_L1}),
    {"pause-task"_L1, "Freeze one task"_L1, O, Effect::Stop, taskReason, "pause-task 12 looks wrong"_L1},
    needingRoom({"resume-task"_L1, "Go on where it stopped; with a checkpoint: go back to it first"_L1, O,
                 Effect::Dangerous, resumeOptions, "resume-task 12 12/3"_L1}),
    {"cancel-task"_L1, "End the task; its work stays in the vault and on its branch"_L1, O, Effect::Dangerous,
     taskReason, "cancel-task 12"_L1},
    needingRoom({"finish-task"_L1, "Check, then bring the work home: push, merge, squash, keep or discard"_L1, O,
                 Effect::Dangerous, finishOptions, "finish-task 12 --how merge"_L1, std::nullopt,
                 "onto a protected branch: admin"_L1}),
    needingRoom({"checkpoint"_L1, "Save a recovery point now"_L1, O, Effect::Change, checkpointOptions,
                 "checkpoint 12 before the big change"_L1}),
    {"rollback show"_L1, "What you can go back to, newest first, with what each would change"_L1, V, Effect::Read,
     rollbackShowOptions, "rollback show --task_id 12"_L1},
    {"rollback task_checkpoint"_L1, "Go back to a checkpoint: task, conversation and files together"_L1, O,
     Effect::Dangerous, rollbackCheckpointOptions, "rollback task_checkpoint --task_id 12 --checkpoint_id 12/3"_L1, V,
     "without a checkpoint (the list only): viewer"_L1},
    {"rollback git_backup"_L1, "Back to a backup branch: to how it was before the agent began"_L1, O, Effect::Dangerous,
     rollbackBackupOptions, "rollback git_backup --task_id 12"_L1},
    {"rollback commit"_L1, "Back to a commit; untracked and ignored files stay, and so does the talk"_L1, O,
     Effect::Dangerous, rollbackCommitOptions, "rollback commit 1a2b3c4d 12"_L1},
    {"rollback file"_L1, "Bring one file or folder back from a checkpoint"_L1, O, Effect::Dangerous,
     rollbackFileOptions, "rollback file src/main.cpp 12 12/3"_L1},
    {"rollback undo"_L1, "Undo a rollback, a file brought back, a finish, or an undo"_L1, O, Effect::Dangerous,
     rollbackUndoOptions, "rollback undo op-81"_L1},
    {"agents list"_L1, "The agents and what they are doing"_L1, V, Effect::Read, {}, "agents list"_L1},
    {"agents show"_L1, "How one agent is set up, and its last runs"_L1, V, Effect::Read, agentShowOptions,
     "agents show claude"_L1},
    forAsker({"agents test"_L1, "Is its program there, what version, are variables or memory missing"_L1, O,
              Effect::Change, agentShowOptions, "agents test claude"_L1}),
    {"agents add"_L1, "Set an agent up: the command that starts it"_L1, M, Effect::Change, agentAddOptions,
     "agents add helper my-agent --quiet {prompt}"_L1},
    {"agents set"_L1, "Change how an agent is set up"_L1, M, Effect::Change, agentSetOptions,
     "agents set claude max_parallel 2"_L1},
    {"agents remove"_L1, "Take an agent out; its history stays"_L1, M, Effect::Change, agentRemoveOptions,
     "agents remove goose"_L1},
    {"pause-agent"_L1, "Freeze all work of an agent"_L1, O, Effect::Stop, pauseAgentOptions, "pause-agent claude"_L1},
    {"resume-agent"_L1, "Let a paused agent go on"_L1, O, Effect::Change, resumeAgentOptions, "resume-agent all"_L1},
    {"approvals"_L1, "Questions that agents wait on"_L1, V, Effect::Read, approvalsOptions, "approvals"_L1},
    {"approve"_L1, "Say yes: this time, or to the same kind for the rest of the task"_L1, O, Effect::Change,
     approveOptions, "approve a7"_L1},
    {"deny"_L1, "Say no; the agent reads the reason"_L1, O, Effect::Change, denyOptions,
     "deny a7 use the staging server"_L1},
    {"claims"_L1, "Who holds which files"_L1, V, Effect::Read, claimsOptions, "claims"_L1},
    {"release-claim"_L1, "Take a file from its holder"_L1, O, Effect::Change, releaseOptions,
     "release-claim src/main.cpp"_L1},
    {"conflicts"_L1, "Files that several open tasks changed: where their merges will meet"_L1, V, Effect::Read,
     conflictsOptions, "conflicts --task-id 12"_L1},
    {"alerts"_L1, "What a person may need to know"_L1, V, Effect::Read, alertsOptions, "alerts --level error"_L1},
    {"resolve-alert"_L1, "Answer an alert"_L1, O, Effect::Change, resolveOptions, "resolve-alert al-5"_L1},
    {"test-alert"_L1, "Raise one, to see that it arrives"_L1, M, Effect::Change, testAlertOptions,
     "test-alert --title hello --level warning"_L1},
    {"audit list"_L1, "Who did what, when, how it ended"_L1, A, Effect::Read, auditListOptions,
     "audit list --task_id 12"_L1, O, "the audit trail of your own tasks: operator"_L1},
    {"audit export"_L1, "The audit trail as one file to hand over"_L1, A, Effect::Read, auditExportOptions,
     "audit export --task_id 12 --format csv"_L1, O, "the audit trail of your own tasks: operator"_L1},
    {"audit verify"_L1,
     "Prove that nothing in the audit trail and the log of git operations was changed"_L1,
     A,
     Effect::Read,
     {},
     "audit verify"_L1},
    {"projects list"_L1, "The repositories the hub knows"_L1, V, Effect::Read, {}, "projects list"_L1},
    {"projects show"_L1, "Where one project lies, its vault, its settings, the disk it takes"_L1, V, Effect::Read,
     projectShowOptions, "projects show web"_L1},
    {"projects set"_L1, "How a project's working trees are made ready, checked and cleared up"_L1, M, Effect::Change,
     projectSetOptions, "projects set web setup npm ci"_L1},
    forAsker(needingRoom({"projects add"_L1, "Take a repository in: a folder here, or an address to clone"_L1, A,
                          Effect::Change, projectAddOptions, "projects add ~/src/web"_L1, std::nullopt,
                          "a folder: at the machine only"_L1})),
    {"projects link"_L1, "Bind a Discord channel to a project: its tasks get their threads there"_L1, A, Effect::Change,
     projectLinkOptions, "projects link web 1204567890123456789"_L1},
    {"projects move"_L1, "Follow a project's folder that was moved"_L1, M, Effect::Change, projectMoveOptions,
     "projects move web ~/src/new/web"_L1},
    {"projects remove"_L1, "Take a project out; its repository becomes as it was found"_L1, M, Effect::Dangerous,
     projectRemoveOptions, "projects remove web"_L1},
    {"projects purge"_L1, "Erase a leaked secret, a path or a text, from all that the hub keeps"_L1, M,
     Effect::Dangerous, projectPurgeOptions, "projects purge web path config/key.pem"_L1},
    needingRoom({"projects repair"_L1, "Make a deleted or damaged .git again, from its record and the vault"_L1, M,
                 Effect::Dangerous, projectShowOptions, "projects repair web"_L1}),
    {"projects guard"_L1, "Hooks that let no agent move a protected branch: look, install, uninstall"_L1, M,
     Effect::Change, projectGuardOptions, "projects guard status web"_L1},
    {"config list"_L1,
     "All settings, their values and where they come from"_L1,
     A,
     Effect::Read,
     {},
     "config list"_L1,
     std::nullopt,
     "some keys: at the machine only"_L1},
    {"config get"_L1, "One setting: value, where it comes from, default, range"_L1, A, Effect::Read, configGetOptions,
     "config get checkpoint/interval_seconds"_L1, std::nullopt, "some keys: at the machine only"_L1},
    forAsker({"config set"_L1, "Change a setting"_L1, A, Effect::Change, configSetOptions,
              "config set checkpoint/interval_seconds 300"_L1, std::nullopt, "some keys: at the machine only"_L1}),
    forEverybody({"drill"_L1, "Practise a recovery in a scratch folder; real recovery point and time"_L1, A,
                  Effect::Read, drillOptions, "drill"_L1}),
    {"hub-backup list"_L1,
     "Copies of the hub's own data: tasks, talk, alerts"_L1,
     V,
     Effect::Read,
     {},
     "hub-backup list"_L1},
    forAsker({"hub-backup create"_L1,
              "Copy the hub's own data now (not your code: that is checkpoint)"_L1,
              A,
              Effect::Change,
              {},
              "hub-backup create"_L1}),
    {"hub-backup verify"_L1, "Read all of a copy again"_L1, A, Effect::Read, hubBackupOptions, "hub-backup verify"_L1},
    {"hub-backup export"_L1, "One file with the hub's own data, to keep elsewhere"_L1, M, Effect::Change,
     hubExportOptions, "hub-backup export ~/agenthub.tar"_L1},
    {"hub-backup import"_L1, "Take the hub's own data from such a file, at the next start"_L1, M, Effect::Dangerous,
     hubImportOptions, "hub-backup import ~/agenthub.tar"_L1},
    {"cleanup"_L1, "Remove what is old, or can be made again: data, backup branches, build output"_L1, M,
     Effect::Dangerous, cleanupOptions, "cleanup --branches_older_than 30d"_L1},
    {"doctor"_L1, "What is wrong and the line that mends it; a report without secrets"_L1, M, Effect::Read,
     doctorOptions, "doctor --report"_L1},
    {"discord check"_L1, "Whether the bot is set up on Discord, and what to click where it is not"_L1, M, Effect::Read,
     discordCheckOptions, "discord check"_L1},
    {"discord invite"_L1, "The link that takes the bot into your server"_L1, M, Effect::Read, {}, "discord invite"_L1},
    {"wait"_L1, "Wait until a task is in a state; for scripts"_L1, M, Effect::Read, waitOptions,
     "wait 12 --for completed --timeout 3600"_L1},
};

constexpr ShortForm shorts[]{{"new"_L1, "assign-task"_L1},     {"ls"_L1, "tasks"_L1},
                             {"st"_L1, "task-status"_L1},      {"log"_L1, "task-log"_L1},
                             {"diff"_L1, "task-diff"_L1},      {"undo"_L1, "rollback undo"_L1},
                             {"health"_L1, "system-health"_L1}};

} // namespace

std::span<const CommandSpec> commandTable() { return rows; }

std::span<const ShortForm> shortForms() { return shorts; }

Role roleFor(Access access)
{
    switch (access) {
    case Access::Viewer: return Role::Viewer;
    case Access::Operator: return Role::Operator;
    case Access::Admin: return Role::Admin;
    case Access::Machine: return Role::Machine;
    }
    Q_UNREACHABLE();
}

QString textOf(Role role)
{
    switch (role) {
    case Role::Agent: return u"agent"_s;
    case Role::Nobody: return u"nobody"_s;
    case Role::Viewer: return u"viewer"_s;
    case Role::Operator: return u"operator"_s;
    case Role::Admin: return u"admin"_s;
    case Role::Machine: return u"machine"_s;
    }
    Q_UNREACHABLE();
}

const CommandSpec *findCommand(QStringView name)
{
    for (const CommandSpec &row : rows) {
        if (sameName(row.name, name))
            return &row;
    }
    return nullptr;
}

const CommandSpec *firstOfGroup(QStringView group)
{
    for (const CommandSpec &row : rows) {
        const QString name(row.name);
        const qsizetype space = name.indexOf(u' ');
        if (space > 0 && sameName(QStringView(name).first(space), group))
            return &row;
    }
    return nullptr;
}

} // namespace hub::commands
