#!/usr/bin/env python3
"""What the commands say and refuse, asked of the installed programs.

usage: test_commands.py BIN_DIR [unittest options]
"""
import http.server
import json
import os
import pathlib
import pwd
import signal
import subprocess
import threading
import time
import unittest

import test_hub  # takes BIN_DIR from the command line

EDITS = "echo '// more' >> file.txt; echo edited"


class CommandCase(test_hub.HubCase):
    def shown(self, *words):
        """What a person sees: exit code and text."""
        ran = subprocess.run([test_hub.BIN / "agenthubctl", "--data-dir", self.hub.data, *map(str, words)], capture_output=True,
                             text=True, env=self.hub.environment, cwd=self.hub.folder, stdin=subprocess.DEVNULL, check=False)
        return ran.returncode, ran.stdout + ran.stderr

    def refused(self, code, says, *words):
        found, text = self.shown(*words)
        self.assertIn(says, text, words)
        self.assertEqual(found, code, (words, text))

    def reviewed(self, script=EDITS, name="script"):
        """A task whose turn has ended and is saved."""
        agent = name if name in json.dumps(self.hub.do("agents", "list")) else self.hub.script(script, name)
        task = self.hub.assign(agent)
        self.hub.until(lambda: self.hub.state(task) == "needs_review", "the turn ends")
        self.hub.until(lambda: any(c["notes"] == "end of turn" for c in self.hub.do("rollback", "show", task)["checkpoints"]), "it is saved")
        return task

    def audited(self, action):
        return [e for e in self.hub.do("audit", "list", "--limit", 100)["audit"] if e["action"] == action]


class Telling(CommandCase):
    def test_files_go_along_with_what_is_said(self):
        task = self.reviewed("cat > said.txt; echo heard", "reader")
        sent = self.hub.folder / "a sketch.txt"
        sent.write_text("a picture of it\n")
        self.refused(2, "at most 10 MiB", "say", "look", "--task-id", task, "--files", self.hub.folder)
        self.refused(1, "nosuch", "say", "look", "--task-id", task, "--files", "nosuch.txt")
        self.hub.do("say", "look at this", "--task-id", task, "--files", f"'{sent}'")
        self.hub.until(lambda: (self.hub.tree(task) / "said.txt").exists()
                       and "look at this" in (self.hub.tree(task) / "said.txt").read_text(), "the agent hears it")
        said = (self.hub.tree(task) / "said.txt").read_text()
        path = pathlib.Path(next(word for word in said.split() if f"/files/{task}/" in word))
        self.assertEqual(path.read_text(), "a picture of it\n")
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        self.assertTrue(str(path).startswith(str(self.hub.data)), path)
        self.assertIn("a_sketch.txt", path.name)

    def test_a_channel_is_bound_to_a_project(self):
        self.hub.do("projects", "link", "project", "1204567890123456789")
        self.assertEqual(self.hub.do("projects", "show", "project")["channel"], "1204567890123456789")
        self.assertIn("1204567890123456789", self.shown("projects", "show", "project")[1])
        self.refused(2, "no number of a Discord channel", "projects", "link", "project", "#general")
        self.hub.do("projects", "link", "project")
        self.assertEqual(self.hub.do("projects", "show", "project")["channel"], "")
        self.assertEqual(len(self.audited("projects link")), 3)


