-- task_state.db: everything a promise rests on. Times are milliseconds since 1970 UTC unless a view says otherwise.
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID
--;
CREATE TABLE project (
    name TEXT PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,                -- ready, missing
    added_at INTEGER NOT NULL,
    added_by TEXT NOT NULL,
    options TEXT NOT NULL DEFAULT '{}', -- JSON: what "projects set" changed
    report TEXT NOT NULL DEFAULT '{}'   -- JSON: what "projects add" found and did
) WITHOUT ROWID
--;
CREATE TABLE task (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project TEXT NOT NULL REFERENCES project(name),
    agent TEXT NOT NULL,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    type TEXT NOT NULL,
    priority INTEGER NOT NULL,          -- 0 low … 3 urgent
    autonomy TEXT NOT NULL,
    mode TEXT NOT NULL,                 -- worktree, in-place
    base TEXT NOT NULL DEFAULT '',      -- branch or commit to start from
    after_task INTEGER REFERENCES task(id),
    owner TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',    -- why it waits, was paused or ended
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    step TEXT NOT NULL DEFAULT '',
    progress REAL NOT NULL DEFAULT 0,   -- percent
    context TEXT NOT NULL DEFAULT '{}', -- JSON: what the agent keeps with save_checkpoint
    error_count INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    tree TEXT NOT NULL DEFAULT '',      -- folder of its working tree
    branch TEXT NOT NULL DEFAULT '',
    base_commit TEXT NOT NULL DEFAULT '',
    backup_branch TEXT NOT NULL DEFAULT '',
    checkpoint_seconds INTEGER,         -- interval of automatic checkpoints; null: the setting
    next_checkpoint INTEGER NOT NULL DEFAULT 1,
    resumed_from INTEGER                -- checkpoint after which it last went on by itself
)
--;
CREATE INDEX task_by_state ON task(state)
--;
CREATE TABLE turn (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    task INTEGER NOT NULL REFERENCES task(id),
    run INTEGER,
    state TEXT NOT NULL,                -- open, ended, interrupted
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    outcome TEXT NOT NULL DEFAULT ''
)
--;
CREATE INDEX turn_by_task ON turn(task, state)
--;
-- Written once, never changed. seq counts from 1 within a task; a checkpoint holds a seq, not a copy.
CREATE TABLE message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    task INTEGER NOT NULL REFERENCES task(id),
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    turn INTEGER,
    run INTEGER,
    role TEXT NOT NULL,                 -- person, agent, tool, hub
    kind TEXT NOT NULL,                 -- prompt, say, output, error, decision, step, note, …
    author TEXT NOT NULL DEFAULT '',
    codec INTEGER NOT NULL DEFAULT 0,   -- 0 plain, 1 sealed
    body TEXT NOT NULL,                 -- the text; when body_file is set, its first 1,000 characters
    body_file TEXT                      -- SHA-256 of a larger body, kept as a file of that name
)
--;
CREATE UNIQUE INDEX message_by_task ON message(task, seq)
--;
-- A rollback hides the messages behind its checkpoint; its undo shows them again. hidden_at and shown_at are positions
-- in the conversation themselves, so that every checkpoint still knows what was visible when it was made: a range
-- counts at position p when hidden_at <= p and (shown_at is null or shown_at > p).
CREATE TABLE hidden_range (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    task INTEGER NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    hidden_at INTEGER NOT NULL,
    shown_at INTEGER,
    operation INTEGER NOT NULL
)
--;
CREATE INDEX hidden_by_task ON hidden_range(task)
--;
CREATE TABLE checkpoint (
    task INTEGER NOT NULL REFERENCES task(id),
    number INTEGER NOT NULL,
    type TEXT NOT NULL,
    at INTEGER NOT NULL,
    step TEXT NOT NULL,
    progress REAL NOT NULL,
    context TEXT NOT NULL,
    task_state TEXT NOT NULL,
    message_seq INTEGER NOT NULL,       -- the last message it covers
    turn INTEGER,
    commit_id TEXT NOT NULL,            -- in the project's vault, refs/checkpoints/<task>/<number>
    tree_id TEXT NOT NULL,
    head TEXT NOT NULL,
    branch TEXT NOT NULL,
    files INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    not_held TEXT NOT NULL DEFAULT '[]', -- JSON: what could not be held, and why
    error_count INTEGER NOT NULL,
    last_error TEXT,
    notes TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (task, number)
) WITHOUT ROWID
--;
CREATE TABLE run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    task INTEGER NOT NULL REFERENCES task(id),
    agent TEXT NOT NULL,
    adapter TEXT NOT NULL,
    folder TEXT NOT NULL,
    state TEXT NOT NULL,                -- starting, running, ended, interrupted
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    exit_code INTEGER,
    exit_signal INTEGER,
    end_reason TEXT NOT NULL DEFAULT '',
    ending INTEGER NOT NULL DEFAULT 0,  -- 1: the hub asked it to end, so its end is no crash
    shim_pid INTEGER,
    shim_start INTEGER,
    agent_pid INTEGER,
    agent_start INTEGER,
    boot TEXT NOT NULL DEFAULT '',
    freeze_method TEXT NOT NULL DEFAULT '',
    cgroup TEXT NOT NULL DEFAULT '',
    spool_segment INTEGER NOT NULL DEFAULT 0,
    spool_offset INTEGER NOT NULL DEFAULT 0,
    spool_sequence INTEGER NOT NULL DEFAULT 0,
    out_done INTEGER NOT NULL DEFAULT 0, -- bytes of stdout whose messages are stored
    err_done INTEGER NOT NULL DEFAULT 0,
    next_input INTEGER NOT NULL DEFAULT 1,
    next_request INTEGER NOT NULL DEFAULT 1
)
--;
CREATE INDEX run_by_state ON run(state)
--;
CREATE INDEX run_by_task ON run(task)
--;
CREATE TABLE run_input (
    run INTEGER NOT NULL REFERENCES run(id),
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    bytes BLOB,                         -- null: end of input
    PRIMARY KEY (run, number)
) WITHOUT ROWID
--;
-- Requests of the hub to an agent that wait for its answer (a prompt).
CREATE TABLE open_request (
    run INTEGER NOT NULL REFERENCES run(id),
    request INTEGER NOT NULL,
    kind TEXT NOT NULL,
    turn INTEGER,
    PRIMARY KEY (run, request)
) WITHOUT ROWID
--;
-- Requests of agents. The key makes a repeated request give the same answer and do nothing twice.
CREATE TABLE tool_request (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER NOT NULL REFERENCES run(id),
    key TEXT NOT NULL,
    channel TEXT NOT NULL,              -- stdio, socket
    method TEXT NOT NULL,
    arguments TEXT NOT NULL,
    at INTEGER NOT NULL,
    answer TEXT,                        -- JSON {"result":…} or {"error":…}; null while it waits
    UNIQUE (run, key)
)
--;
CREATE TABLE approval (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    task INTEGER NOT NULL REFERENCES task(id),
    run INTEGER NOT NULL,
    request INTEGER REFERENCES tool_request(id),
    kind TEXT NOT NULL,
    question TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT '{}',
    state TEXT NOT NULL,                -- open, allowed, denied, withdrawn
    scope TEXT NOT NULL DEFAULT '',
    asked_at INTEGER NOT NULL,
    answered_at INTEGER,
    answered_by TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT ''
)
--;
CREATE INDEX approval_by_state ON approval(state)
--;
CREATE TABLE claim (
    project TEXT NOT NULL,
    path TEXT NOT NULL,
    task INTEGER NOT NULL,
    fence INTEGER NOT NULL,             -- grows with every change of holder
    at INTEGER NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (project, path)
) WITHOUT ROWID
--;
CREATE TABLE pause (
    scope TEXT NOT NULL,                -- agent, task
    subject TEXT NOT NULL,
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (scope, subject)
) WITHOUT ROWID
--;
CREATE TABLE safe_mode (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    since INTEGER NOT NULL,
    who TEXT NOT NULL,
    reason TEXT NOT NULL
)
--;
CREATE TABLE queued_message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    task INTEGER NOT NULL REFERENCES task(id),
    at INTEGER NOT NULL,
    author TEXT NOT NULL,
    text TEXT NOT NULL
)
--;
CREATE INDEX queued_by_task ON queued_message(task)
--;
-- Rollbacks and undos: the journal while they run, the receipt afterwards.
CREATE TABLE operation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    task INTEGER NOT NULL REFERENCES task(id),
    kind TEXT NOT NULL,                 -- rollback, file, undo
    state TEXT NOT NULL,                -- executing, done, refused
    who TEXT NOT NULL,
    at INTEGER NOT NULL,
    ended_at INTEGER,
    before_number INTEGER NOT NULL,     -- checkpoint made before it
    target_number INTEGER NOT NULL,     -- checkpoint it goes to
    undoes INTEGER,                     -- operation it undoes
    undone_by INTEGER,
    journal TEXT NOT NULL,              -- JSON
    receipt TEXT                        -- JSON
)
--;
CREATE INDEX operation_by_task ON operation(task)
--;
-- One cooldown per (type, subject); the alerts themselves are in safety_monitor.db.
CREATE TABLE alert_key (
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    alert INTEGER NOT NULL,
    raised_at INTEGER NOT NULL,
    held_back INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (type, subject)
) WITHOUT ROWID
--;
CREATE TABLE alert_number (
    id INTEGER PRIMARY KEY AUTOINCREMENT
)
--;
-- What still has to reach a sink, in order; a row goes when the sink has it.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sink TEXT NOT NULL,
    topic TEXT NOT NULL,
    payload TEXT NOT NULL,
    at INTEGER NOT NULL
)
--;
-- Append-only. hash covers the row and the hash before it, so that a changed or missing row shows.
CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    origin TEXT NOT NULL,
    role TEXT NOT NULL,
    action TEXT NOT NULL,
    task INTEGER,
    detail TEXT NOT NULL,
    outcome TEXT NOT NULL,
    hash TEXT NOT NULL
)
--;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END
--;
CREATE TRIGGER audit_is_never_shortened BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END
--;
CREATE VIEW visible_message AS
SELECT m.* FROM message m
WHERE NOT EXISTS (SELECT 1 FROM hidden_range h WHERE h.task = m.task AND h.shown_at IS NULL
                    AND m.seq BETWEEN h.first_seq AND h.last_seq)
