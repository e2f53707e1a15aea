//! The translator against transcripts recorded from OpenCode 1.18.33, whose workspace is `/workspace`.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;
use shared::message::ToolStatus;

use super::*;

/// Runs a transcript through a translator, with a flush wherever 30 ms have passed.
fn translate(transcript: &str) -> Vec<Record> {
    let mut translator = Translator::new(TurnId::from_uuid(uuid::Uuid::nil()), "/workspace".into());
    let mut records = Vec::new();
    let mut now = Timestamp::from_millis(0);
    for line in transcript.lines() {
        let message: Value = serde_json::from_str(line).unwrap();
        let at = Timestamp::from_millis((message["at"].as_f64().unwrap() * 1000.0) as i64);
        while now.after(FLUSH) < at {
            now = now.after(FLUSH);
            records.extend(translator.flush(now));
        }
        now = at;
        match message["method"].as_str() {
            Some("session/update") => records.extend(translator.update(&message["params"]["update"], at)),
            Some("session/request_permission") => {
                records.extend(translator.asks(&message["params"]["toolCall"], at).1)
            }
            _ => {}
        }
    }
    records.extend(translator.close(PartState::Done, now));
    records
}

const FLUSH: std::time::Duration = std::time::Duration::from_millis(30);

/// Records as JSON with their random ids replaced by names in the order in which they come.
fn readable(records: &[Record]) -> Vec<Value> {
    let mut names = BTreeMap::new();
    let mut records: Vec<Value> = records
        .iter()
        .map(|record| match record {
            Record::Report(report) => serde_json::to_value(report).unwrap(),
            Record::Delta(delta) => json!({ "delta": delta }),
            Record::Fact(fact) => json!(format!("{fact:?}")),
        })
        .collect();
    records.iter_mut().for_each(|record| rename(record, &mut names));
    records
}

fn rename(value: &mut Value, names: &mut BTreeMap<String, String>) {
    match value {
        Value::String(text)
            if text.starts_with("prt_") || text.starts_with("msg_") || text.starts_with("trn_") =>
        {
            let number = names.len() + 1;
            let name = names
                .entry(text.clone())
                .or_insert_with(|| format!("{}{number}", &text[..4]));
            text.clone_from(name);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, names)),
        Value::Object(fields) => fields.values_mut().for_each(|field| rename(field, names)),
        _ => {}
    }
}

#[test]
fn transcripts() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    for name in [
        "text",
        "thinking",
        "files",
        "bash",
        "failing",
        "todos",
        "cancel",
        "permission",
    ] {
        let transcript = std::fs::read_to_string(folder.join(format!("{name}.jsonl"))).unwrap();
        insta::assert_json_snapshot!(name, readable(&translate(&transcript)));
    }
}

fn translator() -> Translator {
    Translator::new(TurnId::new(), "/workspace".into())
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn output(text: &str) -> Value {
    json!({ "sessionUpdate": "tool_call_update", "toolCallId": "c", "status": "in_progress",
        "content": [{ "type": "content", "content": { "type": "text", "text": text } }] })
}

fn parts(records: &[Record]) -> Vec<&Part> {
    let parts = records.iter().filter_map(|record| match record {
        Record::Report(Report::PartUpdated { part }) => Some(part),
        _ => None,
    });
    parts.collect()
}

#[test]
fn what_is_unknown_or_malformed_is_left() {
    let mut translator = translator();
    for update in [
        json!(null),
        json!({}),
        json!({ "sessionUpdate": "brand_new", "x": 1 }),
        json!({ "sessionUpdate": "tool_call" }),
        json!({ "sessionUpdate": "agent_message_chunk" }),
        json!({ "sessionUpdate": "agent_message_chunk", "content": { "type": "text" } }),
        json!({ "sessionUpdate": "plan", "entries": 7 }),
    ] {
        assert_eq!(translator.update(&update, at(0)), [], "{update}");
    }
}

#[test]
fn output_that_only_grows_goes_as_deltas_and_other_output_at_most_twice_a_second() {
    let mut translator = translator();
    translator.update(&output(""), at(0));
    translator.update(&output("a"), at(10));
    assert!(matches!(translator.flush(at(30)).as_slice(), [Record::Delta(delta)] if delta.text == "a"));
    translator.update(&output("ab"), at(40));
    assert!(matches!(translator.flush(at(60)).as_slice(), [Record::Delta(delta)] if delta.offset == 1));
    // A progress bar rewrites itself.
    for millis in (100..2_000).step_by(10) {
        translator.update(&output(&format!("{millis} %")), at(millis));
    }
    let mut whole = 0;
    for millis in (2_000..4_000).step_by(10) {
        translator.update(&output(&format!("{millis} %")), at(millis));
        whole += translator.flush(at(millis)).len();
    }
    assert_eq!(whole, 4);
    let end = json!({ "sessionUpdate": "tool_call_update", "toolCallId": "c", "status": "completed" });
    let records = translator.update(&end, at(4_001));
    let PartBody::ToolCall(call) = &parts(&records)[0].body else {
        unreachable!()
    };
    assert_eq!(
        (call.output.as_str(), call.status),
        ("3990 %", ToolStatus::Completed)
    );
}

#[test]
fn long_output_keeps_its_end() {
    let mut translator = translator();
    let records = translator.update(&output(&"é\n".repeat(100_000)), at(0));
    let PartBody::ToolCall(call) = &parts(&records)[0].body else {
        unreachable!()
    };
    assert!(call.output_truncated && call.output.len() <= shared::limits::TOOL_TEXT_BYTES);
}

#[test]
fn a_repeated_model_call_begins_a_new_part() {
    let mut translator = translator();
    let chunk = json!({ "sessionUpdate": "agent_message_chunk", "messageId": "m",
        "content": { "type": "text", "text": "Half" } });
    translator.update(&chunk, at(0));
    let records = translator.repeats(at(1));
    assert_eq!(parts(&records)[0].state, PartState::Interrupted);
    let records = translator.update(&chunk, at(2));
    assert_eq!(parts(&records)[0].state, PartState::Streaming);
}

#[test]
fn a_call_that_was_cut_short_stays_so() {
    let mut translator = translator();
    translator.update(&output("a"), at(0));
    let records = translator.close(PartState::Interrupted, at(1));
    assert_eq!(parts(&records)[0].state, PartState::Interrupted);
    let end = json!({ "sessionUpdate": "tool_call_update", "toolCallId": "c", "status": "completed" });
    assert_eq!(translator.update(&end, at(2)), []);
}

#[test]
fn the_first_word_of_a_call_may_be_its_permission_request() {
    let mut translator = translator();
    let call = json!({ "toolCallId": "g", "title": "rm x", "kind": "execute", "status": "pending" });
    let (part, records) = translator.asks(&call, at(0));
    assert_eq!(part, Some(parts(&records)[0].id));
}