class GoingBack(CommandCase):
    def test_a_checkpoint_needs_no_option_name(self):
        task = self.reviewed()
        code, text = self.shown("rollback", "task_checkpoint", f"{task}/1", "--yes")
        self.assertEqual(code, 0, text)
        self.assertIn(f"#{task} is back at {task}/1", text)

    def test_a_list_to_choose_from_is_no_deed(self):
        self.reviewed()
        self.assertEqual(self.shown("rollback", "task_checkpoint")[0], 0)
        self.assertEqual(self.audited("rollback task_checkpoint"), [])

    def test_each_checkpoint_says_what_it_would_change(self):
        task = self.reviewed()
        changes = {c["checkpoint_id"]: c["would_change"] for c in self.hub.do("rollback", "show", task)["checkpoints"]}
        self.assertEqual(changes, {f"{task}/1": "1 file", f"{task}/2": "nothing"})

    def test_a_file_that_is_nowhere_is_refused_by_its_name(self):
        task = self.reviewed()
        self.refused(1, "There is no nosuch.txt", "rollback", "file", "nosuch.txt", f"{task}/1", "--yes")
        self.refused(2, "whole working tree", "rollback", "file", ".", f"{task}/1", "--yes")
        self.refused(0, "already; nothing was changed", "rollback", "file", "file.txt", f"{task}/2", "--yes")
        self.assertEqual(self.hub.do("rollback", "show")["operations"], [])
        self.refused(0, f"file.txt is as in {task}/1", "rollback", "file", "file.txt", f"{task}/1", "--yes")
        self.assertEqual((self.hub.tree(task) / "file.txt").read_text(), "one\n")

    def test_undo_names_the_task_and_never_guesses_between_two(self):
        tasks = [self.reviewed(), self.reviewed()]
        self.hub.do("rollback", "task_checkpoint", f"{tasks[0]}/1", "--yes")
        self.refused(0, f"of #{tasks[0]} do it", "undo", "--dry-run")
        self.hub.do("rollback", "task_checkpoint", f"{tasks[1]}/1", "--yes")
        self.refused(2, "Undo what? 2 tasks", "undo", "--yes")
        self.hub.do("undo", "--task-id", tasks[0], "--yes")
        self.assertIn("more", (self.hub.tree(tasks[0]) / "file.txt").read_text())
        self.assertNotIn("more", (self.hub.tree(tasks[1]) / "file.txt").read_text())


class Lists(CommandCase):
    def test_a_filter_that_names_nothing_is_an_error(self):
        self.hub.script(EDITS)
        for words in (("tasks",), ("rollback", "show")):
            self.refused(1, "There is no agent nobody", *words, "--agent", "nobody")
        for words in (("tasks",), ("claims",)):
            self.refused(1, "There is no project 'nowhere'", *words, "--project", "nowhere")

    def test_the_audit_trail_reads_as_text(self):
        task = self.reviewed()
        self.hub.do("pause-task", task, "let me look")
        text = self.shown("audit", "list")[1]
        self.assertIn(f"reason: let me look, task_id: {task}; #{task} is paused", text)
        self.assertNotIn("{", text)

    def test_status_names_the_changed_files(self):
        task = self.reviewed()
        self.assertEqual(self.hub.do("task-status", task)["changed_files"], ["file.txt"])

    def test_health_tells_of_the_machine(self):
        self.hub.until(lambda: "machine" in self.hub.do("system-health"), "the hub looked at the machine")
        machine = self.hub.do("system-health")["machine"]
        self.assertGreater(machine["memory"], machine["memory_free"])
        self.assertGreaterEqual(machine["cores"], 1)

    def test_a_missing_project_is_told_and_comes_back(self):
        aside = self.hub.folder / "aside"
        self.hub.repository.rename(aside)
        self.refused(0, "Its folder is missing", "projects", "show", "project")
        self.refused(1, "is missing", "assign-task", "x", "--agent", self.hub.script(EDITS))
        aside.rename(self.hub.repository)
        self.reviewed()


