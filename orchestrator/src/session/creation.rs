//! Making a session: its row, its first events and, when it came with one, its first prompt are one
//! commit. Its actor is opened only when there is more to do than that.

use std::collections::BTreeMap;

use shared::prompt::{Origin, Prompt, PromptMode, PromptStatus};
use shared::session::{Permissions, Person, Repository, Session};
use shared::{PromptId, SessionId, Timestamp};

use super::SessionError;
use super::core::{Charter, Core, Input, UNTITLED, title_from};
use super::directory::Sessions;
use super::effects::{Known, sort};
use crate::storage::{Idempotency, NewSessionRow, StorageError};

/// A session to make. Everything is validated already.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// A title, if it was given one.
    pub title: Option<String>,
    /// What to clone.
    pub repository: Option<Repository>,
    /// A preset's name.
    pub agent: String,
    /// `<provider>/<model>`.
    pub model: String,
    /// Whether the agent asks before it acts.
    pub permissions: Permissions,
    /// Variables for the agent.
    pub environment: BTreeMap<String, String>,
    /// A first prompt.
    pub prompt: Option<String>,
    /// Who makes it.
    pub by: Person,
    /// Where from.
    pub origin: Origin,
}

/// An answer, fresh or given before to the same request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer<T> {
    /// It was done now.
    Fresh(T),
    /// It had been done before.
    Replayed(T),
}

impl Sessions {
    /// Makes a session. Durable when this resolves.
    pub async fn create(
        &self,
        new: NewSession,
        idempotency: Option<Idempotency>,
    ) -> Result<Answer<Session>, SessionError> {
        if let Some(replayed) = self.replay(idempotency.as_ref()).await? {
            return Ok(Answer::Replayed(replayed));
        }
        let now = Timestamp::now();
        let context = &self.context();
        let row = NewSessionRow {
            agent: new.agent.clone(),
            permissions: new.permissions,
            repository: new.repository.clone(),
            environment: new.environment.clone(),
            created_by: new.by.id,
        };
        let prompt = new.prompt.as_deref();
        let title = new
            .title
            .clone()
            .or_else(|| prompt.map(title_from))
            .unwrap_or(UNTITLED.to_owned());
        let charter = Charter {
            id: SessionId::new(),
            agent: new.agent,
            permissions: new.permissions,
            repository: new.repository,
            environment: new.environment,
            created_by: new.by.clone(),
            created_at: now,
        };
        let mut core = Core::new(
            charter,
            title,
            new.model,
            context.provider.name().to_owned(),
            context.patience.clone(),
        );
        let mut effects = core.apply(Input::Create, now)?;
        if let Some(text) = new.prompt {
            let prompt = Prompt {
                id: PromptId::new(),
                text,
                mode: PromptMode::Queue,
                status: PromptStatus::Queued,
                origin: new.origin,
                author: new.by,
                created_at: now,
            };
            effects.extend(core.apply(Input::Prompt(prompt), now)?);
        }
        let session = core.session();
        let answer = match &idempotency {
            Some(request) => Some((
                request.clone(),
                serde_json::to_string(&session).map_err(StorageError::from)?,
            )),
            None => None,
        };
        let known = Known {
            epoch: 1,
            last_seq: 0,
            turn: 0,
        };
        let (commit, outward) = sort(&core, &known, effects, answer, now)?;
        match context.storage.create_session(row, commit).await {
            Ok(()) => {}
            // The same request came twice at once, and the other one was first.
            Err(StorageError::IdempotencyMismatch) => {
                let replayed = self.replay(idempotency.as_ref()).await?;
                return replayed.map(Answer::Replayed).ok_or(SessionError::Unavailable);
            }
            Err(error) => return Err(error.into()),
        }
        metrics::counter!("sessions_created").increment(1);
        context.announce(session.clone());
        if !outward.is_empty() {
            // What it wants done beyond the disk, its actor does.
            self.wake(session.id, core, known.epoch, outward).await?;
        }
        Ok(Answer::Fresh(session))
    }

    async fn replay(&self, request: Option<&Idempotency>) -> Result<Option<Session>, SessionError> {
        let Some(request) = request else { return Ok(None) };
        let body = self.storage().replay(request).await?;
        Ok(body
            .map(|body| serde_json::from_str(&body))
            .transpose()
            .map_err(StorageError::from)?)
    }
}
