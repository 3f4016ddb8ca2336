#!/usr/bin/env python3
"""A disk that is really full, in turn for all of the data, the vault, the spools, the monitor's history and the log: each
a small file system of its own, mounted in a namespace where this program may do that.

usage: test_diskfull.py BIN_DIR [unittest options]
"""
import errno
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

if os.environ.get("AGENTHUB_TEST_MAY_MOUNT") != "yes":
    os.environ["AGENTHUB_TEST_MAY_MOUNT"] = "yes"
    if subprocess.run(["unshare", "-Urm", "true"], capture_output=True, check=False).returncode != 0:
        print("skipped: no namespace to mount in", file=sys.stderr)
        sys.exit(0)
    os.execvp("unshare", ["unshare", "-Urm", sys.executable, *sys.argv])

import test_hub  # noqa: E402

CHECKER = pathlib.Path(__file__).resolve().parents[1] / "kill" / "check_ledger.py"
MEGABYTE = 1 << 20


class Disk:
    """A tmpfs, and a file in it that takes whatever is free."""

    def __init__(self, folder, megabytes):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700", "none", self.folder], check=True)
        self.filler = self.folder / "filler"

    def free(self):
        info = os.statvfs(self.folder)
        return info.f_bavail * info.f_frsize

    def fill(self):
        """At one blow: what the hub gives up when it notices must not be taken as well."""
        with open(self.filler, "ab", buffering=0) as filler:
            wanted = self.free()
            while wanted > 0:
                try:
                    return os.posix_fallocate(filler.fileno(), os.fstat(filler.fileno()).st_size, wanted)
                except OSError as error:
                    assert error.errno == errno.ENOSPC, error
                    wanted -= 65536

    def empty(self):
        self.filler.unlink()

    def unmount(self):
        subprocess.run(["umount", "-l", self.folder], check=False)


