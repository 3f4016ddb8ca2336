#!/usr/bin/env python3
"""The chart of the machine, asked of a real hub.

usage: test_chart.py BIN_DIR [unittest options]
"""
import base64
import os
import pathlib
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import test_hub  # noqa: E402
from png import Picture  # noqa: E402

QUICK = "[monitor]\ninterval_seconds = 1\nalert_interval_seconds = 1\n"
CPU, MEMORY = 0x5aa9ff, 0xb892ff


class ChartCase(test_hub.HubCase):
    settings = QUICK

    def measured(self):
        self.hub.until(lambda: {"cpu", "memory"} <= {c["metric"] for c in self.hub.do("system-health")["course"]},
                       "something was measured")

    def without_render(self):
        """Programs as installed without agenthub-render."""
        folder = self.hub.folder / "bin"
        folder.mkdir()
        for name in ("agenthubd", "agenthubctl", "agenthub-shim", "agenthub-hook"):
            shutil.copy2(test_hub.BIN / name, folder / name)
        return folder


class Chart(ChartCase):
    def test_the_picture_comes_with_the_answer(self):
        self.measured()
        for range_, theme, ground in (("now", "dark", (0x1e, 0x1f, 0x24)), ("day", "light", (255, 255, 255)), ("week", None, (0x1e, 0x1f, 0x24))):
            answer = self.hub.do("system-health", "--range", range_, "--chart", *(["--theme", theme] if theme else []))
            self.assertNotIn("no_chart", answer)
            [attachment] = answer["attachments"]
            self.assertEqual(attachment["file_name"], f"system-health-{range_}.png")
            picture = Picture(base64.b64decode(attachment["base64"]))
            self.assertEqual(picture.width, 1080)
            self.assertEqual(picture.at(0, 0), ground)
            if theme != "light":
                self.assertTrue(picture.places(CPU) and picture.places(MEMORY))

    def test_data_is_drawn_where_it_was_measured(self):
        """An hour that ended half a day ago, written as the hub would have."""
        self.measured()
        self.hub.kill()
        now = int(time.time() * 1000)
        with sqlite3.connect(self.hub.data / "safety_monitor.db") as database:
            [series] = database.execute("SELECT id FROM series WHERE metric = 'cpu'").fetchone()
            database.execute("DELETE FROM point")
            for minute in range(60):
                at = (now - 12 * 3_600_000) // 60_000 * 60_000 + minute * 60_000
                database.execute("INSERT INTO point VALUES (?, 60000, ?, 400, 500, 600)", (series, at))
        self.hub.start()
        [attachment] = self.hub.do("system-health", "--range", "day", "--chart")["attachments"]
        columns = sorted({x for x, _ in Picture(base64.b64decode(attachment["base64"])).places(CPU)})
        # A 24th of about 950 pixels, in the middle; the newest looks are at the right end.
        middle = [x for x in columns if 450 < x < 750]
        self.assertTrue(30 < max(middle) - min(middle) < 50, columns)
        self.assertFalse([x for x in columns if 160 < x < min(middle) - 10 or max(middle) + 10 < x < 800], columns)

    def test_the_terminal_writes_a_file_and_says_where(self):
        self.measured()
        ran = subprocess.run([test_hub.BIN / "agenthubctl", "--data-dir", self.hub.data, "system-health", "--chart"], text=True,
                             capture_output=True, env=self.hub.environment | {"TMPDIR": str(self.hub.folder)}, check=True,
                             cwd=self.hub.repository)
        [path] = re.findall(r"^system-health-now\.png:\s+(\S+)$", ran.stdout, re.MULTILINE)
        file = pathlib.Path(path)
        self.assertEqual(file.parent, self.hub.folder)
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        self.assertEqual(Picture(file.read_bytes()).width, 1080)
        self.assertEqual(sorted(os.listdir(self.hub.repository)), [".git", "file.txt"])

    def test_a_week_of_a_young_hub_ends_now(self):
        self.measured()
        course = {c["metric"]: c for c in self.hub.do("system-health", "--range", "week")["course"]}
        self.assertIn("cpu", course)

    def test_the_daemon_links_nothing_that_draws(self):
        libraries = subprocess.run(["ldd", test_hub.BIN / "agenthubd"], capture_output=True, text=True, check=True).stdout
        self.assertIn("libQt6Core", libraries)
        for name in ("libQt6Gui", "libQt6Widgets", "libGL", "libfontconfig", "libX11"):
            self.assertNotIn(name, libraries)


class WithoutRender(ChartCase):
    def setUp(self):
        super().setUp()
        self.hub.kill()
        self.programs = self.without_render()
        self.bin = test_hub.BIN
        test_hub.BIN = self.programs
        self.addCleanup(self.back)
        self.hub.start()

    def back(self):
        test_hub.BIN = self.bin

    def put(self, script):
        program = self.programs / "agenthub-render"
        program.write_text("#!/bin/sh\n" + script)
        program.chmod(0o755)

    def answered_without(self, says):
        answer = self.hub.do("system-health", "--chart")
        self.assertNotIn("attachments", answer)
        self.assertIn(says, answer["no_chart"])
        self.assertIn("course", answer)
        return answer

    def test_the_answer_comes_with_one_line_what_to_install(self):
        self.answered_without("apt install")

    def test_a_program_that_fails_is_quoted(self):
        self.put("echo 'error while loading shared libraries: libQt6Gui.so.6' >&2; exit 127\n")
        self.answered_without("libQt6Gui.so.6")
        self.put("echo not a picture\n")
        self.answered_without("no picture")
        self.put("kill -9 $$\n")
        self.answered_without("signal")

    def test_it_gets_no_secret_and_not_all_memory(self):
        self.hub.kill()
        self.hub.start(DISCORD_BOT_TOKEN="hunter2-hunter2", SOME_API_KEY="hunter3")
        self.put(f"env > {self.hub.folder}/env; ulimit -v > {self.hub.folder}/memory; exit 1\n")
        self.answered_without("agenthub-render failed")
        self.assertNotIn("hunter", (self.hub.folder / "env").read_text())
        self.assertEqual((self.hub.folder / "memory").read_text().strip(), str(512 * 1024))

    def test_nobody_waits_for_a_chart_but_who_asked(self):
        gate = self.hub.folder / "gate"
        self.put(f"touch {self.hub.folder}/drawing; while [ ! -e {gate} ]; do sleep 0.05; done; exit 1\n")
        asked = subprocess.Popen([test_hub.BIN / "agenthubctl", "--data-dir", self.hub.data, "--json", "system-health", "--chart"],
                                 stdout=subprocess.DEVNULL, env=self.hub.environment)
        self.hub.until((self.hub.folder / "drawing").exists, "the chart is being drawn")
        self.hub.do("tasks")
        self.hub.do("safe-mode", "enable", "while it draws")
        self.hub.do("safe-mode", "disable")
        self.assertIsNone(asked.poll())
        gate.touch()
        self.assertEqual(asked.wait(timeout=20), 0)


if __name__ == "__main__":
    unittest.main()
