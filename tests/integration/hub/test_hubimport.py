#!/usr/bin/env python3
"""The hub's own data as one file: out, back in, back again; and nothing changes when the file is no good.

usage: test_hubimport.py BIN_DIR [unittest options]
"""
import shutil
import sqlite3
import subprocess
import unittest

import test_hub
from projecthub import ProjectCase

BIG = "head -c 200000 /dev/zero | tr '\\0' x; echo; echo work > work"


class Import(ProjectCase):
    def setUp(self):
        super().setUp()
        self.add()
        self.file = self.hub.folder / "hub.tar"

    def tasks(self):
        return sorted(t["task_id"] for t in self.hub.do("tasks", "--filter", "all")["tasks"])

    def restart(self):
        self.hub.kill()
        self.hub.start()

    def alert(self):
        return next(a for a in self.hub.do("alerts")["alerts"] if "imported" in a["title"])

    def data(self):
        """What an import that is refused may not change."""
        return sorted((str(p.relative_to(self.hub.data)), p.stat().st_size) for p in self.hub.data.rglob("*")
                      if p.is_file() and not p.name.endswith(("-wal", "-shm")) and "safety_monitor" not in p.name)

    def test_it_comes_back_and_the_way_back_too(self):
        first = self.finished_task(BIG)
        said = self.hub.said(first)
        done = self.hub.do("hub-backup", "export", self.file)
        self.assertEqual((done["missing"], self.file.stat().st_mode & 0o777), (0, 0o600))
        self.assertGreaterEqual(done["bodies"], 1)  # a long output may be heard in parts
        names = subprocess.run(["tar", "tf", self.file], capture_output=True, text=True, check=True).stdout.split()
        self.assertEqual(names[:3], ["manifest.json", "task_state.db", "safety_monitor.db"])
        self.assertRegex(names[3], "^bodies/[0-9a-f]{64}$")
        self.assertIn("already", self.refused("hub-backup", "export", self.file))
        second = self.finished_task("echo later", "later")
        code, preview = self.hub.ctl("hub-backup", "import", self.file)
        self.assertEqual((code, preview["tasks"], preview["staged"]), (3, 1, False))
        self.hub.do("hub-backup", "import", self.file, "--yes")
        self.assertEqual(self.tasks(), [first, second], "nothing changes before the next start")
        self.restart()
        self.assertEqual(self.tasks(), [first])
        self.assertEqual(self.hub.said(first), said)
        self.assertTrue(self.hub.do("safe-mode", "status")["safe_mode"])
        [kept] = self.hub.data.glob("kept-*")
        self.assertIn(f"hub-backup import '{kept}'", self.alert()["description"])
        self.hub.until(lambda: not (self.hub.data / "import").exists(), "it is over")
        self.hub.do("safe-mode", "disable")
        third = self.finished_task("echo new", "new")
        self.assertGreater(third, second)
        self.assertEqual(self.hub.ctl("audit", "verify")[0], 0)
        # And back.
        self.hub.do("hub-backup", "import", kept, "--yes")
        self.restart()
        self.assertEqual(self.tasks(), [first, second], self.alert()["description"])
        self.assertEqual(self.hub.said(first), said)
        self.assertEqual(len(list(self.hub.data.glob("kept-*"))), 2)
        self.restart()
        self.assertEqual(self.tasks(), [first, second], "taken once")

    def test_a_data_folder_that_is_new_gets_tasks_and_talk(self):
        first = self.finished_task(BIG)
        said = self.hub.said(first)
        self.hub.do("hub-backup", "export", self.file)
        self.hub.kill()
        shutil.rmtree(self.hub.data)
        self.hub.start()
        self.hub.do("hub-backup", "import", self.file, "--yes")
        self.restart()
        self.assertEqual((self.tasks(), self.hub.said(first)), ([first], said))

    def test_a_file_that_is_no_good_changes_nothing(self):
        self.finished_task(BIG)
        self.hub.do("hub-backup", "export", self.file)
        good = self.file.read_bytes()
        before = self.data()
        database = good.index(b"SQLite format 3")
        bad = {"cut": good[:-2000], "flipped": good[:database + 5000] + b"\xff" + good[database + 5001:], "longer": good + b"x",
               "empty": b"", "no tar": b"x" * 4096, "another name": good.replace(b"bodies/", b"bodies.", 1)}
        for what, content in bad.items():
            self.file.write_bytes(content)
            with self.subTest(what):
                self.assertRegex(self.refused("hub-backup", "import", self.file, "--yes"), "is damaged|no export")
                self.assertEqual(self.data(), before)
        self.file.unlink()
        self.assertIn("hub.tar", self.refused("hub-backup", "import", self.file, "--yes"))
        self.assertEqual(self.data(), before)

    def test_data_of_a_newer_program_is_refused(self):
        kept = self.hub.folder / "kept"
        self.hub.do("hub-backup", "create")
        kept.mkdir()
        shutil.copy(next((self.hub.data / "backups").glob("task_state-*")), kept / "task_state.db")
        with sqlite3.connect(kept / "task_state.db") as state:
            state.execute("PRAGMA user_version = 999")
        state.close()
        self.assertIn("of a newer AgentHub", self.refused("hub-backup", "import", kept, "--yes"))
        self.assertFalse((self.hub.data / "import").exists() or (self.hub.data / "import.partial").exists())

    def test_what_was_staged_can_be_called_off(self):
        task = self.finished_task("echo a")
        self.hub.do("hub-backup", "export", self.file)
        later = self.finished_task("echo b", "later")
        self.hub.do("hub-backup", "import", self.file, "--yes")
        self.assertTrue(self.hub.do("hub-backup", "import", "--withdraw", "--yes")["withdrawn"])
        self.assertFalse(self.hub.do("hub-backup", "import", "--withdraw", "--yes")["withdrawn"])
        self.restart()
        self.assertEqual(self.tasks(), [task, later])

    def test_a_hub_killed_while_it_takes_it_takes_it_at_the_next_start(self):
        first = self.finished_task(BIG)
        said = self.hub.said(first)
        self.hub.do("hub-backup", "export", self.file)
        self.finished_task("echo later", "later")
        self.hub.do("hub-backup", "import", self.file, "--yes")
        self.hub.kill()
        [stamp] = [self.hub.data / "import"]
        # As after a kill between any two moves: what is aside already, and what is in place already.
        kept = self.hub.data / ("kept-" + __import__("json").loads((stamp / "facts.json").read_text())["stamp"])
        (kept / "bodies").mkdir(parents=True)
        for ending in ("-wal", "-shm", ""):
            path = self.hub.data / f"task_state.db{ending}"
            if path.exists():
                path.rename(kept / path.name)
        self.hub.start()
        self.assertEqual((self.tasks(), self.hub.said(first)), ([first], said))
        self.assertEqual([p.name for p in self.hub.data.glob("kept-*")], [kept.name])


if __name__ == "__main__":
    unittest.main()
