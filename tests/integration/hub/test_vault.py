#!/usr/bin/env python3
"""The vault as time goes by: packs are merged while checkpoints go on, a hub killed meanwhile loses none, quotas are told.

usage: test_vault.py BIN_DIR [unittest options]
"""
import os
import random
import sqlite3
import subprocess
import sys
import time
import unittest

import test_hub


class VaultCase(test_hub.HubCase):
    def worked(self):
        task = self.hub.assign(self.hub.script("echo done > done"))
        self.hub.until(lambda: any(c["notes"] == "end of turn" for c in self.hub.do("rollback", "show")["checkpoints"]), "it is saved")
        return task, self.hub.tree(task)

    def vault(self):
        return self.hub.do("projects", "show", "project")["vault"]

    def git(self, *words):
        return subprocess.run(["git", "-C", self.hub.data / "vault" / "project.git", *words], check=True, capture_output=True, text=True).stdout

    def assert_whole(self):
        self.git("fsck", "--connectivity-only", "--no-dangling")
        refs = dict(line.split() for line in self.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines())
        with sqlite3.connect(f"file:{self.hub.data / 'task_state.db'}?mode=ro", uri=True) as database:
            rows = database.execute("select task, number, commit_id from checkpoint").fetchall()
        for task, number, commit in rows:
            self.assertEqual(refs.get(f"refs/checkpoints/{task}/{number}"), commit)
        return rows


class Merging(VaultCase):
    settings = "[vault]\nmerge_packs = 3\n"

    def test_packs_are_merged_and_each_checkpoint_comes_back(self):
        task, tree = self.worked()
        saved = {}
        for number in range(14):
            (tree / "file.txt").write_text(f"{number}\n" * 1000)
            (tree / f"new{number}").write_text(str(number))
            saved[number] = self.hub.do("checkpoint", "--task-id", task)["checkpoint_id"]
        self.hub.until(lambda: self.vault()["packs"] <= 6, "packs are merged")
        self.assertGreaterEqual(self.vault()["checkpoints"], 14)
        self.assert_whole()
        for number in (0, 7, 13):
            receipt = self.hub.do("rollback", "task_checkpoint", "--task-id", task, "--checkpoint-id", saved[number], "--keep-edits", "no",
                                  "--yes")
            self.assertTrue(receipt["exact"], receipt)
            self.assertEqual((tree / "file.txt").read_text(), f"{number}\n" * 1000)
            self.assertEqual(sorted(p.name for p in tree.glob("new*")), sorted(f"new{n}" for n in range(number + 1)))

    def test_a_hub_killed_at_any_moment_of_it_misses_nothing(self):
        task, tree = self.worked()
        seed = int(os.environ.get("SEED", time.time()))
        chance = random.Random(seed)
        for turn in range(6):
            for number in range(5):
                (tree / "file.txt").write_text(f"{turn} {number}\n" * 5000)
                self.hub.ctl("checkpoint", "--task-id", task)
            time.sleep(chance.random() / 10)  # so that it dies somewhere in the merge
            self.hub.kill()
            self.hub.start()
            rows = self.assert_whole()
            self.assertGreaterEqual(len(rows), 5 * (turn + 1), f"SEED={seed}")


class Quota(VaultCase):
    settings = "[vault]\nquota_mb = 1\n"

    def told(self):
        return [a["level"] for a in self.hub.do("alerts")["alerts"] if a["type"] == "resource_warning"]

    def test_a_full_vault_is_told_and_asked_for_checkpoints_go_on(self):
        task, tree = self.worked()
        (tree / "noise").write_bytes(os.urandom(1_500_000))
        self.hub.do("checkpoint", "--task-id", task)
        self.assertGreaterEqual(self.vault()["quota_percent"], 100)
        self.hub.until(lambda: self.told() == ["error"], "the alert is there")
        (tree / "noise").write_bytes(b"small")
        self.hub.do("checkpoint", "--task-id", task)
        self.hub.do("config", "set", "vault/quota_mb", "100")
        self.vault()
        self.hub.until(lambda: self.told() == [], "the alert is over")


if __name__ == "__main__":
    unittest.main()
