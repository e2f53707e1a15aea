//! What watchers get: each frame is serialised once, however many watch and by whichever protocol.

use std::fmt::Write;
use std::sync::{Arc, OnceLock};

use axum::extract::ws::Utf8Bytes;
use bytes::Bytes;
use shared::socket::{Delta, Presence};

use crate::storage::StoredEvent;

/// Frames that belong together, in order: one commit's, one delta, or a page of the log. What all watchers share.
pub type Batch = Arc<[Frame]>;

/// Something that watchers get.
#[derive(Debug)]
pub struct Frame {
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
        Self {
            kind,
            json,
            ws: OnceLock::new(),
            sse: OnceLock::new(),
        }
    }

    /// The event's number; none for what is not history.
    pub fn seq(&self) -> Option<u64> {
        match self.kind {
            Kind::Event { seq } => Some(seq),
            Kind::Delta | Kind::Presence => None,
        }
    }

    /// As a `ServerFrame` on a WebSocket.
    pub fn ws(&self) -> Utf8Bytes {
        let text = self.ws.get_or_init(|| {
            let json = self.json.as_str();
            match self.kind {
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
        let bytes = self.sse.get_or_init(|| {
            let mut text = String::new();
            self.write_sse(&mut text);
            text.into()
        });
        bytes.clone()
    }

    /// Appends what [`Self::sse`] gives, for somebody who gathers many frames that nobody else gets.
    pub fn write_sse(&self, text: &mut String) {
        let json = self.json.as_str();
        match self.kind {
            Kind::Event { seq } => {
                // Writing to a string does not fail.
                let _ = write!(text, "id: {seq}\nevent: ");
                text.push_str(event_type(json));
            }
            Kind::Delta => text.push_str("event: delta"),
            Kind::Presence => return,
        }
        text.push_str("\ndata: ");
        text.push_str(json);
        text.push_str("\n\n");
    }

    /// About how many bytes it has as a server-sent event.
    pub fn size(&self) -> usize {
        self.json.as_str().len() + 64
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
