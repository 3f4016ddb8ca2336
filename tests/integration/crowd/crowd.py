#!/usr/bin/env python3
"""Many agents work on one repository, a person uses git in its main checkout meanwhile, and tasks are saved and rolled
back all the time. Afterwards nothing that anybody made may be missing, and nobody may have met a lock.

usage: crowd.py BIN_DIR [--agents N] [--seconds S] [--seed S] [--keep]

Each agent makes, changes, moves and deletes files, commits now and then, and writes down every commit it made. The
person commits, branches, merges the agents' work, stashes, rebases, tags, collects garbage. A rollback is made of a
paused task, so that a script of its own can look at the files before and after; half of them are undone.
"""
import argparse
import os
import pathlib
import random
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "hub"))
import test_hub  # noqa: E402  (it takes the folder of the programs from the arguments)

TREESTATE = pathlib.Path(__file__).resolve().parents[2] / "support" / "treestate.py"
LOCK_WORDS = ("index.lock", "another git process", "unable to create", "cannot lock ref", "could not lock", "unable to lock")

# The garbage collection that a commit of the person begins is over with it: one in the background refuses the person's own gc.
ATTACHED = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "gc.autoDetach", "GIT_CONFIG_VALUE_0": "false"}

# Runs until the file "stop" is in the folder of the test; writes what it committed, and every complaint of git.
AGENT = r"""
cd "$PWD" || exit 1
n=$(ls | wc -l); me="task $AGENTHUB_TASK"
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.org
echo working
while [ ! -e FOLDER/stop ]; do
    n=$((n + 1))
    mkdir -p "part$((n % 7))"; echo "$me round $n" > "part$((n % 7))/file$((n % 40))"; echo "$n" >> log
    case $((n % 5)) in
        0) rm -f "part$(((n + 3) % 7))/file$(((n * 3) % 40))";;
        1) [ -e "part$((n % 7))/file$((n % 40))" ] && mv "part$((n % 7))/file$((n % 40))" "moved$((n % 9))";;
        2) git add -A . 2>> FOLDER/complaints-of-agents;;
        3) git add -A . 2>> FOLDER/complaints-of-agents
           if git commit -qm "$me $n" 2>> FOLDER/complaints-of-agents; then git rev-parse HEAD >> "FOLDER/commits-$AGENTHUB_TASK"; fi;;
    esac
    sleep 0.05
done
"""


class Problem(Exception):
    """A broken promise."""


def state(tree):
    return subprocess.run([sys.executable, TREESTATE, tree], capture_output=True, text=True, check=True).stdout


def own_state(tree):
    """Without what moves by itself: the refs of others, and the state of a branch that others may merge."""
    return "\n".join(line for line in state(tree).splitlines() if not line.startswith("ref "))


def lock_complaints(text):
    """What git says of locks; but for a branch that moved while git packed the refs, which it leaves loose and names. That is
    no failure, and git says it wherever it collects garbage while another git commits, with or without a hub."""
    return [line for line in text.splitlines() if any(word in line.lower() for word in LOCK_WORDS)
            and not (line.startswith("error: cannot lock ref 'refs/") and " but expected " in line)]


class Person(threading.Thread):
    """Uses git in the main checkout like somebody who knows of no agents."""

    def __init__(self, repository, seed, stop):
        super().__init__()
        self.repository, self.random, self.stop = repository, random.Random(seed), stop
        self.done, self.problems, self.committed = 0, [], []

    def git(self, *words, may_fail=False):
        ran = subprocess.run(["git", *words], cwd=self.repository, capture_output=True, text=True, check=False,
                             env={k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "AGENTHUB_"))} | ATTACHED)
        self.done += 1
        said = lock_complaints(ran.stdout + ran.stderr)
        if said or (ran.returncode != 0 and not may_fail):
            self.problems.append(f"git {' '.join(words)}: exit {ran.returncode}: {ran.stderr.strip()}")
        return ran

    def commit(self, name=""):
        name = name or f"mine{self.random.randrange(20)}"
        (self.repository / name).write_text(f"{time.time_ns()}\n")
        self.git("add", name)
        self.git("commit", "-qm", f"person {name}")
        self.committed.append(self.git("rev-parse", "HEAD").stdout.strip())

    def stash(self):
        (self.repository / "file.txt").write_text(f"unfinished {time.time_ns()}\n")
        self.git("stash", "push", "-q")
        self.git("stash", "pop", "-q")
        self.git("checkout", "-q", "--", "file.txt")

    def merge(self):
        branches = self.git("for-each-ref", "--format=%(refname:short)", "refs/heads/agent").stdout.split()
        if branches and self.git("merge", "-q", "--no-edit", self.random.choice(branches), may_fail=True).returncode != 0:
            self.git("merge", "--abort", may_fail=True)

    def rebase(self):
        self.git("checkout", "-qb", "topic")
        self.commit("on-the-topic")
        self.git("checkout", "-q", "main")
        self.commit()
        self.git("checkout", "-q", "topic")
        self.git("rebase", "-q", "main")
        self.git("checkout", "-q", "main")
        self.git("merge", "-q", "--ff-only", "topic")
        self.git("branch", "-qd", "topic")
        self.committed[-2] = self.git("rev-parse", "HEAD").stdout.strip()

    def tag(self):
        self.git("tag", "-f", f"tag{self.random.randrange(5)}")

    def look(self):
        self.git("status")
        self.git("log", "--oneline", "-5")
        self.git("branch", "-a")

    def tidy(self):
        self.git(*self.random.choice((["gc", "-q"], ["pack-refs", "--all"], ["worktree", "prune"], ["repack", "-q", "-d"])))

    def run(self):
        while not self.stop.is_set():
            self.random.choice((self.commit, self.commit, self.stash, self.merge, self.rebase, self.tag, self.look, self.tidy))()
            self.stop.wait(self.random.random() * 0.3)


