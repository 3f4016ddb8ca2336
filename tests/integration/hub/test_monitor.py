#!/usr/bin/env python3
"""The hub on an overloaded machine: limits below what the machine really uses make it one.

usage: test_monitor.py BIN_DIR [unittest options]
"""
import pathlib
import re
import sqlite3
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import test_hub  # noqa: E402
from test_hub import HubCase  # noqa: E402

# A heartbeat in a file, by a child in a session of its own.
BEATING = "setsid sh -c 'while :; do echo . >> one; sleep 0.02; done' & echo beating; wait"
QUICK = """[monitor]
interval_seconds = 1
alert_interval_seconds = 1
samples = 2
least_seconds = 0
ladder_up_seconds = 1
ladder_down_seconds = 1
alert_cooldown_seconds = 0
"""


class Overload(HubCase):
    settings = QUICK

    def limits(self, warning, critical):
        self.hub.do("config", "set", "monitor/memory_warning", warning)
        self.hub.do("config", "set", "monitor/memory_critical", critical)

    def beating(self, priority):
        agent = f"agent-{priority}"
        self.hub.script(BEATING, agent)
        task = self.hub.do("assign-task", "x", "--agent", agent, "--project", "project", "--priority", priority)["task_id"]
        self.hub.wait_said(task, "beating")
        return task

    def health(self):
        return self.hub.do("system-health")

    def plain(self, *words):
        command = [test_hub.BIN / "agenthubctl", "--data-dir", self.hub.data, *map(str, words)]
        return " ".join(subprocess.run(command, capture_output=True, text=True, env=self.hub.environment, check=True).stdout.split())

    def goes_on(self, task):
        path = self.hub.tree(task) / "one"
        before = path.stat().st_size
        self.hub.until(lambda: path.stat().st_size > before, f"task {task} goes on")

    def held(self, task):
        return self.hub.state(task) == "paused"

    def done(self):
        return [(e["action"], e.get("task_id")) for e in reversed(self.hub.do("audit", "list", "--who", "the hub")["audit"])]

    def test_it_goes_up_and_down_in_steps(self):
        self.hub.do("config", "set", "monitor/ladder", "freeze-lowest")
        urgent, low, medium = self.beating("urgent"), self.beating("low"), self.beating("medium")
        self.limits(1, 1)
        self.hub.until(lambda: self.held(low) and self.held(medium), "the two lower ones are held")
        self.assertFalse(self.held(urgent))
        self.goes_on(urgent)
        self.assert_still(self.hub.tree(low))
        status = self.hub.do("task-status", low)
        self.assertIn("the machine is overloaded: Memory is at", status["reason"])
        waiting = self.hub.assign(self.hub.script(BEATING, "newcomer"))
        self.hub.until(lambda: "overloaded" in self.hub.do("task-status", waiting)["reason"], "a new one waits with the reason")
        health = self.health()
        self.assertFalse(health["admitting"])
        self.assertIn("Memory is at", health["concerns"][0])
        open_alerts = [a["title"] for a in self.hub.do("alerts")["alerts"]]
        self.assertTrue(any(title.startswith("Memory: ") for title in open_alerts), open_alerts)
        self.limits(0, 0)
        self.hub.until(lambda: not self.held(low) and not self.held(medium), "both go on by themselves")
        self.goes_on(low)
        self.hub.until(lambda: self.health()["admitting"], "new work starts again")
        self.hub.until(lambda: "beating" in self.hub.said(waiting), "the one that waited has started")
        self.assertEqual(self.done(), [("stop-admitting", None), ("hold-task", low), ("hold-task", medium),
                                       ("let-task-go-on", medium), ("let-task-go-on", low), ("admit-again", None)])
        self.hub.until(lambda: not [a for a in self.hub.do("alerts")["alerts"] if a["title"].startswith("Memory")],
                       "the alert about memory ends")

    def test_whoever_asks_reads_the_figures(self):
        self.hub.do("config", "set", "monitor/ladder", "stop-admitting")
        self.hub.script('until [ -e asked ]; do sleep 0.05; done; "$AGENTHUB_CTL" tool validate-safe-to-proceed; sleep 600', "asking")
        running = self.hub.assign("asking")
        self.hub.until(lambda: self.hub.do("task-status", running).get("pid"), "it runs")
        self.limits(1, 1)
        self.hub.until(lambda: not self.health()["admitting"], "nothing new starts")
        (self.hub.tree(running) / "asked").touch()
        figures = r"The machine is overloaded: Memory is at \d+ %[^\n]*Nothing new starts until it is calm."
        self.hub.until(lambda: re.search(figures, self.hub.said(running)), "the agent is told the figures")
        # An overload is one reason of several, and no reason against what runs.
        waiting = self.hub.assign(self.hub.script("echo began; sleep 600", "newcomer"))
        self.hub.do("pause-agent", "newcomer", "--reason", "tea")
        self.hub.until(lambda: "is paused by" in self.hub.do("task-status", waiting)["reason"], "both reasons are there")
        self.assertRegex(self.hub.do("task-status", waiting)["reason"], figures)
        self.hub.do("pause-task", waiting)
        resumed = self.plain("resume-task", waiting, "--yes")
        self.assertRegex(resumed, "Not yet, though: " + figures)
        self.assertIn("Agent newcomer is paused by", resumed)
        self.hub.do("pause-task", running)
        self.assertNotIn("overloaded", self.plain("resume-task", running, "--yes"))
        self.hub.do("resume-agent", "newcomer")
        self.limits(0, 0)
        self.hub.wait_said(waiting, "began")

    def test_advice_only_does_nothing(self):
        self.hub.do("config", "set", "monitor/ladder_advise_only", "true")
        low, high = self.beating("low"), self.beating("high")
        self.limits(1, 1)
        self.hub.until(lambda: ("would-hold-task", low) in self.done(), "what it would do is on record")
        self.assertFalse(self.held(low) or self.held(high))
        self.goes_on(low)

    def test_safe_mode_by_itself_stays_on_until_a_person_ends_it(self):
        low, high = self.beating("low"), self.beating("high")
        self.limits(1, 1)
        self.hub.until(lambda: self.health()["safe_mode"], "safe mode is on")
        self.limits(0, 0)
        for tree in (self.hub.tree(low), self.hub.tree(high)):
            self.assert_still(tree)
        self.hub.kill()
        self.hub.start()
        self.assertTrue(self.health()["safe_mode"])
        for tree in (self.hub.tree(low), self.hub.tree(high)):
            self.assert_still(tree)
        status = self.hub.ctl("safe-mode", "status")[1]
        self.assertTrue(status["safe_mode"])
        self.hub.do("safe-mode", "disable")
        self.goes_on(high)
        self.hub.until(lambda: not self.held(low), "the one that was held before goes on too")
        self.goes_on(low)

    def test_a_person_lets_a_held_task_go_on(self):
        self.hub.do("config", "set", "monitor/ladder", "freeze-lowest")
        self.hub.do("config", "set", "monitor/ladder_up_seconds", 3600)
        low, high = self.beating("low"), self.beating("high")
        self.hub.do("config", "set", "monitor/ladder_up_seconds", 1)
        self.limits(1, 1)
        self.hub.until(lambda: self.held(low), "it is held")
        self.hub.do("config", "set", "monitor/ladder", "stop-admitting")
        self.hub.do("resume-task", low, "--yes")
        self.goes_on(low)
        self.assertFalse(self.held(high))

    def test_what_agents_use_is_shown(self):
        busy = self.hub.assign(self.hub.script("while :; do :; done & echo started; wait", "busy"))
        self.hub.wait_said(busy, "started")
        usage = self.hub.until(lambda: [u for u in self.health()["usage"] if u["task_id"] == busy and u["cpu"] > 5],
                               "the CPU of the agent is measured")[0]
        self.assertGreaterEqual(usage["processes"], 2)
        self.assertGreater(usage["memory"], 0)
        self.hub.until(lambda: "agent_cpu" in {course["metric"] for course in self.health()["course"]}, "its course is kept")

    def test_what_was_measured_is_kept_and_shown(self):
        self.hub.until(lambda: len(self.health()["course"]) >= 3, "there is a course")
        text = self.hub.do("system-health", "--range", "day")
        self.assertIn("memory", {course["metric"] for course in text["course"]})
        database = sqlite3.connect(f"file:{self.hub.data / 'safety_monitor.db'}?mode=ro", uri=True)
        rows = database.execute("select metric, average from metrics where metric = 'memory'").fetchall()
        self.assertTrue(rows and 0 < rows[0][1] <= 100, rows)


if __name__ == "__main__":
    unittest.main()
