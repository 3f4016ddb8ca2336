// Stops, continues, ends and counts a whole process tree, whatever sessions and groups its processes made.
// Three ways, probed at run time in this order: a control group of version 2, one of version 1 (freezer), and a
// repeated walk over the descendants of the calling process, which must be a child subreaper so that nothing escapes.
// One thread: the shim's. Calls block, at most about two seconds.
#pragma once

#include "core/posix/procfs.h"

#include <memory>

namespace hub::posix
{

enum class FreezeMethod : uint8_t { Walk = 1, Cgroup1 = 2, Cgroup2 = 3 };

std::string_view freezeMethodText(FreezeMethod method); // walk, cgroup1, cgroup2

struct FreezeReport {
    FreezeMethod method = FreezeMethod::Walk;
    bool success = false;   // every process of the tree is in the state that was asked for
    uint32_t processes = 0; // seen in the tree
    uint32_t micros = 0;    // time taken
};

class Freezer
{
public:
    virtual ~Freezer() = default;

    virtual FreezeMethod method() const = 0;
    // The group's folder; empty when walking.
    virtual const std::string &group() const = 0;
    // Called in the forked child before it executes the agent. 0 or an errno. Allocates nothing.
    virtual int join() = 0;

    // When it fails the tree stays as far stopped as it got, so that a later thaw or kill begins from there.
    virtual FreezeReport freeze() = 0;
    virtual FreezeReport thaw() = 0;
    // SIGKILL for all, frozen or not; nothing of the tree runs in between. Zombies are left to the caller's waitpid.
    virtual FreezeReport kill() = 0;
    // Living processes.
    virtual uint32_t count() = 0;
    // Gives back what the kernel holds for the tree; it must be empty.
    virtual void remove() = 0;
};

// `setting` is auto, cgroup2, cgroup1 or walk; `mark` names the group ("agenthub-<mark>"). Null when the method is
// forced and can't be used here; `problem` then says why.
std::unique_ptr<Freezer> makeFreezer(std::string_view setting, std::string_view mark, std::string &problem);

std::unique_ptr<Freezer> makeWalkFreezer();
// Null when groups of that version can't be made, or processes can't be moved into them, by this user.
std::unique_ptr<Freezer> makeCgroupFreezer(FreezeMethod version, std::string_view mark, std::string &problem);

// Ends everything in a group that another process made, and removes the group. Success with zero processes when there
// is no such group. `group` must be the path that the run's identity names.
FreezeReport killGroup(FreezeMethod version, const std::string &group);

} // namespace hub::posix
