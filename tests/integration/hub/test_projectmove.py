#!/usr/bin/env python3
"""A project whose folder moved waits, and goes on where it is.

usage: test_projectmove.py BIN_DIR [unittest options]
"""
import shutil
import subprocess
import unittest

from projecthub import WORK, ProjectCase


class Move(ProjectCase):
    def setUp(self):
        super().setUp()
        self.config = (self.git / "config").read_text()
        self.add()
        self.new = self.hub.folder / "moved" / "project"
        self.new.parent.mkdir()

    def move(self):
        self.hub.repository.rename(self.new)

    def assert_all_leads_there(self, task, place):
        tree = self.hub.tree(task)
        self.assertEqual(self.shell("git rev-parse --path-format=absolute --git-common-dir", tree).strip(), str(place / ".git"))
        hooks = self.shell("git config core.hooksPath", place).strip()
        self.assertEqual(hooks, str(place / ".git/agenthub-guard/hooks"))
        self.assertTrue(self.hub.do("projects", "guard", "status", "project")["installed"])
        self.shell("git status", self.hub.folder / "persons")

    def test_a_moved_project_goes_on_where_it_is(self):
        task = self.finished_task(WORK)
        self.move()
        self.until_state("missing")
        self.assertIn("missing", self.refused("assign-task", "x", "--agent", "quick", "--project", "project"))
        self.hub.do("say", "again", "--task-id", task)
        self.hub.until(lambda: "projects move" in self.hub.do("task-status", task)["reason"], "it waits with the reason")
        self.hub.do("projects", "move", "project", self.new)
        self.assertEqual(self.project()["path"], str(self.new))
        self.hub.until(lambda: self.said_done(task) >= 2, "the task went on")
        self.assert_all_leads_there(task, self.new)
        self.hub.until(lambda: not self.hub.do("task-status", task).get("pid"), "its agent has ended")
        self.hub.do("rollback", "task_checkpoint", f"{task}/1", "--yes")
        self.hub.do("cancel-task", task, "--yes")
        self.hub.do("projects", "remove", "project", "--yes")
        self.assertEqual((self.new / ".git/config").read_text(), self.config, "its configuration is as it was")

    def said_done(self, task):
        return sum(c["notes"] == "end of turn" for c in self.hub.do("rollback", "show", "--task-id", task)["checkpoints"])

    def test_putting_the_folder_back_is_enough(self):
        task = self.finished_task()
        self.move()
        self.until_state("missing")
        self.hub.do("say", "again", "--task-id", task)
        self.new.rename(self.hub.repository)
        self.until_state("ready")
        self.hub.until(lambda: self.hub.state(task) == "needs_review", "the task went on")

    def test_what_is_not_that_repository_is_refused(self):
        another = self.hub.folder / "another"
        another.mkdir()
        self.shell("git init -q; git -c user.name=T -c user.email=t@e commit -q --allow-empty -m x", another)
        copy = self.hub.folder / "copy"
        subprocess.run(["cp", "-a", self.hub.repository, copy], check=True)
        self.assertIn("still at", self.refused("projects", "move", "project", copy))
        self.move()
        self.assertIn("another repository", self.refused("projects", "move", "project", another))
        self.hub.do("projects", "add", another)
        self.assertIn("is project another", self.refused("projects", "move", "project", another))
        self.assertIn("projects move project", self.refused("projects", "add", self.new))
        self.assertEqual(self.project()["path"], str(self.hub.repository))
        self.assertIn('"project":"another"', (another / ".git/agenthub/owner").read_text())

    def test_a_clone_of_it_without_our_files_is_known_by_its_commits(self):
        clone = self.hub.folder / "clone"
        subprocess.run(["git", "clone", "-q", self.hub.repository, clone], check=True)
        shutil.rmtree(self.hub.repository)
        self.hub.do("projects", "move", "project", clone)
        self.assertEqual(self.project()["state"], "ready")

    def test_not_while_a_task_works_there(self):
        task = self.hub.assign(self.hub.script("echo ready; sleep 600", "slow"))
        self.hub.wait_said(task, "ready")
        self.move()
        self.assertIn(f"Task #{task}", self.refused("projects", "move", "project", self.new))
        self.hub.do("cancel-task", task, "--yes")
        self.hub.until(lambda: self.hub.ctl("projects", "move", "project", self.new)[0] == 0, "it is free")

    def test_a_hub_that_dies_meanwhile_finishes_at_its_next_start(self):
        task = self.finished_task()
        here, there, killed = self.hub.repository, self.new, 0
        for number in (2, 9, 16, 25, 35):
            here.rename(there)
            self.until_state("missing")
            killed += self.killed_at(number, "projects", "move", "project", there)
            self.hub.until(lambda: self.project()["path"] == str(here) or self.project()["state"] == "ready", "it is whole")
            if self.project()["path"] == str(here):
                self.hub.do("projects", "move", "project", there)
            self.assert_all_leads_there(task, there)
            here, there = there, here
        self.assertGreater(killed, 2)


if __name__ == "__main__":
    unittest.main()
