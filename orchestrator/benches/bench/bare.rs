//! The raw limit of everything durable: the same rows in the same tables of a database of its own, through
//! one connection with the settings of ours, statements prepared once, bodies ready before the clock runs.

use std::path::Path;

use anyhow::Context;
use rusqlite::{Connection, TransactionBehavior};
use shared::{Event, PartId, SessionId};

use super::work::{Batch, Row};

/// A bare connection to a database whose tables are there.
pub(crate) struct Database {
    connection: Connection,
    /// An `Event` as creating a session writes it.
    created: String,
    user: Vec<u8>,
}

const INSERT_EVENT: &str = "INSERT INTO events (session_id, seq, body) VALUES (?1, ?2, ?3)";
const INSERT_ENTRY: &str =
    "INSERT INTO transcript (session_id, turn, seq, kind, id, body) VALUES (?1, 1, ?2, 'message', ?3, ?4)";
const PUT_PART: &str =
    "INSERT INTO transcript (session_id, turn, seq, kind, id, body) VALUES (?1, 1, ?2, 'part', ?3, ?4)
     ON CONFLICT (session_id, id, kind) WHERE id IS NOT NULL DO UPDATE SET body = excluded.body";
const UPDATE_HEADER: &str = "UPDATE sessions SET title = ?4, status = 'open', model = 'demo/scripted', updated_at = ?5,
         last_seq = ?6, sandbox = ?7, awake = 1, generation = 1, outbox = 'bench', last_report = ?6, turns = 1,
         turn_running = 1, queued = 0, questions = 0, last_stop_reason = NULL
     WHERE id = ?1 AND epoch = ?2 AND last_seq = ?3";
const INSERT_SESSION: &str = "INSERT INTO sessions (id, title, status, agent, model, permissions, repository, environment,
         created_by, created_at, updated_at, epoch, last_seq, sandbox, awake, generation, outbox, last_report, turns,
         turn_running, queued, questions)
     VALUES (?1, ?2, 'open', 'opencode', 'demo/scripted', 'allow', NULL, '{}', ?3, ?4, ?4, 1, ?5, ?6, 0, 0, '', 0, 0, 0,
         0, 0)";

const TITLE: &str = "A session of the benchmarks";
const NO_SANDBOX: &str = r#"{"provider":"stand","status":"none"}"#;
const READY: &str = r#"{"provider":"stand","status":"ready"}"#;
const NOW: i64 = 1_795_000_000_000;

impl Database {
    /// Opens the file, which Roundhouse made.
    pub(crate) fn open(file: &Path) -> anyhow::Result<Self> {
        let connection = connect(file)?;
        let (user, name): (Vec<u8>, String) = connection
            .query_row("SELECT id, name FROM users WHERE kind = 'api'", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .context("the database has no user to own sessions")?;
        let owner = shared::UserId::from_uuid(uuid::Uuid::from_slice(&user)?);
        let created = format!(
            r#"{{"seq":1,"at":"2026-11-18T11:06:40.000Z","type":"session.created","title":"{TITLE}","agent":"opencode","model":"demo/scripted","permissions":"allow","repository":null,"createdBy":{{"id":"{owner}","name":"{name}"}}}}"#
        );
        serde_json::from_str::<Event>(&created).context("the row differs from ours")?;
        Ok(Self {
            connection,
            created,
            user,
        })
    }

    /// One durable transaction with the two rows of a new session.
    pub(crate) fn create_session(&mut self) -> anyhow::Result<SessionId> {
        let id = SessionId::new();
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.prepare_cached(INSERT_SESSION)?.execute((
            key(id),
            TITLE,
            &self.user,
            NOW,
            1,
            NO_SANDBOX,
        ))?;
        transaction
            .prepare_cached(INSERT_EVENT)?
            .execute((key(id), 1, &self.created))?;
        transaction.commit()?;
        Ok(id)
    }

    /// One durable transaction with all that these batches write: for each its header, and for each of its
    /// events the row in the log and the row in the transcript.
    pub(crate) fn write(&mut self, group: &[&Batch]) -> anyhow::Result<()> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut insert_event = transaction.prepare_cached(INSERT_EVENT)?;
        let mut insert_entry = transaction.prepare_cached(INSERT_ENTRY)?;
        let mut put_part = transaction.prepare_cached(PUT_PART)?;
        let mut update_header = transaction.prepare_cached(UPDATE_HEADER)?;
        for batch in group {
            let key = key(batch.session);
            let last = batch.before + batch.rows.len() as u64;
            let updated = update_header.execute((key, 1, batch.before, TITLE, NOW, last, READY))?;
            anyhow::ensure!(updated == 1, "a header is not as it was left");
            for (seq, row) in (batch.before + 1..).zip(&batch.rows) {
                let Row {
                    is_part,
                    id,
                    event,
                    entry,
                } = row;
                insert_event.execute((key, seq, event))?;
                let put = if *is_part {
                    &mut put_part
                } else {
                    &mut insert_entry
                };
                put.execute((key, seq, id.as_slice(), entry))?;
            }
        }
        drop((insert_event, insert_entry, put_part, update_header));
        transaction.commit()?;
        Ok(())
    }

    /// Puts a session with this many events of a size that is common into the log, for reads of it.
    pub(crate) fn write_log(&mut self, events: u64) -> anyhow::Result<SessionId> {
        let id = self.create_session()?;
        let text = "What the agent said, as a part that is whole. ".repeat(6);
        let transaction = self.connection.transaction()?;
        for seq in 2..=events {
            let part = PartId::new();
            let body = format!(
                r#"{{"seq":{seq},"at":"2026-11-18T11:06:40.000Z","type":"part.updated","part":{{"id":"{part}","messageId":"msg_01h455vb4pex5vsknk084sn02q","turnId":"trn_01h455vb4pex5vsknk084sn02q","state":"done","type":"text","text":"{text}"}}}}"#
            );
            transaction
                .prepare_cached(INSERT_EVENT)?
                .execute((key(id), seq, body))?;
        }
        transaction
            .prepare_cached("UPDATE sessions SET last_seq = ?2 WHERE id = ?1")?
            .execute((key(id), events))?;
        transaction.commit()?;
        Ok(id)
    }

    /// Calls `each` with the number and the body of every event of a session, in order: one statement.
    pub(crate) fn read_log(
        &self,
        session: SessionId,
        mut each: impl FnMut(u64, &str) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT seq, body FROM events WHERE session_id = ?1 ORDER BY seq")?;
        let mut rows = statement.query([key(session)])?;
        while let Some(row) = rows.next()? {
            each(row.get(0)?, row.get_ref(1)?.as_str()?)?;
        }
        Ok(())
    }

    /// Reads a session's row, as little of it as possible.
    pub(crate) fn read_session(&self, session: SessionId) -> anyhow::Result<()> {
        let title: String = self.connection.query_row(
            "SELECT title FROM sessions WHERE id = ?1",
            [key(session)],
            |row| row.get(0),
        )?;
        anyhow::ensure!(!title.is_empty(), "the session has no title");
        Ok(())
    }
}

fn connect(file: &Path) -> anyhow::Result<Connection> {
    let connection = Connection::open(file)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -8 * 1024)?;
    Ok(connection)
}

fn key(session: SessionId) -> [u8; 16] {
    *session.uuid().as_bytes()
}
