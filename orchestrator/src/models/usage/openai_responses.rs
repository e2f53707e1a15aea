//! OpenAI's responses. `input_tokens` includes what came from the cache; the last event carries the whole
//! response.

use serde::Deserialize;

use super::{End, StreamError, Tally, Word};

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    response: Option<Response>,
    /// Of the `error` event.
    message: Option<String>,
    /// Of the `error` event.
    code: Option<String>,
}

#[derive(Deserialize)]
struct Response {
    usage: Option<ResponseUsage>,
    error: Option<ResponseError>,
}

#[derive(Deserialize)]
struct ResponseError {
    code: Option<String>,
    message: Option<String>,
}

#[derive(Deserialize)]
struct ResponseUsage {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    input_tokens_details: Option<InputDetails>,
}

#[derive(Deserialize, Default)]
struct InputDetails {
    cached_tokens: Option<u64>,
    cache_write_tokens: Option<u64>,
}

pub(super) fn event(data: &[u8]) -> Word {
    let Ok(event) = serde_json::from_slice::<Event>(data) else {
        return Word::default();
    };
    let end = match event.kind.as_str() {
        "response.completed" | "response.incomplete" => Some(End::Final),
        "response.failed" => {
            let error = event
                .response
                .as_ref()
                .and_then(|response| response.error.as_ref());
            let code = error.and_then(|error| error.code.as_deref());
            Some(End::Error(stream_error(
                code,
                error.and_then(|error| error.message.clone()),
            )))
        }
        "error" => Some(End::Error(stream_error(event.code.as_deref(), event.message))),
        _ => None,
    };
    let usage = event
        .response
        .filter(|_| end.is_some())
        .and_then(|response| response.usage);
    Word {
        tally: usage.map(ResponseUsage::tally).unwrap_or_default(),
        end,
    }
}

pub(super) fn body(body: &[u8]) -> Tally {
    let response = serde_json::from_slice::<Response>(body).ok();
    response
        .and_then(|response| response.usage)
        .map(ResponseUsage::tally)
        .unwrap_or_default()
}

impl ResponseUsage {
    fn tally(self) -> Tally {
        let details = self.input_tokens_details.unwrap_or_default();
        let beside = details
            .cached_tokens
            .unwrap_or(0)
            .saturating_add(details.cache_write_tokens.unwrap_or(0));
        Tally {
            input: self.input_tokens.map(|all| all.saturating_sub(beside)),
            output: self.output_tokens,
            cache_read: details.cached_tokens,
            cache_write: details.cache_write_tokens,
        }
    }
}

fn stream_error(code: Option<&str>, message: Option<String>) -> StreamError {
    StreamError {
        rate_limited: code == Some("rate_limit_exceeded"),
        message,
    }
}
