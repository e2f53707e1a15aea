//! A scripted model in OpenAI's chat dialect: the prompt's first word chooses the scenario.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde_json::{Value, json};

/// One thing that the model does in an answer.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Text(&'static str),
    Think(&'static str),
    /// Calls a tool.
    Tool(&'static str, Value),
    /// Cuts the stream, the first time only.
    CutOnce,
    /// Answers with an error instead.
    Status(u16, &'static str),
    /// Waits.
    Sleep(u64),
}

/// The answers of each scenario, in order.
pub(crate) type Script = &'static [(&'static str, fn() -> Vec<Vec<Step>>)];

/// The model's memory.
#[derive(Default)]
pub(crate) struct Model {
    /// The scenario and the number of the answer, of each call in order.
    pub(crate) calls: Mutex<Vec<(String, usize)>>,
    /// The path of each call in order.
    pub(crate) paths: Mutex<Vec<String>>,
    /// The provider and the model of each call in order.
    pub(crate) models: Mutex<Vec<String>>,
    attempts: Mutex<HashMap<(String, usize), usize>>,
}

impl Model {
    pub(crate) fn answer(self: &Arc<Self>, script: Script, path: &str, call: &Value) -> Response {
        self.paths.lock().unwrap().push(path.to_owned());
        if !path.ends_with("/chat/completions") {
            return stream(
                vec![Step::Status(400, "only the chat dialect is spoken here")],
                true,
            );
        }
        let provider = path.split('/').nth(2).unwrap_or_default();
        self.models
            .lock()
            .unwrap()
            .push(format!("{provider}/{}", call["model"].as_str().unwrap()));
        if call["tools"].as_array().is_none_or(Vec::is_empty) {
            return stream(vec![Step::Text("A title")], false);
        }
        let messages = call["messages"].as_array().unwrap();
        let last = messages
            .iter()
            .rposition(|message| message["role"] == "user")
            .unwrap();
        let content = &messages[last]["content"];
        let prompt = content
            .as_str()
            .or(content[0]["text"].as_str())
            .unwrap_or_default();
        let name = prompt.split_whitespace().next().unwrap_or_default().to_owned();
        let number = messages[last..]
            .iter()
            .filter(|message| message["role"] == "assistant")
            .count();
        self.calls.lock().unwrap().push((name.clone(), number));
        let attempt = {
            let mut attempts = self.attempts.lock().unwrap();
            let attempt = attempts.entry((name.clone(), number)).or_default();
            *attempt += 1;
            *attempt
        };
        let Some((_, answers)) = script.iter().find(|(scenario, _)| *scenario == name) else {
            return stream(vec![Step::Text("I have no script for that.")], false);
        };
        let answers = answers();
        stream(answers[number.min(answers.len() - 1)].clone(), attempt == 1)
    }
}

fn stream(steps: Vec<Step>, first: bool) -> Response {
    if let Some(Step::Status(status, message)) = steps.first() {
        let status = axum::http::StatusCode::from_u16(*status).unwrap();
        return (
            status,
            axum::Json(json!({ "error": { "message": message, "type": "scripted" } })),
        )
            .into_response();
    }
    let mut pieces: Vec<Result<(u64, String), ()>> = Vec::new();
    let mut finish = "stop";
    let mut cut = false;
    for (index, step) in steps.into_iter().enumerate() {
        match step {
            Step::Text(text) => pieces.extend(
                text.split_inclusive(' ')
                    .map(|word| Ok((15, chunk(&json!({ "content": word }), None)))),
            ),
            Step::Think(text) => {
                let words = text.split_inclusive(' ');
                pieces.extend(words.map(|word| Ok((15, chunk(&json!({ "reasoning_content": word }), None)))));
            }
            Step::Tool(name, arguments) => {
                finish = "tool_calls";
                let arguments = arguments.to_string();
                let id = format!("call_{index}_{}", shared::PartId::new().suffix());
                let call = json!({ "tool_calls": [{ "index": 0, "id": id, "type": "function",
                    "function": { "name": name, "arguments": arguments } }] });
                pieces.push(Ok((5, chunk(&call, None))));
            }
            Step::Sleep(millis) => pieces.push(Ok((millis, String::new()))),
            Step::CutOnce if first => {
                pieces.push(Err(()));
                cut = true;
                break;
            }
            Step::CutOnce | Step::Status(..) => {}
        }
    }
    if !cut {
        pieces.push(Ok((0, chunk(&json!({}), Some(finish)))));
        let usage = json!({ "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "scripted", "choices": [],
            "usage": { "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15 } });
        pieces.push(Ok((0, format!("data: {usage}\n\ndata: [DONE]\n\n"))));
    }
    let body = futures_util::stream::iter(pieces).then(|piece| async {
        match piece {
            Ok((millis, text)) => {
                tokio::time::sleep(Duration::from_millis(millis)).await;
                Ok(Bytes::from(text))
            }
            Err(()) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
                Err(std::io::Error::other("cut"))
            }
        }
    });
    ([("content-type", "text/event-stream")], Body::from_stream(body)).into_response()
}

fn chunk(delta: &Value, finish: Option<&str>) -> String {
    let chunk = json!({ "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "scripted",
        "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }] });
    format!("data: {chunk}\n\n")
}
