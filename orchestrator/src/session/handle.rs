//! The handle of a session: the only way in. It admits, sends, and waits; it knows no rules.

use std::sync::Arc;

use shared::prompt::{Prompt, PromptStatus};
use shared::runner::{Hello, close};
use shared::session::{Person, Session, UpdateSession};
use shared::{PromptId, QuestionId, SessionId, Timestamp, TurnId};
use tokio::sync::{Semaphore, oneshot};

use super::actor::{ActorAddress, Command, Done, Message};
use super::core::Input;
use super::creation::Answer;
use super::directory::Sessions;
use super::runner_link::RunnerLink;
use super::subscription::{Joined, Subscription};
use super::{NewPrompt, SessionError};
use crate::storage::Idempotency;

/// A session. Cheap to clone; keeps nobody awake.
#[derive(Clone)]
pub struct SessionHandle {
    sessions: Sessions,
    id: SessionId,
    address: ActorAddress,
    /// Bounds how many requests wait in the actor's mailbox, which has no bound of its own.
    places: Arc<Semaphore>,
}

impl SessionHandle {
    pub(super) fn new(
        sessions: Sessions,
        id: SessionId,
        address: ActorAddress,
        places: Arc<Semaphore>,
    ) -> Self {
        Self {
            sessions,
            id,
            address,
            places,
        }
    }

    /// Queues a prompt, or steers with it. Durable when this resolves.
    pub async fn prompt(
        &self,
        new: NewPrompt,
        idempotency: Option<Idempotency>,
    ) -> Result<Answer<Prompt>, SessionError> {
        let prompt = Prompt {
            id: PromptId::new(),
            text: new.text,
            mode: new.mode,
            status: PromptStatus::Queued,
            origin: new.origin,
            author: new.author,
            created_at: Timestamp::now(),
        };
        let done = self
            .ask(
                || Input::Prompt(prompt.clone()),
                Some(prompt.clone()),
                idempotency,
            )
            .await?;
        let prompt = done.prompt.ok_or(SessionError::Unavailable)?;
        Ok(if done.replayed {
            Answer::Replayed(prompt)
        } else {
            Answer::Fresh(prompt)
        })
    }

    /// Withdraws a waiting prompt.
    pub async fn cancel_prompt(&self, id: PromptId, by: Person) -> Result<(), SessionError> {
        self.tell(|| Input::CancelPrompt { id, by: by.clone() }).await
    }

    /// Asks the running turn to stop. Its end is an event.
    pub async fn abort(&self) -> Result<(), SessionError> {
        self.tell(|| Input::Abort).await
    }

    /// Answers a question.
    pub async fn answer(&self, question: QuestionId, option: String, by: Person) -> Result<(), SessionError> {
        self.tell(|| Input::Answer {
            question,
            option: option.clone(),
            by: by.clone(),
        })
        .await
    }

    /// Changes title, model or status.
    pub async fn update(&self, update: UpdateSession, by: Person) -> Result<Session, SessionError> {
        let input = || Input::Update {
            update: update.clone(),
            by: by.clone(),
        };
        Ok(self.ask(input, None, None).await?.session)
    }

    /// Puts the sandbox to sleep. Its end is an event.
    pub async fn hibernate(&self) -> Result<Session, SessionError> {
        Ok(self.ask(|| Input::Hibernate, None, None).await?.session)
    }

    /// Starts the sandbox, if it is not there.
    pub async fn wake(&self) -> Result<Session, SessionError> {
        Ok(self.ask(|| Input::Wake, None, None).await?.session)
    }

    /// Ends what runs, before the session is removed.
    pub(super) async fn end(&self) -> Result<(), SessionError> {
        self.tell(|| Input::Delete).await
    }

    /// Everything after event number `after`, and then what happens.
    pub async fn subscribe(&self, after: u64, watcher: Person) -> Result<Subscription, SessionError> {
        let stored = self
            .sessions
            .storage()
            .sessions()
            .get(self.id)
            .await?
            .ok_or(SessionError::NotFound)?;
        if after > stored.last_seq {
            return Err(SessionError::CursorAhead {
                after,
                last: stored.last_seq,
            });
        }
        Ok(Subscription::new(self.sessions.clone(), self.id, watcher, after))
    }

    pub(super) async fn join(&self, after: u64, person: Person) -> Result<Joined, SessionError> {
        let (reply, answer) = oneshot::channel();
        self.address.send(Message::Join {
            after,
            person: Box::new(person),
            reply,
        });
        answer.await.map_err(|_| SessionError::Unavailable)?
    }

    /// A runner dialled in; the error is the close code that it gets.
    pub async fn runner_hello(&self, hello: Hello) -> Result<RunnerLink, u16> {
        let (reply, answer) = oneshot::channel();
        self.address.send(Message::Hello {
            hello: Box::new(hello),
            reply,
        });
        let (id, orders) = answer.await.map_err(|_| close::RESTARTING)??;
        Ok(RunnerLink {
            id,
            address: self.address.clone(),
            orders,
        })
    }

    /// The turn that runs, for the bearer of a token of this generation; none at all for an older one.
    pub async fn admit(&self, generation: u64) -> Result<Option<Option<TurnId>>, SessionError> {
        let (reply, answer) = oneshot::channel();
        self.address.send(Message::Admit { generation, reply });
        answer.await.map_err(|_| SessionError::Unavailable)
    }

    async fn tell(&self, input: impl Fn() -> Input) -> Result<(), SessionError> {
        self.ask(input, None, None).await.map(|_| ())
    }

    /// Asks the actor; once more, freshly opened, when it went to rest at that very moment.
    async fn ask(
        &self,
        input: impl Fn() -> Input,
        prompt: Option<Prompt>,
        idempotency: Option<Idempotency>,
    ) -> Result<Done, SessionError> {
        let _place = self.places.try_acquire().map_err(|_| SessionError::Overloaded)?;
        let mut address = self.address.clone();
        for _ in 0..2 {
            let (reply, answer) = oneshot::channel();
            let command = Command {
                input: input(),
                prompt: prompt.clone(),
                idempotency: idempotency.clone(),
                reply,
            };
            address.send(Message::Command(Box::new(command)));
            if let Ok(done) = answer.await {
                return done;
            }
            address = self.sessions.open(self.id).await?.address;
        }
        Err(SessionError::Unavailable)
    }
}
