-- What may keep a hub off a project's repository: a sentence (blocked). What it has begun there, a move or a removal, as
-- JSON (doing). Of a removed project path is its name, and removed_from the folder where it was.
ALTER TABLE project ADD COLUMN blocked TEXT NOT NULL DEFAULT ''
--;
ALTER TABLE project ADD COLUMN doing TEXT NOT NULL DEFAULT '{}'
--;
ALTER TABLE project ADD COLUMN removed_from TEXT NOT NULL DEFAULT ''
