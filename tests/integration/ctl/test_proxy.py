#!/usr/bin/env python3
"""agenthubctl proxy between a window elsewhere and the hub: large messages, ends that close, a hub that is killed, agents.

usage: test_proxy.py BIN_DIR [unittest options]
"""
import json
import pathlib
import signal
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "hub"))
import test_hub  # noqa: E402
from test_hub import HubCase  # noqa: E402

MOST = 64 * 1024 * 1024  # bytes of a message
# An agent that asks as a person would, through a proxy of its own, from wherever it can get to.
ASK = r"""
ask() { printf '%s\n' '{"jsonrpc":"2.0","id":1,"method":"hello","params":{"origin":"window"}}' \
    '{"jsonrpc":"2.0","id":2,"method":"command","params":{"name":"safe-mode enable","options":{},"yes":true}}'; sleep 1; }
ask | "$AGENTHUB_CTL" proxy; ask | setsid "$AGENTHUB_CTL" --data-dir "$AGENTHUB_DATA_DIR" proxy
echo finished
"""


class Proxy(HubCase):
    def setUp(self):
        super().setUp()
        self.proxy = subprocess.Popen([test_hub.BIN / "agenthubctl", "--data-dir", self.hub.data, "proxy"],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                      env=self.hub.environment)
        self.addCleanup(self.end)

    def end(self):
        self.proxy.kill()
        self.proxy.wait()
        for stream in (self.proxy.stdin, self.proxy.stdout, self.proxy.stderr):
            try:
                stream.close()
            except BrokenPipeError:
                pass

    def send(self, number, method, **params):
        line = json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode() + b"\n"
        self.proxy.stdin.write(line)
        self.proxy.stdin.flush()
        return len(line)

    def answer(self):
        return json.loads(self.proxy.stdout.readline())

    def test_what_is_asked_and_told_comes_through_in_order(self):
        for number in range(1, 101):
            self.send(number, "hello")
        self.assertEqual([self.answer()["id"] for _ in range(100)], list(range(1, 101)))
        self.send(1000, "subscribe")
        self.assertEqual(self.answer()["id"], 1000)
        self.hub.do("test-alert", "--title", "ink is low")
        told = self.answer()
        self.assertEqual((told["method"], told["params"]["name"]), ("event", "alert"))

    def test_messages_of_nearly_the_most_bytes_pass_and_longer_ones_end_the_connection(self):
        long = "x" * (MOST - 1000)
        self.assertLess(self.send(1, "query", name=long, arguments={}), MOST)
        refused = self.answer()
        self.assertEqual(refused["id"], 1)
        self.assertIn("There is no query", refused["error"]["message"])
        self.send(2, "hello")
        self.assertEqual(self.answer()["id"], 2, "it goes on afterwards")
        try:
            self.send(3, "query", name=long + "x" * 1_000_000, arguments={})
        except BrokenPipeError:
            pass
        self.assertIn("longer than 64 MiB", self.proxy.stdout.read().decode())
        self.assertEqual(self.proxy.wait(timeout=10), 0)

    def test_long_answers_come_whole_to_one_who_reads_slowly(self):
        self.hub.do("agents", "add", "long", "sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' x; echo")
        task = self.hub.assign("long")
        self.hub.until(lambda: self.hub.state(task) == "needs_review", "it has said all")
        asked = 12
        # From beside, since nobody takes the answers yet.
        sender = threading.Thread(target=lambda: [
            self.send(number, "query", name="messages", arguments={"task_id": task, "first": 1, "last": 50, "whole": True})
            for number in range(asked)])
        sender.start()
        sender.join()
        answers = [self.answer() for _ in range(asked)]
        self.assertEqual({answer["id"] for answer in answers}, set(range(asked)))
        whole = {sum(len(m["text"]) for m in answer["result"]["messages"] if m["kind"] == "output") for answer in answers}
        self.assertEqual(len(whole), 1)
        self.assertGreaterEqual(whole.pop(), 3000000)

    def test_it_ends_when_the_window_s_side_does(self):
        self.send(1, "hello")
        self.assertEqual(self.answer()["id"], 1)
        self.proxy.stdin.close()
        self.assertEqual(self.proxy.wait(timeout=10), 0)
        self.assertEqual(self.hub.ctl("system-health")[0], 0, "and the hub goes on")

    def test_it_ends_when_nobody_reads_what_it_says(self):
        self.send(1, "subscribe")
        self.assertEqual(self.answer()["id"], 1)
        self.proxy.stdout.close()
        self.hub.do("test-alert", "--title", "ink is low")
        self.proxy.wait(timeout=10)
        self.assertEqual(self.hub.ctl("system-health")[0], 0)

    def test_a_killed_hub_ends_it_after_all_that_the_hub_said(self):
        self.send(1, "hello")
        self.hub.until(lambda: self.proxy.stdout.peek(), "it has answered")
        self.hub.kill(signal.SIGKILL)
        self.assertEqual(self.proxy.wait(timeout=10), 0)
        self.assertEqual(json.loads(self.proxy.stdout.read())["id"], 1)
        none = subprocess.run([test_hub.BIN / "agenthubctl", "--data-dir", self.hub.data, "proxy"], capture_output=True,
                              text=True, env=self.hub.environment, stdin=subprocess.DEVNULL, check=False)
        self.assertEqual(none.returncode, 5, "no hub")
        self.assertIn("No hub is running", none.stderr)

    def test_an_agent_is_one_through_it_too(self):
        self.send(1, "hello", origin="window")
        self.assertEqual(self.answer()["result"]["role"], "machine")
        task = self.hub.assign(self.hub.script(ASK))
        self.hub.wait_said(task, "finished")
        said = self.hub.said(task)
        self.assertEqual(said.count('"role":"agent"'), 2, said)
        self.assertNotIn('"role":"machine"', said)
        self.assertEqual(said.count('"error"'), 2, said)
        self.assertFalse(self.hub.do("safe-mode", "status")["safe_mode"])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]], verbosity=1)
