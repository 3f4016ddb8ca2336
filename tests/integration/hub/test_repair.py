#!/usr/bin/env python3
"""A project's .git is deleted or damaged, and `projects repair` or a rollback brings all of it back.

usage: test_repair.py BIN_DIR [unittest options]
"""
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

import test_hub

SUPPORT = pathlib.Path(__file__).resolve().parents[2] / "support"
FURNISH = """
set -e
git config user.name T; git config user.email t@example.org; git config alias.x status
for n in 1 2 3; do echo "line $n" >> file.txt; head -c 20000 /dev/urandom > "data$n"; git add .; git commit -qm "commit $n"; done
git gc -q; echo loose > loose; git add loose; git commit -qm loose
git tag light; git tag -am annotated annotated; git branch side HEAD~1; git branch deep/er HEAD~2
for n in 1 2; do echo "stash $n" >> file.txt; git stash push -qm "stash $n"; done
printf '#!/bin/sh\\nexit 0\\n' > .git/hooks/post-merge; chmod 755 .git/hooks/post-merge; echo '*.tmp' > .git/info/exclude
git worktree add -q ../persons side; echo staged > ../persons/staged; git -C ../persons add staged
"""
WORK = """
echo work > work; git add work; git -c user.name=A -c user.email=a@example.org commit -qm work; echo more >> work; echo new > new
git add new; echo further >> new
"""
FLIP = """
import sys
for name in sys.argv[1:]:
    with open(name, "r+b") as file:
        size = file.seek(0, 2)
        for at in range(60, size - 30, 5000):
            file.seek(at)
            file.write(b"XXXX")
"""


class RepairCase(test_hub.HubCase):
    def setUp(self):
        self.hub = test_hub.Hub(self.settings)
        self.addCleanup(self.hub.close)
        subprocess.run(["bash", "-c", FURNISH], cwd=self.hub.repository, check=True)
        self.hub.start()
        self.hub.do("projects", "add", self.hub.repository)
        self.task = self.hub.assign(self.hub.script(WORK))
        self.hub.until(lambda: any(c["notes"] == "end of turn" for c in self.hub.do("rollback", "show")["checkpoints"]), "it is saved")
        self.tree = self.hub.tree(self.task)
        self.settled()
        self.before = self.facts()

    def settled(self):
        """A checkpoint's record is taken behind it; the next job of the project is behind the record."""
        self.hub.do("task-diff", self.task)

    def look(self, script, folder):
        return subprocess.run([sys.executable, SUPPORT / script, folder], capture_output=True, text=True, check=False).stdout

    def facts(self):
        return self.look("repositorystate.py", self.hub.repository) + self.look("treestate.py", self.tree)

    def shell(self, script):
        subprocess.run(["bash", "-ec", script], cwd=self.hub.repository, check=True)

    def repair(self):
        return self.hub.do("projects", "repair", "project", "--yes")

    def assert_repaired(self):
        receipt = self.repair()
        self.assertEqual(self.facts(), self.before)
        self.assertEqual(receipt["stashes"], 2)
        self.assertEqual(len(receipt["working_trees"]), 2)
        code, answer = self.hub.ctl("projects", "repair", "project", "--yes")
        self.assertEqual(code, 1)
        self.assertIn("Nothing is broken", answer["error"]["message"])
        self.assertEqual(sorted(entry.name for entry in self.hub.repository.glob(".git*")), [".git"])
        return receipt


