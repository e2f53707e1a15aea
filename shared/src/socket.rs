//! The client's socket, `GET /api/sessions/:id/ws`: commands in, frames out. See docs/PROTOCOL.md.

use serde::{Deserialize, Serialize};

use crate::changes::Changes;
use crate::event::{Event, SessionError};
use crate::id::{PartId, PromptId, QuestionId};
use crate::message::{Message, Part};
use crate::problem::Problem;
use crate::prompt::{Prompt, PromptMode};
use crate::question::Question;
use crate::session::{Person, Session};
use crate::time::Timestamp;
use crate::turn::Turn;

/// What a client sends. `requestId` comes back in the reply; for a prompt it is also its
/// idempotency key, so that a client may send it again after a lost connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ClientCommand {
    /// Queue a prompt, or steer with it.
    Prompt {
        /// Comes back in the reply.
        request_id: String,
        /// 1 byte to 64 KiB.
        text: String,
        /// What it does when a turn runs already.
        #[serde(default)]
        #[ts(optional, as = "Option<PromptMode>")]
        mode: PromptMode,
    },
    /// Withdraw a waiting prompt.
    CancelPrompt {
        /// Comes back in the reply.
        request_id: String,
        /// Which.
        prompt_id: PromptId,
    },
    /// Stop the running turn.
    Abort {
        /// Comes back in the reply.
        request_id: String,
    },
    /// Answer a question.
    Answer {
        /// Comes back in the reply.
        request_id: String,
        /// Which.
        question_id: QuestionId,
        /// The chosen option.
        option_id: String,
    },
    /// This person types; others see it for a few seconds. Has no reply.
    Typing,
    /// Is anybody there?
    Ping {
        /// Comes back in the reply.
        request_id: String,
    },
}

/// What the server sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ServerFrame {
    /// The whole state: the first frame when the client came without `?after=`.
    View(Box<SessionView>),
    /// A committed event.
    Event {
        /// The event.
        event: Event,
    },
    /// Text that was appended to a part that still streams. Not history: a client that missed one
    /// gets the part's text so far in one delta with offset 0.
    Delta(Delta),
    /// Who watches, and who types.
    Presence {
        /// Everybody, the receiver included, once each.
        present: Vec<Presence>,
    },
    /// The answer to a command.
    Reply {
        /// The command's.
        request_id: String,
        /// What became of it.
        #[serde(flatten)]
        result: CommandResult,
    },
}

/// Text that was appended to a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Delta {
    /// Which part.
    pub part_id: PartId,
    /// Where in the part's text it goes, in bytes of UTF-8. A client that has more already drops
    /// the overlap; 0 replaces all.
    pub offset: u64,
    /// What to put there.
    pub text: String,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(tag = "status", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum CommandResult {
    /// It was done, and is durable.
    Done {
        /// The prompt, when the command made one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        prompt: Option<Prompt>,
    },
    /// It was not, and nothing changed.
    Refused {
        /// Why.
        problem: Problem,
    },
}

/// Somebody who watches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "camelCase")]
pub struct Presence {
    /// Who.
    pub person: Person,
    /// Whether they typed within the last few seconds.
    pub typing: bool,
}

/// The whole state of a session for somebody who begins to watch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    /// The session.
    pub session: Session,
    /// The newest turns, oldest first.
    pub turns: Vec<Turn>,
    /// Their messages, in order.
    pub messages: Vec<Message>,
    /// Their parts, in order.
    pub parts: Vec<Part>,
    /// What went wrong in them, in order.
    pub errors: Vec<TimedError>,
    /// The cursor of `GET …/messages` for what came before; null when everything is here.
    pub earlier: Option<String>,
    /// Prompts that wait, in order.
    pub queue: Vec<Prompt>,
    /// Questions that wait for an answer.
    pub questions: Vec<Question>,
    /// What differs in the workspace, as of the last turn.
    pub changes: Option<Changes>,
    /// Everything up to and including this event is in the view.
    pub seq: u64,
    /// Who watches. Filled for the socket; empty elsewhere.
    #[schema(ignore)]
    pub present: Vec<Presence>,
}

/// An `error` event in a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TimedError {
    /// Its number.
    pub seq: u64,
    /// When it was.
    pub at: Timestamp,
    /// What it says.
    #[serde(flatten)]
    pub error: SessionError,
}

/// One turn with all that it holds: an entry of `GET …/messages`, newest turn first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ts_rs::TS, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TurnTranscript {
    /// The turn.
    pub turn: Turn,
    /// Its messages, in order.
    pub messages: Vec<Message>,
    /// Their parts, in order.
    pub parts: Vec<Part>,
    /// What went wrong in it.
    pub errors: Vec<TimedError>,
}
