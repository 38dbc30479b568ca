-- The archive of a run, version 1. Any tool of SQLite's may read it, also while a run writes.

-- A task each: its status is the text that a directory has in KEY.status.json, byte for byte.
CREATE TABLE tasks (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL,
    outcome INTEGER NOT NULL REFERENCES outcomes (id),
    -- Whether the last run of one of its executors failed: 1 or 0.
    failed INTEGER NOT NULL,
    -- When its file was written that was packed, in nanoseconds since 1970; nothing for what a run saved.
    modified INTEGER
);
CREATE INDEX tasks_by_outcome ON tasks (outcome);
CREATE INDEX tasks_failed ON tasks (id) WHERE failed;

-- How executors ended, as JSON: {"scrape_status": "SUCCESS"}. Most tasks share one with others.
CREATE TABLE outcomes (
    id INTEGER PRIMARY KEY,
    messages TEXT NOT NULL UNIQUE
);

-- The files beside this one, and how many of their bytes count: what is behind them was never acknowledged.
CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    length INTEGER NOT NULL
);

-- Where bodies are: the record of KEY.SUFFIX is `length` bytes of that file, from `offset` on.
CREATE TABLE bodies (
    task INTEGER NOT NULL REFERENCES tasks (id),
    suffix TEXT NOT NULL,
    file INTEGER NOT NULL REFERENCES files (id),
    offset INTEGER NOT NULL,
    length INTEGER NOT NULL,
    size INTEGER NOT NULL,
    md5 TEXT,
    modified INTEGER,
    PRIMARY KEY (task, suffix)
) WITHOUT ROWID;