class Pausing(CommandCase):
    def test_a_task_in_review_is_paused_and_starts_nothing(self):
        task = self.reviewed()
        self.hub.do("pause-task", task)
        self.assertEqual(self.hub.state(task), "paused")
        self.refused(0, f"until resume-task {task}", "say", "go on", "--task-id", task)
        self.assertEqual(self.hub.state(task), "paused")
        self.refused(0, f"#{task} goes on", "resume-task", task)
        self.hub.until(lambda: self.hub.said(task).count("edited") == 2, "the message begins a turn")

    def test_resume_without_a_message_leaves_it_to_a_person(self):
        task = self.reviewed()
        self.hub.do("pause-task", task)
        self.refused(0, f"#{task} is not paused any more", "resume-task", task)
        self.assertEqual(self.hub.state(task), "needs_review")

    def test_a_refused_stop_holds_nothing(self):
        agent = self.hub.script(EDITS)
        self.refused(1, "There is no task #1", "pause-task", 1)
        self.refused(1, "There is no agent later", "pause-agent", "later")
        self.assertEqual(self.hub.assign(agent), 1)
        self.hub.wait_said(1, "edited")
        self.hub.wait_said(self.hub.assign(self.hub.script(EDITS, "later")), "edited")

    def test_an_ended_task_is_taken_up_only_after_a_yes(self):
        task = self.reviewed()
        self.hub.do("cancel-task", task, "--yes")
        self.refused(1, "nothing to pause", "pause-task", task)
        self.refused(3, f"#{task} is cancelled. Take it up again?", "resume-task", task)
        self.refused(0, "Take it up again?", "resume-task", task, "--dry-run")
        self.assertEqual(self.hub.state(task), "cancelled")
        self.refused(0, f"#{task} is taken up again", "resume-task", task, "--yes")
        self.hub.until(lambda: self.hub.said(task).count("edited") == 2, "it goes on")

    def test_a_second_safe_mode_says_that_it_was_on(self):
        self.hub.do("safe-mode", "enable", "first")
        self.refused(0, "Safe mode was on already", "safe-mode", "enable", "second")
        self.refused(0, "first", "safe-mode", "status")

    def test_a_cancelled_task_stays_so_whatever_was_said_to_it(self):
        task = self.hub.assign(self.hub.script("echo began; sleep 60"))
        self.hub.wait_said(task, "began")
        self.refused(0, "It waits", "say", "and then the tests", "--task-id", task)
        self.hub.do("cancel-task", task, "--yes")
        other = self.hub.assign(self.hub.script(EDITS, "later"))
        self.hub.wait_said(other, "edited")
        self.assertEqual(self.hub.state(task), "cancelled")
        self.refused(0, "and then the tests", "queue", "list")

    def test_say_now_ends_the_turn_of_a_command_agent(self):
        task = self.hub.assign(self.hub.script("echo began; cat > heard; grep -q urgent heard || sleep 60; echo through"))
        self.hub.wait_said(task, "began")
        self.refused(0, "The present turn is ended first", "say", "urgent", "--when", "now", "--task-id", task)
        self.hub.wait_said(task, "through")
        self.assertIn("urgent", (self.hub.tree(task) / "heard").read_text())


class Assigning(CommandCase):
    def test_what_can_not_start_is_refused_at_once(self):
        agent = self.hub.script(EDITS)
        empty = self.hub.folder / "empty"
        subprocess.run(["git", "init", "-q", "-b", "trunk", empty], check=True)
        self.hub.do("projects", "add", empty)
        self.refused(1, "no branch or commit 'nobranch'", "assign-task", "x", "--agent", agent, "--project", "project", "--base", "nobranch")
        self.refused(1, "no branch or commit '--all'", "assign-task", "x", "--agent", agent, "--project", "project", "--base=--all")
        self.refused(1, "Make a first commit there", "assign-task", "x", "--agent", agent, "--project", "empty")
        self.refused(4, "main is protected", "assign-task", "x", "--agent", agent, "--project", "project", "--mode", "in-place")
        self.assertEqual(self.hub.do("tasks", "all")["tasks"], [])
        self.assertEqual({e["outcome"] for e in self.audited("assign-task")}, {"failed", "refused"})
        task = self.hub.do("assign-task", "x", "--agent", agent, "--project", "project", "--base", "main~0")["task_id"]
        self.hub.wait_said(task, "edited")


