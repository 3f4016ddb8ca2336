// Keeps a vault small: merges the hub's own packs, and drops objects that nothing has named for a while. Three steps,
// so that a checkpoint never waits for a pack to be built: plan (the project's worker), build (any thread, beside
// checkpoints), install (the project's worker again; short).
//
// Two rules make it safe. Both count for every object of the hub's own packs:
// 1. What is in the vault is whole: all that an object names is there too. Checkpoints rely on it, for they take over
//    what is "already in the vault" without looking further, whether or not a ref reaches it. So what stays stays with
//    all that it names, and what goes goes in one step that a crash can't cut in two.
// 2. An object goes only when no ref reaches it (retired ones included, which stay for the grace period), nothing in
//    a pack that stays names it, and its own pack was written before the grace period.
// A checkpoint that takes over an unreachable object while the pack is built has, by the time of the install, either
// named it by a ref or a new pack, and then nothing is dropped this time; or it is not under way, since it runs on the
// same worker, and the next one finds the object gone and writes it again.
#pragma once

#include "core/git/packfolder.h"
#include "core/git/vault.h"

#include <atomic>
#include <set>

namespace hub::git
{

struct CareRules {
    int mostPacks = 50;
    std::chrono::seconds grace = std::chrono::hours{24};
};

enum class CareKind { Merge, Sweep };

// A piece of work on its way through the three steps.
struct CareWork {
    CareKind kind = CareKind::Merge;
    QByteArray vault, folder; // the new pack is built in `folder`
    QList<PackFile> packs;    // all of the vault, when it was planned
    QList<QByteArray> chosen; // to be replaced by the new one
    std::set<ObjectId> roots; // of a sweep: these stay, with all they reach
    QList<ObjectId> seedTips;
    Instant youngest{}; // of the chosen packs
    QByteArray built;   // name of the new pack; empty when nothing has to stay
};

struct CareReport {
    bool postponed = false; // something that was to go is needed again: nothing was changed
    int packsBefore = 0, packsAfter = 0;
    qint64 bytesBefore = 0, bytesAfter = 0; // of the packs that were replaced, and of the new one
    qint64 dropped = 0;                     // objects
};

// Nothing when there are few packs. Packs from within the grace period are not mixed with older ones: what was merged
// is as young as its youngest object.
Result<std::optional<CareWork>> planMerge(Vault &vault, const CareRules &rules, Instant now);
// `keep` stays though no ref may name it.
Result<CareWork> planSweep(Vault &vault, const CareRules &rules, Instant now, const QList<ObjectId> &keep);
// Bounded in memory. Chooses the packs of a sweep: those of which a fifth or more would go. ShuttingDown once `stop`.
Result<> buildPack(CareWork &work, const std::atomic<bool> &stop);
// Durable on return. Killed at any instant, the vault is as before or as after once it was opened again.
Result<CareReport> installPack(Vault &vault, const CareWork &work);

struct VaultSize {
    int packs = 0;
    qint64 bytes = 0, seededBytes = 0; // of the hub's own packs; of those it was seeded with
};
Result<VaultSize> vaultSize(const QByteArray &vault);

} // namespace hub::git
