//! OpenAI's chat completions, and everybody who imitates them. `prompt_tokens` includes what came from the
//! cache.

use serde::Deserialize;

use super::{End, StreamError, Tally, Word};

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<ChatUsage>,
    error: Option<ChatError>,
}

#[derive(Deserialize)]
struct Choice {
    finish_reason: Option<String>,
    /// Kimi puts it here.
    usage: Option<ChatUsage>,
}

#[derive(Deserialize, Clone, Copy)]
struct ChatUsage {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    total_tokens: Option<u64>,
    prompt_tokens_details: Option<PromptDetails>,
    completion_tokens_details: Option<CompletionDetails>,
    /// Kimi's word for `prompt_tokens_details.cached_tokens`.
    cached_tokens: Option<u64>,
}

#[derive(Deserialize, Clone, Copy, Default)]
struct PromptDetails {
    cached_tokens: Option<u64>,
    cache_write_tokens: Option<u64>,
}

#[derive(Deserialize, Clone, Copy, Default)]
struct CompletionDetails {
    reasoning_tokens: Option<u64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ChatError {
    Text(String),
    Object {
        message: Option<String>,
        code: Option<serde_json::Value>,
    },
}

impl ChatUsage {
    fn tally(self) -> Tally {
        let details = self.prompt_tokens_details.unwrap_or_default();
        let cached = details.cached_tokens.or(self.cached_tokens);
        let beside = cached
            .unwrap_or(0)
            .saturating_add(details.cache_write_tokens.unwrap_or(0));
        Tally {
            input: self.prompt_tokens.map(|all| all.saturating_sub(beside)),
            output: self
                .completion_tokens
                .map(|said| said.saturating_add(self.thought_beside(said))),
            cache_read: cached,
            cache_write: details.cache_write_tokens,
        }
    }

    /// Thinking is part of `completion_tokens`, except where a server counts it beside them; its own total tells.
    fn thought_beside(self, said: u64) -> u64 {
        let thought = self
            .completion_tokens_details
            .and_then(|details| details.reasoning_tokens)
            .unwrap_or(0);
        let both = self
            .prompt_tokens
            .and_then(|read| read.checked_add(said)?.checked_add(thought));
        if both.is_some() && both == self.total_tokens {
            thought
        } else {
            0
        }
    }
}

pub(super) fn event(data: &[u8]) -> Word {
    if data.trim_ascii() == b"[DONE]" {
        return Word {
            end: Some(End::Final),
            ..Word::default()
        };
    }
    let Ok(chunk) = serde_json::from_slice::<Chunk>(data) else {
        return Word::default();
    };
    let end = match chunk.error {
        Some(error) => Some(End::Error(error.into())),
        None => chunk
            .choices
            .iter()
            .any(|choice| choice.finish_reason.is_some())
            .then_some(End::Expected),
    };
    Word {
        tally: tally(&chunk.choices, chunk.usage),
        end,
    }
}

pub(super) fn body(body: &[u8]) -> Tally {
    serde_json::from_slice::<Chunk>(body)
        .map(|chunk| tally(&chunk.choices, chunk.usage))
        .unwrap_or_default()
}

fn tally(choices: &[Choice], usage: Option<ChatUsage>) -> Tally {
    usage
        .or_else(|| choices.iter().find_map(|choice| choice.usage))
        .map(ChatUsage::tally)
        .unwrap_or_default()
}

impl From<ChatError> for StreamError {
    fn from(error: ChatError) -> Self {
        match error {
            ChatError::Text(message) => Self {
                rate_limited: false,
                message: Some(message),
            },
            ChatError::Object { message, code } => Self {
                rate_limited: code.is_some_and(|code| {
                    code.as_u64() == Some(429) || code.as_str() == Some("rate_limit_exceeded")
                }),
                message,
            },
        }
    }
}
