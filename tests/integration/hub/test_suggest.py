#!/usr/bin/env python3
"""What the hub offers for the options of commands, asked at its socket.

usage: test_suggest.py BIN_DIR [unittest options]
"""
import json
import pathlib
import signal
import socket
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import test_hub  # noqa: E402
from test_hub import HubCase  # noqa: E402


class Suggestions(HubCase):
    def ask(self, command, option, typed="", **options):
        line = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "suggest",
                           "params": {"name": command, "option": option, "typed": typed, "options": options}})
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect((self.hub.data / "endpoint").read_text().strip())
            peer.sendall(line.encode() + b"\n")
            answer = json.loads(peer.makefile().readline())
        self.assertIn("result", answer)
        found = answer["result"]["suggestions"]
        self.assertLessEqual(len(found), 25)
        for one in found:
            self.assertLessEqual(len(one["label"]), 100)
            self.assertTrue(one["value"] and one["label"])
        return found

    def values(self, *words, **options):
        return [one["value"] for one in self.ask(*words, **options)]

    def test_known_agents_are_offered_when_their_programs_are_there(self):
        programs = self.hub.folder / "programs"
        programs.mkdir()
        for name in ("codex", "claude", "aider"):
            (programs / name).write_text("#!/bin/sh\necho 1.0\n")
            (programs / name).chmod(0o755)
        (programs / "gemini").write_text("no program\n")
        self.hub.kill(signal.SIGTERM)
        self.hub.start(PATH=f"{programs}:/usr/bin:/bin")
        found = self.ask("agents add", "command")
        self.assertEqual([one["value"].split()[0] for one in found], ["claude", "codex", "aider"])
        self.assertTrue(all("{prompt}" in one["value"] for one in found))
        self.assertIn(str(programs / "claude"), found[0]["label"])
        self.hub.do("agents", "add", "mine", found[0]["value"])  # as it is offered it can be used
        self.assertEqual([v.split()[0] for v in self.values("agents add", "command")], ["codex", "aider", "claude"])

    def test_each_kind_of_option_is_offered(self):
        first = self.hub.assign(self.hub.script("echo one", "quick"))
        self.hub.until(lambda: self.hub.state(first) == "needs_review", "the first one has ended its turn")
        second = self.hub.assign(self.hub.script("sleep 100", "slow"))
        self.hub.until(lambda: self.hub.state(second) == "running", "the second one works")
        self.hub.do("say", "later please", "--task-id", second)
        self.hub.do("test-alert", "--title", "ink is low", "--level", "error")
        point = self.hub.do("checkpoint", first)["checkpoint_id"]

        tasks = self.ask("pause-task", "task_id")
        self.assertEqual([one["value"] for one in tasks], [str(second), str(first)])  # newest first
        self.assertRegex(tasks[0]["label"], rf"^#{second} .* · running · (just now|\d+ s(ec)? ago)$")
        self.assertEqual(self.values("pause-task", "task_id", "NEEDS rev"), [str(first)])
        self.assertEqual(self.values("pause-task", "task_id", "no such"), [])
        self.assertEqual(self.values("pause-task", "task_id", agent="slow"), [str(second)])

        points = self.ask("resume-task", "checkpoint_id", task_id=str(first))
        self.assertEqual(points[0]["value"], point)
        self.assertIn("manual", points[0]["label"])
        self.assertTrue(all(one["value"].startswith(f"{first}/") for one in points))

        self.assertEqual(self.values("pause-agent", "name", "slo"), ["slow"])
        self.assertIn("all", self.values("pause-agent", "name"))
        self.assertNotIn("all", self.values("assign-task", "agent"))
        self.assertEqual(self.values("tasks", "project"), ["project"])
        self.assertEqual(len(self.values("resolve-alert", "alert_id", "ink")), 1)
        self.assertEqual(len(self.values("queue remove", "message_id", "later")), 1)
        self.assertIn("checkpoint/interval_seconds", self.values("config get", "key", "interval"))
        self.assertIn("rollback show", self.values("help", "command", "rollb"))
        branches = self.values("assign-task", "base")
        self.assertIn(self.hub.do("task-status", first)["branch"], branches)
        backup = self.values("rollback git_backup", "backup", task_id=str(first))
        self.assertEqual(backup, [self.hub.do("task-status", first)["backup_branch"]])

        self.hub.do("hub-backup", "create")
        self.assertTrue(self.values("hub-backup verify", "backup"))
        self.hub.do("rollback", "task_checkpoint", "--task-id", first, "--checkpoint-id", "1", "--yes")
        undo = self.ask("rollback undo", "operation_id")
        self.assertEqual(len(undo), 1)
        self.assertIn(f"#{first}", undo[0]["label"])
        self.hub.do("rollback", "undo", undo[0]["value"], "--yes")
        self.assertNotIn(undo[0]["value"], self.values("rollback undo", "operation_id"))

    def test_what_is_no_option_is_an_error(self):
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect((self.hub.data / "endpoint").read_text().strip())
            peer.sendall(b'{"jsonrpc":"2.0","id":1,"method":"suggest","params":{"name":"tasks","option":"colour"}}\n')
            self.assertIn("no option colour", peer.makefile().readline())


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]], verbosity=1)
