//! The bridge between the orchestrator and the agent: one loop that feeds the pure core with all that
//! happens, one after the other, and performs what follows. Owns the agent and the workspace.

pub mod core;

mod workspace;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use shared::Timestamp;
use shared::runner::RunnerCommand;
use tokio::sync::{mpsc, watch};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::agent::launch::{self, Places};
use crate::agent::{Agent, AgentEvent, Responder};
use crate::outbox::{Outbox, OutboxError, Record};
use crate::relay::{ModelCall, Relay};
use core::{Core, Effect, Input};

pub use workspace::Preparation;

/// How often deltas are written, and time is looked at, while a turn runs.
const TICK: Duration = Duration::from_millis(30);

/// Inputs that are taken together, so that their reports share a transaction.
const TOGETHER: usize = 64;

/// The bridge and its means.
pub struct Bridge {
    core: Core,
    outbox: Arc<Outbox>,
    relay: Relay,
    places: Places,
    preparation: Preparation,
    agent: Option<Agent>,
    ready: watch::Sender<bool>,
    responders: HashMap<u64, Responder>,
    tickets: u64,
    /// Where tasks put their results.
    results: mpsc::Sender<Input>,
}

impl Bridge {
    /// Runs the bridge until `stop`; then the turn that runs is ended, and the agent with all that it
    /// started.
    ///
    /// # Errors
    /// When the outbox cannot be read.
    pub async fn run(
        outbox: Arc<Outbox>,
        (relay, mut calls): (Relay, mpsc::Receiver<ModelCall>),
        places: Places,
        preparation: Preparation,
        ready: watch::Sender<bool>,
        mut commands: mpsc::Receiver<RunnerCommand>,
        stop: CancellationToken,
    ) -> Result<(), OutboxError> {
        let (results, mut inputs) = mpsc::channel(64);
        let core = Core::new(preparation.workspace().to_owned(), outbox.remembered()?);
        let mut bridge = Self {
            core,
            outbox,
            relay,
            places,
            preparation,
            agent: None,
            ready,
            responders: HashMap::new(),
            tickets: 0,
            results,
        };
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let input = tokio::select! {
                () = stop.cancelled() => break,
                Some(command) = commands.recv() => match input_of(command) {
                    Some(input) => input,
                    None => continue,
                },
                Some(input) = inputs.recv() => input,
                Some(call) = calls.recv() => Input::ModelCall(call),
                event = next_event(&mut bridge.agent) => bridge.input_of_event(event),
                _ = ticks.tick(), if bridge.core.is_busy() => {
                    Input::Tick { calls_in_flight: bridge.relay.calls_in_flight() }
                }
            };
            bridge.take(input).await;
        }
        bridge.take_one(Input::Stop).await;
        Ok(())
    }

    /// Takes an input and what else the agent has said by now.
    async fn take(&mut self, input: Input) {
        let mut effects = self.core.apply(input, Timestamp::now());
        for _ in 0..TOGETHER {
            if effects.iter().any(|effect| !matches!(effect, Effect::Write(_))) {
                break;
            }
            let Some(event) = self.agent.as_mut().and_then(|agent| agent.events.try_recv().ok()) else {
                break;
            };
            let input = self.input_of_event(Some(event));
            effects.extend(self.core.apply(input, Timestamp::now()));
        }
        self.perform(effects).await;
    }

    async fn take_one(&mut self, input: Input) {
        let effects = self.core.apply(input, Timestamp::now());
        self.perform(effects).await;
    }

    /// Performs effects in their order; what is written down is on disk before the next other effect.
    async fn perform(&mut self, effects: Vec<Effect>) {
        let mut records = Vec::new();
        for effect in effects {
            match effect {
                Effect::Write(record) => records.push(record),
                effect => {
                    self.write(std::mem::take(&mut records)).await;
                    self.act(effect).await;
                }
            }
        }
        self.write(records).await;
        self.ready
            .send_if_modified(|ready| std::mem::replace(ready, self.core.agent_ready()) != *ready);
    }

    /// Writes records down. When the disk refuses, everything waits until it takes them.
    async fn write(&mut self, records: Vec<Record>) {
        while let Err(error) = self.outbox.append(records.clone()).await {
            tracing::error!(%error, "the agent waits until this is put right");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    async fn act(&mut self, effect: Effect) {
        match effect {
            Effect::Write(_) => {}
            Effect::PrepareWorkspace(repository) => {
                let (preparation, outbox, results) = (
                    self.preparation.clone(),
                    self.outbox.clone(),
                    self.results.clone(),
                );
                tokio::spawn(async move {
                    let prepared = preparation.prepare(repository, &outbox, &results).await;
                    let _ = results.send(Input::Workspace(prepared)).await;
                });
            }
            Effect::StartAgent { setup, resume } => {
                let started = launch::plan(&setup, &self.places).and_then(|launch| {
                    let mark = self.outbox.name().to_owned();
                    Agent::start(launch, self.preparation.workspace().to_owned(), mark, resume)
                });
                match started {
                    Ok(agent) => self.agent = Some(agent),
                    Err(reason) => {
                        let results = self.results.clone();
                        tokio::spawn(async move { results.send(Input::AgentFailed(reason)).await });
                    }
                }
            }
            Effect::Prompt(text) => {
                if let Some(agent) = &self.agent {
                    agent.prompt(text).await;
                }
            }
            Effect::CancelPrompt => {
                if let Some(agent) = &self.agent {
                    agent.cancel().await;
                }
            }
            Effect::EndAgent { gently } => {
                self.responders.clear();
                if let Some(agent) = self.agent.take() {
                    agent.end(gently).await;
                }
            }
            Effect::Respond { ticket, option } => {
                if let Some(responder) = self.responders.remove(&ticket) {
                    responder.answer(option);
                }
            }
            Effect::TakeChanges => {
                let (preparation, outbox, results) = (
                    self.preparation.clone(),
                    self.outbox.clone(),
                    self.results.clone(),
                );
                tokio::spawn(async move {
                    let changes = preparation.changes(&outbox).await;
                    let _ = results.send(Input::Changes(changes)).await;
                });
            }
        }
    }

    fn input_of_event(&mut self, event: Option<AgentEvent>) -> Input {
        match event {
            Some(AgentEvent::Ready {
                agent,
                session,
                resumed,
            }) => Input::AgentReady {
                agent,
                session,
                resumed,
            },
            Some(AgentEvent::Failed(reason)) => Input::AgentFailed(reason),
            Some(AgentEvent::Update(update)) => Input::AgentUpdate(update),
            Some(AgentEvent::Asks { request, responder }) => {
                self.tickets += 1;
                self.responders.insert(self.tickets, responder);
                Input::AgentAsks {
                    ticket: self.tickets,
                    request,
                }
            }
            Some(AgentEvent::PromptEnded(result)) => Input::PromptEnded(result),
            Some(AgentEvent::Exited(how)) => Input::AgentExited(how),
            None => Input::AgentExited("its connection ended".to_owned()),
        }
    }
}

async fn next_event(agent: &mut Option<Agent>) -> Option<AgentEvent> {
    match agent {
        Some(agent) => agent.events.recv().await,
        None => std::future::pending().await,
    }
}

/// What a command means to the core; acknowledgements and farewells are the link's.
fn input_of(command: RunnerCommand) -> Option<Input> {
    match command {
        RunnerCommand::Welcome { setup, .. } | RunnerCommand::Configure { setup } => {
            Some(Input::Setup(setup))
        }
        RunnerCommand::StartTurn { turn_id, text } => Some(Input::StartTurn { turn_id, text }),
        RunnerCommand::Abort { turn_id } => Some(Input::Abort(turn_id)),
        RunnerCommand::Answer {
            question_id,
            option_id,
        } => Some(Input::Answer {
            question_id,
            option_id,
        }),
        RunnerCommand::Ack { .. } | RunnerCommand::Shutdown => None,
    }
}
