//! The directory: which sessions are awake, and where. It opens one on demand, supervises its actor,
//! and forgets it when it rests or fails. An asleep session is not here at all.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ractor::{Actor, ActorProcessingErr, ActorRef, SupervisionEvent};
use shared::prompt::{Origin, Prompt, PromptMode, PromptStatus};
use shared::runner::{AgentSetup, Setup};
use shared::session::{Permissions, Person, Repository, Session};
use shared::{PromptId, SessionId, Timestamp};
use tokio::sync::{OnceCell, Semaphore, broadcast};

use super::SessionError;
use super::actor::{ActorAddress, Message, Opening, SessionActor};
use super::core::{Charter, Core, Effect, Input, Patience, UNTITLED, is_live, title_from};
use super::handle::SessionHandle;
use crate::models::Catalog;
use crate::models::pricing::Price;
use crate::sandbox::{Provider, SandboxExit};
use crate::storage::{Committed, Idempotency, NewSessionRow, SessionCommit, Storage, StorageError};

/// Requests that may wait for one session at the same time.
const PLACES: usize = 256;
/// Changes of sessions that a list's watcher may be behind.
const CHANGES: usize = 1024;

/// What sessions are told when the directory is made.
pub struct Options {
    /// The database.
    pub storage: Storage,
    /// Who makes sandboxes.
    pub provider: Arc<dyn Provider>,
    /// Which models there are.
    pub catalog: Arc<Catalog>,
    /// What they cost, by provider and model.
    pub prices: HashMap<(String, String), Price>,
    /// Signs the token of a session's sandbox of a generation.
    pub sign: Sign,
    /// Where runners dial, as seen from a sandbox.
    pub orchestrator_url: String,
    /// Further variables of runners.
    pub runner_environment: BTreeMap<String, String>,
    /// Agents beside the presets: name and command.
    pub custom_agents: BTreeMap<String, Vec<String>>,
    /// A sandbox with nothing to do sleeps after this.
    pub idle_timeout: Duration,
    /// An actor with nothing to do leaves memory after this.
    pub rest_after: Duration,
}

/// Signs the token of a session's sandbox of a generation; the error is for people.
pub type Sign = Box<dyn Fn(SessionId, u64) -> Result<String, String> + Send + Sync>;

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

/// All sessions. Cheap to clone.
#[derive(Clone)]
pub struct Sessions(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    supervisor: ActorRef<()>,
}

/// What every session's actor shares.
pub(super) struct Shared {
    pub(super) storage: Storage,
    pub(super) provider: Arc<dyn Provider>,
    pub(super) orchestrator_url: String,
    pub(super) runner_environment: BTreeMap<String, String>,
    pub(super) rest_after: Duration,
    catalog: Arc<Catalog>,
    prices: HashMap<(String, String), Price>,
    sign: Sign,
    custom_agents: BTreeMap<String, Vec<String>>,
    patience: Patience,
    awake: Mutex<HashMap<SessionId, Slot>>,
    changes: broadcast::Sender<Arc<Session>>,
}

/// A session that is awake, or is being woken.
type Slot = Arc<OnceCell<(ActorAddress, Arc<Semaphore>)>>;

impl Sessions {
    /// The directory. Call [`Sessions::recover`] once the server listens.
    pub async fn start(options: Options) -> Result<Self, ractor::SpawnErr> {
        let shared = Arc::new(Shared {
            storage: options.storage,
            provider: options.provider,
            orchestrator_url: options.orchestrator_url,
            runner_environment: options.runner_environment,
            rest_after: options.rest_after,
            catalog: options.catalog,
            prices: options.prices,
            sign: options.sign,
            custom_agents: options.custom_agents,
            patience: Patience {
                idle: options.idle_timeout,
                boot: Duration::from_secs(120),
                link: Duration::from_secs(60),
                stop: Duration::from_secs(20),
            },
            awake: Mutex::default(),
            changes: broadcast::channel(CHANGES).0,
        });
        let (supervisor, _) = Actor::spawn(None, Supervisor, Arc::clone(&shared)).await?;
        Ok(Self(Arc::new(Inner { shared, supervisor })))
    }

    /// Where sessions are read.
    pub fn storage(&self) -> &Storage {
        &self.0.shared.storage
    }

    /// Every session, whenever what a list shows of it has changed.
    pub fn changes(&self) -> broadcast::Receiver<Arc<Session>> {
        self.0.shared.changes.subscribe()
    }

    /// How many sessions are awake.
    pub fn awake(&self) -> usize {
        self.0
            .shared
            .awake
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }

