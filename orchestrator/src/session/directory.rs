//! The directory: which sessions are awake, and where. It opens one on demand, supervises its actor,
//! and forgets it when it rests or fails. An asleep session is not here at all.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ractor::{Actor, ActorProcessingErr, ActorRef, SupervisionEvent};
use shared::session::Session;
use shared::{SessionId, Timestamp};
use tokio::sync::{Semaphore, broadcast};

use super::SessionError;
use super::actor::{ActorAddress, Message, Opening, SessionActor};
use super::context::Context;
use super::core::{Core, Effect, Input, Patience, is_live};
use super::handle::SessionHandle;
use crate::models::Catalog;
use crate::models::pricing::Price;
use crate::sandbox::{Provider, SandboxExit};
use crate::storage::Storage;

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

/// All sessions. Cheap to clone.
#[derive(Clone)]
pub struct Sessions(Arc<Inner>);

struct Inner {
    context: Arc<Context>,
    supervisor: ActorRef<()>,
}

impl Sessions {
    /// The directory. Call [`Sessions::recover`] once the server listens.
    pub async fn start(options: Options) -> Result<Self, ractor::SpawnErr> {
        let context = Arc::new(Context {
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
        let (supervisor, _) = Actor::spawn(None, Supervisor, Arc::clone(&context)).await?;
        Ok(Self(Arc::new(Inner { context, supervisor })))
    }

    pub(super) fn context(&self) -> &Arc<Context> {
        &self.0.context
    }

    /// Where sessions are read.
    pub fn storage(&self) -> &Storage {
        &self.0.context.storage
    }

    /// Every session, whenever what a list shows of it has changed.
    pub fn changes(&self) -> broadcast::Receiver<Arc<Session>> {
        self.0.context.changes.subscribe()
    }

    /// How many sessions are awake.
    pub fn awake(&self) -> usize {
        self.0
            .context
            .awake
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }

    pub(super) fn price(&self, provider: &str, model: &str) -> Option<Price> {
        self.0
            .context
            .prices
            .get(&(provider.to_owned(), model.to_owned()))
            .copied()
    }

    /// The session, woken when it sleeps.
    pub async fn open(&self, id: SessionId) -> Result<SessionHandle, SessionError> {
        let context = &self.0.context;
        let slot = context.slot(id);
        let opened = slot
            .get_or_try_init(|| async {
                let now = Timestamp::now();
                let recovery = context
                    .storage
                    .sessions()
                    .open(id)
                    .await?
                    .ok_or(SessionError::NotFound)?;
                let epoch = recovery.stored.epoch;
                let core = Core::restore(recovery, context.patience.clone(), now);
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
                    context: Arc::clone(context),
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
                context.forget_slot(id, &slot);
                Err(error)
            }
        }
    }

    async fn is_running(&self, id: SessionId, generation: u64) -> bool {
        match self.0.context.provider.find(id).await {
            Ok(running) => running.is_some_and(|running| running.generation == generation),
            Err(error) => {
                tracing::error!(session = %id, %error, "cannot tell whether the sandbox lives");
                false
            }
        }
    }

    pub(super) async fn wake(
        &self,
        id: SessionId,
        core: Core,
        epoch: u64,
        effects: Vec<Effect>,
    ) -> Result<(), SessionError> {
        let context = Arc::clone(&self.0.context);
        let slot = context.slot(id);
        let opening = Opening {
            core,
            epoch,
            context,
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
            .context
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
        let context = &self.0.context;
        if let Err(error) = context.provider.destroy(id).await {
            tracing::error!(session = %id, %error, "a deleted session's sandbox could not be removed");
        }
        context.storage.sessions().delete(id).await?;
        if let Some(slot) = context.take_slot(id)
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

/// Watches over the actors of sessions. One that fails has written nothing it should not have: it is
/// forgotten, and opened again from the disk by whoever needs it next.
struct Supervisor;

impl Actor for Supervisor {
    type Msg = ();
    type State = Arc<Context>;
    type Arguments = Arc<Context>;

    async fn pre_start(
        &self,
        _: ActorRef<()>,
        context: Arc<Context>,
    ) -> Result<Arc<Context>, ActorProcessingErr> {
        Ok(context)
    }

    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<()>,
        event: SupervisionEvent,
        context: &mut Arc<Context>,
    ) -> Result<(), ActorProcessingErr> {
        match event {
            SupervisionEvent::ActorFailed(actor, error) => {
                tracing::error!(%error, "a session's actor failed");
                metrics::counter!("sessions_failed").increment(1);
                context.forget_actor(actor.get_id());
            }
            SupervisionEvent::ActorTerminated(actor, ..) => context.forget_actor(actor.get_id()),
            _ => {}
        }
        Ok(())
    }
}
