//! What the model proxy tells: usage and cost of the running turn, and failures said once.

use shared::event::Severity;

use super::{Core, Effect, Step};
use crate::storage::ModelCall;

impl Core {
    pub(super) fn model_answered(&mut self, call: ModelCall, step: &mut Step<'_>) {
        if let Some(running) = self
            .turn
            .as_mut()
            .filter(|running| call.turn == Some(running.turn.id))
        {
            running.said.clear();
            running.add(&call);
        }
        step.effects.push(Effect::KeepModelCall(call));
    }

    pub(super) fn model_failed(
        &mut self,
        code: &'static str,
        message: String,
        severity: Severity,
        step: &mut Step<'_>,
    ) {
        // An agent repeats a failed call, some of them for ever: its first failure is news, the rest are not.
        let news = self.turn.as_mut().is_none_or(|running| running.said.insert(code));
        if news {
            self.say(code, message, severity, step);
        }
    }
}

impl super::RunningTurn {
    /// Counts a call of this turn.
    pub(super) fn add(&mut self, call: &ModelCall) {
        if let Some(usage) = call.usage {
            let mut sum = self.usage.unwrap_or_default();
            sum += usage;
            self.usage = Some(sum);
        }
        self.cost_nanousd = match (self.cost_nanousd, call.cost_nanousd) {
            (Some(sum), Some(cost)) => sum.checked_add(cost),
            _ => None,
        };
    }
}
