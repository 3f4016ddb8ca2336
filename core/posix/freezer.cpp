#include "core/posix/freezer.h"

namespace hub::posix
{

std::string_view freezeMethodText(FreezeMethod method)
{
    switch (method) {
    case FreezeMethod::Cgroup2: return "cgroup2";
    case FreezeMethod::Cgroup1: return "cgroup1";
    case FreezeMethod::Walk: break;
    }
    return "walk";
}

std::unique_ptr<Freezer> makeFreezer(std::string_view setting, std::string_view mark, std::string &problem)
{
    const bool any = setting == "auto";
    if (any || setting == "cgroup2") {
        if (auto freezer = makeCgroupFreezer(FreezeMethod::Cgroup2, mark, problem))
            return freezer;
    }
    if (any || setting == "cgroup1") {
        if (auto freezer = makeCgroupFreezer(FreezeMethod::Cgroup1, mark, problem))
            return freezer;
    }
    if (any || setting == "walk")
        return makeWalkFreezer();
    if (problem.empty())
        problem = "unknown freezing method '" + std::string(setting) + "'";
    return nullptr;
}

} // namespace hub::posix
