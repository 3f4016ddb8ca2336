#!/usr/bin/env python3
"""Follows every call of a checkpoint, a rollback and an undo that changes something on the disk, and checks that at each
commit of the database whatever was written before is on the disk: bytes, names and folders. So a row never points at
something that a power cut could take away.

usage: sync_order.py BIN_DIR [--print]
"""
import argparse
import pathlib
import shutil
import signal
import sys
import tempfile

import kill_points

WRITES = {"write", "pwrite64", "writev", "pwritev", "ftruncate", "truncate", "fallocate", "copy_file_range", "sendfile"}
SYNCS = {"fsync", "fdatasync"}
MODES = {"chmod", "fchmod", "fchmodat", "fchown", "fchownat"}
MAKES = {"openat", "open", "creat", "mkdir", "mkdirat", "mknodat"}
LINKS = {"symlinkat", "symlink"}
MOVES = {"rename", "renameat", "renameat2", "link", "linkat"}
REMOVES = {"unlink", "unlinkat", "rmdir"}
# What may be lost: a cache that is read anew when it does not fit, the guard that each start looks after, the log, and
# what a run has on the disk, since it ends with the power.
NEED_NOT = ("/statcache/", "/agenthub-guard", "/log", "/runs/", "/cgroup/")


class Disk:
    """What of all that was done is not on the disk yet, as far as calls say."""

    def __init__(self):
        self.bytes, self.names, self.problems, self.commits, self.made = set(), set(), [], 0, set()

    def forget(self, path):
        self.names = {(folder, name) for folder, name in self.names if f"{folder}/{name}" != path}
        self.bytes.discard(path)

    def call(self, number, call):
        name, _, rest = call.removeprefix("git: ").partition(" ")
        path, _, target = rest.partition(" -> ")
        if path.endswith("-wal") or path.endswith(".db"):
            if name in WRITES and pathlib.PurePath(path).name.startswith("task_state.db"):
                self.row(number)  # what the monitor measured points at nothing
            return
        if name in WRITES or name in MODES:
            self.bytes.add(path)
        elif name in SYNCS:
            self.bytes.discard(path)
            self.names = {entry for entry in self.names if entry[0] != path}
        elif name in ("syncfs", "sync"):
            self.bytes.clear()
            self.names.clear()
        elif name in MAKES:
            self.names.add(tuple(path.rpartition("/")[::2]))
            if name.startswith("mkdir"):
                self.made.add(path)
        elif name in LINKS:
            self.names.add(tuple(target.rpartition("/")[::2]))
        elif name in MOVES:
            # In a new folder no name stood for anything before.
            if path in self.bytes and not any(part in path for part in NEED_NOT) and path.rpartition("/")[0] not in self.made:
                self.problems.append(f"call {number}: {path} gets its name before its bytes are on the disk")
            if name.startswith("rename"):
                self.forget(path)
            self.names.add(tuple(target.rpartition("/")[::2]))
        elif name in REMOVES:
            self.forget(path)

    def row(self, number):
        self.commits += 1
        open_ends = sorted(self.bytes) + sorted(f"{folder}/{name} (its name)" for folder, name in self.names)
        for path in open_ends:
            if not any(part in path for part in NEED_NOT):
                self.problems.append(f"call {number}: a row is written while {path} is not on the disk")
        self.bytes.clear()
        self.names.clear()


class Start(kill_points.Path):
    """A task until the end of its first turn is saved."""

    def finished(self):
        return super().finished() and bool(self.hub.rows("SELECT 1 FROM checkpoint WHERE task > 1 AND notes = 'end of turn'"))


def trace(path, show):
    hub, name = path.hub, path.name
    hub.put_back(path.prepared)
    points, _, (code, answer) = path.run(0)
    kill_points.check(code == 0, f"{name}: {answer}")
    disk = Disk()
    for number, call in enumerate(points, 1):
        if show:
            print(f"{number:4} {call.replace(str(hub.live), '')}")
        disk.call(number, call)
    last = max(i for i, call in enumerate(points) if "task_state.db-wal" in call)
    kill_points.check(points[last].startswith(("fdatasync", "fsync")), f"{name}: the last row is not synced: {points[last]}")
    vault = [i for i, call in enumerate(points) if "/vault/" in call]
    kill_points.check(vault and vault[-1] < last, f"{name}: nothing was kept before the last row")
    kill_points.check(not disk.problems, f"{name}:\n" + "\n".join(disk.problems))
    print(f"{name}: {len(points)} calls, {disk.commits} writes of rows, each with all before it on the disk")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("programs", type=pathlib.Path)
    parser.add_argument("--print", action="store_true")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="agenthub-order-", dir="/dev/shm" if pathlib.Path("/dev/shm").is_dir() else None))
    hub = kill_points.Hub(options.programs.resolve(), folder)
    try:
        hub.prepare()
        back = ("rollback", "task_checkpoint", "--task-id", hub.task, "--checkpoint-id", hub.first, *kill_points.ALL, "--yes")
        file = ("rollback", "file", "--path", "box", "--task-id", hub.task, "--checkpoint-id", hub.first, "--yes")
        trace(Start(hub, "start of a task", ("assign-task", "again", "--agent", "quiet", "--project", "project"), None, None), options.print)
        trace(kill_points.Path(hub, "checkpoint", ("checkpoint", "--task-id", hub.task), None, None), options.print)
        trace(kill_points.Path(hub, "rollback", back, None, None), options.print)
        trace(kill_points.Path(hub, "file", file, None, None), options.print)
        hub.put_back("damaged")
        hub.start()
        hub.do(*back)
        hub.save("rolled back")
        trace(kill_points.Path(hub, "undo", ("rollback", "undo", "--yes"), None, None, "rolled back"), options.print)
    except kill_points.NotAllowed as reason:
        print(reason)
        return 77
    except kill_points.Failed as failure:
        print(f"FAILED {failure}")
        return 1
    finally:
        hub.stop(signal.SIGKILL)
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
