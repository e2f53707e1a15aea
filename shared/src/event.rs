//! Events: the committed, past-tense facts of a session, numbered without gaps.

use serde::{Deserialize, Serialize};

use crate::changes::Changes;
use crate::id::{PromptId, QuestionId, TurnId};
use crate::message::{Message, Part};
use crate::prompt::Prompt;
use crate::question::Question;
use crate::sandbox::Sandbox;
use crate::session::{Permissions, Person, Repository, SessionStatus};
use crate::time::Timestamp;
use crate::turn::{Turn, TurnOutcome};

/// An event: `{"seq": 7, "at": "…", "type": "…", …}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Its number in its session: 1, 2, 3, … without gaps.
    pub seq: u64,
    /// When it was.
    pub at: Timestamp,
    /// What it was.
    #[serde(flatten)]
    pub body: EventBody,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
pub enum EventBody {
    /// The session was made.
    #[serde(rename = "session.created")]
    SessionCreated {
        /// Its title.
        title: String,
        /// Its agent.
        agent: String,
        /// Its model.
        model: String,
        /// Whether the agent asks before it acts.
        permissions: Permissions,
        /// Its repository.
        repository: Option<Repository>,
        /// Who made it.
        created_by: Person,
    },
    /// Its title, model or status changed; what is absent stayed.
    #[serde(rename = "session.updated")]
    SessionUpdated {
        /// The new title.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        title: Option<String>,
        /// The new model.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        model: Option<String>,
        /// The new status.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        status: Option<SessionStatus>,
    },
    /// It was put into the archive.
    #[serde(rename = "session.archived")]
    SessionArchived {
        /// By whom.
        by: Person,
    },
    /// Its sandbox took a step.
    #[serde(rename = "sandbox.status")]
    SandboxStatus {
        /// Where it is now.
        sandbox: Sandbox,
    },
    /// A prompt was accepted.
    #[serde(rename = "prompt.queued")]
    PromptQueued {
        /// The prompt.
        prompt: Prompt,
    },
    /// A waiting prompt was withdrawn.
    #[serde(rename = "prompt.cancelled")]
    PromptCancelled {
        /// Which.
        prompt_id: PromptId,
        /// By whom.
        by: Person,
    },
    /// A turn began.
    #[serde(rename = "turn.started")]
    TurnStarted {
        /// The turn.
        turn: Turn,
    },
    /// A turn ended.
    #[serde(rename = "turn.completed")]
    TurnCompleted {
        /// Which.
        turn_id: TurnId,
        /// How: `stopReason`, `usage`, `cost`, `completedAt`.
        #[serde(flatten)]
        outcome: TurnOutcome,
    },
    /// A message began.
    #[serde(rename = "message.created")]
    MessageCreated {
        /// The message, without its parts.
        message: Message,
    },
    /// A part is new or changed.
    #[serde(rename = "part.updated")]
    PartUpdated {
        /// The whole part.
        part: Part,
    },
    /// The agent waits for a human.
    #[serde(rename = "question.asked")]
    QuestionAsked {
        /// The question.
        question: Question,
    },
    /// A human answered.
    #[serde(rename = "question.answered")]
    QuestionAnswered {
        /// Which question.
        question_id: QuestionId,
        /// The chosen option.
        option_id: String,
        /// By whom.
        by: Person,
    },
    /// A question went away without an answer: its turn ended.
    #[serde(rename = "question.expired")]
    QuestionExpired {
        /// Which question.
        question_id: QuestionId,
    },
    /// The workspace was compared with its beginning.
    #[serde(rename = "git.changed")]
    GitChanged {
        /// The turn after which it was.
        turn_id: TurnId,
        /// What differs; the patch itself is at `GET …/diff`.
        changes: Changes,
    },
    /// Something went wrong, or went right again after it had.
    #[serde(rename = "error")]
    Error(SessionError),
}

/// Something that went wrong in a session, said to people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionError {
    /// The stable name: `model_rate_limited`, `agent_exited`, …
    pub code: String,
    /// What happened and what follows from it.
    pub message: String,
    /// How bad it is.
    pub severity: Severity,
    /// The turn that it happened in.
    pub turn_id: Option<TurnId>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// For the record: work goes on.
    Info,
    /// Work goes on, but somebody may want to look.
    Warning,
    /// Something ended that should not have.
    Error,
}

impl EventBody {
    /// The event's `type` on the wire.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::SessionCreated { .. } => "session.created",
            Self::SessionUpdated { .. } => "session.updated",
            Self::SessionArchived { .. } => "session.archived",
            Self::SandboxStatus { .. } => "sandbox.status",
            Self::PromptQueued { .. } => "prompt.queued",
            Self::PromptCancelled { .. } => "prompt.cancelled",
            Self::TurnStarted { .. } => "turn.started",
            Self::TurnCompleted { .. } => "turn.completed",
            Self::MessageCreated { .. } => "message.created",
            Self::PartUpdated { .. } => "part.updated",
            Self::QuestionAsked { .. } => "question.asked",
            Self::QuestionAnswered { .. } => "question.answered",
            Self::QuestionExpired { .. } => "question.expired",
            Self::GitChanged { .. } => "git.changed",
            Self::Error(_) => "error",
        }
    }
}
