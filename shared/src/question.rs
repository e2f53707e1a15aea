//! Questions: the agent waits for a human.

use serde::{Deserialize, Serialize};

use crate::id::{PartId, QuestionId, TurnId};
use crate::time::Timestamp;

/// A question of the agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Question {
    /// Its id.
    pub id: QuestionId,
    /// The turn that waits.
    pub turn_id: TurnId,
    /// The tool call that waits, when it is a permission.
    pub part_id: Option<PartId>,
    /// What is asked, in words: "Run `cargo test`?"
    pub title: String,
    /// The answers to choose from.
    pub options: Vec<QuestionOption>,
    /// When it was asked.
    pub asked_at: Timestamp,
}

/// An answer to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct QuestionOption {
    /// Give this back to choose it.
    pub id: String,
    /// What it says.
    pub label: String,
    /// What it does.
    pub kind: OptionKind,
}

/// What an answer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum OptionKind {
    /// Yes, this time.
    AllowOnce,
    /// Yes, and do not ask again for the like.
    AllowAlways,
    /// No, this time.
    RejectOnce,
    /// No, and never for the like.
    RejectAlways,
}

/// `POST /api/sessions/:id/questions/:id/answer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AnswerQuestion {
    /// The chosen option's id.
    pub option_id: String,
}
