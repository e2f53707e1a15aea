//! The scripted model as agents meet it: every dialect, every agent's tools, every fault, and the built-in
//! walk.

mod agents;
mod server;
mod walk;

use serde_json::{Value, json};
use shared::runner::Dialect;

use super::conversation::Conversation;
use super::scenario::Scenarios;
use super::script::{self, Beat, Reply};
use super::tools::ToolCall;
use super::{Scripted, dialect};
use crate::models::usage::{self, Reader};

const DIALECTS: [Dialect; 3] = [
    Dialect::OpenaiChat,
    Dialect::OpenaiResponses,
    Dialect::AnthropicMessages,
];

fn path(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::OpenaiResponses => "/responses",
        Dialect::AnthropicMessages => "/v1/messages",
        Dialect::OpenaiChat | Dialect::Gemini => "/chat/completions",
    }
}

/// A request of OpenCode, or of an agent like it, after `results` tool results.
fn request(dialect: Dialect, prompt: &str, results: usize) -> Value {
    let schema = |names: &[&str]| {
        let properties: serde_json::Map<_, _> = names
            .iter()
            .map(|name| ((*name).to_owned(), json!({"type": "string"})))
            .collect();
        json!({"type": "object", "properties": properties})
    };
    let tools = [
        ("bash", schema(&["command"])),
        ("read", schema(&["filePath"])),
        ("write", schema(&["filePath", "content"])),
        ("edit", schema(&["filePath", "oldString", "newString"])),
        ("todowrite", schema(&["todos"])),
    ];
    let system = "You are an agent.\n<env>\n  Working directory: /srv/space\n</env>";
    match dialect {
        Dialect::OpenaiResponses => {
            let mut input = vec![
                json!({"role": "developer", "content": system}),
                json!({"role": "user", "content": [{"type": "input_text", "text": prompt}]}),
            ];
            for index in 0..results {
                input
                    .push(json!({"type": "function_call", "call_id": index, "name": "x", "arguments": "{}"}));
                input.push(json!({"type": "function_call_output", "call_id": index, "output": "ok"}));
            }
            let tools =
                tools.map(|(name, schema)| json!({"type": "function", "name": name, "parameters": schema}));
            json!({"model": "scripted", "stream": true, "input": input, "tools": tools})
        }
        Dialect::AnthropicMessages => {
            let mut messages = vec![json!({"role": "user", "content": [{"type": "text", "text": prompt}]})];
            for index in 0..results {
                messages.push(json!({"role": "assistant", "content": [{"type": "tool_use", "id": index, "name": "x", "input": {}}]}));
                messages.push(json!({"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": index, "content": "ok"},
                    {"type": "text", "text": "<system-reminder>be good</system-reminder>"}]}));
            }
            let tools = tools.map(|(name, schema)| json!({"name": name, "input_schema": schema}));
            json!({"model": "scripted", "stream": true, "system": [{"type": "text", "text": system}], "messages": messages, "tools": tools})
        }
        Dialect::OpenaiChat | Dialect::Gemini => {
            let mut messages = vec![
                json!({"role": "system", "content": system}),
                json!({"role": "user", "content": prompt}),
            ];
            for index in 0..results {
                messages.push(json!({"role": "assistant", "tool_calls": [{"id": index}]}));
                messages.push(json!({"role": "tool", "tool_call_id": index, "content": "ok"}));
            }
            let tools = tools.map(|(name, schema)| json!({"type": "function", "function": {"name": name, "parameters": schema}}));
            json!({"model": "scripted", "stream": true, "stream_options": {"include_usage": true},
                "messages": messages, "tools": tools})
        }
    }
}

fn conversation(dialect: Dialect, request: &Value) -> Conversation {
    Conversation::read(dialect, request.as_object().unwrap())
}

fn said(reply: &Reply) -> String {
    let Reply::Answer { beats, .. } = reply else {
        panic!("{reply:?}")
    };
    beats
        .iter()
        .filter_map(|beat| match beat {
            Beat::Say(text) | Beat::SayAfter(_, text) => Some(text.as_str()),
            Beat::Think(_) | Beat::Call(_) => None,
        })
        .collect()
}

fn called(reply: &Reply) -> Option<ToolCall> {
    let Reply::Answer { beats, .. } = reply else {
        panic!("{reply:?}")
    };
    beats.iter().find_map(|beat| match beat {
        Beat::Call(call) => Some(call.clone()),
        _ => None,
    })
}

