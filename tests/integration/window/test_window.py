#!/usr/bin/env python3
"""The installed window and what it does about the hub: starts a daemon, attaches to one, is the hub itself.

usage: test_window.py BIN_DIR [unittest options]
"""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "hub"))
import test_hub  # noqa: E402
from test_hub import runs  # noqa: E402

COUNTING = "i=0; while :; do i=$((i + 1)); echo \"line $i\"; sleep 0.05; done"


def daemons(data):
    """The pids of the daemons that were started for this data folder."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"/agenthubd") and os.fsencode(data) in words and runs(entry.name):
            found.append(int(entry.name))
    return found


class Window(unittest.TestCase):
    def setUp(self):
        self.hub = test_hub.Hub()
        (self.hub.folder / "log").touch()  # of the daemon that no test here starts itself
        self.windows = []
        self.bin = test_hub.BIN
        self.addCleanup(self.end)

    def end(self):
        for window in self.windows:
            if window.poll() is None:
                window.kill()
                window.wait()
        for task in self.hub.ctl("tasks", "--filter", "open")[1].get("tasks", []):
            self.hub.ctl("cancel-task", task["task_id"], "--yes")
        for pid in daemons(self.hub.data):
            os.kill(pid, signal.SIGTERM)
            self.hub.until(lambda pid=pid: not runs(pid), "the daemon ends")
        self.hub.close()

    def open(self):
        """A window, with settings and a home of its own."""
        home = self.hub.folder / "home"
        home.mkdir(exist_ok=True)
        with open(self.hub.folder / "window.log", "ab") as log:
            window = subprocess.Popen(
                [self.bin / "agenthub", "--data-dir", self.hub.data, "--config", self.hub.folder / "agenthub.ini"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=self.hub.environment | {"QT_QPA_PLATFORM": "offscreen", "HOME": str(home)})
        self.windows.append(window)
        return window

    def until_answers(self):
        self.hub.until(lambda: self.hub.ctl("system-health")[0] == 0, "a hub answers")

    def until_attached(self, number=1):
        """Until so many windows have a connection to the hub's socket."""
        path = (self.hub.data / "endpoint").read_text().strip()

        def connections():
            lines = [line.split() for line in pathlib.Path("/proc/net/unix").read_text().splitlines()]
            return sum(words[-1].startswith(path) and words[5] == "03" for words in lines)
        self.hub.until(lambda: connections() == number, f"{number} windows are attached")

    def work(self):
        """A task whose agent counts aloud."""
        self.hub.do("projects", "add", self.hub.repository)
        task = self.hub.assign(self.hub.script(COUNTING))
        self.hub.wait_said(task, "line 3")
        return task

    def lines(self, task):
        return self.hub.do("task-status", task)["messages"]

    def assert_works(self, task):
        before = self.lines(task)
        self.hub.until(lambda: self.lines(task) > before + 3, "the agent goes on and its words are kept")

    def test_a_window_starts_a_daemon_that_outlives_it_with_all_its_agents(self):
        window = self.open()
        self.until_answers()
        pid, = daemons(self.hub.data)
        task = self.work()
        agent = self.hub.do("task-status", task)["pid"]

        window.kill()
        window.wait()
        self.assert_works(task)
        self.assertEqual(daemons(self.hub.data), [pid])

        second = self.open()
        self.until_attached()
        self.assert_works(task)
        second.send_signal(signal.SIGTERM)
        self.assertEqual(second.wait(timeout=10), 0, "it ends in order")
        self.assert_works(task)
        self.assertEqual(daemons(self.hub.data), [pid])
        self.assertTrue(runs(agent))

    def test_a_terminal_that_is_closed_takes_the_window_along_and_nothing_else(self):
        self.open()
        self.until_answers()
        for number in (signal.SIGINT, signal.SIGHUP):
            window = self.open()
            self.until_attached(2)
            window.send_signal(number)
            self.assertEqual(window.wait(timeout=10), 0)
        self.assertEqual(len(daemons(self.hub.data)), 1)

    def test_two_windows_at_the_same_instant_end_with_one_daemon(self):
        for _ in range(3):
            self.open()
        self.until_answers()
        self.hub.until(lambda: len(daemons(self.hub.data)) == 1, "one daemon is left")
        task = self.work()
        self.until_attached(3)
        self.assert_works(task)
        self.assertEqual(len(daemons(self.hub.data)), 1)

    def test_without_a_daemon_s_program_the_window_is_the_hub(self):
        self.bin = self.hub.folder / "bin"
        shutil.copytree(test_hub.BIN, self.bin, ignore=shutil.ignore_patterns("agenthubd", "tst_*"))
        window = self.open()
        self.until_answers()
        self.assertEqual(daemons(self.hub.data), [])
        task = self.work()

        second = subprocess.run([test_hub.BIN / "agenthubd", "--data-dir", self.hub.data, "--config",
                                 self.hub.folder / "agenthub.ini"], capture_output=True, text=True,
                                env=self.hub.environment, timeout=20, check=False)
        self.assertEqual(second.returncode, 1)
        self.assertIn("A hub runs on", second.stderr)
        self.assert_works(task)

        other = self.open()
        self.until_attached()
        agent = self.hub.do("task-status", task)["pid"]
        window.send_signal(signal.SIGTERM)
        self.assertEqual(window.wait(timeout=10), 0, "the hub in it ends in order")
        self.assertTrue(runs(agent), "its agent goes on")
        self.assertIsNone(other.poll())
        self.assertEqual(self.hub.ctl("system-health")[0], 5, "nobody is the hub any more")

        self.open()
        self.until_answers()
        self.assert_works(task)
        self.assertEqual(self.hub.do("task-status", task)["pid"], agent)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]], verbosity=1)
