//! The table `idempotency`: answers to creating requests, so that a repeated one gets the same.
//! Written in the transaction of what they answer, kept 24 hours.

use std::time::Duration;

use rusqlite::{OptionalExtension, Transaction};
use shared::{Timestamp, UserId};

use super::id::Key;
use super::{Storage, StorageError};

/// How long an answer is kept.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// A creating request that may come again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// Whose key it is: keys of two people never meet.
    pub owner: UserId,
    /// What the client sent as `Idempotency-Key`.
    pub key: String,
    /// SHA-256 of the request: method, path and body.
    pub fingerprint: [u8; 32],
}

impl Storage {
    /// The answer that this request was given before, if it was.
    pub async fn replay(&self, request: &Idempotency) -> Result<Option<String>, StorageError> {
        let request = request.clone();
        let found: Option<(Vec<u8>, String)> = self
            .read(move |connection| {
                Ok(connection
                    .prepare_cached(
                        "SELECT fingerprint, body FROM idempotency WHERE owner = ?1 AND key = ?2",
                    )?
                    .query_row((Key(request.owner), &request.key), |row| {
                        Ok((row.get(0)?, row.get(1)?))
                    })
                    .optional()?
                    .map(|(fingerprint, body): (Vec<u8>, String)| {
                        (
                            if fingerprint == request.fingerprint {
                                Vec::new()
                            } else {
                                fingerprint
                            },
                            body,
                        )
                    }))
            })
            .await?;
        match found {
            None => Ok(None),
            Some((difference, body)) if difference.is_empty() => Ok(Some(body)),
            Some(_) => Err(StorageError::IdempotencyMismatch),
        }
    }

    /// Forgets answers that are past their time.
    pub async fn forget_old_answers(&self, now: Timestamp) -> Result<usize, StorageError> {
        let horizon = now.as_millis() - i64::try_from(KEPT.as_millis()).unwrap_or(i64::MAX);
        self.write(move |transaction| {
            Ok(transaction
                .prepare_cached("DELETE FROM idempotency WHERE created_at < ?1")?
                .execute([horizon])?)
        })
        .await
    }
}

/// Records an answer; fails when the key is taken, which undoes what it answered.
pub(super) fn record(
    transaction: &Transaction<'_>,
    request: &Idempotency,
    body: &str,
    now: Timestamp,
) -> Result<(), StorageError> {
    let inserted = transaction
        .prepare_cached(
            "INSERT INTO idempotency (owner, key, fingerprint, body, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO NOTHING",
        )?
        .execute((
            Key(request.owner),
            &request.key,
            request.fingerprint,
            body,
            now.as_millis(),
        ))?;
    if inserted == 1 {
        Ok(())
    } else {
        Err(StorageError::IdempotencyMismatch)
    }
}
