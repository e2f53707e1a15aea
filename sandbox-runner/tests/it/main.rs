//! The runner as a process, with the real OpenCode, between a fake orchestrator and a scripted model.

mod support;
mod turn;
