#!/usr/bin/env python3
"""Files that several open tasks changed.

usage: test_conflicts.py BIN_DIR [unittest options]
"""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import test_hub  # noqa: E402
from test_hub import HubCase  # noqa: E402


class Conflicts(HubCase):
    def ended(self, name, script):
        task = self.hub.assign(self.hub.script(script, name))
        self.hub.until(lambda: self.hub.state(task) == "needs_review", f"{name} has ended its turn")
        return task

    def found(self, *words):
        return {one["path"]: (one["tasks"], one["same"]) for one in self.hub.do("conflicts", *words)["conflicts"]}

    def test_files_of_several_open_tasks_are_told(self):
        self.assertEqual(self.found(), {})
        first = self.ended("first", "echo mine > file.txt; echo a > only.txt; echo x > same.txt")
        self.assertEqual(self.found(), {})
        second = self.ended("second", "echo other > file.txt; echo b > another.txt; echo x > same.txt")
        self.assertEqual(self.found(), {"file.txt": ([first, second], False), "same.txt": ([first, second], True)})
        third = self.ended("third", "rm file.txt")
        self.assertEqual(self.found()["file.txt"], ([first, second, third], False))
        self.assertEqual(set(self.found("--task-id", third)), {"file.txt"})
        self.assertEqual(set(self.found("--project", "project")), {"file.txt", "same.txt"})
        # What was brought home or given up meets nobody any more.
        self.hub.do("cancel-task", second, "--yes")
        self.hub.do("cancel-task", third, "--yes")
        self.assertEqual(self.found(), {})

    def test_an_unknown_project_is_an_error(self):
        code, answer = self.hub.ctl("conflicts", "--project", "nowhere")
        self.assertNotEqual(code, 0)
        self.assertIn("nowhere", answer["error"]["message"])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]], verbosity=1)
