// Sees to it that Discord has the commands of this version, each scope tried again until it has: created commands are
// counted by the day, so they are written only where they differ. I/O thread.
#pragma once

#include "headless/discord/registration.h"
#include "headless/discord/restclient.h"

#include <QMap>

namespace hub::discord
{

class Registrar : public QObject
{
    Q_OBJECT

public:
    // In the servers that are named the commands act at once, and none is left that is known everywhere, which people
    // would see beside them; with no server named they are known everywhere.
    Registrar(RestClient &rest, QSet<QString> guilds, QObject *parent = nullptr);

    // With each READY; what is there is not looked at again in this life.
    void begin(const QString &application);

private:
    void tryAll();
    void tryIn(const QString &path, const QJsonArray &wanted);
    void write(const QString &path, const QJsonArray &wanted);
    void failed(const Error &why);

    RestClient &m_rest;
    const QSet<QString> m_guilds;
    QMap<QString, QJsonArray> m_missing; // by the scope's path
    bool m_begun = false;
    std::chrono::seconds m_pause;
    QTimer m_timer;
};

} // namespace hub::discord
