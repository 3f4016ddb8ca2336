#!/usr/bin/env python3
"""Compares the ledgers of ledger-agent with what the hub stored: nothing acknowledged is lost, nothing is doubled on
either side, and a task never had two living runs.

usage: check_ledger.py DATA_DIR LEDGER_DIR [--settled]

The database is only read and may be in use. --settled: the hub runs and has nothing left to take in, so that whatever
an agent sent has to be there too, not only what was answered.
"""
import argparse
import json
import pathlib
import re
import sqlite3
import sys

LIVING = ("starting", "running")


def read_ledgers(folder):
    """{run number: [lines]}; a last line without its end was cut off by a kill."""
    ledgers = {}
    for file in sorted(pathlib.Path(folder).glob("*.jsonl")):
        run = int(file.stem.rsplit("-", 1)[-1])
        text = file.read_text(encoding="utf-8")
        whole = text[:text.rfind("\n") + 1]
        ledgers[run] = [json.loads(line) for line in whole.splitlines()]
    return ledgers


class Store:
    """One moment of task_state.db."""

    def __init__(self, data):
        self.data = pathlib.Path(data)
        database = sqlite3.connect(f"file:{self.data / 'task_state.db'}?mode=ro", uri=True, isolation_level=None)
        database.row_factory = sqlite3.Row
        database.execute("BEGIN")

        def rows(query):
            return [dict(row) for row in database.execute(query)]

        self.runs = {row["id"]: row for row in rows("SELECT * FROM run ORDER BY id")}
        self.messages = rows("SELECT * FROM message ORDER BY task, seq")
        self.requests = rows("SELECT * FROM tool_request ORDER BY id")
        self.approvals = rows("SELECT * FROM approval ORDER BY id")
        self.inputs = rows("SELECT * FROM run_input ORDER BY run, number")
        self.checkpoints = rows("SELECT task, number, notes FROM checkpoint")
        self.open_turns = rows("SELECT task, count(*) AS n FROM turn WHERE state = 'open' GROUP BY task")
        database.close()

    def body(self, message):
        if not message["body_file"]:
            return message["body"]
        name = message["body_file"]
        found = list((self.data / "bodies").rglob(name)) + list((self.data / "bodies").rglob(name[2:]))
        return found[0].read_text(encoding="utf-8") if found else f"(lost body {name})"


