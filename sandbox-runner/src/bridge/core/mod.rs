//! The rules of the bridge: what a command, an agent's word or a failure leads to. Pure, driven by the
//! time that it is given; `bridge` performs the effects in their order.

mod input;
mod question;
mod recover;
mod turn;

use std::path::PathBuf;

use shared::runner::{Report, Setup};
use shared::turn::StopReason;
use shared::{Severity, Timestamp, TurnId};

use crate::bounds;
use crate::outbox::{Fact, Record, Remembered};
use crate::relay::ModelCall;
use turn::{Phase, Turn};

pub use input::{Effect, Input};
pub use recover::recover;

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
            Input::Workspace(_) if self.workspace != Workspace::Preparing => {}
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
            Input::AgentFailed(_) if !matches!(self.agent, Agent::Starting(_)) => {}
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
            Input::AgentExited(_) if !self.agent.is_up() => {}
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
        if let Some(turn) = self.turn.take_if(|turn| matches!(turn.phase, Phase::Waiting(_))) {
            let message = format!("The turn could not begin. {reason}");
            effects.push(problem(Some(turn.id), "boot_failed", message, Severity::Error));
            self.end_turn(turn.id, StopReason::Error, effects);
        }
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
}

impl Agent {
    const fn is_up(&self) -> bool {
        !matches!(self, Self::Down)
    }
}

/// Under whose name the agent's memory is kept: another agent cannot load it.
fn memory_of(setup: &Setup) -> String {
    serde_json::to_string(&setup.agent).unwrap_or_default()
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

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
