//! The words of each API for what the scripted model hears and says.

pub(super) mod anthropic;
pub(super) mod openai_chat;
pub(super) mod openai_responses;

use serde_json::Value;
use shared::runner::Dialect;

use super::script::Beat;

/// What an answer carries besides its content.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub(super) model: String,
    /// Makes ids: the same for the same request.
    pub(super) mark: String,
    /// Seconds since 1970.
    pub(super) created: u64,
    pub(super) input_tokens: usize,
    pub(super) output_tokens: usize,
    pub(super) wants_usage: bool,
}

/// Writes an event stream.
pub(super) trait Encoder: Send {
    /// The events before the first beat.
    fn open(&mut self) -> String;
    /// The events of one beat.
    fn beat(&mut self, beat: &Beat) -> String;
    /// The events after the last beat.
    fn close(&mut self) -> String;
}

pub(super) fn encoder(dialect: Dialect, identity: Identity) -> Box<dyn Encoder> {
    match dialect {
        Dialect::OpenaiResponses => Box::new(openai_responses::Responses::new(identity)),
        Dialect::AnthropicMessages => Box::new(anthropic::Messages::new(identity)),
        Dialect::OpenaiChat | Dialect::Gemini => Box::new(openai_chat::Chat::new(identity)),
    }
}

/// The answer in one piece.
pub(super) fn whole(dialect: Dialect, identity: &Identity, beats: &[Beat]) -> Value {
    let blocks = blocks(beats);
    match dialect {
        Dialect::OpenaiResponses => openai_responses::whole(identity, &blocks),
        Dialect::AnthropicMessages => anthropic::whole(identity, &blocks),
        Dialect::OpenaiChat | Dialect::Gemini => openai_chat::whole(identity, &blocks),
    }
}

/// Beats of one kind after each other are one block.
fn blocks(beats: &[Beat]) -> Vec<Beat> {
    let mut blocks: Vec<Beat> = Vec::new();
    for beat in beats {
        match (blocks.last_mut(), beat) {
            (Some(Beat::Say(all)), Beat::Say(text) | Beat::SayAfter(_, text))
            | (Some(Beat::Think(all)), Beat::Think(text)) => all.push_str(text),
            (_, Beat::SayAfter(_, text)) => blocks.push(Beat::Say(text.clone())),
            _ => blocks.push(beat.clone()),
        }
    }
    blocks
}

/// A call's arguments in pieces, as they come from models.
fn argument_pieces(arguments: &Value) -> Vec<String> {
    let characters: Vec<char> = arguments.to_string().chars().collect();
    characters
        .chunks(48)
        .map(|piece| piece.iter().collect())
        .collect()
}
