//! Recorded-style answers of each dialect, read whole and cut at every place: the same usage and end each
//! time.

use proptest::prelude::*;
use shared::runner::Dialect;
use shared::turn::Usage;

use super::{End, Reader, of_body};

const CASES: &[(&str, Dialect, &str, [u64; 4])] = &[
    // dialect, stream, [input, output, cache read, cache write]
    (
        "OpenAI chat",
        Dialect::OpenaiChat,
        include_str!("../../../tests/fixtures/models/openai-chat.sse"),
        [912, 41, 1024, 0],
    ),
    (
        "xAI chat",
        Dialect::OpenaiChat,
        include_str!("../../../tests/fixtures/models/xai-chat.sse"),
        [7, 745, 679, 0],
    ),
    (
        "Kimi chat",
        Dialect::OpenaiChat,
        include_str!("../../../tests/fixtures/models/kimi-chat.sse"),
        [11, 8, 9, 0],
    ),
    (
        "responses",
        Dialect::OpenaiResponses,
        include_str!("../../../tests/fixtures/models/openai-responses.sse"),
        [328, 65, 3072, 0],
    ),
    (
        "Anthropic",
        Dialect::AnthropicMessages,
        include_str!("../../../tests/fixtures/models/anthropic.sse"),
        [12, 89, 18370, 412],
    ),
    (
        "Gemini",
        Dialect::Gemini,
        include_str!("../../../tests/fixtures/models/gemini.sse"),
        [1250, 181, 4000, 0],
    ),
];

fn usage([input, output, read, write]: [u64; 4]) -> Usage {
    Usage {
        input_tokens: input,
        output_tokens: output,
        cache_read_tokens: read,
        cache_write_tokens: write,
        model_calls: 1,
    }
}

fn read(dialect: Dialect, chunks: &[&[u8]]) -> Reader {
    let mut reader = Reader::new(dialect);
    for chunk in chunks {
        reader.push(chunk).unwrap();
    }
    reader
}

fn is_complete(reader: &Reader) -> bool {
    matches!(reader.end(), Some(End::Final | End::Expected))
}

#[test]
fn every_cut_reads_the_same() {
    for (name, dialect, text, numbers) in CASES {
        let bytes = text.as_bytes();
        for cut in 0..=bytes.len() {
            let reader = read(*dialect, &[&bytes[..cut], &bytes[cut..]]);
            assert_eq!(reader.usage(), Some(usage(*numbers)), "{name} cut at {cut}");
            assert!(is_complete(&reader), "{name} cut at {cut}");
        }
    }
}

#[test]
fn a_stream_without_its_last_event_is_not_complete() {
    for (name, dialect, text, _) in CASES {
        // Up to the middle, none has said its last word.
        let reader = read(*dialect, &[&text.as_bytes()[..text.len() / 2]]);
        assert_eq!(reader.end(), None, "{name}");
    }
}

