//! The tables `transcript` and `changes`: the conversation and the workspace as they are now.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Transaction};
use shared::changes::{Changes, Diff};
use shared::message::{Message, Part, PartState};
use shared::page::Page;
use shared::socket::{SessionView, TimedError, TurnTranscript};
use shared::turn::{Turn, TurnOutcome};
use shared::{MessageId, PartId, SessionId, Timestamp, TurnId};

use super::id::Key;
use super::{Storage, StorageError, queue, sessions};

/// Turns in a view: enough to fill any screen, few enough to send at once.
const VIEW_TURNS: u64 = 50;

/// Where an entry stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) session: SessionId,
    pub(super) turn: u64,
    pub(super) seq: u64,
}

/// Reads of the conversation.
#[derive(Clone, Copy)]
pub struct Transcript<'a>(&'a Storage);

impl Storage {
    /// The conversation.
    pub fn transcript(&self) -> Transcript<'_> {
        Transcript(self)
    }
}

pub(super) const OF_TURNS: &str = "SELECT turn, kind, body FROM transcript
     WHERE session_id = ?1 AND turn >= ?2 AND turn < ?3 ORDER BY turn, seq";

impl Transcript<'_> {
    /// The whole state at one moment, `present` left empty; none when there is no such session.
    pub async fn view(&self, session: SessionId) -> Result<Option<SessionView>, StorageError> {
        self.0
            .read(move |connection| {
                // One transaction: everything is as of the same event.
                let transaction = connection.transaction()?;
                let Some(stored) = sessions::load(&transaction, session)? else {
                    return Ok(None);
                };
                let first = (stored.header.turns + 1).saturating_sub(VIEW_TURNS);
                let (_, queue) = queue::load(&transaction, session)?;
                let entries = Entries::load(&transaction, session, first, u64::MAX >> 1)?;
                Ok(Some(SessionView {
                    seq: stored.last_seq,
                    session: stored.session(),
                    turns: entries.turns.into_iter().map(|(_, turn)| turn).collect(),
                    messages: entries.messages.into_iter().map(|(_, message)| message).collect(),
                    parts: entries.parts.into_iter().map(|(_, part)| part).collect(),
                    errors: entries.errors.into_iter().map(|(_, error)| error).collect(),
                    earlier: (first > 1).then(|| first.to_string()),
                    queue,
                    questions: queue::open_questions(&transaction, session)?,
                    changes: load_diff(&transaction, session)?.map(|diff| diff.changes),
                    present: Vec::new(),
                }))
            })
            .await
    }

    /// At most `limit` turns before turn number `before` (all when none), newest first.
    pub async fn turns(
        &self,
        session: SessionId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Page<TurnTranscript>, StorageError> {
        self.0
            .read(move |connection| {
                let transaction = connection.transaction()?;
                let newest: u64 = transaction
                    .prepare_cached("SELECT turns FROM sessions WHERE id = ?1")?
                    .query_row([Key(session)], |row| row.get(0))
                    .optional()?
                    .unwrap_or(0);
                let end = before.unwrap_or(u64::MAX).min(newest + 1);
                let first = end.saturating_sub(limit as u64).max(1);
                let entries = Entries::load(&transaction, session, first, end)?;
                Ok(Page {
                    items: entries.by_turn(),
                    next_cursor: (first > 1).then(|| first.to_string()),
                })
            })
            .await
    }

    /// The workspace against its beginning, as of the last turn.
    pub async fn diff(&self, session: SessionId) -> Result<Diff, StorageError> {
        self.0
            .read(move |connection| {
                Ok(load_diff(connection, session)?.unwrap_or_else(|| Diff {
                    changes: Changes::default(),
                    patch: String::new(),
                    taken_at: None,
                }))
            })
            .await
    }
}

/// Entries of the conversation by kind, each with its turn's number, in order.
#[derive(Default)]
struct Entries {
    turns: Vec<(u64, Turn)>,
    messages: Vec<(u64, Message)>,
    parts: Vec<(u64, Part)>,
    errors: Vec<(u64, TimedError)>,
}

impl Entries {
    fn load(connection: &Connection, session: SessionId, first: u64, end: u64) -> Result<Self, StorageError> {
        let mut statement = connection.prepare_cached(OF_TURNS)?;
        let mut rows = statement.query((Key(session), first, end))?;
        let mut entries = Self::default();
        while let Some(row) = rows.next()? {
            let turn = row.get(0)?;
            let body = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
            match row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)? {
                "turn" => entries.turns.push((turn, serde_json::from_str(body)?)),
                "message" => entries.messages.push((turn, serde_json::from_str(body)?)),
                "part" => entries.parts.push((turn, serde_json::from_str(body)?)),
                _ => entries.errors.push((turn, serde_json::from_str(body)?)),
            }
        }
        Ok(entries)
    }

    /// The same, gathered by turn, newest turn first. What was before the first turn is left out.
    fn by_turn(self) -> Vec<TurnTranscript> {
        let mut transcripts: BTreeMap<u64, TurnTranscript> = BTreeMap::new();
        for (number, turn) in self.turns {
            let empty = TurnTranscript {
                turn,
                messages: Vec::new(),
                parts: Vec::new(),
                errors: Vec::new(),
            };
            transcripts.insert(number, empty);
        }
        for (number, message) in self.messages {
            transcripts
                .entry(number)
                .and_modify(|entry| entry.messages.push(message));
        }
        for (number, part) in self.parts {
            transcripts
                .entry(number)
                .and_modify(|entry| entry.parts.push(part));
        }
        for (number, error) in self.errors {
            transcripts
                .entry(number)
                .and_modify(|entry| entry.errors.push(error));
        }
        transcripts.into_values().rev().collect()
    }
}

