//! A provider's event stream on its way to a sandbox: every chunk passes as it comes, and is read in
//! passing. What the call took is reported before the caller can see its end; a stream that ends without
//! its last event breaks off.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt};
use shared::runner::Dialect;
use tokio::time::timeout;

use super::Patience;
use super::call::Call;
use super::upstream::Broken;
use crate::models::failure::{CallFailure, Said};
use crate::models::ledger::Ledger;
use crate::models::usage::{EVENT_BYTES, End, Reader, StreamError};

/// How long a provider may keep a connection open after its last event, for the connection's sake.
const LINGER: Duration = Duration::from_millis(500);

/// Breaks the sandbox's connection off: what an agent must see instead of an end.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct BrokenOff(CallFailure);

pub(super) struct Metered<L: Ledger> {
    body: BoxStream<'static, Result<Bytes, Broken>>,
    reader: Reader,
    provider: &'static str,
    call: Call<L>,
    patience: Patience,
    begun: bool,
    over: bool,
}

impl<L: Ledger> Metered<L> {
    pub(super) fn new(
        body: BoxStream<'static, Result<Bytes, Broken>>,
        dialect: Dialect,
        provider: &'static str,
        call: Call<L>,
        patience: Patience,
    ) -> Self {
        Self {
            body,
            reader: Reader::new(dialect),
            provider,
            call,
            patience,
            begun: false,
            over: false,
        }
    }

    pub(super) fn into_stream(self) -> impl Stream<Item = Result<Bytes, BrokenOff>> + Send + 'static {
        stream::unfold(self, |mut metered| async move {
            let item = metered.next().await?;
            Some((item, metered))
        })
    }

    async fn next(&mut self) -> Option<Result<Bytes, BrokenOff>> {
        if self.over {
            return None;
        }
        let patience = match (self.call.is_settled(), self.begun) {
            (true, _) => LINGER,
            (false, true) => self.patience.silence,
            (false, false) => self.patience.first_byte,
        };
        let next = timeout(patience, self.body.next()).await;
        if let Ok(Some(Ok(chunk))) = next {
            self.begun = true;
            return Some(self.pass(chunk));
        }
        self.over = true;
        if self.call.is_settled() {
            return None;
        }
        let provider = self.provider.to_owned();
        match next {
            Ok(None) if self.reader.end() == Some(&End::Expected) => {
                self.call.finished(self.reader.usage());
                None
            }
            Err(_) => Some(Err(self.break_off(CallFailure::TimedOut {
                provider,
                waited: patience,
            }))),
            Ok(_) => Some(Err(self.break_off(CallFailure::Cut { provider }))),
        }
    }

    fn pass(&mut self, chunk: Bytes) -> Result<Bytes, BrokenOff> {
        if self.reader.push(&chunk).is_err() {
            self.over = true;
            let provider = self.provider.to_owned();
            return Err(self.break_off(CallFailure::TooLarge {
                provider,
                limit: EVENT_BYTES,
            }));
        }
        match self.reader.end() {
            Some(End::Final) => self.call.finished(self.reader.usage()),
            Some(End::Error(error)) => {
                let failure = said_inside(self.provider, error);
                self.call.failed(failure);
            }
            Some(End::Expected) | None => {}
        }
        Ok(chunk)
    }

    fn break_off(&mut self, failure: CallFailure) -> BrokenOff {
        self.call.failed(failure.clone());
        BrokenOff(failure)
    }
}

impl<L: Ledger> Drop for Metered<L> {
    /// A caller that hangs up after the last word has had its answer; the call itself takes care of the others.
    fn drop(&mut self) {
        if !self.call.is_settled() && self.reader.end() == Some(&End::Expected) {
            self.call.finished(self.reader.usage());
        }
    }
}

/// The failure that a provider tells of inside a stream.
fn said_inside(provider: &str, error: &StreamError) -> CallFailure {
    let (provider, said) = (provider.to_owned(), Said::from_message(error.message.as_deref()));
    if error.rate_limited {
        CallFailure::RateLimited {
            provider,
            retry_after: None,
            said,
        }
    } else {
        CallFailure::Unavailable {
            provider,
            status: 200,
            said,
        }
    }
}
