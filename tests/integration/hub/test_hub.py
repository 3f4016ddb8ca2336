#!/usr/bin/env python3
"""The installed programs as people and agents use them: one daemon, real repositories, real processes.

usage: test_hub.py BIN_DIR [unittest options]
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

BIN = pathlib.Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else pathlib.Path()
ATTEMPTS = """
for token in "" secret; do
    export AGENTHUB_TOKEN=$token
    for words in "approve a1" "rollback undo --yes" "safe-mode disable" "config set agents/max_running 3"; do
        "$AGENTHUB_CTL" $words >/dev/null 2>&1; echo "attempt $words: exit $?"
    done
    env -i "$AGENTHUB_CTL" --data-dir "$AGENTHUB_DATA_DIR" tasks >/dev/null 2>&1; echo "attempt without variables: exit $?"
    setsid sh -c '"$AGENTHUB_CTL" tasks >/dev/null 2>&1; echo "attempt from another session: exit $?"'
done
"""
# Counts in a file while it runs, and so do a child in a session of its own and one that was orphaned.
HEARTBEATS = """
beat() { while :; do echo . >> "$1"; sleep 0.02; done; }
beat one & setsid sh -c 'while :; do echo . >> two; sleep 0.02; done' &
(setsid sh -c 'while :; do echo . >> three; sleep 0.02; done' &)
echo beating; wait
"""


def runs(pid):
    """Whether the process is there and no zombie: who reaps orphans is the machine's matter."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat[stat.rindex(")") + 2] not in "ZX"


