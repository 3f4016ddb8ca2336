#!/usr/bin/env python3
"""Bringing the work of a task home, and taking that back: push, merge, squash, keep, discard.

usage: test_finish.py BIN_DIR [unittest options]
"""
import json
import pathlib
import sqlite3
import subprocess
import sys
import unittest

import test_hub
from test_hub import HubCase

TREESTATE = pathlib.Path(__file__).resolve().parents[2] / "support" / "treestate.py"
COMMIT = 'git add -A && git -c user.name=A -c user.email=a@example.org commit -qm "$1"'
# Two commits, and two files that are uncommitted: one staged, one untracked.
WORK = f"""
c() {{ {COMMIT}; }}
echo a > a; c first; echo b > b; c second
echo more >> file.txt; git add file.txt; echo new > "new file"; echo over
"""
# Deletions and renames, staged and not, a folder instead of a file, a link, an executable bit.
AWKWARD = f"""
c() {{ {COMMIT}; }}
for i in 1 2 3 4 5; do echo $i > f$i; done; c many
git rm -q f1; rm f2; git mv f3 moved; rm f4; mkdir f4; echo in > f4/in; ln -s f5 link; chmod 755 f5; printf 'x\\r\\n' > "o'dd"; echo over
"""


class FinishCase(HubCase):
    def setUp(self):
        super().setUp()
        self.repository = self.hub.repository

    def git(self, *words, folder=None, check=True):
        ran = subprocess.run(["git", *map(str, words)], cwd=folder or self.repository, check=False, capture_output=True, text=True,
                             env=self.hub.environment)
        if check and ran.returncode != 0:
            raise AssertionError(f"git {words}: {ran.stderr}")
        return ran.stdout.strip()

    def all_of(self, folder=None):
        """Every byte, mode, index entry and ref, told by a program of its own."""
        told = subprocess.run([sys.executable, TREESTATE, folder or self.repository], check=True, capture_output=True, text=True).stdout
        return sorted(told.splitlines())

    def files_of(self, folder):
        """The same without what other branches do."""
        return [line for line in self.all_of(folder) if not line.startswith("ref ")]

    def hook(self, name, script):
        path = self.repository / ".git" / "hooks" / name
        path.write_text("#!/bin/sh\n" + script + "\n")
        path.chmod(0o755)

    def reviewed(self, script=WORK, name="worker", *words):
        agent = name if name in json.dumps(self.hub.do("agents", "list")) else self.hub.script(script, name)
        task = self.hub.do("assign-task", "make it better", "--agent", agent, "--project", "project", *words)["task_id"]
        self.hub.until(lambda: self.hub.state(task) == "needs_review", f"the turn ends: {self.hub.do('task-status', task)}")
        self.hub.until(lambda: any(c["notes"] == "end of turn" for c in self.hub.do("rollback", "show", "--task-id", task)["checkpoints"]), "it is saved")
        return task

    def finish(self, task, how, *words):
        return self.hub.do("finish-task", task, "--how", how, *words, "--yes")

    def refused(self, says, *words, code=1):
        found, answer = self.hub.ctl(*words)
        self.assertIn(says, json.dumps(answer, ensure_ascii=False), words)
        self.assertEqual(found, code, answer)
        return answer["error"]

    def undo(self, receipt):
        return self.hub.do("rollback", "undo", receipt["operation"], "--yes")

    def message(self, commit, folder=None):
        return self.git("log", "-1", "--format=%B", commit, folder=folder)

    def start_words(self, *words):
        return subprocess.Popen([test_hub.BIN / "agenthubctl", "--data-dir", self.hub.data, *map(str, words)], env=self.hub.environment,
                                cwd=self.hub.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)

    def no_remains(self):
        self.assertEqual(self.git("fsck", "--no-dangling"), "")
        self.assertEqual([p.name for p in (self.hub.data / "scratch").glob("merge-*")], [])
        self.assertNotIn("merge-op", self.git("worktree", "list"))
        self.assertEqual(sorted(p.name for p in (self.repository / ".git").glob("*.lock")), [])

    def operations(self):
        return {o["operation_id"]: o for o in self.hub.do("rollback", "show")["operations"]}


