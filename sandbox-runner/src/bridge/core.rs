//! The rules of the bridge: what a command, an agent's word or a failure leads to. Pure, driven by the
//! time that it is given; `bridge` performs the effects in their order.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use shared::changes::Changes;
use shared::message::PartState;
use shared::question::{OptionKind, Question, QuestionOption};
use shared::runner::{Report, Setup};
use shared::session::{Permissions, Repository};
use shared::turn::StopReason;
use shared::{QuestionId, Severity, Timestamp, TurnId};

use crate::bounds;
use crate::outbox::{Fact, Record, Remembered};
use crate::relay::ModelCall;
use crate::translate::Translator;
use crate::watchdog::Watchdog;

/// How long an agent has to end a turn that was stopped.
const ABORT_GRACE: Duration = Duration::from_secs(5);

/// Questions that may be open at once; past it an agent is told no.
const QUESTIONS: usize = 32;

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
    Changes(Result<(Changes, String, String), String>),
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Workspace {
    Unprepared,
    Preparing,
    Ready,
}

enum Agent {
    Down,
    Starting(Setup),
    Ready(Setup),
}

enum Phase {
    /// The agent is not up yet.
    Waiting(String),
    Running,
    Aborting {
        until: Timestamp,
    },
    /// The agent is done; the changes are being taken.
    Ending(StopReason),
}

struct Turn {
    id: TurnId,
    phase: Phase,
    translator: Translator,
    watchdog: Watchdog,
    questions: BTreeMap<QuestionId, Asked>,
}

struct Asked {
    ticket: u64,
    options: Vec<String>,
}

/// The bridge's state.
pub struct Core {
    directory: PathBuf,
    setup: Option<Setup>,
    workspace: Workspace,
    agent: Agent,
    turn: Option<Turn>,
    finished: Option<TurnId>,
    agent_session: Option<(String, String)>,
    changes: Option<String>,
    /// The boot failed: it is tried again with the next turn or setup, not before.
    stuck: bool,
}

impl Core {
    /// Begins with what the outbox remembers. `directory` is the workspace.
    pub fn new(directory: PathBuf, remembered: Remembered) -> Self {
        Self {
            directory,
            setup: None,
            workspace: Workspace::Unprepared,
            agent: Agent::Down,
            turn: None,
            finished: remembered.finished,
            agent_session: remembered.agent_session,
            changes: remembered.changes,
            stuck: false,
        }
    }

    /// Whether the agent takes prompts.
    pub const fn agent_ready(&self) -> bool {
        matches!(self.agent, Agent::Ready(_))
    }

    /// Whether a turn runs, so that time matters.
    pub const fn is_busy(&self) -> bool {
        self.turn.is_some()
    }

    /// Takes an input and says what follows, in order.
    pub fn apply(&mut self, input: Input, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        match input {
            Input::Setup(setup) => {
                self.stuck &= self.setup.as_ref() == Some(&setup);
                self.setup = Some(setup);
                self.drive(&mut effects);
            }
            Input::StartTurn { turn_id, text } => self.start_turn(turn_id, text, now, &mut effects),
            Input::Abort(turn) => self.abort(turn, now, &mut effects),
            Input::Answer {
                question_id,
                option_id,
            } => self.answer(question_id, option_id, &mut effects),
            Input::Step(step) => effects.push(report(Report::BootStep { step })),
            Input::Workspace(Ok(base)) => {
                self.workspace = Workspace::Ready;
                effects.push(Effect::Write(Record::Fact(Fact::Base(base))));
                self.drive(&mut effects);
            }
            Input::Workspace(Err(reason)) => {
                self.workspace = Workspace::Unprepared;
                self.boot_failed(reason, &mut effects);
            }
            Input::AgentReady {
                agent,
                session,
                resumed,
            } => self.agent_ready_now(agent, session, resumed, &mut effects),
            Input::AgentFailed(reason) => {
                self.agent = Agent::Down;
                effects.push(Effect::EndAgent { gently: false });
                self.boot_failed(reason, &mut effects);
            }
            Input::AgentUpdate(update) => {
                if let Some(turn) = self.speaking() {
                    turn.watchdog.heard(now);
                    effects.extend(
                        turn.translator
                            .update(&update, now)
                            .into_iter()
                            .map(Effect::Write),
                    );
                }
            }
            Input::AgentAsks { ticket, request } => self.asked(ticket, &request, now, &mut effects),
            Input::PromptEnded(result) => self.prompt_ended(result, now, &mut effects),
            Input::AgentExited(how) => self.agent_exited(&how, now, &mut effects),
            Input::ModelCall(call) => self.model_call(call, now, &mut effects),
            Input::Changes(result) => self.changes_taken(result, &mut effects),
            Input::Tick { calls_in_flight } => self.tick(calls_in_flight, now, &mut effects),
            Input::Stop => self.stop(now, &mut effects),
        }
        effects
    }

