-- Ids are the 16 bytes of their UUID; moments are milliseconds since 1970 (UTC); `body` columns hold
-- the JSON of the wire type that the column's comment names.

CREATE TABLE users (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    -- 'local': whoever holds the sign-in link of this machine; 'api': the bearer of AGENT_API_KEY.
    kind TEXT NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX users_by_kind ON users (kind) WHERE kind IN ('local', 'api');

CREATE TABLE login_tokens (
    -- SHA-256 of the token: the token itself is nowhere.
    hash BLOB PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX login_tokens_by_expiry ON login_tokens (expires_at);

-- Answers already given to creating requests, so that a repeated request gets the same one.
CREATE TABLE idempotency (
    owner BLOB NOT NULL,
    key TEXT NOT NULL,
    -- SHA-256 of what was asked: the same key with another request is refused.
    fingerprint BLOB NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (owner, key)
) WITHOUT ROWID;
CREATE INDEX idempotency_by_age ON idempotency (created_at);

CREATE TABLE sessions (
    id BLOB PRIMARY KEY,
    title TEXT NOT NULL,
    status TEXT NOT NULL,
    agent TEXT NOT NULL,
    model TEXT NOT NULL,
    permissions TEXT NOT NULL,
    -- Repository, or null.
    repository TEXT,
    -- A map of names to values.
    environment TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    -- The event log is written on the condition that epoch and last_seq are as the writer believes.
    epoch INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    -- Sandbox.
    sandbox TEXT NOT NULL,
    -- 1 while a sandbox may be alive and must be looked after when the server starts.
    awake INTEGER NOT NULL,
    -- Rises by one with each sandbox that is started.
    generation INTEGER NOT NULL,
    -- The runner's outbox, and the highest report of it that is committed.
    outbox TEXT NOT NULL,
    last_report INTEGER NOT NULL,
    -- What `activity` is derived from.
    turns INTEGER NOT NULL,
    turn_running INTEGER NOT NULL,
    -- How the last turn ended, or null.
    last_stop_reason TEXT,
    queued INTEGER NOT NULL,
    questions INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX sessions_by_update ON sessions (updated_at DESC, id DESC);
CREATE INDEX sessions_by_status ON sessions (status, updated_at DESC, id DESC);
CREATE INDEX sessions_awake ON sessions (id) WHERE awake = 1;

CREATE TABLE events (
    session_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    -- Event.
    body TEXT NOT NULL,
    PRIMARY KEY (session_id, seq)
) WITHOUT ROWID;

-- The conversation as it is now: turns, messages, parts and errors in the order in which they began.
CREATE TABLE transcript (
    session_id BLOB NOT NULL,
    turn INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    -- Of the turn, message or part; null for an error.
    id BLOB,
    -- Turn, Message, Part or TimedError, as `kind` says.
    body TEXT NOT NULL,
    PRIMARY KEY (session_id, turn, seq)
) WITHOUT ROWID;
CREATE UNIQUE INDEX transcript_by_id ON transcript (session_id, id, kind) WHERE id IS NOT NULL;

-- Prompts that wait.
CREATE TABLE queue (
    session_id BLOB NOT NULL,
    position INTEGER NOT NULL,
    id BLOB NOT NULL,
    -- Prompt.
    body TEXT NOT NULL,
    PRIMARY KEY (session_id, position)
) WITHOUT ROWID;

-- Questions that wait.
CREATE TABLE questions (
    session_id BLOB NOT NULL,
    id BLOB NOT NULL,
    -- Question.
    body TEXT NOT NULL,
    PRIMARY KEY (session_id, id)
) WITHOUT ROWID;

-- The workspace against its beginning, as of the last turn.
CREATE TABLE changes (
    session_id BLOB PRIMARY KEY,
    taken_at INTEGER NOT NULL,
    -- Changes.
    body TEXT NOT NULL,
    patch TEXT NOT NULL
) WITHOUT ROWID;

-- One row a model call that the provider answered.
CREATE TABLE model_calls (
    id INTEGER PRIMARY KEY,
    session_id BLOB NOT NULL,
    turn_id BLOB,
    at INTEGER NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    -- Null when the provider did not say.
    input_tokens INTEGER,
    output_tokens INTEGER,
    cache_read_tokens INTEGER,
    cache_write_tokens INTEGER,
    -- Billionths of a US dollar; null when a price or a count is unknown.
    cost_nanousd INTEGER
);
CREATE INDEX model_calls_by_session ON model_calls (session_id, turn_id);
