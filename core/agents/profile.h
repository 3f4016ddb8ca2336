// An agent as people set it up: which program, how it is started, which protocol it speaks. One INI file
// each: agents.d/NAME.ini.
#pragma once

#include "core/base/ids.h"
#include "core/base/result.h"

#include <QList>
#include <QMap>
#include <QStringList>

#include <optional>

namespace hub::agents
{

struct Profile {
    AgentName name;
    QString adapter = QStringLiteral("command");
    QStringList command;                // program and arguments, with placeholders
    QMap<QString, QString> environment; // set for the agent
    QStringList passEnvironment;        // names taken over from the hub's own, beside the usual ones
    int maxParallel = 1;                // tasks at once
    QString autonomy = QStringLiteral("normal");
    QString check; // arguments that make the program say its version: "--version"
    QString installHint;
    QString file; // where it was read from
};

// What may stand in a command: {prompt} {prompt_file} {tree} {task}.
struct Placeholders {
    QString prompt, promptFile, tree, task;
};
// The command with its placeholders filled in; other braces stay as they are.
QStringList commandLine(const Profile &profile, const Placeholders &values);
bool takesPromptAsArgument(const Profile &profile);
// The same command without the danger, when a shell would run what the prompt says: "{prompt}" within the text of
// `sh -c`. The prompt becomes an argument of that text instead. Nothing when there is no such danger.
std::optional<QStringList> saferCommand(const QStringList &command);

// The keys that "agents set" takes, each with a sentence of help.
QList<std::pair<QString, QString>> profileKeys();

class ProfileBook
{
public:
    explicit ProfileBook(QString folder)
        : m_folder(std::move(folder))
    {
    } // the user's agents.d

    // NotFound names those that exist. Reads the file each time, so an edited one counts at once.
    Result<Profile> get(const AgentName &name) const;
    // All that can be read; the others' problems are sentences in `problems`.
    QList<Profile> all(QStringList *problems = nullptr) const;

    Result<Profile> add(const AgentName &name, const QString &command); // split as a shell would, never run by one
    // An empty value takes the key out, so that its default counts again.
    Result<Profile> set(const AgentName &name, const QString &key, const QString &value);
    Result<> remove(const AgentName &name);

private:
    QString pathOf(const AgentName &name) const;
    QString m_folder;
};

} // namespace hub::agents
