//! What every session's actor shares: the database, the provider, the catalog of models, and the table
//! of who is awake. Made by the directory; knows no rules.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ractor::ActorRef;
use shared::SessionId;
use shared::runner::{AgentSetup, Setup};
use shared::session::Session;
use tokio::sync::{OnceCell, Semaphore, broadcast};

use super::actor::{ActorAddress, Message};
use super::core::{Core, Patience};
use super::directory::Sign;
use crate::models::Catalog;
use crate::models::pricing::Price;
use crate::sandbox::Provider;
use crate::storage::Storage;

/// What every session's actor shares.
pub(super) struct Context {
    pub(super) storage: Storage,
    pub(super) provider: Arc<dyn Provider>,
    pub(super) orchestrator_url: String,
    pub(super) runner_environment: BTreeMap<String, String>,
    pub(super) rest_after: Duration,
    pub(super) catalog: Arc<Catalog>,
    pub(super) prices: HashMap<(String, String), Price>,
    pub(super) sign: Sign,
    pub(super) custom_agents: BTreeMap<String, Vec<String>>,
    pub(super) patience: Patience,
    pub(super) awake: Mutex<HashMap<SessionId, Slot>>,
    pub(super) changes: broadcast::Sender<Arc<Session>>,
}

/// A session that is awake, or is being woken.
pub(super) type Slot = Arc<OnceCell<(ActorAddress, Arc<Semaphore>)>>;

impl Context {
    pub(super) fn slot(&self, id: SessionId) -> Slot {
        Arc::clone(
            self.awake
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .entry(id)
                .or_default(),
        )
    }

    pub(super) fn take_slot(&self, id: SessionId) -> Option<Slot> {
        self.awake
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&id)
    }

    pub(super) fn forget_slot(&self, id: SessionId, slot: &Slot) {
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

    pub(super) fn forget_actor(&self, actor: ractor::ActorId) {
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
