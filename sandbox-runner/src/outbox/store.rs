//! The outbox's file: reports that await their acknowledgement, facts that must outlive a crash, and
//! the parts that still stream. The only place with SQL. Used by the outbox alone, which locks it.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use shared::message::{Part, PartState};
use shared::runner::{NumberedReport, Report};
use shared::socket::Delta;
use shared::{QuestionId, Timestamp, TurnId};

use super::{Fact, OutboxError, Record};

/// `open_parts` and `chunks` are what a crash would lose: the text of a part that still streams is in
/// no report yet. A part's final report removes them.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS reports (number INTEGER PRIMARY KEY, at INTEGER NOT NULL, json TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS open_parts (id TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS chunks (part TEXT NOT NULL, start INTEGER NOT NULL, text TEXT NOT NULL,
        PRIMARY KEY (part, start)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS open_questions (id TEXT PRIMARY KEY) WITHOUT ROWID;
";

pub(super) struct Store {
    connection: Connection,
    last: u64,
    waiting: usize,
}

impl Store {
    pub(super) fn open(file: &Path) -> Result<Self, OutboxError> {
        let connection = Connection::open(file)?;
        // NORMAL loses nothing when a process dies; when the machine does, the session learns of the
        // lost sandbox anyway.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.execute_batch(SCHEMA)?;
        let waiting = connection.query_row("SELECT count(*) FROM reports", [], |row| row.get::<_, i64>(0))?;
        let mut store = Self {
            connection,
            last: 0,
            waiting: usize::try_from(waiting).unwrap_or(0),
        };
        store.last = store
            .fact("last_number")?
            .and_then(|text| text.parse().ok())
            .unwrap_or(0);
        Ok(store)
    }

    /// The highest number given so far.
    pub(super) const fn last(&self) -> u64 {
        self.last
    }

    /// How many reports await their acknowledgement.
    pub(super) const fn waiting(&self) -> usize {
        self.waiting
    }

    pub(super) fn fact(&self, key: &str) -> Result<Option<String>, OutboxError> {
        Ok(self
            .connection
            .prepare_cached("SELECT value FROM facts WHERE key = ?1")?
            .query_row([key], |row| row.get(0))
            .optional()?)
    }

    /// Writes all records in one transaction.
    pub(super) fn append(&mut self, records: &[Record], now: Timestamp) -> Result<(), OutboxError> {
        let mut last = self.last;
        let mut added = 0;
        let transaction = self.connection.transaction()?;
        for record in records {
            match record {
                Record::Report(report) => {
                    last += 1;
                    added += 1;
                    insert(&transaction, last, now, report)?;
                }
                Record::Delta(delta) => append_chunk(&transaction, delta)?,
                Record::Fact(fact) => remember(&transaction, fact)?,
            }
        }
        if last != self.last {
            set_fact(&transaction, "last_number", &last.to_string())?;
        }
        transaction.commit()?;
        self.last = last;
        self.waiting += added;
        Ok(())
    }

    /// Forgets reports up to a number.
    pub(super) fn acknowledge(&mut self, number: u64) -> Result<(), OutboxError> {
        let forgotten = self
            .connection
            .prepare_cached("DELETE FROM reports WHERE number <= ?1")?
            .execute([number.cast_signed()])?;
        self.waiting = self.waiting.saturating_sub(forgotten);
        Ok(())
    }

    /// The frames after a number, at most `limit`, with the number of each.
    pub(super) fn frames_after(&self, number: u64, limit: usize) -> Result<Vec<(u64, String)>, OutboxError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT number, json FROM reports WHERE number > ?1 ORDER BY number LIMIT ?2")?;
        let rows = statement.query_map(params![number.cast_signed(), limit], |row| {
            Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The parts that still stream, with all of their text.
    pub(super) fn open_parts(&self) -> Result<Vec<Part>, OutboxError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT json FROM open_parts ORDER BY id")?;
        let texts = statement
            .query_map([], |row| row.get::<_, String>(0))?
            .collect::<Result<Vec<_>, _>>()?;
        let mut parts = Vec::new();
        for text in texts {
            let mut part: Part = serde_json::from_str(&text)?;
            let mut statement = self
                .connection
                .prepare_cached("SELECT start, text FROM chunks WHERE part = ?1 ORDER BY start")?;
            let chunks = statement
                .query_map([part.id.to_string()], |row| {
                    Ok((row.get::<_, usize>(0)?, row.get::<_, String>(1)?))
                })?
                .collect::<Result<Vec<_>, _>>()?;
            if let Some(live) = part.body.live_text() {
                for (start, chunk) in chunks {
                    if start == live.len() {
                        live.push_str(&chunk);
                    }
                }
            }
            parts.push(part);
        }
        Ok(parts)
    }

    /// The questions that nobody answered yet.
    pub(super) fn open_questions(&self) -> Result<Vec<QuestionId>, OutboxError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT id FROM open_questions ORDER BY id")?;
        let ids = statement
            .query_map([], |row| row.get::<_, String>(0))?
            .collect::<Result<Vec<_>, _>>()?;
        Ok(ids.iter().filter_map(|id| id.parse().ok()).collect())
    }
}

