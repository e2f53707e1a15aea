//! What happens when nothing happens: deadlines, all counted from times that the core was given.

use shared::Timestamp;
use shared::event::Severity;
use shared::sandbox::SandboxStatus;
use shared::turn::StopReason;

use super::sandbox::{Signal, is_starting};
use super::{Core, Effect, Step};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Deadline {
    Stop,
    Boot,
    Link,
    Idle,
}

impl Core {
    /// When [`super::Input::Tick`] is wanted next, if at all.
    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        self.deadlines().map(|(when, _)| when).min()
    }

    fn deadlines(&self) -> impl Iterator<Item = (Timestamp, Deadline)> {
        let stop = self
            .turn
            .as_ref()
            .and_then(|running| running.stopping)
            .map(|asked| (asked.after(self.patience.stop), Deadline::Stop));
        let sandbox = if is_starting(&self.sandbox.status) {
            Some((self.since.after(self.patience.boot), Deadline::Boot))
        } else if self.sandbox.status != SandboxStatus::Ready {
            None
        } else if !self.link.connected {
            Some((self.since.after(self.patience.link), Deadline::Link))
        } else if self.turn.is_none() && self.queue.is_empty() {
            Some((self.since.after(self.patience.idle), Deadline::Idle))
        } else {
            None
        };
        stop.into_iter().chain(sandbox)
    }

    pub(super) fn tick(&mut self, step: &mut Step<'_>) {
        let due: Vec<_> = self.deadlines().filter(|(when, _)| *when <= step.now).collect();
        for (_, deadline) in due {
            match deadline {
                Deadline::Stop => self.force_stop(step),
                Deadline::Boot => self.give_up_boot(step),
                Deadline::Link => self.replace_silent(step),
                Deadline::Idle => {
                    self.sandbox_step(Signal::Sleep, step);
                    step.effects.push(Effect::StopSandbox {
                        generation: self.generation,
                    });
                }
            }
        }
    }

    /// The agent was asked to stop and does not: its sandbox is ended with it.
    fn force_stop(&mut self, step: &mut Step<'_>) {
        let message = "The agent did not stop when asked, so its sandbox was ended. The workspace is kept.";
        self.say(
            "agent_would_not_stop",
            message.to_owned(),
            Severity::Warning,
            step,
        );
        self.complete_turn(StopReason::Cancelled, step);
        if super::is_live(&self.sandbox.status) && self.sandbox.status != SandboxStatus::Hibernating {
            self.sandbox_step(Signal::Sleep, step);
            step.effects.push(Effect::StopSandbox {
                generation: self.generation,
            });
        } else {
            self.wake_if_wanted(step);
        }
    }

    fn give_up_boot(&mut self, step: &mut Step<'_>) {
        let doing = match &self.sandbox.status {
            SandboxStatus::Booting { step } => step.clone(),
            _ => "Provisioning".to_owned(),
        };
        let reason = format!(
            "The sandbox was not ready after {} seconds; the last that was heard of it was “{doing}”. \
             Look at its runner.log, then send a prompt or wake it to try again.",
            self.patience.boot.as_secs(),
        );
        self.sandbox_failed(reason, step);
        step.effects.push(Effect::StopSandbox {
            generation: self.generation,
        });
    }

    /// A sandbox whose runner is not heard of is as good as gone: it is ended and, if there is work,
    /// another one takes its place under the next generation.
    fn replace_silent(&mut self, step: &mut Step<'_>) {
        step.effects.push(Effect::StopSandbox {
            generation: self.generation,
        });
        let detail = format!(
            "its runner was not heard of for {} seconds",
            self.patience.link.as_secs()
        );
        self.sandbox_exited(self.generation, &detail, step);
    }
}
