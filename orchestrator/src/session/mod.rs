//! Sessions: one actor each while it is awake, which alone may change it.
//!
//! [`Sessions`] is the directory and [`SessionHandle`] the only way in; nobody else sees a channel.
//! The rules are in `core`, which is pure; the actor performs what the rules ask for, in the order
//! commit, publish, call out.

mod actor;
mod context;
mod core;
mod creation;
mod directory;
mod effects;
mod error;
mod frame;
mod handle;
mod model_ledger;
mod runner_link;
mod subscription;
mod watchers;

use shared::prompt::{Origin, PromptMode};
use shared::session::Person;

pub use creation::{Answer, NewSession};
pub use directory::{Options, Sessions, Sign};
pub use error::SessionError;
pub use frame::{Batch, Frame};
pub use handle::SessionHandle;
pub use model_ledger::{SessionLedger, Verify};
pub use runner_link::{LinkOrder, RunnerLink};
pub use subscription::{Ended, Subscription};

/// A prompt to queue, or to steer with. Its text is validated already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPrompt {
    /// What it says.
    pub text: String,
    /// What it does when a turn runs already.
    pub mode: PromptMode,
    /// Where it came from.
    pub origin: Origin,
    /// Whose it is.
    pub author: Person,
}