class Merging(FinishCase):
    def test_a_preview_changes_nothing_and_names_what_is_uncommitted(self):
        task = self.reviewed()
        before, tree = self.all_of(), self.all_of(self.hub.tree(task))
        code, preview = self.hub.ctl("finish-task", task, "--dry-run")
        self.assertEqual(code, 0, preview)
        self.assertEqual((preview["how"], preview["into"], preview["commits"]), ("merge", "main", 2))
        self.assertEqual(sorted(preview["uncommitted"]), ["file.txt", "new file"])
        self.assertEqual(self.hub.ctl("finish-task", task)[0], 3, "not a terminal and no --yes")
        self.assertEqual(self.all_of(), before)
        self.assertEqual(self.all_of(self.hub.tree(task)), tree)
        self.assertEqual(list((self.hub.data / "scratch").glob("*")), [])

    def test_merge_undo_and_redo_bring_all_of_it_and_back_byte_for_byte(self):
        task = self.reviewed()
        tree = self.hub.tree(task)
        (self.repository / "mine").write_text("untracked\n")
        before, tree_before = self.all_of(), self.all_of(tree)
        receipt = self.finish(task, "merge")
        self.assertEqual(self.hub.state(task), "completed")
        self.assertEqual(self.git("rev-parse", "main"), receipt["commit"])
        self.assertEqual(self.git("log", "--format=%s", "--first-parent", "main").splitlines(), [f"Merge task #{task}: make it better", "one"])
        self.assertEqual(self.git("rev-parse", "main^2"), self.git("rev-parse", f"agent/worker/{task}"))
        self.assertEqual(self.git("status", "--porcelain"), "?? mine")
        self.assertEqual(self.git("status", "--porcelain", folder=tree), "")
        self.assertEqual(self.git("diff", "main", f"agent/worker/{task}"), "")
        for commit in ("main", "main^2"):
            person = self.git("log", "-1", "--format=%(trailers:key=Requested-by,valueonly)", commit)
            self.assertEqual(self.git("log", "-1", "--format=%(trailers:key=AgentHub-Task,valueonly)", commit), str(task))
            self.assertTrue(person)
        self.assertIn("make it better", self.message("main^2"))
        after, tree_after = self.all_of(), self.all_of(tree)
        undone = self.undo(receipt)
        self.assertEqual(self.all_of(), before)
        self.assertEqual(self.all_of(tree), tree_before)
        self.assertEqual(self.hub.state(task), "needs_review")
        redone = self.undo(undone)
        self.assertEqual(self.all_of(), after)
        self.assertEqual(self.all_of(tree), tree_after)
        self.assertEqual(self.hub.state(task), "completed")
        self.undo(redone)
        self.assertEqual(self.all_of(), before)
        self.no_remains()

    def test_squash_is_one_commit_with_the_message_given(self):
        task = self.reviewed()
        before = self.all_of()
        receipt = self.finish(task, "squash", "--message", "Say it better\n\nCo-authored-by: B <b@example.org>")
        self.assertEqual(self.git("log", "--format=%s", "main").splitlines(), ["Say it better", "one"])
        self.assertEqual(self.git("log", "-1", "--format=%(trailers:only,keyonly,separator=%x2C)", "main"), "Co-authored-by,AgentHub-Task,Requested-by")
        self.assertEqual(self.git("diff", "main", f"agent/worker/{task}"), "")
        self.undo(receipt)
        self.assertEqual(self.all_of(), before)

    def test_into_another_branch_that_nobody_has_checked_out(self):
        self.git("branch", "release")
        task = self.reviewed()
        before = self.all_of()
        receipt = self.finish(task, "merge", "--into", "release")
        self.assertEqual(self.git("rev-parse", "release"), receipt["commit"])
        self.assertEqual([line for line in self.all_of() if "release" not in line and "agent/" not in line],
                         [line for line in before if "release" not in line and "agent/" not in line])
        self.undo(receipt)
        self.assertEqual(self.all_of(), before)
        self.refused("no branch nonsense", "finish-task", task, "--how", "merge", "--into", "nonsense", "--yes")

    def test_conflicts_are_shown_and_nothing_is_changed(self):
        task = self.reviewed("echo theirs > file.txt; echo over")
        (self.repository / "file.txt").write_text("ours\n")
        self.git("commit", "-qam", "ours")
        before, tree = self.all_of(), self.all_of(self.hub.tree(task))
        for words in (("--dry-run",), ("--yes",)):
            error = self.refused("both changed file.txt", "finish-task", task, *words)
            self.assertIn("resolve", error["hint"])
        self.assertEqual(self.all_of(), before)
        self.assertEqual(self.all_of(self.hub.tree(task)), tree)
        self.assertEqual(self.hub.state(task), "needs_review")
        self.no_remains()

    def test_a_dirty_or_busy_checkout_of_the_target_is_refused_and_stays(self):
        task = self.reviewed()
        tree = self.files_of(self.hub.tree(task))
        cases = {"there are changes: file.txt": ("echo mine >> file.txt", "git checkout -q file.txt"),
                 "in the way: a": ("echo mine > a", "rm a"),
                 "a bisect is under way": ("git bisect start -q", "git bisect reset"),
                 "a merge is under way": ("git branch -f side; git commit -q --allow-empty -m side; git switch -q side; git commit -q --allow-empty "
                                          "-m other; git switch -q main; git merge -q --no-commit --no-ff side", "git merge --abort")}
        for says, (spoil, mend) in cases.items():
            with self.subTest(says):
                subprocess.run(["bash", "-ec", spoil], cwd=self.repository, check=True, capture_output=True)
                before = self.all_of()
                self.refused(says, "finish-task", task, "--how", "merge", "--yes")
                self.assertEqual(self.all_of(), before)
                self.assertEqual(self.files_of(self.hub.tree(task)), tree)
                subprocess.run(["bash", "-ec", mend], cwd=self.repository, check=True, capture_output=True)
        self.assertEqual(self.hub.state(task), "needs_review")
        self.no_remains()

    def test_a_target_in_the_hands_of_a_rebase_is_refused(self):
        (self.repository / "file.txt").write_text("two\n")
        self.git("commit", "-qam", "two")
        self.git("branch", "-q", "onto", "HEAD~1")
        task = self.reviewed("echo x > x; echo over")
        self.git("switch", "-q", "onto")
        (self.repository / "file.txt").write_text("three\n")
        self.git("commit", "-qam", "three")
        self.git("rebase", "-q", "onto", "main", check=False)
        before = self.all_of()
        self.refused("a rebase is under way there", "finish-task", task, "--how", "merge", "--into", "main", "--yes")
        self.assertEqual(self.all_of(), before)

    def test_an_undo_is_refused_once_the_branch_went_on_and_says_how_to_revert(self):
        task = self.reviewed()
        receipt = self.finish(task, "merge")
        self.git("commit", "-q", "--allow-empty", "-m", "later")
        before = self.all_of()
        error = self.refused("does not stand where", "rollback", "undo", receipt["operation"], "--yes")
        self.assertIn(f"revert -m 1 {receipt['commit'][:12]}", error["hint"])
        self.git("reset", "-q", "--soft", "HEAD~1")
        (self.repository / "file.txt").write_text("mine\n")
        self.refused("there are changes", "rollback", "undo", receipt["operation"], "--yes")
        self.git("checkout", "-q", "file.txt")
        self.undo(receipt)
        self.assertEqual(self.hub.state(task), "needs_review")

    def test_what_changed_in_the_tasks_tree_since_stays_when_it_is_undone(self):
        task = self.reviewed()
        tree = self.hub.tree(task)
        receipt = self.finish(task, "merge")
        (tree / "later").write_text("later\n")
        before = self.all_of(tree)
        undone = self.undo(receipt)
        self.assertTrue(any("changed since" in note for note in undone["notes"]), undone)
        self.assertEqual([line for line in self.all_of(tree) if "refs/heads/main" not in line],
                         [line for line in before if "refs/heads/main" not in line])
        self.assertEqual(self.git("log", "--format=%s", "main"), "one")

    def test_a_running_turn_is_refused_and_an_idle_task_of_an_ended_state_is_not(self):
        agent = self.hub.script("echo begun; sleep 60")
        task = self.hub.assign(agent)
        self.hub.wait_said(task, "begun")
        self.refused("still at work", "finish-task", task, "--how", "keep", "--yes")
        self.hub.do("cancel-task", task, "--yes")
        receipt = self.finish(task, "keep")
        self.assertEqual(self.hub.state(task), "completed")
        self.undo(receipt)
        self.assertEqual(self.hub.state(task), "cancelled")

    def test_deletions_renames_links_and_modes_that_are_uncommitted_come_along_and_back(self):
        task = self.reviewed(AWKWARD)
        tree = self.hub.tree(task)
        before, tree_before = self.all_of(), self.all_of(tree)
        receipt = self.finish(task, "squash")
        self.assertEqual(self.git("status", "--porcelain", folder=tree), "")
        self.assertEqual(self.git("ls-tree", "-r", "--name-only", "main").splitlines(), ["f4/in", "f5", "file.txt", "link", "moved", "o'dd"])
        self.assertEqual((self.repository / "f5").stat().st_mode & 0o777, 0o755)
        self.undo(receipt)
        self.assertEqual(self.all_of(), before)
        self.assertEqual(self.all_of(tree), tree_before)

    def test_nothing_new_is_said(self):
        task = self.reviewed("echo over")
        self.refused("has nothing that main lacks", "finish-task", task, "--how", "merge", "--yes")


