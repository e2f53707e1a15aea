//! OpenAI's responses, as far as agents use them: messages, reasoning summaries and function calls.

use serde_json::{Map, Value, json};

use super::{Encoder, Identity, argument_pieces};
use crate::models::scripted::conversation::{Conversation, content, text};
use crate::models::scripted::script::Beat;

pub(in crate::models::scripted) fn read(request: &Map<String, Value>, conversation: &mut Conversation) {
    conversation.add_instructions(text(request.get("instructions")).unwrap_or_default());
    for tool in request
        .get("tools")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let freeform = text(tool.get("type")) == Some("custom");
        conversation.add_tool(tool.get("name"), tool.get("parameters"), freeform);
    }
    if let Some(prompt) = text(request.get("input")) {
        conversation.add_user_text(prompt);
    }
    for item in request
        .get("input")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        match (text(item.get("type")), text(item.get("role"))) {
            (Some("function_call_output" | "custom_tool_call_output"), _) => conversation.results += 1,
            (Some("message") | None, Some("user")) => {
                conversation.add_user_text(&content(item.get("content")))
            }
            (Some("message") | None, Some("system" | "developer")) => {
                conversation.add_instructions(&content(item.get("content")));
            }
            _ => {}
        }
    }
}

/// An output item that is being written.
struct Open {
    kind: &'static str,
    id: String,
    text: String,
}

pub(in crate::models::scripted) struct Responses {
    identity: Identity,
    sequence: u64,
    open: Option<Open>,
    /// The finished items.
    output: Vec<Value>,
}

impl Responses {
    pub(in crate::models::scripted) fn new(identity: Identity) -> Self {
        Self {
            identity,
            sequence: 0,
            open: None,
            output: Vec::new(),
        }
    }

    fn event(&mut self, kind: &str, mut data: Value) -> String {
        data["type"] = kind.into();
        data["sequence_number"] = self.sequence.into();
        self.sequence += 1;
        format!("event: {kind}\ndata: {data}\n\n")
    }

    fn status(&mut self, kind: &str, status: &str) -> String {
        let response = response(&self.identity, status, &self.output);
        self.event(kind, json!({ "response": response }))
    }

    fn write(&mut self, kind: &'static str, text: &str) -> String {
        let mut events = String::new();
        if self.open.as_ref().is_none_or(|open| open.kind != kind) {
            events = self.end_item();
            let id = format!("{}_{}_{}", &kind[..2], self.identity.mark, self.output.len());
            events.push_str(&self.begin_item(kind, &id));
            self.open = Some(Open {
                kind,
                id,
                text: String::new(),
            });
        }
        let index = self.output.len();
        let Some(open) = &mut self.open else { return events };
        open.text.push_str(text);
        let place = json!({"item_id": open.id, "output_index": index, "delta": text});
        events
            + &if kind == "message" {
                self.event(
                    "response.output_text.delta",
                    merged(place, json!({"content_index": 0, "logprobs": []})),
                )
            } else {
                self.event(
                    "response.reasoning_summary_text.delta",
                    merged(place, json!({"summary_index": 0})),
                )
            }
    }

    fn begin_item(&mut self, kind: &str, id: &str) -> String {
        let index = self.output.len();
        let item = if kind == "message" {
            json!({"type": kind, "id": id, "status": "in_progress", "role": "assistant", "content": []})
        } else {
            json!({"type": kind, "id": id, "summary": []})
        };
        let begun = self.event(
            "response.output_item.added",
            json!({"output_index": index, "item": item}),
        );
        let place = json!({"item_id": id, "output_index": index});
        begun
            + &if kind == "message" {
                let part = json!({"content_index": 0, "part": text_part("")});
                self.event("response.content_part.added", merged(place, part))
            } else {
                let part = json!({"summary_index": 0, "part": summary_part("")});
                self.event("response.reasoning_summary_part.added", merged(place, part))
            }
    }

