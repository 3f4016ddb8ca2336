#!/usr/bin/env python3
"""`projects purge`: a leaked secret is erased from all that the hub keeps, by an independent look at every byte; all else stays.

usage: test_purge.py BIN_DIR [unittest options]
"""
import base64
import contextlib
import json
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import sys
import time
import unittest
import zlib

import projecthub
import test_hub

SECRET = 'cobalt "heron" 4711-zq'
SPELLINGS = [SECRET.encode(), json.dumps(SECRET)[1:-1].encode(), json.dumps(json.dumps(SECRET)[1:-1])[1:-1].encode()]
# An agent that writes it, says it, and hands it to the hub.
LEAK = """
S=$(cat "{file}")
echo "$S" >> file.txt
(echo before; echo "$S"; echo after) > note
echo clean > clean
echo "I found $S there"
echo "$S"
python3 -c 'import sys; print("long " * 20000 + sys.argv[1] + " end" * 20000)' "$S"
"$AGENTHUB_CTL" tool log-decision --decision "use $S" --reasoning "because of $S" || "$AGENTHUB_CTL" tool log-decision "use $S"
"$AGENTHUB_CTL" tool report-progress --step "with $S" --percent 50 || true
echo leaked
"""


def has(data):
    return any(spelling in data for spelling in SPELLINGS)


def cat_file(repository):
    """Every object of a git repository: id, kind, content."""
    out = subprocess.run(["git", "-C", repository, "cat-file", "--batch-all-objects", "--batch"], check=True, capture_output=True).stdout
    at = 0
    while at < len(out):
        end = out.index(b"\n", at)
        name, kind, size = out[at:end].split()
        yield name.decode(), kind.decode(), out[end + 1:end + 1 + int(size)]
        at = end + 2 + int(size)


def search(data):
    """Where below the folder the secret is: in the bytes of files, in objects of git, in streams of zlib."""
    found = []
    for top, folders, files in os.walk(data):
        if pathlib.Path(top) == data:
            folders[:] = [f for f in folders if f != "worktrees"]
        for name in files:
            path = pathlib.Path(top) / name
            if has(os.fsencode(path)) or (path.is_file() and has(path.read_bytes())):
                found.append(str(path))
    for vault in (data / "vault").glob("*.git"):
        for name, kind, content in cat_file(vault):
            streams = [content]
            try:
                streams.append(zlib.decompressobj(47).decompress(content))
            except zlib.error:
                pass
            if any(map(has, streams)):
                found.append(f"{vault.name}: {kind} {name}")
    return found


class PurgeCase(test_hub.HubCase):
    maxDiff = 4000

    def setUp(self):
        super().setUp()
        self.secret = self.hub.folder / "secret"
        self.secret.write_text(SECRET)
        self.vault = self.hub.data / "vault" / "project.git"

    def purge(self, *words, text=SECRET, kind="text", project="project"):
        """As a person who sends it to the standard input. No answer ever has it."""
        ran = subprocess.run([test_hub.BIN / "agenthubctl", "--data-dir", self.hub.data, "--json", "projects", "purge", project, kind,
                              "-", *words], input=text, capture_output=True, text=True, env=self.hub.environment, check=False)
        self.assertFalse(has((ran.stdout + ran.stderr).encode()), ran.stdout)
        return ran.returncode, json.loads(ran.stdout)

    def erase(self, *words, **more):
        code, answer = self.purge("--yes", *words, **more)
        self.assertEqual(code, 0, answer)
        return answer

    def rows(self, sql):
        with sqlite3.connect(f"file:{self.hub.data / 'task_state.db'}?mode=ro", uri=True) as database:
            return database.execute(sql).fetchall()

    def git(self, *words):
        return subprocess.run(["git", "-C", self.vault, *words], check=True, capture_output=True, text=True).stdout

    def leak(self):
        """A task that leaked and was gone back from: its files are clean again."""
        if not (self.hub.folder / "leaker.sh").exists():
            self.hub.script(LEAK.format(file=self.secret), "leaker")
        task = self.hub.assign("leaker")
        self.hub.wait_said(task, "leaked")
        self.hub.until(lambda: self.hub.state(task) == "needs_review" and not self.hub.do("task-status", task).get("pid"), "it ended")
        self.hub.until(lambda: any(c["notes"] == "end of turn" for c in self.checkpoints(task)), "it is saved")
        self.hub.do("rollback", "task_checkpoint", "--task-id", task, "--checkpoint-id", f"{task}/1", "--keep-edits", "no", "--yes")
        return task

    def checkpoints(self, task):
        return self.hub.do("rollback", "show", "--task-id", task)["checkpoints"]

    def copy_database(self, name="task_state-v3-20260101T000000Z.db"):
        (self.hub.data / "backups").mkdir(mode=0o700, exist_ok=True)
        with sqlite3.connect(self.hub.data / "task_state.db") as database:
            database.execute("VACUUM INTO ?", (str(self.hub.data / "backups" / name),))

    def assert_whole(self):
        self.assertEqual(self.git("fsck", "--connectivity-only", "--no-dangling"), "")
        refs = dict(line.split() for line in self.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines())
        rows = self.rows("select task, number, commit_id, tree_id from checkpoint")
        self.assertTrue(rows)
        for task, number, commit, tree in rows:
            self.assertEqual(refs.get(f"refs/checkpoints/{task}/{number}"), commit)
            self.assertEqual(self.git("rev-parse", f"{commit}:files").strip(), tree)

    def assert_gone(self):
        self.assertEqual(search(self.hub.data), [])
        self.assert_whole()
        self.assertFalse((self.hub.data / "purge" / "project").exists())
        self.assertFalse(has((self.hub.folder / "log").read_bytes()))
        self.hub.do("audit", "verify")


