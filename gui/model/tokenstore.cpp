#include "gui/model/tokenstore.h"

#include "core/base/durablefile.h"

#include <QCoreApplication>
#include <QFile>
#include <QPointer>
#include <QSemaphore>

#ifdef HUB_KEYCHAIN
#include <qt6keychain/keychain.h>
#endif

using namespace Qt::StringLiterals;

namespace hub::gui
{

namespace
{

#ifdef HUB_KEYCHAIN
const QString service = u"agenthub"_s;

// QtKeychain tells apart little: without a secret service or a session bus the code is one of several, and its text
// may be "Unknown error".
Error noKeychain(const QKeychain::Job &job)
{
    const QString why = job.errorString().isEmpty() ? QString() : u" ("_s + job.errorString() + u')';
    return fail(ErrorCode::Unsupported, TokenStore::tr("This session has no keychain that could be used%1.").arg(why),
                TokenStore::tr("Keep the token in the file instead: only your account can read it."));
}

void readKeychain(const QString &dataDir, std::function<void(const Result<QString> &)> then)
{
    auto *job = new QKeychain::ReadPasswordJob(service);
    job->setKey(dataDir);
    QObject::connect(job, &QKeychain::Job::finished, job, [job, then = std::move(then)] {
        if (job->error() == QKeychain::NoError)
            then(job->textData());
        else if (job->error() == QKeychain::EntryNotFound)
            then(QString());
        else
            then(noKeychain(*job));
    });
    job->start();
}
#else
void readKeychain(const QString &, const std::function<void(const Result<QString> &)> &then)
{
    then(fail(ErrorCode::Unsupported, TokenStore::tr("This program was built without a keychain."),
              TokenStore::tr("Keep the token in the file instead: only your account can read it.")));
}
#endif

} // namespace

TokenStore::TokenStore(QString dataDir, QObject *parent)
    : QObject(parent)
    , m_dataDir(std::move(dataDir))
{
}

bool TokenStore::knowsKeychain()
{
#ifdef HUB_KEYCHAIN
    return true;
#else
    return false;
#endif
}

QString TokenStore::file() const { return m_dataDir + u"/discord-token"_s; }

void TokenStore::look(QObject *here, std::function<void(const Found &)> take)
{
    readKeychain(m_dataDir, [self = QPointer(this), here = QPointer(here), take](const Result<QString> &token) {
        if (!self || !here)
            return;
        Found found{.inKeychain = token && !token->isEmpty(), .trouble = token ? QString() : token.error().message};
        auto there =
            self->m_workers.run(u"token"_s, [path = self->file()]() -> Result<bool> { return QFile::exists(path); });
        whenDone(std::move(there), here.data(), [found, take](const Result<bool> &exists) mutable {
            found.inFile = exists && *exists;
            take(found);
        });
    });
}

void TokenStore::store(const QString &token, Place place, QObject *here, std::function<void(const Result<> &)> take)
{
    const auto tell = [here = QPointer(here), take = std::move(take)](const Result<> &result) {
        if (here)
            take(result);
    };
    // First where it is to be, then out of the other place: at no moment is there none.
    if (place == Place::File)
        return toFile(token, [this, tell](const Result<> &stored) {
            if (!stored)
                return tell(stored);
            toKeychain({}, [tell](const Result<> &) { tell({}); }); // without a keychain nothing is in it
        });
    toKeychain(token, [this, tell](const Result<> &stored) {
        if (!stored)
            return tell(stored);
        toFile({}, tell);
    });
}

void TokenStore::remove(QObject *here, std::function<void(const Result<> &)> take)
{
    toFile({}, [this, here = QPointer(here), take = std::move(take)](const Result<> &removed) {
        toKeychain({}, [here, take, removed](const Result<> &) {
            if (here)
                take(removed);
        });
    });
}

void TokenStore::toKeychain(const QString &token, std::function<void(const Result<> &)> then)
{
#ifdef HUB_KEYCHAIN
    QKeychain::Job *job = nullptr;
    if (token.isEmpty()) {
        job = new QKeychain::DeletePasswordJob(service);
    } else {
        auto *write = new QKeychain::WritePasswordJob(service);
        write->setTextData(token);
        job = write;
    }
    job->setKey(m_dataDir);
    connect(job, &QKeychain::Job::finished, this, [job, then = std::move(then)] {
        const bool well = job->error() == QKeychain::NoError || job->error() == QKeychain::EntryNotFound;
        then(well ? Result<>() : Result<>(noKeychain(*job)));
    });
    job->start();
#else
    readKeychain(token, [then = std::move(then)](const Result<QString> &none) { then(none.error()); });
#endif
}

void TokenStore::toFile(const QString &token, std::function<void(const Result<> &)> then)
{
    auto done = m_workers.run(u"token"_s, [path = QFile::encodeName(file()), token]() -> Result<> {
        return token.isEmpty() ? removeTree(path) : writeFileDurably(path, token.toUtf8() + '\n', 0600);
    });
    whenDone(std::move(done), this, std::move(then));
}

QString TokenStore::take(const QString &dataDir, std::chrono::milliseconds limit)
{
    struct Answer {
        QSemaphore there;
        QString token;
    };
    if (!knowsKeychain() || !QCoreApplication::instance())
        return {};
    auto answer = std::make_shared<Answer>();
    QMetaObject::invokeMethod(QCoreApplication::instance(), [answer, dataDir] {
        readKeychain(dataDir, [answer](const Result<QString> &token) {
            answer->token = token.valueOr({});
            answer->there.release();
        });
    });
    return answer->there.tryAcquire(1, limit) ? answer->token : QString();
}

} // namespace hub::gui
