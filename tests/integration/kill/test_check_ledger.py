#!/usr/bin/env python3
"""Tries check_ledger.py: ledger-agent talks to a hub of a few lines that stores what it should, and then every kind of
damage has to be noticed.

usage: test_check_ledger.py SOURCE_DIR LEDGER_AGENT
"""
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile

SOURCE, AGENT = pathlib.Path(sys.argv[1]), sys.argv[2]
CHECKER = SOURCE / "tests/integration/kill/check_ledger.py"
CALLS = 150


def make_database(path):
    database = sqlite3.connect(path)
    schema = (SOURCE / "resources/migrations/state/0001_initial.sql").read_text(encoding="utf-8")
    for statement in schema.split("--;"):
        database.execute(statement)
    database.execute("INSERT INTO project (name, path, state, added_at, added_by) VALUES ('p', '/p', 'ready', 0, 'x')")
    database.execute("INSERT INTO task (project, agent, title, description, type, priority, autonomy, mode, owner, state,"
                     " created_at, updated_at) VALUES ('p', 'a', 't', 't', 'test', 1, 'normal', 'worktree', 'x',"
                     " 'running', 0, 0)")
    database.execute("INSERT INTO run (id, task, agent, adapter, folder, state, started_at) VALUES (7, 1, 'a', 'jsonrpc',"
                     " 'f', 'running', 1)")
    return database


def serve(database, agent):
    """The hub: stores what the agent says and asks, and answers."""
    state = {"input": 0, "seq": 0}

    def send(message):
        state["input"] += 1
        line = json.dumps(message) + "\n"
        database.execute("INSERT INTO run_input (run, number, at, bytes) VALUES (7, ?, 0, ?)", (state["input"], line.encode()))
        agent.stdin.write(line)
        agent.stdin.flush()

    def keep(kind, body):
        state["seq"] += 1
        database.execute("INSERT INTO message (task, seq, at, run, role, kind, body) VALUES (1, ?, 0, 7, 'agent', ?, ?)",
                         (state["seq"], kind, body))
        return state["seq"]

    send({"jsonrpc": "2.0", "id": 1, "method": "prompt", "params": {"text": "go"}})
    calls = 0
    for line in agent.stdout:
        if not line.startswith("{"):
            keep("output", line.rstrip("\n"))
            continue
        message = json.loads(line)
        if "method" not in message:
            break
        method, params, call = message["method"], message["params"], message["id"]
        cursor = database.execute("INSERT INTO tool_request (run, key, channel, method, arguments, at) VALUES"
                                  " (7, ?, 'stdio', ?, ?, 0)", (f"stdio:[{call}]", method, json.dumps(params)))
        if method == "log_decision":
            result = {"message": keep("decision", params["decision"])}
        elif method == "request_approval":
            asked = database.execute("INSERT INTO approval (task, run, request, kind, question, state, reason, asked_at)"
                                     " VALUES (1, 7, ?, 'publish', ?, 'denied', 'no', 0)", (cursor.lastrowid, params["action"]))
            result = {"approval_id": f"a{asked.lastrowid}"}
        elif method == "await_approval":
            result = {"approval_id": params["approval_id"], "state": "denied", "allowed": False, "reason": "no"}
        else:
            database.execute("INSERT INTO checkpoint (task, number, type, at, step, progress, context, task_state,"
                             " message_seq, commit_id, tree_id, head, branch, files, changed, error_count, notes)"
                             " VALUES (1, ?, 'manual', 0, '', 0, '{}', 'running', 0, '', '', '', '', 0, 0, 0, ?)",
                             (call, params["notes"]))
            result = {"checkpoint_id": f"1/{call}"}
        database.execute("UPDATE tool_request SET answer = ? WHERE id = ?", (json.dumps({"result": result}), cursor.lastrowid))
        send({"jsonrpc": "2.0", "id": call, "result": result})
        calls += 1
        if calls == CALLS:
            send({"jsonrpc": "2.0", "method": "cancel", "params": {"id": 1}})
    database.commit()
    agent.stdin.close()
    assert agent.wait(10) == 0, "the agent did not end well"


