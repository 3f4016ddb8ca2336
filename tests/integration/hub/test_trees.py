#!/usr/bin/env python3
"""Working trees as people and agents use them: furnished, set up, removed when nobody needs them, made again.

usage: test_trees.py BIN_DIR [unittest options]
"""
import os
import pathlib
import shutil
import sqlite3
import stat
import subprocess
import sys
import time
import unittest

import test_hub
from test_hub import ATTEMPTS, HEARTBEATS, HubCase

TREESTATE = pathlib.Path(__file__).resolve().parents[2] / "support" / "treestate.py"
DAY = 24 * 3600 * 1000


def git(folder, *words, check=True):
    return subprocess.run(["git", *map(str, words)], cwd=folder, check=check, capture_output=True, text=True).stdout.strip()


def state_of(tree):
    return subprocess.run([sys.executable, TREESTATE, tree], check=True, capture_output=True, text=True).stdout


class TreeCase(HubCase):
    def setUp(self):
        super().setUp()
        self.repository = self.hub.repository
        (self.repository / ".gitignore").write_text(".env*\nnode_modules\nmade/\n")
        (self.repository / "package-lock.json").write_text("{}\n")
        self.commit("ignored files")

    def commit(self, message):
        git(self.repository, "add", "-A")
        git(self.repository, "commit", "-q", "-m", message)

    def set(self, key, *value):
        return self.hub.do("projects", "set", "project", key, *value)

    def work(self, script="echo worked; pwd", name="worker"):
        return self.hub.assign(self.hub.script(script, name))

    def ends_turn(self, task):
        self.hub.until(lambda: self.hub.state(task) == "needs_review", f"task {task} ends its turn: {self.hub.do('task-status', task)}")

    def until_state(self, task, state):
        self.hub.until(lambda: self.hub.state(task) == state, f"task {task} is {state}: {self.hub.do('task-status', task)}")

    def database(self, *statement):
        """With the hub away."""
        with sqlite3.connect(self.hub.data / "task_state.db") as database:
            database.execute(*statement)
        database.close()

    def lines(self, path):
        return path.read_text().splitlines() if path.exists() else []


class Settings(TreeCase):
    def test_each_is_checked_and_shown_with_where_it_comes_from(self):
        changed = self.set("setup_minutes", 3)
        self.assertEqual((changed["before"], changed["value"], changed["from"]), ("10", "3", "projects set"))
        shown = self.hub.do("projects", "show", "project")
        self.assertEqual(shown["settings"]["setup_minutes"], {"value": "3", "from": "projects set"})
        self.assertEqual(shown["settings"]["bring"], {"value": ".env*", "from": "default"})
        self.assertGreater(shown["disk"]["vault"], 0)
        self.set("setup_minutes")
        self.assertEqual(self.hub.do("projects", "show", "project")["settings"]["setup_minutes"]["from"], "default")
        for words in (("setup_minutes", "0"), ("setup_minutes", "soon"), ("mode", "anywhere"), ("colour", "red")):
            code, answer = self.hub.ctl("projects", "set", "project", *words)
            self.assertIn(code, (1, 2), (words, answer))

    def test_presets_are_proposed_and_none_is_set(self):
        (self.repository / "Cargo.toml").write_text("")
        shown = self.hub.do("projects", "show", "project")
        self.assertEqual(shown["proposed"], ["projects set project setup 'npm ci && cargo fetch'", "projects set project check 'cargo test'"])
        self.assertEqual(shown["settings"]["setup"]["value"], "")
        self.set("setup", "npm ci")
        self.assertEqual(self.hub.do("projects", "show", "project")["proposed"], ["projects set project check 'cargo test'"])

    def test_mode_and_base_of_the_project_count_for_its_tasks(self):
        git(self.repository, "branch", "old", "HEAD~1")
        self.set("base", "old")
        task = self.work()
        self.ends_turn(task)
        self.assertFalse((self.hub.tree(task) / "package-lock.json").exists())
        self.hub.do("cancel-task", task, "--yes")
        git(self.repository, "switch", "-q", "-c", "mine")
        self.set("mode", "in-place")
        task = self.hub.assign("worker")
        self.ends_turn(task)
        self.assertEqual(self.hub.tree(task), self.repository)


