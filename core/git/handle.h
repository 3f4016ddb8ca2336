// Owners for libgit2's handles. Private to core/git: the only header of ours that includes <git2.h>.
#pragma once

#include "core/git/giterror.h"

#include <git2.h>

#include <memory>

namespace hub::git
{

template <auto Free>
struct GitFree {
    void operator()(auto *handle) const noexcept { Free(handle); }
};

using OdbHandle = std::unique_ptr<git_odb, GitFree<git_odb_free>>;
using OdbObjectHandle = std::unique_ptr<git_odb_object, GitFree<git_odb_object_free>>;
using ConfigHandle = std::unique_ptr<git_config, GitFree<git_config_free>>;
using PatchHandle = std::unique_ptr<git_patch, GitFree<git_patch_free>>;

struct GitBuffer {
    git_buf raw = GIT_BUF_INIT;
    GitBuffer() = default;
    GitBuffer(const GitBuffer &) = delete;
    GitBuffer &operator=(const GitBuffer &) = delete;
    ~GitBuffer() { git_buf_dispose(&raw); }
    QByteArray bytes() const { return QByteArray(raw.ptr, qsizetype(raw.size)); }
};

template <class Handle>
Result<Handle> gitMake(QStringView doing, auto function, auto... arguments)
{
    startLibgit2();
    typename Handle::pointer raw = nullptr;
    if (const int code = function(&raw, arguments...); code < 0)
        return gitError(code, doing);
    return Handle{raw};
}

} // namespace hub::git
