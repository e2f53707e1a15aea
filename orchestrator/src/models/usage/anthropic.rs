//! Anthropic's messages. `input_tokens` excludes the cache; the first event has the input, later ones the
//! output so far, and any number that comes again replaces the earlier one.

use serde::Deserialize;

use super::{End, StreamError, Tally, Word};

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    message: Option<Message>,
    usage: Option<MessageUsage>,
    error: Option<MessageError>,
}

#[derive(Deserialize)]
struct Message {
    usage: Option<MessageUsage>,
}

#[derive(Deserialize)]
struct MessageUsage {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct MessageError {
    #[serde(rename = "type")]
    kind: String,
    message: Option<String>,
}

pub(super) fn event(data: &[u8]) -> Word {
    let Ok(event) = serde_json::from_slice::<Event>(data) else {
        return Word::default();
    };
    let (usage, end) = match event.kind.as_str() {
        // Its output count is of a beginning: only `message_delta` says how much was written.
        "message_start" => {
            let usage = event.message.and_then(|message| message.usage);
            (
                usage.map(|usage| MessageUsage {
                    output_tokens: None,
                    ..usage
                }),
                None,
            )
        }
        "message_delta" => (event.usage, None),
        "message_stop" => (None, Some(End::Final)),
        "error" => {
            let error = event.error.map(|error| StreamError {
                rate_limited: error.kind == "rate_limit_error",
                message: error.message,
            });
            (None, Some(End::Error(error.unwrap_or_default())))
        }
        _ => (None, None),
    };
    Word {
        tally: usage.map(MessageUsage::tally).unwrap_or_default(),
        end,
    }
}

pub(super) fn body(body: &[u8]) -> Tally {
    let message = serde_json::from_slice::<Message>(body).ok();
    message
        .and_then(|message| message.usage)
        .map(MessageUsage::tally)
        .unwrap_or_default()
}

impl MessageUsage {
    fn tally(self) -> Tally {
        Tally {
            input: self.input_tokens,
            output: self.output_tokens,
            cache_read: self.cache_read_input_tokens,
            cache_write: self.cache_creation_input_tokens,
        }
    }
}
