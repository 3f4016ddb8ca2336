#!/usr/bin/env python3
"""Build output in working trees: shown, removed on demand and by itself, and nothing else touched.

usage: test_caches.py BIN_DIR [unittest options]
"""
import re
import subprocess
import time
import unittest

import test_hub
from projecthub import ProjectCase

BUILD = """
mark() { mkdir -p "$1"; printf 'Signature: 8a477f597d28d172789f06886806bc55\\n' > "$1/CACHEDIR.TAG"; head -c 300000 /dev/zero > "$1/made"; }
printf 'out/\\nold/\\nnotes\\n.env*\\n' > .gitignore
mark old; sleep 0.1; mark out; mark seen; echo mine > notes; echo T=1 > .env; echo work > work
"""


class Caches(ProjectCase):
    def setUp(self):
        super().setUp()
        self.add()

    def preview(self):
        return self.hub.ctl("cleanup", "--caches")[1]

    def going(self, answer, key="to_be_removed"):
        return [(entry["task_id"], entry["path"]) for entry in answer[key]]

    def files(self, tree):
        return sorted(str(p.relative_to(tree)) for p in tree.rglob("*") if p.is_file() and p.name != ".git")

    def test_what_can_be_made_again_goes_and_nothing_else(self):
        task = self.finished_task(BUILD)
        tree = self.hub.tree(task)
        before = self.files(tree)
        preview = self.preview()
        self.assertEqual(self.going(preview), [(task, "old"), (task, "out")])
        self.assertGreater(preview["bytes"], 600000)
        self.assertEqual(self.files(tree), before, "a preview removes nothing")
        done = self.hub.do("cleanup", "--caches", "--yes")
        self.assertEqual(self.going(done, "removed"), [(task, "old"), (task, "out")])
        self.assertEqual(self.files(tree), [f for f in before if not f.startswith(("old/", "out/"))])
        self.assertFalse(list((self.hub.data / "scratch/caches").iterdir()))
        self.assertEqual(self.going(self.preview()), [])
        self.assertIn("Removed to free space: build output and caches", self.hub.said(task))
        details = [e["detail"] for e in self.hub.do("audit", "list", "--task-id", task)["audit"] if e["action"] == "cleanup"]
        self.assertTrue(any("old, out" in detail for detail in details), details)
        self.hub.do("rollback", "task_checkpoint", task, "last", "--yes")
        self.assertEqual((tree / "work").read_text() + (tree / "notes").read_text(), "work\nmine\n")

    def test_what_changed_since_the_preview_is_shown_again(self):
        task = self.finished_task(BUILD)
        shown = subprocess.run([test_hub.BIN / "agenthubctl", "--data-dir", self.hub.data, "--json", "cleanup", "--caches"],
                               capture_output=True, text=True, env=self.hub.environment, check=False)
        self.assertEqual(shown.returncode, 3, "it asks first")
        # Not in a checkpoint yet: then nothing of the tree goes.
        (self.hub.tree(task) / "work").write_text("newer\n")
        [kept] = [k for k in self.hub.do("cleanup", "--caches", "--yes")["kept"] if k["task_id"] == task]
        self.assertIn("not in the vault", kept["why"])
        self.assertTrue((self.hub.tree(task) / "out/made").exists())
        self.hub.do("checkpoint", task)
        self.assertEqual(len(self.hub.do("cleanup", "--caches", "--yes")["removed"]), 2)

    def test_a_tree_whose_agent_lives_and_a_persons_checkout_stay(self):
        task = self.hub.assign(self.hub.script(BUILD + "echo built; sleep 600", "living"))
        self.hub.wait_said(task, "built")
        self.shell("git switch -qc own; " + BUILD)
        preview = self.preview()
        self.assertEqual(self.going(preview), [])
        self.assertIn((task, "its agent has not ended"), [(k["task_id"], k["why"]) for k in preview["kept"]])
        self.hub.do("pause-task", task)
        self.assertEqual(self.going(self.preview()), [], "frozen is not ended")
        place = self.hub.do("assign-task", "x", "--agent", self.hub.script("echo here", "here"), "--project", "project", "--mode",
                            "in-place")["task_id"]
        self.hub.until(lambda: self.hub.state(place) == "needs_review" and not self.hub.do("task-status", place).get("pid"), "it ended")
        self.hub.do("cleanup", "--caches", "--yes")
        self.assertTrue((self.hub.repository / "out/made").exists() and (self.hub.tree(task) / "out/made").exists())

    def test_setup_runs_again_before_the_agent_does(self):
        self.hub.do("projects", "set", "project", "setup", "mkdir -p deps; echo x >> deps/made; echo set up >> setups", "--yes")
        self.hub.do("projects", "set", "project", "caches", "deps", "--yes")
        self.shell("printf 'deps/\\nsetups\\n' > .gitignore; git add .gitignore; git commit -qm ignore")
        task = self.finished_task("test -e deps/made && echo has deps", "needs")
        self.assertEqual(self.going(self.preview()), [(task, "deps")])
        self.hub.do("cleanup", "--caches", "--yes")
        self.hub.do("say", "again", "--task-id", task)
        self.hub.until(lambda: self.hub.said(task).count("has deps") == 2, "what setup makes is there again")

    def test_a_hub_killed_anywhere_leaves_a_tree_as_before_or_without_its_build_output(self):
        task = self.finished_task(BUILD)
        tree = self.hub.tree(task)
        work = [f for f in self.files(tree) if not f.startswith(("old/", "out/"))]
        for number in range(1, 60, 3):
            for name in ("old", "out"):
                self.shell(f"mkdir -p {name}; printf 'Signature: 8a477f597d28d172789f06886806bc55' > {name}/CACHEDIR.TAG; echo a > {name}/made",
                           tree)
            if not self.killed_at(number, "cleanup", "--caches", "--yes"):
                break
            self.assertEqual([f for f in self.files(tree) if not f.startswith(("old/", "out/"))], work)
            for name in ("old", "out"):
                self.assertIn(self.files(tree).count(f"{name}/made") + self.files(tree).count(f"{name}/CACHEDIR.TAG"), (0, 2))
            aside = self.hub.data / "scratch/caches"
            self.hub.until(lambda a=aside: not a.exists() or not list(a.iterdir()), "what was taken out is removed")


