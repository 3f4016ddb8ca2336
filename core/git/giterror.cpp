#include "core/git/giterror.h"

#include <git2.h>

#include <mutex>

using namespace Qt::StringLiterals;

namespace hub::git
{

void startLibgit2()
{
    static std::once_flag once;
    std::call_once(once, [] {
        git_libgit2_init();
        // By default whole packs are mapped and up to 256 MB of objects cached: too much for a small board.
        git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, size_t(1) << 20);
        git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, size_t(16) << 20);
        git_libgit2_opts(GIT_OPT_SET_MWINDOW_FILE_LIMIT, size_t(64));
        git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, ssize_t(4) << 20);
        git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
    });
}

Error gitError(int code, QStringView doing)
{
    const git_error *last = git_error_last();
    const QString reason = last && last->message ? QString::fromUtf8(last->message) : u"error %1"_s.arg(code);
    return fail(code == GIT_ENOTFOUND ? ErrorCode::NotFound : ErrorCode::Git, u"cannot %1: %2"_s.arg(doing, reason));
}

} // namespace hub::git
