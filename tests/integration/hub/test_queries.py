#!/usr/bin/env python3
"""What a window reads of many rows at once, asked at the hub's socket.

usage: test_queries.py BIN_DIR [unittest options]
"""
import datetime
import json
import pathlib
import socket
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import test_hub  # noqa: E402
from test_hub import HubCase  # noqa: E402


def iso(minutes):
    """A time so many minutes from now."""
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Queries(HubCase):
    def answer(self, name, **arguments):
        line = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "query",
                           "params": {"name": name, "arguments": arguments}})
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect((self.hub.data / "endpoint").read_text().strip())
            peer.sendall(line.encode() + b"\n")
            return json.loads(peer.makefile().readline())

    def ask(self, name, **arguments):
        answer = self.answer(name, **arguments)
        self.assertIn("result", answer, answer)
        return answer["result"]

    def test_a_window_reads_tasks_messages_and_marks(self):
        first = self.hub.assign(self.hub.script("for i in 1 2 3; do echo \"line $i of 100%_\"; done", "quick"))
        self.hub.until(lambda: self.hub.state(first) == "needs_review", "it has ended its turn")
        second = self.hub.assign(self.hub.script("sleep 100", "slow"))
        self.hub.until(lambda: self.hub.state(second) == "running", "the second one works")
        self.hub.do("pause-task", second)
        point = self.hub.do("checkpoint", first)["checkpoint_id"]
        self.hub.do("test-alert", "--title", "ink is low", "--level", "error")

        tasks = self.ask("tasks")["tasks"]
        self.assertEqual([task["task_id"] for task in tasks], [second, first])
        status = self.hub.do("task-status", first)
        for name, value in tasks[1].items():
            self.assertEqual(status[name], value, name)

        said = self.ask("messages", task_id=first, first=1, last=1000)["messages"]
        self.assertEqual([message["message_id"] for message in said], list(range(1, len(said) + 1)))
        self.assertEqual(len(said), status["messages"])
        part = self.ask("messages", task_id=first, first=2, last=3)["messages"]
        self.assertEqual(part, said[1:3])
        line = next(message for message in said if "line 2" in message["text"] and message["kind"] == "output")
        found = self.ask("find-message", task_id=first, text="LINE 2", **{"from": len(said), "backwards": True})
        self.assertEqual(found["message_id"], line["message_id"])
        self.assertEqual(self.ask("find-message", task_id=first, text="100x_"), {})
        self.assertTrue(self.ask("find-message", task_id=first, text="100%_")["message_id"])

        lanes = {lane["task_id"]: lane["marks"] for lane in self.ask("time-line", **{"from": iso(-60), "to": iso(1)})["lanes"]}
        self.assertEqual({first, second} - set(lanes), set())
        self.assertIn(point, [mark["id"] for mark in lanes[first] if mark["kind"] == "checkpoint"])
        self.assertEqual([mark["to"] for mark in lanes[second] if mark["kind"] == "pause"], [""])
        self.assertIn("ink is low", [mark["text"] for mark in lanes[0] if mark["kind"] == "alert"])
        self.assertTrue([mark for mark in lanes[first] if mark["kind"] == "turn" and mark["to"]])
        only = self.ask("time-line", **{"from": iso(-60), "to": iso(1), "task_id": first})["lanes"]
        self.assertEqual([lane["task_id"] for lane in only], [first])
        self.assertEqual(self.ask("time-line", **{"from": iso(-60), "to": iso(-50)})["lanes"], [])

        # What a rollback hides is still there, and says so.
        self.hub.do("rollback", "task_checkpoint", "--task-id", first, "--checkpoint-id", "1", "--yes")
        hidden = [message for message in self.ask("messages", task_id=first, first=1, last=1000)["messages"]
                  if message.get("hidden")]
        self.assertIn(line["message_id"], [message["message_id"] for message in hidden])

    def test_the_machine_s_chart_is_one_that_can_be_drawn(self):
        chart = self.ask("chart", **{"from": iso(-60), "to": iso(0)})["chart"]
        self.assertEqual(chart["version"], 1)
        self.assertTrue(chart["panels"])

    def test_a_large_message_comes_cut_and_says_its_size(self):
        task = self.hub.assign(self.hub.script("head -c 3000000 /dev/zero | tr '\\0' x; echo", "large"))
        self.hub.until(lambda: self.hub.state(task) == "needs_review", "it has ended its turn")
        said = self.ask("messages", task_id=task, first=1, last=1000)["messages"]
        self.assertLessEqual(max(len(message["text"]) for message in said), 1 << 20)
        self.assertGreater(sum(message.get("size", len(message["text"])) for message in said), 3000000 - 1)

    def test_what_is_wrong_is_an_error(self):
        for name, arguments in (("no-such", {}), ("messages", {"task_id": "x"}), ("find-message", {"task_id": 1}),
                                ("chart", {"from": "yesterday", "to": iso(0)}), ("chart", {"from": iso(0), "to": iso(-1)}),
                                ("time-line", {"from": "2026-01-01T00:00:00", "to": iso(0)})):
            with self.subTest(name=name, arguments=arguments):
                self.assertIn("error", self.answer(name, **arguments))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]], verbosity=1)
