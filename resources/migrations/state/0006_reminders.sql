-- How often it was told that a question waits; zero again once the alert of an answered one is over.
ALTER TABLE approval ADD COLUMN reminders INTEGER NOT NULL DEFAULT 0
--;
CREATE INDEX approval_reminded ON approval(id) WHERE reminders > 0
