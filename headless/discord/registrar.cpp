#include "headless/discord/registrar.h"

#include "core/base/log.h"

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

constexpr std::chrono::seconds firstPause{60}, longestPause{3600};

} // namespace

Registrar::Registrar(RestClient &rest, QSet<QString> guilds, QObject *parent)
    : QObject(parent)
    , m_rest(rest)
    , m_guilds(std::move(guilds))
    , m_pause(firstPause)
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &Registrar::tryAll);
}

void Registrar::begin(const QString &application)
{
    if (!std::exchange(m_begun, true)) {
        const auto table = commands::commandTable();
        const auto translations = builtInTranslations();
        const QString all = u"/applications/"_s + application;
        m_missing[all + u"/commands"_s] =
            m_guilds.isEmpty() ? applicationCommands(table, CommandScope::Global, translations) : QJsonArray();
        for (const QString &guild : m_guilds)
            m_missing[all + u"/guilds/"_s + guild + u"/commands"_s] =
                applicationCommands(table, CommandScope::Guild, translations);
    }
    tryAll();
}

void Registrar::tryAll()
{
    const auto missing = m_missing;
    for (auto scope = missing.cbegin(); scope != missing.cend(); ++scope)
        tryIn(scope.key(), scope.value());
}

void Registrar::tryIn(const QString &path, const QJsonArray &wanted)
{
    auto look = RestRequest::of("GET", path);
    if (!look)
        return failed(look.error());
    look->query.addQueryItem(u"with_localizations"_s, u"true"_s);
    m_rest.call(*look, this, [this, path, wanted](const Result<RestAnswer> &answer) {
        const auto there = answer ? answer->result(u"read the commands"_s) : Result<QJsonValue>(answer.error());
        if (!there)
            failed(there.error());
        else if (areRegistered(wanted, there->toArray()))
            m_missing.remove(path);
        else
            write(path, wanted);
    });
}

void Registrar::write(const QString &path, const QJsonArray &wanted)
{
    m_rest.call(*RestRequest::of("PUT", path, wanted), this, [this, path, wanted](const Result<RestAnswer> &answer) {
        const auto done = answer ? answer->result(u"register the commands"_s) : Result<QJsonValue>(answer.error());
        if (!done)
            return failed(done.error());
        m_missing.remove(path);
        qCInfo(lcDiscord) << "registered" << wanted.size() << "commands";
    });
}

void Registrar::failed(const Error &why)
{
    qCWarning(lcDiscord).noquote() << "the commands are not registered yet:" << why.message;
    if (m_timer.isActive())
        return;
    m_timer.start(m_pause);
    m_pause = std::min(m_pause * 2, longestPause);
}

} // namespace hub::discord
