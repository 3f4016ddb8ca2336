// Answers what people do on Discord: commands, buttons, menus, forms, and options being typed. Each is acknowledged at
// once, before anything is asked; then the hub is asked, and the answer is an edit. I/O thread.
#pragma once

#include "core/commands/commandspec.h"
#include "core/hub/hubport.h"
#include "headless/discord/access.h"
#include "headless/discord/callback.h"
#include "headless/discord/filefetcher.h"
#include "headless/discord/interaction.h"
#include "headless/discord/places.h"
#include "headless/discord/render.h"
#include "headless/discord/restclient.h"

#include <QTimer>

#include <deque>
#include <memory>
#include <vector>

namespace hub::discord
{

struct InteractionTimes {
    milliseconds viewNoted = 200ms; // a view that takes longer is kept over a restart; what changes something always is
    milliseconds tokenLife = 14min; // Discord's is fifteen; what takes longer is told in the channel
    milliseconds suggestLimit = 2s;
    milliseconds tryAgain = 15s; // an answer that Discord could not take just then
    milliseconds patience = 1h;  // with that
};

class Interactions : public QObject
{
    Q_OBJECT

public:
    struct Parts {
        HubPort &hub;
        NotePort &notes;
        RestClient &rest;
        Places &places;
        const Access &access;
    };

    explicit Interactions(const Parts &parts, InteractionTimes times = {}, QObject *parent = nullptr);
    ~Interactions() override;

    // Before the first interaction: reads or makes the key of the custom_ids, and tells those who waited for an answer
    // when the hub ended. The future ends on any thread; after an error buttons work until the next restart only.
    QFuture<Result<>> load();

    // INTERACTION_CREATE. The same one again is nothing.
    void received(const QJsonObject &event);

    // For messages made elsewhere. What did not fit is kept first, then `then` is called: at once, as a rule.
    CustomIds &customIds() { return m_ids; }
    void keepCustomIds(std::function<void()> then);
    // Buttons of more than a month ago go, but for those of tasks that are open.
    void forgetOldButtons(const QSet<TaskId> &open);

private:
    // One interaction, from its acknowledgement to its answer.
    struct Exchange {
        enum class Acknowledged { Waiting, Yes, TooLate };

        Interaction in;
        Moment since = momentNow();
        commands::CommandCall call;
        const commands::CommandSpec *spec = nullptr;
        SeenBy seenBy = SeenBy::Asker;
        Press::Then then = Press::Then::Add;
        bool admitted = false;
        commands::Effect effect() const { return spec ? spec->effect : commands::Effect::Read; }
        bool isStop() const { return admitted && effect() == commands::Effect::Stop; }
        Acknowledged acknowledged = Acknowledged::Waiting;
        std::optional<Result<commands::Reply>> outcome;
        bool noted = false;    // kept over a restart
        bool farewell = false; // it was told that the answer comes into the channel
    };
    using Shared = std::shared_ptr<Exchange>;

    struct Taken { // a message whose button was pressed
        QString who;
        qint64 at = 0;
        bool done = false;
    };

    bool isNew(const Interaction &in);
    commands::CommandCall callOf(const Interaction &in, const QString &command, const QJsonObject &options) const;
    void onCommand(const Interaction &in);
    void onComponent(const Interaction &in);
    void onForm(const Interaction &in);
    void onTyping(const Interaction &in);
    Shared exchangeFor(const Interaction &in, commands::CommandCall call, Press::Then then) const;
    bool inOwnThread(const commands::CommandCall &call) const;
    bool isTaken(const Interaction &in, QString *why);
    void release(const Exchange &exchange, bool done);

    void callBack(
        const Interaction &in, const QJsonObject &body, RestClient::Then then = [](const Result<RestAnswer> &) {});
    void showForm(const Interaction &in, Press press);
    void sayOnly(const Interaction &in, const Error &error);
    void begin(const Shared &exchange);
    void onAcknowledged(const Shared &exchange, const Result<RestAnswer> &answer);
    void executeSoon(const Shared &exchange);
    void executeSome();
    void execute(const Shared &exchange);
    void askHub(const Shared &exchange);
    void ended(const Shared &exchange, Result<commands::Reply> outcome);
    void deliver(const Shared &exchange);
    void answer(const Shared &exchange, const Result<commands::Reply> &outcome);
    void replaceOriginal(const Shared &exchange, const MessageBody &body);
    void followUp(const Shared &exchange, const MessageBody &body, SeenBy seenBy);
    void postInstead(const Shared &exchange, const MessageBody &body);
    bool triesAgain(const Shared &exchange, const Result<RestAnswer> &done, std::function<void()> again);
    void lookAtTokens();
    void onTokenEnds(const Shared &exchange);
    void send(const QByteArray &method, const QString &path, const MessageBody &body, RestClient::Then then);

    void note(const Shared &exchange);
    void forget(const Shared &exchange);
    void tellRestart(const QString &id, const QJsonObject &note);

    HubPort &m_hub;
    NotePort &m_notes;
    RestClient &m_rest;
    Places &m_places;
    const Access &m_access;
    const InteractionTimes m_times;
    CustomIds m_ids;
    FileFetcher m_files;
    std::vector<quint64> m_seen; // the newest ids, sorted; in one piece, or each would keep a page of a burst's memory
    QHash<QString, Shared> m_open;
    std::deque<Shared> m_soon; // to be executed
    QTimer m_next;
    bool m_cameIn = false;         // since m_next last ran out
    QTimer m_tokenClock;           // while any is open
    QHash<QString, Taken> m_taken; // by message
};

} // namespace hub::discord
