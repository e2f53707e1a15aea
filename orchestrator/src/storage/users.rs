//! The table `users`: people, and the programs that stand for them.

use shared::session::Person;
use shared::{Timestamp, UserId};

use super::id::Key;
use super::{Storage, StorageError};

impl Storage {
    /// The user of a kind of which there is one (`local`, `api`); made when it is missing.
    pub async fn built_in_user(
        &self,
        kind: &'static str,
        name: String,
        now: Timestamp,
    ) -> Result<Person, StorageError> {
        self.write(move |transaction| {
            transaction.execute(
                "INSERT INTO users (id, name, kind, created_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
                (Key(UserId::new()), &name, kind, now.as_millis()),
            )?;
            Ok(transaction.query_row("SELECT id, name FROM users WHERE kind = ?1", [kind], |row| {
                Ok(Person { id: row.get::<_, Key<UserId>>(0)?.0, name: row.get(1)? })
            })?)
        })
        .await
    }
}