    /// Does what is next on the way to a running turn.
    fn drive(&mut self, effects: &mut Vec<Effect>) {
        let Some(setup) = &self.setup else { return };
        if self.stuck {
            return;
        }
        match self.workspace {
            Workspace::Preparing => return,
            Workspace::Unprepared => {
                self.workspace = Workspace::Preparing;
                effects.push(Effect::PrepareWorkspace(setup.repository.clone()));
                return;
            }
            Workspace::Ready => {}
        }
        let prompted = self
            .turn
            .as_ref()
            .is_some_and(|turn| !matches!(turn.phase, Phase::Waiting(_)));
        match &self.agent {
            Agent::Starting(with) | Agent::Ready(with) if with != setup => {
                if prompted {
                    // It takes effect before the next turn.
                    return;
                }
                effects.push(Effect::EndAgent { gently: true });
                self.start_agent(effects);
            }
            Agent::Down if !prompted => self.start_agent(effects),
            Agent::Ready(_) => {
                if let Some(turn) = &mut self.turn
                    && let Phase::Waiting(text) = &mut turn.phase
                {
                    effects.push(Effect::Prompt(std::mem::take(text)));
                    turn.phase = Phase::Running;
                }
            }
            Agent::Down | Agent::Starting(_) => {}
        }
    }

    fn start_agent(&mut self, effects: &mut Vec<Effect>) {
        let Some(setup) = self.setup.clone() else { return };
        let resume = self
            .agent_session
            .as_ref()
            .filter(|(agent, _)| *agent == memory_of(&setup))
            .map(|(_, session)| session.clone());
        effects.push(report(Report::BootStep {
            step: "Starting the agent".to_owned(),
        }));
        effects.push(Effect::StartAgent {
            setup: Box::new(setup.clone()),
            resume,
        });
        self.agent = Agent::Starting(setup);
    }

    fn agent_ready_now(&mut self, agent: String, session: String, resumed: bool, effects: &mut Vec<Effect>) {
        let Agent::Starting(setup) = std::mem::replace(&mut self.agent, Agent::Down) else {
            return;
        };
        let memory = memory_of(&setup);
        self.agent_session = Some((memory.clone(), session.clone()));
        self.agent = Agent::Ready(setup);
        effects.push(Effect::Write(Record::Fact(Fact::AgentSession {
            agent: memory,
            id: session,
        })));
        effects.push(report(Report::AgentReady { agent, resumed }));
        self.drive(effects);
    }

    fn boot_failed(&mut self, reason: String, effects: &mut Vec<Effect>) {
        self.stuck = true;
        effects.push(report(Report::BootFailed {
            reason: reason.clone(),
        }));
        if let Some(turn) = self.turn.take() {
            let message = format!("The turn could not begin. {reason}");
            effects.push(problem(Some(turn.id), "boot_failed", message, Severity::Error));
            self.end_turn(turn.id, StopReason::Error, effects);
        }
    }

    fn start_turn(&mut self, id: TurnId, text: String, now: Timestamp, effects: &mut Vec<Effect>) {
        if self.finished == Some(id) || self.turn.as_ref().is_some_and(|turn| turn.id == id) {
            return;
        }
        if let Some(turn) = &self.turn {
            tracing::warn!(running = %turn.id, assigned = %id, "a turn was assigned while another runs; it is left");
            return;
        }
        effects.push(Effect::Write(Record::Fact(Fact::Accepted(id))));
        self.turn = Some(Turn {
            id,
            phase: Phase::Waiting(text),
            translator: Translator::new(id, self.directory.clone()),
            watchdog: Watchdog::new(now),
            questions: BTreeMap::new(),
        });
        self.stuck = false;
        self.drive(effects);
    }

    fn abort(&mut self, id: TurnId, now: Timestamp, effects: &mut Vec<Effect>) {
        let Some(turn) = self.turn.as_mut().filter(|turn| turn.id == id) else {
            return;
        };
        match &mut turn.phase {
            Phase::Waiting(_) => {
                self.turn = None;
                self.end_turn(id, StopReason::Cancelled, effects);
            }
            Phase::Running => {
                turn.phase = Phase::Aborting {
                    until: now.after(ABORT_GRACE),
                };
                withdraw(turn, true, effects);
                effects.push(Effect::CancelPrompt);
            }
            Phase::Aborting { .. } => {}
            Phase::Ending(stop) => *stop = StopReason::Cancelled,
        }
    }

