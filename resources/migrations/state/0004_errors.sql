-- How bad an alert was, so that what has got worse is told within the cooldown too. Of earlier ones it isn't known.
ALTER TABLE alert_key ADD COLUMN level TEXT NOT NULL DEFAULT 'critical'
--;
-- What went wrong: lately, and in one task.
CREATE INDEX message_error_by_time ON message(at) WHERE role = 'hub' AND kind = 'error'
--;
CREATE INDEX message_error_by_task ON message(task, seq) WHERE role = 'hub' AND kind = 'error'
