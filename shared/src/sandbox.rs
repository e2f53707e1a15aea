//! A session's sandbox as clients see it.

use serde::{Deserialize, Serialize};

/// The sandbox of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Sandbox {
    /// Which provider makes it: `process`, …
    pub provider: String,
    /// Where it is in its life.
    #[serde(flatten)]
    pub status: SandboxStatus,
}

/// The life of a sandbox. Allowed steps are one table in the orchestrator's `session/core`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(tag = "status", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum SandboxStatus {
    /// There was none yet.
    #[default]
    None,
    /// The provider makes it.
    Provisioning,
    /// It runs; the runner and the agent start.
    Booting {
        /// What it does just now, in words: "Cloning the repository".
        step: String,
    },
    /// The agent takes prompts.
    Ready,
    /// It is being put to sleep.
    Hibernating,
    /// It sleeps; the workspace is kept.
    Hibernated,
    /// It is being started from sleep.
    Waking,
    /// It ended without being asked to, or was ended; the workspace is kept.
    Stopped,
    /// It could not be started or kept; a prompt or `wake` tries again.
    Failed {
        /// What happened and what to try.
        reason: String,
    },
}