class Furnishing(TreeCase):
    def test_ignored_files_are_brought_as_they_are(self):
        (self.repository / ".env").write_text("KEY=1\n")
        os.chmod(self.repository / ".env", 0o600)
        (self.repository / "sub").mkdir()
        (self.repository / "sub" / ".env.local").write_text("SUB=1\n")
        (self.repository / "node_modules" / "one").mkdir(parents=True)
        (self.repository / "node_modules" / "one" / "x").write_text("x")
        (self.repository / "made").mkdir()
        (self.repository / "made" / "big").write_text("not wanted")
        self.set("bring", ".env*, link:node_modules")
        task = self.work("cat .env; ls -l; cat node_modules/one/x")
        self.ends_turn(task)
        tree = self.hub.tree(task)
        self.assertEqual((tree / ".env").read_text(), "KEY=1\n")
        self.assertEqual(stat.S_IMODE((tree / ".env").stat().st_mode), 0o600)
        self.assertEqual((tree / "sub" / ".env.local").read_text(), "SUB=1\n")
        self.assertEqual(os.readlink(tree / "node_modules"), str(self.repository / "node_modules"))
        self.assertFalse((tree / "made").exists())
        self.assertIn("Copied from", self.hub.said(task))
        self.assertEqual(git(tree, "status", "--porcelain"), "")

    def test_a_daemon_killed_while_it_furnishes_goes_on_with_it(self):
        for number in range(400):
            folder = self.repository / "node_modules" / f"package{number % 20}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"file{number}").write_bytes(os.urandom(5000))
        self.set("bring", "node_modules")
        agent = self.hub.script("echo worked", "worker")
        self.hub.do("agents", "set", agent, "max_parallel", 20)
        tasks = []
        for step in range(8):
            tasks.append(self.hub.assign(agent))
            time.sleep(0.02 + 0.03 * step)
            self.hub.kill()
            self.hub.start()
        for task in tasks:
            self.ends_turn(task)
            subprocess.run(["diff", "-r", self.repository / "node_modules", self.hub.tree(task) / "node_modules"], check=True)
            self.assertEqual(git(self.hub.tree(task), "status", "--porcelain"), "")

    def test_submodules_come_from_the_main_checkout_without_their_remotes(self):
        inner, outer = self.hub.folder / "inner", self.hub.folder / "outer"
        allow = ("-c", "protocol.file.allow=always")
        for path in (inner, outer):
            path.mkdir()
            git(path, "init", "-q", "-b", "main")
            git(path, "config", "user.name", "T")
            git(path, "config", "user.email", "t@example.org")
            (path / "file").write_text(path.name)
            git(path, "add", ".")
            git(path, "commit", "-q", "-m", "one")
        git(outer, *allow, "submodule", "add", "-q", inner, "nested")
        git(outer, "commit", "-q", "-m", "nested")
        git(self.repository, *allow, "submodule", "add", "-q", outer, "deps/outer")
        git(self.repository, *allow, "submodule", "update", "-q", "--init", "--recursive")
        self.commit("submodules")
        inner.rename(self.hub.folder / "inner-gone")
        outer.rename(self.hub.folder / "outer-gone")
        task = self.work("cat deps/outer/file deps/outer/nested/file")
        self.ends_turn(task)
        tree = self.hub.tree(task)
        self.assertEqual((tree / "deps/outer/nested/file").read_text(), "inner")
        self.assertEqual(git(tree, "submodule", "status", "--recursive"), git(self.repository, "submodule", "status", "--recursive"))
        self.assertEqual(git(tree / "deps/outer", "config", "remote.origin.url"), str(outer))
        self.assertNotIn("could not be checked out", self.hub.said(task))