    pub(super) fn price(&self, provider: &str, model: &str) -> Option<Price> {
        self.0
            .shared
            .prices
            .get(&(provider.to_owned(), model.to_owned()))
            .copied()
    }

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
        let shared = &self.0.shared;
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
            shared.provider.name().to_owned(),
            shared.patience.clone(),
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
        let mut commit = SessionCommit {
            session: session.id,
            epoch: 1,
            last_seq: 0,
            events: Vec::new(),
            header: core.header(),
            now,
            patch: None,
            model_calls: Vec::new(),
            answer,
        };
        let mut outward = Vec::new();
        for effect in effects {
            match effect {
                Effect::Commit(event) => commit.events.push(Committed::new(event, 0)?),
                other => outward.push(other),
            }
        }
        match shared.storage.create_session(row, commit).await {
            Ok(()) => {}
            // The same request came twice at once, and the other one was first.
            Err(StorageError::IdempotencyMismatch) => {
                let replayed = self.replay(idempotency.as_ref()).await?;
                return replayed.map(Answer::Replayed).ok_or(SessionError::Unavailable);
            }
            Err(error) => return Err(error.into()),
        }
        metrics::counter!("sessions_created").increment(1);
        shared.announce(session.clone());
        if !outward.is_empty() {
            // What it wants done beyond the disk, its actor does.
            self.wake(session.id, core, 1, outward).await?;
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

    /// The session, woken when it sleeps.
    pub async fn open(&self, id: SessionId) -> Result<SessionHandle, SessionError> {
        let shared = &self.0.shared;
        let slot = shared.slot(id);
        let opened = slot
            .get_or_try_init(|| async {
                let now = Timestamp::now();
                let recovery = shared
                    .storage
                    .sessions()
                    .open(id)
                    .await?
                    .ok_or(SessionError::NotFound)?;
                let epoch = recovery.stored.epoch;
                let core = Core::restore(recovery, shared.patience.clone(), now);
                let mut first = Vec::new();
                if is_live(&core.sandbox.status) && !self.is_running(id, core.generation).await {
                    first.push(Input::SandboxExited {
                        generation: core.generation,
                        detail: "it was gone when the server came back".to_owned(),
                    });
                }
                self.spawn(Opening {
                    core,
                    epoch,
                    shared: Arc::clone(shared),
                    first,
                    effects: Vec::new(),
                })
                .await
            })
            .await;
        match opened {
            Ok((address, places)) => Ok(SessionHandle::new(
                self.clone(),
                id,
                address.clone(),
                Arc::clone(places),
            )),
            Err(error) => {
                shared.forget_slot(id, &slot);
                Err(error)
            }
        }
    }

    async fn is_running(&self, id: SessionId, generation: u64) -> bool {
        match self.0.shared.provider.find(id).await {
            Ok(running) => running.is_some_and(|running| running.generation == generation),
            Err(error) => {
                tracing::error!(session = %id, %error, "cannot tell whether the sandbox lives");
                false
            }
        }
    }

    async fn wake(
        &self,
        id: SessionId,
        core: Core,
        epoch: u64,
        effects: Vec<Effect>,
    ) -> Result<(), SessionError> {
        let shared = Arc::clone(&self.0.shared);
        let slot = shared.slot(id);
        let opening = Opening {
            core,
            epoch,
            shared,
            first: Vec::new(),
            effects,
        };
        slot.get_or_try_init(|| self.spawn(opening)).await.map(|_| ())
    }

    async fn spawn(&self, opening: Opening) -> Result<(ActorAddress, Arc<Semaphore>), SessionError> {
        let supervisor = self.0.supervisor.get_cell();
        let spawned = Actor::spawn_linked(None, SessionActor, opening, supervisor).await;
        let (actor, _) = spawned.map_err(|error| {
            tracing::error!(%error, "a session's actor did not start");
            SessionError::Unavailable
        })?;
        metrics::counter!("sessions_opened").increment(1);
        Ok((ActorAddress(actor), Arc::new(Semaphore::new(PLACES))))
    }

    /// Tells a session something, if it is awake.
    pub(super) fn send(&self, id: SessionId, message: Message) {
        let slot = self
            .0
            .shared
            .awake
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&id)
            .cloned();
        if let Some((address, _)) = slot.as_ref().and_then(|slot| slot.get()) {
            address.send(message);
        }
    }

    /// Takes note that a sandbox ended without having been asked to.
    pub async fn sandbox_exited(&self, exit: SandboxExit) {
        // A session that sleeps believes its sandbox alive: it must learn of this too.
        if let Err(error) = self.open(exit.session).await {
            tracing::warn!(session = %exit.session, %error, "a sandbox ended whose session cannot be told");
        }
        let input = Input::SandboxExited {
            generation: exit.generation,
            detail: exit.detail,
        };
        self.send(exit.session, Message::Happened(Box::new(input)));
    }

