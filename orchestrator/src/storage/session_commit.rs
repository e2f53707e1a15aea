//! A session's commit: its new events, what they change in the other tables, and its header, in one
//! transaction on the condition that nobody else has written since.

use std::ops::Range;

use rusqlite::Transaction;
use shared::event::EventBody;
use shared::sandbox::{Sandbox, SandboxStatus};
use shared::session::{Activity, Permissions, Repository, SessionStatus};
use shared::socket::TimedError;
use shared::turn::StopReason;
use shared::{Event, SessionId, Timestamp, UserId};

use super::id::Key;
use super::{
    Idempotency, ModelCall, Storage, StorageError, StoredEvent, events, idempotency, model_calls, queue,
    transcript,
};

/// The row of a session that its actor owns, as it is after a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The title.
    pub title: String,
    /// Open or archived.
    pub status: SessionStatus,
    /// The model of the next turn.
    pub model: String,
    /// The sandbox.
    pub sandbox: Sandbox,
    /// Rises by one with each sandbox that is started.
    pub generation: u64,
    /// The name of the runner's outbox; empty before the first hello.
    pub outbox: String,
    /// The highest committed report of that outbox.
    pub last_report: u64,
    /// How many turns there were, the running one included.
    pub turns: u64,
    /// Whether one runs.
    pub turn_running: bool,
    /// How the last one that ended did.
    pub last_stop_reason: Option<StopReason>,
    /// How many prompts wait.
    pub queued: usize,
    /// How many questions wait.
    pub questions: usize,
}

impl Header {
    /// What goes on: derived, never stored.
    pub fn activity(&self) -> Activity {
        if self.questions > 0 {
            Activity::Waiting
        } else if self.turn_running {
            Activity::Working
        } else if self.queued > 0 {
            Activity::Queued
        } else {
            Activity::Idle
        }
    }
}

/// An event, its JSON, and the turn that it belongs to. Made by whoever commits, so that the writer's thread,
/// which everybody waits for, is left with the rows alone.
#[derive(Debug, Clone)]
pub struct Committed {
    /// The event.
    pub event: Event,
    /// Its JSON, as it is stored and sent.
    pub stored: StoredEvent,
    /// The number of the turn that ran or had last run; 0 before the first.
    pub turn: u64,
    /// Where in its JSON the message or part is that the transcript keeps.
    entry: Range<usize>,
}

