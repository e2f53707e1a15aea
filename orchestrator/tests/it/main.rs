//! The orchestrator as its clients and runners see it: real listeners, real sockets, a real database.
//! Most run in this process with a provider that starts nothing (`support`); `chaos` runs whole
//! installations in processes of their own, with the real agent. One binary, a file per behaviour.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on has failed, and says why"
)]

mod auth;
mod chaos;
mod errors;
mod follower;
mod installation;
mod openapi;
mod providers;
mod runner_link;
mod sockets;
mod support;
mod watching;
mod web;
