//! The end of the server as long-lived connections see it: one signal that draining began, and a count
//! of what still runs. Watchers and runner links end themselves on the signal; nobody is cut off while
//! it still may finish.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::{TaskTrackerToken, TrackedFuture};

/// Shared by everything that outlives a request. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    draining: CancellationToken,
    open: TaskTracker,
}

impl Lifecycle {
    /// Begins to drain: no new connection, and long-lived ones end themselves.
    pub fn drain(&self) {
        self.draining.cancel();
    }

    /// Whether draining began.
    pub fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
    }

    /// Resolves when draining begins.
    pub async fn draining(&self) {
        self.draining.cancelled().await;
    }

    /// Counts something as open until the token is dropped.
    pub fn token(&self) -> TaskTrackerToken {
        self.open.token()
    }

    /// Runs a connection's future so that [`Self::closed`] waits for it.
    pub fn track<F: Future>(&self, connection: F) -> TrackedFuture<F> {
        self.open.track_future(connection)
    }

    /// Waits until nothing is open any more; false when `limit` passed first.
    pub async fn closed(&self, limit: Duration) -> bool {
        self.open.close();
        tokio::time::timeout(limit, self.open.wait()).await.is_ok()
    }
}
