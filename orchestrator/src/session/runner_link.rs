//! A runner's end of its session: what the runner's socket holds while it is connected.

use shared::runner::{NumberedReport, RunnerCommand};
use shared::socket::Delta;
use tokio::sync::{mpsc, oneshot};

use super::actor::{ActorAddress, Message};

/// Commands that may wait for a runner's socket; past it the runner is too slow and must dial again.
pub(super) const ORDERS: usize = 256;

/// Names a link within its session's actor: a word of an earlier one is not taken for a later one's.
pub(super) type LinkId = u64;

/// What a runner's socket shall do.
#[derive(Debug)]
pub enum LinkOrder {
    /// Send this.
    Send(RunnerCommand),
    /// Close with this code (`shared::runner::close`).
    Close(u16),
}

/// A linked runner. Dropping it tells the session that the link is cut.
#[derive(Debug)]
pub struct RunnerLink {
    pub(super) id: LinkId,
    pub(super) address: ActorAddress,
    pub(super) orders: mpsc::Receiver<LinkOrder>,
}

impl RunnerLink {
    /// The next order; none when the session has let this link go.
    pub async fn next_order(&mut self) -> Option<LinkOrder> {
        self.orders.recv().await
    }

    /// Hands reports over; resolves when they are committed, so that a socket reads no faster than
    /// the disk writes. False when the session has gone away.
    pub async fn report(&self, reports: Vec<NumberedReport>) -> bool {
        let (done, committed) = oneshot::channel();
        self.address.send(Message::Reports {
            link: self.id,
            reports,
            done,
        }) && committed.await.is_ok()
    }

    /// Hands over text that was appended to a part.
    pub fn delta(&self, delta: Delta) -> bool {
        self.address.send(Message::Delta {
            link: self.id,
            delta: Box::new(delta),
        })
    }
}

impl Drop for RunnerLink {
    fn drop(&mut self) {
        self.address.send(Message::LinkLost { link: self.id });
    }
}
