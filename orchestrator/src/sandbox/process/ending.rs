//! Ends the processes of a sandbox: politely first, then certainly. Called by the provider while it holds the
//! session's turn; returns when none is left.

use std::collections::HashSet;
use std::time::Duration;

use rustix::process::Signal;
use shared::SessionId;
use tokio::time::{Instant, sleep, timeout};

use super::processes::{Identity, marked};
use crate::sandbox::ProviderError;

/// How long the runner may take to end its agent and itself.
const GRACE: Duration = Duration::from_secs(2);

/// How long killed processes may take to disappear.
const PATIENCE: Duration = Duration::from_secs(10);

/// The pause between two looks at what is left.
const PAUSE: Duration = Duration::from_millis(20);

/// Asks the runner to end, waits a little, and kills whatever is left. `process` is what was launched; `fenced`
/// says that it is bubblewrap.
pub(super) async fn end(session: SessionId, process: Identity, fenced: bool) -> Result<(), ProviderError> {
    // Gathered before the runner goes: afterwards nobody knows whose children they were.
    let family = blocking(move || {
        let family = process.descendants();
        runner(process, fenced).signal(Signal::TERM);
        family
    })
    .await?;
    // A runner that does not listen is one of those that are killed below.
    let _ = timeout(GRACE, process.ended(PAUSE)).await;
    let family = family.into_iter().chain([process]).collect();
    sweep(session, None, family).await
}

/// Kills what carries the session's marker (of one generation, or of any) and what is in `family`, until nothing of
/// it is left.
pub(super) async fn sweep(
    session: SessionId,
    generation: Option<u64>,
    family: HashSet<Identity>,
) -> Result<(), ProviderError> {
    let deadline = Instant::now() + PATIENCE;
    let mut family = family;
    let mut seen_none = false;
    loop {
        // Looked at anew each time: what is killed may have started another just before.
        let (left, relatives) = blocking(move || {
            let mut left = marked(session, generation);
            left.extend(family.iter().copied().filter(|process| process.is_alive()));
            let relatives = left
                .iter()
                .flat_map(|process| process.descendants())
                .chain(family)
                .collect();
            for process in &left {
                process.signal(Signal::KILL);
            }
            (left, relatives)
        })
        .await?;
        // A process has no environment for a moment while it becomes another program: one look is not enough.
        if left.is_empty() && seen_none {
            return Ok(());
        }
        seen_none = left.is_empty();
        if Instant::now() > deadline {
            return Err(ProviderError::Unkillable {
                pids: left.iter().map(|process| process.pid).collect(),
            });
        }
        family = relatives;
        sleep(PAUSE).await;
    }
}

/// The runner itself. Bubblewrap passes no signal on: below the process that was launched is the init of the fenced
/// processes, and below that the runner.
fn runner(process: Identity, fenced: bool) -> Identity {
    if !fenced {
        return process;
    }
    let init = process.children().first().copied();
    init.and_then(|init| init.children().first().copied())
        .unwrap_or(process)
}

/// Runs what reads many files off the async threads.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ProviderError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| ProviderError::CutShort)
}
