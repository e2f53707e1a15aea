//! What the runner has to say: numbered reports, kept on disk until the orchestrator has them, and the
//! live text of parts that still stream. The bridge writes, the link reads; nobody else does.
//!
//! A report is stored before anybody can send it. When too many wait, the writer waits, and the agent
//! behind it: that is the runner's back-pressure.

mod live;
mod store;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use shared::limits::OUTBOX_REPORTS;
use shared::message::Part;
use shared::runner::Report;
use shared::socket::Delta;
use shared::{QuestionId, Timestamp, TurnId};
use tokio::sync::Notify;

use live::Live;
use store::Store;

/// Frames that the link takes at once.
const BATCH: usize = 16;

/// Why the outbox could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// SQLite refused.
    #[error("the runner's outbox cannot be used: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A row is not what it should be.
    #[error("the runner's outbox holds something that is not a report: {0}")]
    Json(#[from] serde_json::Error),
}

/// Something to write down.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// A report: gets the next number.
    Report(Report),
    /// Text appended to a part that streams: is sent if somebody listens, and kept in case of a crash.
    Delta(Delta),
    /// Something to know after a crash.
    Fact(Fact),
}

/// What must be known after a crash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// A turn was taken on.
    Accepted(TurnId),
    /// A question was answered.
    Answered(QuestionId),
    /// The agent has its memory of this session under this id.
    AgentSession {
        /// Which agent: another one cannot load it.
        agent: String,
        /// The agent's own id.
        id: String,
    },
    /// The workspace began with this tree of the shadow repository.
    Base(String),
    /// The repository is being cloned: until there is a base, what is in the workspace is half a clone.
    Cloning,
    /// The digest of the changes last reported.
    Changes(String),
    /// The name of this outbox.
    Name(String),
}

/// What a new process finds.
#[derive(Debug, Clone, Default)]
pub struct Remembered {
    /// The last turn that was taken on.
    pub accepted: Option<TurnId>,
    /// The last turn that ended.
    pub finished: Option<TurnId>,
    /// The agent and its own id of this session.
    pub agent_session: Option<(String, String)>,
    /// The tree that the workspace began with.
    pub base: Option<String>,
    /// Whether a clone was begun.
    pub cloning: bool,
    /// The digest of the changes last reported.
    pub changes: Option<String>,
}

/// A frame for the link to send.
#[derive(Debug, Clone, PartialEq)]
pub enum Outgoing {
    /// The text of a report's frame, and its number.
    Report(u64, String),
    /// Live text.
    Delta(Delta),
}

/// The outbox. Shared between the bridge and the link.
pub struct Outbox {
    inner: Mutex<Inner>,
    /// The identity of the numbering, and the mark of the agent's processes.
    name: String,
    written: Notify,
    room: Notify,
}

struct Inner {
    store: Store,
    live: Live,
}

impl Outbox {
    /// Opens the outbox in a directory, or makes one there. One that cannot be read is put aside: its
    /// reports are lost, and a fresh name says so to the orchestrator.
    ///
    /// # Errors
    /// When the directory cannot be written.
    pub fn open(directory: &Path) -> Result<Self, OutboxError> {
        let file = directory.join("outbox.sqlite");
        let mut store = match Store::open(&file) {
            Ok(store) => store,
            Err(error) => {
                tracing::error!(%error, "the outbox cannot be read; it is put aside and a new one begins");
                for suffix in ["", "-wal", "-shm"] {
                    let broken = directory.join(format!("outbox.sqlite{suffix}"));
                    // What is not there need not be moved; what cannot be moved fails below.
                    let _ = std::fs::rename(&broken, directory.join(format!("outbox-broken.sqlite{suffix}")));
                }
                Store::open(&file)?
            }
        };
        let name = match store.fact("outbox")? {
            Some(name) => name,
            None => {
                let name = uuid::Uuid::now_v7().simple().to_string();
                store.append(&[Record::Fact(Fact::Name(name.clone()))], Timestamp::now())?;
                name
            }
        };
        let live = Live::new(store.last(), store.open_parts()?);
        Ok(Self {
            inner: Mutex::new(Inner { store, live }),
            name,
            written: Notify::new(),
            room: Notify::new(),
        })
    }

