-- What the monitor measured, for as long as it is kept: every look for a day, by the minute for 30 days, by the hour
-- for a year.
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    metric TEXT NOT NULL,               -- cpu, memory, temperature, disk, …
    subject TEXT NOT NULL,              -- a mount point or a sensor; empty where there is only one
    UNIQUE (metric, subject)
)
--;
-- Values are tenths of the metric's unit.
CREATE TABLE point (
    series INTEGER NOT NULL REFERENCES series(id),
    span INTEGER NOT NULL,              -- milliseconds that it stands for: 0 one look, 60000, 3600000
    at INTEGER NOT NULL,                -- when it was, or when its minute or hour began
    low INTEGER NOT NULL,
    mean INTEGER NOT NULL,
    high INTEGER NOT NULL,
    PRIMARY KEY (series, span, at)
) WITHOUT ROWID
--;
CREATE VIEW metrics AS
SELECT s.metric AS metric,
       s.subject AS subject,
       strftime('%Y-%m-%dT%H:%M:%fZ', p.at / 1000.0, 'unixepoch') AS timestamp,
       p.span / 1000 AS span_seconds,
       p.low / 10.0 AS lowest,
       p.mean / 10.0 AS average,
       p.high / 10.0 AS highest
FROM point p JOIN series s ON s.id = p.series