    fn answer(&mut self, id: QuestionId, option: String, effects: &mut Vec<Effect>) {
        let Some(turn) = &mut self.turn else { return };
        if !turn
            .questions
            .get(&id)
            .is_some_and(|asked| asked.options.contains(&option))
        {
            tracing::warn!(question = %id, "an answer came to a question that is not open, or not one of its options");
            return;
        }
        if let Some(asked) = turn.questions.remove(&id) {
            effects.push(Effect::Write(Record::Fact(Fact::Answered(id))));
            effects.push(Effect::Respond {
                ticket: asked.ticket,
                option: Some(option),
            });
        }
    }

    fn asked(&mut self, ticket: u64, request: &Value, now: Timestamp, effects: &mut Vec<Effect>) {
        let options = options(&request["options"]);
        let allow = self
            .setup
            .as_ref()
            .is_none_or(|setup| setup.permissions == Permissions::Allow);
        let Some(turn) = self
            .turn
            .as_mut()
            .filter(|turn| matches!(turn.phase, Phase::Running))
        else {
            effects.push(Effect::Respond { ticket, option: None });
            return;
        };
        turn.watchdog.heard(now);
        if allow {
            let chosen = [OptionKind::AllowOnce, OptionKind::AllowAlways]
                .iter()
                .find_map(|kind| options.iter().find(|option| option.kind == *kind));
            effects.push(Effect::Respond {
                ticket,
                option: chosen.map(|option| option.id.clone()),
            });
            return;
        }
        let (part_id, records) = turn.translator.asks(&request["toolCall"], now);
        effects.extend(records.into_iter().map(Effect::Write));
        if options.is_empty() || turn.questions.len() >= QUESTIONS {
            effects.push(Effect::Respond { ticket, option: None });
            return;
        }
        let id = QuestionId::new();
        let title = question_title(&request["toolCall"], &self.directory);
        let ids = options.iter().map(|option| option.id.clone()).collect();
        turn.questions.insert(id, Asked { ticket, options: ids });
        let question = Question {
            id,
            turn_id: turn.id,
            part_id,
            title,
            options,
            asked_at: now,
        };
        effects.push(report(Report::QuestionAsked { question }));
    }

    fn prompt_ended(&mut self, result: Result<String, String>, now: Timestamp, effects: &mut Vec<Effect>) {
        let Some(turn) = self.speaking() else { return };
        let stop = match (&turn.phase, result) {
            // The orchestrator owns a cancel, whatever the agent says of it.
            (Phase::Aborting { .. }, _) => StopReason::Cancelled,
            (_, Ok(reason)) => match reason.as_str() {
                "end_turn" => StopReason::EndTurn,
                "max_tokens" | "max_turn_requests" | "refusal" => StopReason::Limit,
                "cancelled" => StopReason::Cancelled,
                unknown => {
                    tracing::info!(
                        reason = unknown,
                        "the agent ended its turn for a reason that is not known here"
                    );
                    StopReason::EndTurn
                }
            },
            (_, Err(message)) => {
                let id = turn.id;
                let message = format!("The agent could not go on: {message}");
                effects.push(problem(Some(id), "agent_error", message, Severity::Error));
                StopReason::Error
            }
        };
        let state = if stop == StopReason::EndTurn || stop == StopReason::Limit {
            PartState::Done
        } else {
            PartState::Interrupted
        };
        self.begin_end(stop, state, now, effects);
    }

    fn agent_exited(&mut self, how: &str, now: Timestamp, effects: &mut Vec<Effect>) {
        let starting = matches!(self.agent, Agent::Starting(_));
        self.agent = Agent::Down;
        effects.push(Effect::EndAgent { gently: false });
        if starting {
            self.boot_failed(format!("The agent ended while it started: {how}"), effects);
            return;
        }
        let Some(turn) = self.speaking() else {
            let message = format!("The agent's process ended ({how}). It starts again with the next prompt.");
            effects.push(problem(None, "agent_exited", message, Severity::Warning));
            return;
        };
        let stop = if matches!(turn.phase, Phase::Aborting { .. }) {
            StopReason::Cancelled
        } else {
            StopReason::Error
        };
        let id = turn.id;
        self.begin_end(stop, PartState::Interrupted, now, effects);
        let message = format!(
            "The agent's process ended in the middle of the turn ({how}). What it did until then is kept; it starts \
             again with the next prompt."
        );
        let at = effects.len() - usize::from(effects.last() == Some(&Effect::TakeChanges));
        effects.insert(at, problem(Some(id), "agent_exited", message, Severity::Error));
    }

