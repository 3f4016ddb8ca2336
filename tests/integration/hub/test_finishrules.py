#!/usr/bin/env python3
"""Finishing a task by the rules of the repository: hooks, signing, checks, and a remote that may refuse.

usage: test_finishrules.py BIN_DIR [unittest options]
"""
import os
import shutil
import subprocess
import unittest

import test_finish  # takes BIN_DIR from the command line
from test_finish import WORK


class Rules(test_finish.FinishCase):
    def test_commit_hooks_are_run_and_one_that_refuses_leaves_all_as_it_was(self):
        task = self.reviewed()
        before, tree = self.all_of(), self.all_of(self.hub.tree(task))
        for hook, how in (("pre-commit", "merge"), ("commit-msg", "merge"), ("pre-merge-commit", "merge"), ("commit-msg", "squash")):
            with self.subTest(hook):
                # The commit of what is uncommitted is the task's tree's; this one refuses what is made for main only.
                only_merge = '[ -f "$(git rev-parse --git-dir)/MERGE_HEAD" ] || [ -f "$(git rev-parse --git-dir)/SQUASH_MSG" ] || exit 0; '
                self.hook(hook, (only_merge if hook == "commit-msg" else "") + "echo 'the hook says no' >&2; exit 1")
                self.refused("the hook says no", "finish-task", task, "--how", how, "--yes")
                (self.repository / ".git" / "hooks" / hook).unlink()
                self.assertEqual(self.all_of(), before)
                self.assertEqual(self.all_of(self.hub.tree(task)), tree)
        self.no_remains()
        self.hook("commit-msg", 'echo "Seen-by: hook" >> "$1"')
        receipt = self.finish(task, "merge")
        self.assertIn("Seen-by: hook", self.message(receipt["commit"]))
        self.assertIn("Seen-by: hook", self.message("main^2"))

    def test_commits_are_signed_where_the_repository_wants_it(self):
        if not shutil.which("ssh-keygen"):
            self.skipTest("no ssh-keygen")
        key = self.hub.folder / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        for name, value in (("gpg.format", "ssh"), ("user.signingKey", f"{key}.pub"), ("commit.gpgSign", "true")):
            self.git("config", name, value)
        task = self.reviewed(WORK.replace("git -c", "git -c commit.gpgSign=false -c"))
        self.finish(task, "merge")
        self.assertIn("SSH SIGNATURE", self.git("cat-file", "commit", "main"))
        self.assertIn("SSH SIGNATURE", self.git("cat-file", "commit", "main^2"))

    def test_the_check_runs_first_and_its_failure_brings_nothing_home(self):
        task = self.reviewed()
        before, tree = self.all_of(), self.all_of(self.hub.tree(task))
        self.hub.do("projects", "set", "project", "check", "echo looked closely; exit 3")
        self.refused("looked closely", "finish-task", task, "--how", "merge", "--yes")
        self.assertEqual(self.all_of(), before)
        self.assertEqual(self.all_of(self.hub.tree(task)), tree)
        self.hub.do("projects", "set", "project", "check", "echo made > by-the-check")
        self.refused("check changed files", "finish-task", task, "--how", "merge", "--yes")
        self.assertEqual(self.all_of(), before)
        (self.hub.tree(task) / "by-the-check").unlink()
        self.hub.do("projects", "set", "project", "check", "test -f 'new file'; echo looked again")
        self.finish(task, "merge")
        self.assertIn("looked again", self.hub.said(task))

    def test_a_check_that_hangs_can_be_ended_and_brings_nothing_home(self):
        task = self.reviewed()
        before = self.all_of()
        self.hub.do("projects", "set", "project", "check", "echo $$ > ../pid; echo hangs; sleep 600")
        waiting = self.start_words("finish-task", task, "--how", "merge", "--yes")
        self.hub.wait_said(task, "hangs")
        self.assertEqual(self.all_of(), before)
        self.hub.do("checkpoint", task)  # the project's worker is not held up by it
        os.kill(int((self.hub.tree(task).parent / "pid").read_text()), 9)
        self.assertEqual(waiting.wait(timeout=20), 1)
        self.assertEqual(self.all_of(), before)
        self.hub.do("safe-mode", "enable")
        self.refused("can't run now", "finish-task", task, "--how", "merge", "--yes", code=4)
        self.hub.do("safe-mode", "disable")
        self.finish(task, "merge", "--check", "no")

    def test_protected_from_everyone_still_lets_a_finish_through(self):
        self.hub.do("config", "set", "git/protect_from", "everyone")
        self.hub.do("projects", "guard", "install", "project")
        task = self.reviewed()
        receipt = self.finish(task, "merge")
        self.assertEqual(self.git("rev-parse", "main"), receipt["commit"])
        moves = (self.repository / ".git" / "agenthub-guard" / "moves").read_text()
        self.assertIn(f"{receipt['commit']} refs/heads/main", moves)


