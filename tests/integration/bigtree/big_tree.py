#!/usr/bin/env python3
"""A large source tree, changed at random, saved and rolled back, compared byte for byte, and measured beside git.

usage: big_tree.py BIN_DIR [--release FOLDER]... [--rounds N] [--changes N] [--seed S]

--release: a source tree; several, oldest first, become the history of one repository. Without one a small tree is made.
In each round a random program edits, appends, truncates, moves, copies and deletes files and folders, makes links and
changes modes; then either a checkpoint is made or the tree goes back to one of the checkpoints before. After each going
back tests/support/treestate.py must print what it printed at that checkpoint, and after the undo (every third time) what
it printed before. git does the same work beside it, on a copy: `git add -A` with a kept private index, `write-tree` and
`commit-tree` for a checkpoint; `git read-tree --reset -u` and `git clean -fd` for going back.
"""
import argparse
import os
import pathlib
import random
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "hub"))
import test_hub  # noqa: E402  (it takes the folder of the programs from the arguments)

TREESTATE = pathlib.Path(__file__).resolve().parents[2] / "support" / "treestate.py"


def state(tree):
    return subprocess.run([sys.executable, TREESTATE, tree], capture_output=True, text=True, check=True).stdout


def run(*words, cwd, **extra):
    return subprocess.run(words, cwd=cwd, check=True, capture_output=True, text=True, env=os.environ | extra).stdout.strip()


def fill_small(folder):
    for i in range(60):
        (folder / f"area{i}").mkdir()
        for j in range(50):
            (folder / f"area{i}" / f"file{j}.c").write_text(f"int f{i}_{j};\n" * (j + 1))


