// Where the Discord bot's token of a hub of this machine is kept: in the account's keychain, from which a window hands
// it to a hub that it starts, or in a file that only the account can read, which every hub of that data folder reads.
// The token is in no log, no error and no command line.
#pragma once

#include "core/base/result.h"
#include "core/base/workers.h"

#include <QObject>

#include <chrono>

namespace hub::gui
{

// Lives on the thread of the QApplication, and never blocks it. Answers come there, by and by.
class TokenStore final : public QObject
{
    Q_OBJECT

public:
    enum class Place { Keychain, File };

    // `dataDir` is the hub's, absolute: the keychain's entry is named after it.
    explicit TokenStore(QString dataDir, QObject *parent = nullptr);

    // Whether this program was built with a keychain at all; one may be missing on the machine even so.
    static bool knowsKeychain();
    QString file() const;

    struct Found {
        bool inKeychain = false, inFile = false;
        QString trouble; // why the keychain could not be asked; empty: it was
    };
    void look(QObject *here, std::function<void(const Found &)> take);
    // In the one place; what was in the other one is removed, so that one token counts.
    void store(const QString &token, Place place, QObject *here, std::function<void(const Result<> &)> take);
    // From both.
    void remove(QObject *here, std::function<void(const Result<> &)> take);

    // For a hub that is about to be started: the keychain's token, or an empty text when there is none, no keychain, or
    // no answer within `limit`. Waits; from any thread but the QApplication's, whose events have to go on.
    static QString take(const QString &dataDir, std::chrono::milliseconds limit);

private:
    void toKeychain(const QString &token, std::function<void(const Result<> &)> then); // empty: out of it
    void toFile(const QString &token, std::function<void(const Result<> &)> then);     // likewise

    QString m_dataDir;
    Workers m_workers;
};

} // namespace hub::gui
