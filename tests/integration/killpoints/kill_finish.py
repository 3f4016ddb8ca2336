#!/usr/bin/env python3
"""Kills the daemon, and the git that it started, right before every system call of a finish or of its undo that changes
something on the disk, starts it again, and looks whether everything is wholly old or wholly new, as the receipt says.

usage: kill_finish.py BIN_DIR [--all | --rounds N] [--seed S] [--only PATH] [--keep]      as kill_points.py has them
"""
import subprocess
import sys

import kill_points
from kill_points import Failed, Hub, Path, check, difference

WORK = r"""
mkdir -p sub/deep; echo deep > sub/deep/file; ln -s sub/deep/file link; echo run > run.sh; chmod 755 run.sh
git add -A; git commit -qm first; echo more >> file.txt; git add file.txt; echo new > 'new file'; git rm -q other.txt
mkdir empty; chmod 750 sub
"""


class FinishHub(Hub):
    def prepare(self):
        self.repository.mkdir()
        self.shell("git init -q -b main; git config user.name K; git config user.email k@example.org; echo one > file.txt; "
                   "echo two > other.txt; git add .; git commit -qm one", self.repository)
        (self.repository / "mine").write_text("untracked\n", encoding="utf-8")
        self.start()
        self.do("projects", "add", self.repository)
        self.do("agents", "add", "quiet", "true")
        self.task = self.do("assign-task", "nothing", "--agent", "quiet", "--project", "project")["task_id"]
        self.until(lambda: self.do("task-status", self.task)["state"] == "needs_review", "the turn ended")
        self.until(lambda: any(c["notes"] == "end of turn" for c in self.do("rollback", "show")["checkpoints"]), "it is saved")
        self.tree = self.data / "worktrees" / "project" / str(self.task)
        self.shell(WORK, self.tree)
        self.save("worked")

    def whole(self):
        """Tree, checkout, refs and the task's state."""
        state = self.do("task-status", self.task)["state"]
        tree = self.state(self.tree) if self.tree.exists() else "gone\n"
        return f"task {state}\n{tree}{self.state(self.repository)}"

    def git(self, *words, folder=None):
        ran = subprocess.run([*kill_points.GIT, "-C", folder or self.repository, *words], capture_output=True, text=True, check=False)
        return ran.stdout.strip()

    def finished(self, how):
        """Why it is not: nothing when it is."""
        branch, wrong = f"agent/quiet/{self.task}", []
        if how == "discard":
            wrong += ["the tree is there"] * self.tree.exists() + ["the branch is there"] * bool(self.git("branch", "--list", branch))
        else:
            wrong += [self.git("diff", "main", branch), self.git("status", "--porcelain", folder=self.tree)]
            wrong.append("" if self.git("status", "--porcelain") == "?? mine" else self.git("status", "--porcelain"))
            wrong.append("" if self.git("log", "-1", "--format=%(trailers:key=AgentHub-Task,valueonly)", "main") == str(self.task) else "no trailer")
        return [line for line in wrong if line]


class FinishPath(Path):
    def __init__(self, hub, name, how, words, prepared, old, new):
        super().__init__(hub, name, words, old, new, prepared)
        self.how = how

    def is_new(self, found):
        return found == self.new if self.new else not self.hub.finished(self.how)


def judge(path, killed, answer, last_operation):
    hub, (code, reply) = path.hub, answer
    hub.start()
    hub.until(lambda: not hub.executing(), "interrupted operations are finished")
    hub.do("checkpoint", "--task-id", hub.task) if hub.tree.exists() else None  # a job of the worker comes after those of the start
    operations = hub.rows(f"SELECT state, receipt FROM operation WHERE id > {last_operation}")
    check(len(operations) <= 1, f"one command, {len(operations)} operations")
    done = bool(operations) and operations[0][0] == "done"
    found = hub.whole()
    if done:
        check(path.is_new(found), f"not as the receipt says ({operations}): {hub.finished(path.how)}\n" + difference(path.new or "", found))
    else:
        check(found == path.old, f"not as it was ({operations}):\n" + difference(path.old, found))
    check(code != 0 or done, f"acknowledged and not done: {reply}")
    check(killed or done, f"undisturbed, it failed: {reply} {operations}")
    # Objects that git was cut off in, and an entry of a working tree that was begun twice, are git's to prune.
    left = [name for name in kill_points.leftovers(hub) if "/.git/worktrees/" not in name and "/.git/objects/" not in name]
    left += [p.name for p in (hub.data / "scratch").glob("*")]
    check(not left, f"left behind: {left}")
    check("scratch" not in hub.git("worktree", "list"), "a working tree is left behind")
    kill_points.judge_database(hub)
    if not done:
        hub.do(*path.words)
    before = hub.whole()
    hub.do("rollback", "undo", "--task-id", hub.task, "--yes")
    hub.do("rollback", "undo", "--task-id", hub.task, "--yes")
    check(hub.whole() == before, "after undo and redo:\n" + difference(before, hub.whole()))
    hub.stop()


def paths_of(hub):
    undo = ("rollback", "undo", "--task-id", hub.task, "--yes")
    for how in ("merge", "discard"):
        words = ("finish-task", hub.task, "--how", how, "--yes")
        hub.put_back("worked")
        hub.start()
        old = hub.whole()
        hub.do(*words)
        new = hub.whole()
        hub.save(how)
        for path in (FinishPath(hub, how, how, words, "worked", old, None), FinishPath(hub, f"undo of {how}", how, undo, how, new, old)):
            yield path, kill_points.play(path, 0)[0]


if __name__ == "__main__":
    kill_points.Hub, kill_points.judge, kill_points.paths_of = FinishHub, judge, paths_of
    sys.exit(kill_points.main())