class Text(PurgeCase):
    def test_it_is_nowhere_and_all_else_stays(self):
        task = self.leak()
        self.copy_database()
        self.leave_behind(task)
        messages = self.rows("select task, seq, at, role, kind, author, turn, run from message")
        clean = self.rows(f"select seq, body from message where body_file is null and instr(body, 'heron') = 0")
        files = {c["checkpoint_id"]: self.files(c["checkpoint_id"]) for c in self.checkpoints(task)}
        self.assertIn("note", str(files))
        bodies = self.bodies()  # one, or two when the pipe was read in the middle of the line
        self.assertTrue(any(SECRET in text for text in bodies))
        self.assertTrue(search(self.hub.data))
        code, preview = self.purge()
        self.assertEqual(code, 3)
        self.assertGreaterEqual(preview["checkpoints"], 2)
        self.assertEqual(preview["checkpoints_by_task"], {str(task): preview["checkpoints"]})
        self.assertGreaterEqual(preview["rows"]["messages"], 2)
        self.assertEqual(preview["bodies"], 1)
        self.assertEqual(len(preview["copies"]), 3)
        self.assertEqual([n for n in preview["not_reached"] if "worktrees" in n["where"] or "commits" in n["where"]], [])
        self.assertTrue(search(self.hub.data), "a preview changes nothing")
        done = self.erase()
        self.assertEqual(done["checkpoints"], preview["checkpoints"])
        self.assertGreater(done["objects_removed"], 0)
        self.assert_gone()
        # Positions and all other texts are as before.
        self.assertEqual(self.rows("select task, seq, at, role, kind, author, turn, run from message")[:len(messages)], messages)
        after = dict(self.rows("select seq, body from message"))
        self.assertEqual([(seq, after[seq]) for seq, _ in clean], clean)
        self.assertIn("I found [purged] there", self.hub.do("task-log", task, "--limit", 1000).__str__() + str(after))
        self.assertEqual(self.bodies(), sorted(text.replace(SECRET, "[purged]") for text in bodies))
        for name, before in files.items():
            now = self.files(name)
            self.assertEqual(sorted(now), sorted(before))
            for path, content in before.items():
                self.assertEqual(now[path], content.replace(SECRET, "x" * len(SECRET)), f"{name}: {path}")
        # The copy of the database opens, and names what is in the vault.
        with sqlite3.connect(next((self.hub.data / "backups").glob("*.db"))) as copy:
            self.assertEqual(copy.execute("pragma integrity_check").fetchall(), [("ok",)])
            for (commit,) in copy.execute("select commit_id from checkpoint"):
                self.git("cat-file", "-e", commit)
        audit = [e for e in self.hub.do("audit", "list", "--limit", 50)["audit"] if e["action"] == "projects purge"]
        self.assertEqual({e["outcome"] for e in audit}, {"begun", "done"})
        code, nothing = self.purge()
        self.assertEqual((code, nothing["checkpoints"]), (0, 0))

    def leave_behind(self, task):
        """What a hub that died in a backup or a drill leaves, and a copy that is damaged."""
        backups, scratch = self.hub.data / "backups", self.hub.data / "scratch"
        (backups / "task_state.partial").write_text(SECRET)
        (backups / "task_state-v3-20260102T000000Z.db").write_text(SECRET * 100)
        (scratch / f"drill-{task}").mkdir(parents=True)
        (scratch / f"drill-{task}" / "note").write_text(SECRET)
        (scratch / f"drill-{task}.cache").write_text(SECRET)

    def test_a_copy_that_is_busy_is_no_damaged_one(self):
        self.leak()
        self.copy_database()
        copy = next((self.hub.data / "backups").glob("*.db"))
        with contextlib.closing(sqlite3.connect(copy)) as database:
            database.execute("begin exclusive")
            code, answer = self.purge("--yes")
            self.assertNotEqual(code, 0, answer)
        self.assertTrue(copy.exists())
        self.erase()
        self.assertTrue(copy.exists())
        self.assert_gone()

    def test_a_living_run_of_another_project_keeps_its_folder(self):
        other = self.hub.folder / "other"
        subprocess.run(["git", "clone", "-q", self.hub.repository, other], check=True)
        self.hub.do("projects", "add", other)
        agent = self.hub.script(f"cat '{self.secret}'; echo; echo leaked; sleep 1000", "neighbour")
        task = self.hub.do("assign-task", "do it", "--agent", agent, "--project", "other")["task_id"]
        self.hub.wait_said(task, "leaked")
        self.leak()
        answer = self.erase()
        self.assertTrue(any("of another project, which lives" in n["where"] for n in answer["not_reached"]), answer)
        self.assertEqual(self.rows("select doing, blocked from project where name = 'project'"), [("{}", "")])
        self.assertTrue(any("/runs/" in f for f in search(self.hub.data)))
        self.assertTrue(self.hub.do("task-status", task)["pid"])

    def test_branches_are_watched_after_a_purge_that_the_next_hub_ends(self):
        self.leak()
        self.hub.kill()
        with contextlib.closing(sqlite3.connect(self.hub.data / "task_state.db")) as database:
            database.execute("update project set doing = ?, blocked = 'it is purged'", (json.dumps({"what": "purge", "who": "me", "blocked": ""}),))
            database.commit()
        (self.hub.data / "purge").mkdir(mode=0o700, exist_ok=True)
        (self.hub.data / "purge" / "project").write_text(json.dumps({"text": base64.b64encode(SECRET.encode()).decode(), "path": ""}))
        self.hub.start()
        self.hub.until(lambda: self.rows("select doing, blocked from project") == [("{}", "")], "it is finished")
        self.assert_gone()
        known = "select value from known_ref where ref = 'refs/heads/main'"
        self.hub.until(lambda: self.rows(known), "it is looked at")
        tree = subprocess.run(["git", "commit-tree", "HEAD^{tree}", "-m", "moved"], cwd=self.hub.repository, check=True, capture_output=True, text=True)
        (self.hub.repository / ".git" / "refs" / "heads" / "main").write_text(tree.stdout)
        self.hub.until(lambda: self.rows(known) == [(tree.stdout.strip(),)], "the move is seen")

    def bodies(self):
        return sorted(body.read_text() for body in (self.hub.data / "bodies").glob("*/*"))

    def files(self, checkpoint):
        ref = "refs/checkpoints/" + checkpoint
        names = self.git("ls-tree", "-r", "--name-only", ref, "files").splitlines()
        return {name[6:]: self.git("show", f"{ref}:{name}") for name in names}

    def test_every_checkpoint_comes_back(self):
        task = self.leak()
        self.erase()
        tree = self.hub.tree(task)
        leaked = next(c["checkpoint_id"] for c in self.checkpoints(task) if c["notes"] == "end of turn")
        code, preview = self.hub.ctl("rollback", "task_checkpoint", "--task-id", task, "--checkpoint-id", leaked, "--dry-run")
        self.assertEqual(code, 0, preview)
        self.assertTrue(any(p.startswith("note: ") for p in preview["purged"]), preview)
        for checkpoint, note in ((leaked, True), (f"{task}/1", False), (leaked, True)):
            receipt = self.hub.do("rollback", "task_checkpoint", "--task-id", task, "--checkpoint-id", checkpoint, "--keep-edits", "no",
                                  "--yes")
            self.assertTrue(receipt["exact"], receipt)
            self.assertEqual((tree / "note").exists(), note)
            self.assertEqual(any("note" in n and "purged" in n for n in receipt["notes"]), note, receipt)
        self.assertEqual((tree / "note").read_text(), f"before\n{'x' * len(SECRET)}\nafter\n")
        undone = self.hub.do("rollback", "undo", "--yes")
        self.assertTrue(undone["exact"], undone)
        self.assertEqual(search(self.hub.data), [])

    def test_the_agents_commit_goes_once_the_repository_lost_it(self):
        task = self.hub.assign(self.hub.script(f"cat '{self.secret}' > note; git add note; git -c user.name=A -c user.email=a@example.org "
                                               "commit -qm leak; echo leaked", "committer"))
        self.hub.wait_said(task, "leaked")
        self.hub.until(lambda: any(c["notes"] == "end of turn" for c in self.checkpoints(task)), "it is saved")
        answer = self.erase()
        where = " ".join(n["where"] for n in answer["not_reached"])
        self.assertIn(f"refs/heads/agent/committer/{task}", where)
        self.assertIn("note", where)
        tree = self.hub.tree(task)
        subprocess.run(["bash", "-ec", "git reset -q --hard HEAD~1; git reflog expire --expire=now --all; "
                        "rm -f $(git rev-parse --git-dir)/ORIG_HEAD; git gc -q --prune=now"], cwd=tree, check=True)
        answer = self.erase()
        self.assertGreater(answer["commits"], 0)
        self.assert_gone()
        leaked = next(c["checkpoint_id"] for c in self.checkpoints(task) if c["notes"] == "end of turn")
        receipt = self.hub.do("rollback", "task_checkpoint", "--task-id", task, "--checkpoint-id", leaked, "--keep-edits", "no", "--yes")
        self.assertTrue(receipt["exact"], receipt)
        self.assertEqual((tree / "note").read_text(), "x" * len(SECRET))

    def test_an_agent_that_works_is_held_and_goes_on(self):
        agent = self.hub.script(f"cat '{self.secret}'; echo; echo leaked; n=0; while :; do n=$((n+1)); echo $n > counter; sleep 0.02; done", "worker")
        task = self.hub.assign(agent)
        self.hub.wait_said(task, "leaked")
        answer = self.erase()
        self.assertTrue(any("spool" in n["where"] for n in answer["not_reached"]), answer)
        self.assertEqual([f for f in search(self.hub.data) if not f.endswith(".seg")], [])
        counter = self.hub.tree(task) / "counter"
        before = counter.read_text()
        self.hub.until(lambda: counter.read_text() != before, "it goes on")
        self.hub.do("cancel-task", task, "--yes")
        self.hub.until(lambda: not search(self.hub.data), "its spool went with it")

    def test_what_only_the_audit_trail_has_is_named(self):
        task = self.leak()
        self.hub.do("checkpoint", "--task-id", task, "--notes", f"do not use {SECRET}")
        answer = self.erase()
        named = next(n for n in answer["not_reached"] if "audit" in n["where"])
        number = re.search(r"(\d+)", named["where"]).group(1)
        self.assertTrue(has(self.rows(f"select detail from audit where id = {number}")[0][0].encode()))
        self.assertEqual([f for f in search(self.hub.data) if "task_state.db" not in f], [])
        self.assertEqual(self.hub.ctl("audit", "verify")[0], 0)


