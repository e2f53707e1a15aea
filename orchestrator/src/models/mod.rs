//! Language models: which ones there are ([`catalog`]), what they cost ([`pricing`]), the proxy that
//! sandboxes call them through ([`proxy`]) and the built-in scripted one ([`scripted`]). Called by `http`
//! and `session`; knows neither of them: what it needs of a session it asks through [`Ledger`]. Never
//! touches the database.

pub mod catalog;
mod failure;
mod ledger;
pub mod pricing;
pub mod provider;
pub mod proxy;
pub mod scripted;
mod secret;
mod usage;
mod variables;

pub use catalog::{Catalog, Options, ProviderOptions, UnknownModel};
pub use failure::CallFailure;
pub use ledger::{CallId, CallReport, Caller, Denied, Ledger};
pub use secret::Secret;
pub use variables::VariableError;

/// Bytes of one request (32 MiB: conversations with pictures are large).
pub const REQUEST_BYTES: usize = 32 * 1024 * 1024;
