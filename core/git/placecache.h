// Where repositories lie, asked of git once: three processes for each of a hundred trees cost more than reading them.
// Any thread.
#pragma once

#include "core/git/repository.h"

#include <array>
#include <map>
#include <mutex>

namespace hub::git
{

class PlaceCache
{
public:
    // As locateTree(). What is known is used only while `.git` and the configuration files are the ones that git saw.
    Result<RepositoryPlace> of(const QByteArray &path);

private:
    using Stamp = std::array<qint64, 4>;
    struct Known {
        RepositoryPlace place;
        std::array<Stamp, 5> seen;
    };
    static Stamp stampOf(const QByteArray &path);
    static std::array<Stamp, 5> look(const QByteArray &path, const RepositoryPlace &place);

    std::mutex m_mutex;
    std::map<QByteArray, Known> m_known;
};

} // namespace hub::git