class Path(PurgeCase):
    def test_a_file_that_a_person_sent_goes(self):
        task = self.hub.assign(self.hub.script("cat > /dev/null; echo heard", "reader"))
        ended = lambda: self.hub.state(task) == "needs_review" and not self.hub.do("task-status", task).get("pid")
        self.hub.until(ended, "it ended")
        other = self.hub.folder / "other.txt"
        other.write_text("harmless")
        self.hub.do("say", "look", "--task-id", task, "--files", f"{self.secret} {other}")
        self.hub.until(ended, "it ended again")
        folder = self.hub.data / "files" / str(task)
        self.assertEqual(len(list(folder.iterdir())), 2)
        answer = self.erase()
        self.assertEqual([name.split("-")[-1] for name in answer["files"]], ["secret"])
        self.assertEqual([path.read_text() for path in folder.iterdir()], ["harmless"])

    def test_a_path_goes_and_what_lies_there_is_left_alone(self):
        task = self.hub.assign(self.hub.script(f"mkdir keys; cat '{self.secret}' > keys/a.pem; echo b > keys/b; echo made", "maker"))
        self.hub.wait_said(task, "made")
        self.hub.until(lambda: any(c["notes"] == "end of turn" for c in self.checkpoints(task)), "it is saved")
        tree = self.hub.tree(task)
        (tree / "keys" / "a.pem").unlink()
        self.hub.do("checkpoint", "--task-id", task)
        answer = self.erase(kind="path", text="keys/a.pem")
        self.assertEqual(answer["checkpoints"], 1)
        self.assert_gone()
        (tree / "keys" / "a.pem").write_text("mine")
        (tree / "keys" / "b").write_text("changed")
        leaked = next(c["checkpoint_id"] for c in self.checkpoints(task) if c["notes"] == "end of turn")
        receipt = self.hub.do("rollback", "task_checkpoint", "--task-id", task, "--checkpoint-id", leaked, "--keep-edits", "no", "--yes")
        self.assertTrue(receipt["exact"], receipt)
        self.assertIn("keys/a.pem", " ".join(receipt["notes"]))
        self.assertEqual((tree / "keys" / "a.pem").read_text(), "mine")
        self.assertEqual((tree / "keys" / "b").read_text(), "b\n")


