#!/usr/bin/env python3
"""What is old goes on demand: ended tasks with all that belongs to them, and nothing that is still of use.

usage: test_cleanup.py BIN_DIR [unittest options]
"""
import sqlite3
import subprocess
import time
import unittest

from projecthub import ProjectCase

BIG = "head -c 200000 /dev/zero | tr '\\0' x; echo; echo work > work"
COMMIT = "echo work > work; git add work; git -c user.name=A -c user.email=a@example.org commit -qm work"


class OldData(ProjectCase):
    def setUp(self):
        super().setUp()
        self.add()

    def ended(self, script="echo done", name="quick"):
        task = self.finished_task(script, name)
        self.hub.do("cancel-task", task, "--yes")
        return task

    def old(self, *words):
        time.sleep(1.1)  # older than the second that is asked for
        return self.hub.ctl("cleanup", "--data-older-than", "1s", *words)

    def rows(self, table, task):
        with sqlite3.connect(f"file:{self.hub.data}/task_state.db?mode=ro", uri=True) as state:
            column = "id" if table == "task" else "task"
            return state.execute(f"SELECT count(*) FROM {table} WHERE {column} = ?", (task,)).fetchone()[0]

    def refs(self):
        vault = self.hub.data / "vault/project.git"
        return subprocess.run(["git", "-C", vault, "for-each-ref", "--format=%(refname)"], capture_output=True, text=True, check=True).stdout

    def test_an_ended_task_goes_with_all_that_it_had(self):
        task, still = self.ended(BIG), self.finished_task("echo done", "small")
        self.assertGreater(len(list((self.hub.data / "bodies").rglob("?" * 64))), 0)
        tree = self.hub.tree(task)
        code, preview = self.old("--dry-run")
        self.assertEqual([t["task_id"] for t in preview["tasks"]], [task], (code, preview))
        self.assertEqual(self.rows("task", task), 1, "a dry run removes nothing")
        self.assertGreater(preview["checkpoints"], 1)
        code, done = self.old("--yes")
        self.assertEqual(code, 0, done)
        self.assertEqual([t["task_id"] for t in done["tasks"]], [task])
        for table in ("task", "message", "checkpoint", "turn", "run"):
            self.assertEqual(self.rows(table, task), 0, table)
        self.assertGreater(self.rows("audit", task), 0, "the audit trail stays")
        self.assertEqual(self.hub.ctl("audit", "verify")[0], 0)
        self.assertFalse(tree.exists())
        self.assertEqual(list((self.hub.data / "bodies").rglob("?" * 64)), [])
        self.hub.until(lambda: f"refs/checkpoints/{task}/" not in self.refs(), "its checkpoints are retired")
        self.assertIn(f"refs/checkpoints/{still}/1", self.refs())
        self.assertIn("refs/gone/", self.refs())
        self.assertIn("cleaned up", self.refused("task-status", task))
        old = self.hub.do("cleanup", "--branches-older-than", "1s", "--yes")
        self.assertIn(f"/{task}-", str(old["removed"]), "its backup branches are known to be of an ended task")
        self.assertEqual(self.hub.do("assign-task", "next", "--agent", "quick", "--project", "project")["task_id"], still + 1)

    def test_what_is_of_use_stays(self):
        unmerged, undoable, first = self.ended(COMMIT, "commits"), self.finished_task(), self.ended()
        self.hub.do("rollback", "task_checkpoint", f"{undoable}/1", "--yes")
        self.hub.do("cancel-task", undoable, "--yes")
        self.hub.do("assign-task", "after", "--agent", "quick", "--project", "project", "--after", first)
        code, done = self.old("--yes")
        self.assertEqual(code, 0, done)
        self.assertEqual(done["tasks"], [])
        why = {t["task_id"]: t["why"] for t in done["tasks_kept"]}
        self.assertIn("no other branch has its work", why[unmerged])
        self.assertIn("can still be undone", why[undoable])
        self.assertIn("comes after it", why[first])
        self.shell(f"git merge -q agent/commits/{unmerged} || git branch home agent/commits/{unmerged}")
        self.assertEqual([t["task_id"] for t in self.old("--yes")[1]["tasks"]], [unmerged])

    def test_the_confirmation_names_the_plan(self):
        self.ended()
        code, preview = self.old()
        self.assertEqual(code, 3, preview)
        another = self.ended()
        time.sleep(1.1)
        self.assertEqual(self.rows("task", another), 1)

    def test_a_hub_that_dies_meanwhile_leaves_nothing_half(self):
        killed = 0
        for number in (3, 30, 45, 60, 90):
            task = self.ended(BIG)
            time.sleep(1.1)
            killed += self.killed_at(number, "cleanup", "--data-older-than", "1s", "--yes")
            if self.rows("task", task):
                self.assertGreater(self.rows("message", task), 0)
                done = self.old("--yes")[1]
                self.assertEqual([t["task_id"] for t in done["tasks"]], [task], (number, done))
            for table in ("message", "checkpoint", "run"):
                self.assertEqual(self.rows(table, task), 0)
            self.hub.do("cleanup", "--data-older-than", "1s", "--yes")
            self.assertEqual(list((self.hub.data / "bodies").rglob("?" * 64)), [], "no file is left without a message")
        self.hub.do("cancel-task", self.finished_task("echo done", "last"), "--yes")
        self.old("--yes")  # after a kill the refs wait for the next maintenance
        self.hub.until(lambda: "refs/checkpoints/" not in self.refs(), "all are retired")
        self.assertGreater(killed, 2)


if __name__ == "__main__":
    unittest.main()
