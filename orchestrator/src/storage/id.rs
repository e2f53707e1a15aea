//! Ids as SQLite sees them: the 16 bytes of their UUID.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use rusqlite::{Result, ToSql};
use uuid::Uuid;

/// An id in a statement's parameters or rows.
pub(super) struct Key<T>(pub T);

macro_rules! keys {
    ($($id:ty),*) => {$(
        impl ToSql for Key<$id> {
            fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::from(self.0.uuid().as_bytes().to_vec()))
            }
        }

        impl FromSql for Key<$id> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let uuid = Uuid::from_slice(value.as_blob()?).map_err(FromSqlError::other)?;
                Ok(Self(<$id>::from_uuid(uuid)))
            }
        }
    )*};
}

keys!(
    shared::SessionId,
    shared::PromptId,
    shared::TurnId,
    shared::UserId,
    shared::MessageId,
    shared::PartId,
    shared::QuestionId
);