class Pushing(test_finish.FinishCase):
    def setUp(self):
        super().setUp()
        self.remote = self.hub.folder / "remote.git"
        subprocess.run(["git", "init", "-q", "--bare", self.remote], check=True)
        self.git("remote", "add", "origin", self.remote)
        self.git("push", "-q", "origin", "main")

    def at_remote(self, branch):
        return self.git("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}", folder=self.remote)

    def test_push_is_the_way_where_a_remote_is_set_and_an_undo_says_what_it_cannot_reach(self):
        task = self.reviewed()
        tree = self.hub.tree(task)
        before, tree_before = self.all_of(), self.all_of(tree)
        receipt = self.hub.do("finish-task", task, "--yes")
        branch = f"agent/worker/{task}"
        self.assertEqual((receipt["how"], receipt["remote"], receipt["branch"]), ("push", "origin", branch))
        self.assertEqual(self.at_remote(branch), receipt["commit"])
        self.assertEqual(self.git("rev-parse", branch), receipt["commit"])
        self.assertEqual(self.git("status", "--porcelain", folder=tree), "")
        self.assertEqual(self.git("rev-parse", "main"), self.at_remote("main"))
        self.assertEqual(self.hub.state(task), "completed")
        undone = self.undo(receipt)
        self.assertTrue(any(f"push origin --delete {branch}" in note for note in undone["notes"]), undone)
        self.assertEqual(self.hub.state(task), "needs_review")
        same = [line for line in self.all_of(tree) if "refs/remotes" not in line]
        self.assertEqual(same, [line for line in tree_before if "refs/remotes" not in line])
        self.assertEqual([line for line in self.all_of() if "refs/remotes" not in line],
                         [line for line in before if "refs/remotes" not in line])

    def test_the_pull_request_link_follows_from_the_address(self):
        task = self.reviewed()
        self.git("remote", "set-url", "origin", "git@github.com:ana/web.git")
        self.git("config", f"url.{self.remote}.pushInsteadOf", "nothing:")
        preview = self.hub.ctl("finish-task", task, "--dry-run")[1]
        self.assertEqual(preview["pull_request"], f"https://github.com/ana/web/pull/new/agent/worker/{task}")
        preview = self.hub.ctl("finish-task", task, "--into", "main", "--dry-run")[1]
        self.assertEqual(preview["pull_request"], f"https://github.com/ana/web/compare/main...agent/worker/{task}?expand=1")

    def test_a_pre_push_hook_or_a_server_that_refuses_loses_nothing(self):
        task = self.reviewed()
        before, tree = self.all_of(), self.all_of(self.hub.tree(task))
        self.hook("pre-push", "echo 'not on a Friday' >&2; exit 1")
        self.refused("not on a Friday", "finish-task", task, "--yes")
        self.assertEqual(self.all_of(), before)
        self.assertEqual(self.all_of(self.hub.tree(task)), tree)
        self.assertEqual(self.hub.state(task), "needs_review")
        (self.repository / ".git" / "hooks" / "pre-push").unlink()
        refuse = self.remote / "hooks" / "pre-receive"
        refuse.write_text("#!/bin/sh\necho 'the server says no' >&2; exit 1\n")
        refuse.chmod(0o755)
        self.refused("the server says no", "finish-task", task, "--yes")
        shutil.rmtree(self.remote)
        self.refused("did not succeed", "finish-task", task, "--yes")
        self.assertEqual(self.all_of(), before)
        self.assertEqual(self.all_of(self.hub.tree(task)), tree)
        self.no_remains()

    def test_the_hub_killed_while_it_pushes_finds_out_whether_it_arrived(self):
        task = self.reviewed()
        before, tree = self.all_of(), self.all_of(self.hub.tree(task))
        began = self.hub.folder / "began"
        self.hook("pre-push", f"touch {began}; sleep 600")
        waiting = self.start_words("finish-task", task, "--yes")
        self.hub.until(began.exists, "the push began")
        self.hub.kill()
        waiting.wait(timeout=20)
        self.hub.start()
        self.hub.until(lambda: [o["state"] for o in self.operations().values()] == ["failed"], "it is taken back")
        self.assertEqual(self.at_remote(f"agent/worker/{task}"), "")
        self.assertEqual(self.all_of(), before)
        self.assertEqual(self.all_of(self.hub.tree(task)), tree)
        self.assertIn("taken back", self.hub.said(task))
        # Now it arrives, and the hub dies before it hears of it.
        self.hook("pre-push", "true")
        began.unlink()
        slow = self.remote / "hooks" / "post-receive"
        slow.write_text(f"#!/bin/sh\ntouch {began}; exec sleep 600 >/dev/null 2>&1\n")
        slow.chmod(0o755)
        waiting = self.start_words("finish-task", task, "--yes")
        self.hub.until(began.exists, "the push arrived")
        self.hub.kill()
        waiting.wait(timeout=20)
        self.hub.start()
        self.hub.until(lambda: self.hub.state(task) == "completed", "it is finished")
        receipt = next(iter(self.operations().values()))["receipt"]
        self.assertTrue(receipt["resumed"], receipt)
        self.assertEqual(self.at_remote(f"agent/worker/{task}"), receipt["commit"])


if __name__ == "__main__":
    unittest.main()
