//! What the rest of the orchestrator knows of sandboxes: a provider starts, stops and finds them.
//!
//! `session/` calls a provider through [`Provider`] and learns of unexpected ends through the [`OnExit`] that the
//! provider was built with. Nothing here knows what a session is about, and no provider ever talks to a runner: the
//! runner dials the orchestrator.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use shared::SessionId;

pub mod process;

/// The answer of a provider, later. A boxed future, so that a provider can be chosen at run time.
pub type Work<'a, T> = Pin<Box<dyn Future<Output = Result<T, ProviderError>> + Send + 'a>>;

/// Called once for each sandbox that ended without having been asked to. It must not block: it is called from the
/// task that watches the sandbox.
pub type OnExit = Arc<dyn Fn(SandboxExit) + Send + Sync>;

/// Whether a sandbox that was found at start shall live on.
pub type Keep = Box<dyn Fn(Running) -> bool + Send + Sync>;

/// Makes sandboxes. All calls for one session are carried out one after another, and each is carried out to its end
/// even when its caller no longer waits.
pub trait Provider: Send + Sync + 'static {
    /// The name under which configuration and clients know it: `process`.
    fn name(&self) -> &'static str;

    /// What its sandboxes can do on this machine.
    fn capabilities(&self) -> &Capabilities;

    /// Starts a sandbox; done when its runner has been launched, which will dial the orchestrator. A sandbox of an
    /// older generation is ended first, the same generation is left as it is, a newer one makes this an error.
    fn start(&self, spec: Spec) -> Work<'_, ()>;

    /// Puts the session's sandbox to sleep: ends every process of it and keeps its files. Done when the last process
    /// is gone; without a sandbox there is nothing to do.
    fn stop(&self, session: SessionId) -> Work<'_, ()>;

    /// [`stop`](Self::stop), and removes the sandbox's files for good.
    fn destroy(&self, session: SessionId) -> Work<'_, ()>;

    /// The session's sandbox, if it lives; asked for by an orchestrator that was restarted. From then on its end is
    /// told as if it had been started here. What is left of a dead one is cleared away.
    fn find(&self, session: SessionId) -> Work<'_, Option<Running>>;

    /// Looks through all sandboxes that earlier orchestrators left behind, ends those that `keep` does not want, and
    /// finds the others, as [`find`](Self::find) does. Files are never removed here.
    fn reap(&self, keep: Keep) -> Work<'_, Vec<Running>>;
}

/// What a provider's sandboxes can do on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// Whether a sandbox is fenced off from the host's files and processes.
    pub isolated: bool,
    /// What to say to people when it is not: why, and how to change that.
    pub warning: Option<String>,
    /// Whether a stopped sandbox can be started again with its workspace as it was.
    pub can_hibernate: bool,
}

/// The sandbox to start.
#[derive(Debug, Clone)]
pub struct Spec {
    /// The session that it is for.
    pub session: SessionId,
    /// Counts the sandboxes of the session; a runner of an older one is refused.
    pub generation: u64,
    /// What the runner signs in with.
    pub token: Token,
    /// Where the runner dials, as seen from inside the sandbox: `http://127.0.0.1:8787`.
    pub orchestrator_url: String,
    /// Further variables of the runner. They cannot replace those that the provider sets.
    pub environment: BTreeMap<String, String>,
}

/// A secret that cannot be printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Wraps a token.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The token itself, for the one place that hands it to the runner.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(…)")
    }
}

/// A sandbox that lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Running {
    /// The session that it is for.
    pub session: SessionId,
    /// Which of the session's sandboxes it is.
    pub generation: u64,
}

/// A sandbox ended that was not asked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxExit {
    /// The session that it was for.
    pub session: SessionId,
    /// Which of the session's sandboxes it was.
    pub generation: u64,
    /// What is known of the reason, as a sentence for people.
    pub detail: String,
}

/// Why a provider could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// A program that sandboxes need is not there.
    #[error("{what} is not at {}; {hint}", path.display())]
    ProgramMissing {
        /// What it is.
        what: &'static str,
        /// Where it was looked for.
        path: PathBuf,
        /// How to get it.
        hint: &'static str,
    },
    /// The disk said no.
    #[error("could not {action} {}: {source}", path.display())]
    Files {
        /// What was tried: "write".
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The runner could not be launched.
    #[error("could not launch the sandbox's runner: {0}")]
    Launch(#[source] io::Error),
    /// A younger sandbox of the session runs already.
    #[error("generation {asked} was asked for, but the session's sandbox is already at generation {running}")]
    Superseded {
        /// What was asked for.
        asked: u64,
        /// What runs.
        running: u64,
    },
    /// Processes stay although they were killed, which happens when they hang in a broken disk or network mount.
    #[error("processes {pids:?} of the sandbox do not end, although they were killed")]
    Unkillable {
        /// Their process ids.
        pids: Vec<i32>,
    },
    /// The orchestrator is going away, or has a bug.
    #[error("the work on the sandbox was cut short")]
    CutShort,
}

impl ProviderError {
    /// For `map_err` on an action of the file system.
    fn files(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Files { action, path, source }
    }
}