class FullDiskCase(unittest.TestCase):
    place, megabytes, settings = "", 420, ""

    def setUp(self):
        # The socket's usual folder may belong to an account that is not known in this namespace.
        runtime = tempfile.mkdtemp(prefix="run-")
        self.addCleanup(shutil.rmtree, runtime, ignore_errors=True)
        # By signals, so that the kernel's letter for a frozen process is T.
        self.hub = test_hub.Hub("freeze_method = walk\n" + self.settings)
        self.hub.environment["XDG_RUNTIME_DIR"] = runtime
        self.disk = Disk(self.hub.folder / self.place, self.megabytes)
        self.addCleanup(self.disk.unmount)
        self.addCleanup(self.close)
        self.ledgers = self.hub.folder / "ledgers"
        self.ledgers.mkdir()
        self.hub.start()
        self.hub.do("projects", "add", self.hub.repository)

    def close(self):
        if self.disk.filler.exists():
            self.disk.empty()
        self.hub.close()

    def ledger_agents(self, count=2):
        self.hub.do("agents", "add", "ledger", "--", str(test_hub.BIN / "ledger-agent"))
        for key, value in (("adapter", "jsonrpc"), ("env.AGENTHUB_LEDGER", self.ledgers), ("max_parallel", count),
                           ("env.AGENTHUB_LEDGER_ASK_EVERY", 0), ("env.AGENTHUB_LEDGER_SAVE_EVERY", 40)):
            self.hub.do("agents", "set", "ledger", key, value)
        tasks = [self.hub.assign("ledger", f"keep a ledger {i}") for i in range(count)]
        self.hub.until(lambda: len(list(self.ledgers.glob("*.jsonl"))) == count, "all keep a ledger")
        self.assert_working()
        return tasks

    def written(self):
        return {path: path.stat().st_size for path in self.ledgers.glob("*.jsonl")}

    def assert_working(self):
        before = self.written()
        self.hub.until(lambda: all(size > before.get(path, 0) for path, size in self.written().items()), "all agents work", 30)

    def states(self, tasks):
        """The kernel's letter for each task's agent."""
        letters = []
        for task in tasks:
            stat = pathlib.Path(f"/proc/{self.hub.do('task-status', task)['pid']}/stat").read_text()
            letters.append(stat[stat.rindex(")") + 2])
        return letters

    def assert_frozen(self, tasks):
        self.hub.until(lambda: set(self.states(tasks)) == {"T"}, "all agents are frozen", 5)
        before = self.written()
        time.sleep(0.3)
        self.assertEqual(self.written(), before, "an agent works on")

    def alerts(self, level="critical"):
        return [a for a in self.hub.do("alerts")["alerts"] if a["title"].startswith(str(self.disk.folder)) and a["level"] == level]

    def refusal(self):
        """What a new task is told, and how long that took."""
        began = time.monotonic()
        code, answer = self.hub.ctl("assign-task", "more", "--agent", "ledger", "--project", "project")
        return (answer["error"]["message"] + " " + answer["error"].get("hint", "") if code else ""), time.monotonic() - began

    def assert_refused(self):
        message = self.hub.until(lambda: self.refusal()[0], "new work is refused", 5)
        self.assertRegex(message, r"^Not done: \d+ MB free on /.*, and \d+ MB in all are needed to go on\. All agents are frozen, "
                                  r"nothing is lost\. Make room there; agenthubctl doctor says what can go")
        self.assertLess(self.refusal()[1], 1)

    def assert_views_work(self, task):
        for words in (["tasks"], ["task-status", task], ["task-log", task], ["rollback", "show"], ["doctor"], ["audit", "verify"]):
            self.hub.do(*words)
        self.assertTrue(self.hub.do("system-health")["full_disks"])

    def judged(self, *options):
        ran = subprocess.run([sys.executable, CHECKER, self.hub.data, self.ledgers, *options], capture_output=True, text=True,
                             check=False)
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)

    def assert_whole(self):
        for name in ("task_state.db", "safety_monitor.db"):
            path = self.hub.data / name
            if path.exists():
                with sqlite3.connect(path) as database:
                    self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
        vault = self.hub.data / "vault" / "project.git"
        checked = subprocess.run(["git", "-C", vault, "fsck", "--full", "--no-dangling"], capture_output=True, text=True, check=False)
        self.assertEqual((checked.returncode, checked.stdout), (0, ""), checked)
        self.hub.do("audit", "verify")

    def reserve(self):
        path = self.disk.folder / "reserve"
        return path.stat().st_blocks * 512 if path.exists() else 0

    def all_kept(self, tasks):
        """Everything that an agent was told as done is there, nothing twice."""
        self.judged()
        self.assertEqual([self.hub.state(task) for task in tasks], ["running"] * len(tasks))
        for task in self.hub.do("tasks", "--filter", "open")["tasks"]:
            self.hub.do("cancel-task", task["task_id"], "--yes")
        self.hub.until(lambda: not list((self.hub.data / "runs").glob("*-*")), "their runs are settled")
        self.judged("--settled")
        self.assert_whole()

    def fill_and_free(self, kills=False):
        size = self.hub.until(self.reserve, "there is a reserve")
        tasks = self.ledger_agents()
        pids = [self.hub.do("task-status", task)["pid"] for task in tasks]
        self.disk.fill()
        self.assert_refused()
        self.hub.until(self.alerts, "a person is told")
        self.assert_frozen(tasks)
        self.assert_views_work(tasks[0])
        self.hub.until(lambda: self.reserve() < size, "a piece of the reserve is given up")
        if kills:
            self.disk.fill()  # whatever the hub gave up, another program takes
            self.hub.kill()
            self.hub.start()
            self.assert_refused()
            self.assert_frozen(tasks)
            self.assert_views_work(tasks[0])
        time.sleep(1)
        self.assertEqual(len(self.alerts()), 1)
        self.judged()
        self.disk.empty()
        self.assert_working()
        self.hub.until(lambda: not self.alerts(), "the alert ends by itself")
        self.assertEqual([self.hub.do("task-status", task)["pid"] for task in tasks], pids)
        self.hub.until(lambda: self.reserve() == size, "the reserve is there again")
        self.assertFalse(self.hub.do("system-health")["full_disks"])
        self.assertEqual(self.refusal()[0], "")
        self.all_kept(tasks)


