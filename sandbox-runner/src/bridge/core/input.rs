//! What the bridge's core is told, and what it asks to be done. Plain data.

use serde_json::Value;
use shared::runner::Setup;
use shared::session::Repository;
use shared::{QuestionId, TurnId};

use crate::git::Comparison;
use crate::outbox::Record;
use crate::relay::ModelCall;

/// What happens.
#[derive(Debug)]
pub enum Input {
    /// What to run, on each connection and when it changes.
    Setup(Setup),
    /// A turn was assigned, perhaps not for the first time.
    StartTurn {
        /// The turn.
        turn_id: TurnId,
        /// The prompt.
        text: String,
    },
    /// The turn shall stop.
    Abort(TurnId),
    /// A human answered.
    Answer {
        /// The question.
        question_id: QuestionId,
        /// The option.
        option_id: String,
    },
    /// The workspace is being brought up.
    Step(String),
    /// The workspace is there, with the tree that it began with, or could not be made.
    Workspace(Result<String, String>),
    /// The agent takes prompts.
    AgentReady {
        /// Its name, as it gives it.
        agent: String,
        /// Its own id of this session.
        session: String,
        /// Whether it remembers earlier turns.
        resumed: bool,
    },
    /// The agent could not be started.
    AgentFailed(String),
    /// The `update` of a `session/update`.
    AgentUpdate(Value),
    /// A `session/request_permission`; `ticket` names whom to answer.
    AgentAsks {
        /// Names the request.
        ticket: u64,
        /// Its parameters.
        request: Value,
    },
    /// The agent answered the prompt: with a stop reason, or with an error.
    PromptEnded(Result<String, String>),
    /// The agent's process ended by itself.
    AgentExited(String),
    /// Something of note happened to a model call.
    ModelCall(ModelCall),
    /// The workspace was compared with its beginning.
    Changes(Result<Comparison, String>),
    /// Time passes.
    Tick {
        /// Model calls under way.
        calls_in_flight: usize,
    },
    /// The runner was told to end.
    Stop,
}

/// What follows.
#[derive(Debug, PartialEq)]
pub enum Effect {
    /// Write this down.
    Write(Record),
    /// Bring the workspace up.
    PrepareWorkspace(Option<Repository>),
    /// Start the agent, with its memory of this session if it has one.
    StartAgent {
        /// What to run.
        setup: Box<Setup>,
        /// The agent's own id of this session.
        resume: Option<String>,
    },
    /// Give the agent a prompt.
    Prompt(String),
    /// Ask the agent to stop.
    CancelPrompt,
    /// End the agent and all that it started: at once, or after a moment to tidy up.
    EndAgent {
        /// Whether it gets that moment.
        gently: bool,
    },
    /// Answer a permission request: with an option, or that it was cancelled.
    Respond {
        /// Names the request.
        ticket: u64,
        /// The option.
        option: Option<String>,
    },
    /// Compare the workspace with its beginning.
    TakeChanges,
}
