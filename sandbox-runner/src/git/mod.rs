//! Git in the sandbox: clones the repository into an empty workspace, and compares the workspace with
//! its beginning after each turn. Called by the bridge; changes nothing in a workspace after the clone.
//!
//! Changes are taken with a repository of our own beside the outbox (a *shadow*), whose work tree is the
//! workspace. So a workspace without a repository stays without one, the user's index and commits are
//! never touched, and nothing in a hostile `.git/config` is ever read by us.

mod clone;
mod parse;
mod shadow;

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::Command;

pub use clone::clone;
pub use shadow::{Comparison, Shadow};

/// What a failing git said, at most.
const COMPLAINT_BYTES: usize = 2_000;

/// A git with nobody's configuration, that asks nothing and runs no hook.
fn git(path: &str, home: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .env_clear()
        .env("PATH", path)
        .env("HOME", home)
        .env("LC_ALL", "C.UTF-8")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .args([
            "-c",
            "core.hooksPath=/dev/null",
            "-c",
            "core.fsmonitor=false",
            "-c",
            "gc.auto=0",
        ])
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

async fn run(mut command: Command, within: Duration) -> Result<Output, String> {
    let output = tokio::time::timeout(within, command.output())
        .await
        .map_err(|_| format!("git did not end within {} seconds", within.as_secs()))?
        .map_err(cannot_start)?;
    if output.status.success() {
        return Ok(output);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "git failed ({}): {}",
        output.status,
        crate::bounds::tail(complaint.trim(), COMPLAINT_BYTES)
    ))
}

fn cannot_start(error: std::io::Error) -> String {
    if error.kind() == std::io::ErrorKind::NotFound {
        return "git is not installed in this sandbox. Install it (Debian: `apt install git`).".to_owned();
    }
    format!("git could not be started: {error}")
}

#[cfg(test)]
mod tests;
