//! Prompts: instructions queued for or given to the agent.

use serde::{Deserialize, Serialize};

use crate::id::PromptId;
use crate::session::Person;
use crate::time::Timestamp;

/// A prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Prompt {
    /// Its id.
    pub id: PromptId,
    /// What it says.
    pub text: String,
    /// How it came in.
    pub mode: PromptMode,
    /// Where it is.
    pub status: PromptStatus,
    /// Where it came from.
    pub origin: Origin,
    /// Whose it is.
    pub author: Person,
    /// When it was accepted.
    pub created_at: Timestamp,
}

/// What a prompt does when a turn runs already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum PromptMode {
    /// Waits its turn.
    #[default]
    Queue,
    /// Stops the running turn and goes next.
    Steer,
}

/// Where a prompt is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum PromptStatus {
    /// It waits.
    Queued,
    /// Its turn runs.
    Running,
    /// Its turn ended.
    Completed,
    /// It was withdrawn before its turn.
    Cancelled,
}

/// Where a prompt came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Origin {
    /// A browser.
    Web,
    /// A program.
    Api,
}

/// `POST /api/sessions/:id/prompts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreatePrompt {
    /// What it says: 1 byte to 64 KiB.
    pub text: String,
    /// What it does when a turn runs already.
    #[serde(default)]
    #[ts(optional, as = "Option<PromptMode>")]
    pub mode: PromptMode,
}
