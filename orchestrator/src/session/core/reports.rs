//! The runner's word: hello, and reports that are each taken once and in order.

use shared::event::{EventBody, SessionError};
use shared::runner::{Hello, NumberedReport, Report, RunnerCommand, close};
use shared::sandbox::SandboxStatus;

use super::sandbox::{Signal, is_live, is_starting};
use super::{Core, Effect, Refusal, Step};

impl Core {
    pub(super) fn hello(&mut self, hello: &Hello, step: &mut Step<'_>) -> Result<(), Refusal> {
        if hello.generation != self.generation {
            return Err(Refusal::RunnerSuperseded);
        }
        if !is_live(&self.sandbox.status) {
            return Err(Refusal::RunnerUnwanted);
        }
        if hello.outbox != self.link.outbox {
            self.link.outbox.clone_from(&hello.outbox);
            self.link.last_report = 0;
        }
        self.link.connected = true;
        self.link.agent_ready = hello.agent_ready;
        self.since = step.now;
        step.effects.push(Effect::Welcome {
            ack: self.link.last_report,
        });
        if is_starting(&self.sandbox.status) {
            let signal = if hello.agent_ready {
                Signal::Ready
            } else {
                Signal::Boot("Starting the agent".to_owned())
            };
            self.sandbox_step(signal, step);
        }
        self.brief_runner(hello.running, hello.finished, step);
        self.start_next_turn(step);
        Ok(())
    }

    pub(super) fn link_lost(&mut self, step: &mut Step<'_>) {
        self.link.connected = false;
        self.since = step.now;
    }

    pub(super) fn reports(&mut self, reports: Vec<NumberedReport>, step: &mut Step<'_>) {
        for NumberedReport { number, report, .. } in reports {
            if number <= self.link.last_report {
                continue;
            }
            if number != self.link.last_report + 1 {
                tracing::error!(session = %self.charter.id, number, last = self.link.last_report, "a report is missing");
                step.effects.push(Effect::CloseLink(close::RESTARTING));
                break;
            }
            self.link.last_report = number;
            self.report(report, step);
        }
        step.effects.push(Effect::Send(RunnerCommand::Ack {
            number: self.link.last_report,
        }));
    }

    fn report(&mut self, report: Report, step: &mut Step<'_>) {
        let current = self.turn.as_ref().map(|running| running.turn.id);
        match report {
            Report::BootStep { step: doing } => {
                if is_starting(&self.sandbox.status) {
                    self.sandbox_step(Signal::Boot(doing), step);
                }
            }
            Report::AgentReady { .. } => {
                self.link.agent_ready = true;
                if is_starting(&self.sandbox.status) {
                    self.sandbox_step(Signal::Ready, step);
                }
                self.start_next_turn(step);
            }
            Report::BootFailed { reason } => {
                if matches!(self.sandbox.status, SandboxStatus::Ready) || is_starting(&self.sandbox.status) {
                    self.sandbox_failed(reason, step);
                    step.effects.push(Effect::StopSandbox {
                        generation: self.generation,
                    });
                }
            }
            Report::MessageCreated { message } => {
                if Some(message.turn_id) == current {
                    self.emit(EventBody::MessageCreated { message }, step);
                }
            }
            Report::PartUpdated { part } => self.part_updated(part, step),
            Report::QuestionAsked { question } => {
                if Some(question.turn_id) == current {
                    self.questions.push(question.clone());
                    self.emit(EventBody::QuestionAsked { question }, step);
                }
            }
            Report::QuestionWithdrawn { question_id } => {
                if let Some(place) = self
                    .questions
                    .iter()
                    .position(|question| question.id == question_id)
                {
                    self.questions.remove(place);
                    self.emit(EventBody::QuestionExpired { question_id }, step);
                }
            }
            Report::GitChanged {
                turn_id,
                changes,
                patch,
            } => {
                self.emit(EventBody::GitChanged { turn_id, changes }, step);
                step.effects.push(Effect::KeepPatch(patch));
            }
            Report::Problem {
                turn_id,
                code,
                message,
                severity,
            } => {
                self.emit(
                    EventBody::Error(SessionError {
                        code,
                        message,
                        severity,
                        turn_id,
                    }),
                    step,
                );
            }
            Report::TurnEnded { turn_id, stop_reason } => {
                if Some(turn_id) == current {
                    self.complete_turn(stop_reason, step);
                    self.start_next_turn(step);
                }
            }
        }
    }
}
