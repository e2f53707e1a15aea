//! The rules of one turn: how it begins, goes on and ends, however it ends.

use std::collections::BTreeMap;
use std::time::Duration;

use shared::message::PartState;
use shared::runner::Report;
use shared::turn::StopReason;
use shared::{QuestionId, Severity, Timestamp, TurnId};

use super::question::{Asked, withdraw};
use super::{Agent, Core, Effect, problem, report};
use crate::git::Comparison;
use crate::outbox::{Fact, Record};
use crate::translate::Translator;
use crate::watchdog::Watchdog;

/// How long an agent has to end a turn that was stopped.
const ABORT_GRACE: Duration = Duration::from_secs(5);

pub(super) enum Phase {
    /// The agent is not up yet.
    Waiting(String),
    Running,
    Aborting {
        until: Timestamp,
    },
    /// The agent is done; the changes are being taken.
    Ending(StopReason),
}

/// The turn that was taken on.
pub(super) struct Turn {
    pub(super) id: TurnId,
    pub(super) phase: Phase,
    pub(super) translator: Translator,
    pub(super) watchdog: Watchdog,
    pub(super) questions: BTreeMap<QuestionId, Asked>,
}

impl Core {
    pub(super) fn start_turn(&mut self, id: TurnId, text: String, now: Timestamp, effects: &mut Vec<Effect>) {
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

    pub(super) fn abort(&mut self, id: TurnId, now: Timestamp, effects: &mut Vec<Effect>) {
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

    pub(super) fn prompt_ended(
        &mut self,
        result: Result<String, String>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
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

    pub(super) fn agent_exited(&mut self, how: &str, now: Timestamp, effects: &mut Vec<Effect>) {
        let starting = matches!(self.agent, Agent::Starting(_));
        self.agent = Agent::Down;
        effects.push(Effect::EndAgent { gently: false });
        if starting {
            self.boot_failed(format!("The agent ended while it started: {how}"), effects);
            return;
        }
        let Some(turn) = self.speaking() else {
            let message = format!("The agent's process ended ({how}). It starts again for the next prompt.");
            effects.push(problem(None, "agent_exited", message, Severity::Warning));
            return;
        };
        let stop = if matches!(turn.phase, Phase::Aborting { .. }) {
            StopReason::Cancelled
        } else {
            StopReason::Error
        };
        let message = format!(
            "The agent's process ended in the middle of the turn ({how}). What it did until then is kept; it starts \
             again for the next prompt."
        );
        effects.push(problem(Some(turn.id), "agent_exited", message, Severity::Error));
        self.begin_end(stop, PartState::Interrupted, now, effects);
    }

    pub(super) fn changes_taken(&mut self, result: Result<Comparison, String>, effects: &mut Vec<Effect>) {
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

    pub(super) fn tick(&mut self, calls_in_flight: usize, now: Timestamp, effects: &mut Vec<Effect>) {
        let Some(turn) = self.speaking() else { return };
        effects.extend(turn.translator.flush(now).into_iter().map(Effect::Write));
        if let Phase::Aborting { until } = turn.phase {
            if now >= until {
                let id = turn.id;
                self.agent = Agent::Down;
                effects.push(Effect::EndAgent { gently: false });
                let message =
                    "The agent did not stop within 5 seconds and was ended. It starts again for the next \
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

    pub(super) fn stop(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
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
    pub(super) fn speaking(&mut self) -> Option<&mut Turn> {
        self.turn
            .as_mut()
            .filter(|turn| matches!(turn.phase, Phase::Running | Phase::Aborting { .. }))
    }

    pub(super) fn begin_end(
        &mut self,
        stop: StopReason,
        state: PartState,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Some(turn) = &mut self.turn else { return };
        withdraw(turn, self.agent.is_up(), effects);
        effects.extend(turn.translator.close(state, now).into_iter().map(Effect::Write));
        turn.phase = Phase::Ending(stop);
        effects.push(Effect::TakeChanges);
    }

    pub(super) fn end_turn(&mut self, turn_id: TurnId, stop_reason: StopReason, effects: &mut Vec<Effect>) {
        self.finished = Some(turn_id);
        effects.push(report(Report::TurnEnded { turn_id, stop_reason }));
    }
}