fn load_diff(connection: &Connection, session: SessionId) -> Result<Option<Diff>, StorageError> {
    let found: Option<(i64, String, String)> = connection
        .prepare_cached("SELECT taken_at, body, patch FROM changes WHERE session_id = ?1")?
        .query_row([Key(session)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((taken_at, body, patch)) = found else {
        return Ok(None);
    };
    Ok(Some(Diff {
        changes: serde_json::from_str(&body)?,
        patch,
        taken_at: Some(Timestamp::from_millis(taken_at)),
    }))
}

/// The parts of a turn that more was to come of, for a session that is opened in the middle of it.
pub(super) fn streaming_parts(
    connection: &Connection,
    session: SessionId,
    turn: u64,
) -> Result<Vec<Part>, StorageError> {
    let entries = Entries::load(connection, session, turn, turn + 1)?;
    let parts = entries.parts.into_iter().map(|(_, part)| part);
    Ok(parts.filter(|part| part.state == PartState::Streaming).collect())
}

/// The turn with this number.
pub(super) fn turn(
    connection: &Connection,
    session: SessionId,
    number: u64,
) -> Result<Option<Turn>, StorageError> {
    let body: Option<String> = connection
        .prepare_cached("SELECT body FROM transcript WHERE session_id = ?1 AND turn = ?2 AND kind = 'turn'")?
        .query_row((Key(session), number), |row| row.get(0))
        .optional()?;
    Ok(body.map(|body| serde_json::from_str(&body)).transpose()?)
}

const INSERT: &str =
    "INSERT INTO transcript (session_id, turn, seq, kind, id, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

pub(super) fn put_turn(transaction: &Transaction<'_>, place: Place, turn: &Turn) -> Result<(), StorageError> {
    transaction.prepare_cached(INSERT)?.execute((
        Key(place.session),
        place.turn,
        place.seq,
        "turn",
        Key(turn.id),
        serde_json::to_string(turn)?,
    ))?;
    Ok(())
}

pub(super) fn finish_turn(
    transaction: &Transaction<'_>,
    session: SessionId,
    turn: TurnId,
    outcome: &TurnOutcome,
) -> Result<(), StorageError> {
    transaction
        .prepare_cached(
            "UPDATE transcript SET body = json_set(body, '$.outcome', json(?3))
             WHERE session_id = ?1 AND id = ?2 AND kind = 'turn'",
        )?
        .execute((Key(session), Key(turn), serde_json::to_string(outcome)?))?;
    Ok(())
}

pub(super) fn put_message(
    transaction: &Transaction<'_>,
    place: Place,
    id: MessageId,
    body: &str,
) -> rusqlite::Result<()> {
    transaction.prepare_cached(INSERT)?.execute((
        Key(place.session),
        place.turn,
        place.seq,
        "message",
        Key(id),
        body,
    ))?;
    Ok(())
}

/// A part keeps the place where it began.
pub(super) fn put_part(
    transaction: &Transaction<'_>,
    place: Place,
    id: PartId,
    body: &str,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO transcript (session_id, turn, seq, kind, id, body) VALUES (?1, ?2, ?3, 'part', ?4, ?5)
             ON CONFLICT (session_id, id, kind) WHERE id IS NOT NULL DO UPDATE SET body = excluded.body",
        )?
        .execute((Key(place.session), place.turn, place.seq, Key(id), body))?;
    Ok(())
}

pub(super) fn put_error(
    transaction: &Transaction<'_>,
    place: Place,
    error: &TimedError,
) -> Result<(), StorageError> {
    transaction.prepare_cached(INSERT)?.execute((
        Key(place.session),
        place.turn,
        place.seq,
        "error",
        None::<Vec<u8>>,
        serde_json::to_string(error)?,
    ))?;
    Ok(())
}

pub(super) fn put_changes(
    transaction: &Transaction<'_>,
    session: SessionId,
    at: Timestamp,
    changes: &Changes,
    patch: &str,
) -> Result<(), StorageError> {
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO changes (session_id, taken_at, body, patch) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute((
            Key(session),
            at.as_millis(),
            serde_json::to_string(changes)?,
            patch,
        ))?;
    Ok(())
}
