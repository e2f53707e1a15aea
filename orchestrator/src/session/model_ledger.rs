//! The model proxy's way to sessions: who calls, and what the call took.

use shared::event::Severity;
use shared::{SessionId, Timestamp};

use super::actor::Message;
use super::core::Input;
use super::directory::Sessions;
use crate::models::{CallFailure, CallReport, Caller, Denied, Ledger, pricing};
use crate::storage::ModelCall;

/// Whose a sandbox token is: session and generation.
pub type Verify = Box<dyn Fn(&str) -> Option<(SessionId, u64)> + Send + Sync>;

/// Sessions, as the model proxy sees them.
pub struct SessionLedger {
    sessions: Sessions,
    verify: Verify,
}

impl SessionLedger {
    /// A ledger that believes the tokens that `verify` knows.
    pub fn new(sessions: Sessions, verify: Verify) -> Self {
        Self { sessions, verify }
    }

    fn answered(
        &self,
        caller: &Caller,
        provider: &str,
        model: String,
        usage: Option<shared::turn::Usage>,
    ) -> Input {
        let price = self.sessions.price(provider, &model);
        let cost = usage
            .zip(price)
            .and_then(|(usage, price)| pricing::cost(&usage, &price));
        Input::ModelAnswered(ModelCall {
            turn: caller.turn,
            at: Timestamp::now(),
            provider: provider.to_owned(),
            model,
            usage,
            cost_nanousd: cost.map(|cost| cost.0),
        })
    }
}

impl Ledger for SessionLedger {
    async fn admit(&self, token: &str) -> Result<Caller, Denied> {
        let (session, generation) = (self.verify)(token).ok_or(Denied::UnknownToken)?;
        let handle = self.sessions.open(session).await.map_err(|_| Denied::Retired)?;
        let turn = handle
            .admit(generation)
            .await
            .map_err(|_| Denied::Retired)?
            .ok_or(Denied::Retired)?;
        Ok(Caller { session, turn })
    }

    fn report(&self, caller: &Caller, report: CallReport) {
        let input = match report {
            CallReport::Started { .. } => return,
            CallReport::Finished {
                provider,
                model,
                usage,
                ..
            } => self.answered(caller, provider, model, usage),
            CallReport::Abandoned { provider, model, .. } => self.answered(caller, provider, model, None),
            CallReport::Failed { failure, .. } => Input::ModelFailed {
                code: failure.code(),
                severity: severity(&failure),
                message: failure.to_string(),
            },
        };
        // The session is awake: its sandbox is calling. If it is not, nobody is left to tell.
        self.sessions
            .send(caller.session, Message::Happened(Box::new(input)));
    }
}

/// Agents repeat what may pass by itself; what will not pass needs a person.
fn severity(failure: &CallFailure) -> Severity {
    match failure {
        CallFailure::NotConfigured { .. }
        | CallFailure::Unauthorized { .. }
        | CallFailure::BadRequest { .. } => Severity::Error,
        _ => Severity::Warning,
    }
}