const STEPS: &str = r#"{"scenarios": [
    {"when": "tools", "steps": [{"think": "hm"}, {"say": "one"}, {"bash": {"command": "ls"}}, {"say": "two"},
        {"write": {"path": "a", "content": "b"}}, {"say": "three"}]},
    {"when": "flaky", "steps": [{"error": {"status": 429, "times": 2, "retryAfter": 3}}, {"hang": {}}, {"say": "so"},
        {"cut": {}}, {"say": " there"}]}]}"#;

#[test]
fn the_next_step_follows_from_the_request_alone() {
    let scenarios = Scenarios::parse(STEPS).unwrap();
    for dialect in DIALECTS {
        for (results, text, tool) in [
            (0, "one", Some("bash")),
            (1, "two", Some("write")),
            (2, "three", None),
            (3, "Done.", None),
        ] {
            let conversation = conversation(dialect, &request(dialect, "use tools", results));
            assert_eq!(conversation.results, results, "{dialect:?}");
            assert_eq!(conversation.prompt, "use tools", "{dialect:?}");
            let reply = script::next(&conversation, scenarios.choose(&conversation.prompt), 0);
            assert_eq!(said(&reply), text, "{dialect:?}");
            assert_eq!(
                called(&reply).map(|call| call.name).as_deref(),
                tool,
                "{dialect:?}"
            );
        }
    }
}

#[test]
fn faults_pass_after_their_times() {
    let scenarios = Scenarios::parse(STEPS).unwrap();
    let conversation = conversation(Dialect::OpenaiChat, &request(Dialect::OpenaiChat, "flaky", 0));
    let replies: Vec<_> = (0..6)
        .map(|times| script::next(&conversation, scenarios.choose("flaky"), times))
        .collect();
    assert!(matches!(
        replies[0],
        Reply::Error {
            status: 429,
            retry_after: Some(3),
            ..
        }
    ));
    assert!(matches!(replies[1], Reply::Error { .. }));
    assert!(matches!(replies[2], Reply::Hang));
    assert!(matches!(&replies[3], Reply::Answer { cut: true, .. }));
    assert_eq!(said(&replies[4]), "so there");
    assert_eq!(said(&replies[5]), "so there");
}

#[test]
fn titles_are_short_and_need_no_tools() {
    let request = json!({"messages": [
        {"role": "system", "content": "You are a title generator."},
        {"role": "user", "content": "Generate a title for this conversation:\n"},
        {"role": "user", "content": "\nPlease make the tests of this whole repository pass, all of them, quickly"}]});
    let conversation = conversation(Dialect::OpenaiChat, &request);
    let reply = script::next(&conversation, Scenarios::parse(STEPS).unwrap().choose("x"), 0);
    assert_eq!(
        said(&reply),
        "Please make the tests of this whole repository pas…"
    );
}

#[test]
fn what_agents_insert_is_not_a_prompt() {
    let request = json!({"input": [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text":
            "<environment_context>\n<cwd>/elsewhere</cwd>\n</environment_context>"}]},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text":
            "hello <system-reminder>be good</system-reminder>"}]},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "# AGENTS.md instructions for /x"}]}]});
    let conversation = conversation(Dialect::OpenaiResponses, &request);
    assert_eq!((conversation.prompt.as_str(), conversation.prompts), ("hello", 1));
    assert_eq!(conversation.directory.as_deref(), Some("/elsewhere"));
}

#[test]
fn malformed_requests_and_files_are_refused_and_never_panic() {
    for dialect in DIALECTS {
        for request in [
            json!({}),
            json!({"messages": 1, "input": 1, "tools": 1, "system": 1}),
            json!({"messages": [1, {"role": 1}, {"role": "user"}], "input": [1, {"type": 1}], "tools": [1, {}]}),
        ] {
            let _ = script::next(
                &conversation(dialect, &request),
                Scenarios::parse(STEPS).unwrap().choose(""),
                0,
            );
        }
    }
    for text in [
        "",
        "{}",
        r#"{"scenarios": [{"steps": [{"dance": 1}]}]}"#,
        r#"{"scenarios": [{"step": []}]}"#,
    ] {
        assert!(Scenarios::parse(text).is_err(), "{text}");
    }
}