    fn end_item(&mut self) -> String {
        let Some(open) = self.open.take() else {
            return String::new();
        };
        let index = self.output.len();
        let place = json!({"item_id": open.id, "output_index": index});
        let (mut events, item) = if open.kind == "message" {
            let text = merged(
                place.clone(),
                json!({"content_index": 0, "text": open.text, "logprobs": []}),
            );
            let part = merged(place, json!({"content_index": 0, "part": text_part(&open.text)}));
            let events = self.event("response.output_text.done", text)
                + &self.event("response.content_part.done", part);
            (events, message(&open.id, &open.text))
        } else {
            let text = merged(place.clone(), json!({"summary_index": 0, "text": open.text}));
            let part = merged(
                place,
                json!({"summary_index": 0, "part": summary_part(&open.text)}),
            );
            let events = self.event("response.reasoning_summary_text.done", text)
                + &self.event("response.reasoning_summary_part.done", part);
            (events, reasoning(&open.id, &open.text))
        };
        events.push_str(&self.event(
            "response.output_item.done",
            json!({"output_index": index, "item": item}),
        ));
        self.output.push(item);
        events
    }
}

impl Encoder for Responses {
    fn open(&mut self) -> String {
        self.status("response.created", "in_progress") + &self.status("response.in_progress", "in_progress")
    }

    fn beat(&mut self, beat: &Beat) -> String {
        match beat {
            Beat::Think(text) => self.write("reasoning", text),
            Beat::Say(text) | Beat::SayAfter(_, text) => self.write("message", text),
            Beat::Call(call) => {
                let mut events = self.end_item();
                let index = self.output.len();
                let done = function_call(&self.identity, &call.name, &call.arguments);
                let mut begun = done.clone();
                begun["status"] = "in_progress".into();
                begun["arguments"] = "".into();
                events.push_str(&self.event(
                    "response.output_item.added",
                    json!({"output_index": index, "item": begun}),
                ));
                let place = json!({"item_id": done["id"], "output_index": index});
                for piece in argument_pieces(&call.arguments) {
                    let delta = merged(place.clone(), json!({"delta": piece}));
                    events.push_str(&self.event("response.function_call_arguments.delta", delta));
                }
                let all = merged(place, json!({"arguments": done["arguments"], "name": call.name}));
                events.push_str(&self.event("response.function_call_arguments.done", all));
                let end = json!({"output_index": index, "item": done});
                events.push_str(&self.event("response.output_item.done", end));
                self.output.push(done);
                events
            }
        }
    }

    fn close(&mut self) -> String {
        self.end_item() + &self.status("response.completed", "completed")
    }
}

pub(in crate::models::scripted) fn whole(identity: &Identity, blocks: &[Beat]) -> Value {
    let items: Vec<_> = blocks
        .iter()
        .enumerate()
        .map(|(index, block)| match block {
            Beat::Think(text) => reasoning(&format!("re_{}_{index}", identity.mark), text),
            Beat::Say(text) | Beat::SayAfter(_, text) => {
                message(&format!("me_{}_{index}", identity.mark), text)
            }
            Beat::Call(call) => function_call(identity, &call.name, &call.arguments),
        })
        .collect();
    response(identity, "completed", &items)
}

fn response(identity: &Identity, status: &str, output: &[Value]) -> Value {
    let usage = (status == "completed").then(|| {
        json!({"input_tokens": identity.input_tokens, "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": identity.output_tokens, "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": identity.input_tokens + identity.output_tokens})
    });
    json!({"id": format!("resp_{}", identity.mark), "object": "response", "created_at": identity.created,
        "status": status, "error": null, "incomplete_details": null, "model": identity.model, "output": output,
        "parallel_tool_calls": false, "tool_choice": "auto", "tools": [], "usage": usage})
}

fn message(id: &str, text: &str) -> Value {
    json!({"type": "message", "id": id, "status": "completed", "role": "assistant", "content": [text_part(text)]})
}

fn reasoning(id: &str, text: &str) -> Value {
    json!({"type": "reasoning", "id": id, "summary": [summary_part(text)]})
}

fn function_call(identity: &Identity, name: &str, arguments: &Value) -> Value {
    json!({"type": "function_call", "id": format!("fc_{}", identity.mark), "status": "completed",
        "call_id": format!("call_{}", identity.mark), "name": name, "arguments": arguments.to_string()})
}

fn text_part(text: &str) -> Value {
    json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []})
}

fn summary_part(text: &str) -> Value {
    json!({"type": "summary_text", "text": text})
}

fn merged(mut left: Value, right: Value) -> Value {
    if let (Value::Object(left), Value::Object(right)) = (&mut left, right) {
        left.extend(right);
    }
    left
}
