//! What an agent says and thinks: chunks that become one part, its text sent as deltas. Pure.

use serde_json::Value;
use shared::PartId;
use shared::limits::PART_TEXT_BYTES;
use shared::message::PartBody;
use shared::socket::Delta;

use crate::bounds;
use crate::outbox::Record;

const CUT: &str = "\n\n[Cut here: a part holds at most 1 MiB of text.]";

/// How the words are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    Speaks,
    Thinks,
}

/// A text that still grows.
pub(super) struct OpenText {
    pub(super) part_id: PartId,
    voice: Voice,
    /// The agent's own id of the message, when it gives one.
    source: Option<String>,
    text: String,
    /// How much of the text was written as deltas.
    written: usize,
    full: bool,
}

impl OpenText {
    pub(super) fn new(voice: Voice, source: Option<&str>, words: &str) -> Self {
        let mut text = Self {
            part_id: PartId::new(),
            voice,
            source: source.map(str::to_owned),
            text: String::new(),
            written: 0,
            full: false,
        };
        text.append(words);
        // The report that opens the part has these words.
        text.written = text.text.len();
        text
    }

    /// Whether a chunk goes on with this text.
    pub(super) fn continues(&self, voice: Voice, source: Option<&str>) -> bool {
        self.voice == voice && self.source.as_deref() == source
    }

    pub(super) fn append(&mut self, words: &str) {
        if self.full {
            return;
        }
        let room = PART_TEXT_BYTES - CUT.len() - self.text.len();
        self.text.push_str(bounds::head(words, room));
        if words.len() > room {
            self.text.push_str(CUT);
            self.full = true;
        }
    }

    /// The words that were not written yet.
    pub(super) fn pending(&mut self) -> Option<Record> {
        let words = &self.text[self.written..];
        if words.is_empty() {
            return None;
        }
        let delta = Delta {
            part_id: self.part_id,
            offset: self.written as u64,
            text: words.to_owned(),
        };
        self.written = self.text.len();
        Some(Record::Delta(delta))
    }

    pub(super) fn body(&self) -> PartBody {
        let text = self.text.clone();
        match self.voice {
            Voice::Speaks => PartBody::Text { text },
            Voice::Thinks => PartBody::Thinking { text },
        }
    }
}

/// The words of a content block; other kinds of content are named in their place.
pub(super) fn words(content: &Value) -> Option<String> {
    match content["type"].as_str()? {
        "text" => content["text"]
            .as_str()
            .filter(|text| !text.is_empty())
            .map(str::to_owned),
        "resource_link" => Some(format!("<{}>", content["uri"].as_str()?)),
        "resource" => content["resource"]["text"].as_str().map(str::to_owned),
        kind => Some(format!("[{kind}]")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_has_its_bound() {
        let mut text = OpenText::new(Voice::Speaks, None, "");
        for _ in 0..40 {
            text.append(&"é".repeat(20_000));
        }
        let PartBody::Text { text } = text.body() else {
            unreachable!()
        };
        assert!(text.len() <= PART_TEXT_BYTES);
        assert!(text.ends_with(CUT));
    }
}