impl Committed {
    /// Serialises an event, once for the log and every watcher.
    pub fn new(event: Event, turn: u64) -> Result<Self, StorageError> {
        let json = serde_json::to_string(&event)?;
        let entry = match &event.body {
            EventBody::MessageCreated { .. } => last_field(&json, r#","message":"#),
            EventBody::PartUpdated { .. } => last_field(&json, r#","part":"#),
            _ => 0..0,
        };
        let json = json.into();
        Ok(Self {
            stored: StoredEvent { seq: event.seq, json },
            event,
            turn,
            entry,
        })
    }

    /// The JSON of the message or part that it carries; else empty.
    fn entry(&self) -> &str {
        self.stored
            .json
            .as_str()
            .get(self.entry.clone())
            .unwrap_or_default()
    }
}

/// Where the value of an object's last field is, when the field's name is in none of the values before it.
fn last_field(json: &str, name: &str) -> Range<usize> {
    let start = json.find(name).map_or(json.len(), |place| place + name.len());
    start..json.len().saturating_sub(1).max(start)
}

/// All that one step of a session makes durable.
#[derive(Debug, Clone)]
pub struct SessionCommit {
    /// The session.
    pub session: SessionId,
    /// The epoch that its actor was opened with.
    pub epoch: u64,
    /// The number of the newest event before this commit.
    pub last_seq: u64,
    /// New events, numbered on from `last_seq`.
    pub events: Vec<Committed>,
    /// The row after this commit.
    pub header: Header,
    /// When this is.
    pub now: Timestamp,
    /// The patch that belongs to a `git.changed` among the events.
    pub patch: Option<String>,
    /// Model calls that ended.
    pub model_calls: Vec<ModelCall>,
    /// The request that this answers, and the answer.
    pub answer: Option<(Idempotency, String)>,
}

/// What a session is made with and keeps.
#[derive(Debug, Clone)]
pub struct NewSessionRow {
    /// The agent's preset.
    pub agent: String,
    /// Whether it asks before it acts.
    pub permissions: Permissions,
    /// What to clone.
    pub repository: Option<Repository>,
    /// Variables for the agent.
    pub environment: std::collections::BTreeMap<String, String>,
    /// Who made it.
    pub created_by: UserId,
}

impl Storage {
    /// Makes a session: its row with epoch 1, and its first events.
    pub async fn create_session(
        &self,
        row: NewSessionRow,
        commit: SessionCommit,
    ) -> Result<(), StorageError> {
        self.write(move |transaction| {
            insert_header(transaction, &row, &commit)?;
            write_rows(transaction, &commit)
        })
        .await
    }

    /// Makes one step of a session durable.
    pub async fn commit_session(&self, commit: SessionCommit) -> Result<(), StorageError> {
        let written = self.write(move |transaction| {
            write_header(transaction, &commit)?;
            write_rows(transaction, &commit)?;
            // Dropped by whoever waits for it: freeing thousands of small things is not the writer's work.
            Ok(commit)
        });
        written.await.map(drop)
    }
}

fn write_rows(transaction: &Transaction<'_>, commit: &SessionCommit) -> Result<(), StorageError> {
    for committed in &commit.events {
        events::append(transaction, commit.session, &committed.stored)?;
        project(transaction, commit, committed)?;
    }
    for call in &commit.model_calls {
        model_calls::insert(transaction, commit.session, call)?;
    }
    if let Some((request, body)) = &commit.answer {
        idempotency::record(transaction, request, body, commit.now)?;
    }
    Ok(())
}

/// The row of a new session, as it is after its first commit: written once, and each index of it once.
fn insert_header(
    transaction: &Transaction<'_>,
    row: &NewSessionRow,
    commit: &SessionCommit,
) -> Result<(), StorageError> {
    let header = &commit.header;
    transaction
        .prepare_cached(
            "INSERT INTO sessions (id, title, status, agent, model, permissions, repository, environment,
                 created_by, created_at, updated_at, epoch, last_seq, sandbox, awake, generation, outbox,
                 last_report, turns, turn_running, queued, questions, last_stop_reason)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
                 ?21, ?22)",
        )?
        .execute(rusqlite::params![
            Key(commit.session),
            header.title,
            word(&header.status)?,
            row.agent,
            header.model,
            word(&row.permissions)?,
            row.repository.as_ref().map(serde_json::to_string).transpose()?,
            serde_json::to_string(&row.environment)?,
            Key(row.created_by),
            commit.now.as_millis(),
            commit.epoch,
            commit.events.len() as u64,
            serde_json::to_string(&header.sandbox)?,
            is_awake(&header.sandbox.status),
            header.generation,
            header.outbox,
            header.last_report,
            header.turns,
            header.turn_running,
            header.queued,
            header.questions,
            header.last_stop_reason.as_ref().map(word).transpose()?,
        ])?;
    Ok(())
}

/// The condition of the whole commit: the row is as the actor believes.
fn write_header(transaction: &Transaction<'_>, commit: &SessionCommit) -> Result<(), StorageError> {
    let header = &commit.header;
    let updated = transaction
        .prepare_cached(
            "UPDATE sessions SET title = ?4, status = ?5, model = ?6, updated_at = ?7, last_seq = ?8, sandbox = ?9,
                 awake = ?10, generation = ?11, outbox = ?12, last_report = ?13, turns = ?14, turn_running = ?15,
                 queued = ?16, questions = ?17, last_stop_reason = ?18
             WHERE id = ?1 AND epoch = ?2 AND last_seq = ?3",
        )?
        .execute(rusqlite::params![
            Key(commit.session),
            commit.epoch,
            commit.last_seq,
            header.title,
            word(&header.status)?,
            header.model,
            commit.now.as_millis(),
            commit.last_seq + commit.events.len() as u64,
            serde_json::to_string(&header.sandbox)?,
            is_awake(&header.sandbox.status),
            header.generation,
            header.outbox,
            header.last_report,
            header.turns,
            header.turn_running,
            header.queued,
            header.questions,
            header.last_stop_reason.as_ref().map(word).transpose()?,
        ])?;
    if updated == 1 {
        Ok(())
    } else {
        Err(StorageError::Superseded)
    }
}

