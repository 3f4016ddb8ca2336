// The one way in which the window asks for a command: runs it, shows the preview of a dangerous one and asks, shows
// what came of it. Everything that changes something in the window goes through here.
#pragma once

#include "core/commands/commandspec.h"
#include "gui/model/hublink.h"

#include <QWidget>

namespace hub::gui
{

class CommandRunner final : public QObject
{
    Q_OBJECT

public:
    // Windows that it opens belong to `window`.
    CommandRunner(HubLink &link, QWidget &window);

    enum class Show {
        Page,  // the answer opens as a page
        Brief, // one line says that it was done; a warning or an answer with tables still opens
    };
    void run(const QString &command, const QJsonObject &options = {}, Show show = Show::Brief);
    void run(const commands::CommandCall &call, Show show);
    // The answer is for `here` to show, in its place: no window opens and nothing is said at the foot. Not for
    // dangerous commands, whose preview has to be agreed to.
    using Take = std::function<void(const Result<commands::Reply> &reply)>;
    void runFor(QObject *here, const QString &command, const QJsonObject &options, Take take);
    // As in a terminal, without the program's name: runs a complete line, and opens the form for one that is not.
    void runLine(const QString &line);
    // The form of a command, with what is known filled in.
    void openForm(const commands::CommandSpec &spec, const QJsonObject &options = {});

    HubLink &link() { return m_link; }
    int running() const { return m_running; }

Q_SIGNALS:
    void done(const QString &command, const hub::commands::Reply &reply);
    void failed(const QString &command, const hub::Error &error);
    void runningChanged(int running);
    // For the line at the window's foot.
    void said(const QString &sentence, bool well);

private:
    void onReply(const commands::CommandCall &call, Show show, const commands::Reply &reply);
    void onError(const commands::CommandCall &call, const Error &error);
    void askFirst(const commands::CommandCall &call, Show show, const commands::Reply &preview);
    void showPage(const commands::CommandCall &call, const commands::Reply &reply);

    HubLink &m_link;
    QWidget &m_window;
    int m_running = 0;
};

} // namespace hub::gui