class SetUp(TreeCase):
    def setUp(self):
        super().setUp()
        self.log = self.hub.folder / "setups"

    def script(self, text):
        """A command of one line that runs it."""
        path = self.hub.folder / "setup.sh"
        path.write_text(text)
        return f"sh '{path}'"

    def test_it_runs_once_before_the_agent_and_again_for_another_lock_file(self):
        self.set("setup", f"echo set up >> '{self.log}'; mkdir -p node_modules; echo hello from setup")
        task = self.work("test -d node_modules && echo it is there")
        self.hub.wait_said(task, "it is there")
        self.ends_turn(task)
        self.assertIn("hello from setup", self.hub.said(task))
        self.assertIn("set up", [c["notes"] for c in self.hub.do("rollback", "show")["checkpoints"]])
        self.hub.do("say", "again", "--task-id", task)
        self.hub.until(lambda: self.hub.said(task).count("it is there") == 2, "the agent ran again")
        self.ends_turn(task)
        self.assertEqual(len(self.lines(self.log)), 1)
        (self.hub.tree(task) / "package-lock.json").write_text('{"changed": true}\n')
        self.hub.do("say", "again", "--task-id", task)
        self.hub.until(lambda: self.hub.said(task).count("it is there") == 3, "the agent ran again")
        self.assertEqual(len(self.lines(self.log)), 2)

    def test_a_failed_one_says_what_it_printed_and_is_tried_again(self):
        self.set("setup", "echo no such package; exit 3")
        task = self.work()
        self.until_state(task, "interrupted")
        self.assertIn("exit code 3", self.hub.do("task-status", task)["reason"])
        self.assertIn("no such package", self.hub.said(task))
        self.assertNotIn("worked", self.hub.said(task))
        self.assertTrue(any("no such package" in a["description"] for a in self.hub.do("alerts")["alerts"]))
        self.set("setup", "true")
        self.hub.do("resume-task", task, "--yes")
        self.hub.wait_said(task, "worked")

    def test_it_outlives_a_killed_daemon_and_runs_once(self):
        go = self.hub.folder / "go"
        self.set("setup", f"echo begun >> '{self.log}'; while [ ! -e '{go}' ]; do sleep 0.02; done; echo through >> '{self.log}'")
        task = self.work()
        self.hub.until(lambda: self.lines(self.log), "setup began")
        status = self.hub.do("task-status", task)
        self.assertEqual((status["state"], status["running_step"]), ("preparing", "setup"))
        for _ in range(3):
            self.hub.kill()
            self.hub.start()
            self.assertEqual(self.hub.state(task), "preparing")
        go.touch()
        self.hub.wait_said(task, "worked")
        self.assertEqual(self.lines(self.log), ["begun", "through"])

    def test_one_whose_shim_dies_too_is_ended_and_begun_once_more(self):
        self.set("setup", self.script(f"echo begun >> '{self.log}'; [ $(wc -l < '{self.log}') = 2 ] && exit 0\n" + HEARTBEATS))
        task = self.work()
        self.hub.wait_said(task, "beating")
        pid = self.hub.do("task-status", task)["pid"]
        shim = self.hub.shim(task)
        self.hub.kill()
        os.kill(shim, 9)
        self.hub.start()
        self.hub.until(lambda: len(self.lines(self.log)) == 2, "it was begun once more")
        self.assertFalse(test_hub.runs(pid))
        self.hub.wait_said(task, "worked")

    def test_pause_and_safe_mode_freeze_it_and_cancelling_ends_it(self):
        self.set("setup", self.script(HEARTBEATS))
        task = self.work()
        self.hub.wait_said(task, "beating")
        tree = self.hub.tree(task)
        self.assert_beating(tree)
        self.hub.do("pause-task", task)
        self.assertEqual(self.hub.state(task), "paused")
        self.assert_still(tree)
        self.hub.kill()
        self.hub.start()
        self.assert_still(tree)
        self.hub.do("resume-task", task, "--yes")
        self.assert_beating(tree)
        self.assertEqual(self.hub.state(task), "preparing")
        self.hub.do("emergency-stop")
        self.assert_still(tree)
        self.hub.do("safe-mode", "disable")
        self.assert_beating(tree)
        self.hub.do("cancel-task", task, "--yes")
        self.hub.until(lambda: "run" not in self.hub.do("task-status", task), "nothing of it runs")
        self.assert_still(tree)
        self.assertNotIn("worked", self.hub.said(task))

    def test_one_that_takes_too_long_is_ended(self):
        self.set("setup", self.script(HEARTBEATS))
        task = self.work()
        self.hub.wait_said(task, "beating")
        tree = self.hub.tree(task)
        self.hub.kill()
        self.database("UPDATE run SET started_at = started_at - 11 * 60000")
        self.hub.start()
        self.until_state(task, "interrupted")
        self.assertIn("longer than 10 min", self.hub.do("task-status", task)["reason"])
        self.assert_still(tree)

    def test_it_is_no_person_and_knows_no_secret_of_the_hub(self):
        self.hub.kill()
        self.hub.start(HUB_SECRET="very")
        self.set("setup", "env; " + ATTEMPTS.replace("\n", " ; ").replace("do ;", "do").replace("in \"\" secret; do", "in secret; do").strip(" ;")
                 + "; git update-ref refs/heads/main HEAD~1; echo \"ref: exit $?\"")
        main = git(self.repository, "rev-parse", "main")
        task = self.work()
        self.hub.wait_said(task, "ref: exit")
        said = self.hub.said(task)
        self.assertNotIn("HUB_SECRET", said)
        self.assertIn("attempt approve a1: exit 4", said)
        self.assertNotIn(": exit 0", said.replace("ref: exit 0", "ref: moved"))
        self.assertEqual(git(self.repository, "rev-parse", "main"), main)


