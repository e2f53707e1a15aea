//! Reads the usage and the end of an answer out of the bytes that pass by: one reader a dialect, not a
//! provider. Fed by the proxy. What a provider does not say stays unknown; nothing here counts or guesses.

mod anthropic;
mod gemini;
mod openai_chat;
mod openai_responses;
mod sse;

use shared::runner::Dialect;
use shared::turn::Usage;

pub(super) use sse::EVENT_BYTES;
use sse::{EventTooLarge, Events};

/// How an answer ended, once it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// The event that nothing follows: `[DONE]`, `message_stop`, `response.completed`.
    Final,
    /// The last thing that matters was said, but more may follow: the stream's own end completes it.
    Expected,
    /// The provider broke off and said why, inside the stream.
    Error(StreamError),
}

/// What a provider says inside a stream that began well.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct StreamError {
    /// Whether it is about the rate of requests.
    pub(super) rate_limited: bool,
    /// In its words.
    pub(super) message: Option<String>,
}

/// Follows one answer.
pub(super) struct Reader {
    dialect: Dialect,
    events: Events,
    tally: Tally,
    end: Option<End>,
}

/// The numbers of the dialects, as far as they were said. Later words replace earlier ones: all are cumulative.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tally {
    input: Option<u64>,
    output: Option<u64>,
    cache_read: Option<u64>,
    cache_write: Option<u64>,
}

impl Tally {
    fn update(&mut self, newer: Self) {
        self.input = newer.input.or(self.input);
        self.output = newer.output.or(self.output);
        self.cache_read = newer.cache_read.or(self.cache_read);
        self.cache_write = newer.cache_write.or(self.cache_write);
    }

    /// The usage of one call; `None` unless both directions were said.
    fn usage(self) -> Option<Usage> {
        Some(Usage {
            input_tokens: self.input?,
            output_tokens: self.output?,
            cache_read_tokens: self.cache_read.unwrap_or(0),
            cache_write_tokens: self.cache_write.unwrap_or(0),
            model_calls: 1,
        })
    }
}

/// What one event adds.
#[derive(Debug, Default)]
struct Word {
    tally: Tally,
    end: Option<End>,
}

impl Reader {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            events: Events::default(),
            tally: Tally::default(),
            end: None,
        }
    }

    /// Takes the next bytes of an event stream, cut anywhere.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), EventTooLarge> {
        self.events.push(bytes)?;
        while let Some(data) = self.events.next() {
            let word = match self.dialect {
                Dialect::OpenaiChat => openai_chat::event(&data),
                Dialect::OpenaiResponses => openai_responses::event(&data),
                Dialect::AnthropicMessages => anthropic::event(&data),
                Dialect::Gemini => gemini::event(&data),
            };
            self.tally.update(word.tally);
            // A definite end stays; an expected one may still become definite.
            if matches!(self.end, None | Some(End::Expected)) && word.end.is_some() {
                self.end = word.end;
            }
        }
        Ok(())
    }

    /// How the answer ended, if it did.
    pub(super) fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// What the provider said the call took.
    pub(super) fn usage(&self) -> Option<Usage> {
        self.tally.usage()
    }
}

/// The usage in an answer that came in one piece.
pub(super) fn of_body(dialect: Dialect, body: &[u8]) -> Option<Usage> {
    let tally = match dialect {
        Dialect::OpenaiChat => openai_chat::body(body),
        Dialect::OpenaiResponses => openai_responses::body(body),
        Dialect::AnthropicMessages => anthropic::body(body),
        Dialect::Gemini => gemini::body(body),
    };
    tally.usage()
}

#[cfg(test)]
mod tests;
