//! A session's commit: its new events, what they change in the other tables, and its header, in one
//! transaction on the condition that nobody else has written since.

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

/// An event, its JSON, and the turn that it belongs to.
#[derive(Debug, Clone)]
pub struct Committed {
    /// The event.
    pub event: Event,
    /// Its JSON, as it is stored and sent.
    pub stored: StoredEvent,
    /// The number of the turn that ran or had last run; 0 before the first.
    pub turn: u64,
}

impl Committed {
    /// Serialises an event, once for the log and every watcher.
    pub fn new(event: Event, turn: u64) -> Result<Self, StorageError> {
        let json = serde_json::to_string(&event)?.into();
        Ok(Self {
            stored: StoredEvent { seq: event.seq, json },
            event,
            turn,
        })
    }
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
            transaction
                .prepare_cached(
                    "INSERT INTO sessions (id, title, status, agent, model, permissions, repository, environment,
                         created_by, created_at, updated_at, epoch, last_seq, sandbox, awake, generation, outbox,
                         last_report, turns, turn_running, queued, questions)
                     VALUES (?1, '', 'open', ?2, '', ?3, ?4, ?5, ?6, ?7, ?7, ?8, 0, '', 0, 0, '', 0, 0, 0, 0, 0)",
                )?
                .execute((
                    Key(commit.session),
                    row.agent,
                    word(&row.permissions)?,
                    row.repository.as_ref().map(serde_json::to_string).transpose()?,
                    serde_json::to_string(&row.environment)?,
                    Key(row.created_by),
                    commit.now.as_millis(),
                    commit.epoch,
                ))?;
            write(transaction, &commit)
        })
        .await
    }

    /// Makes one step of a session durable.
    pub async fn commit_session(&self, commit: SessionCommit) -> Result<(), StorageError> {
        self.write(move |transaction| write(transaction, &commit)).await
    }
}

fn write(transaction: &Transaction<'_>, commit: &SessionCommit) -> Result<(), StorageError> {
    write_header(transaction, commit)?;
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
        EventBody::MessageCreated { message } => transcript::put_message(transaction, place, message)?,
        EventBody::PartUpdated { part } => transcript::put_part(transaction, place, part)?,
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
