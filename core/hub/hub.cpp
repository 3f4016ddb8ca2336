#include "core/hub/hub.h"

#include "core/base/log.h"
#include "core/hub/hubcore.h"

#include <QDeadlineTimer>

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <sys/file.h>

using namespace Qt::StringLiterals;

namespace hub
{

namespace
{

// For jobs that are in the middle of something when the hub is asked to go. Everything is made to be cut off.
constexpr std::chrono::milliseconds lastGrace{600};

// A process that a killed hub was just starting has its lock until it executes its program.
constexpr std::chrono::milliseconds lockPatience{5000}, lockPause{10};

Result<FileHandle> lockFolder(const QString &dataDir)
{
    const QByteArray path = QFile::encodeName(dataDir + u"/lock"_s);
    HUB_TRY(FileHandle lock, openFile(path, O_RDWR | O_CREAT, 0600));
    QDeadlineTimer patience(lockPatience);
    while (::flock(lock.fd(), LOCK_EX | LOCK_NB) != 0) {
        const QByteArray holder = readFile(path).valueOr({}).trimmed();
        const bool gone = holder.toInt() > 0 && ::kill(pid_t(holder.toInt()), 0) != 0 && errno == ESRCH;
        if (!gone || patience.hasExpired())
            return fail(ErrorCode::Conflict,
                        u"A hub runs on %1 already (process %2); this one does not start."_s.arg(
                            dataDir, QString::fromLatin1(holder)),
                        u"Use it with agenthubctl, or give this one another --data-dir."_s);
        QThread::msleep(lockPause.count());
    }
    // Over what stands there, and then shortened, which a full disk lets do. Without its number it is locked as well.
    const QByteArray pid = QByteArray::number(::getpid()) + '\n';
    const ssize_t written = ::pwrite(lock.fd(), pid.constData(), size_t(pid.size()), 0);
    if (written < 0 && errno != ENOSPC && errno != EDQUOT)
        return systemError(errno, u"write", path);
    if (::ftruncate(lock.fd(), std::max<off_t>(written, 0)) != 0)
        return systemError(errno, u"write", path);
    return lock;
}

} // namespace

Result<std::unique_ptr<Hub>> Hub::start(HubConfig config)
{
    std::unique_ptr<Hub> hub(new Hub);
    if (auto made = makeFolders(QFile::encodeName(config.dataDir)); !made)
        return std::move(made)
            .error()
            .within(u"The data folder can't be used")
            .withHint(u"Name another one with --data-dir, or as data_dir in the settings file."_s);
    HUB_TRY(hub->m_lock, lockFolder(config.dataDir));
    hub->m_brake = std::make_unique<agents::Brake>();
    hub->m_thread = std::make_unique<QThread>();
    hub->m_thread->setObjectName(u"hub"_s);
    hub->m_thread->start();
    // Something that lives there, so that work can be posted before there is a core.
    auto place = std::make_unique<QObject>();
    place->moveToThread(hub->m_thread.get());
    Hub *self = hub.get();
    auto opened = runOn(place.get(), [self, config]() -> Result<> {
        HUB_TRY(self->m_core, HubCore::open(config, *self->m_brake));
        return self->m_core->begin();
    });
    auto ready = takeResult(opened);
    place.release()->deleteLater();
    if (!ready)
        return std::move(ready).error();
    hub->m_id = hub->m_core->id();
    connect(hub->m_core.get(), &HubCore::eventHappened, hub.get(), &HubPort::eventHappened);
    return hub;
}

Hub::~Hub()
{
    if (!m_thread)
        return; // the folder was another hub's
    if (!m_core) {
        m_thread->quit();
        m_thread->wait();
        return;
    }
    m_core->stopWorkers();
    m_core->disconnect(this);
    // Running jobs still ask the hub thread; they get a moment to end.
    auto *core = m_core.release();
    auto done = runOn(core, [core]() -> Result<> {
        core->commits().flush();
        return {};
    });
    if (const auto flushed = takeResult(done); !flushed)
        qCWarning(lcHub).noquote() << flushed.error().message;
    auto *last = QThread::create([core] { core->waitForJobs(); });
    last->start();
    if (!last->wait(QDeadlineTimer(lastGrace))) {
        qCInfo(lcHub) << "leaving with work under way; the next start goes on with it";
        std::_Exit(0);
    }
    delete last;
    QMetaObject::invokeMethod(
        core, [core] { delete core; }, Qt::BlockingQueuedConnection);
    m_thread->quit();
    m_thread->wait();
}

std::optional<std::pair<agents::Scope, agents::Hold>> Hub::scopeOf(const commands::CommandCall &call)
{
    using agents::Hold, agents::Scope;
    const commands::CommandSpec *spec = commands::findCommand(call.command);
    if (!spec || spec->effect != commands::Effect::Stop)
        return std::nullopt;
    const auto options = commands::checkOptions(*spec, call.options);
    if (!options)
        return std::nullopt; // it will be refused as a whole
    if (spec->name == "emergency-stop"_L1 || spec->name == "safe-mode enable"_L1)
        return std::pair(Scope{}, Hold::SafeMode);
    if (spec->name == "pause-agent"_L1) {
        const QString name = options->value(u"name"_s).toString();
        if (name == u"all")
            return std::pair(Scope{}, Hold::AgentPause);
        if (const auto agent = AgentName::parse(name))
            return std::pair(Scope{.agent = agent}, Hold::AgentPause);
    }
    if (spec->name == "pause-task"_L1) {
        const QString given = options->value(u"task_id"_s).toString();
        if (const auto task = given.isEmpty() ? call.place.task : TaskId::parse(given))
            return std::pair(Scope{.task = task}, Hold::TaskPause);
    }
    return std::nullopt; // found with the database's help; the handler stops it then
}

QFuture<Result<commands::Reply>> Hub::execute(const commands::CommandCall &call)
{
    auto promise = std::make_shared<QPromise<Result<commands::Reply>>>();
    promise->start();
    auto future = promise->future();
    HubCore *core = m_core.get();
    const auto dispatch = [core, call, promise](std::optional<agents::StopReport> stopped) {
        QMetaObject::invokeMethod(core, [core, call, promise, stopped] {
            whenDone(core->dispatcher().run(call, stopped), core, [promise](const Result<commands::Reply> &reply) {
                promise->addResult(reply);
                promise->finish();
            });
        });
    };
    if (const auto spec = Dispatcher::admit(call); spec && m_frontCommands.contains(QString((*spec)->name)))
        return m_frontCommands.value(QString((*spec)->name))(call);
    const auto scope = scopeOf(call);
    if (scope && Dispatcher::admit(call)) {
        // Frozen first, recorded afterwards: a slow disk must not keep an agent running.
        whenDone(m_brake->hold(scope->first, scope->second), this,
                 [dispatch](const Result<agents::StopReport> &report) {
                     dispatch(report ? std::optional(*report) : std::nullopt);
                 });
        return future;
    }
    dispatch(std::nullopt);
    return future;
}

template <class T, class Ask>
QFuture<Result<T>> Hub::askCore(Ask ask)
{
    auto promise = std::make_shared<QPromise<Result<T>>>();
    promise->start();
    auto future = promise->future();
    HubCore *core = m_core.get();
    QMetaObject::invokeMethod(core, [core, ask, promise] {
        whenDone(ask(*core), core, [promise](const Result<T> &answer) {
            promise->addResult(answer);
            promise->finish();
        });
    });
    return future;
}

void Hub::tellFront(const QString &name, const FrontStatus &status)
{
    HubCore *core = m_core.get();
    QMetaObject::invokeMethod(core, [core, name, status] { core->setFront(name, status); });
}

QFuture<Result<NotePort::Notes>> Hub::notes(const QString &kind)
{
    return m_core->commits().post([core = m_core.get(), kind] { return core->notes().ofKind(kind); });
}

QFuture<Result<>> Hub::setNote(const QString &kind, const QString &key, const QJsonObject &value)
{
    return m_core->commits().post(
        [core = m_core.get(), kind, key, value] { return core->notes().set(kind, key, value); });
}

QFuture<Result<>> Hub::removeNote(const QString &kind, const QString &key)
{
    return m_core->commits().post([core = m_core.get(), kind, key] { return core->notes().remove(kind, key); });
}

QFuture<Result<QJsonObject>> Hub::callTool(const ToolCall &call)
{
    return askCore<QJsonObject>([call](HubCore &core) { return core.lifecycle().call(call); });
}

QFuture<Result<QList<Suggestion>>> Hub::suggest(const SuggestCall &call)
{
    return askCore<QList<Suggestion>>([call](HubCore &core) { return core.suggest(call); });
}

QFuture<Result<QJsonObject>> Hub::query(const QueryCall &call)
{
    return askCore<QJsonObject>([call](HubCore &core) { return core.query(call); });
}

std::optional<RunId> Hub::runOfShim(qint64 pid, quint64 startTicks) const
{
    return m_brake->runOfShim({pid_t(pid), startTicks});
}

std::optional<RunId> Hub::runOfMark(const QByteArray &mark) const
{
    const QByteArray prefix = m_id.toLatin1() + '-';
    return mark.startsWith(prefix) ? RunId::parse(QString::fromLatin1(mark.mid(prefix.size()))) : std::nullopt;
}

void Hub::recordRefusal(const commands::Caller &caller, const QString &what)
{
    HubCore *core = m_core.get();
    QMetaObject::invokeMethod(
        core, [core, caller, what] { core->dispatcher().recordRefusal(caller, what, u"refused at the socket"_s); });
}

} // namespace hub
