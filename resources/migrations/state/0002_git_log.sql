-- Every git operation in a user's repository. Append-only, never pruned; hash covers the row and the hash before it.
CREATE TABLE git_operation (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    project TEXT NOT NULL,
    task INTEGER,
    who TEXT NOT NULL,
    action TEXT NOT NULL,
    refs TEXT NOT NULL,                 -- JSON: [[ref, before, after], …]
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL,
    hash TEXT NOT NULL
)
--;
CREATE INDEX git_operation_by_project ON git_operation(project, action)
--;
CREATE TRIGGER git_operation_is_never_changed BEFORE UPDATE ON git_operation BEGIN SELECT RAISE(ABORT, 'the log of git operations is append-only'); END
--;
CREATE TRIGGER git_operation_is_never_shortened BEFORE DELETE ON git_operation BEGIN SELECT RAISE(ABORT, 'the log of git operations is append-only'); END
--;
-- What protected branches were last known to be: an id, 'ref: NAME', or '' when there is none.
CREATE TABLE known_ref (
    project TEXT NOT NULL,
    ref TEXT NOT NULL,
    value TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (project, ref)
) WITHOUT ROWID
--;
-- What a protected branch is about to become on purpose; goes when it was seen there.
CREATE TABLE authorised_ref (
    project TEXT NOT NULL,
    ref TEXT NOT NULL,
    value TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (project, ref, value)
) WITHOUT ROWID
--;
CREATE TABLE ref_watch (
    project TEXT PRIMARY KEY,
    checked_at INTEGER NOT NULL         -- all was known then, and no agent of the project alive
) WITHOUT ROWID
--;
-- How far the guard's file of moves by people was read.
CREATE TABLE moves_read (
    project TEXT NOT NULL,
    inode INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (project, inode)
) WITHOUT ROWID
