//! Turns: one prompt at a time, from the queue to a stop reason.

use std::collections::{BTreeMap, BTreeSet};

use shared::event::EventBody;
use shared::limits::PART_TEXT_BYTES;
use shared::message::{Message, Part, PartBody, PartState, Role, ToolStatus};
use shared::prompt::{Prompt, PromptStatus};
use shared::runner::RunnerCommand;
use shared::sandbox::SandboxStatus;
use shared::socket::Delta;
use shared::turn::{StopReason, Turn, TurnOutcome, Usage};
use shared::{MessageId, PartId, QuestionId, Timestamp, TurnId};

use super::{Core, Effect, Step};

/// The turn that runs.
#[derive(Debug, Clone)]
pub(crate) struct RunningTurn {
    pub(crate) turn: Turn,
    pub(crate) prompt: Prompt,
    /// When a human asked it to stop.
    pub(crate) stopping: Option<Timestamp>,
    /// Parts that more is to come of, with all that came so far. Boxed, since a map keeps room for a dozen and
    /// most turns have one or two.
    pub(crate) streaming: BTreeMap<PartId, Box<Part>>,
    /// Answers of humans, kept until the turn ends: a runner that links again may not have heard them.
    pub(crate) answers: BTreeMap<QuestionId, String>,
    /// What its model calls took, as far as providers said.
    pub(crate) usage: Option<Usage>,
    /// What they cost, in billionths of a US dollar; none once a part of it is unknown.
    pub(crate) cost_nanousd: Option<u64>,
    /// Model failures that were said since the last answer: a storm of retries is said once.
    pub(crate) said: BTreeSet<&'static str>,
}

impl RunningTurn {
    pub(crate) fn new(turn: Turn, prompt: Prompt) -> Self {
        Self {
            turn,
            prompt,
            stopping: None,
            streaming: BTreeMap::new(),
            answers: BTreeMap::new(),
            usage: None,
            cost_nanousd: Some(0),
            said: BTreeSet::new(),
        }
    }

    fn command(&self) -> RunnerCommand {
        RunnerCommand::StartTurn {
            turn_id: self.turn.id,
            text: self.prompt.text.clone(),
        }
    }
}

impl Core {
    /// Gives the agent the next prompt if there is one and the agent can take it. The ids of the turn,
    /// of its first message and of that message's part follow from the prompt's: no randomness here.
    pub(super) fn start_next_turn(&mut self, step: &mut Step<'_>) {
        let ready =
            self.sandbox.status == SandboxStatus::Ready && self.link.connected && self.link.agent_ready;
        if self.turn.is_some() || !ready {
            return;
        }
        let Some(mut prompt) = self.queue.pop_front() else {
            return;
        };
        prompt.status = PromptStatus::Running;
        self.turns += 1;
        self.since = step.now;
        let turn = Turn {
            id: TurnId::from_uuid(prompt.id.uuid()),
            number: self.turns,
            prompt_id: prompt.id,
            model: self.model.clone(),
            started_at: step.now,
            outcome: None,
        };
        let message = Message {
            id: MessageId::from_uuid(prompt.id.uuid()),
            turn_id: turn.id,
            role: Role::User,
            author: Some(prompt.author.clone()),
            created_at: prompt.created_at,
        };
        let part = Part {
            id: PartId::from_uuid(prompt.id.uuid()),
            message_id: message.id,
            turn_id: turn.id,
            state: PartState::Done,
            body: PartBody::Text {
                text: prompt.text.clone(),
            },
        };
        let running = RunningTurn::new(turn.clone(), prompt);
        let command = running.command();
        self.turn = Some(Box::new(running));
        self.emit(EventBody::TurnStarted { turn }, step);
        self.emit(EventBody::MessageCreated { message }, step);
        self.emit(EventBody::PartUpdated { part }, step);
        step.effects.push(Effect::Send(command));
    }

