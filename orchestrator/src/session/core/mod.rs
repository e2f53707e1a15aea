//! The rules of a session, and nothing else: no clock, no randomness, no IO.
//!
//! The actor gives every input and the time to [`Core::apply`], gets effects back, and performs them
//! in the order commit, publish, call out. The state here may be ahead of the disk only within that
//! one step: an actor whose commit fails is thrown away with its core.

mod commands;
mod deadlines;
mod model_calls;
mod reports;
mod restore;
mod sandbox;
mod turn;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use shared::event::{EventBody, SessionError, Severity};
use shared::prompt::Prompt;
use shared::question::Question;
use shared::runner::{Hello, NumberedReport, RunnerCommand};
use shared::sandbox::Sandbox;
use shared::session::{Permissions, Person, Repository, SessionStatus, UpdateSession};
use shared::turn::StopReason;
use shared::{Event, PromptId, QuestionId, SessionId, Timestamp};

pub(crate) use commands::title_from;
pub(crate) use sandbox::is_live;
pub(crate) use turn::RunningTurn;

use crate::storage::{Header, ModelCall};

/// What people call a session that nobody named and that has had no prompt.
pub(crate) const UNTITLED: &str = "New session";

/// How long things may take before the session does something about it.
#[derive(Debug, Clone)]
pub(crate) struct Patience {
    /// A sandbox with nothing to do is put to sleep.
    pub(crate) idle: Duration,
    /// From `provisioning` to `ready`.
    pub(crate) boot: Duration,
    /// Without a runner's link while its sandbox is believed to live.
    pub(crate) link: Duration,
    /// From Stop to the end of the turn.
    pub(crate) stop: Duration,
}

/// What a session is made with and keeps.
#[derive(Debug, Clone)]
pub(crate) struct Charter {
    pub(crate) id: SessionId,
    pub(crate) agent: String,
    pub(crate) permissions: Permissions,
    pub(crate) repository: Option<Repository>,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) created_by: Person,
    pub(crate) created_at: Timestamp,
}

/// Something that a session is told.
#[derive(Debug)]
pub(crate) enum Input {
    /// The session was just made.
    Create,
    /// A prompt came in.
    Prompt(Prompt),
    /// A waiting prompt is withdrawn.
    CancelPrompt { id: PromptId, by: Person },
    /// The running turn shall stop.
    Abort,
    /// A question is answered.
    Answer {
        question: QuestionId,
        option: String,
        by: Person,
    },
    /// Title, model or status change.
    Update { update: UpdateSession, by: Person },
    /// The sandbox shall sleep.
    Hibernate,
    /// The sandbox shall wake.
    Wake,
    /// The session is about to be removed.
    Delete,
    /// The provider has started the sandbox of a generation.
    SandboxStarted { generation: u64 },
    /// The provider could not start it.
    SandboxStartFailed { generation: u64, reason: String },
    /// It is gone.
    SandboxExited { generation: u64, detail: String },
    /// A runner dialled in.
    Hello(Hello),
    /// A runner's link is cut.
    LinkLost,
    /// A runner's reports, in order.
    Reports(Vec<NumberedReport>),
    /// A provider answered a model call.
    ModelAnswered(ModelCall),
    /// A model call came to nothing: the error's code and what to say to people.
    ModelFailed {
        code: &'static str,
        message: String,
        severity: Severity,
    },
    /// Time has passed.
    Tick,
}

/// Something that a session wants done.
#[derive(Debug, PartialEq)]
pub(crate) enum Effect {
    /// Make this event durable, then publish it.
    Commit(Event),
    /// Make this patch durable with the `git.changed` before it.
    KeepPatch(String),
    /// Make this model call durable.
    KeepModelCall(ModelCall),
    /// Send this to the runner, if it is linked: it asks again when it links.
    Send(RunnerCommand),
    /// Welcome the runner: everything up to `ack` is committed.
    Welcome { ack: u64 },
    /// Tell the runner that agent or model changed.
    Configure,
    /// Cut the runner's link with this close code.
    CloseLink(u16),
    /// Have the provider start a sandbox.
    StartSandbox { generation: u64 },
    /// Have the provider end the sandbox; it answers with `SandboxExited`.
    StopSandbox { generation: u64 },
}

/// Why an input was refused. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Archived,
    QueueFull,
    PromptNotFound,
    PromptNotQueued,
    NothingRunning,
    QuestionNotFound,
    OptionUnknown,
    Busy,
    RunnerSuperseded,
    RunnerUnwanted,
}

/// What is known of the runner.
#[derive(Debug, Clone, Default)]
struct Link {
    /// The outbox that numbers the reports.
    outbox: String,
    /// The highest report that was taken.
    last_report: u64,
    connected: bool,
    agent_ready: bool,
}

