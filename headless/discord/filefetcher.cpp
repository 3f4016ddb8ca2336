#include "headless/discord/filefetcher.h"

#include "headless/discord/address.h"
#include "headless/discord/useragent.h"

#include <QNetworkReply>

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

Error tooLarge(const QString &name)
{
    return fail(ErrorCode::InvalidInput,
                u"%1 is larger than %2 MiB."_s.arg(name, QString::number(commands::mostFileBytes >> 20)));
}

} // namespace

FileFetcher::FileFetcher(milliseconds limit, QObject *parent)
    : QObject(parent)
    , m_limit(limit)
{
}

QFuture<Result<QList<commands::Attachment>>> FileFetcher::fetch(const QJsonArray &attachments)
{
    auto round = std::make_shared<Round>(Round{attachments, {}, std::make_shared<QPromise<Result<Files>>>()});
    round->promise->start();
    auto future = round->promise->future();
    if (attachments.size() > commands::mostFiles)
        end(round, fail(ErrorCode::InvalidInput, u"At most %1 files go with a message."_s.arg(commands::mostFiles)));
    else
        next(round);
    return future;
}

void FileFetcher::end(const std::shared_ptr<Round> &round, Result<Files> result)
{
    round->promise->addResult(std::move(result));
    round->promise->finish();
}

void FileFetcher::next(const std::shared_ptr<Round> &round)
{
    if (round->files.size() == round->wanted.size())
        return end(round, round->files);
    const QJsonValue wanted = round->wanted[round->files.size()];
    const QString name = wanted[u"filename"_s].toString(u"file"_s);
    const QUrl url(wanted[u"url"_s].toString());
    if (wanted[u"size"_s].toInteger() > commands::mostFileBytes)
        return end(round, tooLarge(name));
    if (!isSafeAddress(url, u"https"))
        return end(round, fail(ErrorCode::Refused, u"%1 does not lie at a safe address."_s.arg(name)));
    QNetworkRequest request(url);
    request.setRawHeader("User-Agent", userAgent());
    request.setAttribute(QNetworkRequest::RedirectPolicyAttribute, QNetworkRequest::ManualRedirectPolicy);
    request.setTransferTimeout(int(m_limit.count()));
    QNetworkReply *reply = m_network.get(request);
    connect(reply, &QNetworkReply::downloadProgress, reply, [reply](qint64 received, qint64) {
        if (received > commands::mostFileBytes)
            reply->abort();
    });
    connect(reply, &QNetworkReply::finished, this, [this, reply, round, name] {
        reply->deleteLater();
        const QByteArray bytes = reply->isOpen() ? reply->readAll() : QByteArray();
        const int status = reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
        if (bytes.size() > commands::mostFileBytes)
            return end(round, tooLarge(name));
        if (reply->error() != QNetworkReply::NoError || status != 200)
            return end(round, fail(ErrorCode::Timeout, u"%1 could not be fetched from Discord."_s.arg(name)));
        round->files.append({name, bytes});
        next(round);
    });
}

} // namespace hub::discord
