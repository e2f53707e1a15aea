//! Turns: all that the agent does for one prompt.

use serde::{Deserialize, Serialize};

use crate::id::{PromptId, TurnId};
use crate::time::Timestamp;

/// A turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Turn {
    /// Its id.
    pub id: TurnId,
    /// Counts from 1 in its session.
    pub number: u64,
    /// The prompt that it answers.
    pub prompt_id: PromptId,
    /// The model that it began with.
    pub model: String,
    /// When it began.
    pub started_at: Timestamp,
    /// How it ended; null while it runs.
    pub outcome: Option<TurnOutcome>,
}

/// How a turn ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TurnOutcome {
    /// Why it ended.
    pub stop_reason: StopReason,
    /// What it took, from the providers' own responses; null when no provider said.
    pub usage: Option<Usage>,
    /// What that cost in US dollars; null when a price or a usage is unknown.
    pub cost: Option<f64>,
    /// When it ended.
    pub completed_at: Timestamp,
}

/// Why a turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The agent was done.
    EndTurn,
    /// A person stopped it.
    Cancelled,
    /// Something broke; an `error` event says what.
    Error,
    /// A limit was reached: tokens, requests or refusal by the model.
    Limit,
}

/// Tokens of model calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Read without a cache.
    pub input_tokens: u64,
    /// Written, thinking included.
    pub output_tokens: u64,
    /// Read from the provider's cache.
    pub cache_read_tokens: u64,
    /// Written to the provider's cache.
    pub cache_write_tokens: u64,
    /// How many calls of the model these are.
    pub model_calls: u64,
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.input_tokens += other.input_tokens;
        self.output_tokens += other.output_tokens;
        self.cache_read_tokens += other.cache_read_tokens;
        self.cache_write_tokens += other.cache_write_tokens;
        self.model_calls += other.model_calls;
    }
}
