#!/usr/bin/env python3
"""A hub with five agents on a machine under real load: cores and memory in use, then a disk that is really full. The ladder
goes up and down, agents are held and go on with nothing lost, each alert is delivered once, and charts are drawn of it.

usage: real_load.py BIN_DIR [CHARTS]

CHARTS: a folder for the pictures.
"""
import base64
import json
import os
import pathlib
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "hub"))
if len(sys.argv) > 2:
    os.environ["CHARTS"] = sys.argv.pop(2)
import test_diskfull  # noqa: E402  (goes on in a namespace of its own)

PRIORITIES = ["urgent", "high", "medium", "medium", "low"]
QUICK = """[monitor]
interval_seconds = 1
alert_interval_seconds = 1
samples = 2
least_seconds = 0
ladder_up_seconds = 2
ladder_down_seconds = 2
alert_cooldown_seconds = 3600
"""
HOG = "import time\nkept = bytearray(b'x') * ({} << 20)\nprint('holding', flush=True)\ntime.sleep(3600)\n"


class RealLoad(test_diskfull.FullDiskCase):
    place, megabytes, settings = "data", 600, QUICK

    def start_all(self):
        self.ledger_agents(1)  # makes the agent
        self.hub.do("agents", "set", "ledger", "max_parallel", 6)
        tasks = {}
        for number, priority in enumerate(PRIORITIES):
            tasks[self.hub.do("assign-task", f"load {number}", "--agent", "ledger", "--project", "project", "--priority",
                              priority)["task_id"]] = priority
        self.hub.do("cancel-task", 1, "--yes")
        self.hub.until(lambda: len(list(self.ledgers.glob("*.jsonl"))) == 6, "all keep a ledger")
        return tasks

    def held(self, tasks):
        return [task for task in tasks if self.hub.state(task) == "paused"]

    def used(self):
        lines = dict(line.split(":") for line in pathlib.Path("/proc/meminfo").read_text().splitlines())
        total, free = (int(lines[name].split()[0]) >> 10 for name in ("MemTotal", "MemAvailable"))
        return 100 * (total - free) / total, total

    def test_it_goes_up_and_down_and_loses_nothing(self):
        delivered = self.hub.folder / "delivered"
        sink = self.hub.folder / "sink.sh"
        sink.write_text(f"#!/bin/sh\ncat >> {delivered}\n")
        sink.chmod(0o755)
        self.hub.do("config", "set", "alerts/command", sink)
        self.hub.do("config", "set", "monitor/ladder", "freeze-lowest")
        tasks = self.start_all()
        used, total = self.used()
        self.hub.do("config", "set", "monitor/memory_warning", int(used) + 14)
        self.hub.do("config", "set", "monitor/memory_critical", int(used) + 18)
        burners = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2 * os.cpu_count())]
        hog = subprocess.Popen([sys.executable, "-c", HOG.format(int(total * 0.25))], stdout=subprocess.PIPE)
        hog.stdout.readline()
        hog.stdout.close()
        began = time.monotonic()
        try:
            self.hub.until(lambda: len(self.held(tasks)) >= 3, "three are held", 60)
            up = time.monotonic() - began
            held = self.held(tasks)
            self.assertNotIn("urgent", [tasks[t] for t in held])
            self.assertIn("low", [tasks[t] for t in held])
        finally:
            hog.kill()
            hog.wait()
        began = time.monotonic()
        self.hub.until(lambda: not self.held(tasks), "all go on", 60)
        down = time.monotonic() - began
        for burner in burners:
            burner.kill()
            burner.wait()
        steps = [(e["action"], e.get("task_id")) for e in reversed(self.hub.do("audit", "list", "--who", "the hub")["audit"])]
        self.assert_working_of(tasks)
        self.disk.fill()
        began = time.monotonic()
        self.assert_refused()
        refused = time.monotonic() - began
        self.assert_frozen(list(tasks))
        self.disk.empty()
        self.hub.until(lambda: not self.hub.do("system-health")["full_disks"], "there is room again", 30)
        self.assert_working_of(tasks)
        self.assert_whole()
        self.judged()
        self.hub.until(lambda: not [a for a in self.hub.do("alerts")["alerts"] if "memory" in a["title"].lower()], "alerts end", 60)
        told = [json.loads(line) for line in delivered.read_text().splitlines()]
        raised = [t["alert"]["id"] for t in told if t["topic"] == "raised"]
        self.assertEqual(len(raised), len(set(raised)), "an alert came twice")
        keys = [(t["alert"]["type"], t["alert"]["subject"], t["alert"]["level"]) for t in told if t["topic"] == "raised"]
        self.assertEqual(len(keys), len(set(keys)), keys)
        for theme in ("light", "dark"):
            answer = self.hub.do("system-health", "--chart", "--theme", theme)
            if os.environ.get("CHARTS") and answer.get("attachments"):
                path = pathlib.Path(os.environ["CHARTS"]) / f"load-{theme}.png"
                path.write_bytes(base64.b64decode(answer["attachments"][0]["base64"]))
        print(f"up to three held in {up:.1f} s, down again in {down:.1f} s; refused {refused:.2f} s after the disk was full; "
              f"{len(raised)} alerts, each once: {sorted({t['alert']['title'] for t in told if t['topic'] == 'raised'})}\n{steps}",
              file=sys.stderr)

    def assert_working_of(self, tasks):
        """All but the one that only made the agent."""
        before = self.written()
        self.hub.until(lambda: sum(size > before.get(path, 0) for path, size in self.written().items()) >= len(tasks),
                       "all agents work", 30)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)
