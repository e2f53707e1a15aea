//! What the proxy asks of the sessions it serves: who is calling, and take note of what the call took.
//! Implemented by the session side; the proxy never learns how.

use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};

use shared::turn::Usage;
use shared::{SessionId, TurnId};

use super::failure::CallFailure;

/// Whose call it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The session whose sandbox calls.
    pub session: SessionId,
    /// The turn that runs there, if one does: titles are sometimes made between turns.
    pub turn: Option<TurnId>,
}

/// Why a caller may not call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// The token is nobody's: answered with 401.
    UnknownToken,
    /// The token was good once, but a younger sandbox has taken over, or the session is archived: 403.
    Retired,
}

/// Names one call in logs and reports; unique in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CallId(u64);

impl CallId {
    pub(super) fn next() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self(LAST.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "call-{}", self.0)
    }
}

/// What happened to a call. Each call has one `Started` and exactly one of the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallReport {
    /// It was sent to the provider.
    Started {
        /// Which call.
        call: CallId,
        /// The provider's id.
        provider: &'static str,
        /// The model that was asked for.
        model: String,
    },
    /// The provider answered to the end. Reported before the caller sees the end of the answer.
    Finished {
        /// Which call.
        call: CallId,
        /// The provider's id.
        provider: &'static str,
        /// The model that was asked for.
        model: String,
        /// What the provider says it took; `None` when it does not say.
        usage: Option<Usage>,
    },
    /// There was no whole answer.
    Failed {
        /// Which call.
        call: CallId,
        /// The provider's id.
        provider: &'static str,
        /// The model that was asked for.
        model: String,
        /// Why, and what to do about it.
        failure: CallFailure,
    },
    /// The caller hung up before the end, as agents do when a person stops a turn. What it took is unknown.
    Abandoned {
        /// Which call.
        call: CallId,
        /// The provider's id.
        provider: &'static str,
        /// The model that was asked for.
        model: String,
    },
}

/// The sessions, as the proxy sees them.
pub trait Ledger: Send + Sync + 'static {
    /// Who holds this sandbox token, and what they are doing now.
    fn admit(&self, token: &str) -> impl Future<Output = Result<Caller, Denied>> + Send;

    /// Takes note. Must not block: it runs between two chunks of a stream.
    fn report(&self, caller: &Caller, report: CallReport);
}
