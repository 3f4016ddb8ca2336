#!/usr/bin/env python3
"""What system-health says of whether work can be taken back.

usage: test_gitsafety.py BIN_DIR [unittest options]
"""
import re
import shutil
import subprocess
import unittest

import test_hub
from projecthub import ProjectCase


class GitSafety(ProjectCase):
    settings = "[vault]\nmerge_packs = 2\n"

    def setUp(self):
        super().setUp()
        self.add()

    def safety(self):
        return self.hub.do("system-health")["git_safety"]

    def problems(self):
        return [problem["text"] for problem in self.safety()["problems"]]

    def fields(self):
        """What a person reads."""
        shown = subprocess.run([test_hub.BIN / "agenthubctl", "--data-dir", self.hub.data, "system-health"], capture_output=True,
                               text=True, env=self.hub.environment, check=True).stdout
        return re.sub(r"\s+", " ", shown)

    def test_one_line_when_all_is_well(self):
        task = self.finished_task("echo one > one")
        safety = self.safety()
        self.assertEqual((safety["well"], safety["problems"]), (True, []))
        [project], [saved] = safety["projects"], safety["tasks"]
        self.assertTrue(project["guarded"] and project["vault"]["there"] and project["newest_backup_branch_at"], project)
        self.assertGreater(project["vault"]["quota_bytes"], 0)
        self.assertEqual(saved["newest"]["checkpoint_id"], f"{task}/{saved['checkpoints']}")
        self.assertRegex(self.fields(), rf"Git safety: 1 project guarded, vaults not checked yet, newest checkpoint {task}/\d+ just now")
        self.assertNotIn("Checkpoints:", self.fields())
        self.assertIsNone(safety["hub_backup_at"])
        self.hub.do("hub-backup", "create")
        self.assertTrue(self.safety()["hub_backup_at"])

    def test_a_vault_that_was_looked_through_says_when_and_how_it_ended(self):
        task = self.finished_task("echo one > one")
        for number in range(4):
            (self.hub.tree(task) / "one").write_text(str(number))
            self.hub.do("checkpoint", task)
        vault = self.hub.until(lambda: (v := self.safety()["projects"][0]["vault"])["checked_at"] and v, "it was looked through")
        self.assertEqual(vault["outcome"], "whole")
        self.assertIn("vaults checked just now", self.fields())

    def test_what_is_wrong_comes_first_with_what_mends_it(self):
        task = self.finished_task("echo one > one")
        self.shell("git config core.hooksPath /dev/null")
        self.assertRegex(self.fields(), "Git safety: The guard of project project is not in effect: .*"
                         "→ projects guard install project. 0 of 1 project guarded")
        self.assertRegex(self.fields(), rf"Project project: not guarded; vault .*; backup branch .* Checkpoints: #{task}: \d+, newest")
        [problem] = self.safety()["problems"]
        self.hub.do(*problem["command"].split())
        self.assertEqual(self.problems(), [])
        shutil.move(self.hub.data / "vault/project.git", self.hub.folder / "vault.aside")
        self.assertEqual(self.problems(), ["Project project has no vault, so none of its checkpoints can come back."])
        shutil.move(self.hub.folder / "vault.aside", self.hub.data / "vault/project.git")
        self.hub.repository.rename(self.hub.folder / "elsewhere")
        [missing] = self.hub.until(lambda: [p for p in self.safety()["problems"] if "projects move" in p["command"]], "it is missing")
        self.assertIn("project", missing["text"])


if __name__ == "__main__":
    unittest.main()
