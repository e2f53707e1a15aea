//! Which part of a scenario answers a request. Pure: the same request, scenario and repetition give the
//! same reply.

use std::time::Duration;

use super::conversation::Conversation;
use super::scenario::{Scenario, Step};
use super::tools::{self, ToolCall};

/// What to answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Reply {
    /// An HTTP error.
    Error {
        status: u16,
        message: String,
        retry_after: Option<u64>,
    },
    /// Nothing, for as long as the caller waits.
    Hang,
    /// These, and then the end, or a broken connection.
    Answer { beats: Vec<Beat>, cut: bool },
}

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Beat {
    Think(String),
    Say(String),
    /// Like `Say`, after its own wait.
    SayAfter(Duration, String),
    Call(ToolCall),
}

/// The reply to `conversation`, which came `repetition` times before.
pub(super) fn next(conversation: &Conversation, scenario: &Scenario, repetition: u32) -> Reply {
    if conversation.wants_title() {
        let title = scenario
            .title
            .clone()
            .unwrap_or_else(|| title(&conversation.prompt));
        return Reply::Answer {
            beats: vec![Beat::Say(title)],
            cut: false,
        };
    }
    let mut results = conversation.results;
    let mut faults = repetition;
    let mut beats = Vec::new();
    for step in &scenario.steps {
        let call = tools::call(step, conversation);
        if let Some(call) = call {
            if results > 0 {
                // Done in an earlier answer, with all that stood before it.
                results -= 1;
                beats.clear();
                faults = repetition;
                continue;
            }
            beats.push(Beat::Call(call));
            return Reply::Answer { beats, cut: false };
        }
        if results > 0 {
            continue;
        }
        match step {
            Step::Say(text) => beats.extend(pieces(text).map(Beat::Say)),
            Step::Think(text) => beats.extend(pieces(text).map(Beat::Think)),
            Step::Slow {
                text,
                chunks,
                every_ms,
            } => {
                let every = Duration::from_millis(*every_ms);
                beats.extend(equal_pieces(text, *chunks).map(|piece| Beat::SayAfter(every, piece)));
            }
            Step::Error { times, .. } | Step::Hang { times } | Step::Cut { times } if faults >= *times => {
                faults -= times;
            }
            Step::Error {
                status,
                message,
                retry_after,
                ..
            } => {
                return Reply::Error {
                    status: *status,
                    message: message.clone(),
                    retry_after: *retry_after,
                };
            }
            Step::Hang { .. } => return Reply::Hang,
            Step::Cut { .. } => return Reply::Answer { beats, cut: true },
            Step::Read { .. }
            | Step::Write { .. }
            | Step::Edit { .. }
            | Step::Bash { .. }
            | Step::Todo(_) => {}
        }
    }
    if beats.is_empty() {
        beats.push(Beat::Say("Done.".to_owned()));
    }
    Reply::Answer { beats, cut: false }
}

/// Tokens, as this model counts them: four characters each.
pub(super) fn tokens(characters: usize) -> usize {
    characters.div_ceil(4)
}

fn title(prompt: &str) -> String {
    let line = prompt
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or("Scripted demo");
    let line = line.trim_matches('"');
    let mut title: String = line.chars().take(50).collect();
    if title.len() < line.len() {
        title.push('…');
    }
    title
}

/// A few words each, as models speak; together exactly `text`.
fn pieces(text: &str) -> impl Iterator<Item = String> + '_ {
    let mut words = text.split_inclusive(char::is_whitespace).peekable();
    std::iter::from_fn(move || {
        words.peek()?;
        Some(words.by_ref().take(3).collect())
    })
}

fn equal_pieces(text: &str, count: u32) -> impl Iterator<Item = String> {
    let characters: Vec<char> = text.chars().collect();
    let size = characters
        .len()
        .div_ceil(usize::try_from(count.max(1)).unwrap_or(usize::MAX))
        .max(1);
    characters
        .chunks(size)
        .map(|piece| piece.iter().collect())
        .collect::<Vec<String>>()
        .into_iter()
}