class Hub:
    def __init__(self, settings=""):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="agenthub-test-"))
        self.data, self.repository = self.folder / "data", self.folder / "project"
        (self.folder / "agenthub.ini").write_text("[agents]\nmax_running = 20\nrestart_backoff_seconds = 0\n" + settings)
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("AGENTHUB_", "GIT_"))}
        self.daemon = None
        self.repository.mkdir()
        (self.repository / "file.txt").write_text("one\n")
        # The account of the tests may have no name that git would take for an author.
        for command in (["init", "-q", "-b", "main"], ["config", "user.name", "T"], ["config", "user.email", "t@example.org"],
                        ["add", "."], ["commit", "-q", "-m", "one"]):
            subprocess.run(["git", *command], cwd=self.repository, check=True)

    def start(self, **extra):
        with open(self.folder / "log", "ab") as log:
            self.daemon = subprocess.Popen([BIN / "agenthubd", "--data-dir", self.data, "--config", self.folder / "agenthub.ini"],
                                           stderr=log, stdin=subprocess.DEVNULL, env=self.environment | extra)
        self.until(lambda: self.ctl("system-health")[0] == 0, "the hub answers")

    def kill(self, number=signal.SIGKILL):
        self.daemon.send_signal(number)
        return self.daemon.wait(timeout=10)

    def ctl(self, *words):
        ran = subprocess.run([BIN / "agenthubctl", "--data-dir", self.data, "--json", *map(str, words)], capture_output=True,
                             text=True, env=self.environment, cwd=self.folder, stdin=subprocess.DEVNULL, check=False)
        try:
            return ran.returncode, json.loads(ran.stdout)
        except ValueError:
            return ran.returncode, {"text": ran.stdout + ran.stderr}

    def do(self, *words):
        code, answer = self.ctl(*words)
        if code != 0:
            raise AssertionError(f"{words}: exit {code}: {answer}")
        return answer

    def until(self, condition, what, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if value := condition():
                return value
            time.sleep(0.02)
        raise AssertionError(f"not within {seconds} s: {what}\n{(self.folder / 'log').read_text()}")

    def script(self, text, name="script"):
        """An agent that runs this shell script."""
        path = self.folder / f"{name}.sh"
        path.write_text(text)
        self.do("agents", "add", name, "sh", str(path))
        return name

    def assign(self, agent, text="do it"):
        return self.do("assign-task", text, "--agent", agent, "--project", "project")["task_id"]

    def state(self, task):
        return self.do("task-status", task)["state"]

    def said(self, task):
        return "\n".join(m["text"] for m in self.do("task-log", task, "--limit", 1000)["messages"])

    def wait_said(self, task, text, seconds=20):
        self.until(lambda: text in self.said(task), f"task {task} says {text!r}", seconds)

    def tree(self, task):
        return pathlib.Path(self.do("task-status", task)["path"])

    def shim(self, task):
        """The pid of the task's shim: the parent of its agent."""
        stat = pathlib.Path(f"/proc/{self.do('task-status', task)['pid']}/stat").read_text()
        return int(stat[stat.rindex(")") + 2:].split()[1])

    def close(self):
        if self.daemon and self.daemon.poll() is None:
            for task in self.ctl("tasks", "--filter", "open")[1].get("tasks", []):
                self.ctl("cancel-task", task["task_id"], "--yes")
            self.kill(signal.SIGTERM)
        shutil.rmtree(self.folder, ignore_errors=True)


class HubCase(unittest.TestCase):
    settings = ""

    def setUp(self):
        self.hub = Hub(self.settings)
        self.addCleanup(self.hub.close)
        self.hub.start()
        self.hub.do("projects", "add", self.hub.repository)

    def sizes(self, tree):
        return [(tree / name).stat().st_size if (tree / name).exists() else 0 for name in ("one", "two", "three")]

    def assert_still(self, tree):
        before = self.sizes(tree)
        time.sleep(0.3)
        self.assertEqual(self.sizes(tree), before, "something of the tree still runs")

    def assert_beating(self, tree):
        before = self.sizes(tree)
        self.hub.until(lambda: all(now > then for now, then in zip(self.sizes(tree), before)), "all three go on")


class AgentsAreNoPeople(HubCase):
    def test_what_people_do_is_refused_from_inside_a_run_and_audited(self):
        task = self.hub.assign(self.hub.script(ATTEMPTS + "echo finished"))
        self.hub.wait_said(task, "finished")
        attempts = re.findall(r"attempt (.*): exit (\d+)", self.hub.said(task))
        self.assertEqual(len(attempts), 12)
        self.assertEqual({code for _, code in attempts}, {"4"}, attempts)
        refused = [e for e in self.hub.do("audit", "list", "--limit", 50)["audit"] if e["outcome"] == "refused"]
        self.assertEqual(len(refused), 12)
        self.assertTrue(all(e["role"] == "agent" and e["task_id"] == task for e in refused))

    def test_what_a_dead_shim_left_behind_is_no_person_either(self):
        agent = self.hub.script('(setsid sh -c \'sleep 0.5; "$AGENTHUB_CTL" approve a1; echo "exit $?" > after\' &) ; echo ready; sleep 60')
        task = self.hub.assign(agent)
        self.hub.wait_said(task, "ready")
        tree = self.hub.tree(task)
        self.hub.kill()  # so that nobody clears up behind the shim at once
        os.kill(self.shim_of(tree), signal.SIGKILL)
        self.hub.start()
        time.sleep(1)
        self.assertNotEqual((tree / "after").read_text().strip() if (tree / "after").exists() else "", "exit 0")

    def shim_of(self, tree):
        for entry in pathlib.Path("/proc").iterdir():
            try:
                if (entry / "comm").read_text().strip() == "agenthub-shim" and str(self.hub.folder) in (entry / "cmdline").read_text():
                    return int(entry.name)
            except OSError:
                continue
        raise AssertionError("no shim")


class PauseMeansPause(HubCase):
    def test_pause_and_resume_of_a_whole_tree_across_a_restart(self):
        task = self.hub.assign(self.hub.script(HEARTBEATS))
        self.hub.wait_said(task, "beating")
        tree = self.hub.tree(task)
        self.assert_beating(tree)
        self.hub.do("pause-task", task, "let me look")
        self.assert_still(tree)
        self.hub.kill()
        self.assert_still(tree)
        self.hub.start()
        time.sleep(0.3)
        self.assert_still(tree)
        self.assertEqual(self.hub.state(task), "paused")
        self.hub.do("resume-task", task, "--yes")
        self.assert_beating(tree)

    def test_safe_mode_stops_all_and_lets_only_the_unpaused_go_on(self):
        agent = self.hub.script(HEARTBEATS)
        self.hub.do("agents", "set", agent, "max_parallel", 2)
        tasks = [self.hub.assign(agent), self.hub.assign(agent)]
        trees = []
        for task in tasks:
            self.hub.wait_said(task, "beating")
            trees.append(self.hub.tree(task))
        self.hub.do("pause-task", tasks[0])
        stopped = self.hub.do("emergency-stop", "smoke")
        self.assertEqual(len(stopped["runs"]), 2)
        for tree in trees:
            self.assert_still(tree)
        waiting = self.hub.assign(agent)
        self.assertEqual(self.hub.state(waiting), "queued")
        self.hub.kill()
        self.hub.start()
        self.assertTrue(self.hub.do("safe-mode", "status")["safe_mode"])
        self.assert_still(trees[1])
        self.hub.do("safe-mode", "disable")
        self.assert_beating(trees[1])
        self.assert_still(trees[0])


class EmergencyStop(HubCase):
    def test_it_does_not_wait_for_a_disk_that_hangs(self):
        hanging = self.hub.folder / "hang"
        self.hub.kill(signal.SIGTERM)
        self.hub.start(LD_PRELOAD=str(BIN / "libfaults.so"), AGENTHUB_FAULT_HANG=str(hanging))
        task = self.hub.assign(self.hub.script(HEARTBEATS))
        self.hub.wait_said(task, "beating")
        tree = self.hub.tree(task)
        hanging.touch()
        ctl = [BIN / "agenthubctl", "--data-dir", self.hub.data]
        slow = subprocess.Popen([*ctl, "say", "hello", "--task-id", str(task)], env=self.hub.environment, stdout=subprocess.DEVNULL)
        time.sleep(0.5)
        self.assertIsNone(slow.poll(), "the commit hangs")
        stop = subprocess.Popen([*ctl, "emergency-stop"], env=self.hub.environment, stdout=subprocess.PIPE, text=True)
        time.sleep(0.3)
        self.assert_still(tree)
        self.assertIsNone(stop.poll(), "nothing is said before it is recorded")
        time.sleep(4.5)
        self.assert_still(tree)
        hanging.unlink()
        self.assertIn("Frozen: 1 of 1 agent", stop.communicate(timeout=10)[0])
        self.assertEqual(slow.wait(timeout=10), 0)
        self.assertTrue(self.hub.do("safe-mode", "status")["safe_mode"])

    def test_a_start_in_progress_cannot_escape(self):
        agent = self.hub.script(HEARTBEATS)
        self.hub.do("agents", "set", agent, "max_parallel", 10)
        for delay in (0, 0.01, 0.02, 0.04, 0.08):
            task = self.hub.assign(agent)
            time.sleep(delay)
            self.hub.do("emergency-stop")
            time.sleep(0.2)
            path = self.hub.do("task-status", task)["path"]
            if path:
                self.assert_still(pathlib.Path(path))
            self.hub.do("safe-mode", "disable")
            self.hub.wait_said(task, "beating")
            self.assert_beating(self.hub.tree(task))


class PauseByWalking(PauseMeansPause):
    settings = "freeze_method = walk\n"


class PauseByCgroup1(PauseMeansPause):
    settings = "freeze_method = cgroup1\n"

    def setUp(self):
        if os.geteuid() != 0 or not pathlib.Path("/sys/fs/cgroup/freezer").is_dir():
            self.skipTest("no cgroup version 1 freezer that this account may use")
        super().setUp()


class Deaths(HubCase):
    def test_a_killed_agent_is_started_again_once_per_checkpoint(self):
        task = self.hub.assign(self.hub.script("echo begun >> begun; echo began; sleep 60"))
        self.hub.wait_said(task, "began")
        first = self.hub.do("task-status", task)["pid"]
        os.kill(first, signal.SIGKILL)
        self.hub.until(lambda: self.hub.do("task-status", task).get("pid", first) not in (first, 0), "it was started again")
        self.hub.until(lambda: (self.hub.tree(task) / "begun").read_text() == "begun\nbegun\n", "it began twice")
        os.kill(self.hub.do("task-status", task)["pid"], signal.SIGKILL)
        self.hub.until(lambda: any("keeps stopping" in a["title"] for a in self.hub.do("alerts")["alerts"]), "a person is told")
        self.assertEqual(self.hub.state(task), "interrupted")
        types = [c["type"] for c in self.hub.do("rollback", "show")["checkpoints"]]
        self.assertIn("error", types)

    def test_a_killed_shim_takes_its_tree_with_it(self):
        task = self.hub.assign(self.hub.script(HEARTBEATS))
        self.hub.wait_said(task, "beating")
        tree, pid = self.hub.tree(task), self.hub.do("task-status", task)["pid"]
        self.hub.do("config", "set", "agents/auto_resume", "off")
        os.kill(self.hub.shim(task), signal.SIGKILL)
        self.hub.until(lambda: self.hub.state(task) == "interrupted", "the task is interrupted")
        self.assert_still(tree)
        self.assertFalse(runs(pid))

    def test_hub_and_shim_killed_together(self):
        task = self.hub.assign(self.hub.script(HEARTBEATS))
        self.hub.wait_said(task, "beating")
        tree, shim = self.hub.tree(task), self.hub.shim(task)
        self.hub.do("config", "set", "agents/auto_resume", "off")
        self.hub.kill()
        os.kill(shim, signal.SIGKILL)
        self.hub.start()
        self.hub.until(lambda: self.hub.state(task) == "interrupted", "the task is interrupted")
        self.assert_still(tree)

    def test_sigterm_leaves_within_a_second_and_agents_go_on(self):
        task = self.hub.assign(self.hub.script(HEARTBEATS))
        self.hub.wait_said(task, "beating")
        tree, pid = self.hub.tree(task), self.hub.do("task-status", task)["pid"]
        begun = time.monotonic()
        self.assertEqual(self.hub.kill(signal.SIGTERM), 0)
        self.assertLess(time.monotonic() - begun, 1)
        self.assert_beating(tree)
        self.hub.start()
        self.assertEqual(self.hub.do("task-status", task)["pid"], pid)

    def test_a_second_hub_on_the_same_folder_is_refused(self):
        second = subprocess.run([BIN / "agenthubd", "--data-dir", self.hub.data, "--config", self.hub.folder / "agenthub.ini"],
                                capture_output=True, text=True, env=self.hub.environment, timeout=20, check=False)
        self.assertEqual(second.returncode, 1)
        self.assertIn("A hub runs on", second.stderr)


class Questions(HubCase):
    def test_a_question_survives_a_restart_and_is_acted_on_once(self):
        self.hub.do("agents", "add", "example", str(BIN / "agenthub-example-agent"))
        self.hub.do("agents", "set", "example", "adapter", "jsonrpc")
        task = self.hub.assign("example", "ask may I go on\nappend done.txt once\nsay asked and answered")
        question = self.hub.until(lambda: self.hub.do("approvals")["approvals"], "the agent asks")[0]
        self.assertEqual(self.hub.state(task), "awaiting_approval")
        self.hub.kill()
        self.hub.start()
        self.hub.do("approve", question["approval_id"], "--notes", "go ahead")
        # The prompt holds the same words, so the state tells: the turn is over once everything was done.
        self.hub.until(lambda: self.hub.state(task) == "needs_review", "the turn ends")
        self.assertEqual((self.hub.tree(task) / "done.txt").read_text().count("once"), 1)
        code, answer = self.hub.ctl("deny", question["approval_id"])
        self.assertEqual(code, 1)
        self.assertIn("was allowed already by", json.dumps(answer))


class WrongInput(HubCase):
    def test_it_changes_nothing_and_says_what_to_do(self):
        before = self.hub.do("audit", "verify")["rows"]
        for words, code, says in (
                (("task-status", "99"), 1, "There is no task #99"),
                (("task-status", "x"), 2, "is no task"),
                (("assign-task", "do", "--agent", "nobody"), 1, "There is no agent nobody"),
                (("projects", "add", "/"), 2, "root folder"),
                (("approve",), 1, "There is no open question"),
                (("rollback", "undo"), 1, "nothing to undo"),
                (("config", "set", "agents/max_running", "many"), 2, "whole number"),
                (("config", "get", "agents/max_runing"), 1, "Did you mean"),
                (("safe-mode", "disable"), 1, "Safe mode is off"),
                (("nonsense",), 2, "nonsense")):
            found, answer = self.hub.ctl(*words)
            self.assertIn(says, json.dumps(answer), words)
            self.assertEqual(found, code, (words, answer))
        self.assertEqual(self.hub.do("tasks", "--filter", "all")["tasks"], [])
        self.assertGreaterEqual(self.hub.do("audit", "verify")["rows"], before)


if __name__ == "__main__":
    unittest.main()
