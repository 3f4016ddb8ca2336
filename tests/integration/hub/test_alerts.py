#!/usr/bin/env python3
"""Where alerts go, and how loud errors of agents are told.

usage: test_alerts.py BIN_DIR [unittest options]
"""
import http.server
import json
import os
import pathlib
import pty
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import test_hub  # noqa: E402
from test_hub import HubCase  # noqa: E402


class Receiver(http.server.ThreadingHTTPServer):
    """Takes what is posted, or answers with the status that it is told to."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.taken, self.refused = 200, [], 0
        self.thread = threading.Thread(target=self.serve_forever, daemon=True)
        self.thread.start()

    def address(self):
        return f"http://127.0.0.1:{self.server_address[1]}/secret-part-of-the-address"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.status == 200:
            self.server.taken.append((dict(self.headers), body))
        else:
            self.server.refused += 1
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_):
        pass


class Sinks(HubCase):
    settings = "[monitor]\nalert_cooldown_seconds = 0\n"

    def raised(self, title, level="error"):
        return self.hub.do("test-alert", "--title", title, "--level", level)

    def test_a_command_gets_each_alert_once_in_order(self):
        program, taken = self.hub.folder / "sink.sh", self.hub.folder / "taken"
        program.write_text(f'#!/bin/sh\n[ -e {self.hub.folder}/broken ] && {{ echo "no ink" >&2; exit 3; }}\ncat >> {taken}\n'
                           f'env > {self.hub.folder}/environment\n')
        program.chmod(0o755)
        self.hub.kill()
        self.hub.start(DISCORD_BOT_TOKEN="not-for-sinks")
        self.hub.do("config", "set", "alerts/command", program)
        (self.hub.folder / "broken").touch()
        answer = self.raised("one")
        self.assertIn("exit code 3: no ink", answer["problems"]["command"])
        self.assertEqual(answer["problems"]["log"], "")
        self.raised("two")
        self.hub.kill()  # what was not taken is not lost
        (self.hub.folder / "broken").unlink()
        self.hub.start(DISCORD_BOT_TOKEN="not-for-sinks")
        self.assertEqual(self.raised("three")["problems"]["command"], "")
        got = [json.loads(line) for line in taken.read_text().splitlines()]
        self.assertEqual([g["alert"]["title"] for g in got], ["one", "two", "three"])
        self.assertEqual(sorted({g["delivery"] for g in got}), [g["delivery"] for g in got])
        environment = (self.hub.folder / "environment").read_text()
        self.assertIn("AGENTHUB_ALERT_TITLE=three", environment)
        self.assertNotIn("not-for-sinks", environment)
        self.hub.do("resolve-alert", answer["alert_id"], "--notes", "seen")
        self.hub.until(lambda: '"answered"' in taken.read_text(), "its end is told")

    def test_a_web_address_gets_each_alert_and_its_secret_stays_one(self):
        receiver, file = Receiver(), self.hub.folder / "webhook"
        self.addCleanup(receiver.server_close)
        self.addCleanup(receiver.shutdown)
        file.write_text(f"{receiver.address()}\nAuthorization: Bearer hidden-word\n")
        file.chmod(0o644)
        self.hub.do("config", "set", "alerts/webhook_file", file)
        self.assertIn("Others may read", self.raised("one")["problems"]["webhook"])
        file.chmod(0o600)
        receiver.status = 503
        self.hub.kill()
        self.hub.start()
        answer = self.raised("two")
        self.assertEqual(answer["problems"]["webhook"], "127.0.0.1 answered with status 503.")
        receiver.status = 200
        self.hub.until(lambda: len(receiver.taken) >= 2, "both have arrived", 40)
        self.assertEqual([body["alert"]["title"] for _, body in receiver.taken], ["one", "two"])
        headers, body = receiver.taken[0]
        self.assertEqual((headers["Authorization"], headers["Content-Type"]), ("Bearer hidden-word", "application/json"))
        self.assertEqual(headers["Idempotency-Key"], f"agenthub-{body['delivery']}")
        log = (self.hub.folder / "log").read_text()
        self.assertNotIn("hidden-word", log)
        self.assertNotIn("secret-part", log)

    def test_only_what_is_bad_enough_goes_out(self):
        taken = self.hub.folder / "taken"
        self.hub.do("config", "set", "alerts/command", f"tee -a {taken}")
        self.hub.do("config", "set", "alerts/level", "critical")
        task = self.hub.assign(self.hub.script("exit 1"))
        self.hub.until(lambda: [a for a in self.hub.do("alerts")["alerts"] if a["type"] == "agent_error"], "an alert")
        self.raised("now", "info")
        self.assertEqual([json.loads(line)["alert"]["title"] for line in taken.read_text().splitlines()
                          if "Task" not in line or "critical" in line], ["now"])
        self.assertNotEqual(self.hub.state(task), "completed")


class Errors(HubCase):
    settings = "[monitor]\nalert_cooldown_seconds = 300\n"

    def open_alerts(self, subject):
        return [a for a in self.hub.do("alerts")["alerts"] if a["type"] == "agent_error" and subject in a["title"]]

    def test_what_keeps_failing_gets_louder(self):
        agent = self.hub.script("echo working; exit 7")
        task = self.hub.assign(agent)
        levels = []
        for _ in range(3):
            self.hub.until(lambda: self.hub.state(task) == "interrupted", "it failed")
            self.hub.until(lambda: self.hub.do("task-status", task)["error_count"] > len(levels), "it is counted")
            levels.append(self.open_alerts("#")[0]["level"])
            if levels[-1] == "critical":
                break
            self.hub.ctl("resume-task", task, "--yes")
        self.assertEqual(levels[-1], "critical", levels)
        self.assertEqual(len(self.open_alerts(f"#{task}")), 1)  # what got worse took the place of what was told before
        burst = self.open_alerts(agent)
        self.assertEqual([a["title"] for a in burst], ["script fails again and again"])
        self.assertIn("errors within 10 minutes", burst[0]["description"])
        checkpoints = self.hub.do("rollback", "show", "--task-id", task)["checkpoints"]
        self.assertTrue([c for c in checkpoints if c["type"] == "error"])


class EmergencyStop(HubCase):
    def on_a_terminal(self, answer, *words):
        """The command as a person types it, who then answers what is asked."""
        parent, child = pty.openpty()
        asked = subprocess.Popen([test_hub.BIN / "agenthubctl", "--data-dir", self.hub.data, *words], env=self.hub.environment,
                                 stdin=child, stdout=child, stderr=child, cwd=self.hub.folder)
        os.close(child)
        text = b""
        while b"And now? [1-3]" not in text:
            text += os.read(parent, 4096)
        os.write(parent, answer.encode())
        try:
            while more := os.read(parent, 4096):
                text += more
        except OSError:
            pass  # the other end is closed
        asked.wait(timeout=20)
        os.close(parent)
        return text.decode()

    def begin(self):
        task = self.hub.assign(self.hub.script(test_hub.HEARTBEATS))
        self.hub.wait_said(task, "beating")
        self.assert_beating(self.hub.tree(task))
        return task

    def test_it_asks_afterwards_and_goes_on(self):
        task = self.begin()
        said = self.on_a_terminal("3\n", "emergency-stop")
        self.assertIn("Keep everything frozen", said)
        self.assertIn("Safe mode is off", said)
        self.assert_beating(self.hub.tree(task))

    def test_nothing_more_happens_without_an_answer(self):
        task = self.begin()
        self.assertIn("It stays as it is.", self.on_a_terminal("\n", "emergency-stop"))
        self.assert_still(self.hub.tree(task))
        self.assertTrue(self.hub.do("safe-mode", "status")["safe_mode"])

    def test_the_processes_can_be_ended_and_the_task_goes_on_later(self):
        task = self.begin()
        pid = self.hub.do("task-status", task)["pid"]
        said = self.on_a_terminal("2\n", "emergency-stop")
        self.assertIn("1 agent is being ended", said)
        self.hub.until(lambda: not test_hub.runs(pid), "it is gone")
        self.assert_still(self.hub.tree(task))
        status = self.hub.do("task-status", task)
        self.assertEqual(status["state"], "interrupted")
        self.assertIn("emergency stop", status["reason"])
        self.assertEqual(status["error_count"], 0)
        self.hub.do("safe-mode", "disable")
        self.assertEqual(self.hub.state(task), "interrupted")
        self.hub.do("resume-task", task, "--yes")
        self.hub.until(lambda: self.hub.state(task) == "running", "it goes on")
        self.assert_beating(self.hub.tree(task))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]], verbosity=1)
