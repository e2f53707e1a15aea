//! A provider whose sandboxes exist on paper: it takes note of what it is asked for, so that a test can
//! play the runner.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use orchestrator::sandbox::{Capabilities, Keep, Provider, Running, Spec, Work};
use shared::SessionId;
use tokio::sync::Notify;

/// The provider.
pub(super) struct PaperProvider {
    capabilities: Capabilities,
    running: Mutex<HashMap<SessionId, Spec>>,
    started: Notify,
}

impl PaperProvider {
    pub(super) fn new() -> Self {
        Self {
            capabilities: Capabilities {
                isolated: true,
                warning: None,
                can_hibernate: true,
            },
            running: Mutex::default(),
            started: Notify::new(),
        }
    }

    fn sandboxes(&self) -> std::sync::MutexGuard<'_, HashMap<SessionId, Spec>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session's sandbox, as soon as there is one.
    pub(super) async fn sandbox_of(&self, session: SessionId) -> Spec {
        loop {
            let started = self.started.notified();
            if let Some(spec) = self.sandboxes().get(&session) {
                return spec.clone();
            }
            started.await;
        }
    }
}

impl Provider for PaperProvider {
    fn name(&self) -> &'static str {
        "paper"
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn start(&self, spec: Spec) -> Work<'_, ()> {
        Box::pin(async move {
            self.sandboxes().insert(spec.session, spec);
            self.started.notify_waiters();
            Ok(())
        })
    }

    fn stop(&self, session: SessionId) -> Work<'_, ()> {
        Box::pin(async move {
            self.sandboxes().remove(&session);
            Ok(())
        })
    }

    fn destroy(&self, session: SessionId) -> Work<'_, ()> {
        self.stop(session)
    }

    fn find(&self, session: SessionId) -> Work<'_, Option<Running>> {
        Box::pin(async move {
            let generation = self.sandboxes().get(&session).map(|spec| spec.generation);
            Ok(generation.map(|generation| Running { session, generation }))
        })
    }

    fn reap(&self, keep: Keep) -> Work<'_, Vec<Running>> {
        Box::pin(async move {
            let mut sandboxes = self.sandboxes();
            sandboxes.retain(|&session, spec| {
                keep(Running {
                    session,
                    generation: spec.generation,
                })
            });
            Ok(sandboxes
                .iter()
                .map(|(&session, spec)| Running {
                    session,
                    generation: spec.generation,
                })
                .collect())
        })
    }
}
