#include "core/git/vaultwalk.h"

using namespace Qt::StringLiterals;

namespace hub::git
{

QByteArray revisions(const std::set<ObjectId> &with, const QList<ObjectId> &without)
{
    QByteArray text;
    text.reserve(qsizetype(with.size() + size_t(without.size())) * 42);
    for (const ObjectId &id : with)
        text += id.hex() + '\n';
    for (const ObjectId &id : without)
        text += '^' + id.hex() + '\n';
    return text;
}

GitCall careCall(const QByteArray &vault, const QList<QByteArray> &arguments, const std::atomic<bool> *stop)
{
    GitCall call{.folder = vault,
                 .arguments = {"-c", "core.packedGitLimit=16m", "-c", "core.packedGitWindowSize=1m", "-c",
                               "core.deltaBaseCacheLimit=4m", "-c", "core.bigFileThreshold=4m", "-c",
                               "pack.deltaCacheSize=4m", "-c", "pack.windowMemory=12m", "-c", "pack.threads=1"},
                 .writes = true,
                 .timeLimit = std::chrono::hours{12},
                 .stop = stop,
                 .aside = stop != nullptr};
    call.arguments += arguments;
    return call;
}

// Calls with each object that these reach and the others don't.
Result<> walk(const QByteArray &vault, const std::set<ObjectId> &with, const QList<ObjectId> &without,
              const std::atomic<bool> *stop, const std::function<void(const ObjectId &)> &reached)
{
    if (with.empty())
        return {};
    GitCall call = careCall(vault, {"rev-list", "--objects", "--no-object-names", "--stdin"}, stop);
    call.input = revisions(with, without);
    QByteArray rest;
    call.take = [&](QByteArrayView more) {
        rest.append(more);
        qsizetype from = 0;
        for (qsizetype end; (end = rest.indexOf('\n', from)) >= 0; from = end + 1) {
            if (const auto id = ObjectId::fromHex(QByteArrayView(rest).sliced(from, end - from)))
                reached(*id);
        }
        rest.remove(0, from);
    };
    auto walked = runGit(call);
    if (!walked)
        return std::move(walked).error().within(u"look which objects are needed");
    return {};
}

} // namespace hub::git
