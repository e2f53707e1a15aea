//! The table `sessions`: one row a session, which is all that a sleeping one costs.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row};
use shared::message::Part;
use shared::page::Page;
use shared::prompt::Prompt;
use shared::question::Question;
use shared::sandbox::Sandbox;
use shared::session::{Permissions, Person, Repository, Session, SessionStatus};
use shared::turn::Turn;
use shared::{QuestionId, SessionId, Timestamp, UserId};

use super::id::Key;
use super::session_commit::Header;
use super::{ModelCall, Storage, StorageError, events, model_calls, queue, transcript};

/// A session's row.
#[derive(Debug, Clone)]
pub struct StoredSession {
    /// Its id.
    pub id: SessionId,
    /// The agent's preset.
    pub agent: String,
    /// Whether it asks before it acts.
    pub permissions: Permissions,
    /// What was cloned.
    pub repository: Option<Repository>,
    /// Variables for the agent.
    pub environment: BTreeMap<String, String>,
    /// Who made it.
    pub created_by: Person,
    /// When.
    pub created_at: Timestamp,
    /// When its newest event was.
    pub updated_at: Timestamp,
    /// Rises by one each time its actor is opened.
    pub epoch: u64,
    /// Its newest event.
    pub last_seq: u64,
    /// What its actor owns.
    pub header: Header,
}

impl StoredSession {
    /// As clients see it.
    pub fn session(&self) -> Session {
        Session {
            id: self.id,
            title: self.header.title.clone(),
            status: self.header.status,
            activity: self.header.activity(),
            model: self.header.model.clone(),
            agent: self.agent.clone(),
            permissions: self.permissions,
            sandbox: self.header.sandbox.clone(),
            repository: self.repository.clone(),
            last_stop_reason: self.header.last_stop_reason,
            last_seq: self.last_seq,
            created_at: self.created_at,
            updated_at: self.updated_at,
            created_by: self.created_by.clone(),
        }
    }
}

/// All that an actor needs to go on where its session was left.
#[derive(Debug, Clone)]
pub struct Recovery {
    /// The row, with the epoch that this opening was given.
    pub stored: StoredSession,
    /// Prompts that wait, in order.
    pub queue: Vec<Prompt>,
    /// The turn that was running, and its prompt.
    pub running: Option<(Turn, Prompt)>,
    /// Questions that wait.
    pub questions: Vec<Question>,
    /// Parts that were streaming.
    pub streaming: Vec<Part>,
    /// What humans answered in the running turn.
    pub answers: Vec<(QuestionId, String)>,
    /// Model calls of the running turn so far.
    pub calls: Vec<ModelCall>,
}

/// Which sessions to list.
#[derive(Debug, Clone, Default)]
pub struct ListSessions {
    /// Only these.
    pub status: Option<SessionStatus>,
    /// Where the last page ended.
    pub after: Option<(Timestamp, SessionId)>,
    /// How many.
    pub limit: usize,
}

/// Reads of the sessions.
#[derive(Clone, Copy)]
pub struct Sessions<'a>(&'a Storage);

const COLUMNS: &str = "sessions.id, sessions.title, sessions.status, agent, model, permissions, repository,
     environment, users.id, users.name, sessions.created_at, updated_at, epoch, last_seq, sandbox, generation,
     outbox, last_report, turns, turn_running, queued, questions, last_stop_reason";

pub(super) fn list_statement(by_status: bool) -> String {
    let status = if by_status {
        "status = ?4 AND"
    } else {
        "?4 IS NULL AND"
    };
    let index = if by_status {
        "sessions_by_status"
    } else {
        "sessions_by_update"
    };
    format!(
        "SELECT {COLUMNS} FROM sessions INDEXED BY {index} JOIN users ON users.id = created_by
         WHERE {status} (updated_at, sessions.id) < (?1, ?2)
         ORDER BY updated_at DESC, sessions.id DESC LIMIT ?3"
    )
}

impl Storage {
    /// The sessions.
    pub fn sessions(&self) -> Sessions<'_> {
        Sessions(self)
    }
}

