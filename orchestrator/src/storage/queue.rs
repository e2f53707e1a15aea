//! The tables `queue` and `questions`: what waits for the agent, and what waits for a human.
//! Position 0 of a queue is the prompt of the running turn.

use rusqlite::{Connection, Transaction};
use serde::de::DeserializeOwned;
use shared::prompt::{Prompt, PromptMode};
use shared::question::Question;
use shared::{PromptId, QuestionId, SessionId};

use super::StorageError;
use super::id::Key;

/// The position of the running turn's prompt.
const RUNNING: u64 = 0;
/// Steering prompts stand before the others: they count from 1, the others from here.
const WAITING: u64 = 1 << 40;

pub(super) fn push(
    transaction: &Transaction<'_>,
    session: SessionId,
    seq: u64,
    prompt: &Prompt,
) -> Result<(), StorageError> {
    let position = match prompt.mode {
        PromptMode::Steer => seq,
        PromptMode::Queue => WAITING + seq,
    };
    transaction
        .prepare_cached("INSERT INTO queue (session_id, position, id, body) VALUES (?1, ?2, ?3, ?4)")?
        .execute((
            Key(session),
            position,
            Key(prompt.id),
            serde_json::to_string(prompt)?,
        ))?;
    Ok(())
}

pub(super) fn remove(
    transaction: &Transaction<'_>,
    session: SessionId,
    prompt: PromptId,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("DELETE FROM queue WHERE session_id = ?1 AND id = ?2")?
        .execute((Key(session), Key(prompt)))?;
    Ok(())
}

pub(super) fn start(
    transaction: &Transaction<'_>,
    session: SessionId,
    prompt: PromptId,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("UPDATE queue SET position = ?3 WHERE session_id = ?1 AND id = ?2")?
        .execute((Key(session), Key(prompt), RUNNING))?;
    Ok(())
}

pub(super) fn finish(transaction: &Transaction<'_>, session: SessionId) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("DELETE FROM queue WHERE session_id = ?1 AND position = ?2")?
        .execute((Key(session), RUNNING))?;
    Ok(())
}

/// The running turn's prompt, if a turn runs, and the prompts that wait, in order.
pub(super) fn load(
    connection: &Connection,
    session: SessionId,
) -> Result<(Option<Prompt>, Vec<Prompt>), StorageError> {
    let mut statement = connection
        .prepare_cached("SELECT position, body FROM queue WHERE session_id = ?1 ORDER BY position")?;
    let mut rows = statement.query([Key(session)])?;
    let (mut running, mut waiting) = (None, Vec::new());
    while let Some(row) = rows.next()? {
        let prompt = serde_json::from_str(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?;
        if row.get::<_, u64>(0)? == RUNNING {
            running = Some(prompt)
        } else {
            waiting.push(prompt)
        }
    }
    Ok((running, waiting))
}

pub(super) fn ask(
    transaction: &Transaction<'_>,
    session: SessionId,
    question: &Question,
) -> Result<(), StorageError> {
    transaction
        .prepare_cached("INSERT OR REPLACE INTO questions (session_id, id, body) VALUES (?1, ?2, ?3)")?
        .execute((Key(session), Key(question.id), serde_json::to_string(question)?))?;
    Ok(())
}

pub(super) fn close(
    transaction: &Transaction<'_>,
    session: SessionId,
    question: QuestionId,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("DELETE FROM questions WHERE session_id = ?1 AND id = ?2")?
        .execute((Key(session), Key(question)))?;
    Ok(())
}

/// The questions that wait, oldest first.
pub(super) fn open_questions(
    connection: &Connection,
    session: SessionId,
) -> Result<Vec<Question>, StorageError> {
    bodies(
        connection,
        "SELECT body FROM questions WHERE session_id = ?1 ORDER BY id",
        session,
    )
}

/// The bodies that a statement with one column and the session as its parameter finds.
fn bodies<T: DeserializeOwned>(
    connection: &Connection,
    sql: &str,
    session: SessionId,
) -> Result<Vec<T>, StorageError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([Key(session)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(serde_json::from_str(
            row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?,
        )?);
    }
    Ok(found)
}
