#!/usr/bin/env python3
"""Kills the daemon right before every system call of a checkpoint or a rollback that changes something on the disk,
starts it again, and looks whether everything is wholly old or wholly new, and whether the receipt says which.

usage: kill_points.py BIN_DIR [--all | --rounds N] [--seed S] [--only PATH] [--keep]

--all: every call of every path; else N rounds, spread over the paths, that begin at a place which the seed decides.

A round copies a prepared hub to its place, starts the daemon, follows it with `killpoint`, gives the command and lets
daemon and git be killed before their n-th call. What came back is judged by tests/support/treestate.py and git alone.
A call that `killpoint` doesn't know ends the test with its name (tests/support/syscalls.cpp says what each one does).
"""
import argparse
import collections
import itertools
import json
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

SUPPORT = pathlib.Path(__file__).resolve().parents[2] / "support"
GIT = ["git", "-c", "user.name=K", "-c", "user.email=k@example.org", "-c", "core.hooksPath=/dev/null"]

# The state that is gone back to. Everything that a snapshot has to hold: bytes, modes, links, empty folders, all stages
# of the index, flags, HEAD on a branch.
FIRST = r"""
mkdir -p sub/deep empty/below locked 'with space'
printf 'a\r\nb' > mixed.txt; echo deep > sub/deep/file; ln -s sub/deep/file link; ln -s nowhere dangling
echo private > private; chmod 600 private; echo run > run.sh; chmod 755 run.sh; echo l > locked/file; chmod 555 locked
echo s > 'with space/ä'; echo staged > staged; git add staged; echo more >> staged; echo later > later; git add -N later
echo SECRET=1 > .env; echo '*.o' > .gitignore; echo ignored > build.o; head -c 300000 /dev/zero | tr '\0' x > big
mkdir -p box/inner box/empty box/swap; for i in 1 2 3 4 5; do echo $i > box/$i; echo $i > box/inner/$i; done; chmod 750 box/inner
chmod 600 box/1; ln -s 1 box/link; echo s > box/swap/s; git add box/2
git add mixed.txt run.sh; git commit -qm first; echo changed >> file.txt; echo swapped > swap; mkdir exchange; echo e > exchange/e
"""
# What an agent did then, to be rolled back.
DAMAGE = r"""
chmod 755 locked; rm -rf locked sub empty; mkdir -p made/below void; echo m > made/below/m; echo wrecked > mixed.txt
rm link; mkdir link; echo l > link/inside; rm dangling; ln -s elsewhere dangling; chmod 644 private; chmod 644 run.sh
rm swap; mkdir swap; echo s > swap/s; rm -r exchange; ln -s swap exchange; echo SECRET=2 > .env; rm big; rm later
rm -r box/inner box/empty box/swap box/2; echo s > box/swap; echo new > box/new; echo wrecked > box/3; chmod 644 box/1; rm box/link; mkdir box/link
git add -A; git commit -qm second; git checkout -q --detach; echo third > third; git add third; git commit -qm third
for stage in 1 2 3; do echo "100644 $(echo $stage | git hash-object -w --stdin) $stage	conflicted"; done | git update-index --index-info
echo unfinished > "$(git rev-parse --git-dir)/MERGE_MSG"; echo untracked > untracked
"""


class Failed(Exception):
    """A broken promise."""


class NotAllowed(Exception):
    """Nothing can be said here."""