DAMAGE = {
    "a lost note": "DELETE FROM message WHERE kind = 'output' AND seq = 9",
    "a doubled note": "INSERT INTO message (task, seq, at, run, role, kind, body) SELECT 1, 100000, 0, 7, role, kind, body"
                      " FROM message WHERE kind = 'output' LIMIT 1",
    "a lost request": "DELETE FROM tool_request WHERE id = 30",
    "a lost answer": "UPDATE tool_request SET answer = NULL WHERE id = 30",
    "another answer": "UPDATE tool_request SET answer = '{\"result\":{}}' WHERE id = 30",
    "a lost decision": "DELETE FROM message WHERE body = 'decision 5'",
    "a doubled decision": "INSERT INTO message (task, seq, at, run, role, kind, body) SELECT 1, 100000, 0, 7, role, kind,"
                          " body FROM message WHERE kind = 'decision' LIMIT 1",
    "a doubled question": "INSERT INTO approval (task, run, kind, question, state, asked_at) SELECT 1, 7, kind, question,"
                          " 'open', 0 FROM approval LIMIT 1",
    "a question decided otherwise": "UPDATE approval SET state = 'allowed' WHERE id = 2",
    "a lost input": "DELETE FROM run_input WHERE number = 20",
    "an answer sent twice": "INSERT INTO run_input (run, number, at, bytes) SELECT 7, (SELECT max(number) + 1 FROM"
                            " run_input), 0, bytes FROM run_input WHERE number = 20",
    "a checkpoint saved twice": "INSERT INTO checkpoint SELECT task, number + 100000, type, at, step, progress, context,"
                                " task_state, message_seq, turn, commit_id, tree_id, head, branch, files, changed,"
                                " not_held, error_count, last_error, notes FROM checkpoint LIMIT 1",
    "two living runs": "INSERT INTO run (id, task, agent, adapter, folder, state, started_at) VALUES (8, 1, 'a',"
                       " 'jsonrpc', 'f', 'starting', 5)",
    "runs that overlap": "INSERT INTO run (id, task, agent, adapter, folder, state, started_at, ended_at) VALUES (6, 1,"
                         " 'a', 'jsonrpc', 'f', 'ended', 0, 2)",
}


def verdict(folder, ledgers):
    ran = subprocess.run([sys.executable, CHECKER, folder, ledgers, "--settled"], capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout + ran.stderr


def main():
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        ledgers = folder / "ledgers"
        ledgers.mkdir()
        good = folder / "good"
        good.mkdir()
        database = make_database(good / "task_state.db")
        agent = subprocess.Popen([AGENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                 env=dict(os.environ, AGENTHUB_LEDGER=str(ledgers), AGENTHUB_RUN="hub-7"))
        serve(database, agent)
        database.close()
        failed = []
        code, text = verdict(good, ledgers)
        print(text.strip())
        if code != 0:
            failed.append("what is right was called wrong")
        for name, statement in DAMAGE.items():
            damaged = folder / "damaged"
            shutil.copytree(good, damaged)
            database = sqlite3.connect(damaged / "task_state.db")
            if database.execute(statement).rowcount != 1:
                failed.append(f"{name}: the statement changed nothing")
            database.commit()
            database.close()
            code, text = verdict(damaged, ledgers)
            if code != 1 or "Traceback" in text:
                failed.append(f"{name} was not noticed: {text}")
            shutil.rmtree(damaged)
        # The agent's own side: an answer that came twice.
        ledger = ledgers / "hub-7.jsonl"
        lines = ledger.read_text(encoding="utf-8").splitlines(keepends=True)
        twice = next(line for line in lines if '"answer"' in line)
        ledger.write_text("".join(lines) + twice, encoding="utf-8")
        if verdict(good, ledgers)[0] != 1:
            failed.append("an answer that the agent got twice was not noticed")
    for text in failed:
        print("FAILED:", text)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