impl Sessions<'_> {
    /// One session.
    pub async fn get(&self, id: SessionId) -> Result<Option<StoredSession>, StorageError> {
        self.0.read(move |connection| load(connection, id)).await
    }

    /// A page of them, the most recently changed first. `next_cursor` is left to the caller's format:
    /// the last item's `updated_at` and `id`, when the page is full.
    pub async fn list(&self, which: ListSessions) -> Result<Page<Session>, StorageError> {
        self.0
            .read(move |connection| {
                let statement = list_statement(which.status.is_some());
                let status = which
                    .status
                    .as_ref()
                    .map(super::session_commit::word)
                    .transpose()?;
                let (before, id) = match which.after {
                    Some((moment, id)) => (moment.as_millis(), id.uuid().as_bytes().to_vec()),
                    None => (i64::MAX, Vec::new()),
                };
                let mut statement = connection.prepare_cached(&statement)?;
                let mut rows = statement.query((before, id, which.limit + 1, status))?;
                let mut items = Vec::new();
                while let Some(row) = rows.next()? {
                    items.push(from_row(row)?.session());
                }
                let more = items.len() > which.limit;
                items.truncate(which.limit);
                let next_cursor = items
                    .last()
                    .filter(|_| more)
                    .map(|last| format!("{}.{}", last.updated_at.as_millis(), last.id.suffix()));
                Ok(Page { items, next_cursor })
            })
            .await
    }

    /// The sessions whose sandbox may be alive: what a starting server looks after.
    pub async fn awake(&self) -> Result<Vec<SessionId>, StorageError> {
        self.0
            .read(|connection| {
                let mut statement = connection.prepare_cached("SELECT id FROM sessions WHERE awake = 1")?;
                let rows = statement.query_map([], |row| Ok(row.get::<_, Key<SessionId>>(0)?.0))?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await
    }

    /// Takes a session over: raises its epoch, so that no earlier actor can write to it any more,
    /// and reads all that the new one needs.
    pub async fn open(&self, id: SessionId) -> Result<Option<Recovery>, StorageError> {
        self.0
            .write(move |transaction| {
                transaction
                    .prepare_cached("UPDATE sessions SET epoch = epoch + 1 WHERE id = ?1")?
                    .execute([Key(id)])?;
                let Some(stored) = load(transaction, id)? else {
                    return Ok(None);
                };
                let (prompt, queue) = queue::load(transaction, id)?;
                let questions = queue::open_questions(transaction, id)?;
                let turns = stored.header.turns;
                let running = match prompt {
                    Some(prompt) => transcript::turn(transaction, id, turns)?.map(|turn| (turn, prompt)),
                    None => None,
                };
                let mut recovery = Recovery {
                    stored,
                    queue,
                    running,
                    questions,
                    streaming: Vec::new(),
                    answers: Vec::new(),
                    calls: Vec::new(),
                };
                if let Some((turn, _)) = &recovery.running {
                    recovery.streaming = transcript::streaming_parts(transaction, id, turns)?;
                    recovery.answers = events::answers_since(transaction, id, turn.started_at)?;
                    recovery.calls = model_calls::of_turn(transaction, id, turn.id)?;
                }
                Ok(Some(recovery))
            })
            .await
    }

    /// Removes a session and all that belongs to it.
    pub async fn delete(&self, id: SessionId) -> Result<(), StorageError> {
        self.0
            .write(move |transaction| {
                for table in [
                    "events",
                    "transcript",
                    "queue",
                    "questions",
                    "changes",
                    "model_calls",
                ] {
                    transaction
                        .prepare_cached(&format!("DELETE FROM {table} WHERE session_id = ?1"))?
                        .execute([Key(id)])?;
                }
                transaction
                    .prepare_cached("DELETE FROM sessions WHERE id = ?1")?
                    .execute([Key(id)])?;
                Ok(())
            })
            .await
    }
}

pub(super) fn load(connection: &Connection, id: SessionId) -> Result<Option<StoredSession>, StorageError> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM sessions JOIN users ON users.id = created_by WHERE sessions.id = ?1"
        ))?
        .query_row([Key(id)], |row| Ok(from_row(row)))
        .optional()?
        .transpose()
}

fn from_row(row: &Row<'_>) -> Result<StoredSession, StorageError> {
    let sandbox: Sandbox = body(row, 14)?;
    Ok(StoredSession {
        id: row.get::<_, Key<SessionId>>(0)?.0,
        agent: row.get(3)?,
        permissions: unit(row, 5)?,
        repository: row
            .get::<_, Option<String>>(6)?
            .map(|text| serde_json::from_str(&text))
            .transpose()?,
        environment: body(row, 7)?,
        created_by: Person {
            id: row.get::<_, Key<UserId>>(8)?.0,
            name: row.get(9)?,
        },
        created_at: Timestamp::from_millis(row.get(10)?),
        updated_at: Timestamp::from_millis(row.get(11)?),
        epoch: row.get(12)?,
        last_seq: row.get(13)?,
        header: Header {
            title: row.get(1)?,
            status: unit(row, 2)?,
            model: row.get(4)?,
            sandbox,
            generation: row.get(15)?,
            outbox: row.get(16)?,
            last_report: row.get(17)?,
            turns: row.get(18)?,
            turn_running: row.get(19)?,
            queued: row.get(20)?,
            questions: row.get(21)?,
            last_stop_reason: row
                .get::<_, Option<String>>(22)?
                .map(|word| serde_json::from_value(serde_json::Value::String(word)))
                .transpose()?,
        },
    })
}

/// A column that holds JSON.
fn body<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T, StorageError> {
    Ok(serde_json::from_str(
        row.get_ref(column)?.as_str().map_err(rusqlite::Error::from)?,
    )?)
}

/// A column that holds a unit variant's word.
fn unit<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T, StorageError> {
    Ok(serde_json::from_value(serde_json::Value::String(
        row.get(column)?,
    ))?)
}