    /// Names the numbering.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The highest number given so far; 0 when none was.
    pub fn last(&self) -> u64 {
        self.lock().store.last()
    }

    /// What a new process has to know.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn remembered(&self) -> Result<Remembered, OutboxError> {
        let inner = self.lock();
        let store = &inner.store;
        Ok(Remembered {
            accepted: store::turn(store.fact("accepted_turn")?),
            finished: store::turn(store.fact("finished_turn")?),
            agent_session: match store.fact("agent_session")? {
                Some(text) => Some(serde_json::from_str(&text)?),
                None => None,
            },
            base: store.fact("base")?,
            cloning: store.fact("cloning")?.is_some(),
            changes: store.fact("changes")?,
        })
    }

    /// The parts that still stream, with all of their text.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn open_parts(&self) -> Result<Vec<Part>, OutboxError> {
        self.lock().store.open_parts()
    }

    /// The questions that nobody answered.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn open_questions(&self) -> Result<Vec<QuestionId>, OutboxError> {
        self.lock().store.open_questions()
    }

    /// Writes records down in one transaction and wakes the link. Waits while the outbox is full.
    ///
    /// # Errors
    /// When SQLite refuses: then none of them is written.
    pub async fn append(&self, records: Vec<Record>) -> Result<(), OutboxError> {
        if records.is_empty() {
            return Ok(());
        }
        let reports = records
            .iter()
            .filter(|record| matches!(record, Record::Report(_)))
            .count();
        if reports > 0 {
            self.wait_for_room().await;
        }
        {
            let Inner { store, live } = &mut *self.lock();
            store.append(&records, Timestamp::now())?;
            records.into_iter().for_each(|record| live.take(record));
        }
        self.written.notify_one();
        Ok(())
    }

    async fn wait_for_room(&self) {
        loop {
            let room = self.room.notified();
            if self.lock().store.waiting() < OUTBOX_REPORTS {
                return;
            }
            tracing::warn!("the outbox is full: the agent waits until the orchestrator acknowledges reports");
            room.await;
        }
    }

    /// Forgets reports up to a number.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn acknowledge(&self, number: u64) -> Result<(), OutboxError> {
        self.lock().store.acknowledge(number)?;
        self.room.notify_waiters();
        Ok(())
    }

    /// A link was made: the text so far of each streaming part will be sent anew.
    pub fn connected(&self) {
        self.lock().live.start();
    }

    /// The link is gone: live text is not queued any more.
    pub fn disconnected(&self) {
        self.lock().live.stop();
    }

    /// The next frames in the order in which they must be sent, for a link that has sent reports up to
    /// `sent`. Empty when there is nothing to send now.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn next(&self, sent: u64) -> Result<Vec<Outgoing>, OutboxError> {
        let Inner { store, live } = &mut *self.lock();
        let frames = store.frames_after(sent, BATCH)?;
        if !frames.is_empty() {
            // Live text of a part must not overtake the report that opens it, nor trail the one that
            // closes it: what is queued is sent up to the last report before it.
            let mut outgoing = Vec::new();
            for (number, frame) in frames {
                outgoing.extend(live.before(number).into_iter().map(Outgoing::Delta));
                outgoing.push(Outgoing::Report(number, frame));
            }
            return Ok(outgoing);
        }
        Ok(live.rest().into_iter().map(Outgoing::Delta).collect())
    }

    /// Waits until something was written since the last call of [`Outbox::next`].
    pub async fn written(&self) {
        self.written.notified().await;
    }

    /// Waits until all reports are acknowledged.
    pub async fn drained(&self) {
        loop {
            let room = self.room.notified();
            if self.lock().store.waiting() == 0 {
                return;
            }
            room.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing panics while it holds the lock; if it did, SQLite has rolled its transaction back.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
