#!/usr/bin/env python3
"""Who may move a protected branch: every git command that moves one, from a run's shell and from a person's.

usage: test_guard.py BIN_DIR [unittest options]
"""
import pathlib
import shlex
import statistics
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "hub"))
import test_hub  # noqa: E402

# Runs each script that is put into its folder, one after the other, and says how it ended.
RUNNER = """
while :; do
    for job in {folder}/*.job; do
        [ -e "$job" ] || continue
        bash "$job" > "$job.out" 2>&1 < /dev/null
        echo $? > "$job.code.new"; rm "$job"; mv "$job.code.new" "$job.code"
    done
    sleep 0.02
done
"""
IDENTITY = "export GIT_AUTHOR_NAME=T GIT_AUTHOR_EMAIL=t@example.org GIT_COMMITTER_NAME=T GIT_COMMITTER_EMAIL=t@example.org\n"
# Begun on main in the person's checkout. `ahead` is one commit before main, `other` left it one commit ago.
MOVES = {
    "commit": "echo x >> file.txt; git commit -qam x",
    "commit --no-verify": "echo x >> file.txt; git commit -qam x --no-verify",
    "commit --amend --no-verify": "git commit -q --amend --no-verify -m again",
    "cherry-pick": "git cherry-pick ahead",
    "revert": "git revert --no-edit HEAD",
    "am": "git am -q ../ahead.patch",
    "a real merge": "git merge -q --no-edit other",
    "a real merge --no-verify": "git merge -q --no-edit --no-verify other",
    "merge --ff-only": "git merge -q --ff-only ahead",
    "merge --squash and commit": "git merge -q --squash other && git commit -qnm squashed",
    "pull": "git pull -q --ff-only ../far main",
    "rebase": "git rebase -q other",
    "reset --hard": "git reset -q --hard HEAD~1",
    "reset --soft": "git reset -q --soft ahead",
    "checkout -B": "git checkout -q -B main ahead",
    "switch -C": "git switch -q -C main other",
    "branch -f": "git checkout -q ahead; git branch -f main ahead",
    "branch -m away": "git branch -m main gone",
    "branch -M over it": "git checkout -q --detach; git branch -M other main",
    "branch -D": "git checkout -q ahead; git branch -D main",
    "branch -D of a packed branch": "git pack-refs --all; git checkout -q ahead; git branch -D main",
    "branch -D in the name of pack-refs": "git branch pack-refs; git checkout -q ahead; git branch -D main pack-refs",
    "update-ref": "git update-ref refs/heads/main ahead",
    "update-ref with the old value": "git update-ref refs/heads/main ahead $(git rev-parse main)",
    "update-ref of a packed branch": "git pack-refs --all; git update-ref refs/heads/main ahead",
    "update-ref -d": "git update-ref -d refs/heads/main",
    "update-ref --stdin": "printf 'start\\nupdate refs/heads/main %s\\ncommit\\n' $(git rev-parse ahead) | git update-ref --stdin",
    "through a symbolic ref": "git symbolic-ref refs/heads/alias refs/heads/main; git update-ref refs/heads/alias ahead",
    "push into the repository": "git checkout -q ahead; git push -q --no-verify . ahead:main",
    "push --force --no-verify": "git checkout -q ahead; git push -q --force --no-verify . other:main",
    "push of a deletion": "git checkout -q ahead; git push -q --no-verify . :main",
    "push from a clone": "git checkout -q --detach; git clone -q . ../clone; cd ../clone; git push -q --no-verify origin "
                         "origin/ahead:refs/heads/main",
    "fetch": "git checkout -q ahead; git fetch -q . ahead:main",
    "fetch over it": "git checkout -q ahead; git fetch -q . +other:main",
    "fast-import": "printf 'reset refs/heads/main\\nfrom refs/heads/ahead\\n\\n' | git fast-import --quiet --force",
    "update-ref from a second working tree": "git worktree add -q --detach ../second; cd ../second; git update-ref "
                                             "refs/heads/main ahead",
    "commit from a second working tree": "git checkout -q --detach; git worktree add -q ../second main; cd ../second; echo x "
                                         ">> file.txt; git commit -qnam x",
    "with another GIT_DIR": "dir=$PWD/.git; cd /; GIT_DIR=$dir git update-ref refs/heads/main ahead",
    "without any variable": 'env -i PATH="$PATH" git update-ref refs/heads/main ahead',
    "from another session": "setsid -w git update-ref refs/heads/main ahead",
    "from an orphan": "(setsid sh -c 'sleep 0.1; git update-ref refs/heads/main ahead 2>../said; echo $? > ../ended.new; mv "
                      "../ended.new ../ended' &); while [ ! -e ../ended ]; do sleep 0.02; done; cat ../said >&2; exit $(cat ../ended)",
}
# To where every attempt begins, whatever the one before left behind.
AGAIN = """
for what in merge rebase cherry-pick revert am; do git $what --abort; done
git symbolic-ref -d refs/heads/alias
rm -rf ../clone ../second ../said ../ended; git worktree prune
git checkout -qf --detach {main}
git for-each-ref --format='delete %(refname)' refs/heads | grep -v '/agent/\\|/backup/' | git update-ref --stdin
git branch main {main}; git branch ahead {ahead}; git branch other {other}
git checkout -qf main; git reset -q --hard; git clean -qfd
"""