class Repair(RepairCase):
    def test_a_deleted_git_folder_comes_back(self):
        shutil.rmtree(self.hub.repository / ".git")
        self.assertNotEqual(self.facts(), self.before)
        code, preview = self.hub.ctl("projects", "repair", "project", "--dry-run")
        self.assertIn("is gone", preview["damage"])
        self.assertFalse((self.hub.repository / ".git").exists(), "a dry run makes nothing")
        self.assertEqual(self.assert_repaired()["old_git"], "")
        audit = [e for e in self.hub.do("audit", "list")["audit"] if "projects repair" in str(e)]
        self.assertIn("done", {e["outcome"] for e in audit}, audit)

    def test_packs_with_flipped_bytes_are_replaced(self):
        self.shell(f"chmod -R u+w .git; python3 -c '{FLIP}' .git/objects/pack/*.pack")
        receipt = self.assert_repaired()
        self.assertTrue((pathlib.Path(receipt["old_git"]) / "HEAD").exists(), "the old one is kept")

    def test_packs_cut_short_are_replaced(self):
        self.shell("chmod -R u+w .git; for f in .git/objects/pack/*.pack; do truncate -s -3000 $f; done")
        self.assert_repaired()

    def test_emptied_refs_come_back(self):
        self.shell("rm -rf .git/refs/* .git/packed-refs .git/logs/refs/stash")
        self.assert_repaired()

    def test_commits_after_the_last_record_are_kept(self):
        self.shell("echo late >> file.txt; git commit -qam late; git tag late")
        self.before = self.facts()
        self.shell("rm .git/HEAD .git/config")
        receipt = self.assert_repaired()
        self.assertGreater(receipt["taken_over"], 0)

    def test_the_old_one_can_be_put_back_as_the_receipt_says(self):
        self.shell("rm .git/HEAD; find .git -type f | sort > ../files")
        self.hub.ctl("projects", "repair", "project", "--yes")
        aside = next((self.hub.repository / ".git" / "agenthub").glob("broken-*"))
        self.shell(f"mv '{aside}' .git-old; mv .git .git-repaired; mv .git-old .git; find .git -type f | sort | diff - ../files")

    def test_a_healthy_repository_is_left_alone(self):
        code, answer = self.hub.ctl("projects", "repair", "project", "--yes")
        self.assertEqual(code, 1)
        self.assertIn("Nothing is broken", answer["error"]["message"])
        self.assertEqual(self.facts(), self.before)

    def test_agents_may_not_repair(self):
        task = self.hub.assign(self.hub.script('"$AGENTHUB_CTL" projects repair --yes; echo "exit $?"', "other"))
        self.hub.wait_said(task, "exit 4")

    def test_a_repair_cut_off_between_its_renames_is_finished(self):
        self.shell("mkdir -p .git/agenthub; echo complete 20260101T000000Z > .git/agenthub/repair; mv .git .git.agenthub-new; "
                   "mkdir .git.agenthub-old; echo old > .git.agenthub-old/old")
        self.hub.do("projects", "repair", "project", "--yes")
        self.assertEqual(self.facts(), self.before)
        self.assertEqual((self.hub.repository / ".git/agenthub/broken-20260101T000000Z/old").read_text(), "old\n")

    def test_the_hub_killed_while_it_repairs_leaves_old_or_new(self):
        for _ in range(3):
            shutil.rmtree(self.hub.repository / ".git", ignore_errors=True)
            words = [test_hub.BIN / "agenthubctl", "--data-dir", self.hub.data, "projects", "repair", "project", "--yes"]
            running = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self.hub.environment)
            self.hub.until(lambda: (self.hub.repository / ".git.agenthub-new").exists() or running.poll() is not None, "it builds")
            self.hub.kill()
            running.wait()
            self.hub.start()
            answer = self.hub.ctl("projects", "repair", "project", "--yes")
            self.assertEqual(self.facts(), self.before, answer)
            self.assertEqual(sorted(entry.name for entry in self.hub.repository.glob(".git*")), [".git"])


class RollbackWithoutRepository(RepairCase):
    def assert_goes_back(self, damage):
        (self.tree / "work").write_text("spoilt\n")
        self.shell(damage)
        receipt = self.hub.do("rollback", "task_checkpoint", "--task-id", self.task, "--checkpoint-id", "last",
                              "--keep-edits", "no", "--yes")
        self.assertTrue(receipt["exact"], receipt)
        self.assertEqual(self.look("treestate.py", self.tree), self.before[self.before.index(self.look("treestate.py", self.tree)[:40]):])
        return receipt

    def test_a_rollback_repairs_a_deleted_git_folder_first(self):
        receipt = self.assert_goes_back("rm -rf .git")
        self.assertIn("was repaired first", " ".join(receipt["notes"]))
        self.assertEqual(self.facts(), self.before)

    def test_a_rollback_goes_through_with_damaged_packs(self):
        self.assert_goes_back(f"chmod -R u+w .git; python3 -c '{FLIP}' .git/objects/pack/*.pack")
        self.hub.ctl("projects", "repair", "project", "--yes")
        self.assertEqual(self.facts(), self.before)

    def test_without_a_yes_it_says_what_to_do(self):
        shutil.rmtree(self.hub.repository / ".git")
        code, answer = self.hub.ctl("rollback", "task_checkpoint", "--task-id", self.task, "--checkpoint-id", "last", "--dry-run")
        self.assertEqual(code, 1)
        self.assertEqual(answer["error"]["hint"], "agenthubctl projects repair project")
        self.assertFalse((self.hub.repository / ".git").exists())

    def test_a_person_is_told_until_it_is_repaired(self):
        shutil.rmtree(self.hub.repository / ".git")
        self.hub.ctl("checkpoint", "--task-id", self.task)

        def told():
            return [a for a in self.hub.do("alerts")["alerts"] if "is damaged" in a["title"]]
        self.hub.until(told, "an alert stands")
        self.repair()
        self.hub.until(lambda: not told(), "it is resolved")


if __name__ == "__main__":
    unittest.main()
