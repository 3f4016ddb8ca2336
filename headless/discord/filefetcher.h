// Fetches what people attached to a message, within the limits of what a command takes along. I/O thread. Never sends
// the bot's token.
#pragma once

#include "core/base/async.h"
#include "core/commands/commandcall.h"
#include "headless/discord/moment.h"

#include <QJsonArray>
#include <QNetworkAccessManager>

namespace hub::discord
{

class FileFetcher : public QObject
{
    Q_OBJECT

public:
    explicit FileFetcher(milliseconds limit = 60s, QObject *parent = nullptr);

    // Discord's attachment objects (filename, size, url): all of them, in their order, or an error that says which one
    // can't be had and why.
    QFuture<Result<QList<commands::Attachment>>> fetch(const QJsonArray &attachments);

private:
    using Files = QList<commands::Attachment>;
    struct Round {
        QJsonArray wanted;
        Files files;
        std::shared_ptr<QPromise<Result<Files>>> promise;
    };
    void next(const std::shared_ptr<Round> &round);
    static void end(const std::shared_ptr<Round> &round, Result<Files> result);

    const milliseconds m_limit; // for each
    QNetworkAccessManager m_network;
};

} // namespace hub::discord