class Guarded(unittest.TestCase):
    settings = ""

    def setUp(self):
        self.hub = test_hub.Hub(self.settings)
        self.addCleanup(self.hub.close)
        self.repository, self.jobs = self.hub.repository, self.hub.folder / "jobs"
        self.jobs.mkdir()
        self.count = 0
        code, said = self.person("""
            echo two > file.txt; git commit -qam two; git branch other HEAD~1; git checkout -q -b ahead; echo 3 > ahead; git add .
            git commit -qm three; git format-patch -q --stdout -1 > ../ahead.patch; git clone -q --bare . ../far
            git -C ../far update-ref refs/heads/main ahead; git checkout -q other; echo o > other; git add .; git commit -qm other
            git checkout -q main; git rev-parse main ahead other""")
        self.assertEqual(code, 0, said)
        self.main, self.ahead, self.other = said.split()
        self.prepare()
        self.hub.start()
        self.added = self.hub.do("projects", "add", self.repository)

    def prepare(self):
        """What a repository has before it is taken in."""

    def begin(self):
        self.task = self.hub.assign(self.hub.script(RUNNER.format(folder=self.jobs), "runner"))
        self.assertEqual(self.agent("echo ready"), (0, "ready\n"))

    def person(self, script):
        ran = subprocess.run(["bash", "-c", IDENTITY + script], cwd=self.repository, env=self.hub.environment, text=True,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return ran.returncode, ran.stdout

    def agent(self, script, folder=None):
        """As `person`, from the shell of the run."""
        self.count += 1
        job = self.jobs / f"{self.count}.job"
        draft = self.jobs / "draft"
        draft.write_text(f"cd {shlex.quote(str(folder or self.repository))}\n{IDENTITY}{script}\n")
        draft.rename(job)
        code = job.with_name(job.name + ".code")
        self.hub.until(code.exists, f"the agent ran {script}")
        return int(code.read_text()), job.with_name(job.name + ".out").read_text()

    def again(self):
        self.person(AGAIN.format(main=self.main, ahead=self.ahead, other=self.other))
        self.assertEqual(self.at_main(), self.main)

    def at_main(self):
        code, said = self.person("git rev-parse --verify -q refs/heads/main")
        return said.strip() if code == 0 else None

    def guard(self, action="status"):
        return self.hub.do("projects", "guard", action)


class MovesOfMain(Guarded):
    def test_an_agent_moves_it_in_no_way(self):
        self.begin()
        for name, script in MOVES.items():
            with self.subTest(name):
                self.again()
                code, said = self.agent(script)
                self.assertEqual(self.at_main(), self.main, said)
                self.assertNotEqual(code, 0, said)
                self.assertIn("main is protected: agents don't move it", said)
                self.assertIn("finish-task", said)

    def test_a_person_moves_it_in_every_way_and_each_is_written_down(self):
        for name, script in MOVES.items():
            with self.subTest(name):
                self.again()
                before = self.guard()["moves"]
                code, said = self.person(script)
                self.assertEqual(code, 0, said)
                self.assertNotEqual(self.at_main(), self.main, said)
                self.assertGreater(self.guard()["moves"], before)

    def test_the_guard_needs_no_hub(self):
        self.begin()
        self.hub.kill()
        code, said = self.agent("git update-ref refs/heads/main ahead")
        self.assertEqual((code == 0, self.at_main()), (False, self.main), said)
        self.hub.start()

    def test_git_tidies_up_for_agents_too(self):
        self.begin()
        tree = self.hub.tree(self.task)
        for script in ("git pack-refs --all", "git gc -q --prune=now", "git -c gc.auto=1 gc --auto -q", "git repack -qad",
                       "git -C . pack-refs --all --prune"):
            with self.subTest(script):
                self.again()
                self.assertEqual(self.person("git update-ref refs/heads/main ahead; git update-ref refs/heads/main other")[0], 0)
                before = self.guard()["moves"]
                code, said = self.agent(script, tree)
                self.assertEqual((code, self.at_main()), (0, self.other), said)
                self.assertEqual(self.guard()["moves"], before)
        self.again()
        self.assertEqual(self.agent("git pack-refs --all; test ! -e .git/refs/heads/main")[0], 0)

    def test_an_agents_commits_collect_no_garbage_for_all(self):
        self.begin()
        asked = "git config --default unset gc.auto; git config --default unset maintenance.auto"
        self.assertEqual(self.agent(asked)[1].split(), ["0", "false"])
        self.assertEqual(self.person(asked)[1].split(), ["unset", "unset"])

    def test_an_agent_works_on_its_own_branch(self):
        self.begin()
        code, said = self.agent("""set -e; echo y > y; git add y; git commit -qm y; git commit -q --amend -m z; git merge -q --no-edit other
            git tag t; git branch mine; git branch -D mine; git reset -q --hard HEAD~1; git stash list; git rebase -q ahead""",
                                self.hub.tree(self.task))
        self.assertEqual(code, 0, said)
        self.assertEqual(self.at_main(), self.main)

    def test_an_agent_publishes_nothing(self):
        self.begin()
        tree = self.hub.tree(self.task)
        for target in ("+other:main", "HEAD", "+HEAD:refs/heads/main", "HEAD:refs/heads/agent/x"):
            with self.subTest(target):
                code, said = self.agent(f"git push -q {self.hub.folder}/far {target}", tree)
                self.assertNotEqual(code, 0, said)
                self.assertIn("agents don't push", said)
        self.assertEqual(self.agent(f"git push -q {self.hub.folder}/far ahead:refs/heads/topic", tree)[0], 0)
        self.assertEqual(self.person("git push -q ../far ahead:refs/heads/main ahead:refs/heads/agent/x")[0], 0)
        code, said = self.person("git branch backup/x ahead; git push -q ../far backup/x")
        self.assertNotEqual(code, 0)
        self.assertIn("--no-verify", said)
        self.assertEqual(self.person("git push -q --no-verify ../far backup/x")[0], 0)


class SetUp(Guarded):
    def test_taking_a_project_in_says_what_it_changes_and_uninstalling_puts_it_back(self):
        self.assertEqual(self.guard()["branches"], ["main", "master"])
        said = subprocess.run([test_hub.BIN / "agenthubctl", "--data-dir", self.hub.data, "projects", "guard"], capture_output=True,
                              text=True, env=self.hub.environment, check=True).stdout
        self.assertIn("Agents can't move these branches", said)
        self.assertFalse(self.guard("uninstall")["installed"])
        self.assertEqual(self.person("git config core.hooksPath; ls -d .git/agenthub-guard 2>/dev/null"), (2, ""))
        self.begin()
        self.assertEqual(self.agent("git update-ref refs/heads/main ahead")[0], 0)
        self.again()
        self.assertTrue(self.guard("install")["installed"])
        self.assertNotEqual(self.agent("git update-ref refs/heads/main ahead")[0], 0)

    def test_an_agent_does_not_take_it_out(self):
        self.begin()
        code, said = self.agent('"$AGENTHUB_CTL" projects guard uninstall')
        self.assertNotEqual(code, 0, said)
        self.assertTrue(self.guard()["installed"])

    def test_a_setting_protects_other_branches_at_once(self):
        self.begin()
        self.hub.do("config", "set", "git/protected_branches", "main,other")
        self.hub.until(lambda: "other" in self.guard()["branches"], "the guard knows")
        self.assertNotEqual(self.agent("git update-ref refs/heads/other ahead")[0], 0)
        self.assertEqual(self.agent("git branch -f ahead main")[0], 0)

    def test_a_setting_keeps_people_from_direct_commits_too(self):
        self.hub.do("config", "set", "git/protect_from", "everyone")
        self.hub.until(lambda: self.guard()["from"] == "everyone", "the guard knows")
        code, said = self.person("echo x >> file.txt; git commit -qam x")
        self.assertEqual((code, self.at_main()), (1, self.main), said)
        self.assertIn("git/protect_from", said)
        self.assertEqual(self.person("git checkout -qf; git merge -q --ff-only ahead")[0], 0)

    def test_a_hub_that_starts_puts_the_guard_before_hooks_that_took_its_place(self):
        self.hub.kill()
        self.person("git config core.hooksPath .husky")
        self.hub.start()
        self.hub.until(lambda: self.guard()["installed"], "it is back")
        self.person("mkdir .husky; echo 'echo ran > ../ran' > .husky/post-commit; chmod 755 .husky/post-commit; git commit -q "
                    "--allow-empty -m x")
        self.assertTrue((self.hub.folder / "ran").exists())


class EarlierHooks(Guarded):
    def prepare(self):
        hook = self.repository / ".git" / "hooks" / "reference-transaction"
        hook.write_text(f'#!/bin/sh\n[ "$1" = prepared ] && cat >> {self.hub.folder}/seen\n[ ! -e {self.hub.folder}/no ]\n')
        hook.chmod(0o755)

    def test_they_see_what_passes_and_may_refuse_it(self):
        self.assertEqual(self.guard()["hooks"], ["reference-transaction"])
        self.assertEqual(self.person("git update-ref refs/heads/main ahead")[0], 0)
        self.assertIn(f"{self.ahead} refs/heads/main\n", (self.hub.folder / "seen").read_text())
        (self.hub.folder / "no").touch()
        self.assertNotEqual(self.person("git update-ref refs/heads/main other")[0], 0)
        self.assertEqual(self.at_main(), self.ahead)


class Cost(Guarded):
    def test_what_it_adds_to_a_commit_is_told(self):
        def median(count=40):
            times = []
            for _ in range(count):
                begin = time.monotonic()
                subprocess.run(["git", "-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "-q", "--allow-empty", "-m", "x"],
                               cwd=self.repository, env=self.hub.environment, check=True)
                times.append((time.monotonic() - begin) * 1000)
            return statistics.median(times)
        median(5)
        guarded = median()
        self.guard("uninstall")
        bare = median()
        print(f"a commit on main: {bare:.1f} ms without the guard, {guarded:.1f} ms with it", file=sys.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]], verbosity=1)