class Wrecker:
    """What a careless program does to a tree. The same seed does the same to the same tree."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def files(self, tree):
        found = []
        for folder, folders, names in os.walk(tree):
            folders[:] = sorted(name for name in folders if name != ".git")
            found += [os.path.join(folder, name) for name in sorted(names) if not os.path.islink(os.path.join(folder, name))
                      and name not in (".git", ".gitignore", ".gitattributes")]
        return found

    def change(self, tree, count):
        files = self.files(tree)
        for path in self.random.sample(files, min(count, len(files))):
            if os.path.isfile(path):  # an earlier step may have taken its folder
                self.random.choice((self.edit, self.edit, self.append, self.shorten, self.move, self.copy, self.delete, self.link,
                                    self.mode))(path, tree)
        for _ in range(3):
            folder = os.path.dirname(self.random.choice(files))
            if os.path.isdir(folder) and folder != str(tree) and folder.count("/") > str(tree).count("/") + 1:
                self.random.choice((self.delete_folder, self.move_folder))(folder)

    def edit(self, path, _):
        with open(path, "rb") as file:
            text = file.read()
        place = self.random.randrange(len(text) + 1)
        with open(path, "wb") as file:
            file.write(text[:place] + bytes(self.random.randrange(256) for _ in range(20)) + text[place:])

    def append(self, path, _):
        with open(path, "ab") as file:
            file.write(b"appended\r\n")

    def shorten(self, path, _):
        os.truncate(path, os.path.getsize(path) // 2)

    def move(self, path, _):
        os.rename(path, path + ".moved")

    def copy(self, path, _):
        shutil.copy2(path, path + ".copy")

    def delete(self, path, _):
        os.unlink(path)

    def link(self, path, _):
        os.unlink(path)
        os.symlink(self.random.choice(("nowhere", "../Makefile", "/etc/hostname")), path)

    def mode(self, path, _):
        os.chmod(path, self.random.choice((0o600, 0o755, 0o640)))

    def delete_folder(self, folder):
        shutil.rmtree(folder)

    def move_folder(self, folder):
        os.rename(folder, folder + "-moved")


class Peer:
    """The git program, on a copy of the repository."""

    def __init__(self, repository, folder):
        self.tree = folder / "peer"
        run("git", "clone", "-q", "--no-hardlinks", str(repository), str(self.tree), cwd=folder)
        self.index = {"GIT_INDEX_FILE": str(folder / "peer-index"), "GIT_AUTHOR_NAME": "P", "GIT_AUTHOR_EMAIL": "p@example.org",
                      "GIT_COMMITTER_NAME": "P", "GIT_COMMITTER_EMAIL": "p@example.org"}
        run("git", "read-tree", "HEAD", cwd=self.tree, **self.index)
        run("git", "config", "gc.auto", "0", cwd=self.tree)
        self.times, self.commits = {"checkpoint": [], "back": []}, []
        self.save()

    def save(self):
        begun = time.monotonic()
        run("git", "add", "-A", ".", cwd=self.tree, **self.index)
        tree = run("git", "write-tree", cwd=self.tree, **self.index)
        self.commits.append(run("git", "commit-tree", tree, "-m", "saved", cwd=self.tree, **self.index))
        run("git", "update-ref", f"refs/saved/{len(self.commits)}", self.commits[-1], cwd=self.tree)
        self.times["checkpoint"].append(time.monotonic() - begun)

    def go_back(self, number):
        begun = time.monotonic()
        run("git", "read-tree", "--reset", "-u", self.commits[number], cwd=self.tree, **self.index)
        run("git", "clean", "-qfd", cwd=self.tree, **self.index)
        self.times["back"].append(time.monotonic() - begun)


def peak(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0


def middle(times):
    return sorted(times)[len(times) // 2] * 1000 if times else 0


class Trial:
    def __init__(self, given):
        self.given, self.random = given, random.Random(given.seed)
        self.hub = test_hub.Hub()
        self.times = {"checkpoint": [], "back": [], "undo": []}

    def repository(self):
        folder = self.hub.repository
        releases = self.given.release or [self.hub.folder / "small"]
        if not self.given.release:
            releases[0].mkdir()
            fill_small(releases[0])
        for release in releases:
            for entry in folder.iterdir():
                if entry.name != ".git":
                    shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
            run("cp", "-a", "--reflink=auto", f"{release}/.", str(folder), cwd=folder)
            run("git", "add", "-A", ".", cwd=folder)
            run("git", "commit", "-qm", f"release {release.name}", cwd=folder)
        return folder

    def ctl(self, kind, *words):
        begun = time.monotonic()
        answer = self.hub.do(*words)
        self.times[kind].append(time.monotonic() - begun)
        return answer

    def run(self):
        repository = self.repository()
        files = int(run("sh", "-c", "git ls-files | wc -l", cwd=repository))
        self.hub.start()
        begun = time.monotonic()
        self.hub.do("projects", "add", repository)
        added = time.monotonic() - begun
        task = self.hub.assign(self.hub.script("echo the agent works; sleep 100000"))
        begun = time.monotonic()
        self.hub.wait_said(task, "the agent works", 600)
        began = time.monotonic() - begun
        tree, peer = self.hub.tree(task), Peer(repository, self.hub.folder)
        assert len(os.listdir(tree)) > 1, f"{tree} is empty: {self.hub.said(task)}"
        idle = peak(self.hub.daemon.pid)
        saved = [(self.hub.do("checkpoint", "--task-id", task)["checkpoint_id"], state(tree))]
        wreckers = Wrecker(self.given.seed), Wrecker(self.given.seed)
        backs = 0
        for number in range(self.given.rounds):
            wreckers[0].change(tree, self.given.changes)
            wreckers[1].change(peer.tree, self.given.changes)
            before = state(tree)
            if number % 2 == 0:
                saved.append((self.ctl("checkpoint", "checkpoint", "--task-id", task)["checkpoint_id"], before))
                peer.save()
                print(f"  {number}: saved as {saved[-1][0]}", flush=True)
            else:
                peer.save()  # git needs one too, or the changes would be lost
                which = self.random.randrange(len(saved))
                receipt = self.ctl("back", "rollback", "task_checkpoint", "--task-id", task, "--checkpoint-id", saved[which][0],
                                   "--keep-edits", "no", "--yes")
                peer.commits, kept = peer.commits[:-1], peer.commits[-1]
                peer.go_back(which)
                self.compare(tree, saved[which][1], f"round {number}, back to {saved[which][0]}")
                backs += 1
                print(f"  {number}: back at {saved[which][0]}, {receipt['restored']} restored, {receipt['deleted']} deleted", flush=True)
                if backs % 3 == 0:
                    self.ctl("undo", "rollback", "undo", receipt["operation"], "--yes")
                    self.compare(tree, before, f"round {number}, the undo")
                    run("git", "read-tree", "--reset", "-u", kept, cwd=peer.tree, **peer.index)
                    run("git", "clean", "-qfd", cwd=peer.tree, **peer.index)
        for folder in (repository, self.hub.data / "vault" / "project.git"):
            run("git", "fsck", "--no-dangling", "--no-progress", "--connectivity-only", cwd=folder)
        print(f"{files} files; projects add {added:.1f} s, task ready {began:.1f} s; {len(saved)} checkpoints, {backs} times back, "
              f"{len(self.times['undo'])} undone, all exact")
        print(f"ms (median)      hub    git\n  checkpoint  {middle(self.times['checkpoint']):8.0f} {middle(peer.times['checkpoint'][1:]):6.0f}\n"
              f"  back        {middle(self.times['back']):8.0f} {middle(peer.times['back']):6.0f}   (the hub's saves first and proves after; "
              f"git's has a save of {middle(peer.times['checkpoint'][1:]):.0f} before it)\n  undo        {middle(self.times['undo']):8.0f}")
        print(f"memory of the daemon: {idle:.1f} MB at its highest when the task was ready, {peak(self.hub.daemon.pid):.1f} MB over all")

    def compare(self, tree, wanted, where):
        found = state(tree)
        if found != wanted:
            ours, theirs = set(found.splitlines()), set(wanted.splitlines())
            raise AssertionError(f"{where}: the tree differs\n" + "\n".join(["- " + line for line in sorted(theirs - ours)[:20]] +
                                                                          ["+ " + line for line in sorted(ours - theirs)[:20]]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--release", type=pathlib.Path, action="append")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--changes", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    trial = Trial(parser.parse_args())
    try:
        trial.run()
    except AssertionError as problem:
        print(problem, file=sys.stderr)
        sys.exit(1)
    finally:
        trial.hub.close()


main()