class Crowd:
    def __init__(self, agents, seconds, seed):
        self.hub = test_hub.Hub()
        self.count, self.seconds, self.random = agents, seconds, random.Random(seed)
        self.stop = threading.Event()
        self.checkpoints = self.rollbacks = self.undone = 0
        self.times = []

    def go_back(self, task):
        """To a checkpoint made just before, from whatever the agent did since."""
        tree = self.hub.tree(task)
        self.hub.do("pause-task", task)
        target = self.hub.do("checkpoint", "--task-id", task)["checkpoint_id"]
        wanted = own_state(tree)
        self.hub.do("resume-task", task, "--yes")
        time.sleep(self.random.random() * 2)
        self.hub.do("pause-task", task)
        before = own_state(tree)
        begun = time.monotonic()
        receipt = self.hub.do("rollback", "task_checkpoint", "--task-id", task, "--checkpoint-id", target, "--yes")
        self.times.append(time.monotonic() - begun)
        self.rollbacks += 1
        if not receipt["exact"] or own_state(tree) != wanted:
            raise Problem(f"task {task} is not as at {target}: {receipt}")
        if self.random.random() < 0.5:
            self.hub.do("rollback", "undo", receipt["operation"], "--yes")
            self.undone += 1
            if own_state(tree) != before:
                raise Problem(f"the undo of {receipt['operation_id']} of task {task} is not as before")
        self.hub.do("resume-task", task, "--yes")
        self.hub.until(lambda: self.hub.state(task) == "running", f"task {task} goes on")

    def save(self, task):
        self.hub.do("checkpoint", "--task-id", task)
        self.checkpoints += 1

    def run(self):
        self.hub.start()
        self.hub.do("projects", "add", self.hub.repository)
        self.hub.do("config", "set", "agents/max_running", 50)
        agent = self.hub.script(AGENT.replace("FOLDER", str(self.hub.folder)))
        self.hub.do("agents", "set", agent, "max_parallel", 50)
        person = Person(self.hub.repository, self.random.random(), self.stop)
        person.start()
        try:
            tasks = [self.hub.assign(agent) for _ in range(self.count)]
            for task in tasks:
                self.hub.wait_said(task, "working", 120)
            end = time.monotonic() + self.seconds
            while time.monotonic() < end:
                task = self.random.choice(tasks)
                self.random.choice((self.save, self.save, self.go_back))(task)
        finally:
            (self.hub.folder / "stop").touch()
            self.stop.set()
            person.join()
        for task in tasks:
            try:
                self.hub.until(lambda task=task: self.hub.state(task) == "needs_review", f"task {task} ends its turn", 60)
            except AssertionError as error:
                said = self.hub.said(task).splitlines()[-20:]
                raise Problem("\n".join([str(error), str(self.hub.do("task-status", task)), *said])) from None
        self.judge(tasks, person)

    def git(self, folder, *words):
        return subprocess.run(["git", "-C", folder, *words], capture_output=True, text=True, check=False)

    def judge(self, tasks, person):
        problems = list(person.problems)
        complaints = self.hub.folder / "complaints-of-agents"
        problems += [f"an agent's git: {line}" for line in lock_complaints(complaints.read_text() if complaints.exists() else "")]
        missing = [c for c in person.committed if self.git(self.hub.repository, "merge-base", "--is-ancestor", c, "main").returncode]
        problems += [f"the person's commit {c} is not on main" for c in missing]
        vault = self.hub.data / "vault" / "project.git"
        made = 0
        for task in tasks:
            file = self.hub.folder / f"commits-{task}"
            for commit in file.read_text().split() if file.exists() else []:
                made += 1
                # A commit that a rollback took back is in the vault, which is where its undo finds it.
                if self.git(self.hub.repository, "merge-base", "--is-ancestor", commit, f"agent/script/{task}").returncode != 0 \
                        and self.git(vault, "cat-file", "-e", commit).returncode != 0:
                    problems.append(f"commit {commit} of task {task} is nowhere")
            self.hub.do("checkpoint", "--task-id", task)
        for folder in (self.hub.repository, vault):
            checked = self.git(folder, "fsck", "--no-dangling", "--no-progress")
            if checked.returncode != 0 or "missing" in checked.stderr + checked.stdout:
                problems.append(f"fsck of {folder}: {checked.stdout}{checked.stderr}")
        open_alerts = [a["title"] for a in self.hub.do("alerts")["alerts"] if a["level"] in ("error", "critical")]
        problems += [f"alert: {title}" for title in open_alerts]
        self.times.sort()
        print(f"{len(tasks)} agents, {self.seconds} s: {made} commits of agents, {len(person.committed)} of the person in {person.done} git "
              f"commands; {self.checkpoints} checkpoints, {self.rollbacks} rollbacks (median "
              f"{self.times[len(self.times) // 2] * 1000 if self.times else 0:.0f} ms), {self.undone} of them undone; {len(problems)} problems")
        if problems:
            raise Problem("\n".join(problems[:20]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agents", type=int, default=13)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true")
    given = parser.parse_args()
    crowd = Crowd(given.agents, given.seconds, given.seed)
    try:
        crowd.run()
    except (Problem, AssertionError) as problem:
        print(problem, file=sys.stderr)
        print((crowd.hub.folder / "log").read_text()[-3000:], file=sys.stderr)
        sys.exit(1)
    finally:
        if given.keep:
            print("kept:", crowd.hub.folder)
            crowd.hub.kill()
        else:
            crowd.hub.close()


main()