class Endings(FinishCase):
    def test_keep_ends_the_task_and_touches_nothing(self):
        task = self.reviewed()
        before, tree = self.all_of(), self.all_of(self.hub.tree(task))
        receipt = self.finish(task, "keep")
        self.assertEqual(self.hub.state(task), "completed")
        self.assertEqual(self.all_of(), before)
        self.assertEqual(self.all_of(self.hub.tree(task)), tree)
        undone = self.undo(receipt)
        self.assertEqual(self.hub.state(task), "needs_review")
        self.undo(undone)
        self.assertEqual(self.hub.state(task), "completed")

    def test_discard_takes_tree_and_branch_and_its_undo_brings_them_back(self):
        task = self.reviewed(WORK + "\nmkdir empty; chmod 750 b")
        tree, branch = self.hub.tree(task), f"agent/worker/{task}"
        before = self.all_of(tree)
        receipt = self.finish(task, "discard")
        self.assertEqual(self.hub.state(task), "cancelled")
        self.assertFalse(tree.exists())
        self.assertEqual(self.git("branch", "--list", branch), "")
        # Even when git has forgotten it: the vault has it all.
        self.git("reflog", "expire", "--expire=now", "--all")
        self.git("gc", "-q", "--prune=now")
        undone = self.undo(receipt)
        self.assertEqual(self.all_of(tree), before)
        self.assertEqual(self.hub.state(task), "needs_review")
        again = self.undo(undone)
        self.assertFalse(tree.exists())
        self.assertEqual(self.git("branch", "--list", branch), "")
        self.undo(again)
        self.assertEqual(self.all_of(tree), before)
        self.no_remains()

    def test_a_task_in_place_is_not_the_hubs_to_discard_and_its_branch_merges(self):
        self.git("switch", "-qc", "mine")
        task = self.reviewed(WORK, "worker", "--mode", "in-place")
        self.refused("not the hub's to delete", "finish-task", task, "--how", "discard", "--yes", code=4)
        self.refused("name the branch that it goes into", "finish-task", task, "--how", "merge", "--yes", code=2)
        before = self.all_of()
        receipt = self.finish(task, "merge", "--into", "main")
        self.assertEqual(self.git("diff", "main", "mine"), "")
        self.assertEqual(self.git("status", "--porcelain"), "")
        self.undo(receipt)
        self.assertEqual(self.all_of(), before)

    def test_it_is_in_the_log_of_git_operations_and_in_the_audit_trail(self):
        task = self.reviewed()
        receipt = self.finish(task, "merge")
        self.undo(receipt)
        with sqlite3.connect(f"file:{self.hub.data}/task_state.db?mode=ro", uri=True) as database:
            rows = database.execute("SELECT action, refs, outcome FROM git_operation WHERE action IN ('finish', 'undo') ORDER BY id").fetchall()
        self.assertEqual([(row[0], row[2]) for row in rows], [("finish", "done"), ("undo", "done")])
        self.assertEqual(json.loads(rows[0][1])[0], ["refs/heads/main", self.git("rev-parse", "main"), receipt["commit"]])
        audited = [e["outcome"] for e in self.hub.do("audit", "list", "--action", "finish-task")["audit"]]
        self.assertEqual(audited, ["done"])


if __name__ == "__main__":
    unittest.main()