    fn model_call(&mut self, call: ModelCall, now: Timestamp, effects: &mut Vec<Effect>) {
        let id = self.turn.as_ref().map(|turn| turn.id);
        match call {
            ModelCall::Answered => {
                if let Some(turn) = &mut self.turn {
                    turn.watchdog.heard(now);
                }
            }
            ModelCall::Interrupted => {
                let message =
                    "A model call was cut before its end. The agent is told so and repeats it.".to_owned();
                effects.push(problem(id, "model_call_interrupted", message, Severity::Warning));
            }
            ModelCall::Repeated => {
                if let Some(turn) = self.speaking() {
                    effects.extend(turn.translator.repeats(now).into_iter().map(Effect::Write));
                }
                let message = "The agent repeated the model call that was cut.".to_owned();
                effects.push(problem(id, "model_call_repeated", message, Severity::Info));
            }
        }
    }

    fn changes_taken(
        &mut self,
        result: Result<(Changes, String, String), String>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(turn) = self.turn.take_if(|turn| matches!(turn.phase, Phase::Ending(_))) else {
            return;
        };
        match result {
            Ok((changes, patch, digest)) => {
                let is_news = match &self.changes {
                    Some(before) => *before != digest,
                    None => !changes.files.is_empty(),
                };
                if is_news {
                    self.changes = Some(digest.clone());
                    effects.push(Effect::Write(Record::Fact(Fact::Changes(digest))));
                    effects.push(report(Report::GitChanged {
                        turn_id: turn.id,
                        changes,
                        patch,
                    }));
                }
            }
            Err(reason) => {
                let message =
                    format!("What the turn changed in the workspace could not be found out: {reason}");
                effects.push(problem(
                    Some(turn.id),
                    "changes_unknown",
                    message,
                    Severity::Warning,
                ));
            }
        }
        if let Phase::Ending(stop) = turn.phase {
            self.end_turn(turn.id, stop, effects);
        }
        self.drive(effects);
    }

    fn tick(&mut self, calls_in_flight: usize, now: Timestamp, effects: &mut Vec<Effect>) {
        let Some(turn) = self.speaking() else { return };
        effects.extend(turn.translator.flush(now).into_iter().map(Effect::Write));
        if let Phase::Aborting { until } = turn.phase {
            if now >= until {
                let id = turn.id;
                self.agent = Agent::Down;
                effects.push(Effect::EndAgent { gently: false });
                let message =
                    "The agent did not stop within 5 seconds and was ended. It starts again with the next \
                               prompt."
                        .to_owned();
                effects.push(problem(Some(id), "agent_ended", message, Severity::Info));
                self.begin_end(StopReason::Cancelled, PartState::Interrupted, now, effects);
            }
            return;
        }
        if !turn.questions.is_empty() {
            // It waits for a human, and says nothing while it does.
            turn.watchdog.heard(now);
        } else if let Some(silence) = turn.watchdog.check(now, calls_in_flight) {
            let minutes = silence.as_secs() / 60;
            let message = match turn.translator.running() {
                Some(title) => format!(
                    "Nothing was heard of the agent for {minutes} minutes, while `{title}` runs. That may take its \
                     time, or hang: wait, or stop the turn."
                ),
                None => format!(
                    "Nothing was heard of the agent for {minutes} minutes, and it calls no model. It may hang: wait, \
                     or stop the turn and ask again."
                ),
            };
            let id = turn.id;
            effects.push(problem(Some(id), "agent_silent", message, Severity::Warning));
        }
    }

    fn stop(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        self.agent = Agent::Down;
        effects.push(Effect::EndAgent { gently: true });
        let Some(mut turn) = self.turn.take() else { return };
        withdraw(&mut turn, false, effects);
        effects.extend(
            turn.translator
                .close(PartState::Interrupted, now)
                .into_iter()
                .map(Effect::Write),
        );
        let stop = match turn.phase {
            Phase::Aborting { .. } => StopReason::Cancelled,
            Phase::Ending(stop) => stop,
            Phase::Waiting(_) | Phase::Running => {
                let message =
                    "The sandbox was told to end while the turn ran. What the agent did until then is kept.";
                effects.push(problem(
                    Some(turn.id),
                    "runner_stopped",
                    message.to_owned(),
                    Severity::Error,
                ));
                StopReason::Error
            }
        };
        self.end_turn(turn.id, stop, effects);
    }