class Removal(TreeCase):
    """Of the working trees of tasks that ended long ago."""

    def ended(self, script="echo more >> file.txt; echo new > new.txt; mkdir -p made; echo m > made/m; echo worked", name="worker"):
        (self.repository / ".env").write_text("KEY=1\n")
        task = self.work(script, name)
        self.ends_turn(task)
        self.hub.do("cancel-task", task, "--yes")
        return task

    def grow_old(self):
        self.hub.kill()
        self.database("UPDATE task SET ended_at = ended_at - ?", (15 * DAY,))
        self.hub.start()

    def gone(self, task):
        tree = self.hub.tree(task)
        self.hub.until(lambda: not tree.exists(), "the tree is removed")
        return tree

    def test_they_go_and_come_back_as_they_were(self):
        task = self.ended()
        tree = self.hub.tree(task)
        (tree / "late.txt").write_text("written after the end\n")
        git(tree, "add", "new.txt")
        before = state_of(tree)
        self.grow_old()
        self.gone(task)
        vault = self.hub.data / "vault" / "project.git"
        self.assertEqual(git(vault, "show", f"refs/archive/agent/worker/{task}:files/late.txt"), "written after the end")
        self.assertTrue(git(self.repository, "rev-parse", f"agent/worker/{task}"))
        self.hub.until(lambda: "made/" in self.hub.said(task), "what no checkpoint holds is named")
        self.hub.do("agents", "set", "worker", "command", "sh -c 'echo again; cat late.txt .env'")
        self.hub.do("resume-task", task, "--yes")
        self.hub.wait_said(task, "written after the end")
        self.assertIn("was made again", self.hub.said(task))
        after = state_of(tree)
        self.assertEqual([l for l in after.splitlines()], [l for l in before.splitlines() if "made" not in l])
        self.assertEqual(git(tree, "diff", "--cached", "--name-only"), "new.txt")

    def test_a_rollback_makes_it_again_too(self):
        task = self.ended()
        tree = self.hub.tree(task)
        self.grow_old()
        self.gone(task)
        self.hub.do("rollback", "task_checkpoint", f"{task}/1", "--yes")
        self.assertEqual((tree / "file.txt").read_text(), "one\n")
        self.assertFalse((tree / "new.txt").exists())
        self.hub.do("agents", "set", "worker", "command", "sh -c 'echo here I am; cat file.txt'")
        self.hub.do("resume-task", task, "--yes")
        self.hub.wait_said(task, "here I am")
        self.assertEqual((tree / "file.txt").read_text(), "one\n")

    def test_what_has_not_ended_or_is_used_stays(self):
        open_task = self.work("echo open", "open")
        self.ends_turn(open_task)
        used = self.ended()
        somebody = subprocess.Popen(["sleep", "60"], cwd=self.hub.tree(used))
        self.addCleanup(somebody.wait)
        self.addCleanup(somebody.kill)
        other = self.ended("echo other", "other")
        self.grow_old()
        self.gone(other)
        self.assertTrue(self.hub.tree(used).exists())
        self.assertTrue(self.hub.tree(open_task).exists())

    def test_ignored_files_keep_it_when_the_project_says_so(self):
        self.set("ignored", "keep")
        kept, free = self.ended(), self.ended("echo nothing", "other")
        self.grow_old()
        self.gone(free)
        self.assertTrue((self.hub.tree(kept) / "made" / "m").exists())

    def test_the_longest_unused_go_when_all_take_too_much(self):
        if shutil.disk_usage(self.hub.folder).free < 4 << 30:
            self.skipTest("the disk is too full for a large tree")
        first, second, third = self.ended(), self.ended("echo two", "two"), self.ended("echo three", "three")
        with open(self.hub.tree(second) / "made-large", "wb") as large:
            os.posix_fallocate(large.fileno(), 0, 1_100_000_000)
        git(self.repository, "config", "core.excludesFile", self.hub.folder / "ignored")
        (self.hub.folder / "ignored").write_text("made-large\n")
        self.hub.do("config", "set", "trees/max_total_gb", 1)
        self.hub.kill()
        self.hub.start()
        self.gone(first)
        self.gone(second)
        self.hub.until(lambda: "made-large" in self.hub.said(second), "it is told")
        self.assertTrue(self.hub.tree(third).exists())

    def test_teardown_comes_first_and_its_failure_keeps_the_tree(self):
        proof = self.hub.folder / "torn-down"
        self.set("teardown", f"pwd >> '{proof}'; exit 1")
        task = self.ended()
        tree = self.hub.tree(task)
        self.grow_old()
        self.hub.until(lambda: "The teardown command ran" in self.hub.said(task), "it is told")
        self.assertEqual(self.lines(proof), [str(tree)])
        self.assertTrue(tree.exists())
        self.set("teardown", f"pwd >> '{proof}'")
        self.hub.kill()
        self.hub.start()
        self.gone(task)
        self.assertEqual(self.lines(proof), [str(tree)] * 2)

    def test_a_daemon_killed_while_it_removes_loses_nothing(self):
        tasks = []
        states = {}
        self.hub.do("agents", "add", "worker", "sh", "-c", "mkdir d; for i in $(seq 300); do echo $i > d/$i; done; echo worked")
        self.hub.do("agents", "set", "worker", "max_parallel", 20)
        for _ in range(6):
            tasks.append(self.hub.assign("worker"))
        for task in tasks:
            self.ends_turn(task)
            self.hub.do("cancel-task", task, "--yes")
            states[task] = state_of(self.hub.tree(task))
        self.hub.kill()
        self.database("UPDATE task SET ended_at = ended_at - ?", (15 * DAY,))
        for step in range(6):
            self.hub.start()
            time.sleep(0.03 * step)
            self.hub.kill()
        self.hub.start()
        self.hub.do("agents", "set", "worker", "command", "echo here I am")
        for task in tasks:
            self.hub.do("resume-task", task, "--yes")
            self.hub.wait_said(task, "here I am")
            self.assertEqual(state_of(self.hub.tree(task)), states[task], f"task {task}")

    def test_a_folder_that_somebody_deleted_is_made_again_by_resuming(self):
        task = self.work("echo worked > new.txt; echo worked")
        self.ends_turn(task)
        tree = self.hub.tree(task)
        before = state_of(tree)
        subprocess.run(["rm", "-rf", tree], check=True)
        self.hub.do("agents", "set", "worker", "command", "echo here I am")
        self.hub.do("say", "go on", "--task-id", task)
        self.hub.wait_said(task, "here I am")
        self.assertEqual(state_of(tree), before)