class Agents(CommandCase):
    def test_one_with_open_tasks_stays(self):
        task = self.reviewed()
        self.refused(1, f"#{task} do it (needs review)", "agents", "remove", "script")
        self.hub.do("cancel-task", task, "--yes")
        self.hub.do("agents", "remove", "script")
        self.assertEqual(len(self.hub.do("tasks", "all", "--agent", "script")["tasks"]), 1)

    def test_a_prompt_inside_a_shells_text_is_warned_of(self):
        self.refused(0, "would run what a task's text says", "agents", "add", "bad", "sh", "-c", "echo '{prompt}' >> said")
        code, text = self.shown("agents", "set", "bad", "command", """sh -c 'echo "${1}" >> said' sh {prompt}""")
        self.assertNotIn("would run", text)
        task = self.hub.assign("bad", "$(touch ran) `touch ran`")
        self.hub.until(lambda: self.hub.state(task) == "needs_review", "the turn ends")
        self.assertEqual((self.hub.tree(task) / "said").read_text(), "$(touch ran) `touch ran`\n")
        self.assertFalse((self.hub.tree(task) / "ran").exists())

    def test_show_and_test_tell_what_is_known(self):
        self.reviewed()
        self.assertEqual([r["end"] for r in self.hub.do("agents", "show", "script")["runs"]], ["It ended with exit code 0."])
        self.hub.do("agents", "set", "script", "pass_env", "NO_SUCH_VARIABLE")
        self.refused(0, "NO_SUCH_VARIABLE", "agents", "test", "script")
        self.hub.do("agents", "set", "script", "check", "--", "-c 'echo version 7'")
        self.refused(0, "version 7", "agents", "test", "script")
        self.hub.do("agents", "set", "script", "pass_env")
        self.refused(0, "script can be started", "agents", "test", "script")
        self.refused(2, "has no line 'command", "agents", "set", "script", "command")
        self.refused(2, "'colour' is no setting of an agent", "agents", "set", "script", "colour")


    def test_one_that_says_it_is_done_ends_by_itself(self):
        task = self.hub.assign(self.hub.script('"$AGENTHUB_CTL" tool complete-task-safely --summary done; sleep 0.3; echo goodbye'))
        self.hub.wait_said(task, "goodbye")
        self.assertEqual(self.hub.state(task), "completed")
        self.hub.until(lambda: self.hub.do("agents", "show", "script")["runs"][0]["state"] == "ended", "its process ends")


