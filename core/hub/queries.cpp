#include "core/hub/queries.h"

#include "core/base/json.h"
#include "core/commands/commandspec.h"
#include "core/hub/lookback.h"
#include "core/state/screenstore.h"

using namespace Qt::StringLiterals;

namespace hub
{

namespace
{

// What a worker needs, as values.
struct Sources {
    QString stateFile, monitorFile, bodies;
    LookBack lookBack;
};

using Arguments = QJsonObject;

Error wrong(const QString &what) { return fail(ErrorCode::InvalidInput, what); }

Result<TaskId> taskOf(const Arguments &arguments)
{
    if (const auto id = TaskId::parse(arguments[u"task_id"_s].toVariant().toString()))
        return *id;
    return wrong(u"task_id must be the number of a task"_s);
}

Result<Instant> momentOf(const Arguments &arguments, const QString &name)
{
    const QDateTime at = QDateTime::fromString(arguments[name].toString(), Qt::ISODateWithMs);
    if (!at.isValid() || at.timeSpec() == Qt::LocalTime)
        return wrong(u"%1 must be a time in ISO, with its zone"_s.arg(name));
    return fromMillis(at.toMSecsSinceEpoch());
}

template <class Ask>
Result<QJsonObject> fromState(const Sources &sources, Ask ask)
{
    HUB_TRY(const auto database, db::Database::open(sources.stateFile, db::Database::Mode::ReadOnly));
    const state::BodyStore bodies(sources.bodies);
    return ask(state::ScreenStore(*database, bodies));
}

Result<QJsonObject> tasks(const Sources &sources, const Arguments &)
{
    return fromState(sources, [](const state::ScreenStore &store) -> Result<QJsonObject> {
        HUB_TRY(const QJsonArray rows, store.tasks());
        return QJsonObject{{u"tasks"_s, rows}};
    });
}

Result<QJsonObject> messages(const Sources &sources, const Arguments &arguments)
{
    HUB_TRY(const TaskId task, taskOf(arguments));
    return fromState(sources, [&](const state::ScreenStore &store) -> Result<QJsonObject> {
        HUB_TRY(const QJsonArray rows,
                store.messages(task, arguments[u"first"_s].toInteger(1), arguments[u"last"_s].toInteger(0)));
        return QJsonObject{{u"messages"_s, rows}};
    });
}

Result<QJsonObject> findMessage(const Sources &sources, const Arguments &arguments)
{
    HUB_TRY(const TaskId task, taskOf(arguments));
    const QString words = arguments[u"text"_s].toString();
    if (words.isEmpty())
        return wrong(u"text must say what to look for"_s);
    return fromState(sources, [&](const state::ScreenStore &store) -> Result<QJsonObject> {
        HUB_TRY(const auto found,
                store.findMessage(task, words, arguments[u"from"_s].toInteger(1), arguments[u"backwards"_s].toBool()));
        return found ? QJsonObject{{u"message_id"_s, *found}} : QJsonObject();
    });
}

// The alerts of the time, as marks of the tasks that they are of.
Result<> addAlerts(const Sources &sources, std::optional<TaskId> task, Instant from, Instant to,
                   QMap<qint64, QJsonArray> &byTask)
{
    HUB_TRY(const auto database, db::Database::open(sources.monitorFile, db::Database::Mode::ReadOnly));
    HUB_TRY(const auto alerts, monitor::AlertBook(*database).list(false, {}, from));
    for (auto alert = alerts.rbegin(); alert != alerts.rend(); ++alert) {
        if (alert->at > to || (task && alert->report.task != task))
            continue;
        byTask[alert->report.task ? alert->report.task->value() : 0].append(
            QJsonObject{{u"kind"_s, u"alert"_s},
                        {u"id"_s, alert->id.toString()},
                        {u"type"_s, textOf(alertLevelTexts, alert->report.level)},
                        {u"text"_s, alert->report.title},
                        {u"from"_s, toIso(alert->at)},
                        {u"to"_s, toIso(alert->at)}});
    }
    return {};
}

Result<QJsonObject> timeLine(const Sources &sources, const Arguments &arguments)
{
    std::optional<TaskId> task;
    if (arguments.contains(u"task_id"_s)) {
        HUB_TRY(task, taskOf(arguments));
    }
    HUB_TRY(const Instant from, momentOf(arguments, u"from"_s));
    HUB_TRY(const Instant to, momentOf(arguments, u"to"_s));
    HUB_TRY(const auto database, db::Database::open(sources.stateFile, db::Database::Mode::ReadOnly));
    const state::BodyStore bodies(sources.bodies);
    HUB_TRY(auto byTask, state::ScreenStore(*database, bodies).marks(task, from, to));
    HUB_CHECK(addAlerts(sources, task, from, to, byTask));
    QJsonArray lanes;
    for (auto lane = byTask.cbegin(); lane != byTask.cend(); ++lane)
        lanes.append(QJsonObject{{u"task_id"_s, lane.key()}, {u"marks"_s, *lane}});
    return QJsonObject{{u"lanes"_s, lanes}};
}

Result<QJsonObject> chart(const Sources &sources, const Arguments &arguments)
{
    LookBack wanted = sources.lookBack;
    HUB_TRY(wanted.from, momentOf(arguments, u"from"_s));
    HUB_TRY(wanted.to, momentOf(arguments, u"to"_s));
    if (wanted.from >= wanted.to)
        return wrong(u"from must be before to"_s);
    HUB_TRY(const chart::Chart past, chartOf(wanted));
    return QJsonObject{{u"chart"_s, QJsonDocument::fromJson(chart::toJson(past)).object()}};
}

struct QueryRow {
    QLatin1StringView name;
    Result<QJsonObject> (*read)(const Sources &, const Arguments &);
};
constexpr QueryRow queries[]{{"tasks"_L1, tasks},
                             {"messages"_L1, messages},
                             {"find-message"_L1, findMessage},
                             {"time-line"_L1, timeLine},
                             {"chart"_L1, chart}};

} // namespace

QFuture<Result<QJsonObject>> answerQuery(Services &services, const QueryCall &call)
{
    if (call.caller.role < commands::roleFor(commands::Access::Viewer))
        return readyFuture<QJsonObject>(
            fail(ErrorCode::Refused, u"Only people who may look here can ask the hub for what it shows."_s));
    const auto row = std::find_if(std::begin(queries), std::end(queries),
                                  [&](const QueryRow &query) { return query.name == call.name; });
    if (row == std::end(queries))
        return readyFuture<QJsonObject>(
            fail(ErrorCode::NotFound, u"There is no query '%1'."_s.arg(call.name.left(80))));
    const Sources sources{
        .stateFile = services.data.stateDatabase(),
        .monitorFile = services.history.file(),
        .bodies = services.data.bodies(),
        .lookBack = {.database = services.history.file(),
                     .rules = monitor::rulesFrom(services.settings),
                     .interval = std::chrono::seconds{services.settings.number(setting::monitorSeconds)},
                     .chartTitle = QSysInfo::machineHostName()}};
    return services.workers.run(u"screen "_s + call.name,
                                [row, sources, arguments = call.arguments] { return row->read(sources, arguments); });
}

} // namespace hub
