//! One call's word to the ledger: begun once, ended once, whatever happens. Dropping an unfinished call is
//! its abandonment, so a caller that hangs up at any point is noticed.

use std::sync::Arc;

use shared::turn::Usage;

use super::places::Place;
use crate::models::failure::CallFailure;
use crate::models::ledger::{CallId, CallReport, Caller, Ledger};

pub(super) struct Call<L: Ledger> {
    ledger: Arc<L>,
    caller: Caller,
    id: CallId,
    provider: &'static str,
    model: String,
    settled: bool,
    _place: Place,
}

impl<L: Ledger> Call<L> {
    pub(super) fn start(
        ledger: Arc<L>,
        caller: Caller,
        provider: &'static str,
        model: String,
        place: Place,
    ) -> Self {
        let call = Self {
            ledger,
            caller,
            id: CallId::next(),
            provider,
            model,
            settled: false,
            _place: place,
        };
        tracing::debug!(call = %call.id, session = %caller.session, provider, model = call.model, "model call started");
        call.ledger.report(
            &caller,
            CallReport::Started {
                call: call.id,
                provider,
                model: call.model.clone(),
            },
        );
        call
    }

    pub(super) fn finished(&mut self, usage: Option<Usage>) {
        let (call, provider, model) = (self.id, self.provider, self.model.clone());
        self.settle(
            CallReport::Finished {
                call,
                provider,
                model,
                usage,
            },
            "finished",
        );
    }

    pub(super) fn failed(&mut self, failure: CallFailure) {
        tracing::warn!(call = %self.id, session = %self.caller.session, code = failure.code(), "{failure}");
        let (call, provider, model) = (self.id, self.provider, self.model.clone());
        let outcome = failure.code();
        self.settle(
            CallReport::Failed {
                call,
                provider,
                model,
                failure,
            },
            outcome,
        );
    }

    pub(super) fn is_settled(&self) -> bool {
        self.settled
    }

    fn settle(&mut self, report: CallReport, outcome: &'static str) {
        if std::mem::replace(&mut self.settled, true) {
            return;
        }
        metrics::counter!("roundhouse_model_calls_total", "provider" => self.provider, "outcome" => outcome)
            .increment(1);
        self.ledger.report(&self.caller, report);
    }
}

impl<L: Ledger> Drop for Call<L> {
    fn drop(&mut self) {
        let (call, provider, model) = (self.id, self.provider, self.model.clone());
        self.settle(
            CallReport::Abandoned {
                call,
                provider,
                model,
            },
            "abandoned",
        );
    }
}
