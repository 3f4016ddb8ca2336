// The ref guard as the hub sets it up and as agenthub-hook reads it: names and the format of its small file. The folder
// lies in the repository's common git folder and holds the helper itself, so that neither a hub nor an installation is
// needed for it to work.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hub::posix
{

inline constexpr char guardFolder[] = "agenthub-guard"; // in the common git folder
inline constexpr char guardHooks[] = "hooks";           // in it: what core.hooksPath names
inline constexpr char guardProgram[] = "agenthub-hook"; // in it: the helper, to which every hook is a link
inline constexpr char guardFileName[] = "guard";        // in it: the file below
inline constexpr char guardMoves[] = "moves";           // in it: what people moved, a line each, see below

// A line of that file: when (ms since 1970), who (uid), from, to, ref. What a person's git is about to move is written
// with this behind it before the ref moves, so that whoever sees the new value finds a line about it already; once it
// is moved, a line without.
inline constexpr char guardIntended[] = " intended";

// Hooks that run in every commit after pre-commit or the first reference-transaction. Being called costs git a process
// each, so a link stands only when there is such a hook; the helper makes it when one has appeared.
inline constexpr const char *guardLateHooks[]{"prepare-commit-msg", "commit-msg", "post-commit"};

struct GuardFile {
    std::vector<std::string> branches; // full names: refs/heads/main
    bool everyone = false;             // people commit to them in no way but by bringing a branch home
    std::string chain;                 // the folder of the hooks that were there before; git reads a relative one from
                                       // the folder that it runs hooks in, and so does the helper

    friend bool operator==(const GuardFile &, const GuardFile &) = default;
};

std::string encodeGuard(const GuardFile &guard);
// Empty on success, else what is wrong with the text.
std::string decodeGuard(std::string_view text, GuardFile &guard);

} // namespace hub::posix