/// Whether something of the sandbox may be alive.
fn is_awake(status: &SandboxStatus) -> bool {
    match status {
        SandboxStatus::None
        | SandboxStatus::Hibernated
        | SandboxStatus::Stopped
        | SandboxStatus::Failed { .. } => false,
        SandboxStatus::Provisioning
        | SandboxStatus::Booting { .. }
        | SandboxStatus::Ready
        | SandboxStatus::Hibernating
        | SandboxStatus::Waking => true,
    }
}

/// What an event changes in the tables that show the present.
fn project(
    transaction: &Transaction<'_>,
    commit: &SessionCommit,
    committed: &Committed,
) -> Result<(), StorageError> {
    let Committed { event, turn, .. } = committed;
    let place = transcript::Place {
        session: commit.session,
        turn: *turn,
        seq: event.seq,
    };
    match &event.body {
        EventBody::PromptQueued { prompt } => queue::push(transaction, commit.session, event.seq, prompt)?,
        EventBody::PromptCancelled { prompt_id, .. } => {
            queue::remove(transaction, commit.session, *prompt_id)?
        }
        EventBody::TurnStarted { turn } => {
            queue::start(transaction, commit.session, turn.prompt_id)?;
            transcript::put_turn(transaction, place, turn)?;
        }
        EventBody::TurnCompleted { turn_id, outcome } => {
            queue::finish(transaction, commit.session)?;
            transcript::finish_turn(transaction, commit.session, *turn_id, outcome)?;
        }
        EventBody::MessageCreated { message } => {
            transcript::put_message(transaction, place, message.id, committed.entry())?
        }
        EventBody::PartUpdated { part } => {
            transcript::put_part(transaction, place, part.id, committed.entry())?
        }
        EventBody::Error(error) => transcript::put_error(
            transaction,
            place,
            &TimedError {
                seq: event.seq,
                at: event.at,
                error: error.clone(),
            },
        )?,
        EventBody::QuestionAsked { question } => queue::ask(transaction, commit.session, question)?,
        EventBody::QuestionAnswered { question_id, .. } | EventBody::QuestionExpired { question_id } => {
            queue::close(transaction, commit.session, *question_id)?;
        }
        EventBody::GitChanged { changes, .. } => {
            let patch = commit.patch.as_deref().unwrap_or_default();
            transcript::put_changes(transaction, commit.session, event.at, changes, patch)?;
        }
        EventBody::SessionCreated { .. }
        | EventBody::SessionUpdated { .. }
        | EventBody::SessionArchived { .. }
        | EventBody::SandboxStatus { .. } => {}
    }
    Ok(())
}

/// A unit variant as its wire word, without quotes.
pub(super) fn word(value: &impl serde::Serialize) -> Result<String, StorageError> {
    match serde_json::to_value(value)? {
        serde_json::Value::String(word) => Ok(word),
        other => Ok(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use shared::message::{Part, PartBody, PartState};
    use shared::{MessageId, PartId, TurnId};

    use super::*;

    #[test]
    fn the_transcripts_entry_is_the_part_in_the_event() {
        let part = Part {
            id: PartId::new(),
            message_id: MessageId::new(),
            turn_id: TurnId::new(),
            state: PartState::Done,
            body: PartBody::Text {
                text: r#"é ,"part":{"id":1}}"#.to_owned(),
            },
        };
        let event = Event {
            seq: 3,
            at: Timestamp::from_millis(0),
            body: EventBody::PartUpdated { part: part.clone() },
        };
        let committed = Committed::new(event, 1).unwrap();
        assert_eq!(serde_json::from_str::<Part>(committed.entry()).unwrap(), part);
    }
}
