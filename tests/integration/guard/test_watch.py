#!/usr/bin/env python3
"""What moves a protected branch past git's hooks, and what the hub does about it.

usage: test_watch.py BIN_DIR [unittest options]
"""
import datetime
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import test_guard  # noqa: E402
from test_guard import test_hub  # noqa: E402

NO_HOOKS = "-c core.hooksPath=/dev/null"
# In the person's checkout; $OWN is the branch of the agent, $TREE its working tree. No hook sees any of these.
OUTSIDE = {
    "update-ref without hooks": f"git {NO_HOOKS} update-ref refs/heads/main $OWN",
    "commit without hooks": f"cd $TREE; git {NO_HOOKS} checkout -q --ignore-other-worktrees main; echo x > x; git add x; "
                            f"git {NO_HOOKS} commit -qm x; git checkout -q $OWN",
    "a symbolic ref": "git symbolic-ref refs/heads/main refs/heads/$OWN",
    "a ref file written by hand": "git rev-parse $OWN > .git/refs/heads/main",
    "libgit2": f"{test_hub.BIN}/moveref . refs/heads/main $(git rev-parse $OWN)",
    "the branch's file deleted": "rm .git/refs/heads/main",
    "packed-refs edited": "git pack-refs --all; id=$(git rev-parse $OWN); sed -i \"s,.* refs/heads/main$,$id refs/heads/main,\" "
                          ".git/packed-refs",
    "a branch that was not there": f"git {NO_HOOKS} update-ref refs/heads/master $OWN",
}
SEEN = 2.0  # seconds in which it has to be noticed


def seconds(iso):
    return datetime.datetime.fromisoformat(iso.replace("Z", "+00:00")).timestamp()


class Watched(test_guard.Guarded):
    settings = "[monitor]\nalert_cooldown_seconds = 0\n"

    def begin(self):
        super().begin()
        self.tree = self.hub.tree(self.task)
        self.own = self.hub.do("task-status", self.task)["branch"]
        self.assertEqual(self.agent("echo a > a; git add a; git commit -qm agent", self.tree)[0], 0)
        self.tip = self.person(f"git rev-parse {self.own}")[1].strip()

    def outside(self, script, by=None):
        """Runs it, and says when it was done."""
        run = by or self.agent
        code, said = run(f"OWN={getattr(self, 'own', '')} TREE={getattr(self, 'tree', '')}\n{script}\nexec 2>&1; date +%s.%N")
        self.assertEqual(code, 0, said)
        return float(said.strip().splitlines()[-1])

    def log(self, *actions):
        entries = self.hub.do("audit", "list", "--action", "git")["git"]
        return [e for e in entries if e["action"] in actions] if actions else entries

    def alerts(self):
        return [a for a in self.hub.do("alerts")["alerts"] if a["type"] == "branch_moved"]

    def settled(self):
        """All that the watcher knows of now was dealt with."""
        return self.guard()

    def new_alert(self, before):
        return self.hub.until(lambda: len(self.alerts()) > before, "an alert") and self.alerts()[0]

    def vault(self):
        return self.hub.data / "vault" / "project.git"

    def in_vault(self, ref):
        return subprocess.run(["git", "-C", self.vault(), "rev-parse", "--verify", "-q", ref], capture_output=True, text=True,
                              check=False).stdout.strip()

    def assert_whole(self):
        for folder in (self.repository, self.vault()):
            ran = subprocess.run(["git", "-C", folder, "fsck", "--strict"], capture_output=True, text=True, check=False)
            self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertGreater(self.hub.do("audit", "verify")["git_rows"], 0)