class LowDisk(ProjectCase):
    """The disk is always above a limit of one percent."""
    settings = "[monitor]\ninterval_seconds = 1\nalert_interval_seconds = 1\nsamples = 2\nleast_seconds = 0\ndisk_critical = 0\nladder = off\n"

    def test_it_says_how_much_could_be_freed_and_removes_it_only_when_told(self):
        self.add()
        task = self.finished_task(BUILD.replace("300000", "3000000"))
        self.hub.do("config", "set", "monitor/disk_warning", "1")
        alert = self.hub.until(lambda: [a for a in self.hub.do("alerts")["alerts"] if a["title"].startswith("Build output")],
                               "what could be freed is told")[0]
        self.assertRegex(alert["title"], r"take 6\.\d MB of a disk that is low")
        health = self.hub.do("system-health")
        self.assertGreater(health["cache_bytes"], 6000000)
        shown = subprocess.run([test_hub.BIN / "agenthubctl", "--data-dir", self.hub.data, "doctor"], capture_output=True, text=True,
                               env=self.hub.environment, check=False).stdout
        self.assertIn("cleanup --caches", re.sub(r"\s+", " ", shown))
        self.assertTrue((self.hub.tree(task) / "out/made").exists(), "it is only offered")
        self.hub.do("config", "set", "monitor/disk_warning", "0")
        self.hub.until(lambda: not [a for a in self.hub.do("alerts")["alerts"] if a["title"].startswith("Build output")], "it ended")
        # What was written within the hour stays; the rest goes by itself when that is wanted.
        self.hub.do("config", "set", "storage/evict_caches", "when-low")
        self.hub.do("config", "set", "monitor/disk_warning", "1")
        self.hub.until(lambda: self.hub.do("system-health")["cache_bytes"], "it was looked at again")
        time.sleep(1)
        self.assertTrue((self.hub.tree(task) / "out/made").exists(), "too young")


if __name__ == "__main__":
    unittest.main()
