//! The readers: a few threads with a connection each. A read waits for a free one, never for the writer.

use std::path::Path;
use std::sync::mpsc;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{Mutex, oneshot};

use super::StorageError;

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// A pool of reading threads.
pub(super) struct Readers {
    free: Mutex<tokio::sync::mpsc::UnboundedReceiver<mpsc::Sender<Job>>>,
    give_back: tokio::sync::mpsc::UnboundedSender<mpsc::Sender<Job>>,
}

impl Readers {
    pub(super) fn open(file: &Path, count: usize) -> rusqlite::Result<Self> {
        let (give_back, free) = tokio::sync::mpsc::unbounded_channel();
        for _ in 0..count.max(1) {
            let mut connection = super::connect(file)?;
            connection.pragma_update(None, "query_only", "ON")?;
            connection.set_transaction_behavior(TransactionBehavior::Deferred);
            let (jobs, queue) = mpsc::channel::<Job>();
            std::thread::spawn(move || {
                while let Ok(job) = queue.recv() {
                    job(&mut connection);
                }
            });
            // The receiver is in our hand: it cannot be closed.
            let _ = give_back.send(jobs);
        }
        Ok(Self {
            free: Mutex::new(free),
            give_back,
        })
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let reader = self.free.lock().await.recv().await.ok_or(StorageError::Closed)?;
        let (answer, answered) = oneshot::channel();
        let give_back = self.give_back.clone();
        let returned = reader.clone();
        let job: Job = Box::new(move |connection| {
            let result = query(connection);
            // Free before the answer: also when the caller went away in the meantime.
            let _ = give_back.send(returned);
            let _ = answer.send(result);
        });
        reader.send(job).map_err(|_| StorageError::Closed)?;
        answered.await.map_err(|_| StorageError::Closed)?
    }
}
