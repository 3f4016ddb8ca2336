#include "app/hook/refs.h"

#include "core/posix/fd.h"

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>

namespace hub::hook
{

namespace
{

using posix::readFileAt;

std::string firstLineOf(const std::string &path)
{
    std::string text;
    if (readFileAt(AT_FDCWD, path.c_str(), text) != 0)
        return {};
    return text.substr(0, text.find('\n'));
}

std::string below(const std::string &folder, const std::string &path)
{
    return path.starts_with('/') ? path : folder + '/' + path;
}

bool isFolder(const std::string &path)
{
    struct stat info;
    return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

std::string gitDirHere()
{
    if (const char *told = std::getenv("GIT_DIR"); told && *told)
        return told;
    if (isFolder(".git"))
        return ".git";
    constexpr std::string_view key = "gitdir: ";
    if (const std::string link = firstLineOf(".git"); link.starts_with(key))
        return link.substr(key.size());
    return isFolder("objects") && isFolder("refs") ? "." : std::string();
}

} // namespace

Repository repositoryHere()
{
    Repository found;
    found.gitDir = gitDirHere();
    if (found.gitDir.empty())
        return found;
    const std::string common = firstLineOf(found.gitDir + "/commondir");
    found.commonDir = common.empty() ? found.gitDir : below(found.gitDir, common);
    return found;
}

bool sameFile(const std::string &one, const std::string &other)
{
    struct stat first, second;
    return ::stat(one.c_str(), &first) == 0 && ::stat(other.c_str(), &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

std::string branchAtHead(const Repository &repository)
{
    constexpr std::string_view key = "ref: ";
    const std::string line = firstLineOf(repository.gitDir + "/HEAD");
    return line.starts_with(key) ? line.substr(key.size()) : std::string();
}

std::string looseValue(const Repository &repository, const std::string &ref)
{
    const std::string line = firstLineOf(repository.commonDir + '/' + ref);
    return line.starts_with("ref:") ? std::string() : line;
}

std::string packedValue(const Repository &repository, const std::string &ref)
{
    std::string text;
    if (readFileAt(AT_FDCWD, (repository.commonDir + "/packed-refs").c_str(), text) != 0)
        return {};
    const size_t at = text.find(' ' + ref + '\n');
    if (at == std::string::npos)
        return {};
    const size_t line = text.rfind('\n', at);
    const size_t begin = line == std::string::npos ? 0 : line + 1;
    return text.substr(begin, at - begin);
}

std::string currentValue(const Repository &repository, const std::string &ref)
{
    const std::string loose = looseValue(repository, ref);
    return loose.empty() ? packedValue(repository, ref) : loose;
}

std::vector<Move> parseMoves(std::string_view text)
{
    std::vector<Move> moves;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        const size_t first = line.find(' ');
        const size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
        if (second != std::string_view::npos)
            moves.push_back(
                {line.substr(0, first), line.substr(first + 1, second - first - 1), line.substr(second + 1)});
    }
    return moves;
}

bool isNull(std::string_view id) { return id.find_first_not_of('0') == std::string_view::npos; }

// The old value that git names is no help: it is null for every forced update and for `branch -D`.
bool leavesAsIs(const Repository &repository, const Move &move, bool packing)
{
    const std::string ref(move.ref);
    const std::string loose = looseValue(repository, ref);
    const std::string packed = packedValue(repository, ref);
    if (isNull(move.to))
        return packing && !loose.empty() && packed == loose;
    return move.to == (loose.empty() ? packed : loose);
}

} // namespace hub::hook
