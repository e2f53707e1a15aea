//! Google's `generateContent`. Each piece repeats the numbers so far; the prompt's include the cache, the
//! candidates' exclude the thinking.

use serde::Deserialize;

use super::{End, StreamError, Tally, Word};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Piece {
    #[serde(default)]
    candidates: Vec<Candidate>,
    usage_metadata: Option<UsageMetadata>,
    prompt_feedback: Option<PromptFeedback>,
    error: Option<PieceError>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate {
    finish_reason: Option<String>,
}

/// A prompt that was refused has no candidates, and this instead.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PromptFeedback {
    block_reason: Option<String>,
}

#[derive(Deserialize)]
struct PieceError {
    code: Option<u64>,
    message: Option<String>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "camelCase")]
struct UsageMetadata {
    prompt_token_count: Option<u64>,
    candidates_token_count: Option<u64>,
    thoughts_token_count: Option<u64>,
    cached_content_token_count: Option<u64>,
    tool_use_prompt_token_count: Option<u64>,
}

pub(super) fn event(data: &[u8]) -> Word {
    serde_json::from_slice::<Piece>(data)
        .map(Piece::word)
        .unwrap_or_default()
}

/// One piece, or the array of pieces that a stream without `alt=sse` is.
pub(super) fn body(body: &[u8]) -> Tally {
    let pieces = serde_json::from_slice::<Vec<Piece>>(body)
        .or_else(|_| serde_json::from_slice::<Piece>(body).map(|piece| vec![piece]))
        .unwrap_or_default();
    pieces.into_iter().fold(Tally::default(), |mut tally, piece| {
        tally.update(piece.word().tally);
        tally
    })
}

impl Piece {
    fn word(self) -> Word {
        let blocked = self
            .prompt_feedback
            .is_some_and(|feedback| feedback.block_reason.is_some());
        let finished = self
            .candidates
            .iter()
            .any(|candidate| candidate.finish_reason.is_some());
        let end = match self.error {
            Some(error) => {
                let rate_limited = error.code == Some(429);
                Some(End::Error(StreamError {
                    rate_limited,
                    message: error.message,
                }))
            }
            None => (blocked || finished).then_some(End::Expected),
        };
        let mut tally = self.usage_metadata.map(UsageMetadata::tally).unwrap_or_default();
        // Nothing was written, and nothing says so.
        if blocked && tally.input.is_some() {
            tally.output = tally.output.or(Some(0));
        }
        Word { tally, end }
    }
}

impl UsageMetadata {
    fn tally(self) -> Tally {
        let cached = self.cached_content_token_count.unwrap_or(0);
        let tools = self.tool_use_prompt_token_count.unwrap_or(0);
        let thought = self.thoughts_token_count;
        let output = match (self.candidates_token_count, thought) {
            (None, None) => None,
            (said, thought) => Some(said.unwrap_or(0).saturating_add(thought.unwrap_or(0))),
        };
        Tally {
            input: self
                .prompt_token_count
                .map(|all| all.saturating_sub(cached).saturating_add(tools)),
            output,
            cache_read: self.cached_content_token_count,
            cache_write: None,
        }
    }
}
