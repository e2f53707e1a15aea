//! The runner's link, `GET /runner/ws`: the runner dials, says hello, and sends numbered reports
//! that it keeps until they are acknowledged. See docs/PROTOCOL.md.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::changes::Changes;
use crate::event::Severity;
use crate::id::{QuestionId, SessionId, TurnId};
use crate::message::{Message, Part};
use crate::question::Question;
use crate::session::{Permissions, Repository};
use crate::socket::Delta;
use crate::time::Timestamp;
use crate::turn::StopReason;

/// The protocol's generation. New fields are optional; a change that an older side would
/// misread raises this number.
pub const PROTOCOL: u32 = 1;

/// Close codes of the runner's socket, in the range that RFC 6455 leaves to applications.
pub mod close {
    /// The frame was not one of ours: a bug, or a stranger. Do not dial again with it.
    pub const MALFORMED: u16 = 4400;
    /// A younger sandbox speaks for this session: stop for good.
    pub const SUPERSEDED: u16 = 4409;
    /// The session is gone or archived: stop for good.
    pub const GONE: u16 = 4410;
    /// The orchestrator goes away for a moment: dial again.
    pub const RESTARTING: u16 = 1012;
}

/// What a runner sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum RunnerFrame {
    /// The first frame of each connection.
    Hello(Hello),
    /// A numbered report. Kept by the runner until it is acknowledged.
    Report(NumberedReport),
    /// Text appended to a part. Not kept: the part's next report has it all.
    Delta(Delta),
}

/// A runner introduces itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hello {
    /// [`PROTOCOL`] as the runner was built.
    pub protocol: u32,
    /// The runner's version, for logs.
    pub version: String,
    /// The session that it believes to serve; must be its token's.
    pub session_id: SessionId,
    /// The sandbox's generation; must be its token's, and the session's newest.
    pub generation: u64,
    /// Names the numbering: a fresh outbox has a fresh name and counts from 1 again.
    pub outbox: String,
    /// The highest number given so far; 0 when none was.
    pub last_report: u64,
    /// The turn that runs, if one does.
    pub running: Option<TurnId>,
    /// The last turn that ended, whether or not its report was acknowledged.
    pub finished: Option<TurnId>,
    /// Whether the agent is up and takes prompts.
    pub agent_ready: bool,
}

/// A report and its number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NumberedReport {
    /// 1, 2, 3, … in its outbox.
    pub number: u64,
    /// When the runner saw it.
    pub at: Timestamp,
    /// What it saw.
    pub report: Report,
}

/// What a runner saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Report {
    /// A step of the boot began.
    BootStep {
        /// In words: "Cloning the repository".
        step: String,
    },
    /// The agent takes prompts.
    AgentReady {
        /// Its name, as it gives it.
        agent: String,
        /// Whether it has the earlier turns of this session in mind.
        resumed: bool,
    },
    /// The agent or the workspace could not be brought up. The orchestrator ends this sandbox, and the
    /// next prompt starts another.
    BootFailed {
        /// What happened and what to try.
        reason: String,
    },
    /// A message of the agent began.
    MessageCreated {
        /// The message.
        message: Message,
    },
    /// A part is new or changed.
    PartUpdated {
        /// The whole part.
        part: Part,
    },
    /// The agent waits for a human.
    QuestionAsked {
        /// The question.
        question: Question,
    },
    /// The agent no longer waits for this answer.
    QuestionWithdrawn {
        /// Which.
        question_id: QuestionId,
    },
    /// The workspace was compared with its beginning.
    GitChanged {
        /// The turn after which it was.
        turn_id: TurnId,
        /// The summary.
        changes: Changes,
        /// The unified patch, at most 2 MiB.
        patch: String,
    },
    /// Something went wrong, or went right again: becomes an `error` event.
    Problem {
        /// The turn, if one ran.
        turn_id: Option<TurnId>,
        /// The stable name.
        code: String,
        /// What happened and what follows.
        message: String,
        /// How bad it is.
        severity: Severity,
    },
    /// A turn ended. Nothing more of it follows.
    TurnEnded {
        /// Which.
        turn_id: TurnId,
        /// Why.
        stop_reason: StopReason,
    },
}

/// What the orchestrator sends to a runner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum RunnerCommand {
    /// The answer to a hello: all that the runner needs to work.
    Welcome {
        /// The generation of the protocol that both will speak.
        protocol: u32,
        /// Reports up to this number are committed.
        ack: u64,
        /// What to run.
        setup: Setup,
    },
    /// Reports up to this number are committed: forget them.
    Ack {
        /// The highest committed number.
        number: u64,
    },
    /// The agent or model changed: takes effect before the next turn.
    Configure {
        /// What to run.
        setup: Setup,
    },
    /// Give the agent a prompt. Sent again when it is unsure whether it arrived: a runner that
    /// knows the turn ignores it.
    StartTurn {
        /// The turn.
        turn_id: TurnId,
        /// The prompt.
        text: String,
    },
    /// Stop the turn. A runner that does not run it ignores it.
    Abort {
        /// The turn.
        turn_id: TurnId,
    },
    /// A human answered.
    Answer {
        /// The question.
        question_id: QuestionId,
        /// The chosen option.
        option_id: String,
    },
    /// End the agent and yourself. The workspace stays.
    Shutdown,
}

/// What a runner is to run. Holds nothing secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Setup {
    /// How to start the agent.
    pub agent: AgentSetup,
    /// The model that it shall use.
    pub model: ModelSetup,
    /// Whether it asks before it acts.
    pub permissions: Permissions,
    /// What to clone into an empty workspace.
    pub repository: Option<Repository>,
    /// Variables for the agent and its commands.
    pub environment: BTreeMap<String, String>,
}

/// How to start an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "preset", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum AgentSetup {
    /// OpenCode, the default.
    Opencode,
    /// Claude, by its ACP adapter.
    Claude,
    /// Codex, by its ACP adapter.
    Codex,
    /// Gemini's command line.
    Gemini,
    /// Any command that speaks ACP on its standard streams.
    Custom {
        /// The program and its arguments.
        command: Vec<String>,
    },
}

/// A model and how an agent reaches it: through the runner's relay at `/llm/<provider>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelSetup {
    /// The first half of the model's name: `anthropic`.
    pub provider: String,
    /// The second half: `claude-sonnet-4-5`.
    pub model: String,
    /// The API that the provider speaks.
    pub dialect: Dialect,
    /// Tokens that fit into one call, if known.
    pub context_window: Option<u64>,
    /// Tokens that one answer may have, if known.
    pub output_limit: Option<u64>,
}

/// The APIs of model providers. Paths follow each vendor's own convention for base URLs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Dialect {
    /// `POST {base}/v1/messages`.
    AnthropicMessages,
    /// `POST {base}/chat/completions`.
    OpenaiChat,
    /// `POST {base}/responses`.
    OpenaiResponses,
    /// `POST {base}/v1beta/models/{model}:streamGenerateContent`.
    Gemini,
}
