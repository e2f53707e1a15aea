//! OpenAI's chat completions, with the `reasoning_content` that several vendors add to it.

use serde_json::{Map, Value, json};

use super::{Encoder, Identity, argument_pieces};
use crate::models::scripted::conversation::{Conversation, content, text};
use crate::models::scripted::script::Beat;

pub(in crate::models::scripted) fn read(request: &Map<String, Value>, conversation: &mut Conversation) {
    conversation.wants_usage = request
        .get("stream_options")
        .and_then(|options| options.get("include_usage"))
        == Some(&Value::Bool(true));
    for tool in request
        .get("tools")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let function = tool.get("function");
        conversation.add_tool(
            function.and_then(|function| function.get("name")),
            function.and_then(|function| function.get("parameters")),
            false,
        );
    }
    for message in request
        .get("messages")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        match text(message.get("role")) {
            Some("system" | "developer") => conversation.add_instructions(&content(message.get("content"))),
            Some("user") => conversation.add_user_text(&content(message.get("content"))),
            Some("tool") => conversation.results += 1,
            _ => {}
        }
    }
}

pub(in crate::models::scripted) struct Chat {
    identity: Identity,
    calls: usize,
}

impl Chat {
    pub(in crate::models::scripted) fn new(identity: Identity) -> Self {
        Self { identity, calls: 0 }
    }

    fn chunk(&self, choices: &Value, usage: &Value) -> String {
        let mut chunk = json!({"id": format!("chatcmpl-{}", self.identity.mark), "object": "chat.completion.chunk",
            "created": self.identity.created, "model": self.identity.model, "choices": choices});
        if !usage.is_null() {
            chunk["usage"] = usage.clone();
        }
        format!("data: {chunk}\n\n")
    }

    fn delta(&self, delta: &Value) -> String {
        self.chunk(
            &json!([{"index": 0, "delta": delta, "finish_reason": null}]),
            &Value::Null,
        )
    }
}

impl Encoder for Chat {
    fn open(&mut self) -> String {
        self.delta(&json!({"role": "assistant", "content": ""}))
    }

    fn beat(&mut self, beat: &Beat) -> String {
        match beat {
            Beat::Think(text) => self.delta(&json!({"reasoning_content": text})),
            Beat::Say(text) | Beat::SayAfter(_, text) => self.delta(&json!({"content": text})),
            Beat::Call(call) => {
                let index = self.calls;
                self.calls += 1;
                let head = json!({"index": index, "id": format!("call_{}", self.identity.mark), "type": "function",
                    "function": {"name": call.name, "arguments": ""}});
                let mut events = self.delta(&json!({"tool_calls": [head]}));
                for piece in argument_pieces(&call.arguments) {
                    let piece = json!({"index": index, "function": {"arguments": piece}});
                    events.push_str(&self.delta(&json!({"tool_calls": [piece]})));
                }
                events
            }
        }
    }

    fn close(&mut self) -> String {
        let reason = if self.calls > 0 { "tool_calls" } else { "stop" };
        let mut events = self.chunk(
            &json!([{"index": 0, "delta": {}, "finish_reason": reason}]),
            &Value::Null,
        );
        if self.identity.wants_usage {
            events.push_str(&self.chunk(&json!([]), &usage(&self.identity)));
        }
        events.push_str("data: [DONE]\n\n");
        events
    }
}

pub(in crate::models::scripted) fn whole(identity: &Identity, blocks: &[Beat]) -> Value {
    let mut message = json!({"role": "assistant", "content": null});
    let mut calls = Vec::new();
    for block in blocks {
        match block {
            Beat::Think(text) => message["reasoning_content"] = text.as_str().into(),
            Beat::Say(text) | Beat::SayAfter(_, text) => message["content"] = text.as_str().into(),
            Beat::Call(call) => calls.push(
                json!({"id": format!("call_{}", identity.mark), "type": "function",
                "function": {"name": call.name, "arguments": call.arguments.to_string()}}),
            ),
        }
    }
    let reason = if calls.is_empty() { "stop" } else { "tool_calls" };
    if !calls.is_empty() {
        message["tool_calls"] = calls.into();
    }
    json!({"id": format!("chatcmpl-{}", identity.mark), "object": "chat.completion", "created": identity.created,
        "model": identity.model, "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": usage(identity)})
}

fn usage(identity: &Identity) -> Value {
    json!({"prompt_tokens": identity.input_tokens, "completion_tokens": identity.output_tokens,
        "total_tokens": identity.input_tokens + identity.output_tokens,
        "prompt_tokens_details": {"cached_tokens": 0}})
}
