"""What the tests of projects share: repositories compared byte for byte, hubs beside each other, kills in the middle."""
import hashlib
import os
import pathlib
import shutil
import subprocess

import test_hub

# Everything that could be lost or changed: packed and loose refs, hooks, linked trees, a stash, a configuration by hand.
FURNISH = """
set -e
for n in 1 2; do echo "line $n" >> file.txt; git add .; git commit -qm "commit $n"; done
git branch side; git branch deep/er HEAD~1; git tag light; git tag -am annotated annotated; git gc -q; git pack-refs --all
git branch loose; echo stash >> file.txt; git stash push -qm stash
printf '#!/bin/sh\\nexit 0\\n' > .git/hooks/commit-msg; chmod 755 .git/hooks/commit-msg; echo '*.tmp' > .git/info/exclude
printf '[alias] ; mine\\n\\tst=status' >> .git/config; git worktree add -q ../persons side
"""
WORK = "echo work > work; git add work; git -c user.name=A -c user.email=a@example.org commit -qm work; echo more >> work"


def walk(folder, without=()):
    """Every entry below: kind, rights, content."""
    lines = []
    for top, folders, files in os.walk(folder):
        for name in folders + files:
            path = pathlib.Path(top) / name
            place = path.relative_to(folder)
            if place.parts[0] in without:
                continue
            info = path.lstat()
            content = (os.readlink(path) if path.is_symlink() else "folder" if path.is_dir()
                       else hashlib.sha256(path.read_bytes()).hexdigest())
            lines.append(f"{place} {info.st_mode:o} {content}")
    return "\n".join(sorted(lines))


class ProjectCase(test_hub.HubCase):
    """One hub, and a repository that it does not know yet."""
    maxDiff = 4000
    furnish = FURNISH

    def setUp(self):
        self.hub = test_hub.Hub(self.settings)
        self.addCleanup(self.hub.close)
        self.git = self.hub.repository / ".git"
        self.shell(self.furnish)
        self.hub.start()

    def shell(self, script, folder=None):
        return subprocess.run(["bash", "-ec", script], cwd=folder or self.hub.repository, check=True, capture_output=True,
                              text=True, env=self.hub.environment).stdout

    def add(self, *words):
        return self.hub.do("projects", "add", self.hub.repository, *words)

    def refused(self, *words, hub=None):
        code, answer = (hub or self.hub).ctl(*words)
        self.assertNotEqual(code, 0, answer)
        self.assertIn("error", answer)
        return answer["error"]["message"] + " " + answer["error"].get("hint", "")

    def project(self, hub=None, name="project"):
        return next(p for p in (hub or self.hub).do("projects", "list")["projects"] if p["project"] == name)

    def until_state(self, state, hub=None):
        hub = hub or self.hub
        hub.until(lambda: self.project(hub)["state"] == state, f"the project is {state}")

    def finished_task(self, script="echo done", name="quick"):
        task = self.hub.assign(self.hub.script(script, name) if not (self.hub.folder / f"{name}.sh").exists() else name)
        self.hub.until(lambda: self.hub.state(task) == "needs_review" and not self.hub.do("task-status", task).get("pid"),
                       "its agent has ended")
        return task

    def killed_at(self, number, *words):
        """The command, while daemon and git are killed before their n-th call that changes the disk. True: they were."""
        tracer = subprocess.Popen([test_hub.BIN / "killpoint", str(self.hub.daemon.pid), str(number)], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        if tracer.stdout.readline() != "ready\n":
            tracer.kill()
            tracer.communicate()
            self.skipTest("a process can't be traced here")
        self.hub.ctl(*words)
        said, _ = tracer.communicate()
        killed = said.rstrip().endswith("killed")
        if killed:
            self.hub.daemon.wait(timeout=10)
            self.hub.start()
        return killed

    def assert_same(self, now, then):
        now, then = now.splitlines(), then.splitlines()
        self.assertEqual([f"- {line}" for line in then if line not in now] + [f"+ {line}" for line in now if line not in then], [])


class SecondHub(test_hub.Hub):
    """Another hub of the same account, with another data folder, that is given the first one's repository."""

    def __init__(self, first):
        super().__init__()
        shutil.rmtree(self.repository)
        self.repository = first.repository
