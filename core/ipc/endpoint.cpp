#include "core/ipc/endpoint.h"

#include "core/base/shellwords.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSettings>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::ipc
{

namespace
{

QString environmentText(const char *name) { return QFile::decodeName(qgetenv(name)); }

QString expanded(const QString &path, const QString &base)
{
    if (path == u"~" || path.startsWith(u"~/"))
        return QDir::homePath() + path.mid(1);
    return QDir::cleanPath(QDir(base).absoluteFilePath(path));
}

Result<sockaddr_un> addressOf(const QByteArray &path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= qsizetype(sizeof address.sun_path))
        return fail(ErrorCode::InvalidInput, u"the socket's path is too long: %1"_s.arg(QFile::decodeName(path)),
                    u"Set XDG_RUNTIME_DIR to a shorter folder."_s);
    std::memcpy(address.sun_path, path.constData(), size_t(path.size()));
    return address;
}

// Only we may own and enter it: whoever can write there can put a socket of his own in our place.
Result<> makePrivateFolder(const QByteArray &folder)
{
    if (::mkdir(folder.constData(), 0700) != 0 && errno != EEXIST)
        return systemError(errno, u"make folder", folder);
    struct stat info;
    if (::lstat(folder.constData(), &info) != 0)
        return systemError(errno, u"look at", folder);
    const QString shown = QFile::decodeName(folder);
    if (!S_ISDIR(info.st_mode))
        return fail(
            ErrorCode::Refused,
            u"%1 is not a folder (a symbolic link is not followed); the hub does not listen there."_s.arg(shown),
            u"Look who made it, then remove it."_s);
    if (info.st_uid != ::geteuid())
        return fail(ErrorCode::Refused, u"%1 belongs to another account; the hub does not listen there."_s.arg(shown),
                    u"Look who made it, or set XDG_RUNTIME_DIR to a folder of your own."_s);
    if ((info.st_mode & 077) != 0 && ::chmod(folder.constData(), 0700) != 0)
        return systemError(errno, u"close to others", folder);
    return {};
}

QByteArray runtimeFolder()
{
    const QByteArray runtime = qgetenv("XDG_RUNTIME_DIR");
    if (runtime.startsWith('/'))
        return runtime + "/agenthub";
    return "/tmp/agenthub-" + QByteArray::number(qulonglong(::geteuid()));
}

// Connecting to a listener whose queue is full gives EAGAIN at once on a non-blocking socket, so we try again.
Result<> connectBefore(int fd, const sockaddr_un &address, int milliseconds, const QString &dataDir)
{
    for (int waited = 0;; waited += 10) {
        if (::connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0)
            return {};
        if (errno == ENOENT || errno == ECONNREFUSED)
            return noHub(dataDir);
        if (errno == EACCES || errno == EPERM)
            return fail(ErrorCode::Refused,
                        u"The hub for %1 belongs to another account, which alone may use it."_s.arg(dataDir),
                        u"Run this as that account."_s);
        if (errno != EAGAIN && errno != EINTR)
            return systemError(errno, u"connect to", address.sun_path);
        if (waited >= milliseconds)
            return fail(ErrorCode::Timeout, u"The hub for %1 does not take new connections."_s.arg(dataDir),
                        u"agenthubctl doctor"_s);
        ::poll(nullptr, 0, 10);
    }
}

// Where the data lies when nothing else is said.
QString usualDataDir()
{
    QString folder = environmentText("XDG_DATA_HOME");
    if (folder.isEmpty())
        folder = QDir::homePath() + u"/.local/share"_s;
    return QDir::cleanPath(folder + u"/agenthub"_s);
}

} // namespace

QString settingsFile(const QString &configFlag)
{
    for (const QString &named : {configFlag, environmentText("AGENTHUB_CONFIG")}) {
        if (!named.isEmpty())
            return expanded(named, QDir::currentPath());
    }
    QString folder = environmentText("XDG_CONFIG_HOME");
    if (folder.isEmpty())
        folder = QDir::homePath() + u"/.config"_s;
    return folder + u"/agenthub/agenthub.ini"_s;
}