class AllData(FullDiskCase):
    place = "data"

    def test_it_stops_and_goes_on_by_itself(self):
        self.fill_and_free()

    def test_it_is_killed_and_started_while_it_is_full(self):
        self.fill_and_free(kills=True)

    def test_an_agent_fills_it_and_a_person_goes_back(self):
        agent = self.hub.script("echo good > work; echo ready; while [ ! -e go ]; do sleep 0.05; done; "
                                "head -c 2000000000 /dev/urandom > big; echo filled; sleep 60")
        task = self.hub.assign(agent)
        self.hub.wait_said(task, "ready")
        tree = self.hub.tree(task)
        saved = self.hub.do("checkpoint", "--task-id", task)["checkpoint_id"]
        (tree / "work").write_text("bad\n")
        (tree / "go").touch()
        self.hub.until(self.alerts, "a person is told")
        self.assertGreater((tree / "big").stat().st_size, 100 * MEGABYTE)
        code, answer = self.hub.ctl("checkpoint", "--task-id", task)
        self.assertNotEqual(code, 0)
        self.assertIn("All agents are frozen, nothing is lost", answer["error"]["message"])
        # What is over the limit of checkpoints is never touched, so it is the person's to remove.
        receipt = self.hub.do("rollback", "task_checkpoint", "--task-id", task, "--checkpoint-id", saved, "--keep-edits", "no", "--yes")
        self.assertTrue(receipt["exact"], receipt)
        self.assertEqual((tree / "work").read_text(), "good\n")
        self.hub.do("rollback", "undo", "--yes")
        self.assertEqual((tree / "work").read_text(), "bad\n")
        (tree / "big").unlink()
        self.hub.until(lambda: not self.alerts(), "the alert ends by itself")
        self.assert_whole()

    def test_an_import_that_would_fill_it_is_refused(self):
        file = self.hub.folder / "hub.tar"
        self.hub.do("hub-backup", "export", file)
        with open(self.disk.filler, "wb") as filler:
            os.posix_fallocate(filler.fileno(), 0, self.disk.free() - 60 * MEGABYTE)
        code, answer = self.hub.ctl("hub-backup", "import", file, "--yes")
        self.assertNotEqual(code, 0, answer)
        self.assertRegex(answer["error"]["message"], "^Not imported, and nothing was changed: [56][0-9] MB free on "
                         f"{self.disk.folder}, and [0-9]+ MB are needed\\.$")
        self.assertEqual(list((self.hub.data).glob("import*")), [])
        self.disk.empty()
        self.hub.do("hub-backup", "import", file, "--yes")

    def test_pauses_and_safe_mode_outlast_it(self):
        tasks = self.ledger_agents()
        self.hub.do("pause-task", tasks[0])
        self.disk.fill()
        self.hub.until(self.alerts, "a person is told")
        self.hub.do("emergency-stop", "looks wrong")
        self.disk.empty()
        self.hub.until(lambda: not self.alerts(), "the alert ends by itself")
        self.assert_frozen(tasks)
        self.hub.do("safe-mode", "disable")
        self.hub.until(lambda: self.states(tasks)[1] != "T", "the other one goes on")
        self.assertEqual(self.states(tasks)[0], "T")


class Small(FullDiskCase):
    place, megabytes = "small", 40

    def test_an_export_that_would_fill_a_disk_is_refused(self):
        code, answer = self.hub.ctl("hub-backup", "export", self.disk.folder / "hub.tar")
        self.assertNotEqual(code, 0, answer)
        self.assertRegex(answer["error"]["message"],
                         f"^Not exported: 40 MB free on {self.disk.folder}, and [0-9]+ MB are needed\\.$")
        self.assertEqual(list(self.disk.folder.iterdir()), [])


