-- safety_monitor.db: what the monitor saw and told. Fed from task_state.db's outbox, idempotently by alert number.
CREATE TABLE alert (
    id INTEGER PRIMARY KEY,
    type TEXT NOT NULL,
    level TEXT NOT NULL,
    at INTEGER NOT NULL,
    agent TEXT,
    task INTEGER,
    subject TEXT NOT NULL,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    data TEXT NOT NULL DEFAULT '{}',
    state TEXT NOT NULL,             -- open, acknowledged, snoozed, resolved
    held_back INTEGER NOT NULL DEFAULT 0,
    snoozed_until INTEGER,
    answered_at INTEGER,
    answered_by TEXT,
    notes TEXT
)
--;
CREATE INDEX alert_by_state ON alert(state)
--;
CREATE VIEW safety_alerts AS
SELECT 'al-' || id AS alert_id,
       type AS event_type,
       level,
       strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000.0, 'unixepoch') AS timestamp,
       agent AS agent_name,
       title,
       description,
       data,
       state = 'resolved' AS resolved,
       CASE WHEN state = 'resolved' THEN strftime('%Y-%m-%dT%H:%M:%fZ', answered_at / 1000.0, 'unixepoch') END AS resolution_timestamp,
       notes AS resolution_notes
FROM alert
