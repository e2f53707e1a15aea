//! Sessions: durable work of people with one agent on one workspace.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{SessionId, UserId};
use crate::sandbox::Sandbox;
use crate::time::Timestamp;
use crate::turn::StopReason;

/// A session as lists and its own page show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// What people call it; taken from the first prompt when nobody named it.
    pub title: String,
    /// Whether it takes prompts.
    pub status: SessionStatus,
    /// What goes on in it. Derived, never stored.
    pub activity: Activity,
    /// The model of the next turn, `<provider>/<model>`.
    pub model: String,
    /// The agent: a preset's name.
    pub agent: String,
    /// Whether the agent asks before it acts.
    pub permissions: Permissions,
    /// Its sandbox.
    pub sandbox: Sandbox,
    /// The repository in its workspace, if it was made with one.
    pub repository: Option<Repository>,
    /// How its last turn ended; null before the first did.
    pub last_stop_reason: Option<StopReason>,
    /// The sequence number of its newest event.
    pub last_seq: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its newest event was.
    pub updated_at: Timestamp,
    /// Who made it.
    pub created_by: Person,
}

/// Whether a session takes prompts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum SessionStatus {
    /// It does.
    Open,
    /// It is kept to read.
    Archived,
}

/// What goes on in a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Activity {
    /// Nothing.
    Idle,
    /// Prompts wait for a sandbox.
    Queued,
    /// A turn runs.
    Working,
    /// A turn waits for a human to answer a question.
    Waiting,
}

/// Whether the agent asks before it runs commands and changes files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Permissions {
    /// It acts; the sandbox is the fence.
    #[default]
    Allow,
    /// It asks a human before each command and each change.
    Ask,
}

/// A git repository and a branch of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Repository {
    /// Where to clone it from: an `https` address without credentials.
    pub url: String,
    /// The branch to start from; the repository's default when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub branch: Option<String>,
}

/// A person, as others see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// Their id.
    pub id: UserId,
    /// What to call them.
    pub name: String,
}

/// `POST /api/sessions`. Every field may be left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[ts(optional_fields)]
pub struct CreateSession {
    /// At most 200 characters.
    pub title: Option<String>,
    /// What to clone into the workspace.
    pub repository: Option<Repository>,
    /// A preset's name from `/api/capabilities`.
    pub agent: Option<String>,
    /// `<provider>/<model>`.
    pub model: Option<String>,
    /// Whether the agent asks before it acts.
    pub permissions: Option<Permissions>,
    /// A first prompt, at most 64 KiB.
    pub prompt: Option<String>,
    /// Variables for the agent and its commands. Not secret: they are stored and shown in clear.
    pub environment: Option<BTreeMap<String, String>>,
}

/// `PATCH /api/sessions/:id`. What is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[ts(optional_fields)]
pub struct UpdateSession {
    /// A new title, at most 200 characters.
    pub title: Option<String>,
    /// The model of the next turn.
    pub model: Option<String>,
    /// `open` takes a session out of the archive; `archived` puts it there.
    pub status: Option<SessionStatus>,
}
