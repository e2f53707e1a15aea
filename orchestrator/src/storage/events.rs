//! The table `events`: each session's log, numbered without gaps. Rows are never changed.

use axum::extract::ws::Utf8Bytes;
use bytes::Bytes;
use rusqlite::{Connection, Transaction};
use shared::event::EventBody;
use shared::{Event, QuestionId, SessionId, Timestamp};

use super::id::Key;
use super::{Storage, StorageError};

/// An event as it stands in the log: the very bytes that clients get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its number.
    pub seq: u64,
    /// The JSON of an `Event`.
    pub json: Utf8Bytes,
}

/// A stretch of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// Its events, in order.
    pub events: Vec<StoredEvent>,
    /// Whether more may follow.
    pub more: bool,
}

/// Bytes after which a stretch ends: what is read at a time stays bounded however large the events are.
const STRETCH_BYTES: usize = 4 * 1024 * 1024;

/// Reads of the event log.
#[derive(Clone, Copy)]
pub struct Events<'a>(&'a Storage);

impl Storage {
    /// The event log.
    pub fn events(&self) -> Events<'_> {
        Events(self)
    }
}

pub(super) const AFTER: &str =
    "SELECT seq, body FROM events WHERE session_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";

impl Events<'_> {
    /// Events of a session after number `after`, in order: at most `limit`, and about 4 MiB.
    pub async fn after(&self, session: SessionId, after: u64, limit: usize) -> Result<Stretch, StorageError> {
        self.0
            .read(move |connection| {
                let mut statement = connection.prepare_cached(AFTER)?;
                let mut rows = statement.query((Key(session), after, limit))?;
                // One allocation for all: bodies that are made on this thread and dropped on others are what a
                // replay would else spend its time on.
                let (mut text, mut ends) = (String::new(), Vec::new());
                while text.len() < STRETCH_BYTES
                    && let Some(row) = rows.next()?
                {
                    text.push_str(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?);
                    ends.push((row.get(0)?, text.len()));
                }
                let more = ends.len() == limit || text.len() >= STRETCH_BYTES;
                Ok(Stretch {
                    events: cut(text, &ends),
                    more,
                })
            })
            .await
    }
}

/// The events of a text that are one after another in it: the number of each, and where it ends.
fn cut(text: String, ends: &[(u64, usize)]) -> Vec<StoredEvent> {
    let text = Bytes::from(text);
    let mut start = 0;
    ends.iter()
        .filter_map(|&(seq, end)| {
            let body = text.slice(start..end);
            start = end;
            // Each was added as a whole text, so each is one.
            let json = Utf8Bytes::try_from(body).ok()?;
            Some(StoredEvent { seq, json })
        })
        .collect()
}

/// What humans answered since a moment: read when a session is opened in the middle of a turn.
pub(super) fn answers_since(
    connection: &Connection,
    session: SessionId,
    since: Timestamp,
) -> Result<Vec<(QuestionId, String)>, StorageError> {
    let mut statement =
        connection.prepare_cached("SELECT body FROM events WHERE session_id = ?1 ORDER BY seq DESC")?;
    let mut rows = statement.query([Key(session)])?;
    let mut answers = Vec::new();
    while let Some(row) = rows.next()? {
        let event: Event = serde_json::from_str(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?;
        if event.at < since {
            break;
        }
        if let EventBody::QuestionAnswered {
            question_id,
            option_id,
            ..
        } = event.body
        {
            answers.push((question_id, option_id));
        }
    }
    Ok(answers)
}

pub(super) fn append(
    transaction: &Transaction<'_>,
    session: SessionId,
    event: &StoredEvent,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("INSERT INTO events (session_id, seq, body) VALUES (?1, ?2, ?3)")?
        .execute((Key(session), event.seq, event.json.as_str()))?;
    Ok(())
}
