// Bringing a task's work home, and taking that back.
#include "core/commands/counted.h"
#include "core/hub/goback.h"
#include "core/settings/projectsettings.h"

using namespace Qt::StringLiterals;

namespace hub
{

using commands::counted;
using commands::Reply;
using commands::Severity;
using recovery::FinishHow;
using recovery::FinishPlan;
using recovery::FinishReceipt;
using recovery::FinishRequest;

namespace
{

QStringList protectedSetting(const Services &services)
{
    return services.settings.text(setting::protectedBranches).split(u',', Qt::SkipEmptyParts);
}

bool mayMoveProtected(const Invocation &in) { return in.call.caller.role >= commands::Role::Admin; }

QString questionOf(const Task &task, const FinishPlan &plan)
{
    const QString id = u'#' + task.id.toString();
    switch (plan.how) {
    case FinishHow::Push: return u"Push %1 of %2 to %3?"_s.arg(plan.branch, id, plan.remote);
    case FinishHow::Merge: return u"Merge %1 into %2?"_s.arg(id, plan.into);
    case FinishHow::Squash: return u"Bring %1 into %2 as one commit?"_s.arg(id, plan.into);
    case FinishHow::Keep: return u"End %1 and keep its branch %2?"_s.arg(id, plan.branch);
    case FinishHow::Discard: return u"Put %1 away, with its branch %2?"_s.arg(id, plan.branch);
    }
    Q_UNREACHABLE();
}

Reply planReply(const Task &task, const FinishPlan &plan)
{
    Reply reply{.severity = Severity::Warning, .title = questionOf(task, plan), .confirm = plan.confirm};
    const qsizetype files = plan.uncommitted.size();
    QStringList text;
    if (plan.moved) {
        const QString more =
            u"%1 that %2 uncommitted now"_s.arg(counted(files, u"file"_s), files == 1 ? u"is"_s : u"are"_s);
        text << (files == 0          ? counted(plan.commits, u"commit"_s) + u'.'
                 : plan.commits == 0 ? u"One commit, of %1."_s.arg(more)
                                     : u"%1, and one more of %2."_s.arg(counted(plan.commits, u"commit"_s), more));
        if (merges(plan.how))
            text << u"It merges without conflicts."_s;
        if (!plan.check.isEmpty())
            text << u"First the project's check runs: %1"_s.arg(plan.check);
        if (files > 0 || plan.how == FinishHow::Squash)
            reply.fields.append({u"Message"_s, plan.message.section(u'\n', 0, 0)});
        if (!plan.link.isEmpty())
            reply.fields.append({u"Pull request"_s, plan.link});
    } else if (plan.how == FinishHow::Keep) {
        text << (files == 0 ? u"Nothing is merged or pushed."_s
                            : u"Nothing is merged or pushed; %1 in its folder %2 uncommitted and %3 so."_s.arg(
                                  counted(files, u"file"_s), files == 1 ? u"is"_s : u"are"_s,
                                  files == 1 ? u"stays"_s : u"stay"_s));
    } else {
        text << u"%1 and %2 go, with its working tree. The vault keeps all of it."_s.arg(
            counted(plan.commits, u"commit"_s), counted(files, u"uncommitted file"_s));
    }
    if (!plan.nested.isEmpty())
        text << u"Repositories of their own in its folder are left out: %1."_s.arg(plan.nested.join(u", "_s));
    text << u"Its files are saved first, and it can be undone."_s;
    reply.text = text.join(u' ');
    if (files > 0)
        reply.tables << pathTable(plan.moved ? u"Uncommitted; these are committed first"_s : u"Uncommitted"_s,
                                  plan.uncommitted);
    reply.data = {{u"task_id"_s, task.id.value()}, {u"how"_s, textOf(recovery::finishHowTexts, plan.how)},
                  {u"branch"_s, plan.branch},      {u"into"_s, plan.into},
                  {u"remote"_s, plan.remote},      {u"pull_request"_s, plan.link},
                  {u"commits"_s, plan.commits},    {u"uncommitted"_s, QJsonArray::fromStringList(plan.uncommitted)},
                  {u"check"_s, plan.check}};
    return reply;
}

QString titleOf(const FinishReceipt &receipt)
{
    const QString id = u'#' + receipt.task.toString();
    switch (receipt.how) {
    case FinishHow::Push: return u"%1 is finished: %2 is at %3"_s.arg(id, receipt.branch, receipt.remote);
    case FinishHow::Merge: return u"%1 is finished: merged into %2"_s.arg(id, receipt.into);
    case FinishHow::Squash: return u"%1 is finished: in %2 as one commit"_s.arg(id, receipt.into);
    case FinishHow::Keep: return u"%1 is finished; its branch %2 stays"_s.arg(id, receipt.branch);
    case FinishHow::Discard: return u"%1 is put away"_s.arg(id);
    }
    Q_UNREACHABLE();
}

Reply receiptReply(const FinishReceipt &receipt, const QString &title)
{
    Reply reply{.title = title};
    const auto field = [&](const QString &name, const QString &value) {
        if (!value.isEmpty())
            reply.fields.append({name, value});
    };
    field(u"Operation"_s, receipt.operation.toString());
    if (!receipt.undo) {
        if (recovery::merges(receipt.how) || receipt.how == FinishHow::Push)
            field(u"Commit"_s, receipt.commit.left(12));
        field(u"Pull request"_s, receipt.link);
        if (receipt.committed > 0)
            field(u"Committed first"_s, counted(receipt.committed, u"file"_s));
    }
    field(u"Saved before"_s, receipt.before.number > 0 ? receipt.before.toString() : QString());
    if (!receipt.notes.isEmpty()) {
        commands::Table table{.columns = {u"mind"_s}};
        for (const QString &note : receipt.notes)
            table.rows << QStringList{note};
        reply.tables << table;
    }
    reply.next = {u"rollback undo "_s + receipt.operation.toString(), u"task-status "_s + receipt.task.toString()};
    reply.data = receipt.toJson();
    return reply;
}

// The check is held by a shim like an agent, so what stops agents stops it.
Result<> refuseFrozenCheck(const Services &services, const Task &task, const FinishRequest &request)
{
    const auto project = services.stores.projects.get(task.spec.project);
    const bool checks = request.check && project &&
                        !ProjectSettings(project->options).text(projectsetting::check).isEmpty() &&
                        request.how != FinishHow::Keep && request.how != FinishHow::Discard;
    HUB_TRY(QStringList reasons, services.driver.blockers(task));
    if (const QString &overload = services.driver.overload(); !overload.isEmpty() && !reasons.contains(overload))
        reasons << overload; // an agent that idles is ended for it
    if (!checks || reasons.isEmpty())
        return {};
    return fail(ErrorCode::Refused,
                u"The project's check can't run now: %1 Nothing was changed."_s.arg(reasons.join(u' ')),
                u"--check no leaves it out."_s);
}

QFuture<Result<Reply>> finishTask(Services &services, const Invocation &in)
{
    const auto task = findTask(services, in.call, in.options);
    if (!task)
        return readyFuture<Reply>(task.error());
    FinishRequest request{.task = task->id,
                          .into = in.text("into"_L1),
                          .message = in.text("message"_L1).trimmed(),
                          .check = !in.has("check"_L1) || in.flag("check"_L1),
                          .who = in.who(),
                          .protectedBranches = protectedSetting(services),
                          .mayMoveProtected = mayMoveProtected(in),
                          .confirm = in.call.confirm};
    if (in.has("how"_L1)) {
        const auto how = enumFromText(recovery::finishHowTexts, in.text("how"_L1), u"how");
        if (!how)
            return readyFuture<Reply>(how.error());
        request.how = *how;
    }
    if (in.call.dryRun || (!in.call.yes && in.call.confirm.isEmpty()))
        return replyWhen(&services.driver, services.finish.preview(request),
                         [task = *task](const FinishPlan &plan) -> Result<Reply> { return planReply(task, plan); });
    if (const auto may = refuseFrozenCheck(services, *task, request); !may)
        return readyFuture<Reply>(may.error());
    return replyWhen(
        &services.driver, services.finish.execute(request),
        [](const FinishReceipt &receipt) -> Result<Reply> { return receiptReply(receipt, titleOf(receipt)); });
}

} // namespace

QFuture<Result<Reply>> undoFinish(Services &services, const Invocation &in, const state::Operation &operation,
                                  const QString &what)
{
    const recovery::Finish::UndoRequest request{.operation = operation.id,
                                                .who = in.who(),
                                                .protectedBranches = protectedSetting(services),
                                                .mayMoveProtected = mayMoveProtected(in)};
    const QString id = operation.id.toString();
    const QString confirm = u"undo "_s + id;
    if (in.call.dryRun || (!in.call.yes && in.call.confirm != confirm))
        return replyWhen(&services.driver, services.finish.previewUndo(request),
                         [what, confirm](const QStringList &sentences) -> Result<Reply> {
                             return Reply{.severity = Severity::Warning,
                                          .title = u"Undo %1?"_s.arg(what),
                                          .text = sentences.join(u' '),
                                          .confirm = confirm};
                         });
    return replyWhen(
        &services.driver, services.finish.undo(request),
        [id](const FinishReceipt &receipt) -> Result<Reply> { return receiptReply(receipt, id + u" is undone"_s); });
}

std::span<const HandlerRow> finishHandlers()
{
    static const HandlerRow rows[]{{"finish-task"_L1, &finishTask}};
    return rows;
}

} // namespace hub
