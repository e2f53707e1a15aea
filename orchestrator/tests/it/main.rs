//! The orchestrator as its clients and runners see it: real listeners, real sockets, a real database,
//! and a provider that starts nothing. One binary, a file per behaviour.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod auth;
mod errors;
mod openapi;
mod runner_link;
mod sockets;
mod support;
mod web;
