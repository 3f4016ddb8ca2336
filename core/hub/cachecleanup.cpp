#include "core/hub/cachecleanup.h"

#include "core/commands/counted.h"

#include <QFile>

using namespace Qt::StringLiterals;

namespace hub
{

using commands::counted;
using commands::Reply;
using commands::Severity;
using recovery::sizeText;

namespace
{

Reply replyAbout(const Services &services, const recovery::CachePlan &plan, bool done)
{
    commands::Table gone{.title = done ? u"Removed"_s : u"To be removed"_s,
                         .columns = {u"what"_s, u"task"_s, u"kind"_s, u"size"_s, u"written"_s},
                         .whenEmpty = u"No build output and no cache is there that may go."_s};
    commands::Table kept{.title = u"Kept"_s, .columns = {u"what"_s, u"task"_s, u"why"_s}};
    QJsonArray goneData, keptData;
    const auto keep = [&](const recovery::TreeCaches &tree, const QString &path, const QString &why) {
        kept.rows << QStringList{path.isEmpty() ? u"all of it"_s : path, u'#' + tree.task.toString(), why};
        keptData.append(QJsonObject{{u"task_id"_s, tree.task.value()}, {u"path"_s, path}, {u"why"_s, why}});
    };
    for (const recovery::TreeCaches &tree : plan.trees) {
        for (const auto &[path, why] : tree.withheld)
            keep(tree, QFile::decodeName(path), why);
        if (!tree.stays.isEmpty()) {
            keep(tree, {}, tree.stays);
            continue;
        }
        for (const git::CacheEntry &entry : tree.entries) {
            const QString path = QFile::decodeName(entry.path);
            gone.rows << QStringList{path, u'#' + tree.task.toString(), entry.kind, sizeText(entry.bytes),
                                     agoText(entry.newest, services.now())};
            goneData.append(QJsonObject{{u"task_id"_s, tree.task.value()},
                                        {u"path"_s, path},
                                        {u"kind"_s, entry.kind},
                                        {u"bytes"_s, entry.bytes},
                                        {u"written_at"_s, toIso(entry.newest)}});
        }
    }
    const QString what =
        u"%1 of build output and caches, %2"_s.arg(counted(goneData.size(), u"place"_s), sizeText(plan.bytes()));
    Reply reply{.severity = done ? Severity::Ok : Severity::Warning,
                .title = (done ? u"Removed: %1"_s : u"Remove %1?"_s).arg(what),
                .tables = {gone},
                .data = {{u"removed"_s, done ? goneData : QJsonArray()},
                         {u"to_be_removed"_s, done ? QJsonArray() : goneData},
                         {u"kept"_s, keptData},
                         {u"bytes"_s, plan.bytes()}}};
    if (!goneData.isEmpty())
        reply.text = u"A build makes it again, and the project's setup runs before the agent does. Nothing that git "
                     "tracks or a checkpoint holds is among it."_s;
    if (!kept.rows.isEmpty())
        reply.tables << kept;
    return reply;
}

} // namespace

QFuture<Result<Reply>> cleanCaches(Services &services, const Invocation &in)
{
    return replyAfter(
        &services.driver, services.governor.plan(),
        [&services, in](const recovery::CachePlan &plan) -> QFuture<Result<Reply>> {
            if (!in.call.yes && in.call.confirm.isEmpty()) {
                Reply reply = replyAbout(services, plan, false);
                reply.confirm = plan.confirm();
                return readyFuture<Reply>(std::move(reply));
            }
            if (!in.call.confirm.isEmpty() && in.call.confirm != plan.confirm())
                return readyFuture<Reply>(fail(ErrorCode::Conflict,
                                               u"Something changed since the preview, so nothing was removed."_s,
                                               u"Look at the new preview and confirm again."_s));
            return replyWhen(&services.driver, services.governor.carryOut(plan, in.who(), in.call.caller.origin),
                             [&services](const recovery::CachePlan &gone) -> Result<Reply> {
                                 return replyAbout(services, gone, true);
                             });
        });
}

} // namespace hub