Result<QString> findDataDir(const QString &flag, const QString &configFlag)
{
    for (const QString &named : {flag, environmentText("AGENTHUB_DATA_DIR")}) {
        if (!named.isEmpty())
            return expanded(named, QDir::currentPath());
    }
    const QString config = settingsFile(configFlag);
    if (QFileInfo::exists(config)) {
        const QSettings settings(config, QSettings::IniFormat);
        const QString named = settings.value(u"hub/data_dir"_s).toString();
        if (settings.status() != QSettings::NoError)
            return fail(ErrorCode::InvalidInput,
                        u"The settings file %1 does not read: it is damaged or not readable for you."_s.arg(config));
        if (!named.isEmpty())
            return expanded(named, QFileInfo(config).path());
    } else if (!configFlag.isEmpty()) {
        return fail(ErrorCode::NotFound, u"There is no settings file %1."_s.arg(config));
    }
    return usualDataDir();
}

QString socketPathFor(const QString &dataDir)
{
    const QString canonical = QFileInfo(dataDir).canonicalFilePath();
    const QByteArray name =
        QFile::encodeName(canonical.isEmpty() ? QDir::cleanPath(QDir(dataDir).absolutePath()) : canonical);
    const QByteArray hash = QCryptographicHash::hash(name, QCryptographicHash::Sha256).toHex().first(16);
    return QFile::decodeName(runtimeFolder() + '/' + hash);
}

Result<ListeningSocket> listenFor(const QString &dataDir)
{
    const QString path = socketPathFor(dataDir);
    const QByteArray raw = QFile::encodeName(path);
    HUB_CHECK(makePrivateFolder(raw.first(raw.lastIndexOf('/'))));
    const QByteArray temporary = raw + ".new";
    HUB_TRY(const sockaddr_un address, addressOf(temporary));
    FileHandle handle(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!handle.isOpen())
        return systemError(errno, u"open a socket for", raw);
    ::unlink(temporary.constData());
    // Bound under another name and renamed, so that clients find the dead socket or the living one, never none.
    if (::bind(handle.fd(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0 ||
        ::chmod(temporary.constData(), 0600) != 0 || ::listen(handle.fd(), 128) != 0 ||
        ::rename(temporary.constData(), raw.constData()) != 0) {
        const int number = errno;
        ::unlink(temporary.constData());
        return systemError(number, u"listen at", raw);
    }
    const QByteArray file = QFile::encodeName(dataDir + u"/endpoint"_s);
    if (readFile(file).valueOr({}) != raw + '\n') // as a rule it is what it was, and a full disk takes no new one
        HUB_CHECK(writeFileDurably(file, raw + '\n'));
    return ListeningSocket{std::move(handle), path};
}

Result<QString> findSocket(const QString &dataDir)
{
    auto written = readFile(QFile::encodeName(dataDir + u"/endpoint"_s));
    QString path = written ? QFile::decodeName(written->trimmed()) : socketPathFor(dataDir);
    struct stat info;
    if (::lstat(QFile::encodeName(path).constData(), &info) != 0 || !S_ISSOCK(info.st_mode)) {
        // Root looks into a folder that it may not be named after; everybody else gets the plain sentence.
        if (errno == EACCES && !written)
            return fail(ErrorCode::Refused, u"You may not look into %1."_s.arg(dataDir));
        return noHub(dataDir);
    }
    return path;
}

Error noHub(const QString &dataDir)
{
    QString shown = dataDir;
    const QString home = QDir::homePath();
    if (home.size() > 1 && shown.startsWith(home + u'/'))
        shown = u'~' + shown.mid(home.size());
    return fail(
        ErrorCode::NoHub, u"No hub is running for %1. Agents that were working go on by themselves."_s.arg(shown),
        u"Start it: agenthubd"_s + (dataDir == usualDataDir() ? QString() : u" --data-dir "_s + joinWords({dataDir})));
}

Result<FileHandle> connectTo(const QString &dataDir, int milliseconds)
{
    HUB_TRY(const QString path, findSocket(dataDir));
    HUB_TRY(const sockaddr_un address, addressOf(QFile::encodeName(path)));
    FileHandle handle(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!handle.isOpen())
        return systemError(errno, u"open a socket for", QFile::encodeName(path));
    HUB_CHECK(connectBefore(handle.fd(), address, milliseconds, dataDir));
    ucred peer{};
    socklen_t size = sizeof peer;
    struct stat folder;
    const bool known = ::getsockopt(handle.fd(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
    const bool owner = ::stat(QFile::encodeName(dataDir).constData(), &folder) == 0 && folder.st_uid == peer.uid;
    if (!known || (peer.uid != 0 && peer.uid != ::geteuid() && !owner)) {
        return fail(ErrorCode::Refused, u"What listens at %1 is not your hub: it runs as another account."_s.arg(path));
    }
    return handle;
}

} // namespace hub::ipc
