// The repository that git works on when it calls a hook, and where its refs stand.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hub::hook
{

struct Repository {
    std::string gitDir;    // of the working tree; empty when it can't be told
    std::string commonDir; // of the repository
};

// As git tells hooks: by GIT_DIR, else by the folder that it starts them in.
Repository repositoryHere();

// The same file or folder, by whatever path.
bool sameFile(const std::string &one, const std::string &other);

// The branch at HEAD by its full name; empty when it is detached or can't be read.
std::string branchAtHead(const Repository &repository);

// Where a ref stands, as hexadecimal text; empty when there is none, or when it is a symbolic one.
std::string looseValue(const Repository &repository, const std::string &ref);
std::string packedValue(const Repository &repository, const std::string &ref);
std::string currentValue(const Repository &repository, const std::string &ref);

// One line of what git says about a transaction. `from` and `to` are views into the text.
struct Move {
    std::string_view from;
    std::string_view to;
    std::string_view ref;
};

std::vector<Move> parseMoves(std::string_view text);

// No object: what git writes for a ref that is created, deleted or forced.
bool isNull(std::string_view id);

// The transaction leaves the ref where it is: a repeated value, or `git pack-refs` taking the loose file away after it
// packed the same value.
bool leavesAsIs(const Repository &repository, const Move &move, bool packing);

} // namespace hub::hook
