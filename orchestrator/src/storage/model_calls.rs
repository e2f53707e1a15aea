//! The tables `model_calls` and `model_pricing`: what the providers' answers took, and what it cost.

use rusqlite::{Connection, Transaction};
use shared::turn::Usage;
use shared::{SessionId, Timestamp, TurnId};

use super::id::Key;
use super::{Storage, StorageError};

/// A model call that the provider answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelCall {
    /// The turn that it was made in; none for a call between turns.
    pub turn: Option<TurnId>,
    /// When it ended.
    pub at: Timestamp,
    /// The provider's id.
    pub provider: String,
    /// The model as the provider names it.
    pub model: String,
    /// What the provider said that it took; none when it did not say.
    pub usage: Option<Usage>,
    /// Billionths of a US dollar; none when a price or the usage is unknown.
    pub cost_nanousd: Option<u64>,
}

/// What a token of a model costs, in billionths of a US dollar; a component that is not known is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// The provider's id.
    pub provider: String,
    /// The model as the provider names it.
    pub model: String,
    /// A token read without a cache.
    pub input: Option<u64>,
    /// A token written.
    pub output: Option<u64>,
    /// A token read from the cache.
    pub cache_read: Option<u64>,
    /// A token written to the cache.
    pub cache_write: Option<u64>,
}

impl Storage {
    /// Every known price.
    pub async fn prices(&self) -> Result<Vec<Price>, StorageError> {
        self.read(|connection| {
            let mut statement = connection.prepare(
                "SELECT provider, model, input_nanousd, output_nanousd, cache_read_nanousd, cache_write_nanousd
                 FROM model_pricing",
            )?;
            let rows = statement.query_map([], |row| {
                Ok(Price {
                    provider: row.get(0)?,
                    model: row.get(1)?,
                    input: row.get(2)?,
                    output: row.get(3)?,
                    cache_read: row.get(4)?,
                    cache_write: row.get(5)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }
}

pub(super) fn insert(
    transaction: &Transaction<'_>,
    session: SessionId,
    call: &ModelCall,
) -> rusqlite::Result<()> {
    let usage = call.usage.as_ref();
    transaction
        .prepare_cached(
            "INSERT INTO model_calls (session_id, turn_id, at, provider, model, input_tokens, output_tokens,
                 cache_read_tokens, cache_write_tokens, cost_nanousd)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute((
            Key(session),
            call.turn.map(Key),
            call.at.as_millis(),
            &call.provider,
            &call.model,
            usage.map(|usage| usage.input_tokens),
            usage.map(|usage| usage.output_tokens),
            usage.map(|usage| usage.cache_read_tokens),
            usage.map(|usage| usage.cache_write_tokens),
            call.cost_nanousd,
        ))?;
    Ok(())
}

/// The calls of a turn so far.
pub(super) fn of_turn(
    connection: &Connection,
    session: SessionId,
    turn: TurnId,
) -> Result<Vec<ModelCall>, StorageError> {
    let mut statement = connection.prepare_cached(
        "SELECT at, provider, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_nanousd
         FROM model_calls WHERE session_id = ?1 AND turn_id = ?2 ORDER BY id",
    )?;
    let rows = statement.query_map((Key(session), Key(turn)), |row| {
        let input_tokens: Option<u64> = row.get(3)?;
        Ok(ModelCall {
            turn: Some(turn),
            at: Timestamp::from_millis(row.get(0)?),
            provider: row.get(1)?,
            model: row.get(2)?,
            usage: match input_tokens {
                None => None,
                Some(input_tokens) => Some(Usage {
                    input_tokens,
                    output_tokens: row.get(4)?,
                    cache_read_tokens: row.get(5)?,
                    cache_write_tokens: row.get(6)?,
                    model_calls: 1,
                }),
            },
            cost_nanousd: row.get(7)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
