//! Anthropic's messages.

use serde_json::{Map, Value, json};

use super::{Encoder, Identity, argument_pieces};
use crate::models::scripted::conversation::{Conversation, content, text};
use crate::models::scripted::script::Beat;

pub(in crate::models::scripted) fn read(request: &Map<String, Value>, conversation: &mut Conversation) {
    conversation.add_instructions(&content(request.get("system")));
    for tool in request
        .get("tools")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        conversation.add_tool(tool.get("name"), tool.get("input_schema"), false);
    }
    for message in request
        .get("messages")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        if text(message.get("role")) != Some("user") {
            continue;
        }
        let parts = message.get("content").and_then(Value::as_array);
        let results = parts.map_or(0, |parts| {
            parts
                .iter()
                .filter(|part| text(part.get("type")) == Some("tool_result"))
                .count()
        });
        if results > 0 {
            // Words beside a tool's result are the agent's, not a person's.
            conversation.results += results;
        } else {
            conversation.add_user_text(&content(message.get("content")));
        }
    }
}

pub(in crate::models::scripted) struct Messages {
    identity: Identity,
    /// The block that is open: its number and its kind.
    open: Option<(usize, &'static str)>,
    blocks: usize,
    called: bool,
}

impl Messages {
    pub(in crate::models::scripted) fn new(identity: Identity) -> Self {
        Self {
            identity,
            open: None,
            blocks: 0,
            called: false,
        }
    }

    /// Makes `kind` the open block, and says so when it was not.
    fn block(&mut self, kind: &'static str, start: &Value) -> (usize, String) {
        if let Some((index, open)) = self.open
            && open == kind
            && kind != "tool_use"
        {
            return (index, String::new());
        }
        let mut events = self.end_block();
        let index = self.blocks;
        self.blocks += 1;
        self.open = Some((index, kind));
        events.push_str(&event(
            "content_block_start",
            &json!({"type": "content_block_start", "index": index, "content_block": start}),
        ));
        (index, events)
    }

    fn end_block(&mut self) -> String {
        self.open.take().map_or_else(String::new, |(index, _)| {
            event(
                "content_block_stop",
                &json!({"type": "content_block_stop", "index": index}),
            )
        })
    }
}

impl Encoder for Messages {
    fn open(&mut self) -> String {
        let message = json!({"id": format!("msg_{}", self.identity.mark), "type": "message", "role": "assistant",
            "model": self.identity.model, "content": [], "stop_reason": null, "stop_sequence": null,
            "usage": {"input_tokens": self.identity.input_tokens, "output_tokens": 1,
                "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0}});
        event(
            "message_start",
            &json!({"type": "message_start", "message": message}),
        ) + &event("ping", &json!({"type": "ping"}))
    }

    fn beat(&mut self, beat: &Beat) -> String {
        let ((index, mut events), deltas) = match beat {
            Beat::Think(text) => (
                self.block(
                    "thinking",
                    &json!({"type": "thinking", "thinking": "", "signature": ""}),
                ),
                vec![json!({"type": "thinking_delta", "thinking": text})],
            ),
            Beat::Say(text) | Beat::SayAfter(_, text) => (
                self.block("text", &json!({"type": "text", "text": ""})),
                vec![json!({"type": "text_delta", "text": text})],
            ),
            Beat::Call(call) => {
                self.called = true;
                let id = format!("toolu_{}", self.identity.mark);
                let start = json!({"type": "tool_use", "id": id, "name": call.name, "input": {}});
                let deltas = argument_pieces(&call.arguments)
                    .into_iter()
                    .map(|piece| json!({"type": "input_json_delta", "partial_json": piece}))
                    .collect();
                (self.block("tool_use", &start), deltas)
            }
        };
        for delta in deltas {
            let delta = json!({"type": "content_block_delta", "index": index, "delta": delta});
            events.push_str(&event("content_block_delta", &delta));
        }
        events
    }

    fn close(&mut self) -> String {
        let end = json!({"type": "message_delta",
            "delta": {"stop_reason": stop_reason(self.called), "stop_sequence": null},
            "usage": {"output_tokens": self.identity.output_tokens}});
        self.end_block()
            + &event("message_delta", &end)
            + &event("message_stop", &json!({"type": "message_stop"}))
    }
}

pub(in crate::models::scripted) fn whole(identity: &Identity, blocks: &[Beat]) -> Value {
    let called = blocks.iter().any(|block| matches!(block, Beat::Call(_)));
    let content: Vec<_> = blocks
        .iter()
        .map(|block| match block {
            Beat::Think(text) => json!({"type": "thinking", "thinking": text, "signature": ""}),
            Beat::Say(text) | Beat::SayAfter(_, text) => json!({"type": "text", "text": text}),
            Beat::Call(call) => json!({"type": "tool_use", "id": format!("toolu_{}", identity.mark),
                "name": call.name, "input": call.arguments}),
        })
        .collect();
    json!({"id": format!("msg_{}", identity.mark), "type": "message", "role": "assistant", "model": identity.model,
        "content": content, "stop_reason": stop_reason(called), "stop_sequence": null,
        "usage": {"input_tokens": identity.input_tokens, "output_tokens": identity.output_tokens,
            "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0}})
}

fn stop_reason(called: bool) -> &'static str {
    if called { "tool_use" } else { "end_turn" }
}

fn event(name: &str, data: &Value) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}
