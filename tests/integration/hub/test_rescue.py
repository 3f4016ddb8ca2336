#!/usr/bin/env python3
"""The hub's database gone or damaged: it comes back from a backup, and no number and no checkpoint is used up by that.

usage: test_rescue.py BIN_DIR [unittest options]
"""
import pathlib
import sqlite3
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import test_hub  # noqa: E402
from test_hub import HubCase  # noqa: E402


class Rescue(HubCase):
    def database(self, ending=""):
        return self.hub.data / f"task_state.db{ending}"

    def lose(self, how):
        self.hub.kill()
        if how == "gone":
            for ending in ("", "-wal", "-shm"):
                self.database(ending).unlink(missing_ok=True)
        elif how == "empty":
            self.database().write_bytes(b"")
        else:
            with sqlite3.connect(self.database()) as state:  # else its pages come from the log
                state.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            state.close()
            size = self.database().stat().st_size
            with open(self.database(), "r+b") as file:
                file.seek(4096 if how == "damaged" else 0)
                file.write(b"\xff" * (size // 2))

    def vault_refs(self):
        return subprocess.run(["git", "-C", self.hub.data / "vault" / "project.git", "for-each-ref", "--format=%(refname) %(objectname)",
                               "refs/checkpoints"], capture_output=True, text=True, check=True).stdout.split("\n")[:-1]

    def worked(self, agent="script"):
        task = self.hub.assign(agent)
        self.hub.until(lambda: self.hub.state(task) == "needs_review", "its turn ended")
        return task

    def check_rescued(self, how):
        self.hub.script("echo a >> a; echo done")
        first = self.worked()
        self.hub.do("hub-backup", "create")
        self.hub.do("checkpoint", first)  # the backup knows nothing of this one
        second = self.worked()            # nor of this task
        self.hub.script(test_hub.HEARTBEATS, "runner")
        third = self.hub.assign("runner")
        self.hub.wait_said(third, "beating")
        pid, tree = self.hub.do("task-status", third)["pid"], self.hub.tree(third)
        before = self.vault_refs()
        self.lose(how)
        self.hub.start()
        alert = self.hub.until(lambda: [a for a in self.hub.do("alerts")["alerts"] if a["level"] == "critical"], "an alert")[0]
        self.assertIn("brought back from a backup", alert["title"])
        self.assertIn("Agents that ran were ended (1)", alert["description"])
        self.assertTrue(self.hub.do("safe-mode", "status")["safe_mode"])
        self.assertFalse(test_hub.runs(pid))
        self.assert_still(tree)
        self.assertEqual(len(list(self.hub.data.glob("runs.kept-*"))), 1)
        kept = list(self.hub.data.glob("task_state.db.damaged-*"))
        self.assertEqual(bool(kept), how != "gone")
        self.assertEqual([t["task_id"] for t in self.hub.do("tasks", "--filter", "all")["tasks"]], [first])
        self.hub.do("safe-mode", "disable")
        # Nothing that only the vault knows is overwritten or taken for garbage.
        self.hub.do("checkpoint", first)
        fourth = self.worked()
        self.assertGreater(fourth, third)
        self.assertGreater(second, first)
        refs = self.vault_refs()
        self.assertEqual([r for r in before if r not in refs], [])
        self.assertTrue(self.hub.do("audit", "verify")["rows"] > 0)
        self.hub.kill()
        self.hub.start()  # as usual now
        self.assertEqual(len(list(self.hub.data.glob("runs.kept-*"))), 1)

    def test_a_database_that_is_gone(self):
        self.check_rescued("gone")

    def test_an_empty_database(self):
        self.check_rescued("empty")

    def test_a_damaged_database(self):
        self.check_rescued("damaged")

    def test_a_file_that_is_no_database(self):
        self.check_rescued("garbage")

    def test_without_a_backup_it_does_not_start_and_changes_nothing(self):
        self.hub.script("echo a >> a; echo done")
        self.worked()
        self.lose("garbage")
        before = sorted((str(p), p.stat().st_size) for p in self.hub.data.rglob("*") if "lock" not in p.name)
        ran = subprocess.run([test_hub.BIN / "agenthubd", "--data-dir", self.hub.data, "--config", self.hub.folder / "agenthub.ini"],
                             capture_output=True, text=True, env=self.hub.environment, check=False, timeout=20)
        self.assertNotEqual(ran.returncode, 0)
        self.assertIn("there is no good backup", ran.stderr)
        self.assertIn("Put the file back", ran.stderr)
        self.assertEqual(sorted((str(p), p.stat().st_size) for p in self.hub.data.rglob("*") if "lock" not in p.name), before)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]], verbosity=1)
