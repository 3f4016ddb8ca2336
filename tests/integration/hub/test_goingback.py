#!/usr/bin/env python3
"""Back to backup branches and commits, with what people changed by hand kept; and cleaning up old backup branches.

usage: test_goingback.py BIN_DIR [unittest options]
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

import test_hub

SUPPORT = pathlib.Path(__file__).resolve().parents[2] / "support"
# Line ends by attributes, a filter that is not the identity, an ignored file, something staged, unstaged and untracked.
FURNISH = """
git config user.name T; git config user.email t@example.org
git config filter.caesar.clean 'tr a-m n-z'; git config filter.caesar.smudge 'tr n-z a-m'
printf '*.crlf text eol=crlf\\n*.secret filter=caesar\\n' > .gitattributes; printf '*.log\\n' > .gitignore
printf 'one\\r\\ntwo\\r\\n' > lines.crlf; printf 'abc\\n' > word.secret; mkdir -p deep/er; echo deep > deep/er/file; chmod 755 deep/er/file
ln -s file.txt link; git add .; git commit -qm furnished
printf 'ignored\\n' > build.log; echo unstaged >> file.txt; printf 'three\\r\\n' >> lines.crlf; echo untracked > untracked
"""
SPOIL = """
rm -rf deep untracked; printf 'ruin\\n' > lines.crlf; printf 'xxx\\n' > word.secret; echo ruined > file.txt; echo made > made
git add -A; git -c user.name=A -c user.email=a@example.org commit -qm ruined; echo more >> made; echo spoilt
"""


class GoingBackCase(test_hub.HubCase):
    furnish = FURNISH

    def setUp(self):
        self.hub = test_hub.Hub(self.settings)
        self.addCleanup(self.hub.close)
        self.shell(self.furnish, self.hub.repository)
        self.hub.start()
        self.hub.do("projects", "add", self.hub.repository)

    def shell(self, script, folder):
        done = subprocess.run(["bash", "-ec", script], cwd=folder, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def state(self, folder, refs=True):
        """Every byte, mode and index entry; with `refs` all branches too."""
        text = subprocess.run([sys.executable, SUPPORT / "treestate.py", folder], capture_output=True, text=True, check=True).stdout
        return text if refs else "\n".join(line for line in text.splitlines() if not line.startswith("ref "))

    def files(self, folder):
        return [line for line in self.state(folder).splitlines() if line.startswith(("file", "link", "folder"))]

    def content(self, folder, state=None):
        """The same without what differs between two working trees of a repository: modes, HEAD and what git ignores."""
        lines = (state or self.state(folder, refs=False)).splitlines()
        return [re.sub(r"^(file|folder) \d+", r"\1", line) for line in lines if not line.startswith("HEAD") and "build.log" not in line]

    def turn(self, script, *words, name="script"):
        """A task whose one turn runs this script, once it is over and saved."""
        task = self.hub.do("assign-task", "do it", "--agent", self.hub.script(script, name), "--project", "project", *words)["task_id"]
        self.until_saved(task, 1)
        return task

    def until_saved(self, task, turns):
        def saved():
            return [c for c in self.checkpoints(task) if c["notes"] == "end of turn"]
        self.hub.until(lambda: len(saved()) == turns and self.hub.state(task) == "needs_review", f"{turns} turns are saved")
        return saved()[0]["checkpoint_id"]

    def checkpoints(self, task):
        return self.hub.do("rollback", "show", "--task-id", task, "--limit", 100)["checkpoints"]

    def undo(self, task):
        return self.hub.do("undo", "--task-id", task, "--yes")

    def refused(self, code, says, *words):
        found, answer = self.hub.ctl(*words)
        self.assertIn(says, json.dumps(answer))
        self.assertEqual(found, code, answer)
        return answer["error"]


class Backups(GoingBackCase):
    def test_a_dirty_start_comes_back_as_uncommitted_changes_with_filters_and_line_ends(self):
        before = self.state(self.hub.repository, refs=False)
        task = self.turn(SPOIL)
        tree, spoilt = self.hub.tree(task), self.state(self.hub.tree(task))
        self.shell("echo kept > build.log", tree)
        spoilt = self.state(tree)
        preview = self.hub.ctl("rollback", "git_backup", "--dry-run")[1]
        self.assertEqual(self.state(tree), spoilt, "a preview changes nothing")
        self.assertIn("made", preview["deleted"])
        receipt = self.hub.do("rollback", "git_backup", "--yes")
        self.assertTrue(receipt["exact"], receipt)
        # As the person's checkout was, where the branch is the task's own and what is ignored stays on its side.
        self.assertEqual(self.content(tree), self.content(self.hub.repository, before))
        self.assertEqual((tree / "build.log").read_text(), "kept\n")
        self.assertEqual((tree / "word.secret").read_text(), "abc\n")
        self.assertEqual(self.shell("git branch --show-current", tree), f"agent/script/{task}")
        self.assertEqual(self.hub.do("task-log", task, "--limit", 100)["messages"][-1]["kind"], "rollback")
        self.assertNotIn("spoilt", self.hub.said(task))
        self.undo(task)
        self.assertEqual(self.state(tree), spoilt)
        self.assertIn("spoilt", self.hub.said(task))

    def test_in_place_every_byte_and_what_was_staged_come_back_and_the_persons_branch_stays(self):
        self.shell("git switch -qc mine; echo staged > staged; git add staged; printf 'mixed\\n' >> lines.crlf; mkdir empty", self.hub.repository)
        before = self.state(self.hub.repository, refs=False)
        task = self.turn("rm -rf deep untracked staged; echo ruined > file.txt; echo spoilt; git reset -q", "--mode", "in-place")
        spoilt = self.state(self.hub.repository)
        receipt = self.hub.do("rollback", "git_backup", "--task-id", task, "--yes")
        self.assertTrue(receipt["exact"], receipt)
        self.assertEqual(self.state(self.hub.repository, refs=False), before)
        self.undo(task)
        self.assertEqual(self.state(self.hub.repository), spoilt)

    def test_in_place_a_persons_branch_with_new_commits_is_not_moved_and_the_preview_says_so(self):
        self.shell("git switch -qc mine; git add -A; git commit -qm clean", self.hub.repository)
        files = self.files(self.hub.repository)
        task = self.turn("echo more > more; git add more; git -c user.name=A -c user.email=a@example.org commit -qm more; echo over",
                         "--mode", "in-place")
        tip = self.shell("git rev-parse mine", self.hub.repository)
        preview = self.hub.ctl("rollback", "git_backup", "--task-id", task, "--dry-run")[1]
        self.assertEqual(preview["branch_not_moved"], "mine")
        self.hub.do("rollback", "git_backup", "--task-id", task, "--yes")
        self.assertEqual(self.shell("git rev-parse mine", self.hub.repository), tip)
        self.assertEqual(self.files(self.hub.repository), files)

    def test_several_tasks_are_a_choice_and_never_a_guess(self):
        tasks = [self.turn("echo a > made; echo over", name="one"), self.turn("echo b > made; echo over", name="two")]
        for command in (("git_backup",), ("commit", "HEAD")):
            error = self.refused(2, "Which task? 2 are open", "rollback", *command, "--yes")
            self.assertEqual(len(error["candidates"]), 2)
            self.assertTrue(all((self.hub.tree(task) / "made").exists() for task in tasks), "nothing was done")
        self.hub.do("rollback", "git_backup", "--agent", "one", "--yes")
        self.assertEqual([(self.hub.tree(task) / "made").exists() for task in tasks], [False, True])
        self.refused(1, "has no backup branch 'nonsense'", "rollback", "git_backup", "--task-id", tasks[1], "--backup", "nonsense", "--yes")

    def test_the_hub_killed_in_the_middle_finishes_it_at_its_next_start(self):
        task = self.turn(f"rm -rf deep; for i in $(seq 3000); do echo $i > made$i; done; rm -f untracked; echo over")
        tree = self.hub.tree(task)
        words = [test_hub.BIN / "agenthubctl", "--data-dir", self.hub.data, "rollback", "git_backup", "--task-id", str(task), "--yes"]
        running = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self.hub.environment)
        self.hub.until(lambda: len(list(tree.glob("made*"))) < 3000 or running.poll() is not None, "it deletes")
        self.hub.kill()
        running.wait()
        self.hub.start()
        self.hub.until(lambda: [o["state"] for o in self.hub.do("rollback", "show")["operations"]] == ["done"], "it is finished")
        self.assertEqual(list(tree.glob("made*")), [])
        self.assertEqual((tree / "untracked").read_text(), "untracked\n")
        self.assertEqual((tree / "deep/er/file").read_text(), "deep\n")
        self.undo(task)
        self.assertEqual(len(list(tree.glob("made*"))), 3000)
        self.assertFalse((tree / "untracked").exists())


class EmptyRepository(GoingBackCase):
    furnish = "rm -rf .git; git init -q -b main; git config user.name T; git config user.email t@example.org"

    def test_the_files_of_a_repository_without_a_commit_come_back_in_place(self):
        before = self.state(self.hub.repository, refs=False)
        self.hub.do("config", "set", "git/protected_branches", "other")
        code, answer = self.hub.ctl("assign-task", "do it", "--agent", self.hub.script("rm file.txt; echo x > made; echo over"),
                                    "--project", "project", "--mode", "in-place")
        if code != 0:
            return self.assertIn("commit", json.dumps(answer), "an empty repository is refused with what to do")
        self.until_saved(answer["task_id"], 1)
        self.hub.do("rollback", "git_backup", "--yes")
        self.assertEqual(self.state(self.hub.repository, refs=False), before)


class Commits(GoingBackCase):
    WORK = """
    ga() { git add -A; git -c user.name=A -c user.email=a@example.org commit -qm "$1"; }
    echo a > a; ga first; echo b > b; rm lines.crlf; ga second; echo loose > loose; echo staged > staged; git add staged; echo over
    """

    def test_branch_index_and_files_go_back_and_what_the_commit_does_not_know_stays(self):
        task = self.turn(self.WORK)
        tree = self.hub.tree(task)
        self.shell("echo built > build.log", tree)
        spoilt = self.state(tree)
        first = self.shell("git rev-parse HEAD~1", tree)
        said = self.hub.said(task)
        preview = self.hub.ctl("rollback", "commit", first[:10], task, "--dry-run")[1]
        self.assertEqual(self.state(tree), spoilt, "a preview changes nothing")
        receipt = self.hub.do("rollback", "commit", first[:10], task, "--yes")
        self.assertTrue(receipt["exact"], receipt)
        self.assertTrue(any("loose" in note for note in receipt["notes"]), receipt)
        self.assertEqual(sorted(preview["deleted"]), ["b", "staged"])
        self.assertEqual(self.shell("git rev-parse HEAD", tree), first)
        self.assertEqual(self.shell("git symbolic-ref HEAD", tree), f"refs/heads/agent/script/{task}")
        self.assertEqual(self.shell("git status --porcelain", tree), "?? loose")
        self.assertEqual((tree / "lines.crlf").read_bytes(), b"one\r\ntwo\r\n")
        self.assertEqual((tree / "build.log").read_text(), "built\n")
        self.assertIn(said.strip(), self.hub.said(task), "the conversation stays")
        self.undo(task)
        self.assertEqual(self.state(tree), spoilt)

    def test_only_a_commit_that_something_leads_to_counts(self):
        task = self.turn(self.WORK)
        tree = self.hub.tree(task)
        dangling = self.shell("git -c user.name=A -c user.email=a@example.org commit-tree -m loose HEAD^{tree}", tree)
        before = self.state(tree)
        for text in (dangling, "nonsense", "deadbeef", "--all"):
            self.refused(2 if text == "--all" else 1, "commit", "rollback", "commit", f"--commit={text}", "--task-id", task, "--yes")
        self.assertEqual(self.state(tree), before)

    def test_a_detached_head_comes_back_to_the_tasks_branch_and_is_detached_again_by_the_undo(self):
        task = self.turn(self.WORK + "git switch -q --detach HEAD~1")
        tree, branch = self.hub.tree(task), f"agent/script/{task}"
        spoilt = self.state(tree)
        target = self.shell("git rev-parse HEAD~1", tree)
        self.hub.do("rollback", "commit", "HEAD~1", task, "--yes")
        self.assertEqual(self.shell(f"git rev-parse HEAD {branch}; git branch --show-current", tree).split(), [target, target, branch])
        self.undo(task)
        self.assertEqual(self.state(tree), spoilt)

    def test_nested_repositories_submodules_and_large_files_stay(self):
        self.shell("git init -q ../sub; git -C ../sub -c user.name=A -c user.email=a@example.org commit -q --allow-empty -m sub; "
                   "git -c protocol.file.allow=always submodule --quiet add ../sub sub; git commit -qm 'with sub'", self.hub.repository)
        task = self.turn("git -c protocol.file.allow=always submodule --quiet update --init; git init -q nested; echo n > nested/n; "
                         "head -c 60000000 /dev/zero > large; echo x > sub/inside; echo x >> file.txt; echo over")
        tree = self.hub.tree(task)
        self.hub.do("rollback", "commit", "HEAD", task, "--yes")
        self.assertEqual((tree / "nested/n").read_text(), "n\n")
        self.assertTrue((tree / "nested/.git/HEAD").exists())
        self.assertEqual((tree / "large").stat().st_size, 60000000)
        self.assertTrue((tree / "sub/.git").exists())
        self.assertEqual((tree / "sub/inside").read_text(), "x\n")
        self.assertEqual((tree / "file.txt").read_text(), "one\n")

    def test_show_lists_them_newest_first_with_what_each_would_change(self):
        task = self.turn(self.WORK)
        shown = self.hub.do("rollback", "show", "--task-id", task)
        self.assertEqual([c["subject"] for c in shown["commits"]], ["second", "first", "furnished"])
        self.assertEqual([c["would_change"] for c in shown["commits"]], ["1 file", "3 files", "4 files"])
        self.assertEqual(len(shown["backups"]), 1)
        self.assertTrue(shown["backups"][0]["would_change"].endswith("files"), shown["backups"])


class HandEdits(GoingBackCase):
    def test_what_a_person_changed_between_turns_is_named_and_kept(self):
        task = self.turn("echo turn >> made; echo turn >> file.txt; echo over")
        tree = self.hub.tree(task)
        end = self.until_saved(task, 1)
        (tree / "notes.md").write_text("by hand\n")
        (tree / "made").write_text("by hand\n")
        (tree / "link").unlink()
        before = self.state(tree)
        words = ("rollback", "task_checkpoint", "--task-id", task, "--checkpoint-id", f"{task}/1")
        preview = self.hub.ctl(*words, "--dry-run")[1]
        self.assertEqual(sorted(preview["edited"]), ["made", "notes.md"])
        plain = subprocess.run([test_hub.BIN / "agenthubctl", "--data-dir", self.hub.data, *map(str, words), "--dry-run"],
                               capture_output=True, text=True, env=self.hub.environment, check=False).stdout
        self.assertIn(f"2 files were changed by a person after {end} and will be kept", " ".join(plain.split()))
        receipt = self.hub.do(*words, "--yes")
        self.assertTrue(receipt["exact"], receipt)
        self.assertEqual([(tree / name).read_text() for name in ("notes.md", "made", "file.txt")], ["by hand\n", "by hand\n", "one\n"])
        self.assertTrue((tree / "link").is_symlink(), "what was deleted comes back")
        self.undo(task)
        self.assertEqual(self.state(tree), before)
        self.hub.do(*words, "--keep-edits", "no", "--yes")
        self.assertFalse((tree / "notes.md").exists() or (tree / "made").exists())
        self.assertTrue((tree / "link").is_symlink())

    def test_what_was_changed_before_a_later_turn_counts_and_what_the_turn_changed_again_does_not(self):
        task = self.turn("echo turn >> both; echo over")
        tree = self.hub.tree(task)
        (tree / "both").write_text("by hand\n")
        (tree / "mine").write_text("by hand\n")
        self.hub.do("say", "again", "--task-id", task)
        self.until_saved(task, 2)
        preview = self.hub.ctl("rollback", "git_backup", "--task-id", task, "--dry-run")[1]
        self.assertEqual(preview["edited"], ["mine"])
        self.assertEqual(len(preview["edited_and_changed_again"]), 1)
        self.assertTrue(preview["edited_and_changed_again"][0].startswith("both ("))
        self.hub.do("rollback", "git_backup", "--task-id", task, "--yes")
        self.assertEqual((tree / "mine").read_text(), "by hand\n")
        self.assertFalse((tree / "both").exists())

    def test_what_changes_while_an_agent_is_alive_is_nobodys_for_certain(self):
        task = self.hub.assign(self.hub.script("echo working; while [ ! -e go ]; do sleep 0.05; done; echo over"))
        self.hub.wait_said(task, "working")
        tree = self.hub.tree(task)
        (tree / "during").write_text("x\n")
        (tree / "go").touch()
        self.until_saved(task, 1)
        preview = self.hub.ctl("rollback", "task_checkpoint", "--task-id", task, "--checkpoint-id", f"{task}/1", "--dry-run")[1]
        self.assertEqual(preview["edited"], [])
        self.assertIn("during", preview["deleted"])


class Cleanup(GoingBackCase):
    def old_branch(self, task):
        """The task's backup branch, under a name that says it is old."""
        name = self.hub.do("task-status", task)["backup_branch"]
        old = name.rsplit("-", 1)[0] + "-20250101T000000Z"
        self.shell(f"git branch -m '{name}' '{old}'", self.hub.repository)
        return old, self.shell(f"git rev-parse '{old}'", self.hub.repository)

    def test_old_backup_branches_of_ended_tasks_go_and_can_be_brought_back(self):
        task, open_task = self.turn(SPOIL), self.turn("echo over", name="other")
        old, commit = self.old_branch(task)
        kept, _ = self.old_branch(open_task)
        self.shell("git branch backup/script/999-20250101T000000Z", self.hub.repository)
        self.hub.do("cancel-task", task, "--yes")
        dry = self.hub.ctl("cleanup", "--branches-older-than", "30d", "--dry-run")[1]
        self.assertEqual([b["branch"] for b in dry["to_be_removed"]], [old])
        self.shell(f"git rev-parse --verify '{old}'", self.hub.repository)
        done = self.hub.do("cleanup", "--branches-older-than", "30", "--yes")
        self.assertEqual([(b["branch"], b["commit"]) for b in done["removed"]], [(old, commit)])
        self.assertEqual(sorted(b["branch"] for b in done["kept"]), sorted([kept, "backup/script/999-20250101T000000Z"]))
        branches = self.shell("git branch --format='%(refname:short)'", self.hub.repository).split()
        self.assertNotIn(old, branches)
        self.assertIn(kept, branches)
        audit = json.dumps(self.hub.do("audit", "list", "--limit", 10))
        self.assertIn(f"removed branch {old} at {commit}", audit)
        self.shell("git reflog expire --expire=now --all; git gc -q --prune=now", self.hub.repository)
        vault = self.hub.data / "vault" / "project.git"
        self.assertEqual(self.shell(f"git rev-parse '{done['removed'][0]['kept_as']}'", vault), commit)
        # As a state of the task, and as a branch.
        self.hub.do("rollback", "git_backup", "--backup", old, "--yes")
        self.assertEqual((self.hub.tree(task) / "untracked").read_text(), "untracked\n")
        self.shell(f"git fetch -q '{vault}' '{done['removed'][0]['kept_as']}:refs/heads/{old}'", self.hub.repository)
        self.assertEqual(self.shell(f"git rev-parse '{old}'", self.hub.repository), commit)

    def test_a_branch_that_is_checked_out_stays_and_young_ones_too(self):
        task = self.turn("echo over")
        old, _ = self.old_branch(task)
        self.hub.do("cancel-task", task, "--yes")
        self.shell(f"git worktree add -q ../look '{old}'", self.hub.repository)
        done = self.hub.do("cleanup", "--branches-older-than", "1d", "--yes")
        self.assertEqual(done["removed"], [])
        self.assertIn("checked out", done["kept"][0]["why"])
        self.assertEqual(self.hub.do("cleanup", "--branches-older-than", "9000d", "--yes")["kept"], [])
        self.refused(2, "Say what", "cleanup", "--yes")
        self.refused(2, "is no age", "cleanup", "--branches-older-than", "old", "--yes")


if __name__ == "__main__":
    unittest.main()
