#!/usr/bin/env python3
"""A hub that is killed while it finishes a task: all of it is done, or all of it is taken back.

usage: test_finishcrash.py BIN_DIR [unittest options]
"""
import subprocess
import unittest

import test_finish  # takes BIN_DIR from the command line
from test_finish import WORK


class Crashes(test_finish.FinishCase):
    def killed_in(self, hook, how, *words):
        """The hub and its finish cut off while the hook runs; the hub started again, the operation settled."""
        task = self.reviewed()
        began = self.hub.folder / "began"
        self.hook(hook, f"touch {began}; sleep 600")
        waiting = self.start_words("finish-task", task, "--how", how, *words, "--yes")
        self.hub.until(began.exists, "the hook runs")
        before = self.hub.do("task-status", task)["state"]
        self.hub.kill()
        waiting.wait(timeout=20)
        (self.repository / ".git" / "hooks" / hook).unlink()
        self.hub.start()
        self.hub.until(lambda: [o["state"] for o in self.operations().values()] == ["failed"], "it is settled")
        self.assertEqual(self.hub.do("task-status", task)["state"], before)
        return task

    def test_killed_in_the_commit_of_what_was_uncommitted(self):
        self.check_taken_back("pre-commit", "merge")

    def test_killed_in_the_merge(self):
        self.check_taken_back("pre-merge-commit", "merge")

    def check_taken_back(self, hook, how):
        main = self.all_of()
        task = self.killed_in(hook, how)
        tree = self.hub.tree(task)
        self.assertEqual([line for line in self.all_of() if "agent/" not in line and "backup/" not in line], main)
        self.assertEqual(self.git("status", "--porcelain", folder=tree).splitlines(), ["M  file.txt", "?? \"new file\""])
        self.assertEqual(self.git("log", "--format=%s", folder=tree).splitlines(), ["second", "first", "one"])
        self.no_remains()
        self.finish(task, how)
        self.assertEqual(self.git("diff", "main", f"agent/worker/{task}"), "")
        self.no_remains()

    def test_killed_at_any_moment_it_is_wholly_done_or_wholly_taken_back(self):
        for i in range(12):
            task = self.reviewed(WORK.replace("> a;", f"> a{i};").replace("> b;", f"> b{i};").replace("new file", f"new{i}"), f"worker{i}")
            tree = self.hub.tree(task)
            before, base = self.all_of(tree), self.git("rev-parse", "main")
            waiting = self.start_words("finish-task", task, "--how", "merge" if i % 2 else "squash", "--yes")
            delay = 0.02 + i * 0.05
            try:
                waiting.wait(timeout=delay)
            except subprocess.TimeoutExpired:
                pass
            self.hub.kill()
            waiting.wait(timeout=20)
            self.hub.start()
            self.hub.until(lambda: all(o["state"] != "executing" for o in self.operations().values()), "it is settled")
            if self.hub.state(task) == "completed":
                self.assertEqual(self.git("rev-parse", "main^"), base)
                self.assertEqual(self.git("status", "--porcelain"), "")
                self.assertEqual(self.git("status", "--porcelain", folder=tree), "")
                self.assertEqual(self.git("diff", "main", f"agent/worker{i}/{task}"), "")
            else:
                self.assertEqual(self.git("rev-parse", "main"), base)
                self.assertEqual(self.all_of(tree), before)
                self.assertEqual(self.git("status", "--porcelain"), "")
                self.finish(task, "merge")
            self.no_remains()

    def test_killed_while_it_discards_all_comes_back_by_undo(self):
        for i in range(5):
            task = self.reviewed(WORK, "worker")
            tree, branch = self.hub.tree(task), f"agent/worker/{task}"
            before = self.all_of(tree)
            waiting = self.start_words("finish-task", task, "--how", "discard", "--yes")
            try:
                waiting.wait(timeout=0.03 + i * 0.06)
            except subprocess.TimeoutExpired:
                pass
            self.hub.kill()
            waiting.wait(timeout=20)
            self.hub.start()
            self.hub.until(lambda: all(o["state"] != "executing" for o in self.operations().values()), "it is settled")
            if self.hub.state(task) == "cancelled":
                self.assertFalse(tree.exists())
                self.assertEqual(self.git("branch", "--list", branch), "")
                self.hub.do("undo", "--task-id", task, "--yes")
            self.assertEqual(self.all_of(tree), before)
            self.no_remains()
            self.finish(task, "discard")


if __name__ == "__main__":
    unittest.main()
