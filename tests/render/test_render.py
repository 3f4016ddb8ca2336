#!/usr/bin/env python3
"""agenthub-render as the hub starts it: a chart in, a picture out.

usage: test_render.py BIN_DIR [unittest options]
"""
import json
import os
import pathlib
import stat
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from png import Picture  # noqa: E402

BIN = pathlib.Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else pathlib.Path()
DARK_GROUND, DARK_LINE, LIGHT_LINE = 0x1e1f24, 0x5aa9ff, 0x1264c8
HOUR = 3_600_000


def points(begin, end, value=50.0, step=30_000):
    return [[at, value, value, value] for at in range(begin, end, step)]


def panel(title="CPU", lines=(), **other):
    return {"title": title, "subject": "", "unit": "%", "whole": False, "bottom": 0, "top": 100,
            "lines": [{"name": f"line {n}", "points": line} for n, line in enumerate(lines)], "limits": []} | other


def chart(*panels, **other):
    return {"version": 1, "title": "a machine, last hour", "theme": "dark", "zone": "UTC", "from": 0, "to": HOUR,
            "step": 30_000, "panels": list(panels)} | other


class Render(unittest.TestCase):
    def run_with(self, text, *words, **environment):
        # As bare as the hub starts it.
        return subprocess.run([BIN / "agenthub-render", *words], input=text, capture_output=True, check=False,
                              env={"HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8"} | environment, timeout=60)

    def drawn(self, value):
        ran = self.run_with(json.dumps(value).encode())
        self.assertEqual((ran.returncode, ran.stderr), (0, b""))
        return Picture(ran.stdout)

    def refused(self, text, says, code=2):
        ran = self.run_with(text)
        self.assertEqual(ran.returncode, code, ran.stderr)
        self.assertEqual(ran.stdout, b"")
        self.assertIn(says, ran.stderr.decode())

    def test_it_is_as_wide_as_a_phone_can_use_and_as_high_as_needed(self):
        one, four = self.drawn(chart(panel(lines=[points(0, HOUR)]))), self.drawn(chart(*[panel(lines=[points(0, HOUR)])] * 4))
        self.assertEqual((one.width, four.width), (1080, 1080))
        self.assertTrue(300 < one.height < 600 and 1100 < four.height < 1500, (one.height, four.height))

    def test_the_line_is_where_the_points_are(self):
        whole = self.drawn(chart(panel(lines=[points(0, HOUR)]))).places(DARK_LINE)
        left, right = min(x for x, _ in whole), max(x for x, _ in whole)
        half = self.drawn(chart(panel(lines=[points(HOUR // 2, HOUR)]))).places(DARK_LINE)
        middle = (left + right) / 2
        # The value in the head is of the same colour, at the right.
        self.assertAlmostEqual(min(x for x, _ in half), middle, delta=15)

        def height_of(value):
            picture = self.drawn(chart(panel(lines=[points(0, HOUR, value)])))
            column = [y for x, y in picture.places(DARK_LINE) if x == (left + right) // 2]
            return sum(column) / len(column)

        low, mean, high = height_of(0), height_of(50), height_of(100)
        self.assertAlmostEqual(mean, (low + high) / 2, delta=2)
        self.assertGreater(low - high, 150)

    def test_nothing_is_drawn_where_nothing_was_measured(self):
        gap = (HOUR // 4, HOUR // 2)
        picture = self.drawn(chart(panel(lines=[points(0, gap[0]) + points(gap[1], HOUR)])))
        columns = {x for x, _ in picture.places(DARK_LINE)}
        left, right = min(columns), max(columns)
        inside = [x for x in columns if 0.27 < (x - left) / (right - left) < 0.48]
        self.assertEqual(inside, [])
        before = [x for x in columns if (x - left) / (right - left) < 0.23]
        self.assertGreater(len(before), 150)

    def test_one_point_is_a_dot(self):
        found = self.drawn(chart(panel(lines=[points(0, 30_000)]))).places(DARK_LINE)
        dot = [(x, y) for x, y in found if x < 540]  # what is now stands at the right
        self.assertTrue(20 < len(dot) < 200, len(dot))

    def test_without_a_point_it_says_so(self):
        picture = self.drawn(chart(panel(lines=[[]]), panel("Agents", lines=[[], []])))
        self.assertEqual(picture.places(DARK_LINE), [])
        self.assertLess(picture.height, 400)
        self.assertGreater(len(picture.places(0xa9afba)), 100)  # "not measured"

    def test_both_themes(self):
        dark, light = (self.drawn(chart(panel(lines=[points(0, HOUR)]), theme=theme)) for theme in ("dark", "light"))
        self.assertEqual(dark.at(0, 0), tuple(DARK_GROUND.to_bytes(3, "big")))
        self.assertEqual(light.at(0, 0), (255, 255, 255))
        self.assertTrue(light.places(LIGHT_LINE) and not light.places(DARK_LINE))

    def test_a_limit_is_a_line_across(self):
        limits = [{"kind": "warning", "value": 60}, {"kind": "critical", "value": 80}]
        picture = self.drawn(chart(panel(lines=[points(0, HOUR, 20.0)], limits=limits)))
        for colour in (0xf0b429, 0xff5f5f):
            rows = {}
            for x, y in picture.places(colour):
                rows.setdefault(y, []).append(x)
            self.assertGreater(max(max(row) - min(row) for row in rows.values()), 800)

    def test_numbers_of_any_length_have_room(self):
        many = points(0, HOUR, 123_456_789.0)
        wide = panel("Agents " + "x" * 73, lines=[many, many], unit="", whole=True)
        del wide["top"]
        picture = self.drawn(chart(wide))
        ground = tuple(DARK_GROUND.to_bytes(3, "big"))
        for y in range(picture.height):
            self.assertEqual(picture.at(2, y), ground)
            self.assertEqual(picture.at(1077, y), ground)

    def test_the_same_chart_gives_the_same_picture(self):
        text = json.dumps(chart(panel(lines=[points(0, HOUR)]))).encode()
        self.assertEqual(self.run_with(text).stdout, self.run_with(text).stdout)

    def test_bad_input_draws_nothing(self):
        self.refused(b"", "This is no chart")
        self.refused(b"{}", "version")
        self.refused(json.dumps(chart(version=2)).encode(), "version 2")
        self.refused(json.dumps(chart(colour="red")).encode(), "'colour'")
        self.refused(b" " * (5 << 20), "larger than 4 MB")

    def test_a_file_is_its_owners_alone_and_not_made_for_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "chart.png"
            self.assertEqual(self.run_with(b"{}", "--output", file).returncode, 2)
            self.assertFalse(file.exists())
            ran = self.run_with(json.dumps(chart(panel(lines=[points(0, HOUR)]))).encode(), "--output", file)
            self.assertEqual((ran.returncode, ran.stdout), (0, b""))
            self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
            self.assertEqual(Picture(file.read_bytes()).width, 1080)

    def test_a_machine_without_fonts_is_told_what_to_install(self):
        with tempfile.TemporaryDirectory() as folder:
            config = pathlib.Path(folder) / "fonts.conf"
            config.write_text('<?xml version="1.0"?><fontconfig><cachedir>%s</cachedir></fontconfig>' % folder)
            ran = self.run_with(json.dumps(chart(panel(lines=[points(0, HOUR)]))).encode(), FONTCONFIG_FILE=str(config))
        self.assertEqual((ran.returncode, ran.stdout), (1, b""))
        self.assertIn("apt install fonts-dejavu-core", ran.stderr.decode())


if __name__ == "__main__":
    unittest.main()
