//! Reads of a request's body what the proxy must know, and makes chat streams carry their usage. Pure.
//! Everything else in a body passes byte for byte.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::value::RawValue;
use shared::runner::Dialect;

use super::refusal::Refusal;
use super::route::Target;
use crate::models::provider::StreamUsage;

#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) body: Bytes,
    /// Empty when the request names none.
    pub(super) model: String,
    /// Whether an event stream was asked for.
    pub(super) streams: bool,
}

type Fields<'a> = BTreeMap<String, &'a RawValue>;

pub(super) fn prepare(target: &Target, stream_usage: StreamUsage, body: Bytes) -> Result<Prepared, Refusal> {
    if !target.metered {
        return Ok(Prepared {
            body,
            model: String::new(),
            streams: false,
        });
    }
    let fields: Fields<'_> = serde_json::from_slice(&body).map_err(|_| Refusal::NotJson)?;
    let model = match &target.model {
        Some(model) => model.clone(),
        None => fields
            .get("model")
            .and_then(|raw| serde_json::from_str(raw.get()).ok())
            .unwrap_or_default(),
    };
    let streams = match target.dialect {
        Dialect::Gemini => target.path.ends_with(":streamGenerateContent"),
        _ => fields.get("stream").is_some_and(|raw| raw.get() == "true"),
    };
    let changed = match target.dialect {
        Dialect::OpenaiChat => with_usage(fields, streams, stream_usage),
        _ => None,
    };
    Ok(Prepared {
        body: changed.map_or(body, Bytes::from),
        model: model.chars().take(200).collect(),
        streams,
    })
}

/// The body with the right `stream_options`, if it has to change.
fn with_usage(mut fields: Fields<'_>, streams: bool, stream_usage: StreamUsage) -> Option<Vec<u8>> {
    const OPTIONS: &str = "stream_options";
    match stream_usage {
        StreamUsage::Unasked => {
            fields.remove(OPTIONS)?;
            serde_json::to_vec(&fields).ok()
        }
        StreamUsage::WhenAsked if streams => {
            let given = fields.get(OPTIONS).copied();
            let mut options: BTreeMap<String, serde_json::Value> = given
                .and_then(|raw| serde_json::from_str(raw.get()).ok())
                .unwrap_or_default();
            let asked = options.insert("include_usage".to_owned(), true.into());
            if asked == Some(true.into()) {
                return None;
            }
            let options = serde_json::value::to_raw_value(&options).ok()?;
            let mut fields: Fields<'_> = fields;
            fields.insert(OPTIONS.to_owned(), &options);
            serde_json::to_vec(&fields).ok()
        }
        StreamUsage::WhenAsked => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn prepared(dialect: Dialect, stream_usage: StreamUsage, body: &str) -> Prepared {
        let target = Target {
            path: String::new(),
            dialect,
            metered: true,
            model: None,
        };
        prepare(&target, stream_usage, Bytes::copy_from_slice(body.as_bytes())).unwrap()
    }

    #[test]
    fn asks_for_usage_and_leaves_the_rest_alone() {
        let body = r#"{"z":{"b":1.10,"a":"\u00e9"},"model":"m","stream":true}"#;
        let prepared = prepared(Dialect::OpenaiChat, StreamUsage::WhenAsked, body);
        let text = std::str::from_utf8(&prepared.body).unwrap();
        assert!(text.contains(r#""z":{"b":1.10,"a":"\u00e9"}"#), "{text}");
        assert!(
            text.contains(r#""stream_options":{"include_usage":true}"#),
            "{text}"
        );
        assert_eq!((prepared.model.as_str(), prepared.streams), ("m", true));
    }

    #[test]
    fn changes_only_what_must_change() {
        for body in [
            r#"{"stream": true, "stream_options": {"include_usage": true}}"#,
            r#"{"stream": false}"#,
            r#"{"model": "m"}"#,
        ] {
            assert_eq!(
                prepared(Dialect::OpenaiChat, StreamUsage::WhenAsked, body).body,
                body.as_bytes()
            );
        }
        let other = r#"{"stream": true}"#;
        assert_eq!(
            prepared(Dialect::AnthropicMessages, StreamUsage::WhenAsked, other).body,
            other.as_bytes()
        );
        let kept = prepared(
            Dialect::OpenaiChat,
            StreamUsage::WhenAsked,
            r#"{"stream":true,"stream_options":{"include_usage":false,"x":1}}"#,
        );
        let body: Value = serde_json::from_slice(&kept.body).unwrap();
        assert_eq!(body["stream_options"], json!({"include_usage": true, "x": 1}));
    }

    #[test]
    fn takes_the_options_away_where_they_are_refused() {
        let body = r#"{"stream":true,"stream_options":{"include_usage":true}}"#;
        let body: Value =
            serde_json::from_slice(&prepared(Dialect::OpenaiChat, StreamUsage::Unasked, body).body).unwrap();
        assert_eq!(body, json!({"stream": true}));
    }

    #[test]
    fn refuses_what_is_no_object() {
        let target = Target {
            path: String::new(),
            dialect: Dialect::OpenaiChat,
            metered: true,
            model: None,
        };
        for body in ["", "[]", "{", "1"] {
            assert!(
                prepare(
                    &target,
                    StreamUsage::WhenAsked,
                    Bytes::from_static(body.as_bytes())
                )
                .is_err()
            );
        }
    }
}
