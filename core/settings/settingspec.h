// Every setting is declared once, here: key, default, range, environment name, help. A secret is never a setting.
#pragma once

#include <QLatin1StringView>
#include <QString>

#include <span>

namespace hub
{

enum class SettingType { Flag, Number, Text, Choice };

struct SettingSpec {
    QLatin1StringView key; // "section/name" of the INI file
    SettingType type;
    QLatin1StringView fallback; // the default, as text
    qint64 low = 0, high = 0;   // for numbers
    std::span<const QLatin1StringView> choices = {};
    QLatin1StringView environment; // overrides the file; may be empty
    bool machineOnly;              // names a program or path: changed at the machine only
    QLatin1StringView help;
    bool needsRestart = false; // read when the hub starts, and not again
};

// clang-format off
namespace setting
{
using QL = QLatin1StringView;
inline constexpr bool atStart = true;

inline constexpr QL logLevels[]{QL("debug"), QL("info"), QL("warning"), QL("error")};
inline constexpr QL freezeMethods[]{QL("auto"), QL("cgroup2"), QL("cgroup1"), QL("walk")};
inline constexpr QL protectModes[]{QL("agents"), QL("everyone")};
inline constexpr QL ladderSteps[]{QL("off"), QL("stop-admitting"), QL("freeze-lowest"), QL("safe-mode")};
inline constexpr QL alertLevels[]{QL("info"), QL("warning"), QL("error"), QL("critical")};
inline constexpr QL evictModes[]{QL("off"), QL("offer"), QL("when-low")};
inline constexpr QL resumeModes[]{QL("auto"), QL("ask"), QL("off")};

inline constexpr SettingSpec dataFolder{QL("hub/data_dir"), SettingType::Text, QL(""), 0, 0, {}, QL("AGENTHUB_DATA_DIR"), true,
    QL("Folder of everything the hub keeps; empty: agenthub in the account's data folder"), atStart};
inline constexpr SettingSpec logLevel{QL("log/level"), SettingType::Choice, QL("info"), 0, 0, logLevels, QL("BOT_LOG_LEVEL"), false,
    QL("How much the daemon writes to its log"), atStart};
inline constexpr SettingSpec diskReserveMegabytes{QL("state/reserve_mb"), SettingType::Number, QL("64"), 0, 1048576, {}, QL(), false,
    QL("Space that is taken in advance on each disk the hub writes on, an eighth of it at most, and given up when it is full. 0: none")};
inline constexpr SettingSpec safetyDatabase{QL("state/safety_database"), SettingType::Text, QL("safety_monitor.db"), 0, 0, {}, QL("SAFETY_DB_PATH"), true,
    QL("File of alerts and samples; relative to the data directory"), atStart};
inline constexpr SettingSpec checkpointSeconds{QL("checkpoint/interval_seconds"), SettingType::Number, QL("600"), 1, 86400, {}, QL(), false,
    QL("Seconds between automatic checkpoints of a running task, made when something changed")};
inline constexpr SettingSpec checkpointFreeze{QL("checkpoint/freeze_timer"), SettingType::Flag, QL("true"), 0, 0, {}, QL(), false,
    QL("Freeze the agent while its files are read for an automatic checkpoint, 20 s at most")};
inline constexpr SettingSpec maxFileMegabytes{QL("checkpoint/max_file_mb"), SettingType::Number, QL("50"), 1, 102400, {}, QL(), false,
    QL("Larger files are left out of checkpoints, and never touched by a rollback")};
inline constexpr SettingSpec vaultCopyMegabytes{QL("vault/copy_limit_mb"), SettingType::Number, QL("2048"), 0, 10485760, {}, QL(), false,
    QL("Repositories up to this size are copied into the vault where reflinks are not possible; larger ones are hard-linked")};
inline constexpr SettingSpec checkpointsKept{QL("checkpoint/kept"), SettingType::Number, QL("100"), 1, 1000000, {}, QL(), false,
    QL("Newest checkpoints of a task that all stay; of older ones one an hour for a day, then one a day, and manual ones")};
inline constexpr SettingSpec vaultQuotaMegabytes{QL("vault/quota_mb"), SettingType::Number, QL("0"), 0, 1048576000, {}, QL(), false,
    QL("Space for the checkpoints of one project, without what its repository had before; 0: a tenth of the disk")};
inline constexpr SettingSpec vaultReserveMegabytes{QL("vault/reserve_mb"), SettingType::Number, QL("1024"), 0, 1048576000, {}, QL(), false,
    QL("Free space of the disk that automatic checkpoints leave alone; all others may use it")};
inline constexpr SettingSpec vaultGraceHours{QL("vault/grace_hours"), SettingType::Number, QL("24"), 0, 8760, {}, QL(), false,
    QL("Hours that removed checkpoints stay in the vault before their space is given back")};
inline constexpr SettingSpec vaultPacks{QL("vault/merge_packs"), SettingType::Number, QL("50"), 2, 10000, {}, QL(), false,
    QL("Packs that checkpoints may leave in a vault before they are merged")};
inline constexpr SettingSpec freezeMethod{QL("agents/freeze_method"), SettingType::Choice, QL("auto"), 0, 0, freezeMethods, QL(), true,
    QL("How process trees are frozen; auto takes the first that works here")};
inline constexpr SettingSpec spoolMegabytes{QL("agents/spool_quota_mb"), SettingType::Number, QL("64"), 1, 10240, {}, QL(), false,
    QL("Output of one agent that may wait on disk while no hub reads it; then the agent is held back")};
inline constexpr SettingSpec maxRunning{QL("agents/max_running"), SettingType::Number, QL("0"), 0, 1000, {}, QL(), false,
    QL("Agents that may run at once; 0: one per 700 MB of free memory, at most one per core")};
inline constexpr SettingSpec idleEndSeconds{QL("agents/idle_end_seconds"), SettingType::Number, QL("300"), 1, 86400, {}, QL(), false,
    QL("An agent that waits for its next turn is ended after this time; its session goes on with the next message")};
inline constexpr SettingSpec autoResume{QL("agents/auto_resume"), SettingType::Choice, QL("auto"), 0, 0, resumeModes, QL(), false,
    QL("After a reboot or an agent's crash: go on once per checkpoint (auto), wait for a person (ask), or do nothing (off)")};
inline constexpr SettingSpec restartSeconds{QL("agents/restart_backoff_seconds"), SettingType::Number, QL("5"), 0, 3600, {}, QL(), false,
    QL("Pause before a crashed agent is started again")};
inline constexpr SettingSpec claimSeconds{QL("agents/claim_seconds"), SettingType::Number, QL("3600"), 1, 604800, {}, QL(), false,
    QL("An agent's hold on a file ends after this time unless it asks again")};
inline constexpr SettingSpec alertCooldown{QL("monitor/alert_cooldown_seconds"), SettingType::Number, QL("300"), 0, 86400, {}, QL("SAFETY_ALERT_COOLDOWN"), false,
    QL("The same alert about the same thing is told once in this time; what is held back is counted")};
inline constexpr SettingSpec alertsCommand{QL("alerts/command"), SettingType::Text, QL(""), 0, 0, {}, QL(), true,
    QL("Program that gets each alert as JSON on its standard input, run without a shell; empty: none")};
inline constexpr SettingSpec alertsWebhookFile{QL("alerts/webhook_file"), SettingType::Text, QL(""), 0, 0, {}, QL(), true,
    QL("File that only you may read: an address to which alerts are posted as JSON, and lines of headers; empty: none")};
inline constexpr SettingSpec alertsLevel{QL("alerts/level"), SettingType::Choice, QL("warning"), 0, 0, alertLevels, QL(), false,
    QL("From this level on, alerts go to that program and that address")};
inline constexpr SettingSpec errorBurst{QL("agents/error_burst"), SettingType::Number, QL("3"), 2, 1000, {}, QL(), false,
    QL("So many errors of an agent within ten minutes are told as an error, twice as many as critical")};
inline constexpr SettingSpec monitorSeconds{QL("monitor/interval_seconds"), SettingType::Number, QL("30"), 1, 3600, {}, QL("SAFETY_MONITORING_INTERVAL"), false,
    QL("Seconds between two looks at the machine")};
inline constexpr SettingSpec monitorAlertSeconds{QL("monitor/alert_interval_seconds"), SettingType::Number, QL("5"), 1, 3600, {}, QL(), false,
    QL("The same while something is above its limit, or was just before")};
inline constexpr SettingSpec monitorSamples{QL("monitor/samples"), SettingType::Number, QL("3"), 2, 100, {}, QL(), false,
    QL("Looks in a row that have to agree before something counts as too high, or as well again")};
inline constexpr SettingSpec monitorLeastSeconds{QL("monitor/least_seconds"), SettingType::Number, QL("10"), 0, 3600, {}, QL(), false,
    QL("Time for which they have to agree, beside their number")};
inline constexpr SettingSpec ladder{QL("monitor/ladder"), SettingType::Choice, QL("safe-mode"), 0, 0, ladderSteps, QL(), false,
    QL("How far the hub goes by itself on an overloaded machine: off, start nothing new, freeze the lowest priority, safe mode")};
inline constexpr SettingSpec ladderAdvise{QL("monitor/ladder_advise_only"), SettingType::Flag, QL("false"), 0, 0, {}, QL(), false,
    QL("Only say what would be done about an overloaded machine")};
inline constexpr SettingSpec ladderUpSeconds{QL("monitor/ladder_up_seconds"), SettingType::Number, QL("30"), 1, 3600, {}, QL(), false,
    QL("Time that each of those steps gets to show an effect before the next one")};
inline constexpr SettingSpec ladderDownSeconds{QL("monitor/ladder_down_seconds"), SettingType::Number, QL("120"), 1, 86400, {}, QL(), false,
    QL("Calm that has to last before each step is taken back")};
inline constexpr SettingSpec cpuWarning{QL("monitor/cpu_warning"), SettingType::Number, QL("95"), 0, 100, {}, QL(), false,
    QL("Use of all cores over five minutes, in percent, from which a warning is raised. 0: never")};
inline constexpr SettingSpec cpuCritical{QL("monitor/cpu_critical"), SettingType::Number, QL("0"), 0, 100, {}, QL(), false,
    QL("The same for a critical alert")};
inline constexpr SettingSpec loadWarning{QL("monitor/load_warning"), SettingType::Number, QL("400"), 0, 10000, {}, QL(), false,
    QL("Load of the last minute in percent of the cores (two tasks for each core are 200). 0: never")};
inline constexpr SettingSpec loadCritical{QL("monitor/load_critical"), SettingType::Number, QL("0"), 0, 10000, {}, QL(), false,
    QL("The same for a critical alert")};
inline constexpr SettingSpec memoryWarning{QL("monitor/memory_warning"), SettingType::Number, QL("85"), 0, 100, {}, QL(), false,
    QL("Memory in use, in percent. 0: never")};
inline constexpr SettingSpec memoryCritical{QL("monitor/memory_critical"), SettingType::Number, QL("95"), 0, 100, {}, QL(), false,
    QL("The same for a critical alert")};
inline constexpr SettingSpec swapWarning{QL("monitor/swap_warning"), SettingType::Number, QL("60"), 0, 100, {}, QL(), false,
    QL("Swap in use, in percent. 0: never")};
inline constexpr SettingSpec swapCritical{QL("monitor/swap_critical"), SettingType::Number, QL("90"), 0, 100, {}, QL(), false,
    QL("The same for a critical alert")};
inline constexpr SettingSpec cpuPressureWarning{QL("monitor/cpu_pressure_warning"), SettingType::Number, QL("80"), 0, 100, {}, QL(), false,
    QL("Share of the last 10 s in which something waited for a core, in percent. 0: never")};
inline constexpr SettingSpec cpuPressureCritical{QL("monitor/cpu_pressure_critical"), SettingType::Number, QL("0"), 0, 100, {}, QL(), false,
    QL("The same for a critical alert")};
inline constexpr SettingSpec memoryPressureWarning{QL("monitor/memory_pressure_warning"), SettingType::Number, QL("10"), 0, 100, {}, QL(), false,
    QL("Share of the last 10 s in which everything waited for memory, in percent. 0: never")};
inline constexpr SettingSpec memoryPressureCritical{QL("monitor/memory_pressure_critical"), SettingType::Number, QL("40"), 0, 100, {}, QL(), false,
    QL("The same for a critical alert")};
inline constexpr SettingSpec ioPressureWarning{QL("monitor/io_pressure_warning"), SettingType::Number, QL("50"), 0, 100, {}, QL(), false,
    QL("Share of the last 10 s in which everything waited for the disk, in percent. 0: never")};
inline constexpr SettingSpec ioPressureCritical{QL("monitor/io_pressure_critical"), SettingType::Number, QL("0"), 0, 100, {}, QL(), false,
    QL("The same for a critical alert")};
inline constexpr SettingSpec temperatureWarning{QL("monitor/temperature_warning"), SettingType::Number, QL("0"), 0, 150, {}, QL(), false,
    QL("Temperature of any sensor, in degrees Celsius. 0 in both: by the kind of sensor, 75 and 82 for a board")};
inline constexpr SettingSpec temperatureCritical{QL("monitor/temperature_critical"), SettingType::Number, QL("0"), 0, 150, {}, QL(), false,
    QL("The same for a critical alert")};
inline constexpr SettingSpec diskWarning{QL("monitor/disk_warning"), SettingType::Number, QL("90"), 0, 100, {}, QL(), false,
    QL("Use of a disk that the hub or a project lies on, in percent. 0: never")};
inline constexpr SettingSpec diskCritical{QL("monitor/disk_critical"), SettingType::Number, QL("98"), 0, 100, {}, QL(), false,
    QL("The same for a critical alert")};
inline constexpr SettingSpec inodesWarning{QL("monitor/inodes_warning"), SettingType::Number, QL("90"), 0, 100, {}, QL(), false,
    QL("Files on such a disk, in percent of what it can have. 0: never")};
inline constexpr SettingSpec inodesCritical{QL("monitor/inodes_critical"), SettingType::Number, QL("98"), 0, 100, {}, QL(), false,
    QL("The same for a critical alert")};
inline constexpr SettingSpec fullMinutes{QL("monitor/disk_full_minutes"), SettingType::Number, QL("30"), 0, 10080, {}, QL(), false,
    QL("A disk that fills so fast that it is full within this time is a warning. 0: never")};
inline constexpr SettingSpec recordSamples{QL("monitor/record_samples"), SettingType::Text, QL(""), 0, 0, {}, QL(), true,
    QL("File to which each look at the machine is added, a line each, up to 64 MB, to be played again in a test; empty: none")};
inline constexpr SettingSpec protectedBranches{QL("git/protected_branches"), SettingType::Text, QL("main,master"), 0, 0, {}, QL(), true,
    QL("Branches on which no agent may work, beside the remote's default")};
inline constexpr SettingSpec protectFrom{QL("git/protect_from"), SettingType::Choice, QL("agents"), 0, 0, protectModes, QL(), true,
    QL("Whom the ref guard keeps from committing to a protected branch; everyone: people's direct commits too")};
inline constexpr SettingSpec keepDays{QL("trees/keep_days"), SettingType::Number, QL("14"), 0, 36500, {}, QL(), false,
    QL("The working tree of a task that ended so many days ago is removed; its checkpoints and its branch stay. 0: never")};
inline constexpr SettingSpec keptDays{QL("retention/days"), SettingType::Number, QL("30"), 0, 36500, {}, QL(), false,
    QL("Tasks that ended so many days ago go with their checkpoints and conversations, and so do answered alerts. 0: never")};
inline constexpr SettingSpec backupHours{QL("state/backup_hours"), SettingType::Number, QL("24"), 0, 8760, {}, QL(), false,
    QL("Hours between two copies of the hub's own data. 0: none by itself")};
inline constexpr SettingSpec backupsKept{QL("state/backups_kept"), SettingType::Number, QL("7"), 1, 1000, {}, QL(), false,
    QL("Newest copies that stay")};
inline constexpr SettingSpec drillDays{QL("drill/interval_days"), SettingType::Number, QL("30"), 0, 3650, {}, QL(), false,
    QL("Days between two recoveries that the hub practises by itself, in a scratch folder. 0: none")};
inline constexpr SettingSpec maxTotalGigabytes{QL("trees/max_total_gb"), SettingType::Number, QL("0"), 0, 100000, {}, QL(), false,
    QL("When all working trees together are larger, those of ended tasks go, the longest unused first. 0: no limit")};
inline constexpr SettingSpec discordTokenFile{QL("discord/token_file"), SettingType::Text, QL(""), 0, 0, {}, QL(), true,
    QL("File of this account with the bot's token, unless DISCORD_BOT_TOKEN or a systemd credential discord_bot_token has it; empty: discord-token in the data folder"), atStart};
inline constexpr SettingSpec discordGuild{QL("discord/guild_id"), SettingType::Text, QL(""), 0, 0, {}, QL("DISCORD_GUILD_ID"), true,
    QL("The Discord server that the bot works for, by its number; more than one: with commas; empty: nobody may do anything"), atStart};
inline constexpr SettingSpec discordApiBase{QL("discord/api_base"), SettingType::Text, QL("https://discord.com/api/v10"), 0, 0, {}, QL("DISCORD_API_BASE"), true,
    QL("Address of Discord's API; plain http passes for this machine's own addresses only"), atStart};
inline constexpr SettingSpec discordViewers{QL("discord/viewer_roles"), SettingType::Text, QL(""), 0, 0, {}, QL("DISCORD_VIEWER_ROLES"), true,
    QL("Numbers of the Discord roles that may look, with commas"), atStart};
inline constexpr SettingSpec discordOperators{QL("discord/operator_roles"), SettingType::Text, QL(""), 0, 0, {}, QL("DISCORD_OPERATOR_ROLES"), true,
    QL("Numbers of the Discord roles that may steer, with commas"), atStart};
inline constexpr SettingSpec discordAdmins{QL("discord/admin_roles"), SettingType::Text, QL(""), 0, 0, {}, QL("DISCORD_ADMIN_ROLES"), true,
    QL("Numbers of the Discord roles that may do all that is not for the machine only, with commas"), atStart};
inline constexpr SettingSpec discordAdminUsers{QL("discord/admin_users"), SettingType::Text, QL(""), 0, 0, {}, QL("DISCORD_ADMIN_USERS"), true,
    QL("Numbers of the Discord users who may do the same, with commas"), atStart};
inline constexpr SettingSpec discordGuildAdmins{QL("discord/guild_admins"), SettingType::Flag, QL("true"), 0, 0, {}, QL(), true,
    QL("Administrators of the Discord server may do the same"), atStart};
inline constexpr SettingSpec discordHome{QL("discord/home_channel"), SettingType::Text, QL(""), 0, 0, {}, QL("DISCORD_CHANNEL_ID"), false,
    QL("Number of the Discord channel for tasks that belong to no other; empty: the channel of the first command"), atStart};
inline constexpr SettingSpec discordAlerts{QL("discord/alert_channel"), SettingType::Text, QL(""), 0, 0, {}, QL("DISCORD_ALERT_CHANNEL_ID"), false,
    QL("Number of the Discord channel for alerts; empty: the home channel"), atStart};
inline constexpr SettingSpec discordWebhookFile{QL("discord/webhook_file"), SettingType::Text, QL(""), 0, 0, {}, QL(), true,
    QL("File of this account with the address of a Discord webhook that gets the alerts too, unless DISCORD_WEBHOOK_URL has it"), atStart};
inline constexpr SettingSpec discordAlertLevel{QL("discord/alert_level"), SettingType::Choice, QL("warning"), 0, 0, alertLevels, QL(), false,
    QL("Level from which alerts are posted to Discord"), atStart};
inline constexpr SettingSpec discordMentionLevel{QL("discord/mention_level"), SettingType::Choice, QL("critical"), 0, 0, alertLevels, QL(), false,
    QL("Level from which an alert mentions the people whom it concerns"), atStart};
inline constexpr SettingSpec discordAllMessages{QL("discord/read_messages"), SettingType::Flag, QL("false"), 0, 0, {}, QL(), true,
    QL("Tell the agent every message in its task's thread, not only those that mention the bot. Needs the message content intent"), atStart};
inline constexpr SettingSpec evictCaches{QL("storage/evict_caches"), SettingType::Choice, QL("offer"), 0, 0, evictModes, QL(), false,
    QL("Build output in working trees of tasks that don't run, when their disk is low: off, say how much could be freed, remove the oldest")};
} // namespace setting

inline constexpr const SettingSpec *allSettings[]{
    &setting::dataFolder, &setting::logLevel, &setting::diskReserveMegabytes, &setting::safetyDatabase, &setting::checkpointSeconds,
    &setting::checkpointFreeze, &setting::maxFileMegabytes, &setting::vaultCopyMegabytes, &setting::checkpointsKept, &setting::vaultQuotaMegabytes,
    &setting::vaultReserveMegabytes, &setting::vaultGraceHours, &setting::vaultPacks, &setting::freezeMethod, &setting::spoolMegabytes,
    &setting::maxRunning, &setting::idleEndSeconds, &setting::autoResume, &setting::restartSeconds,
    &setting::claimSeconds, &setting::alertCooldown, &setting::alertsCommand, &setting::alertsWebhookFile, &setting::alertsLevel,
    &setting::errorBurst, &setting::monitorSeconds, &setting::monitorAlertSeconds,
    &setting::monitorSamples, &setting::monitorLeastSeconds, &setting::ladder, &setting::ladderAdvise,
    &setting::ladderUpSeconds, &setting::ladderDownSeconds, &setting::cpuWarning, &setting::cpuCritical,
    &setting::loadWarning, &setting::loadCritical, &setting::memoryWarning, &setting::memoryCritical,
    &setting::swapWarning, &setting::swapCritical, &setting::cpuPressureWarning, &setting::cpuPressureCritical,
    &setting::memoryPressureWarning, &setting::memoryPressureCritical, &setting::ioPressureWarning,
    &setting::ioPressureCritical, &setting::temperatureWarning, &setting::temperatureCritical, &setting::diskWarning,
    &setting::diskCritical, &setting::inodesWarning, &setting::inodesCritical, &setting::fullMinutes, &setting::recordSamples,
    &setting::protectedBranches, &setting::protectFrom,
    &setting::keepDays, &setting::keptDays, &setting::maxTotalGigabytes,
    &setting::backupHours, &setting::backupsKept, &setting::drillDays, &setting::evictCaches,
    &setting::discordTokenFile, &setting::discordGuild, &setting::discordApiBase, &setting::discordViewers, &setting::discordOperators,
    &setting::discordAdmins, &setting::discordAdminUsers, &setting::discordGuildAdmins, &setting::discordHome, &setting::discordAlerts,
    &setting::discordWebhookFile, &setting::discordAlertLevel, &setting::discordMentionLevel, &setting::discordAllMessages};
// clang-format on

} // namespace hub