class Input(PurgeCase):
    def refused(self, *words, code=2):
        got, answer = self.hub.ctl("projects", "purge", *words)
        self.assertEqual(got, code, answer)
        return answer["error"]["message"]

    def test_wrong_input_is_refused_with_a_sentence_and_changes_nothing(self):
        for words, said in ((("project", "text", "abc", "--yes"), "too short"), (("project", "text", "\n", "--yes"), "no text"),
                            (("project", "text", "xxxxxxxxx", "--yes"), "stands in place"),
                            (("project", "path", "/etc/passwd", "--yes"), "top of the disk"),
                            (("project", "path", "a/../b", "--yes"), "no path inside"),
                            (("project", "path", ".git/config", "--yes"), ".git"),
                            (("project", SECRET, "--yes"), "one of path, text")):
            message = self.refused(*words)
            self.assertIn(said, message)
            self.assertNotIn(SECRET, message)
        self.assertIn("no project 'none'", self.refused("none", "text", SECRET, code=1))
        self.assertEqual(search(self.hub.data), [])

    def test_nobody_sees_the_words_it_was_started_with(self):
        self.hub.daemon.send_signal(signal.SIGSTOP)
        try:
            ran = subprocess.Popen([test_hub.BIN / "agenthubctl", "--data-dir", self.hub.data, "projects", "purge", "project", "text", SECRET],
                                   env=self.hub.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
            line = pathlib.Path(f"/proc/{ran.pid}/cmdline")
            self.hub.until(lambda: b"xxxx" in line.read_bytes(), "they are covered")
            self.assertFalse(has(line.read_bytes()))
        finally:
            self.hub.daemon.send_signal(signal.SIGCONT)
        said, _ = ran.communicate(timeout=20)
        self.assertFalse(has(said))

    def test_it_is_for_the_machine_and_no_agent(self):
        task = self.hub.assign(self.hub.script('"$AGENTHUB_CTL" projects purge project text something --yes; echo "exit $?"', "cheeky"))
        self.hub.wait_said(task, "exit 4")


class Killed(PurgeCase):
    killed_at = projecthub.ProjectCase.killed_at

    def test_wherever_the_hub_dies_the_next_one_ends_it(self):
        points = [int(n) for n in os.environ.get("POINTS", "2 5 9 14 20 30 45 60 80 110 150 200 260 330").split()]
        for number in points:
            with self.subTest(number=number):
                task = self.leak()
                for copy in (self.hub.data / "backups").glob("*"):
                    copy.unlink()
                self.copy_database()
                killed = self.killed_at(number, "projects", "purge", "project", "text", SECRET, "--yes")
                if killed:
                    self.hub.until(lambda: self.ready(), "the project is free again")
                if killed and search(self.hub.data):
                    # It died before it had written down what it was to do.
                    self.assertFalse((self.hub.data / "purge" / "project").exists())
                    self.erase()
                self.assert_gone()
                for name in (f"{task}/1", next(c["checkpoint_id"] for c in self.checkpoints(task) if c["notes"] == "end of turn")):
                    receipt = self.hub.do("rollback", "task_checkpoint", "--task-id", task, "--checkpoint-id", name, "--keep-edits", "no",
                                          "--yes")
                    self.assertTrue(receipt["exact"], receipt)
                self.hub.do("cancel-task", task, "--yes")
                self.hub.do("cleanup", "--data-older-than", "0", "--yes")  # so that each round is as long as the first
                if not killed:
                    break

    def ready(self):
        return self.rows("select doing from project")[0][0] == "{}"


if __name__ == "__main__":
    unittest.main()
