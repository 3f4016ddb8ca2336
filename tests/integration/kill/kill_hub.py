#!/usr/bin/env python3
"""Kills the hub with SIGKILL at random moments while agents talk to it and a person answers their questions, and has the
ledgers judged by check_ledger.py, while it goes on and at the end.

usage: kill_hub.py BIN_DIR [--kills N] [--seed S] [--tasks N] [--save-every ROUNDS] [--agents] [--keep]

--agents: agents and their shims are killed too; their tasks go on by themselves, or by resume-task.
"""
import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

CHECKER = pathlib.Path(__file__).with_name("check_ledger.py")


class Hub:
    def __init__(self, programs, folder):
        self.programs, self.folder = pathlib.Path(programs).resolve(), pathlib.Path(folder)
        self.data, self.ledgers = self.folder / "data", self.folder / "ledgers"
        self.ledgers.mkdir()
        (self.folder / "agenthub.ini").write_text("[agents]\nmax_running = 100\nrestart_backoff_seconds = 0\n", encoding="utf-8")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(("AGENTHUB_", "GIT_"))}
        self.daemon = None

    def start(self):
        with open(self.folder / "agenthubd.log", "ab") as log:
            self.daemon = subprocess.Popen([self.programs / "agenthubd", "--data-dir", self.data, "--config",
                                            self.folder / "agenthub.ini"], stderr=log, stdin=subprocess.DEVNULL,
                                           env=self.environment)

    def kill(self):
        self.daemon.send_signal(signal.SIGKILL)
        self.daemon.wait()

    def ctl(self, *arguments):
        """(exit code, answer) of one command."""
        ran = subprocess.run([self.programs / "agenthubctl", "--data-dir", self.data, "--json", *map(str, arguments)],
                             capture_output=True, text=True, env=self.environment, cwd=self.folder, check=False,
                             stdin=subprocess.DEVNULL)
        try:
            return ran.returncode, json.loads(ran.stdout)
        except ValueError:
            return ran.returncode, {"error": ran.stdout + ran.stderr}

    def must(self, *arguments):
        """Repeats while no hub answers; other failures end the test."""
        for _ in range(200):
            code, answer = self.ctl(*arguments)
            if code == 0:
                return answer
            if code != 5:
                raise SystemExit(f"{arguments}: exit code {code}: {answer}")
            time.sleep(0.05)
        raise SystemExit(f"{arguments}: no hub")


class Person(threading.Thread):
    """Answers questions, now yes, now no, until told to stop."""

    def __init__(self, hub):
        super().__init__(daemon=True)
        self.hub, self.stopped, self.answered = hub, threading.Event(), 0

    def run(self):
        while not self.stopped.is_set():
            code, answer = self.hub.ctl("approvals")
            for question in answer.get("approvals", []) if code == 0 else []:
                verb = ("approve", "deny")[self.answered % 2]
                if self.hub.ctl(verb, question["approval_id"])[0] == 0:
                    self.answered += 1
            time.sleep(0.02)


def make_repository(path):
    path.mkdir()
    (path / "file.txt").write_text("one\n", encoding="utf-8")
    for command in (["init", "-q", "-b", "main"], ["add", "."],
                    ["-c", "user.name=K", "-c", "user.email=k@example.org", "commit", "-q", "-m", "one"]):
        subprocess.run(["git", *command], cwd=path, check=True)


def judged(hub, *options):
    ran = subprocess.run([sys.executable, CHECKER, hub.data, hub.ledgers, *options], capture_output=True, text=True, check=False)
    return ran.returncode == 0, (ran.stdout + ran.stderr).strip()


def processes(hub):
    """(pid, whether it is a shim) of the agents and shims of this test."""
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            is_shim = process.joinpath("comm").read_text(encoding="utf-8") == "agenthub-shim\n"
            named = process.joinpath("cmdline" if is_shim else "environ").read_bytes()
        except OSError:
            continue
        if (str(hub.data).encode() if is_shim else f"AGENTHUB_LEDGER={hub.ledgers}".encode()) in named:
            yield int(process.name), is_shim


def kill_agent(hub):
    """One agent or shim, and no task is left waiting for a person."""
    found = list(processes(hub))
    if found:
        try:
            os.kill(random.choice(found)[0], signal.SIGKILL)
        except ProcessLookupError:
            pass
    code, answer = hub.ctl("tasks", "all")
    for task in answer.get("tasks", []) if code == 0 else []:
        if task["state"] in ("interrupted", "needs_review"):
            hub.ctl("resume-task", task["task_id"], "--yes")


def play(hub, options):
    make_repository(hub.folder / "project")
    hub.start()
    hub.must("agents", "add", "ledger", "--", str(hub.programs / "ledger-agent"))
    for key, value in (("adapter", "jsonrpc"), ("env.AGENTHUB_LEDGER", hub.ledgers),
                       ("env.AGENTHUB_LEDGER_SAVE_EVERY", options.save_every), ("max_parallel", options.tasks)):
        hub.must("agents", "set", "ledger", key, value)
    hub.must("projects", "add", hub.folder / "project")
    tasks = [hub.must("assign-task", f"keep a ledger {i}", "--agent", "ledger")["task_id"] for i in range(options.tasks)]
    while len(list(hub.ledgers.glob("*.jsonl"))) < len(tasks):
        time.sleep(0.05)
    pids = {task: hub.must("task-status", task)["pid"] for task in tasks}
    person = Person(hub)
    person.start()
    for number in range(1, options.kills + 1):
        # Half of the kills fall into the start, where the hub takes its agents over.
        time.sleep(random.choice((random.uniform(0, 0.15), random.uniform(0.1, 0.8))))
        if options.agents and random.random() < 0.5:
            kill_agent(hub)
        hub.kill()
        hub.start()
        if number % 10 == 0:
            good, text = judged(hub)
            print(f"after {number} kills: {text}", flush=True)
            if not good:
                return False
    time.sleep(0.5)
    same = options.agents or {task: hub.must("task-status", task).get("pid") for task in tasks} == pids
    person.stopped.set()
    person.join()
    lost = [task for task in hub.must("tasks", "all")["tasks"] if task["state"] in ("completed", "failed", "cancelled")]
    for task in lost:
        print(f"task {task['task_id']} is {task['state']}, though nobody ended it: {task['reason']}")
    for task in set(tasks) - {task["task_id"] for task in lost}:
        hub.must("cancel-task", task, "--yes")
    time.sleep(1)
    good, text = judged(hub, "--settled")
    print(f"at the end: {text}; a person answered {person.answered} questions")
    if not same:
        print("an agent is another process than at the beginning")
    if person.answered == 0:
        print("no question was answered")
    return good and same and not lost and person.answered > 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("programs")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--tasks", type=int, default=2)
    parser.add_argument("--save-every", type=int, default=20, help="rounds between checkpoints; 0: none")
    parser.add_argument("--agents", action="store_true")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    random.seed(options.seed)
    print(f"{options.kills} kills, seed {options.seed}", flush=True)
    folder = tempfile.mkdtemp(prefix="agenthub-kill-")
    hub = Hub(options.programs, folder)
    good = False
    try:
        good = play(hub, options)
    finally:
        if not good:
            # What still runs would else stay: agents outlive the hub.
            for pid, is_shim in processes(hub):
                if not is_shim:
                    os.kill(pid, signal.SIGKILL)
            time.sleep(1)
        hub.daemon.terminate()
        hub.daemon.wait()
        if options.keep or not good:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