class ByAnAgent(Watched):
    def test_it_is_noticed_and_put_back_exactly(self):
        self.begin()
        times = []
        status = self.person("git status --porcelain")
        for name, script in OUTSIDE.items():
            with self.subTest(name):
                alerts, entries = len(self.alerts()), len(self.log("put back"))
                done = self.outside(script)
                alert = self.new_alert(alerts)
                entry = self.log("put back")[0]
                times.append(seconds(entry["at"]) - done)
                self.assertEqual(len(self.log("put back")), entries + 1)
                self.assertLess(times[-1], SEEN)
                self.assertEqual((self.at_main(), self.person("git rev-parse -q --verify master")[0]), (self.main, 1))
                self.assertEqual(self.person("git symbolic-ref -q refs/heads/main")[0], 1)
                self.assertEqual((entry["who"], entry["outcome"], alert["level"]), ("hub", "done", "error"))
                self.assertIn("runner on task #1", alert["description"])
                displaced = entry["refs"][0]["before"]
                if displaced:
                    kept = self.in_vault(entry["detail"])
                    self.assertIn(entry["detail"], alert["description"])
                    self.assertEqual(kept, self.tip if displaced.startswith("ref:") else displaced)
                if "checked out" in alert["description"]:
                    self.assertIn(str(self.repository), alert["description"])
                self.assertEqual(self.person("git status --porcelain"), status)
        self.assert_whole()
        self.assertTrue(any(a["action"] == "put back" for a in self.hub.do("audit", "list")["audit"]))
        print(f"noticed and put back after {max(times) * 1000:.0f} ms at most, {min(times) * 1000:.0f} ms at least", file=sys.stderr)

    def test_no_job_of_the_project_delays_it(self):
        self.begin()
        self.settled()
        self.hub.kill()
        real = subprocess.run(["sh", "-c", "command -v git"], capture_output=True, text=True, check=True).stdout.strip()
        folder, working, go_on = (self.hub.folder / name for name in ("path", "working", "go-on"))
        folder.mkdir()
        (folder / "git").write_text(f'#!/bin/sh\ncase " $* " in *" read-tree --reset -u "*) touch {working}; until [ -e {go_on} ]; '
                                    f'do sleep 0.05; done;; esac\nexec {real} "$@"\n')
        (folder / "git").chmod(0o755)
        self.hub.start(PATH=f"{folder}:{os.environ['PATH']}")
        job = subprocess.Popen([test_hub.BIN / "agenthubctl", "--data-dir", self.hub.data, "rollback", "commit", self.main, "--task_id", str(self.task)],
                               env=self.hub.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        self.hub.until(working.exists, "the project's worker is busy")
        moved = [f"git {NO_HOOKS} update-ref refs/heads/main $OWN", "cd $TREE; git commit -q --allow-empty -m more; cd -; "
                 "git rev-parse $OWN > .git/refs/heads/main"]
        values = []
        for script in moved:
            begun = self.outside(script)
            values.append(self.person(f"git rev-parse {self.own}")[1].strip())
            self.hub.until(lambda: self.at_main() == self.main, "it is back")
            self.assertLess(time.time() - begun, SEEN)
            held = self.person("git for-each-ref --format='%(objectname)' refs/agenthub")[1].split()
            self.assertEqual(sorted(held), sorted(values))
        self.assertEqual((self.alerts(), job.poll()), ([], None))
        go_on.touch()
        self.assertEqual(job.wait(timeout=20), 3)
        self.hub.until(lambda: len(self.log("put back")) == 2, "both are told")
        self.assertEqual(sorted(self.in_vault(e["detail"]) for e in self.log("put back")), sorted(values))
        self.hub.until(lambda: self.person("git for-each-ref refs/agenthub")[1] == "", "nothing is held any more")
        self.assert_whole()

    def test_head_of_the_persons_checkout_comes_back(self):
        self.begin()
        for script in ("git symbolic-ref HEAD refs/heads/$OWN", "echo ref: refs/heads/$OWN > .git/HEAD",
                       "id=$(git rev-parse $OWN); echo $id > .git/HEAD"):
            with self.subTest(script):
                before = len(self.alerts())
                done = self.outside(script)
                self.assertIn("HEAD of project project was put back", self.new_alert(before)["title"])
                self.assertLess(seconds(self.log("put back")[0]["at"]) - done, SEEN)
                self.assertEqual(self.person("git symbolic-ref HEAD")[1], "refs/heads/main\n")

    def test_what_does_not_come_from_an_agents_branch_is_told_and_left(self):
        self.begin()
        for name, script in {"another branch": f"git {NO_HOOKS} update-ref refs/heads/main other",
                             "garbage": "echo nonsense > .git/refs/heads/main"}.items():
            with self.subTest(name):
                before = len(self.alerts())
                self.outside(script)
                alert = self.new_alert(before)
                self.assertEqual(alert["level"], "error")
                self.assertNotEqual(self.at_main(), self.main)
                command = alert["description"].split("To put it back: ")[1]
                if name == "another branch":
                    self.assertEqual(self.person(command), (0, ""))
                    self.assertEqual(self.at_main(), self.main)
                else:
                    self.person(f"echo {self.main} > .git/refs/heads/main")
                self.settled()
        self.assertEqual(self.log("put back"), [])

    def test_files_in_the_checkout_are_not_touched(self):
        self.begin()
        self.person("echo mine >> file.txt; echo new > new; git add new")
        before = self.person("git status --porcelain; cat file.txt new")
        self.outside(f"git {NO_HOOKS} update-ref refs/heads/main $OWN")
        self.hub.until(lambda: self.log("put back"), "it is put back")
        self.assertEqual(self.person("git status --porcelain; cat file.txt new"), before)
        self.assertEqual(self.at_main(), self.main)

    def test_a_persons_moves_beside_it_are_recorded_and_quiet(self):
        self.begin()
        for script in ("echo p >> p; git add p; git commit -qm p", "git commit -q --amend -m q", "git reset -q --hard HEAD~1",
                       f"git merge -q --no-edit {self.own}", "git reset -q --hard HEAD~1", "git pull -q --ff-only ../far main",
                       "git switch -q other", "git switch -q main", "git checkout -q --detach", "git checkout -q main",
                       "git rebase -q other", "git update-ref refs/heads/main ahead", "git gc -q", "git pack-refs --all",
                       "git fetch -q ../far main", "git checkout -qf main; git stash -q || true", "git branch -f other HEAD"):
            before = self.at_main()
            code, said = self.person(script)
            self.assertEqual(code, 0, said)
            self.settled()
            now = self.at_main()
            if now != before:
                entry = self.log("moved by a person")[0]
                self.assertEqual(entry["refs"][0], {"ref": "refs/heads/main", "before": before, "after": now}, script)
        self.settled()
        self.assertEqual((self.alerts(), self.log("moved outside", "put back")), ([], []))

    def test_head_that_git_is_about_to_move_is_not_taken_for_an_agents_move(self):
        self.begin()
        main, other = self.main, self.person("git rev-parse other")[1].strip()
        with open(self.repository / ".git/HEAD.lock", "w", encoding="utf-8") as lock:
            lock.write("ref: refs/heads/other\n")
        with open(self.repository / ".git/logs/HEAD", "a", encoding="utf-8") as log:
            log.write(f"{main} {other} T <t@example.org> 1700000000 +0000\tcheckout: moving from main to other\n")
        self.settled()
        os.rename(self.repository / ".git/HEAD.lock", self.repository / ".git/HEAD")
        self.settled()
        self.assertEqual((self.alerts(), self.log("moved outside", "put back")), ([], []))

    def test_a_move_on_top_of_an_unseen_one_is_told(self):
        self.begin()
        self.hub.kill()
        self.outside(f"git {NO_HOOKS} update-ref refs/heads/main $OWN")
        self.person("git reset -q --hard; git commit -q --allow-empty -m on-top")
        top = self.at_main()
        self.hub.start()
        self.assertIn("a person went on", self.new_alert(0)["description"])
        self.settled()
        self.assertEqual(self.at_main(), top)


class ByAPerson(Watched):
    def test_it_is_told_and_left_with_the_way_back(self):
        self.hub.until(lambda: self.guard()["watched"], "it is watched")
        self.own, self.tree = "ahead", self.repository
        for name in ("update-ref without hooks", "a ref file written by hand", "libgit2", "packed-refs edited", "a symbolic ref",
                     "the branch's file deleted"):
            with self.subTest(name):
                self.again()
                self.settled()
                before = len(self.alerts())
                done = self.outside(OUTSIDE[name], self.person)
                now = self.at_main()
                self.assertNotEqual(now, self.main)
                alert = self.new_alert(before)
                self.assertEqual(alert["level"], "warning")
                entry = self.log("moved outside")[0]
                self.assertLess(seconds(entry["at"]) - done, SEEN)
                self.assertEqual(self.in_vault(entry["detail"]), self.main)
                self.settled()
                self.assertEqual(self.at_main(), now)
                code, said = self.person(alert["description"].split("To put it back: ")[1])
                self.assertEqual((code, self.at_main()), (0, self.main), said)
        self.settled()
        self.assertEqual(self.log("put back"), [])


class WithoutAHub(Watched):
    def test_a_move_meanwhile_is_put_back_at_the_start(self):
        self.begin()
        self.settled()
        self.hub.kill()
        self.outside(f"git {NO_HOOKS} update-ref refs/heads/main $OWN")
        self.hub.start()
        self.hub.until(lambda: self.log("put back"), "it is put back")
        self.assertEqual(self.at_main(), self.main)

    def test_what_people_moved_meanwhile_is_recorded_once(self):
        self.begin()
        self.settled()
        self.hub.kill()
        self.person("git commit -q --allow-empty -m x")
        self.hub.start()
        self.settled()
        self.hub.kill()
        self.hub.start()
        self.settled()
        self.assertEqual((len(self.log("moved by a person")), self.alerts()), (1, []))

    def test_a_hub_killed_at_the_put_back_finishes_it(self):
        """Once before git has put it back, and once after."""
        self.begin()
        real = subprocess.run(["sh", "-c", "command -v git"], capture_output=True, text=True, check=True).stdout.strip()
        folder = self.hub.folder / "path"
        folder.mkdir()
        for moment in ("before", "after"):
            with self.subTest(moment):
                entries, alerts = len(self.log("put back")), len(self.alerts())
                self.hub.kill()
                act = f'{real} "$@"; ' if moment == "after" else ""
                (folder / "git").write_text(
                    f'#!/bin/sh\ncase " $* " in *" agenthub: put back "*) {act}kill -9 $PPID; exit 1;; esac\nexec {real} "$@"\n')
                (folder / "git").chmod(0o755)
                self.hub.start(PATH=f"{folder}:{os.environ['PATH']}")
                self.settled()
                self.outside(f"git {NO_HOOKS} update-ref refs/heads/main $OWN")
                self.assertEqual(self.hub.daemon.wait(timeout=20), -signal.SIGKILL)
                self.assertEqual(self.at_main(), self.main if moment == "after" else self.tip)
                self.hub.start()
                self.hub.until(lambda: len(self.log("put back")) > entries, "it is finished")
                self.assertEqual((len(self.log("put back")), len(self.alerts())), (entries + 1, alerts + 1))
                self.assertEqual((self.at_main(), self.in_vault(self.log("put back")[0]["detail"])), (self.main, self.tip))
        self.assert_whole()


class Guard(Watched):
    def test_status_says_that_it_is_watched(self):
        status = self.guard()
        self.assertEqual((status["watched"], status["heard"]), (True, True))
        self.assertLess(time.time() - seconds(status["looked_at"]), 10)
        self.assertFalse(self.guard("uninstall")["watched"])
        self.person(f"git {NO_HOOKS} update-ref refs/heads/main ahead")
        self.assertTrue(self.guard("install")["watched"])
        self.settled()
        self.assertEqual(self.alerts(), [])
        self.assertEqual([e["action"] for e in self.log()][:2], ["guard install", "guard uninstall"])

    def test_every_operation_of_the_hub_is_in_the_log(self):
        self.begin()
        self.hub.do("checkpoint", self.task)
        code, said = self.agent('echo c > c; "$AGENTHUB_CTL" tool commit-atomically --paths c --message c', self.tree)
        self.assertEqual(code, 0, said)
        commit = self.hub.until(lambda: self.log("commit"), "the commit is in the log")[0]
        self.assertEqual((commit["who"], commit["refs"][0]["before"]), ("runner", self.tip))
        self.assertEqual(commit["refs"][0]["after"], self.person(f"git rev-parse {self.own}")[1].strip())
        self.agent("git commit -q --allow-empty -m gone", self.tree)
        self.hub.do("rollback", "task_checkpoint", f"{self.task}/1", "--yes")
        log = {e["action"]: e for e in self.log()}
        self.assertEqual(log["backup branch"]["refs"][0]["after"], self.main)
        self.assertEqual(log["working tree"]["refs"][0], {"ref": f"refs/heads/{self.own}", "before": "", "after": self.main})
        self.assertEqual(log["rollback"]["refs"][0]["after"], self.main)
        self.assertEqual(log["rollback"]["refs"][0]["ref"], f"refs/heads/{self.own}")
        self.assertEqual({e["project"] for e in self.log()}, {"project"})

    def test_a_repair_is_no_move(self):
        self.begin()
        self.settled()
        self.person("git commit -q --allow-empty -m later")
        self.person("rm -rf .git/refs/heads .git/packed-refs .git/HEAD")
        self.hub.do("projects", "repair", "project", "--yes")
        self.settled()
        self.assertEqual((self.alerts(), self.log("moved outside", "put back")), ([], []))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]], verbosity=1)
