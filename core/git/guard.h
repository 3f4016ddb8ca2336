// The ref guard of a repository: a folder of hooks in its common git folder that keeps agents off protected branches
// (app/hook), put before the hooks that are there by core.hooksPath. Blocks: the project's git worker.
//
// Each function looks first at what is done already, so that any of them may be done again after it was cut off.
// Uninstalling leaves .git byte for byte as it was found, unless somebody else changed its configuration meanwhile.
#pragma once

#include "core/git/repository.h"

namespace hub::git
{

struct GuardRules {
    QByteArray program;   // agenthub-hook; a copy of it goes into the repository
    QStringList branches; // short names; the default branch of each remote is added
    bool everyone = false;
};

struct GuardState {
    bool installed = false;
    QStringList branches; // short names
    bool everyone = false;
    QStringList chained;  // earlier hooks that go on running, by name
    QByteArray chain;     // the folder where they lie
    QStringList problems; // where git would run no guard; a sentence each
};

// Short names: those of the rules, and the default branch of each remote.
Result<QStringList> protectedBranches(const RepositoryPlace &place, const QStringList &branches);

Result<GuardState> guardState(const RepositoryPlace &place);
Result<GuardState> installGuard(const RepositoryPlace &place, const GuardRules &rules);
Result<> uninstallGuard(const RepositoryPlace &place);

// Installs again where the guard was installed: new rules, a new helper, hooks that came since, a configuration that
// another program changed. Elsewhere nothing is done.
Result<> refreshGuard(const RepositoryPlace &place, const GuardRules &rules);

// After the repository was moved: git's configuration and the guard name folders by their whole path. Looks by itself
// where they were. A configuration that nobody else changed meanwhile goes on to be put back byte for byte.
Result<> moveGuard(const RepositoryPlace &place);

} // namespace hub::git
