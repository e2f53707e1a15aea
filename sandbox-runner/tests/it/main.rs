//! The runner as a process, with the real OpenCode, between a fake orchestrator and a scripted model.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod agent_crash;
mod boot;
mod link;
mod model_calls;
mod questions;
mod runner_crash;
mod support;
mod turn;