class InPlace(TreeCase):
    def assign_in_place(self, agent):
        return self.hub.ctl("assign-task", "do it", "--agent", agent, "--project", "project", "--mode", "in-place")

    def refused(self, says):
        code, answer = self.assign_in_place("worker")
        self.assertNotEqual(code, 0)
        self.assertIn(says, str(answer))

    def test_only_where_a_person_could_take_the_work_from(self):
        self.hub.script("echo worked", "worker")
        self.refused("main is protected")
        git(self.repository, "switch", "-q", "--detach")
        self.refused("No branch is checked out")
        git(self.repository, "switch", "-q", "-c", "mine")
        (self.repository / ".git" / "MERGE_HEAD").write_text(git(self.repository, "rev-parse", "HEAD") + "\n")
        self.refused("A merge is under way")
        (self.repository / ".git" / "MERGE_HEAD").unlink()
        git(self.repository, "update-ref", "refs/remotes/origin/mine", "HEAD")
        git(self.repository, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/mine")
        self.refused("mine is protected")
        self.assertEqual(self.hub.do("tasks", "--filter", "all")["tasks"], [])

    def test_one_at_a_time_and_the_checkout_stays_as_it_is(self):
        git(self.repository, "switch", "-q", "-c", "mine")
        (self.repository / "file.txt").write_text("mine, not committed\n")
        self.set("setup", "touch set-up")
        agent = self.hub.script("echo by the agent >> file.txt; echo worked", "worker")
        self.hub.do("agents", "set", agent, "max_parallel", 5)
        first, second = (self.assign_in_place(agent)[1]["task_id"] for _ in range(2))
        self.ends_turn(first)
        self.assertEqual(self.hub.state(second), "queued")
        self.hub.until(lambda: f"Task #{first} works in that checkout" in self.hub.do("task-status", second)["reason"], "it says why")
        self.assertFalse((self.repository / "set-up").exists(), "a person's checkout is theirs to set up")
        self.hub.do("rollback", "task_checkpoint", f"{first}/1", "--yes")
        self.assertEqual((self.repository / "file.txt").read_text(), "mine, not committed\n")
        self.hub.do("rollback", "undo", "--task-id", first, "--yes")
        git(self.repository, "stash", "-q")
        git(self.repository, "switch", "-q", "main")
        self.hub.do("resume-task", first, "--yes")
        self.hub.until(lambda: "is checked out now" in self.hub.do("task-status", first)["reason"], "it waits for its branch")
        git(self.repository, "switch", "-q", "mine")
        git(self.repository, "stash", "pop", "-q")
        before = state_of(self.repository)
        self.hub.do("cancel-task", first, "--yes")
        self.hub.wait_said(second, "worked")
        self.assertEqual(git(self.repository, "branch", "--show-current"), "mine")
        self.assertEqual((self.repository / "file.txt").read_text(), "mine, not committed\n" + "by the agent\n" * 2)
        self.assertIn("file.txt", before)


if __name__ == "__main__":
    unittest.main()