    /// Tells a runner that has just linked what it should know of the running turn.
    pub(super) fn brief_runner(
        &mut self,
        runs: Option<TurnId>,
        finished: Option<TurnId>,
        step: &mut Step<'_>,
    ) {
        let current = self.turn.as_ref().map(|running| running.turn.id);
        if let Some(stray) = runs.filter(|id| Some(*id) != current) {
            step.effects
                .push(Effect::Send(RunnerCommand::Abort { turn_id: stray }));
        }
        let Some(running) = &self.turn else { return };
        if runs != current && finished != current {
            step.effects.push(Effect::Send(running.command()));
        }
        if running.stopping.is_some() {
            step.effects.push(Effect::Send(RunnerCommand::Abort {
                turn_id: running.turn.id,
            }));
        }
        for (question_id, option_id) in running.answers.clone() {
            step.effects.push(Effect::Send(RunnerCommand::Answer {
                question_id,
                option_id,
            }));
        }
    }

    /// Asks the agent to stop; the turn ends when the runner says so, or at a deadline.
    pub(super) fn stop_turn(&mut self, step: &mut Step<'_>) {
        let Some(running) = &mut self.turn else { return };
        if running.stopping.is_none() {
            running.stopping = Some(step.now);
        }
        step.effects.push(Effect::Send(RunnerCommand::Abort {
            turn_id: running.turn.id,
        }));
    }

    /// Ends the running turn, if one runs: nothing of it stays open.
    pub(super) fn complete_turn(&mut self, reason: StopReason, step: &mut Step<'_>) {
        let Some(running) = self.turn.take() else { return };
        for (_, mut part) in running.streaming {
            part.state = PartState::Interrupted;
            if let PartBody::ToolCall(call) = &mut part.body {
                call.status = ToolStatus::Failed;
                call.completed_at = Some(step.now);
            }
            self.emit(EventBody::PartUpdated { part: *part }, step);
        }
        for question in std::mem::take(&mut self.questions) {
            self.emit(
                EventBody::QuestionExpired {
                    question_id: question.id,
                },
                step,
            );
        }
        // A turn that a human stopped was stopped, whatever the agent calls it.
        let stop_reason = if running.stopping.is_some() {
            StopReason::Cancelled
        } else {
            reason
        };
        let outcome = TurnOutcome {
            stop_reason,
            usage: running.usage,
            cost: running
                .usage
                .and(running.cost_nanousd)
                .map(|nanos| nanos as f64 / 1e9),
            completed_at: step.now,
        };
        self.since = step.now;
        self.last_stop_reason = Some(stop_reason);
        self.emit(
            EventBody::TurnCompleted {
                turn_id: running.turn.id,
                outcome,
            },
            step,
        );
    }

    /// Takes a part that the runner reports.
    pub(super) fn part_updated(&mut self, part: Part, step: &mut Step<'_>) {
        let Some(running) = self
            .turn
            .as_mut()
            .filter(|running| running.turn.id == part.turn_id)
        else {
            return;
        };
        if part.state == PartState::Streaming {
            running.streaming.insert(part.id, Box::new(part.clone()));
        } else {
            running.streaming.remove(&part.id);
        }
        self.emit(EventBody::PartUpdated { part }, step);
    }

    /// Appends text to a part that streams. Not an event: the part's next report has it all.
    /// False when it does not fit what is known, which the next report mends.
    pub(crate) fn delta(&mut self, delta: &Delta) -> bool {
        let Some(text) = self
            .turn
            .as_mut()
            .and_then(|running| running.streaming.get_mut(&delta.part_id))
            .and_then(|part| part.body.live_text())
        else {
            return false;
        };
        let Ok(offset) = usize::try_from(delta.offset) else {
            return false;
        };
        if offset > text.len()
            || !text.is_char_boundary(offset)
            || offset + delta.text.len() > PART_TEXT_BYTES
        {
            return false;
        }
        text.truncate(offset);
        text.push_str(&delta.text);
        true
    }

    /// The text so far of every part that streams, for somebody who begins to watch.
    pub(crate) fn live_texts(&self) -> Vec<Delta> {
        let Some(running) = &self.turn else {
            return Vec::new();
        };
        let parts = running.streaming.values().cloned();
        parts
            .filter_map(|mut part| {
                let text = std::mem::take(part.body.live_text()?);
                (!text.is_empty()).then_some(Delta {
                    part_id: part.id,
                    offset: 0,
                    text,
                })
            })
            .collect()
    }
}