--;
CREATE VIEW task_states AS
SELECT CAST(t.id AS TEXT) AS task_id,
       t.agent AS agent_name,
       t.description AS task_description,
       t.type AS task_type,
       t.state AS state,
       strftime('%Y-%m-%dT%H:%M:%fZ', t.created_at / 1000.0, 'unixepoch') AS created_at,
       strftime('%Y-%m-%dT%H:%M:%fZ', t.updated_at / 1000.0, 'unixepoch') AS updated_at,
       t.step AS current_step,
       t.progress AS progress_percentage,
       t.context AS context_data,
       (SELECT json_group_array(json_object('seq', m.seq, 'timestamp', strftime('%Y-%m-%dT%H:%M:%fZ', m.at / 1000.0, 'unixepoch'),
                                            'role', m.role, 'type', m.kind, 'content', m.body, 'file', m.body_file))
          FROM (SELECT * FROM visible_message v WHERE v.task = t.id ORDER BY v.seq) m) AS conversation_history,
       (SELECT json_group_array(t.id || '/' || c.number)
          FROM (SELECT number FROM checkpoint WHERE task = t.id ORDER BY number) c) AS checkpoints,
       t.error_count AS error_count,
       t.last_error AS last_error
FROM task t
--;
CREATE VIEW checkpoints AS
SELECT c.task || '/' || c.number AS checkpoint_id,
       CAST(c.task AS TEXT) AS task_id,
       t.agent AS agent_name,
       c.type AS checkpoint_type,
       strftime('%Y-%m-%dT%H:%M:%fZ', c.at / 1000.0, 'unixepoch') AS timestamp,
       c.step AS current_step,
       c.progress AS progress_percentage,
       c.context AS context_data,
       (SELECT json_group_array(json_object('seq', m.seq, 'timestamp', strftime('%Y-%m-%dT%H:%M:%fZ', m.at / 1000.0, 'unixepoch'),
                                            'role', m.role, 'type', m.kind, 'content', m.body, 'file', m.body_file))
          FROM (SELECT * FROM message v WHERE v.task = c.task AND v.seq <= c.message_seq
                  AND NOT EXISTS (SELECT 1 FROM hidden_range h WHERE h.task = v.task AND h.hidden_at <= c.message_seq
                                    AND (h.shown_at IS NULL OR h.shown_at > c.message_seq)
                                    AND v.seq BETWEEN h.first_seq AND h.last_seq)
                ORDER BY v.seq) m) AS conversation_history,
       json_object('commit', c.commit_id, 'tree', c.tree_id, 'ref', 'refs/checkpoints/' || c.task || '/' || c.number,
                   'head', c.head, 'branch', c.branch, 'files', c.files, 'changed', c.changed,
                   'message_seq', c.message_seq, 'not_held', json(c.not_held)) AS rollback_data,
       c.notes AS notes
FROM checkpoint c JOIN task t ON t.id = c.task