class Vault(FullDiskCase):
    place, megabytes = "data/vault", 100

    def test_it_stops_and_goes_on_by_itself(self):
        self.fill_and_free(kills=True)

    def test_a_checkpoint_that_does_not_fit_is_refused_before_it_writes(self):
        agent = self.hub.script("echo ready; sleep 600")
        task = self.hub.assign(agent)
        self.hub.wait_said(task, "ready")
        self.hub.until(self.reserve, "there is a reserve")
        tree = self.hub.tree(task)
        for i in range(5):
            (tree / f"big{i}").write_bytes(os.urandom(30 * MEGABYTE))
        free = self.disk.free()
        code, answer = self.hub.ctl("checkpoint", "--task-id", task)
        self.assertNotEqual(code, 0)
        self.assertRegex(answer["error"]["message"], rf"^Not saved: {free >> 20} MB free on \S*/vault, this checkpoint needs up to 151 MB")
        self.assertGreaterEqual(self.disk.free(), free)
        self.hub.until(self.alerts, "a person is told")
        self.hub.until(lambda: self.states([task]) == ["T"], "the agent is frozen")
        for i in range(4):
            (tree / f"big{i}").unlink()
        self.hub.do("checkpoint", "--task-id", task)
        self.hub.until(lambda: self.states([task]) != ["T"], "the agent goes on")
        self.hub.until(lambda: not self.alerts(), "the alert ends by itself")

    def test_a_task_that_can_not_be_saved_stops_nobody_when_it_is_over(self):
        agent = self.hub.script("echo ready; sleep 600")
        self.hub.do("agents", "set", agent, "max_parallel", 2)
        task, other = self.hub.assign(agent), self.hub.assign(agent)
        self.hub.wait_said(task, "ready")
        self.hub.wait_said(other, "ready")
        self.hub.until(self.reserve, "there is a reserve")
        tree = self.hub.tree(task)
        for i in range(5):
            (tree / f"big{i}").write_bytes(os.urandom(30 * MEGABYTE))
        self.assertNotEqual(self.hub.ctl("checkpoint", "--task-id", task)[0], 0)
        alert = self.hub.until(self.alerts, "a person is told")[0]
        self.assertIn(f"agenthubctl checkpoint {task}", alert["description"])
        self.assert_frozen([task, other])
        self.hub.ctl("cancel-task", task, "--yes")
        self.hub.until(lambda: self.states([other]) != ["T"], "the other agent goes on")
        self.hub.until(lambda: not self.alerts(), "the alert ends by itself")


class Spools(FullDiskCase):
    place, megabytes = "data/runs", 64

    def notes(self):
        with sqlite3.connect(self.hub.data / "task_state.db") as database:
            return [body for body, in database.execute("SELECT body FROM message WHERE kind = 'note'")]

    def test_it_stops_and_goes_on_by_itself(self):
        self.fill_and_free(kills=True)

    def test_without_a_hub_nothing_that_an_agent_says_is_lost(self):
        agent = self.hub.script("echo ready; while [ ! -e go ]; do sleep 0.05; done; i=0; "
                                "while [ $i -lt 60000 ]; do i=$((i+1)); echo \"line $i $PADDING\"; done; echo finished; sleep 60")
        self.hub.do("agents", "set", agent, "env.PADDING", "x" * 1000)
        task = self.hub.assign(agent)
        self.hub.wait_said(task, "ready")
        tree = self.hub.tree(task)
        self.hub.kill()
        self.disk.fill()
        (tree / "go").touch()
        time.sleep(2)
        self.disk.empty()
        self.disk.fill()
        time.sleep(1.5)
        self.disk.empty()
        self.hub.start()

        def said():
            with sqlite3.connect(self.hub.data / "task_state.db") as database:
                rows = database.execute("SELECT body, body_file FROM message WHERE kind <> 'note' ORDER BY seq").fetchall()
            bodies = [next((self.hub.data / "bodies").rglob(f"*{file[2:]}")).read_text() if file else body for body, file in rows]
            return [line for body in bodies for line in body.splitlines()]

        self.hub.until(lambda: "finished" in said(), "all is stored", 60)
        lines = [line for line in said() if line.startswith("line ")]
        self.assertEqual([line.split()[1] for line in lines], [str(i) for i in range(1, 60001)])
        self.assertEqual({line.split()[2] for line in lines}, {"x" * 1000})
        self.assertIn("the spool could not be written for a while", self.notes())


