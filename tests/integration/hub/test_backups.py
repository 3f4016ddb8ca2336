#!/usr/bin/env python3
"""The hub's own backups, and practising a recovery.

usage: test_backups.py BIN_DIR [unittest options]
"""
import os
import pathlib
import shutil
import sqlite3
import stat
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from test_hub import HubCase  # noqa: E402

STATE = pathlib.Path(__file__).resolve().parents[2] / "support" / "treestate.py"
WORK = """echo a > a; mkdir deep; echo b > deep/b; chmod 755 deep/b; ln -s nowhere link; mkdir empty; printf 'mixed\\r\\nends\\n' > mixed
echo secret > .env; git add a; git commit -qm work; echo later >> a; echo done"""


class Backups(HubCase):
    def test_a_copy_is_made_while_work_goes_on_and_is_whole(self):
        task = self.hub.assign(self.hub.script("for i in $(seq 200); do echo line $i; done; echo all said; sleep 60"))
        self.hub.wait_said(task, "line 50")
        made = self.hub.do("hub-backup", "create")["backups"]
        self.assertEqual([b["database"] for b in made], ["task_state", "safety_monitor"])
        for backup in made:
            self.assertEqual(stat.S_IMODE(os.stat(backup["path"]).st_mode), 0o600)
            with sqlite3.connect(f"file:{backup['path']}?mode=ro", uri=True) as copy:
                self.assertEqual(copy.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        with sqlite3.connect(f"file:{made[0]['path']}?mode=ro", uri=True) as copy:
            self.assertEqual(copy.execute("SELECT count(*) FROM task").fetchone(), (1,))
        self.assertEqual(self.hub.do("hub-backup", "verify")["backup"], made[0]["backup"])
        self.hub.wait_said(task, "all said")

    def test_a_damaged_copy_is_found_and_only_the_newest_stay(self):
        self.hub.do("config", "set", "state/backups_kept", "2")
        newest = self.hub.do("hub-backup", "create")["backups"][0]
        path = pathlib.Path(newest["path"])
        for second in range(10, 13):  # older ones
            for name in ("task_state", "safety_monitor"):
                shutil.copy(path, path.parent / f"{name}-v1-202601010000{second}Z.db".replace("20260101", "20260101T"))
        self.hub.do("hub-backup", "create")
        names = [b["backup"] for b in self.hub.do("hub-backup", "list")["backups"] if b["database"] == "task_state"]
        self.assertEqual(len(names), 2)
        with open(path, "r+b") as file:
            file.seek(4096)
            file.write(b"\xff" * 12288)
        code, answer = self.hub.ctl("hub-backup", "verify", "--backup", newest["backup"])
        self.assertEqual((code, answer["error"]["code"]), (1, "corrupt"))
        code, answer = self.hub.ctl("hub-backup", "verify", "--backup", "nonsense")
        self.assertIn("There is no backup 'nonsense'", answer["error"]["message"])


class Drills(HubCase):
    def worked(self):
        task = self.hub.assign(self.hub.script(WORK))
        self.hub.until(lambda: self.hub.state(task) == "needs_review", "its turn ended")
        return task

    def test_a_recovery_is_practised_from_the_vault_alone(self):
        code, answer = self.hub.ctl("drill")
        self.assertEqual(code, 1)
        self.assertIn("no checkpoint yet", answer["error"]["message"])
        task = self.worked()
        tree = self.hub.tree(task)

        def look():
            return subprocess.run([sys.executable, STATE, tree], capture_output=True, text=True, check=True).stdout

        before = look()
        first = self.hub.do("drill")
        self.assertTrue(first["exact"])
        self.assertIsNone(first["backup"])
        self.assertEqual(first["task_id"], task)
        self.hub.do("hub-backup", "create")
        moved = self.hub.repository.rename(self.hub.folder / "aside")  # neither the repository nor the tree is needed
        answer = self.hub.do("drill", "--task-id", task)
        moved.rename(self.hub.repository)
        self.assertTrue(answer["exact"])
        self.assertGreaterEqual(answer["files"], 6)
        self.assertTrue(answer["backup"])
        self.assertEqual(look(), before)
        self.assertEqual(list((self.hub.data / "scratch").glob("drill-*")), [])
        vault = self.hub.data / "vault" / "project.git"
        refs = subprocess.run(["git", "-C", vault, "for-each-ref", "refs/preview"], capture_output=True, text=True, check=True).stdout
        self.assertEqual(refs, "")
        audited = [e for e in self.hub.do("audit", "list")["audit"] if e["action"] == "drill"]
        self.assertEqual(len(audited), 0)  # a look, which changes nothing

    def test_what_is_missing_in_the_vault_rings(self):
        task = self.worked()
        for pack in (self.hub.data / "vault" / "project.git" / "objects" / "pack").glob("*.pack"):
            os.chmod(pack, 0o600)
            with open(pack, "r+b") as file:
                file.seek(pack.stat().st_size // 2)
                file.write(b"\0" * 64)
        code, answer = self.hub.ctl("drill", "--task-id", task)
        self.assertTrue(code != 0 or not answer["exact"], answer)
        self.hub.until(lambda: [a for a in self.hub.do("alerts")["alerts"] if a["level"] == "critical"
                                and "practised recovery" in a["title"]], "a critical alert")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]], verbosity=1)