/// A session's whole state.
#[derive(Debug, Clone)]
pub(crate) struct Core {
    pub(crate) charter: Charter,
    pub(crate) title: String,
    pub(crate) status: SessionStatus,
    pub(crate) model: String,
    pub(crate) last_seq: u64,
    pub(crate) updated_at: Timestamp,
    pub(crate) sandbox: Sandbox,
    pub(crate) generation: u64,
    pub(crate) turn: Option<Box<RunningTurn>>,
    pub(crate) questions: Vec<Question>,
    queue: VecDeque<Prompt>,
    turns: u64,
    last_stop_reason: Option<StopReason>,
    link: Link,
    /// When the sandbox took its last step, the link changed, or work ended: deadlines count from here.
    since: Timestamp,
    /// When sandboxes broke, newest last: past a few in a row nobody tries again by itself.
    breakdowns: Vec<Timestamp>,
    patience: Patience,
}

/// The effects of one step, as they gather.
struct Step<'a> {
    now: Timestamp,
    effects: &'a mut Vec<Effect>,
}

impl Core {
    /// A session that was just made: give it [`Input::Create`] first.
    pub(crate) fn new(
        charter: Charter,
        title: String,
        model: String,
        provider: String,
        patience: Patience,
    ) -> Self {
        let since = charter.created_at;
        Self {
            charter,
            title,
            status: SessionStatus::Open,
            model,
            last_seq: 0,
            updated_at: since,
            sandbox: Sandbox {
                provider,
                status: shared::sandbox::SandboxStatus::None,
            },
            generation: 0,
            turn: None,
            questions: Vec::new(),
            queue: VecDeque::new(),
            turns: 0,
            last_stop_reason: None,
            link: Link::default(),
            since,
            breakdowns: Vec::new(),
            patience,
        }
    }

    /// The one way in.
    pub(crate) fn apply(&mut self, input: Input, now: Timestamp) -> Result<Vec<Effect>, Refusal> {
        let mut effects = Vec::new();
        let step = &mut Step {
            now,
            effects: &mut effects,
        };
        match input {
            Input::Create => self.created(step),
            Input::Prompt(prompt) => self.prompt(prompt, step)?,
            Input::CancelPrompt { id, by } => self.cancel_prompt(id, by, step)?,
            Input::Abort => self.abort(step)?,
            Input::Answer { question, option, by } => self.answer(question, option, by, step)?,
            Input::Update { update, by } => self.update(update, by, step),
            Input::Hibernate => self.hibernate(step)?,
            Input::Wake => self.wake(step)?,
            Input::Delete => self.end_work(step),
            Input::SandboxStarted { generation } => self.sandbox_started(generation, step),
            Input::SandboxStartFailed { generation, reason } => {
                self.sandbox_start_failed(generation, reason, step);
            }
            Input::SandboxExited { generation, detail } => self.sandbox_exited(generation, &detail, step),
            Input::Hello(hello) => self.hello(&hello, step)?,
            Input::LinkLost => self.link_lost(step),
            Input::Reports(reports) => self.reports(reports, step),
            Input::ModelAnswered(call) => self.model_answered(call, step),
            Input::ModelFailed {
                code,
                message,
                severity,
            } => {
                self.model_failed(code, message, severity, step);
            }
            Input::Tick => self.tick(step),
        }
        Ok(effects)
    }

    /// The row that goes with a commit of this state.
    pub(crate) fn header(&self) -> Header {
        Header {
            title: self.title.clone(),
            status: self.status,
            model: self.model.clone(),
            sandbox: self.sandbox.clone(),
            generation: self.generation,
            outbox: self.link.outbox.clone(),
            last_report: self.link.last_report,
            turns: self.turns,
            turn_running: self.turn.is_some(),
            last_stop_reason: self.last_stop_reason,
            queued: self.queue.len(),
            questions: self.questions.len(),
        }
    }

    /// The number of the turn that runs or last ran.
    pub(crate) fn turn_number(&self) -> u64 {
        self.turns
    }

    /// Whether everything that this session is stands in its row, so that its actor may go.
    pub(crate) fn may_rest(&self) -> bool {
        !is_live(&self.sandbox.status) && self.turn.is_none() && !self.link.connected
    }

    /// Records an event: numbers it, and has it committed and published.
    fn emit(&mut self, body: EventBody, step: &mut Step<'_>) {
        self.last_seq += 1;
        self.updated_at = step.now;
        step.effects.push(Effect::Commit(Event {
            seq: self.last_seq,
            at: step.now,
            body,
        }));
    }

    /// Says to people that something went wrong, or right again.
    fn say(&mut self, code: &str, message: String, severity: Severity, step: &mut Step<'_>) {
        let turn_id = self.turn.as_ref().map(|running| running.turn.id);
        self.emit(
            EventBody::Error(SessionError {
                code: code.to_owned(),
                message,
                severity,
                turn_id,
            }),
            step,
        );
    }
}