class History(FullDiskCase):
    place, megabytes, settings = "monitor", 8, "[monitor]\ninterval_seconds = 1\n[state]\nsafety_database = ../monitor/safety.db\n"

    def test_what_is_measured_may_be_lost_and_nothing_else(self):
        size = self.hub.until(self.reserve, "there is a reserve")
        tasks = self.ledger_agents()
        self.disk.fill()
        self.hub.until(lambda: self.alerts("warning"), "a person is told")
        self.assert_working()
        self.assertEqual(self.refusal()[0], "")
        self.hub.do("test-alert", "--title", "all the same")
        self.hub.until(lambda: any(a["title"] == "all the same" for a in self.hub.do("alerts")["alerts"]), "alerts are kept")
        self.hub.kill()
        self.hub.start()
        self.assert_working()
        time.sleep(3)
        self.assertEqual(len(self.alerts("warning")), 1)
        self.disk.empty()
        self.hub.until(lambda: not self.alerts("warning"), "the alert ends by itself")
        self.hub.until(lambda: self.reserve() == size, "the reserve is there again")
        self.hub.do("cancel-task", tasks[0], "--yes")
        with sqlite3.connect(self.disk.folder / "safety.db") as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])


class Log(FullDiskCase):
    place, megabytes = "logs", 1

    def setUp(self):
        super().setUp()
        self.hub.kill(signal.SIGTERM)
        self.start_with_log(open(self.disk.folder / "log", "ab"))

    def start_with_log(self, log):
        self.addCleanup(log.close)
        self.hub.daemon = subprocess.Popen([test_hub.BIN / "agenthubd", "--data-dir", self.hub.data, "--config",
                                            self.hub.folder / "agenthub.ini"], stderr=log, stdin=subprocess.DEVNULL,
                                           env=self.hub.environment | {"BOT_LOG_LEVEL": "debug"})
        self.hub.until(lambda: self.hub.ctl("system-health")[0] == 0, "the hub answers")

    def log_alerts(self):
        return [a for a in self.hub.do("alerts")["alerts"] if a["title"] == "The log can't be written"]

    def test_it_stops_nothing_and_is_told_once(self):
        tasks = self.ledger_agents()
        self.disk.fill()
        for number in range(20):  # the last page of the file has room for some
            self.hub.do("test-alert", "--title", f"{number} {'long ' * 60}")
        self.hub.until(self.log_alerts, "a person is told")
        self.assert_working()
        self.assertEqual(len(self.log_alerts()), 1)
        self.disk.empty()
        self.hub.do("test-alert", "--title", "another")
        self.hub.until(lambda: not self.log_alerts(), "the alert ends by itself")
        self.all_kept(tasks)

    def test_a_reader_that_hangs_stops_nothing(self):
        self.hub.kill(signal.SIGTERM)
        reads, writes = os.pipe()
        self.addCleanup(os.close, reads)
        os.set_blocking(writes, False)
        try:
            while os.write(writes, b"x" * 4096):
                pass
        except BlockingIOError:
            os.set_blocking(writes, True)
        self.start_with_log(os.fdopen(writes, "wb", buffering=0))
        tasks = self.ledger_agents()
        self.hub.until(self.log_alerts, "a person is told")
        self.all_kept(tasks)


if __name__ == "__main__":
    unittest.main()
