#!/usr/bin/env python3
"""What is left when a task's working tree, its .git or the hub itself goes away in the middle.

usage: test_losses.py BIN_DIR [unittest options]
"""
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import unittest

import test_hub

TREESTATE = pathlib.Path(__file__).resolve().parents[2] / "support" / "treestate.py"
WORK = """
mkdir -p sub empty; echo deep > sub/file; ln -s sub/file link; echo run > run.sh; chmod 755 run.sh; echo private > private
chmod 600 private; git add run.sh link; git -c user.name=T -c user.email=t@example.org commit -qm work
echo staged > staged; git add staged; echo more >> staged; echo changed >> file.txt
"""


def state(tree):
    return subprocess.run([sys.executable, TREESTATE, tree], capture_output=True, text=True, check=True).stdout


class LossCase(test_hub.HubCase):
    def git(self, *words):
        subprocess.run(["git", "-C", self.hub.repository, *words], check=True, capture_output=True)


class LostTrees(LossCase):
    def worked(self):
        task = self.hub.assign(self.hub.script(WORK))
        self.hub.until(lambda: any(c["notes"] == "end of turn" for c in self.hub.do("rollback", "show")["checkpoints"]), "it is saved")
        return task, self.hub.tree(task)

    def assert_comes_back(self, lose):
        task, tree = self.worked()
        saved, before = self.hub.do("checkpoint", "--task-id", task)["checkpoint_id"], state(tree)
        lose(tree)
        code, answer = self.hub.ctl("checkpoint", "--task-id", task)
        self.assertEqual(code, 1)
        self.assertIn("Its checkpoints hold what was in it", answer["error"]["message"])
        self.assertIn("rollback task_checkpoint", answer["error"]["hint"])
        # What is lost by hand is lost between turns: a changed file would count as a person's.
        receipt = self.hub.do("rollback", "task_checkpoint", "--task-id", task, "--checkpoint-id", saved, "--keep-edits", "no", "--yes")
        self.assertTrue(receipt["exact"], receipt)
        self.assertEqual(state(tree), before)
        self.hub.do("rollback", "undo", "--yes")
        self.assertEqual([entry.name for entry in tree.iterdir() if entry.is_file() and entry.name != ".git"], self.left)
        self.hub.do("rollback", "undo", "--yes")
        self.assertEqual(state(tree), before)
        self.git("fsck", "--no-dangling")

    left = []

    def test_a_deleted_folder_comes_back(self):
        self.assert_comes_back(shutil.rmtree)

    def test_a_deleted_link_to_the_repository_comes_back(self):
        self.left = ["file"]

        def lose(tree):
            (tree / ".git").unlink()
            for entry in list(tree.iterdir()):
                if entry.name != "sub":
                    entry.unlink() if not entry.is_dir() else entry.rmdir()
            (tree / "sub" / "file").rename(tree / "file")
        self.assert_comes_back(lose)

    def test_a_tree_that_git_forgot_comes_back_with_its_branch(self):
        def lose(tree):
            shutil.rmtree(tree)
            self.git("worktree", "prune")
            self.git("branch", "-D", "agent/script/1")
        self.assert_comes_back(lose)

    def test_a_tree_that_became_another_repository_is_left_alone(self):
        task, tree = self.worked()
        (tree / ".git").unlink()
        subprocess.run(["git", "init", "-q", tree], check=True)
        before = state(tree)
        code, answer = self.hub.ctl("rollback", "task_checkpoint", "--task-id", task, "--checkpoint-id", "last", "--yes")
        self.assertEqual(code, 1)
        self.assertIn("belongs to another repository now", answer["error"]["message"])
        self.assertEqual(state(tree), before)

    def test_a_task_without_its_folder_can_be_cancelled_and_its_agent_ends(self):
        task = self.hub.assign(self.hub.script("echo ready; sleep 60"))
        self.hub.wait_said(task, "ready")
        pid = self.hub.do("task-status", task)["pid"]
        shutil.rmtree(self.hub.tree(task))
        self.hub.do("cancel-task", task, "--yes")
        self.assertEqual(self.hub.state(task), "cancelled")
        self.hub.until(lambda: not test_hub.runs(pid), "the agent ends")
        self.assertIn("could not be saved", self.hub.do("task-status", task)["reason"])