class Frozen(CommandCase):
    def test_a_stop_that_was_never_recorded_is_told(self):
        hanging = self.hub.folder / "hang"
        self.hub.kill(signal.SIGTERM)
        self.hub.start(LD_PRELOAD=str(test_hub.BIN / "libfaults.so"), AGENTHUB_FAULT_HANG=str(hanging))
        task = self.hub.assign(self.hub.script(test_hub.HEARTBEATS))
        self.hub.wait_said(task, "beating")
        tree = self.hub.tree(task)
        self.assert_beating(tree)
        hanging.touch()
        # Behind a commit that hangs the next one is not written at all; its own words might be in the file already.
        first = subprocess.Popen([test_hub.BIN / "agenthubctl", "--data-dir", self.hub.data, "say", "more", "--task-id", str(task)],
                                 env=self.hub.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.hub.until(lambda: hanging.stat().st_size > 0, "a commit hangs")
        stop = subprocess.Popen([test_hub.BIN / "agenthubctl", "--data-dir", self.hub.data, "pause-task", str(task)],
                                env=self.hub.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.hub.until(lambda: [before := self.sizes(tree), time.sleep(0.2)] and self.sizes(tree) == before, "it is frozen")
        self.hub.kill()
        first.wait(timeout=10)
        stop.wait(timeout=10)
        hanging.unlink()
        self.hub.start()
        self.hub.until(lambda: any("no record says why" in a["title"] for a in self.hub.do("alerts")["alerts"]), "a person is told")
        self.assert_still(tree)
        self.hub.do("resume-task", task)
        self.assert_beating(tree)
        self.hub.until(lambda: not self.hub.do("alerts")["alerts"], "the alert is over")


class Daemon(CommandCase):
    def daemon(self, *words):
        ran = subprocess.run([test_hub.BIN / "agenthubd", *map(str, words)], capture_output=True, text=True, timeout=20,
                             env=self.hub.environment, check=False)
        self.assertEqual(ran.returncode, 1, ran.stderr)
        return ran.stderr

    def test_what_it_can_not_start_with_is_said_in_a_sentence(self):
        bad = self.hub.folder / "bad.ini"
        bad.write_text("[agents]\nmax_runing = 3\n")
        self.assertIn("Name another one with --data-dir", self.daemon("--data-dir", "/proc/xyz"))
        self.assertIn("[agents] knows: ", self.daemon("--data-dir", self.hub.folder / "other", "--config", bad))
        self.assertIn("takes options only, not 'tasks'", self.daemon("tasks", "--data-dir", self.hub.folder / "other"))
        self.assertFalse((self.hub.folder / "other").exists())

    def test_settings_are_listed_as_they_are_declared_and_go_back_to_their_default(self):
        def declared(key):
            return next(one for one in self.hub.do("config", "list")["declared"] if one["key"] == key)

        file = self.hub.folder / "agenthub.ini"
        running = declared("agents/max_running")
        self.assertEqual((running["type"], running["low"], running["high"], running["default"], running["value"], running["source"]),
                         ("number", 0, 1000, "0", "20", "file"))
        self.assertFalse(running["needs_restart"] or running["machine_only"])
        self.assertIn("0: one per 700 MB", running["help"])
        level = declared("log/level")
        self.assertEqual((level["type"], level["choices"], level["needs_restart"]),
                         ("choice", ["debug", "info", "warning", "error"], True))
        self.assertTrue(declared("git/protected_branches")["machine_only"])
        # Who changes it reads the same that is declared.
        for key, value in (("log/level", "debug"), ("agents/max_running", "3"), ("discord/guild_id", "1"), ("git/protect_from", "everyone")):
            said = subprocess.run([test_hub.BIN / "agenthubctl", "--data-dir", self.hub.data, "config", "set", key, value],
                                  capture_output=True, text=True, check=True, env=self.hub.environment).stdout
            self.assertEqual("next start" in said, declared(key)["needs_restart"], key)
            self.assertEqual((declared(key)["value"], declared(key)["source"]), (value, "file"))
        file.write_text(file.read_text() + "\n# a remark\n")
        self.hub.do("config", "set", "agents/max_running")
        self.assertEqual((declared("agents/max_running")["value"], declared("agents/max_running")["source"]), ("0", "default"))
        self.assertNotIn("max_running", file.read_text())
        self.assertIn("# a remark", file.read_text())
        self.assertEqual(declared("log/level")["value"], "debug")

    def test_a_discord_token_is_tried_before_it_is_stored(self):
        if "built without it" in self.shown("discord", "check")[1]:
            self.skipTest("this hub knows no Discord")
        asked = []

        class Refusing(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.headers["Authorization"])
                self.send_response(401)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Refusing)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.hub.kill(signal.SIGTERM)
        self.hub.start(DISCORD_API_BASE=f"http://127.0.0.1:{server.server_port}")
        self.refused(1, "There is no bot token", "discord", "check")
        self.assertEqual(asked, [])
        said = self.shown("discord", "check", "--token", " Bot tried.secret.token ")[1]
        self.assertEqual(asked, ["Bot tried.secret.token"])
        self.assertIn("Discord is not set up yet", said)
        kept = said + (self.hub.folder / "log").read_text() + json.dumps(self.hub.do("audit", "list", "--limit", 1000))
        self.assertNotIn("secret", kept)
        self.refused(1, "There is no bot token", "discord", "check")  # it was only tried
        self.assertTrue(self.hub.do("system-health")["fronts"]["discord"]["text"].startswith("off"))

    def test_an_agent_is_shown_with_what_can_be_set(self):
        self.hub.do("agents", "add", "echoer", "echo {prompt}")
        self.hub.do("agents", "set", "echoer", "env.SECRET", "hidden-value")
        shown = self.hub.do("agents", "show", "echoer")
        settings = {one["key"]: one for one in shown["settings"]}
        self.assertEqual(settings["command"]["value"], "echo {prompt}")
        self.assertEqual(settings["autonomy"]["value"], "normal")
        self.assertTrue(all(one["help"] for one in settings.values()))
        self.assertEqual(shown["variables"], ["SECRET"])
        self.assertNotIn("hidden-value", json.dumps(shown))

    def test_a_project_of_the_command_line_is_taken_in_by_who_typed_it(self):
        second = self.hub.folder / "second"
        subprocess.run(["git", "clone", "-q", self.hub.repository, second], check=True)
        self.hub.kill(signal.SIGTERM)
        with open(self.hub.folder / "log", "ab") as log:
            self.hub.daemon = subprocess.Popen([test_hub.BIN / "agenthubd", "--data-dir", self.hub.data, "--config",
                                                self.hub.folder / "agenthub.ini", "--project", second],
                                               stderr=log, stdin=subprocess.DEVNULL, env=self.hub.environment)
        self.hub.until(lambda: len(self.audited("projects add")) == 2 if self.hub.ctl("tasks")[0] == 0 else False, "it is taken in")
        self.assertEqual({e["who"] for e in self.audited("projects add")}, {pwd.getpwuid(os.geteuid()).pw_name})


if __name__ == "__main__":
    unittest.main()
