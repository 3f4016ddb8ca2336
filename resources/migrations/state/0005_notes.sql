-- What a front end has to remember over a restart and the hub itself never reads: which thread belongs to which task,
-- which message is edited next. By kind and key, each a JSON object.
CREATE TABLE front_note (
    kind  TEXT NOT NULL,
    key   TEXT NOT NULL,
    value TEXT NOT NULL,
    at    INTEGER NOT NULL, -- milliseconds since 1970
    PRIMARY KEY (kind, key)
) WITHOUT ROWID;
