//! The live text of parts that still stream, and the deltas that wait for the link. Pure. Deltas are
//! not history: a link that is slow or new gets each part's text so far instead.

use std::collections::{BTreeMap, VecDeque};

use shared::PartId;
use shared::message::{Part, PartState};
use shared::runner::Report;
use shared::socket::Delta;

use super::Record;

/// Bytes of deltas that may wait for a slow link.
const QUEUE_BYTES: usize = 1024 * 1024;

/// Bytes of one delta: its frame fits whatever its escapes are.
const DELTA_BYTES: usize = 256 * 1024;

/// The texts of streaming parts, and what of them the link has not sent.
pub(super) struct Live {
    texts: BTreeMap<PartId, String>,
    /// Deltas, each with how many reports had been written before it.
    queue: VecDeque<(u64, Delta)>,
    queued: usize,
    /// Reports seen since the start; counts along with the store's numbers.
    last: u64,
    linked: bool,
    /// Whether whole texts must be sent instead of what was queued.
    anew: bool,
}

impl Live {
    pub(super) fn new(last: u64, open: Vec<Part>) -> Self {
        let texts = open
            .into_iter()
            .filter_map(|mut part| {
                part.body
                    .live_text()
                    .map(std::mem::take)
                    .map(|text| (part.id, text))
            })
            .collect();
        Self {
            texts,
            queue: VecDeque::new(),
            queued: 0,
            last,
            linked: false,
            anew: false,
        }
    }

    pub(super) fn start(&mut self) {
        self.stop();
        self.linked = true;
        self.anew = true;
    }

    pub(super) fn stop(&mut self) {
        self.linked = false;
        self.queue.clear();
        self.queued = 0;
    }

    /// Takes notice of a record that was just written.
    pub(super) fn take(&mut self, record: Record) {
        match record {
            Record::Report(report) => {
                self.last += 1;
                match report {
                    Report::PartUpdated { mut part } => self.part(&mut part),
                    Report::TurnEnded { .. } => self.texts.clear(),
                    _ => {}
                }
            }
            Record::Delta(delta) => self.delta(delta),
            Record::Fact(_) => {}
        }
    }

    fn part(&mut self, part: &mut Part) {
        match part.body.live_text() {
            Some(text) if part.state == PartState::Streaming => {
                self.texts.insert(part.id, std::mem::take(text));
            }
            _ => {
                self.texts.remove(&part.id);
            }
        }
    }

    fn delta(&mut self, delta: Delta) {
        let Some(text) = self.texts.get_mut(&delta.part_id) else {
            return;
        };
        text.push_str(&delta.text);
        if !self.linked || self.anew {
            return;
        }
        self.queued += delta.text.len();
        if self.queued > QUEUE_BYTES {
            self.start();
            return;
        }
        self.queue.push_back((self.last, delta));
    }

    /// The deltas that were written before the report with this number.
    pub(super) fn before(&mut self, number: u64) -> Vec<Delta> {
        let mut deltas = Vec::new();
        while let Some((after, _)) = self.queue.front()
            && *after < number
            && let Some((_, delta)) = self.queue.pop_front()
        {
            self.queued -= delta.text.len();
            deltas.push(delta);
        }
        deltas
    }

    /// All that waits, to be asked for when all reports were sent.
    pub(super) fn rest(&mut self) -> Vec<Delta> {
        if std::mem::take(&mut self.anew) {
            self.queue.clear();
            self.queued = 0;
            return self
                .texts
                .iter()
                .flat_map(|(part, text)| pieces(*part, text))
                .collect();
        }
        self.before(u64::MAX)
    }
}

/// A part's whole text as deltas, the first with offset 0. An empty text is one empty delta.
fn pieces(part_id: PartId, text: &str) -> Vec<Delta> {
    let mut deltas = Vec::new();
    let mut start = 0;
    loop {
        let piece = crate::bounds::head(&text[start..], DELTA_BYTES);
        deltas.push(Delta {
            part_id,
            offset: start as u64,
            text: piece.to_owned(),
        });
        start += piece.len();
        if start >= text.len() {
            return deltas;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_goes_in_pieces() {
        let text = "é".repeat(2 * DELTA_BYTES - 1);
        let deltas = pieces(PartId::new(), &text);
        assert!(deltas.len() > 2);
        let mut whole = String::new();
        for delta in deltas {
            assert_eq!(delta.offset, whole.len() as u64);
            assert!(delta.text.len() <= DELTA_BYTES);
            whole.push_str(&delta.text);
        }
        assert_eq!(whole, text);
    }
}
