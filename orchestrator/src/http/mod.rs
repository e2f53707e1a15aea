//! The HTTP edge: one file a resource under `routes/`, and what all of them share. Checks who calls and
//! whether a request is well-formed, then asks `session/`, `auth/` or `models/`; it has no rules of its
//! own, and nothing below knows of it.

mod commands;
pub mod error;
pub mod extract;
pub mod kinds;
mod lifecycle;
mod observe;
mod problems;
mod reference;
mod routes;
mod security;
mod serve;
mod socket;
mod sse;
mod state;
mod validate;

pub use lifecycle::Lifecycle;
pub use routes::router;
pub use serve::serve;
pub use state::{AppState, Parts};
