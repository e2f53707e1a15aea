//! Messages and their parts: what a conversation is made of.

use serde::{Deserialize, Serialize};

use crate::id::{MessageId, PartId, TurnId};
use crate::session::Person;
use crate::time::Timestamp;

/// An authored entry of the conversation. Its content is its parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// The turn that it belongs to.
    pub turn_id: TurnId,
    /// Who speaks.
    pub role: Role,
    /// The person, when one speaks.
    pub author: Option<Person>,
    /// When it began.
    pub created_at: Timestamp,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// A person.
    User,
    /// The agent.
    Assistant,
}

/// A typed piece of a message. A `part.updated` event carries the whole part and replaces it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// Its id.
    pub id: PartId,
    /// The message that it belongs to.
    pub message_id: MessageId,
    /// The turn that it belongs to.
    pub turn_id: TurnId,
    /// Whether more of it will come.
    pub state: PartState,
    /// What it is.
    #[serde(flatten)]
    pub body: PartBody,
}

/// Whether more of a part will come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum PartState {
    /// It grows: deltas append to its text.
    Streaming,
    /// It is whole.
    Done,
    /// It was cut short: what is here is all that was received.
    Interrupted,
}

/// What a part is. Deltas append to `text`, or to a tool call's `output`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum PartBody {
    /// What somebody says, in Markdown.
    Text {
        /// The Markdown.
        text: String,
    },
    /// What the model thinks before it speaks.
    Thinking {
        /// The Markdown.
        text: String,
    },
    /// A tool that the agent used.
    ToolCall(Box<ToolCall>),
    /// The agent's list of what it means to do; a later one replaces an earlier one.
    Plan {
        /// In order.
        entries: Vec<PlanEntry>,
    },
}

impl PartBody {
    /// The text that deltas append to, if this kind of part takes deltas.
    pub fn live_text(&mut self) -> Option<&mut String> {
        match self {
            Self::Text { text } | Self::Thinking { text } => Some(text),
            Self::ToolCall(call) => Some(&mut call.output),
            Self::Plan { .. } => None,
        }
    }
}

/// A tool that the agent used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ToolCall {
    /// The tool as the agent calls it: `bash`, `read`, …
    pub name: String,
    /// What it does this time, in words: a command, a path.
    pub title: String,
    /// What sort of thing it does.
    pub kind: ToolKind,
    /// How far it is.
    pub status: ToolStatus,
    /// What the agent gave it. Its shape is the tool's own; at most 64 KiB.
    #[ts(type = "unknown")]
    #[schema(value_type = Object)]
    pub input: serde_json::Value,
    /// What it printed or answered: at most the last 64 KiB.
    pub output: String,
    /// True when the beginning of `output` was dropped.
    pub output_truncated: bool,
    /// The exit code of a command.
    pub exit_code: Option<i32>,
    /// The changes that it made, as the agent tells them.
    pub diffs: Vec<FileDiff>,
    /// The files that it touched, relative to the workspace where they are in it.
    pub locations: Vec<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
}

/// What sort of thing a tool does (ACP's kinds).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ToolKind {
    /// Reads files.
    Read,
    /// Changes files.
    Edit,
    /// Removes files.
    Delete,
    /// Moves files.
    Move,
    /// Searches.
    Search,
    /// Runs a command.
    Execute,
    /// Thinks.
    Think,
    /// Fetches from the network.
    Fetch,
    /// Anything else.
    #[default]
    Other,
}

/// How far a tool call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ToolStatus {
    /// Its input still comes, or it waits for a permission.
    Pending,
    /// It runs.
    Running,
    /// It ended well.
    Completed,
    /// It failed, or was cut short.
    Failed,
}

/// A change of one file as the agent tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileDiff {
    /// Relative to the workspace where it is in it.
    pub path: String,
    /// The text before; null when the file is new.
    pub old_text: Option<String>,
    /// The text after.
    pub new_text: String,
}

/// One line of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanEntry {
    /// What is to be done.
    pub content: String,
    /// How far it is.
    pub status: PlanStatus,
}

/// How far a line of a plan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum PlanStatus {
    /// Not begun.
    Pending,
    /// Begun.
    InProgress,
    /// Done.
    Completed,
    /// Given up.
    Cancelled,
}