class GitLocks(LossCase):
    """git keeps index.lock while its editor is open; whoever stops it there leaves the lock."""
    EDITING = "echo changed > file.txt; GIT_EDITOR='touch %s; sleep 600; :' git -c user.name=T -c user.email=t@example.org commit -aq"

    def started(self, script):
        task = self.hub.assign(self.hub.script(script))
        self.hub.wait_said(task, "ready")
        return task, self.hub.tree(task), self.hub.do("checkpoint", "--task-id", task)["checkpoint_id"]

    def lock(self, tree):
        git = subprocess.run(["git", "-C", tree, "rev-parse", "--absolute-git-dir"], capture_output=True, text=True, check=True)
        return pathlib.Path(git.stdout.strip()) / "index.lock"

    def go_back(self, task, saved):
        return self.hub.ctl("rollback", "task_checkpoint", "--task-id", task, "--checkpoint-id", saved, "--yes")

    def test_an_agent_that_stands_still_in_the_middle_of_a_commit_is_rolled_back(self):
        mark = self.hub.folder / "editing"
        task, tree, saved = self.started("echo ready; while [ ! -e go ]; do sleep 0.02; done; " + self.EDITING % mark)
        before = state(tree)
        (tree / "go").touch()
        self.hub.until(mark.exists, "the editor is open")
        self.assertTrue(self.lock(tree).exists())
        code, receipt = self.go_back(task, saved)
        self.assertEqual(code, 0, receipt)
        self.assertTrue(receipt["exact"])
        self.assertEqual(state(tree), before)
        self.assertFalse(self.lock(tree).exists())

    def test_an_agent_that_stands_still_while_git_moves_its_branch_leaves_no_lock(self):
        mark = self.hub.folder / "moving"
        hook = self.hub.repository / ".git" / "hooks" / "reference-transaction"
        hook.write_text(f'#!/bin/sh\n[ "$1" = prepared ] && [ -e "{self.hub.folder}/slow" ] && touch "{mark}" && sleep 600\nexit 0\n')
        hook.chmod(0o755)
        self.hub.do("projects", "guard", "install", "project")
        task, tree, saved = self.started("echo ready; while [ ! -e go ]; do sleep 0.02; done; "
                                         "git -c user.name=T -c user.email=t@example.org commit -q --allow-empty -m more")
        before = state(tree)
        (self.hub.folder / "slow").touch()
        (tree / "go").touch()
        self.hub.until(mark.exists, "git moves the branch")
        (self.hub.folder / "slow").unlink()
        code, receipt = self.go_back(task, saved)
        self.assertEqual(code, 0, receipt)
        self.assertEqual(state(tree), before)
        self.git("-C", tree, "-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "-q", "--allow-empty", "-m", "after")

    def test_a_lock_that_nobody_holds_any_more_is_removed(self):
        task, tree, saved = self.started("echo ready; sleep 60")
        before = state(tree)
        (tree / "file.txt").write_text("other\n")
        self.lock(tree).write_text("half an index")
        code, receipt = self.go_back(task, saved)
        self.assertEqual(code, 0, receipt)
        self.assertEqual(state(tree), before)

    def test_a_person_at_work_with_git_is_not_disturbed(self):
        task, tree, saved = self.started("echo ready; sleep 60")
        mark = self.hub.folder / "editing"
        person = subprocess.Popen(["sh", "-c", self.EDITING % mark], cwd=tree, start_new_session=True)
        try:
            self.hub.until(mark.exists, "the editor is open")
            before = state(tree)
            code, answer = self.go_back(task, saved)
            self.assertEqual(code, 1)
            self.assertIn("git is at work in this working tree", answer["error"]["message"])
            self.assertEqual(state(tree), before)
            self.assertTrue(self.lock(tree).exists())
            self.assertEqual(self.hub.state(task), "running")
        finally:
            os.killpg(person.pid, signal.SIGTERM)
            person.wait()
        self.assertEqual(self.go_back(task, saved)[0], 0)


class MissedCheckpoints(test_hub.HubCase):
    def open_alerts(self):
        return [a for a in self.hub.do("alerts")["alerts"] if a["type"] == "checkpoint_failed"]

    def held_back(self):
        with sqlite3.connect(self.hub.data / "task_state.db") as database:
            return sum(count for count, in database.execute("SELECT held_back FROM alert_key WHERE type = 'checkpoint_failed'"))

    def test_one_alert_stands_until_a_checkpoint_succeeds(self):
        task = self.hub.assign(self.hub.script("rm -f .git; echo removed"))
        alert = self.hub.until(self.open_alerts, "a person is told")[0]
        self.assertIn("could not be saved at its turn's end", alert["title"])
        self.assertIn("could not be saved", self.doctor())
        self.hub.do("say", "again", "--task-id", task)
        self.hub.until(lambda: self.hub.said(task).count("removed") == 2 and self.hub.state(task) == "needs_review", "a second turn")
        self.hub.until(lambda: self.held_back() > 0, "it is counted")
        self.assertEqual(len(self.open_alerts()), 1)
        self.hub.kill()
        self.hub.start()
        self.hub.do("rollback", "task_checkpoint", "--task-id", task, "--checkpoint-id", "last", "--yes")
        self.hub.until(lambda: not self.open_alerts(), "the alert is resolved")
        self.assertNotIn("could not be saved", self.doctor())

    def doctor(self):
        return subprocess.run([test_hub.BIN / "agenthubctl", "--data-dir", self.hub.data, "doctor"], capture_output=True,
                              text=True, env=self.hub.environment, check=False).stdout


class OnceOnly(test_hub.HubCase):
    def test_a_commit_whose_answer_was_cut_off_is_made_once(self):
        # The hook kills the hub when the commit is there and the hub has not heard of it.
        hook = self.hub.repository / ".git" / "hooks" / "post-commit"
        lock = self.hub.data / "lock"
        hook.write_text(f'#!/bin/sh\n[ -e "{self.hub.folder}/once" ] && exit\ntouch "{self.hub.folder}/once"\nkill -9 $(cat "{lock}")\n')
        hook.chmod(0o755)
        self.hub.do("agents", "add", "example", str(test_hub.BIN / "agenthub-example-agent"))
        self.hub.do("agents", "set", "example", "adapter", "jsonrpc")
        task = self.hub.assign("example", "write work done\ncommit word work\nsay it is committed\nwrite after done")
        self.hub.until(lambda: self.hub.daemon.poll() is not None, "the hook kills the hub")
        self.hub.start()
        self.hub.until(lambda: self.hub.state(task) == "needs_review", "the turn ends")
        tree = self.hub.tree(task)
        # It stops at a line that fails, so this one shows that the commit was told as made.
        self.assertEqual((tree / "after").read_text().strip(), "done", self.hub.said(task))
        made = subprocess.run(["git", "-C", tree, "log", "--format=%H %s", "main.."], capture_output=True, text=True, check=True).stdout
        self.assertEqual(len(made.splitlines()), 1, made)


class LastWords(test_hub.HubCase):
    def test_what_comes_after_the_completion_is_kept(self):
        task = self.hub.assign(self.hub.script('"$AGENTHUB_CTL" tool complete-task-safely --summary done; sleep 0.3; '
                                               'echo afterwards; echo late > late; exit 0'))
        self.hub.wait_said(task, "afterwards")
        self.assertEqual(self.hub.state(task), "completed")
        last = self.hub.until(lambda: [c for c in self.hub.do("rollback", "show")["checkpoints"] if c["notes"] == "after its end"],
                              "its last files are saved")[0]
        changes = self.hub.do("task-diff", task, "--to", last["checkpoint_id"])["changes"]
        self.assertIn("late", [change["path"] for change in changes])


if __name__ == "__main__":
    unittest.main()