class Check:
    def __init__(self, before, store, after, settled):
        self.before, self.store, self.after, self.settled = before, store, after, settled
        self.problems = []
        self.counted = {"notes": 0, "requests": 0, "answers": 0, "questions": 0, "decisions": 0, "runs": 0}

    def wrong(self, text):
        self.problems.append(text)

    def doubled(self, what, values):
        seen = set()
        for value in values:
            if value in seen:
                self.wrong(f"{what} {value} is there twice")
            seen.add(value)

    def sequence(self, run, what, stored, sent):
        """What is stored is the beginning of what was sent, without a gap; of a run that ended in order all of it but
        for the last, which may not have been written when the agent died."""
        if stored != sent[:len(stored)]:
            at = next((i for i, pair in enumerate(zip(stored, sent)) if pair[0] != pair[1]), min(len(stored), len(sent)))
            self.wrong(f"run {run}: {what} {at + 1} differ: stored {stored[at:at + 1]}, sent {sent[at:at + 1]}")
        whole = self.settled and self.store.runs[run]["state"] != "interrupted"
        if whole and len(stored) < len(sent) - 1:
            self.wrong(f"run {run}: {len(sent)} {what} were sent, {len(stored)} are stored")

    def run(self):
        self.tasks()
        for run in sorted(set(self.before) | set(self.after)):
            if run in self.store.runs:
                self.counted["runs"] += 1
                self.one(run)
            elif run in self.before:
                self.wrong(f"run {run} has a ledger but no row")
        return self.problems

    def tasks(self):
        by_task = {}
        for run in self.store.runs.values():
            by_task.setdefault(run["task"], []).append(run)
        for task, runs in by_task.items():
            living = [run["id"] for run in runs if run["state"] in LIVING]
            if len(living) > 1:
                self.wrong(f"task {task} has {len(living)} living runs: {living}")
            for first, second in zip(runs, runs[1:]):
                if first["ended_at"] is None or first["ended_at"] > second["started_at"]:
                    self.wrong(f"task {task}: run {second['id']} began before run {first['id']} ended")
        for turn in self.store.open_turns:
            if turn["n"] > 1:
                self.wrong(f"task {turn['task']} has {turn['n']} open turns")
        self.doubled("message", [(m["task"], m["seq"]) for m in self.store.messages])

    def one(self, run):
        store, before, after = self.store, self.before.get(run, []), self.after.get(run, [])
        for line in after:
            if line["at"] == "wrong":
                self.wrong(f"run {run}: the agent saw: {line['what']}")
        sent = [line for line in after if line["at"] == "send"]
        answered = {line["call"]: line for line in before if line["at"] == "answer"}
        self.doubled(f"run {run}: answer to call", [line["call"] for line in after if line["at"] == "answer"])
        self.doubled(f"run {run}: action after", [line["approval_id"] for line in after if line["at"] == "act"])
        mine = [m for m in store.messages if m["run"] == run]

        notes = [line for m in mine if m["kind"] == "output" for line in store.body(m).split("\n")]
        self.sequence(run, "notes", notes, [line["text"] for line in after if line["at"] == "say"])
        self.counted["notes"] += len(notes)

        requests = [r for r in store.requests if r["run"] == run and r["channel"] == "stdio"]
        calls = {}
        for request in requests:
            number = int(re.search(r"(\d+)\D*$", request["key"]).group(1))
            if number in calls:
                self.wrong(f"run {run}: call {number} is stored twice")
            calls[number] = request
        self.sequence(run, "requests",
                      [(number, r["method"], json.loads(r["arguments"])) for number, r in calls.items()],
                      [(line["call"], line["method"], line["arguments"]) for line in sent])
        self.counted["requests"] += len(requests)

        told = self.inputs(run)
        for number, line in answered.items():
            self.counted["answers"] += 1
            request = calls.get(number)
            if request is None or request["answer"] is None:
                self.wrong(f"run {run}: call {number} was answered to the agent, but the answer is not stored")
                continue
            answer = json.loads(request["answer"])
            same = answer.get("result") == line["result"] if "result" in line else \
                answer.get("error", {}).get("message") == line["error"]
            if not same:
                self.wrong(f"run {run}: call {number}: stored {answer}, the agent got {line}")
            if told.get(number, 0) != 1:
                self.wrong(f"run {run}: the answer to call {number} was sent {told.get(number, 0)} times")
        self.effects(run, mine, calls, answered)

    def inputs(self, run):
        """How often each call was answered to the agent."""
        rows = [row for row in self.store.inputs if row["run"] == run]
        if [row["number"] for row in rows] != list(range(1, len(rows) + 1)):
            self.wrong(f"run {run}: its inputs are numbered {[row['number'] for row in rows]}")
        told, prompts = {}, []
        for row in rows:
            for line in (row["bytes"] or b"").splitlines():
                message = json.loads(line)
                if message.get("method") == "prompt":
                    prompts.append(message["id"])
                elif "method" not in message:
                    told[message["id"]] = told.get(message["id"], 0) + 1
        self.doubled(f"run {run}: prompt", prompts)
        for number, count in told.items():
            if count > 1:
                self.wrong(f"run {run}: the answer to call {number} was sent {count} times")
        return told

    def effects(self, run, mine, calls, answered):
        """What a call did is there once when it was answered, and at most once otherwise."""
        decisions = [m for m in mine if m["kind"] == "decision"]
        texts = [m["body"] for m in decisions]
        self.doubled(f"run {run}:", texts)
        self.counted["decisions"] += len(texts)
        seqs = {m["body"]: m["seq"] for m in decisions}
        approvals = [a for a in self.store.approvals if a["run"] == run]
        self.doubled(f"run {run}:", [a["question"] for a in approvals])
        self.counted["questions"] += len(approvals)
        by_id = {f"a{a['id']}": a for a in approvals}
        notes = [c["notes"] for c in self.store.checkpoints if c["task"] == self.store.runs[run]["task"]]
        for number, request in calls.items():
            arguments, line = json.loads(request["arguments"]), answered.get(number, {})
            result = line.get("result")
            if request["method"] == "log_decision":
                if result is not None and seqs.get(arguments["decision"]) != result["message"]:
                    self.wrong(f"run {run}: '{arguments['decision']}' was acknowledged as message {result['message']}, "
                               f"stored is {seqs.get(arguments['decision'])}")
            elif request["method"] == "request_approval" and result is not None:
                approval = by_id.get(result["approval_id"])
                if approval is None or approval["question"] != arguments["action"]:
                    self.wrong(f"run {run}: '{arguments['action']}' was acknowledged as {result['approval_id']}, which "
                               f"is {approval and approval['question']}")
            elif request["method"] == "await_approval" and result is not None:
                approval = by_id.get(result["approval_id"])
                if approval is None or (approval["state"], approval["reason"]) != (result["state"], result["reason"]):
                    self.wrong(f"run {run}: {result['approval_id']} was answered to the agent as {result['state']}, "
                               f"stored is {approval and approval['state']}")
            elif request["method"] == "save_checkpoint":
                count = notes.count(arguments["notes"])
                if count > 1:
                    self.wrong(f"run {run}: '{arguments['notes']}' was saved {count} times")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("ledgers")
    parser.add_argument("--settled", action="store_true")
    options = parser.parse_args()
    # What was acknowledged before the moment of the database has to be in it; what is in it was sent before the second
    # look at the ledgers.
    before = read_ledgers(options.ledgers)
    store = Store(options.data)
    after = read_ledgers(options.ledgers)
    check = Check(before, store, after, options.settled)
    problems = check.run()
    for problem in problems[:50]:
        print(problem)
    if not check.counted["runs"]:
        problems.append("no ledger of a run was found")
        print(problems[-1])
    print(", ".join(f"{count} {what}" for what, count in check.counted.items()) + f"; {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
