#!/usr/bin/env python3
"""A project that is removed leaves its repository as it was found, and nothing is lost.

usage: test_projectremoval.py BIN_DIR [unittest options]
"""
import pathlib
import shutil
import subprocess
import unittest

from projecthub import WORK, ProjectCase, walk


class Remove(ProjectCase):
    def setUp(self):
        super().setUp()
        self.before = walk(self.git, without=["objects"])

    def assert_as_found(self):
        self.assert_same(walk(self.git, without=["objects"]), self.before)

    def test_every_byte_is_as_it_was(self):
        whole = walk(self.git)
        self.add()
        self.assertNotEqual(walk(self.git), whole)
        task = self.finished_task()
        preview = self.hub.ctl("projects", "remove", "project")
        self.assertEqual(preview[0], 3, preview)
        self.assertEqual(preview[1]["working_trees"], [task])
        self.assertTrue((self.git / "agenthub/owner").exists(), "a preview changes nothing")
        tree = self.hub.tree(task)
        reply = self.hub.do("projects", "remove", "project", "--yes")
        self.assert_same(walk(self.git), whole)
        self.assertFalse(tree.exists())
        self.assertEqual(reply["branches_kept"], [])
        self.assertEqual(self.hub.do("task-status", task)["task_id"], task, "tasks stay listed")
        self.assertEqual(self.project()["state"], "removed")
        self.assertIn("was removed", self.refused("resume-task", task, "--checkpoint-id", f"{task}/1", "--yes"))
        self.assertIn("no project", self.refused("assign-task", "x", "--agent", "quick", "--project", "project").lower())

    def test_work_that_no_other_branch_has_stays(self):
        self.add()
        task = self.finished_task(WORK)
        reply = self.hub.do("projects", "remove", "project", "--yes")
        self.assertEqual([b["branch"] for b in reply["branches_kept"]], [f"agent/quick/{task}"])
        self.assertEqual(self.shell(f"git show agent/quick/{task}:work"), "work\n")
        self.shell(f"git branch -qD agent/quick/{task}; rm -rf .git/logs/refs/heads/agent .git/refs/heads/agent")
        self.assert_as_found()

    def test_merged_work_goes_and_the_vault_keeps_it(self):
        self.add()
        task = self.finished_task(WORK)
        commit = self.shell(f"git rev-parse agent/quick/{task}").strip()
        self.shell(f"git branch home agent/quick/{task}")
        reply = self.hub.do("projects", "remove", "project", "--yes")
        self.assertEqual(reply["branches_kept"], [])
        self.assertEqual({b["branch"].split("/")[0] for b in reply["branches"]}, {"agent", "backup"})
        for branch in reply["branches"]:
            subprocess.run(["git", "-C", reply["vault"], "rev-list", "--objects", branch["commit"]], check=True, capture_output=True)
        self.assertIn(commit, [b["commit"] for b in reply["branches"]])
        self.shell("git branch -qD home")
        self.assert_as_found()

    def test_adding_again_takes_all_of_it_up(self):
        self.add()
        task = self.finished_task(WORK)
        said = self.hub.do("task-log", task, "--limit", 1000)["messages"]
        self.shell(f"git branch home agent/quick/{task}")
        self.hub.do("projects", "remove", "project", "--yes")
        self.assertEqual(self.add()["project"], "project")
        self.assertEqual(self.project()["state"], "ready")
        self.hub.do("rollback", "task_checkpoint", "--task-id", task, "--checkpoint-id", "last", "--yes")
        self.assertEqual((self.hub.tree(task) / "work").read_text(), "work\nmore\n")
        self.hub.do("rollback", "task_checkpoint", f"{task}/1", "--yes")
        self.assertFalse((self.hub.tree(task) / "work").exists())
        self.hub.do("rollback", "undo", "--task-id", task, "--yes")
        self.assertEqual((self.hub.tree(task) / "work").read_text(), "work\nmore\n")
        self.assertEqual([m for m in self.hub.do("task-log", task, "--limit", 1000)["messages"]][: len(said)], said)
        self.hub.do("say", "again", "--task-id", task)
        self.hub.until(lambda: self.hub.state(task) in ("running", "needs_review"), "it goes on")

    def test_another_repository_at_that_place_is_another_project(self):
        self.add()
        self.hub.do("projects", "remove", "project", "--yes")
        shutil.rmtree(self.git)
        self.shell("git init -q; git add .; git -c user.name=T -c user.email=t@e commit -qm other")
        self.assertEqual(self.add()["project"], "project-2")

    def test_not_while_a_task_works_or_a_tree_can_not_go(self):
        self.add()
        task = self.hub.assign(self.hub.script("echo ready; sleep 600", "slow"))
        self.hub.wait_said(task, "ready")
        self.assertIn(f"Task #{task}", self.refused("projects", "remove", "project", "--yes"))
        self.hub.do("cancel-task", task, "--yes")
        self.hub.until(lambda: not self.hub.do("task-status", task).get("pid"), "it has ended")
        with subprocess.Popen(["sleep", "600"], cwd=self.hub.tree(task)) as person:
            self.hub.until(lambda: pathlib.Path(f"/proc/{person.pid}/cwd").resolve() == self.hub.tree(task), "it is there")
            said = self.refused("projects", "remove", "project", "--yes")
            person.kill()
        self.assertIn(f"process {person.pid} works in it", said)
        self.assertEqual(self.project()["state"], "ready")
        self.hub.do("projects", "remove", "project", "--yes")
        self.assert_as_found()

    def test_a_hub_that_dies_meanwhile_leaves_nothing_half(self):
        self.add()
        killed = 0
        for number in (5, 45, 75, 95):
            self.finished_task()
            killed += self.killed_at(number, "projects", "remove", "project", "--yes")
            self.hub.until(lambda: self.project()["state"] in ("ready", "removed"), "it is whole")
            if self.project()["state"] == "ready":
                self.assertTrue((self.git / "agenthub/owner").exists())
                self.hub.do("projects", "remove", "project", "--yes")
            self.assert_as_found()
            self.add()
        self.assertGreater(killed, 1)


if __name__ == "__main__":
    unittest.main()
