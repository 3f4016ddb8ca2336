#include "tests/integration/shim/shimrun.h"

#include "core/posix/procfs.h"

#include <QDir>
#include <QFile>
#include <QUuid>

#include <csignal>

using namespace hub;
using namespace hub::agents;
using namespace hub::posix;
using namespace Qt::StringLiterals;

ShimRun::ShimRun(const QByteArrayList &arguments)
    : m_folder((m_home.path() + u"/runs/r1"_s).toUtf8())
{
    spec.mark = "t-" + QUuid::createUuid().toString(QUuid::Id128).toStdString();
    spec.folder = m_scratch.path().toStdString();
    for (const QByteArray &argument : arguments)
        spec.arguments.push_back(argument.toStdString());
    spec.environment = {"PATH=/usr/local/bin:/usr/bin:/bin"};
}

ShimRun::~ShimRun()
{
    const auto life = shimLife(m_folder);
    if (life && *life == ShimLife::Alive) {
        reads = acknowledges = true;
        if (!link || !link->isOpen())
            std::ignore = connectLink();
        if (link)
            link->end(0);
        const bool ended = QTest::qWaitFor(
            [this] {
                collect();
                if (reader && link)
                    link->acknowledge(reader->position());
                const auto now = shimLife(m_folder);
                return now && *now == ShimLife::Dead;
            },
            10000);
        if (!ended) {
            QFile lock(QFile::decodeName(m_folder + "/lock"));
            if (lock.open(QIODevice::ReadOnly))
                ::kill(lock.readAll().split(' ').value(0).toInt(), SIGKILL);
            qWarning("a shim did not end and was killed");
        }
    }
    std::ignore = endRemains(m_folder, mark(), identityFrame);
}

QByteArray ShimRun::binFolder() { return HUB_BIN_DIR; }

QByteArray ShimRun::testAgent() { return binFolder() + "/hub_testagent"; }

Result<> ShimRun::launch() { return launchShim(binFolder() + "/agenthub-shim", m_folder, spec); }

Result<> ShimRun::connectLink()
{
    link = std::make_unique<ShimLink>();
    welcome.reset();
    lost = false;
    QObject::connect(link.get(), &ShimLink::welcomed, [this](const Welcome &news) {
        welcome = news;
        collect();
    });
    QObject::connect(link.get(), &ShimLink::started, [this](const RunIdentity &news) { identity = news; });
    QObject::connect(link.get(), &ShimLink::startRefused, [this](quint64 epoch) { refusedEpoch = epoch; });
    QObject::connect(link.get(), &ShimLink::startFailed, [this](const RunExit &news) { startProblem = news; });
    QObject::connect(link.get(), &ShimLink::outputAvailable, [this] {
        ++announcements;
        collect();
    });
    QObject::connect(link.get(), &ShimLink::froze, [this](const FreezeNews &news) { froze << news; });
    QObject::connect(link.get(), &ShimLink::thawed, [this](const FreezeNews &news) { thawed << news; });
    QObject::connect(link.get(), &ShimLink::exited, [this](const RunExit &news) { exit = news; });
    QObject::connect(link.get(), &ShimLink::statusChanged, [this](const StatusNews &news) { statuses << news; });
    QObject::connect(link.get(), &ShimLink::lost, [this] { lost = true; });
    return link->open(m_folder);
}

bool ShimRun::start()
{
    if (auto launched = launch(); !launched) {
        qWarning("%s", qPrintable(launched.error().message));
        return false;
    }
    if (auto connected = connectLink(); !connected) {
        qWarning("%s", qPrintable(connected.error().message));
        return false;
    }
    link->go(1);
    return QTest::qWaitFor([this] { return identity || startProblem || refusedEpoch; }, 20000);
}

void ShimRun::collect(int limit)
{
    if (!reads)
        return;
    if (!reader)
        reader = std::make_unique<SpoolReader>(m_folder.toStdString(), spec.mark);
    Frame frame;
    ReadStatus status = ReadStatus::End;
    bool any = false;
    while (limit-- > 0 && (status = reader->next(frame)) == ReadStatus::Frame) {
        any = true;
        frames << QByteArray::number(int(frame.stream)) + ' ' + QByteArray::number(qulonglong(frame.sequence));
        const QByteArray bytes(frame.bytes.data(), qsizetype(frame.bytes.size()));
        switch (frame.stream) {
        case Stream::Identity: identityFrame = decodeIdentity(frame.bytes); break;
        case Stream::Exit: exitFrame = decodeExit(frame.bytes); break;
        case Stream::Input: inputNumbers << frame.place; break;
        case Stream::Output:
            damaged = damaged || frame.place != outputBytes;
            outputBytes += frame.bytes.size();
            if (identityFrame && frame.sequence % 128 == 0)
                mostKib = qMax(mostKib, privateKib(identityFrame->shim.pid));
            if (keepsBytes)
                m_texts[frame.stream] += bytes;
            continue;
        default: break;
        }
        m_texts[frame.stream] += bytes;
        if (frame.stream == Stream::Note)
            m_texts[frame.stream] += '\n';
    }
    damaged = damaged || status == ReadStatus::Corrupt || status == ReadStatus::Failed;
    if (any && acknowledges && link)
        link->acknowledge(reader->position());
}

qint64 ShimRun::beats() const
{
    qint64 total = 0;
    for (const QFileInfo &file : QDir(scratch()).entryInfoList(QDir::Files))
        total += file.size();
    return total;
}

QStringList ShimRun::growing(int millis) const
{
    QMap<QString, qint64> before;
    for (const QFileInfo &file : QDir(scratch()).entryInfoList(QDir::Files))
        before[file.fileName()] = file.size();
    QTest::qWait(millis); // an observation, not a synchronisation
    QStringList names;
    for (const QFileInfo &file : QDir(scratch()).entryInfoList(QDir::Files)) {
        if (file.size() != before.value(file.fileName()))
            names << file.fileName();
    }
    return names;
}

qint64 privateKib(pid_t pid)
{
    QFile file(u"/proc/%1/smaps_rollup"_s.arg(pid));
    if (!file.open(QIODevice::ReadOnly))
        return -1;
    qint64 total = 0;
    for (const QByteArray &line : file.readAll().split('\n')) {
        if (line.startsWith("Private_Dirty:") || line.startsWith("Swap:"))
            total += line.simplified().split(' ').value(1).toLongLong();
    }
    return total;
}
