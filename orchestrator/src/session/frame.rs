//! What watchers get: each frame is serialised once, however many watch and by whichever protocol.

use std::sync::{Arc, OnceLock};

use axum::extract::ws::Utf8Bytes;
use bytes::Bytes;
use shared::socket::{Delta, Presence};

use crate::storage::StoredEvent;

/// Frames that belong together, in order: one commit's, or one delta.
pub type Batch = Arc<[Frame]>;

/// Something that watchers get. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Frame(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    kind: Kind,
    /// JSON of an `Event`, of a `Delta`, or of the list in a presence frame.
    json: Utf8Bytes,
    ws: OnceLock<Utf8Bytes>,
    sse: OnceLock<Bytes>,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Event { seq: u64 },
    Delta,
    Presence,
}

impl Frame {
    pub(super) fn event(stored: StoredEvent) -> Self {
        Self::new(Kind::Event { seq: stored.seq }, stored.json)
    }

    pub(super) fn delta(delta: &Delta) -> Result<Self, serde_json::Error> {
        Ok(Self::new(Kind::Delta, serde_json::to_string(delta)?.into()))
    }

    pub(super) fn presence(present: &[Presence]) -> Result<Self, serde_json::Error> {
        Ok(Self::new(Kind::Presence, serde_json::to_string(present)?.into()))
    }

    fn new(kind: Kind, json: Utf8Bytes) -> Self {
        Self(Arc::new(Inner {
            kind,
            json,
            ws: OnceLock::new(),
            sse: OnceLock::new(),
        }))
    }

    /// The event's number; none for what is not history.
    pub fn seq(&self) -> Option<u64> {
        match self.0.kind {
            Kind::Event { seq } => Some(seq),
            Kind::Delta | Kind::Presence => None,
        }
    }

    /// As a `ServerFrame` on a WebSocket.
    pub fn ws(&self) -> Utf8Bytes {
        let inner = &*self.0;
        let text = inner.ws.get_or_init(|| {
            let json = inner.json.as_str();
            match inner.kind {
                Kind::Event { .. } => format!(r#"{{"type":"event","event":{json}}}"#),
                // The delta's own fields follow the tag.
                Kind::Delta => format!(r#"{{"type":"delta",{}"#, json.strip_prefix('{').unwrap_or(json)),
                Kind::Presence => format!(r#"{{"type":"presence","present":{json}}}"#),
            }
            .into()
        });
        text.clone()
    }

    /// As a server-sent event. Empty for presence, which that protocol does not carry.
    pub fn sse(&self) -> Bytes {
        let inner = &*self.0;
        let bytes = inner.sse.get_or_init(|| {
            let json = inner.json.as_str();
            match inner.kind {
                Kind::Event { seq } => format!("id: {seq}\nevent: {}\ndata: {json}\n\n", event_type(json)),
                Kind::Delta => format!("event: delta\ndata: {json}\n\n"),
                Kind::Presence => String::new(),
            }
            .into()
        });
        bytes.clone()
    }
}

/// The `type` of a serialised event: the third of its fields, and the first of that name.
fn event_type(json: &str) -> &str {
    json.split_once(r#""type":""#)
        .and_then(|(_, rest)| rest.split_once('"'))
        .map_or("message", |(kind, _)| kind)
}

#[cfg(test)]
mod tests {
    use shared::event::EventBody;
    use shared::socket::ServerFrame;
    use shared::{Event, PartId, QuestionId, Timestamp};

    use super::*;

    #[test]
    fn frames_are_what_the_wire_types_say() {
        let event = Event {
            seq: 7,
            at: Timestamp::from_millis(0),
            body: EventBody::QuestionExpired {
                question_id: QuestionId::new(),
            },
        };
        let json = serde_json::to_string(&event).unwrap();
        let frame = Frame::event(StoredEvent {
            seq: 7,
            json: json.clone().into(),
        });
        let parsed: ServerFrame = serde_json::from_str(&frame.ws()).unwrap();
        assert_eq!(parsed, ServerFrame::Event { event });
        assert_eq!(
            frame.sse(),
            format!("id: 7\nevent: question.expired\ndata: {json}\n\n")
        );

        let delta = Delta {
            part_id: PartId::new(),
            offset: 3,
            text: "é\n\"".to_owned(),
        };
        let frame = Frame::delta(&delta).unwrap();
        assert_eq!(
            serde_json::from_str::<ServerFrame>(&frame.ws()).unwrap(),
            ServerFrame::Delta(delta)
        );
        assert_eq!(frame.seq(), None);

        let frame = Frame::presence(&[]).unwrap();
        assert_eq!(
            serde_json::from_str::<ServerFrame>(&frame.ws()).unwrap(),
            ServerFrame::Presence { present: Vec::new() }
        );
    }
}