    /// Ends a session's work and removes all that is of it. The row goes before the actor: whoever is
    /// cut off then, and asks again, learns that the session is gone; the files go before the row: a
    /// crash between leaves a session that can be deleted again.
    pub async fn delete(&self, id: SessionId) -> Result<(), SessionError> {
        self.open(id).await?.end().await?;
        let shared = &self.0.shared;
        if let Err(error) = shared.provider.destroy(id).await {
            tracing::error!(session = %id, %error, "a deleted session's sandbox could not be removed");
        }
        shared.storage.sessions().delete(id).await?;
        if let Some(slot) = shared.take_slot(id)
            && let Some((address, _)) = slot.get()
        {
            address
                .0
                .stop_and_wait(Some("deleted".to_owned()), None)
                .await
                .ok();
        }
        Ok(())
    }

    /// Opens every session whose sandbox may be alive, so that it is looked after: run once, after
    /// the server began to listen, since runners dial in at the same time.
    pub async fn recover(&self) -> Result<usize, SessionError> {
        let awake = self.storage().sessions().awake().await?;
        let mut recovered = 0;
        for id in awake {
            match self.open(id).await {
                Ok(_) => recovered += 1,
                Err(error) => tracing::error!(session = %id, %error, "a session could not be recovered"),
            }
        }
        Ok(recovered)
    }

    /// Ends every actor, as the server goes down. Sandboxes that can live without it live on.
    pub async fn stop(&self) {
        self.0.supervisor.stop_and_wait(None, None).await.ok();
    }
}

impl Shared {
    fn slot(&self, id: SessionId) -> Slot {
        Arc::clone(
            self.awake
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .entry(id)
                .or_default(),
        )
    }

    fn take_slot(&self, id: SessionId) -> Option<Slot> {
        self.awake
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&id)
    }

    fn forget_slot(&self, id: SessionId, slot: &Slot) {
        let mut awake = self.awake.lock().unwrap_or_else(PoisonError::into_inner);
        if awake.get(&id).is_some_and(|current| Arc::ptr_eq(current, slot)) {
            awake.remove(&id);
        }
    }

    /// Takes an actor out of the directory: who needs its session next opens it anew.
    pub(super) fn forget(&self, id: SessionId, actor: &ActorRef<Message>) {
        let mut awake = self.awake.lock().unwrap_or_else(PoisonError::into_inner);
        let current = awake.get(&id).and_then(|slot| slot.get());
        if current.is_some_and(|(address, _)| address.0.get_id() == actor.get_id()) {
            awake.remove(&id);
        }
    }

    fn forget_actor(&self, actor: ractor::ActorId) {
        let mut awake = self.awake.lock().unwrap_or_else(PoisonError::into_inner);
        awake.retain(|_, slot| slot.get().is_none_or(|(address, _)| address.0.get_id() != actor));
    }

    /// Tells the watchers of lists.
    pub(super) fn announce(&self, session: Session) {
        // Nobody may watch.
        let _ = self.changes.send(Arc::new(session));
    }

    pub(super) fn sign(&self, session: SessionId, generation: u64) -> Result<String, String> {
        (self.sign)(session, generation)
    }

    /// What a session's runner is to run; the error is for people.
    pub(super) fn setup(&self, core: &Core) -> Result<Setup, String> {
        let agent = match core.charter.agent.as_str() {
            "opencode" => AgentSetup::Opencode,
            "claude" => AgentSetup::Claude,
            "codex" => AgentSetup::Codex,
            "gemini" => AgentSetup::Gemini,
            other => AgentSetup::Custom {
                command: self.custom_agents.get(other).cloned().ok_or_else(|| {
                    format!(
                        "The agent “{other}” is not configured any more. Make a session with another one."
                    )
                })?,
            },
        };
        Ok(Setup {
            agent,
            model: self
                .catalog
                .setup(&core.model)
                .map_err(|error| error.to_string())?,
            permissions: core.charter.permissions,
            repository: core.charter.repository.clone(),
            environment: core.charter.environment.clone(),
        })
    }
}

/// Watches over the actors of sessions. One that fails has written nothing it should not have: it is
/// forgotten, and opened again from the disk by whoever needs it next.
struct Supervisor;

impl Actor for Supervisor {
    type Msg = ();
    type State = Arc<Shared>;
    type Arguments = Arc<Shared>;

    async fn pre_start(
        &self,
        _: ActorRef<()>,
        shared: Arc<Shared>,
    ) -> Result<Arc<Shared>, ActorProcessingErr> {
        Ok(shared)
    }

    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<()>,
        event: SupervisionEvent,
        shared: &mut Arc<Shared>,
    ) -> Result<(), ActorProcessingErr> {
        match event {
            SupervisionEvent::ActorFailed(actor, error) => {
                tracing::error!(%error, "a session's actor failed");
                metrics::counter!("sessions_failed").increment(1);
                shared.forget_actor(actor.get_id());
            }
            SupervisionEvent::ActorTerminated(actor, ..) => shared.forget_actor(actor.get_id()),
            _ => {}
        }
        Ok(())
    }
}
