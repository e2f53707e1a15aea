//! What people and programs ask of a session.

use shared::event::EventBody;
use shared::limits::QUEUE_LENGTH;
use shared::prompt::{Prompt, PromptMode};
use shared::runner::RunnerCommand;
use shared::session::{Person, SessionStatus, UpdateSession};
use shared::{PromptId, QuestionId};

use super::sandbox::Signal;
use super::{Core, Effect, Refusal, Step, UNTITLED};

/// Characters of a title that is taken from a prompt.
const TITLE_FROM_PROMPT: usize = 80;

impl Core {
    pub(super) fn created(&mut self, step: &mut Step<'_>) {
        let event = EventBody::SessionCreated {
            title: self.title.clone(),
            agent: self.charter.agent.clone(),
            model: self.model.clone(),
            permissions: self.charter.permissions,
            repository: self.charter.repository.clone(),
            created_by: self.charter.created_by.clone(),
        };
        self.emit(event, step);
    }

    pub(super) fn prompt(&mut self, prompt: Prompt, step: &mut Step<'_>) -> Result<(), Refusal> {
        if self.status == SessionStatus::Archived {
            return Err(Refusal::Archived);
        }
        if self.queue.len() >= QUEUE_LENGTH {
            return Err(Refusal::QueueFull);
        }
        if self.title == UNTITLED {
            self.title = title_from(&prompt.text);
            let title = Some(self.title.clone());
            self.emit(
                EventBody::SessionUpdated {
                    title,
                    model: None,
                    status: None,
                },
                step,
            );
        }
        self.emit(
            EventBody::PromptQueued {
                prompt: prompt.clone(),
            },
            step,
        );
        match prompt.mode {
            PromptMode::Queue => self.queue.push_back(prompt),
            PromptMode::Steer => {
                let place = self
                    .queue
                    .iter()
                    .take_while(|other| other.mode == PromptMode::Steer)
                    .count();
                self.queue.insert(place, prompt);
                self.stop_turn(step);
            }
        }
        self.wake_if_wanted(step);
        self.start_next_turn(step);
        Ok(())
    }

    pub(super) fn cancel_prompt(
        &mut self,
        id: PromptId,
        by: Person,
        step: &mut Step<'_>,
    ) -> Result<(), Refusal> {
        let Some(place) = self.queue.iter().position(|prompt| prompt.id == id) else {
            let runs = self
                .turn
                .as_ref()
                .is_some_and(|running| running.turn.prompt_id == id);
            return Err(if runs {
                Refusal::PromptNotQueued
            } else {
                Refusal::PromptNotFound
            });
        };
        self.queue.remove(place);
        self.emit(EventBody::PromptCancelled { prompt_id: id, by }, step);
        Ok(())
    }

    pub(super) fn abort(&mut self, step: &mut Step<'_>) -> Result<(), Refusal> {
        if self.turn.is_none() {
            return Err(Refusal::NothingRunning);
        }
        self.stop_turn(step);
        Ok(())
    }

    pub(super) fn answer(
        &mut self,
        id: QuestionId,
        option: String,
        by: Person,
        step: &mut Step<'_>,
    ) -> Result<(), Refusal> {
        let place = self.questions.iter().position(|question| question.id == id);
        let place = place.ok_or(Refusal::QuestionNotFound)?;
        if !self.questions[place]
            .options
            .iter()
            .any(|choice| choice.id == option)
        {
            return Err(Refusal::OptionUnknown);
        }
        self.questions.remove(place);
        self.emit(
            EventBody::QuestionAnswered {
                question_id: id,
                option_id: option.clone(),
                by,
            },
            step,
        );
        if let Some(running) = &mut self.turn {
            running.answers.insert(id, option.clone());
        }
        step.effects.push(Effect::Send(RunnerCommand::Answer {
            question_id: id,
            option_id: option,
        }));
        Ok(())
    }

    pub(super) fn update(&mut self, update: UpdateSession, by: Person, step: &mut Step<'_>) {
        let title = update.title.filter(|title| *title != self.title);
        let model = update.model.filter(|model| *model != self.model);
        if let Some(title) = &title {
            self.title.clone_from(title);
        }
        if let Some(model) = &model {
            self.model.clone_from(model);
        }
        let reopened = update.status == Some(SessionStatus::Open) && self.status == SessionStatus::Archived;
        if reopened {
            self.status = SessionStatus::Open;
        }
        if title.is_some() || model.is_some() || reopened {
            let status = reopened.then_some(SessionStatus::Open);
            self.emit(
                EventBody::SessionUpdated {
                    title,
                    model: model.clone(),
                    status,
                },
                step,
            );
        }
        if model.is_some() {
            step.effects.push(Effect::Configure);
        }
        if update.status == Some(SessionStatus::Archived) && self.status == SessionStatus::Open {
            self.end_work(step);
            for prompt in std::mem::take(&mut self.queue) {
                self.emit(
                    EventBody::PromptCancelled {
                        prompt_id: prompt.id,
                        by: by.clone(),
                    },
                    step,
                );
            }
            self.status = SessionStatus::Archived;
            self.emit(EventBody::SessionArchived { by }, step);
        }
    }

    pub(super) fn hibernate(&mut self, step: &mut Step<'_>) -> Result<(), Refusal> {
        if self.turn.is_some() || !self.queue.is_empty() {
            return Err(Refusal::Busy);
        }
        if super::is_live(&self.sandbox.status) {
            self.sandbox_step(Signal::Sleep, step);
            step.effects.push(Effect::StopSandbox {
                generation: self.generation,
            });
        }
        Ok(())
    }

    pub(super) fn wake(&mut self, step: &mut Step<'_>) -> Result<(), Refusal> {
        if self.status == SessionStatus::Archived {
            return Err(Refusal::Archived);
        }
        self.breakdowns.clear();
        self.start_sandbox(step);
        Ok(())
    }

    /// Ends what runs, at once: the session is put away or removed.
    pub(super) fn end_work(&mut self, step: &mut Step<'_>) {
        self.complete_turn(shared::turn::StopReason::Cancelled, step);
        if super::is_live(&self.sandbox.status) {
            self.sandbox_step(Signal::Sleep, step);
            step.effects.push(Effect::StopSandbox {
                generation: self.generation,
            });
        }
    }
}

/// A title from a prompt: its first line that says something, cut at a word.
pub(crate) fn title_from(text: &str) -> String {
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or(UNTITLED);
    if line.chars().count() <= TITLE_FROM_PROMPT {
        return line.to_owned();
    }
    let cut: String = line.chars().take(TITLE_FROM_PROMPT).collect();
    let end = cut
        .rfind(' ')
        .filter(|&end| end > TITLE_FROM_PROMPT / 2)
        .unwrap_or(cut.len());
    format!("{}…", cut[..end].trim_end())
}
