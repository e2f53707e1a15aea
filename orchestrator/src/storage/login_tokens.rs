//! The table `login_tokens`: who is signed in. Holds hashes, never a token.

use rusqlite::OptionalExtension;
use shared::session::Person;
use shared::{Timestamp, UserId};

use super::id::Key;
use super::{Storage, StorageError};

impl Storage {
    /// Lets the bearer of a token in until `expires_at`.
    pub async fn insert_login_token(
        &self,
        hash: [u8; 32],
        user: UserId,
        expires_at: Timestamp,
    ) -> Result<(), StorageError> {
        self.write(move |transaction| {
            transaction
                .prepare_cached("INSERT INTO login_tokens (hash, user_id, expires_at) VALUES (?1, ?2, ?3)")?
                .execute((hash, Key(user), expires_at.as_millis()))?;
            Ok(())
        })
        .await
    }

    /// Whose token this is and until when, unless it is unknown or past its time.
    pub async fn find_login_token(
        &self,
        hash: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<(Person, Timestamp)>, StorageError> {
        self.read(move |connection| {
            Ok(connection
                .prepare_cached(
                    "SELECT users.id, users.name, login_tokens.expires_at
                     FROM login_tokens JOIN users ON users.id = login_tokens.user_id
                     WHERE login_tokens.hash = ?1 AND login_tokens.expires_at > ?2",
                )?
                .query_row((hash, now.as_millis()), |row| {
                    let person = Person {
                        id: row.get::<_, Key<UserId>>(0)?.0,
                        name: row.get(1)?,
                    };
                    Ok((person, Timestamp::from_millis(row.get(2)?)))
                })
                .optional()?)
        })
        .await
    }

    /// Moves a token's end.
    pub async fn extend_login_token(
        &self,
        hash: [u8; 32],
        expires_at: Timestamp,
    ) -> Result<(), StorageError> {
        self.write(move |transaction| {
            transaction
                .prepare_cached("UPDATE login_tokens SET expires_at = ?2 WHERE hash = ?1")?
                .execute((hash, expires_at.as_millis()))?;
            Ok(())
        })
        .await
    }

    /// Ends a token.
    pub async fn delete_login_token(&self, hash: [u8; 32]) -> Result<(), StorageError> {
        self.write(move |transaction| {
            transaction
                .prepare_cached("DELETE FROM login_tokens WHERE hash = ?1")?
                .execute([hash])?;
            Ok(())
        })
        .await
    }

    /// Removes the tokens that are past their time.
    pub async fn forget_old_login_tokens(&self, now: Timestamp) -> Result<usize, StorageError> {
        self.write(move |transaction| {
            Ok(transaction
                .prepare_cached("DELETE FROM login_tokens WHERE expires_at <= ?1")?
                .execute([now.as_millis()])?)
        })
        .await
    }
}