class Hub:
    """A hub at one place, whose whole state is kept beside it and can be put back."""

    def __init__(self, programs, folder):
        self.programs, self.folder = programs, folder
        self.live, self.saved = folder / "live", folder / "saved"
        self.data, self.repository = self.live / "data", self.live / "project"
        self.home = folder / "home"
        for path in (self.live, self.home):
            path.mkdir()
        (folder / "agenthub.ini").write_text("[agents]\nmax_running = 20\nauto_resume = off\n", encoding="utf-8")
        keep = {name: value for name, value in os.environ.items() if not name.startswith(("AGENTHUB_", "GIT_", "XDG_"))}
        self.environment = keep | {"HOME": str(self.home), "GIT_CONFIG_NOSYSTEM": "1", "XDG_RUNTIME_DIR": str(folder)}
        self.daemon, self.tree, self.task = None, None, None

    def launch(self, stopped=False):
        """`stopped`: before its first step, so that it can be followed from there."""
        words = [self.programs / "agenthubd", "--data-dir", self.data, "--config", self.folder / "agenthub.ini"]
        if stopped:
            words = ["sh", "-c", 'kill -STOP $$; exec "$@"', "sh", *words]
        with open(self.folder / "log", "ab") as log:
            self.daemon = subprocess.Popen(words, stderr=log, stdin=subprocess.DEVNULL, env=self.environment, cwd=self.folder)
        if stopped:
            stat = pathlib.Path(f"/proc/{self.daemon.pid}/stat")
            self.until(lambda: stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "T", "it stopped")

    def start(self):
        self.launch()
        self.until(lambda: self.ctl("safe-mode", "status")[0] == 0, "the hub answers")

    def stop(self, number=signal.SIGTERM):
        if self.daemon and self.daemon.poll() is None:
            self.daemon.send_signal(number)
        if self.daemon:
            self.daemon.wait(timeout=30)
        self.daemon = None

    def until(self, condition, what, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if value := condition():
                return value
            time.sleep(0.01)
        raise Failed(f"not within {seconds} s: {what}")

    def command(self, *words):
        return subprocess.Popen([self.programs / "agenthubctl", "--data-dir", self.data, "--json", *map(str, words)],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
                                env=self.environment, cwd=self.folder)

    @staticmethod
    def answer(command):
        text = command.communicate(timeout=60)[0]
        try:
            return command.returncode, json.loads(text)
        except ValueError:
            return command.returncode, {"text": text}

    def ctl(self, *words):
        return self.answer(self.command(*words))

    def do(self, *words):
        code, answer = self.ctl(*words)
        if code != 0:
            raise Failed(f"{' '.join(map(str, words))}: exit {code}: {answer}")
        return answer

    def shell(self, script, folder):
        subprocess.run(["sh", "-ec", script], cwd=folder, env=self.environment | {
            "GIT_AUTHOR_NAME": "K", "GIT_AUTHOR_EMAIL": "k@example.org", "GIT_COMMITTER_NAME": "K",
            "GIT_COMMITTER_EMAIL": "k@example.org"}, check=True, stdin=subprocess.DEVNULL)

    def state(self, folder=None):
        return subprocess.run([sys.executable, SUPPORT / "treestate.py", folder or self.tree], env=self.environment,
                              capture_output=True, text=True, check=True).stdout

    def save(self, name):
        self.stop()
        place = self.saved / name
        place.parent.mkdir(exist_ok=True)
        subprocess.run(["cp", "-a", "--reflink=auto", self.live, place], check=True)

    def put_back(self, name):
        subprocess.run(["rm", "-rf", self.live], check=True)
        subprocess.run(["cp", "-a", "--reflink=auto", self.saved / name, self.live], check=True)

    def rows(self, sql):
        with sqlite3.connect(self.data / "task_state.db") as database:
            return database.execute(sql).fetchall()

    def executing(self):
        return self.rows("SELECT 1 FROM operation WHERE state = 'executing'")

    def prepare(self):
        """A task whose agent is through: checkpoint `first`, and a tree that was damaged since then."""
        self.repository.mkdir()
        self.shell("git init -q -b main; echo one > file.txt; echo two > other.txt; git add .; git commit -qm one", self.repository)
        self.start()
        self.do("projects", "add", self.repository)
        self.do("agents", "add", "quiet", "true")
        self.task = self.do("assign-task", "nothing", "--agent", "quiet", "--project", "project")["task_id"]
        self.until(lambda: self.do("task-status", self.task)["state"] == "needs_review", "the turn ended")
        # The checkpoint at the turn's end comes after the state.
        self.until(lambda: any(c["notes"] == "end of turn" for c in self.do("rollback", "show")["checkpoints"]), "it is saved")
        self.tree = pathlib.Path(self.do("task-status", self.task)["path"])
        self.shell(FIRST, self.tree)
        self.first_state = self.state()
        self.first = self.do("checkpoint", "--task-id", self.task)["checkpoint_id"]
        self.shell(DAMAGE, self.tree)
        self.damaged_state = self.state()
        self.checkout_state = self.checkout()
        self.save("damaged")

    def checkout(self):
        """The user's own checkout, without the refs that are the task's: nothing may ever change it."""
        return "".join(line for line in self.state(self.repository).splitlines(True) if "refs/heads/agent/" not in line)


class Path:
    """One command of which every call is a point; `old` and `new` are the states that its tree may be in afterwards."""

    def __init__(self, hub, name, words, old, new, prepared="damaged"):
        self.hub, self.name, self.words, self.old, self.new, self.prepared = hub, name, words, old, new, prepared
        self.command = None

    def begin(self):
        self.hub.start()

    def give(self):
        self.command = self.hub.command(*self.words)

    def finished(self):
        return self.command.poll() is not None

    def answer(self):
        return Hub.answer(self.command)

    def run(self, number):
        """(points seen, whether it was killed, the answer if there was one)"""
        self.begin()
        tracer = follow(self.hub, number)
        lines = []  # read as they come: a full pipe would hold the tracer, and so the daemon
        reader = threading.Thread(target=lambda: lines.extend(tracer.stdout))
        reader.start()
        self.give()
        # The tracer ends with the daemon; when the command comes first, there was no n-th call.
        while tracer.poll() is None and not self.finished():
            time.sleep(0.002)
        tracer.stdin.close()
        reader.join()
        points, ending = [], None
        for line in lines:
            line = line.strip()
            if line.startswith("point "):
                points.append(line.split(" ", 2)[2])
            elif line.startswith("unknown "):
                raise Failed(f"nobody said whether this call changes anything on a disk: {line[8:]} (tests/support/syscalls.cpp)")
            else:
                ending = line
        tracer.wait()
        answer = self.answer()
        self.hub.stop(signal.SIGKILL)
        return points, ending == "killed", answer


class Recovery(Path):
    """The start of a daemon that finds an operation interrupted: what recovers is itself killed."""

    def __init__(self, hub, name, new, prepared):
        super().__init__(hub, name, None, new, new, prepared)

    def begin(self):
        self.hub.launch(stopped=True)

    def give(self):
        pass

    def finished(self):
        return self.hub.daemon.poll() is not None or (
            self.hub.ctl("safe-mode", "status")[0] == 0 and not self.hub.executing())

    def answer(self):
        return 1, {}


def follow(hub, number):
    tracer = subprocess.Popen([hub.programs / "killpoint", str(hub.daemon.pid), str(number)], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True)
    line = tracer.stdout.readline()
    if line != "ready\n":
        raise NotAllowed(f"skipped: a process can't be traced here ({line.strip()})")
    return tracer


def check(condition, text):
    if not condition:
        raise Failed(text)


def difference(wanted, found):
    wanted, found = wanted.splitlines(), found.splitlines()
    return "\n".join([f"- {line}" for line in wanted if line not in found] + [f"+ {line}" for line in found if line not in wanted])


def fsck(folder):
    ran = subprocess.run([*GIT, "-C", folder, "fsck", "--full", "--no-dangling", "--no-progress"], capture_output=True, text=True, check=False)
    check(ran.returncode == 0, f"git fsck of {folder}: {ran.stdout}{ran.stderr}")


def leftovers(hub):
    """Locks and temporary files in what is the user's."""
    for top in (hub.tree, hub.repository):
        for folder, _, files in os.walk(top):
            for name in files:
                if name.endswith((".lock", ".new")) or name.startswith((".agenthub", "agenthub-rollback", "index.agenthub", "tmp_obj")):
                    yield os.path.join(folder, name)


def judge_database(hub):
    check(hub.rows("PRAGMA integrity_check") == [("ok",)], "the database is damaged")
    vault = next((hub.data / "vault").iterdir())
    for task, number, commit in hub.rows("SELECT task, number, commit_id FROM checkpoint"):
        ref = f"refs/checkpoints/{task}/{number}"
        found = subprocess.run([*GIT, "-C", vault, "rev-parse", "--verify", "-q", ref + "^{commit}"], capture_output=True, text=True, check=False)
        check(found.stdout.strip() == commit, f"checkpoint {task}/{number} is not in the vault: {found.stdout.strip()} instead of {commit}")
    fsck(vault)
    fsck(hub.repository)


# The damage is done by hand, and is to go all the same.
ALL = ("--keep-edits", "no")


def settle(hub):
    """A hub after its start, through with what it found interrupted."""
    hub.start()
    hub.until(lambda: not hub.executing(), "interrupted operations are finished")
    # A job of the project's worker comes after those of the start.
    hub.do("rollback", "task_checkpoint", "--task-id", hub.task, "--checkpoint-id", hub.first, *ALL, "--dry-run")


def judge_use(hub):
    """A further checkpoint, rollback and undo do what they promise."""
    now = hub.state()
    saved = hub.do("checkpoint", "--task-id", hub.task)["checkpoint_id"]
    receipt = hub.do("rollback", "task_checkpoint", "--task-id", hub.task, "--checkpoint-id", hub.first, *ALL, "--yes")
    check(receipt["exact"], f"a further rollback is not exact: {receipt}")
    check(hub.state() == hub.first_state, "after a further rollback:\n" + difference(hub.first_state, hub.state()))
    receipt = hub.do("rollback", "undo", "--yes")
    check(receipt["exact"] and hub.state() == now, "after its undo:\n" + difference(now, hub.state()))
    check(hub.do("audit", "verify") is not None, "the audit trail")
    check(saved in [c["checkpoint_id"] for c in hub.do("rollback", "show", "--limit", 1000)["checkpoints"]], f"{saved} is gone")


def judge(path, killed, answer, last_operation):
    hub, (code, reply) = path.hub, answer
    settle(hub)
    found = hub.state()
    operations = hub.rows(f"SELECT state, receipt FROM operation WHERE id > {last_operation}")
    check(len(operations) <= 1, f"one command, {len(operations)} operations")
    done = bool(operations) and operations[0][0] == "done"
    check(found in (path.old, path.new), f"neither old nor new ({operations}); to the old:\n" + difference(path.old, found)
          + "\nto the new:\n" + difference(path.new, found))
    if path.name == "checkpoint":
        rows = {f"{task}/{number}" for task, number in hub.rows("SELECT task, number FROM checkpoint")}
        check(code != 0 or reply["checkpoint_id"] in rows, f"acknowledged and not there: {reply}")
        check(killed or code == 0, f"undisturbed, it failed: {reply}")
    else:
        check(found == (path.new if done else path.old), f"the tree is as it was, the operations say {operations}" if done
              else f"the tree was changed, the operations say {operations}")
        check(not done or json.loads(operations[0][1])["exact"], f"the receipt is not exact: {operations}")
        check(code != 0 or done, f"acknowledged and not done: {reply}")
        check(killed or done, f"undisturbed, it failed: {reply} {operations}")
    check(hub.checkout() == hub.checkout_state, "the user's checkout changed:\n" + difference(hub.checkout_state, hub.checkout()))
    check(not list(leftovers(hub)), f"left behind: {list(leftovers(hub))}")
    judge_database(hub)
    judge_use(hub)
    hub.stop()


def play(path, number):
    """One round: the points seen, and whether it was killed before the last of them."""
    path.hub.put_back(path.prepared)
    last = path.hub.rows("SELECT coalesce(max(id), 0) FROM operation WHERE state != 'executing'")[0][0]
    points, killed, answer = path.run(number)
    try:
        judge(path, killed, answer, last)
    except Failed as failure:
        place = points[-1] if killed else "undisturbed"
        raise Failed(f"{path.name}, call {number} ({place}): {failure}") from None
    return points, killed


def interrupt(path, number, name):
    """A prepared state: the hub was killed there, and was not started since."""
    path.hub.put_back(path.prepared)
    path.run(number)
    path.hub.save(name)


def file_state(hub, words):
    """What the tree has to be after a file restore, put together from the lines of both states."""
    hub.put_back("damaged")
    hub.start()
    hub.do(*words)
    found = hub.state()
    hub.stop()
    for wanted, below in ((hub.first_state, True), (hub.damaged_state, False)):
        def lines(state):
            return [line for line in state.splitlines() if (" box" in line) == below and not line.startswith("status ")
                    and (not below or not line.startswith(("index ", "flags ")))]
        check(lines(found) == lines(wanted), "rollback file:\n" + difference("\n".join(lines(wanted)), "\n".join(lines(found))))
    return found


def paths_of(hub):
    """Each path, after it was once gone through undisturbed, and the calls of that time."""
    to_first = ("rollback", "task_checkpoint", "--task-id", hub.task, "--checkpoint-id", hub.first, *ALL, "--yes")
    file_words = ("rollback", "file", "--path", "box", "--task-id", hub.task, "--checkpoint-id", hub.first, "--yes")
    rollback = Path(hub, "rollback", to_first, hub.damaged_state, hub.first_state)
    file = Path(hub, "file", file_words, hub.damaged_state, file_state(hub, file_words))
    hub.put_back("damaged")
    hub.start()
    hub.do(*to_first)
    hub.save("rolled back")
    undo = Path(hub, "undo", ("rollback", "undo", "--yes"), hub.first_state, hub.damaged_state, "rolled back")
    paths = [Path(hub, "checkpoint", ("checkpoint", "--task-id", hub.task), hub.damaged_state, hub.damaged_state),
             rollback, file, undo]
    for path in paths:
        yield path, play(path, 0)[0]
    for path in (rollback, file):
        points = play(path, 0)[0]
        # In the middle of the files, at git's first step, and when all is done but the receipt.
        locked = next(i for i, point in enumerate(points) if point.endswith("/index.lock"))
        places = {"files": (locked + len(points)) // 2 if path is file else locked + 40,
                  "git": next((i for i, point in enumerate(points) if point.startswith("git: ")), None),
                  "receipt": max(i for i, point in enumerate(points) if point.startswith("unlink") and point.endswith("/index.lock")) + 2}
        for where, place in places.items():
            if place is None:
                continue
            name = f"recovery of {path.name} from its {where}"
            interrupt(path, place + 1, name)
            recovery = Recovery(hub, name, path.new, name)
            yield recovery, play(recovery, 0)[0]


def every_call(path):
    """Failures of the rounds that kill at the first call, the second …, until one is not killed."""
    number, begun = 1, time.monotonic()
    while True:
        try:
            _, killed = play(path, number)
            if not killed:
                break
        except Failed as failure:
            yield failure
        path.hub.stop(signal.SIGKILL)
        number += 1
    print(f"{path.name}: killed before each of {number - 1} calls, {time.monotonic() - begun:.0f} s", flush=True)


def some_calls(found, rounds):
    """The same at some calls, spread over all paths."""
    places = [(path, number) for path, points in found for number in range(1, len(points) + 1)]
    step = max(1.0, len(places) / rounds)
    chosen = [places[int(at)] for at in (random.random() * step + i * step for i in range(rounds)) if at < len(places)]
    for path, number in chosen:
        try:
            play(path, number)
        except Failed as failure:
            yield failure
        path.hub.stop(signal.SIGKILL)
    print(f"killed before {len(chosen)} of {len(places)} calls", flush=True)


def run(hub, options):
    failures, found = [], []
    hub.prepare()
    for path, points in paths_of(hub):
        if options.only and not path.name.startswith(options.only):
            continue
        calls = collections.Counter(point.removeprefix("git: ").split(" ")[0] for point in points)
        print(f"{path.name}: {len(points)} calls:", ", ".join(f"{name} {count}" for name, count in calls.most_common()), flush=True)
        found.append((path, points))
    for failure in itertools.chain.from_iterable(every_call(path) for path, _ in found) if options.all else some_calls(found, options.rounds):
        print(f"FAILED {failure}", flush=True)
        failures.append(failure)
    return failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("programs", type=pathlib.Path)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--only", help="the paths whose names begin so")
    parser.add_argument("--keep", action="store_true")
    parser.set_defaults(skipped=False)
    options = parser.parse_args()
    random.seed(options.seed)
    print(f"seed {options.seed}", flush=True)
    # In memory: a daemon that is killed loses nothing that it wrote, so the disk is only slower.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="agenthub-points-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    hub, failures = Hub(options.programs.resolve(), folder), ["it did not end"]
    try:
        failures = run(hub, options)
    except Failed as failure:
        print(f"FAILED {failure}")
    except NotAllowed as reason:
        print(reason)
        failures, options.skipped = [], True
    finally:
        hub.stop(signal.SIGKILL)
        if options.keep or failures:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder)
    return 77 if options.skipped else 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
