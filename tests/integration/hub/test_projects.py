#!/usr/bin/env python3
"""A project belongs to one hub, until that one is dead and another takes it over.

usage: test_projects.py BIN_DIR [unittest options]
"""
import os
import shutil
import subprocess
import unittest

from projecthub import ProjectCase, SecondHub, walk


class OneHubEach(ProjectCase):
    def setUp(self):
        super().setUp()
        self.add()
        self.other = SecondHub(self.hub)
        self.addCleanup(self.other.close)
        self.other.start()

    def test_two_hubs_work_side_by_side_on_their_own_projects(self):
        own = self.other.folder / "own"
        subprocess.run(["git", "clone", "-q", self.hub.repository, own], check=True)
        self.other.do("projects", "add", own)
        tasks = []
        for hub, project in ((self.hub, "project"), (self.other, "own")):
            hub.script("echo done")
            tasks.append((hub, hub.do("assign-task", "do it", "--agent", "script", "--project", project)["task_id"]))
        for hub, task in tasks:
            hub.wait_said(task, "done")

    def test_a_living_hubs_project_is_not_given_away(self):
        before = walk(self.git)
        for words in ((), ("--take-over",)):
            said = self.refused("projects", "add", self.hub.repository, *words, hub=self.other)
            self.assertIn(str(self.hub.data), said)
            self.assertIn("is running", said)
        self.assertEqual(self.other.do("projects", "list")["projects"], [])
        self.assertEqual(walk(self.git), before)
        linked = self.refused("projects", "add", self.hub.folder / "persons", hub=self.other)
        self.assertIn(str(self.hub.data), linked)
        self.assertEqual(os.listdir(self.other.data / "vault") if (self.other.data / "vault").exists() else [], [])

    def test_a_linked_working_tree_is_the_same_repository(self):
        self.assertIn("is the repository of project project already", self.refused("projects", "add", self.hub.folder / "persons"))

    def test_a_copy_of_the_repository_is_free(self):
        copy = self.hub.folder / "copy"
        subprocess.run(["cp", "-a", self.hub.repository, copy], check=True)
        self.assertEqual(self.other.do("projects", "add", copy)["project"], "copy")

    def test_a_dead_hubs_project_is_taken_over_on_demand_and_the_old_hub_keeps_off(self):
        waiting = self.hub.assign(self.hub.script("sleep 600; echo never", "slow"))
        self.hub.until(lambda: self.hub.do("task-status", waiting).get("pid"), "it works")
        self.hub.kill()
        self.assertIn("agents of it still work", self.refused("projects", "add", self.hub.repository, "--take-over", hub=self.other))
        self.hub.start()
        self.hub.do("cancel-task", waiting, "--yes")
        queued = self.hub.do("assign-task", "later", "--agent", "slow", "--project", "project", "--after", waiting)["task_id"]
        self.hub.until(lambda: not self.hub.do("task-status", waiting).get("pid"), "it has ended")
        self.hub.kill()
        said = self.refused("projects", "add", self.hub.repository, hub=self.other)
        self.assertIn("not running", said)
        self.assertIn("--take-over", said)
        self.other.do("projects", "add", self.hub.repository, "--take-over")
        before = walk(self.git)
        self.hub.start()
        self.assertEqual(self.project()["state"], "waits")
        self.assertIn(str(self.other.data), self.project()["blocked"])
        self.assertIn("belongs to another hub", self.refused("assign-task", "x", "--agent", "slow", "--project", "project"))
        self.assertIn("belongs to another hub", self.refused("projects", "guard", "uninstall", "project"))
        self.assertIn("belongs to another hub", self.refused("rollback", "task_checkpoint", f"{waiting}/1", "--yes"))
        self.hub.do("resume-task", waiting, "--yes")
        self.hub.until(lambda: "another hub" in self.hub.do("task-status", waiting)["reason"], "it waits with the reason")
        self.assertEqual(self.hub.state(queued), "queued")
        self.assertEqual(walk(self.git), before, "nothing was touched")
        # And back: the other one leaves, so the first takes it up again by itself.
        self.other.do("projects", "remove", "project", "--yes")
        self.hub.kill()
        self.hub.start()
        self.assertEqual(self.project()["state"], "ready")
        self.hub.until(lambda: self.hub.do("task-status", waiting).get("pid"), "its task goes on")

    def test_a_hub_takes_its_project_back(self):
        self.hub.kill()
        self.other.do("projects", "add", self.hub.repository, "--take-over")
        self.other.kill()
        self.hub.start()
        self.assertEqual(self.project()["state"], "waits")
        self.assertIn("already", self.refused("projects", "add", self.hub.repository))
        self.add("--take-over")
        self.assertEqual(self.project()["state"], "ready")
        self.other.start()
        self.assertEqual(self.project(self.other)["state"], "waits")

    def test_ownership_outlives_a_deleted_git_folder(self):
        shutil.rmtree(self.git)
        self.hub.do("projects", "repair", "project", "--yes")
        self.hub.until(lambda: (self.git / "agenthub/owner").exists(), "it is held again")
        self.assertIn("is running", self.refused("projects", "add", self.hub.repository, "--take-over", hub=self.other))
        self.hub.kill()
        self.hub.start()
        self.assertEqual(self.project()["state"], "ready")


if __name__ == "__main__":
    unittest.main()