#[test]
fn errors_inside_a_stream_are_ends() {
    for (dialect, text, rate_limited) in [
        (
            Dialect::AnthropicMessages,
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            false,
        ),
        (
            Dialect::AnthropicMessages,
            r#"{"type":"error","error":{"type":"rate_limit_error","message":"m"}}"#,
            true,
        ),
        (
            Dialect::OpenaiChat,
            r#"{"error":{"message":"m","code":429}}"#,
            true,
        ),
        (
            Dialect::OpenaiChat,
            r#"{"error":{"message":"m","type":"server_error"},"choices":[]}"#,
            false,
        ),
        (Dialect::OpenaiChat, r#"{"error":"m"}"#, false),
        (
            Dialect::OpenaiResponses,
            r#"{"type":"error","code":"rate_limit_exceeded","message":"m"}"#,
            true,
        ),
        (
            Dialect::OpenaiResponses,
            r#"{"type":"response.failed","response":{"error":{"code":"server_error","message":"m"}}}"#,
            false,
        ),
        (Dialect::Gemini, r#"{"error":{"code":429,"message":"m"}}"#, true),
    ] {
        let reader = read(dialect, &[format!("data: {text}\n\n").as_bytes()]);
        let Some(End::Error(error)) = reader.end() else {
            panic!("{text}")
        };
        assert_eq!(error.rate_limited, rate_limited, "{text}");
        assert!(error.message.is_some(), "{text}");
    }
}

#[test]
fn whole_answers() {
    for (dialect, body, numbers) in [
        (
            Dialect::OpenaiChat,
            r#"{"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":10,"completion_tokens":4,"total_tokens":14}}"#,
            Some([10, 4, 0, 0]),
        ),
        (
            Dialect::OpenaiChat,
            r#"{"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":60,"cache_write_tokens":30}}}"#,
            Some([10, 4, 60, 30]),
        ),
        (
            Dialect::OpenaiResponses,
            r#"{"object":"response","usage":{"input_tokens":36,"input_tokens_details":{"cached_tokens":6},"output_tokens":87}}"#,
            Some([30, 87, 6, 0]),
        ),
        (
            Dialect::AnthropicMessages,
            r#"{"type":"message","usage":{"input_tokens":3,"output_tokens":5,"cache_read_input_tokens":7,"cache_creation_input_tokens":9}}"#,
            Some([3, 5, 7, 9]),
        ),
        (
            Dialect::Gemini,
            r#"[{"usageMetadata":{"promptTokenCount":9}},{"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":2,"thoughtsTokenCount":3}}]"#,
            Some([9, 5, 0, 0]),
        ),
        (
            Dialect::Gemini,
            r#"{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":9}}"#,
            Some([9, 0, 0, 0]),
        ),
        (Dialect::OpenaiChat, r#"{"choices":[]}"#, None),
        (Dialect::OpenaiChat, r#"{"usage":{"prompt_tokens":10}}"#, None),
        (
            Dialect::OpenaiChat,
            r#"{"usage":{"prompt_tokens":-10,"completion_tokens":1}}"#,
            None,
        ),
        (Dialect::AnthropicMessages, "not json", None),
        (Dialect::OpenaiResponses, "[]", None),
        (Dialect::Gemini, "[]", None),
    ] {
        assert_eq!(of_body(dialect, body.as_bytes()), numbers.map(usage), "{body}");
    }
}

#[test]
fn unknown_stays_unknown() {
    let reader = read(
        Dialect::OpenaiChat,
        &[b"data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"],
    );
    assert_eq!(reader.usage(), None);
    assert_eq!(reader.end(), Some(&End::Final));
    // Only a beginning: the input is known, what was written is not.
    let started =
        r#"data: {"type":"message_start","message":{"usage":{"input_tokens":3,"output_tokens":1}}}"#;
    assert_eq!(
        read(Dialect::AnthropicMessages, &[started.as_bytes(), b"\n\n"]).usage(),
        None
    );
}

proptest! {
    #[test]
    fn any_number_of_cuts_reads_the_same(case in 0..CASES.len(), sizes in prop::collection::vec(1..60_usize, 1..200)) {
        let (_, dialect, text, numbers) = CASES[case];
        let mut reader = Reader::new(dialect);
        let mut rest = text.as_bytes();
        for size in sizes.into_iter().cycle() {
            if rest.is_empty() { break }
            let (chunk, after) = rest.split_at(size.min(rest.len()));
            reader.push(chunk).unwrap();
            rest = after;
        }
        prop_assert_eq!(reader.usage(), Some(usage(numbers)));
        prop_assert!(is_complete(&reader));
    }

    #[test]
    fn no_data_panics(data in "\\PC{0,200}") {
        for dialect in [Dialect::OpenaiChat, Dialect::OpenaiResponses, Dialect::AnthropicMessages, Dialect::Gemini] {
            let _ = read(dialect, &[format!("data: {data}\n\n").as_bytes()]).usage();
            let _ = of_body(dialect, data.as_bytes());
        }
    }
}
