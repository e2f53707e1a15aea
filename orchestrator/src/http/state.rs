//! What handlers work with: the parts of the application, put together by `app.rs`. Holds no state of
//! its own.

use std::ops::Deref;
use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;
use shared::capabilities::AgentChoice;
use tokio::sync::SetOnce;
use url::Url;

use super::lifecycle::Lifecycle;
use super::validate::Choices;
use crate::auth::{Auth, SandboxTokens};
use crate::models::Catalog;
use crate::sandbox::Provider;
use crate::session::Sessions;
use crate::storage::Storage;

/// The parts of the application. Cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Parts>);

/// What [`AppState`] holds.
pub struct Parts {
    /// The sessions.
    pub sessions: Sessions,
    /// Who is calling.
    pub auth: Auth,
    /// Which sandbox is calling.
    pub sandbox_tokens: SandboxTokens,
    /// The models.
    pub catalog: Arc<Catalog>,
    /// The agents to choose from, the default first.
    pub agents: Vec<AgentChoice>,
    /// Who makes sandboxes, once that is open.
    pub provider: Arc<SetOnce<Arc<dyn Provider>>>,
    /// What browsers call this server.
    pub public_url: Url,
    /// Whether repositories may be on this machine, over plain `http`.
    pub local_repositories: bool,
    /// When everything ends.
    pub lifecycle: Lifecycle,
    /// What was measured.
    pub metrics: PrometheusHandle,
}

impl AppState {
    /// Shares the parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The database, to read.
    pub fn storage(&self) -> &Storage {
        self.sessions.storage()
    }

    /// The agent of sessions that name none.
    pub fn default_agent(&self) -> &str {
        self.agents.first().map_or("opencode", |agent| agent.id.as_str())
    }

    /// Calls `check` with what can be chosen here.
    pub fn with_choices<T>(&self, check: impl FnOnce(&Choices<'_>) -> T) -> T {
        check(&Choices {
            agents: &self.agents,
            model: &|name| self.catalog.setup(name).is_ok(),
            local_repositories: self.local_repositories,
        })
    }
}

impl Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
