//! What this installation can do: `GET /api/capabilities`.

use serde::{Deserialize, Serialize};

/// What this installation can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Capabilities {
    /// The server's version.
    pub version: String,
    /// How sandboxes are made here.
    pub sandbox: SandboxCapabilities,
    /// Agents to choose from; the default first.
    pub agents: Vec<AgentChoice>,
    /// Models to choose from; the default first.
    pub models: Vec<ModelChoice>,
    /// The bounds of requests.
    pub limits: Limits,
}

/// How sandboxes are made here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SandboxCapabilities {
    /// The provider: `process`.
    pub provider: String,
    /// Whether a sandbox is fenced off from the host's files and processes.
    pub isolated: bool,
    /// What to say to people when it is not: how to change that.
    pub warning: Option<String>,
}

/// An agent to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgentChoice {
    /// Give this as `agent`.
    pub id: String,
    /// What to call it.
    pub name: String,
    /// Whether it is installed.
    pub available: bool,
    /// How to install it when it is not.
    pub hint: Option<String>,
}

/// A model to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModelChoice {
    /// Give this as `model`: `<provider>/<model>`.
    pub id: String,
    /// What to call it.
    pub name: String,
    /// What to call its provider.
    pub provider_name: String,
    /// True for the built-in scripted model: a demonstration, not an intelligence.
    pub demo: bool,
}

/// The bounds of requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// Bytes of a prompt.
    pub prompt_bytes: usize,
    /// Prompts in a queue.
    pub queue_length: usize,
}