    /// The turn that the agent works on, if it does.
    fn speaking(&mut self) -> Option<&mut Turn> {
        self.turn
            .as_mut()
            .filter(|turn| matches!(turn.phase, Phase::Running | Phase::Aborting { .. }))
    }

    fn begin_end(&mut self, stop: StopReason, state: PartState, now: Timestamp, effects: &mut Vec<Effect>) {
        let Some(turn) = &mut self.turn else { return };
        withdraw(turn, self.agent.is_up(), effects);
        effects.extend(turn.translator.close(state, now).into_iter().map(Effect::Write));
        turn.phase = Phase::Ending(stop);
        effects.push(Effect::TakeChanges);
    }

    fn end_turn(&mut self, turn_id: TurnId, stop_reason: StopReason, effects: &mut Vec<Effect>) {
        self.finished = Some(turn_id);
        effects.push(report(Report::TurnEnded { turn_id, stop_reason }));
    }
}

impl Agent {
    const fn is_up(&self) -> bool {
        !matches!(self, Self::Down)
    }
}

/// The reports of a runner that starts and finds a turn that its predecessor did not end.
pub fn recover(
    remembered: &Remembered,
    parts: Vec<shared::message::Part>,
    questions: Vec<QuestionId>,
    now: Timestamp,
) -> Vec<Record> {
    let Some(turn_id) = remembered
        .accepted
        .filter(|turn| remembered.finished != Some(*turn))
    else {
        return Vec::new();
    };
    let mut reports: Vec<Report> = questions
        .into_iter()
        .map(|question_id| Report::QuestionWithdrawn { question_id })
        .collect();
    reports.extend(parts.into_iter().map(|mut part| {
        part.state = PartState::Interrupted;
        if let shared::message::PartBody::ToolCall(call) = &mut part.body {
            call.status = shared::message::ToolStatus::Failed;
            call.completed_at = Some(now);
        }
        Report::PartUpdated { part }
    }));
    reports.push(Report::Problem {
        turn_id: Some(turn_id),
        code: "runner_restarted".to_owned(),
        message: "The runner in the sandbox ended unexpectedly and started again, so the turn was cut short. What the \
                  agent did until then is kept; the next prompt goes on from there."
            .to_owned(),
        severity: Severity::Error,
    });
    reports.push(Report::TurnEnded {
        turn_id,
        stop_reason: StopReason::Error,
    });
    reports.into_iter().map(Record::Report).collect()
}

/// Takes back what the agent asked; it is told so when it still listens.
fn withdraw(turn: &mut Turn, agent_listens: bool, effects: &mut Vec<Effect>) {
    for (question_id, asked) in std::mem::take(&mut turn.questions) {
        if agent_listens {
            effects.push(Effect::Respond {
                ticket: asked.ticket,
                option: None,
            });
        }
        effects.push(report(Report::QuestionWithdrawn { question_id }));
    }
}

/// Under whose name the agent's memory is kept: another agent cannot load it.
fn memory_of(setup: &Setup) -> String {
    serde_json::to_string(&setup.agent).unwrap_or_default()
}

fn options(options: &Value) -> Vec<QuestionOption> {
    let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
    options
        .iter()
        .filter_map(|option| {
            Some(QuestionOption {
                id: option["optionId"].as_str()?.to_owned(),
                label: bounds::head(option["name"].as_str().unwrap_or("Choose"), 200).to_owned(),
                kind: match option["kind"].as_str()? {
                    "allow_once" => OptionKind::AllowOnce,
                    "allow_always" => OptionKind::AllowAlways,
                    "reject_always" => OptionKind::RejectAlways,
                    _ => OptionKind::RejectOnce,
                },
            })
        })
        .take(16)
        .collect()
}

fn question_title(call: &Value, workspace: &std::path::Path) -> String {
    let title = call["title"].as_str().unwrap_or("this tool");
    let title = title
        .strip_prefix(&format!("{}/", workspace.display()))
        .unwrap_or(title);
    let title = bounds::head(title, 2_000);
    match call["kind"].as_str() {
        Some("execute") => format!("Run `{title}`?"),
        Some("edit") => format!("Change `{title}`?"),
        Some("delete") => format!("Delete `{title}`?"),
        Some("fetch") => format!("Fetch `{title}`?"),
        _ => format!("Allow `{title}`?"),
    }
}

fn report(report: Report) -> Effect {
    Effect::Write(Record::Report(report))
}

fn problem(turn_id: Option<TurnId>, code: &str, message: String, severity: Severity) -> Effect {
    let message = bounds::head(&message, 8_000).to_owned();
    report(Report::Problem {
        turn_id,
        code: code.to_owned(),
        message,
        severity,
    })
}
