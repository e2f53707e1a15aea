//! The scripted model: answers calls of a model from written scenarios, in the APIs that agents speak. It
//! is the built-in `demo/scripted` (called by the proxy) and the model server of the tests ([`serve`]). It
//! knows nothing, says so, and keeps no conversation: which step is next follows from the request alone.

mod conversation;
mod demo;
mod dialect;
mod play;
mod scenario;
mod script;
mod server;
mod tools;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use shared::runner::Dialect;

use conversation::Conversation;
pub use scenario::{Scenario, ScenarioError, Scenarios, Step, TodoItem};
pub use server::{router, serve};

/// Requests whose repetitions are remembered; past it all are forgotten.
const REMEMBERED: usize = 4096;

/// Answers calls.
#[derive(Debug)]
pub struct Scripted {
    /// Absent for the built-in walk, which is written for each prompt.
    scenarios: Option<Scenarios>,
    /// How often each request came before: a fault that shall pass passes by this.
    repetitions: Mutex<HashMap<u64, u32>>,
}

impl Scripted {
    /// The built-in walk through the product.
    pub fn demo() -> Self {
        Self {
            scenarios: None,
            repetitions: Mutex::default(),
        }
    }

    /// Plays these.
    pub fn playing(scenarios: Scenarios) -> Self {
        Self {
            scenarios: Some(scenarios),
            repetitions: Mutex::default(),
        }
    }

    /// The answer to a request at `path`, with or without the `/v1` that some base URLs have.
    pub async fn answer(&self, path: &str, body: &[u8]) -> Response {
        let path = path.trim_start_matches('/');
        let dialect = match path.strip_prefix("v1/").unwrap_or(path) {
            "chat/completions" => Dialect::OpenaiChat,
            "responses" => Dialect::OpenaiResponses,
            "messages" | "messages/count_tokens" => Dialect::AnthropicMessages,
            "models" => return Json(models()).into_response(),
            _ => return error(StatusCode::NOT_FOUND, "the scripted model has no such path"),
        };
        let Ok(Value::Object(request)) = serde_json::from_slice(body) else {
            return error(StatusCode::BAD_REQUEST, "the body is not a JSON object");
        };
        let conversation = Conversation::read(dialect, &request);
        if path.ends_with("count_tokens") {
            return Json(json!({"input_tokens": script::tokens(conversation.characters)})).into_response();
        }
        let repetition = self.count(conversation.fingerprint);
        let (reply, typing) = match &self.scenarios {
            None => (
                script::next(&conversation, &demo::scenario(&conversation), repetition),
                demo::TYPING,
            ),
            Some(scenarios) => {
                let scenario = scenarios.choose(&conversation.prompt);
                (
                    script::next(&conversation, scenario, repetition),
                    scenarios.typing(),
                )
            }
        };
        play::respond(dialect, &conversation, reply, typing).await
    }

    fn count(&self, fingerprint: u64) -> u32 {
        let mut seen = self.repetitions.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= REMEMBERED {
            seen.clear();
        }
        let count = seen.entry(fingerprint).or_default();
        *count += 1;
        *count - 1
    }
}

fn models() -> Value {
    json!({"object": "list", "data": [{"id": "scripted", "object": "model", "type": "model", "owned_by": "roundhouse",
        "display_name": "Scripted demo", "created": 0, "created_at": "1970-01-01T00:00:00Z"}],
        "has_more": false, "first_id": "scripted", "last_id": "scripted"})
}

fn error(status: StatusCode, message: &str) -> Response {
    (status, Json(play::error_body(status, message))).into_response()
}

#[cfg(test)]
mod tests;
