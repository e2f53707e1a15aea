//! The harness: a server of its own for each test, clients that read like the product, and a stand-in
//! for sandboxes.

mod client;
mod provider;
mod runner;
mod server;
mod socket;

pub(crate) use client::{Answer, Client, ServerEvent};
pub(crate) use runner::{Runner, hello};
pub(crate) use server::TestServer;
pub(crate) use socket::Socket;

use std::time::Duration;

/// No test waits longer than this for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// What `work` comes to, if it does within [`PATIENCE`].
pub(crate) async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work)
        .await
        .expect("this took too long")
}
