#!/usr/bin/env python3
"""Makes the simulated looks of this folder: what a machine does in each case, second by second.

usage: make_samples.py FOLDER
"""
import datetime
import json
import pathlib
import random
import sys

GIGABYTE = 10**9
BEGIN = datetime.datetime(2026, 6, 1, tzinfo=datetime.timezone.utc)


def ramp(second, points):
    """Straight lines between (second, value) points."""
    for (a, low), (b, high) in zip(points, points[1:]):
        if a <= second <= b:
            return low + (high - low) * (second - a) / (b - a)
    return points[-1][1] if second > points[-1][0] else points[0][1]


class Board:
    """A small board with three tasks that runs since an hour; each case changes what it needs."""

    def __init__(self, name):
        self.random = random.Random(name)
        self.lines = []
        self.clock = 0.0  # seconds by which the wall clock is ahead

    def look(self, second, memory=55.0, disk=40.0, running=(3, 2, 1), **other):
        noise = self.random.uniform(-1, 1)
        at = BEGIN + datetime.timedelta(seconds=second + self.clock)
        line = {"at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"), "uptime": (3600 + second) * 1000, "cores": 4,
                "cpu": round(30 + 5 * noise, 1), "load": [1.2, 1.1, 1.0],
                "memory": {"size": 8 * GIGABYTE, "free": round(8 * GIGABYTE * (100 - memory) / 100), "swap_size": 0, "swap_free": 0},
                "cpu_pressure": {"some": 4.0}, "memory_pressure": {"some": 0, "full": 0}, "io_pressure": {"some": 1, "full": 0.5},
                "disks": [{"mount": "/", "size": 64 * GIGABYTE, "free": round(64 * GIGABYTE * (100 - disk) / 100),
                           "inodes": 4000000, "inodes_free": 3000000}],
                "temperatures": [{"sensor": "cpu-thermal", "celsius": round(55 + noise, 1)}],
                "throttle": {}, "work": {"running": len(running), "paused": 0}, "running": list(running)}
        line.update(other)
        self.lines.append({name: value for name, value in line.items() if value is not None})

    def text(self):
        return "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in self.lines)


def celsius(value):
    return [{"sensor": "cpu-thermal", "celsius": round(value, 1)}]


def overheating(board):
    """It gets hot, cools when tasks are held, and they go on."""
    for second in range(0, 1500, 10):
        board.look(second, temperatures=celsius(ramp(second, [(0, 62), (270, 84), (310, 84), (500, 66), (1500, 60)])))


def disk_filling(board):
    """One percent a minute, until somebody makes room."""
    for second in range(0, 3600, 30):
        board.look(second, disk=ramp(second, [(0, 70), (1740, 99), (2100, 99.5), (2130, 60), (3600, 60)]))


def load_spikes(board):
    """Builds and checkpoints for minutes: busy, and nothing to tell anybody."""
    for second in range(0, 3600, 30):
        busy = second % 600 < 240
        other = {"cpu": 100, "load": [14.0, 6.0, 3.0], "cpu_pressure": {"some": 88.0}, "io_pressure": {"some": 80, "full": 62}} if busy else {}
        board.look(second, memory=84 if busy else 60, temperatures=celsius(73 if busy else 60), **other)
    # Twice in a row above a limit is not three times.
    for n, second in enumerate(range(3600, 4200, 30)):
        board.look(second, memory=96 if n % 3 < 2 else 70)


def memory_pressure(board):
    """An agent takes all memory; all tasks but one are held, and it gets no better: safe mode."""
    for second in range(0, 900, 10):
        memory = ramp(second, [(0, 60), (180, 97), (600, 97.5), (610, 50), (900, 50)])
        waiting = 60 if 190 <= second < 605 else 0
        board.look(second, memory=memory, memory_pressure={"some": waiting, "full": waiting * 0.8})


def under_voltage(board):
    """It dips for a moment, which is nothing, and then stays down for two minutes."""
    for second in range(0, 600, 10):
        low = second in (30, 90, 100) or 200 <= second < 320
        board.look(second, throttle={"under_voltage": True, "throttled": True, "since_boot": {"under_voltage": True}} if low else
                   {"since_boot": {"under_voltage": True}} if second > 30 else {})


def clock_jump(board):
    """The clock jumps while memory is short: neither sooner nor later does anything count."""
    for second in range(0, 600, 30):
        jump = {120: 6 * 3600, 150: -12 * 3600, 300: 400 * 86400}.get(second, 0)
        board.clock += jump
        board.look(second, memory=90 if 90 <= second < 400 else 60, time_jump=jump * 1000 or None)


def gaps(board):
    """Looks that are missing, figures that come and go, and a machine that slept."""
    for second in list(range(0, 90, 30)) + list(range(300, 390, 30)):  # nothing between
        board.look(second, memory=90)
    for second in range(390, 600, 30):  # the sensor and the memory are not told for a while
        board.look(second, temperatures=None, memory_pressure=None, **{"cpu": None}) if second % 60 else board.look(second, temperatures=None)
    for second in range(7800, 8100, 30):  # asleep for two hours
        board.look(second, memory=90 if second < 7860 else 60)
    for second in range(8100, 8250, 10):  # all but one are held, and then it sleeps: no reason for safe mode when it wakes
        board.look(second, memory=97)
    for second in range(20000, 20300, 30):
        board.look(second)
    for second in (20300, 20330, 25000):  # busy before and after it slept is not busy for five minutes
        board.look(second, cpu=100)


CASES = [overheating, disk_filling, load_spikes, memory_pressure, under_voltage, clock_jump, gaps]

if __name__ == "__main__":
    for case in CASES:
        made = Board(case.__name__)
        case(made)
        (pathlib.Path(sys.argv[1]) / f"{case.__name__}.samples").write_text(made.text())
