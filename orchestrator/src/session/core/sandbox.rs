//! The life of a session's sandbox: one table of steps, and what brings them about.

use std::time::Duration;

use shared::event::{EventBody, Severity};
use shared::sandbox::SandboxStatus;
use shared::session::SessionStatus;
use shared::turn::StopReason;

use super::{Core, Effect, Link, Step};

/// This many breakdowns within [`BREAKDOWN_WINDOW`], and nobody tries again by itself.
const BREAKDOWNS: usize = 3;
const BREAKDOWN_WINDOW: Duration = Duration::from_secs(5 * 60);

/// What happens to a sandbox.
#[derive(Debug, Clone)]
pub(super) enum Signal {
    /// It is asked for.
    Start,
    /// It boots: what it does now.
    Boot(String),
    /// Its agent takes prompts.
    Ready,
    /// It is put to sleep.
    Sleep,
    /// It is gone.
    Ended,
    /// It will not do.
    Fail(String),
}

/// The table of steps. None: there is no such step.
pub(super) fn next(status: &SandboxStatus, signal: Signal) -> Option<SandboxStatus> {
    use SandboxStatus as S;
    Some(match (status, signal) {
        (S::None, Signal::Start) => S::Provisioning,
        (S::Hibernated | S::Stopped | S::Failed { .. }, Signal::Start) => S::Waking,
        (S::Provisioning | S::Waking | S::Booting { .. }, Signal::Boot(step)) => S::Booting { step },
        (S::Provisioning | S::Waking | S::Booting { .. }, Signal::Ready) => S::Ready,
        (S::Provisioning | S::Waking | S::Booting { .. } | S::Ready, Signal::Sleep) => S::Hibernating,
        (S::Hibernating, Signal::Ended) => S::Hibernated,
        (S::Provisioning | S::Waking | S::Booting { .. } | S::Ready, Signal::Ended) => S::Stopped,
        (
            S::Hibernating | S::Provisioning | S::Waking | S::Booting { .. } | S::Ready | S::Stopped,
            Signal::Fail(reason),
        ) => S::Failed { reason },
        _ => return None,
    })
}

/// Whether something of it may be alive.
pub(crate) fn is_live(status: &SandboxStatus) -> bool {
    use SandboxStatus as S;
    match status {
        S::None | S::Hibernated | S::Stopped | S::Failed { .. } => false,
        S::Provisioning | S::Booting { .. } | S::Ready | S::Hibernating | S::Waking => true,
    }
}

/// Whether it is on its way up.
pub(super) fn is_starting(status: &SandboxStatus) -> bool {
    use SandboxStatus as S;
    matches!(status, S::Provisioning | S::Waking | S::Booting { .. })
}

impl Core {
    /// Takes a step of the table, or logs that there is none.
    pub(super) fn sandbox_step(&mut self, signal: Signal, step: &mut Step<'_>) {
        let Some(status) = next(&self.sandbox.status, signal.clone()) else {
            tracing::error!(session = %self.charter.id, status = ?self.sandbox.status, ?signal, "a sandbox cannot do this");
            return;
        };
        if status != self.sandbox.status {
            self.sandbox.status = status;
            self.since = step.now;
            self.emit(
                EventBody::SandboxStatus {
                    sandbox: self.sandbox.clone(),
                },
                step,
            );
        }
    }

    /// Has a sandbox started, unless one is there or on its way.
    pub(super) fn start_sandbox(&mut self, step: &mut Step<'_>) {
        if is_live(&self.sandbox.status) {
            return;
        }
        self.generation += 1;
        self.link = Link {
            connected: false,
            agent_ready: false,
            ..std::mem::take(&mut self.link)
        };
        self.sandbox_step(Signal::Start, step);
        step.effects.push(Effect::StartSandbox {
            generation: self.generation,
        });
    }

    /// Starts a sandbox when a prompt waits for one.
    pub(super) fn wake_if_wanted(&mut self, step: &mut Step<'_>) {
        let wanted = self.turn.is_some() || !self.queue.is_empty();
        if wanted && self.status == SessionStatus::Open {
            self.start_sandbox(step);
        }
    }

    pub(super) fn sandbox_started(&mut self, generation: u64, step: &mut Step<'_>) {
        // The runner may have said hello before the provider came back.
        let early = matches!(
            self.sandbox.status,
            SandboxStatus::Provisioning | SandboxStatus::Waking
        );
        if generation == self.generation && early {
            self.sandbox_step(Signal::Boot("Starting the runner".to_owned()), step);
        }
    }

    pub(super) fn sandbox_start_failed(&mut self, generation: u64, reason: String, step: &mut Step<'_>) {
        if generation == self.generation {
            self.sandbox_failed(reason, step);
        }
    }

    /// It will not do: whatever waits for it waits for somebody to try again.
    pub(super) fn sandbox_failed(&mut self, reason: String, step: &mut Step<'_>) {
        self.link.connected = false;
        self.link.agent_ready = false;
        self.say("sandbox_failed", reason.clone(), Severity::Error, step);
        self.complete_turn(StopReason::Error, step);
        self.sandbox_step(Signal::Fail(reason), step);
    }

    pub(super) fn sandbox_exited(&mut self, generation: u64, detail: &str, step: &mut Step<'_>) {
        if generation != self.generation || !is_live(&self.sandbox.status) {
            return;
        }
        self.link.connected = false;
        self.link.agent_ready = false;
        if self.sandbox.status == SandboxStatus::Hibernating {
            self.sandbox_step(Signal::Ended, step);
            // A prompt that came while it fell asleep.
            self.wake_if_wanted(step);
            return;
        }
        let booting = is_starting(&self.sandbox.status);
        self.breakdowns
            .retain(|&then| step.now.since(then) < BREAKDOWN_WINDOW);
        self.breakdowns.push(step.now);
        let wanted = self.turn.is_some() || !self.queue.is_empty();
        if self.breakdowns.len() >= BREAKDOWNS && (wanted || booting) {
            let reason = format!(
                "The sandbox ended unexpectedly {} times within {} minutes, the last time because {detail}. \
                 Send a prompt or wake it to try again.",
                self.breakdowns.len(),
                BREAKDOWN_WINDOW.as_secs() / 60,
            );
            self.sandbox_failed(reason, step);
            return;
        }
        let follows = if wanted {
            "It is started again."
        } else {
            "The next prompt starts it again."
        };
        let message = format!("The sandbox ended unexpectedly: {detail}. The workspace is kept. {follows}");
        self.say("sandbox_exited", message, Severity::Warning, step);
        self.sandbox_step(Signal::Ended, step);
        self.wake_if_wanted(step);
    }
}
