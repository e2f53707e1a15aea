//! Wire types of Roundhouse: what clients, the orchestrator and the runner say to each other.
//!
//! Everything here is plain data: no IO, no async runtime, no rules beyond "is this well-formed".
//! TypeScript for the web is generated from these types (`shared/tests/typescript.rs`), so a change
//! here is a change of the wire.

pub mod capabilities;
pub mod changes;
pub mod event;
pub mod id;
pub mod limits;
pub mod message;
pub mod page;
pub mod problem;
pub mod prompt;
pub mod question;
pub mod runner;
pub mod sandbox;
pub mod session;
pub mod socket;
pub mod time;
pub mod turn;

pub use event::{Event, EventBody, Severity};
pub use id::{MessageId, PartId, PromptId, QuestionId, SessionId, TurnId, UserId};
pub use problem::Problem;
pub use time::Timestamp;