fn insert(
    transaction: &Transaction<'_>,
    number: u64,
    at: Timestamp,
    report: &Report,
) -> Result<(), OutboxError> {
    // The whole frame is kept, so that sending it again is reading it.
    let frame = crate::bounds::frame(NumberedReport {
        number,
        at,
        report: report.clone(),
    })?;
    transaction
        .prepare_cached("INSERT INTO reports (number, at, json) VALUES (?1, ?2, ?3)")?
        .execute(params![number.cast_signed(), at.as_millis(), frame])?;
    match report {
        Report::PartUpdated { part } => {
            let id = part.id.to_string();
            transaction
                .prepare_cached("DELETE FROM chunks WHERE part = ?1")?
                .execute([&id])?;
            if part.state == PartState::Streaming {
                transaction
                    .prepare_cached("INSERT OR REPLACE INTO open_parts (id, json) VALUES (?1, ?2)")?
                    .execute(params![id, serde_json::to_string(part)?])?;
            } else {
                transaction
                    .prepare_cached("DELETE FROM open_parts WHERE id = ?1")?
                    .execute([&id])?;
            }
        }
        Report::QuestionAsked { question } => {
            transaction
                .prepare_cached("INSERT OR REPLACE INTO open_questions (id) VALUES (?1)")?
                .execute([question.id.to_string()])?;
        }
        Report::QuestionWithdrawn { question_id } => close_question(transaction, question_id)?,
        Report::TurnEnded { turn_id, .. } => {
            transaction
                .execute_batch("DELETE FROM open_parts; DELETE FROM chunks; DELETE FROM open_questions;")?;
            set_fact(transaction, "finished_turn", &turn_id.to_string())?;
        }
        _ => {}
    }
    Ok(())
}

fn append_chunk(transaction: &Transaction<'_>, delta: &Delta) -> Result<(), OutboxError> {
    transaction
        .prepare_cached("INSERT OR REPLACE INTO chunks (part, start, text) VALUES (?1, ?2, ?3)")?
        .execute(params![
            delta.part_id.to_string(),
            delta.offset.cast_signed(),
            delta.text
        ])?;
    Ok(())
}

fn close_question(transaction: &Transaction<'_>, question: &QuestionId) -> Result<(), OutboxError> {
    transaction
        .prepare_cached("DELETE FROM open_questions WHERE id = ?1")?
        .execute([question.to_string()])?;
    Ok(())
}

fn remember(transaction: &Transaction<'_>, fact: &Fact) -> Result<(), OutboxError> {
    match fact {
        Fact::Accepted(turn) => set_fact(transaction, "accepted_turn", &turn.to_string()),
        Fact::Answered(question) => close_question(transaction, question),
        Fact::AgentSession { agent, id } => set_fact(
            transaction,
            "agent_session",
            &serde_json::to_string(&(agent, id))?,
        ),
        Fact::Base(tree) => set_fact(transaction, "base", tree),
        Fact::Cloning => set_fact(transaction, "cloning", "1"),
        Fact::Changes(digest) => set_fact(transaction, "changes", digest),
        Fact::Name(name) => set_fact(transaction, "outbox", name),
    }
}

fn set_fact(transaction: &Transaction<'_>, key: &str, value: &str) -> Result<(), OutboxError> {
    transaction
        .prepare_cached("INSERT OR REPLACE INTO facts (key, value) VALUES (?1, ?2)")?
        .execute(params![key, value])?;
    Ok(())
}

/// Reads a fact that is a turn.
pub(super) fn turn(text: Option<String>) -> Option<TurnId> {
    text.and_then(|text| text.parse().ok())
}
