//! A watcher's end of a session: first what it missed, from the log, then what happens, live. The
//! step from one to the other is one message to the actor, so there is no gap and no double.

use shared::SessionId;
use shared::session::Person;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::task::JoinHandle;

use super::actor::{ActorAddress, Message};
use super::directory::Sessions;
use super::frame::{Batch, Frame};
use super::watchers::WatcherId;
use crate::storage::{StorageError, Stretch};

/// Events that are read from the log at a time.
pub(super) const PAGE: usize = 1024;

/// Why a subscription ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The watcher fell too far behind; it may resume by its cursor.
    TooSlow,
    /// The session's actor went away: the session was deleted, or the server stops.
    Closed,
}

/// A subscription. Dropping it leaves.
pub struct Subscription {
    sessions: Sessions,
    session: SessionId,
    person: Person,
    /// The newest event that was given out.
    cursor: u64,
    /// The page after it, which is read while the one before is being sent.
    page: Option<JoinHandle<Result<Stretch, StorageError>>>,
    live: Option<(Seat, Receiver<Batch>)>,
    /// Some of what came was lost: whatever follows must not be given out.
    lagged: bool,
}

/// A place among a session's watchers, given back when dropped.
pub(super) struct Seat {
    pub(super) address: ActorAddress,
    pub(super) watcher: WatcherId,
}

/// What the actor answers to somebody who wants to go live.
pub(super) enum Joined {
    /// They are; here is what they still missed, and what is not in the log.
    Live {
        seat: Seat,
        receiver: Receiver<Batch>,
        missed: Vec<Frame>,
    },
    /// They missed more than a page: read on and ask again.
    Behind,
}

impl Subscription {
    pub(super) fn new(sessions: Sessions, session: SessionId, person: Person, after: u64) -> Self {
        Self {
            sessions,
            session,
            person,
            cursor: after,
            page: None,
            live: None,
            lagged: false,
        }
    }

    /// What comes next, in order and without gaps. A caller may drop the future and ask again: nothing
    /// is lost by it.
    pub async fn next(&mut self) -> Result<Batch, Ended> {
        loop {
            let Some((_, receiver)) = &mut self.live else {
                let batch = Box::pin(self.catch_up()).await?;
                if batch.is_empty() {
                    continue;
                }
                return Ok(batch);
            };
            if self.lagged {
                return Err(Ended::TooSlow);
            }
            return match receiver.recv().await {
                Ok(batch) => Ok(batch),
                Err(RecvError::Lagged(_)) => Err(Ended::TooSlow),
                Err(RecvError::Closed) => Err(Ended::Closed),
            };
        }
    }

    /// What is there already, without waiting: lets a socket write many frames at once.
    pub fn ready(&mut self) -> Option<Batch> {
        let (_, receiver) = self.live.as_mut().filter(|_| !self.lagged)?;
        let received = receiver.try_recv();
        self.lagged = matches!(received, Err(TryRecvError::Lagged(_)));
        received.ok()
    }

    /// Says that this watcher types.
    pub fn typing(&self) {
        if let Some((seat, _)) = &self.live {
            seat.address.send(Message::Typing {
                watcher: seat.watcher,
            });
        }
    }

    /// Moves the cursor only after its last wait, so that it may be dropped at any of them.
    async fn catch_up(&mut self) -> Result<Batch, Ended> {
        let page = match &mut self.page {
            Some(page) => page,
            none => none.insert(read(&self.sessions, self.session, self.cursor)),
        };
        let page = page.await;
        // Once it was waited for it cannot be waited for again: what follows begins with a read of its own.
        self.page = None;
        let page = page.map_err(|_| Ended::Closed)?.map_err(|_| Ended::Closed)?;
        let Stretch { events: page, more } = page;
        let cursor = page.last().map_or(self.cursor, |event| event.seq);
        if more {
            self.cursor = cursor;
            self.page = Some(read(&self.sessions, self.session, cursor));
            return Ok(page.into_iter().map(Frame::event).collect());
        }
        let mut frames: Vec<Frame> = page.into_iter().map(Frame::event).collect();
        let handle = self
            .sessions
            .open(self.session)
            .await
            .map_err(|_| Ended::Closed)?;
        let joined = handle
            .join(cursor, self.person.clone())
            .await
            .map_err(|_| Ended::Closed)?;
        self.cursor = cursor;
        if let Joined::Live {
            seat,
            receiver,
            missed,
        } = joined
        {
            frames.extend(missed);
            self.live = Some((seat, receiver));
        }
        Ok(frames.into())
    }
}

/// Begins to read the page after `cursor`. One that nobody waits for any more is read for nothing.
fn read(sessions: &Sessions, session: SessionId, cursor: u64) -> JoinHandle<Result<Stretch, StorageError>> {
    let storage = sessions.storage().clone();
    tokio::spawn(async move { storage.events().after(session, cursor, PAGE).await })
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.address.send(Message::Left {
            watcher: self.watcher,
        });
    }
}
