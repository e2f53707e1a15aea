//! What the scripted model needs to know of a request: the last prompt, how many tools have answered since,
//! and which tools there are. The same for every dialect; each dialect reads its own messages into it.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Map, Value};
use shared::runner::Dialect;

use super::dialect;

/// A request, in the words of no dialect.
#[derive(Debug, Default)]
pub(super) struct Conversation {
    pub(super) model: String,
    /// Whether an event stream is asked for.
    pub(super) streams: bool,
    /// Whether a chat stream shall end with its usage.
    pub(super) wants_usage: bool,
    /// What the agent tells its model about itself.
    pub(super) instructions: String,
    /// The last thing that a person said, without what agents add to it.
    pub(super) prompt: String,
    /// How many prompts there were.
    pub(super) prompts: usize,
    /// Tool results since the last prompt.
    pub(super) results: usize,
    pub(super) tools: Vec<OfferedTool>,
    /// Where the agent says it works.
    pub(super) directory: Option<String>,
    /// The size of it all.
    pub(super) characters: usize,
    /// The same for the same messages.
    pub(super) fingerprint: u64,
}

/// A tool that the agent offers.
#[derive(Debug, Clone)]
pub(super) struct OfferedTool {
    pub(super) name: String,
    /// JSON Schemas by parameter name.
    pub(super) parameters: Map<String, Value>,
    /// Takes text instead of parameters.
    pub(super) freeform: bool,
}

impl Conversation {
    pub(super) fn read(dialect: Dialect, request: &Map<String, Value>) -> Self {
        let mut conversation = Self {
            model: text(request.get("model")).unwrap_or("scripted").to_owned(),
            streams: request.get("stream") == Some(&Value::Bool(true)),
            ..Self::default()
        };
        let messages = match dialect {
            Dialect::OpenaiResponses => {
                dialect::openai_responses::read(request, &mut conversation);
                request.get("input")
            }
            Dialect::AnthropicMessages => {
                dialect::anthropic::read(request, &mut conversation);
                request.get("messages")
            }
            Dialect::OpenaiChat | Dialect::Gemini => {
                dialect::openai_chat::read(request, &mut conversation);
                request.get("messages")
            }
        };
        let messages = messages.map(Value::to_string).unwrap_or_default();
        conversation.characters = messages.len() + conversation.instructions.len();
        let mut hasher = DefaultHasher::new();
        (&messages, &conversation.instructions, conversation.tools.len()).hash(&mut hasher);
        conversation.fingerprint = hasher.finish();
        conversation
    }

    pub(super) fn add_instructions(&mut self, text: &str) {
        self.find_directory(text);
        self.instructions.push_str(text);
        self.instructions.push('\n');
    }

    /// Takes what stands in a person's place: their words, and what the agent put around them.
    pub(super) fn add_user_text(&mut self, text: &str) {
        self.find_directory(text);
        let words = without_insertions(text);
        let words = words.trim();
        if !words.is_empty() {
            words.clone_into(&mut self.prompt);
            self.prompts += 1;
            self.results = 0;
        }
    }

    pub(super) fn add_tool(&mut self, name: Option<&Value>, schema: Option<&Value>, freeform: bool) {
        if let Some(name) = text(name) {
            let parameters = schema
                .and_then(|schema| schema.get("properties"))
                .and_then(Value::as_object);
            self.tools.push(OfferedTool {
                name: name.to_owned(),
                parameters: parameters.cloned().unwrap_or_default(),
                freeform,
            });
        }
    }

    /// Agents ask for a title without offering tools.
    pub(super) fn wants_title(&self) -> bool {
        self.tools.is_empty() && self.instructions.to_lowercase().contains("title")
    }

    fn find_directory(&mut self, text: &str) {
        if self.directory.is_none() {
            self.directory = [("orking directory: ", "\n"), ("<cwd>", "</cwd>")]
                .iter()
                .find_map(|(before, after)| {
                    let (_, rest) = text.split_once(before)?;
                    let path = rest.split(after).next()?.trim();
                    path.starts_with('/').then(|| path.to_owned())
                });
        }
    }
}

/// The text of a value that is one.
pub(super) fn text(value: Option<&Value>) -> Option<&str> {
    value.and_then(Value::as_str)
}

/// The text of a message's content: a string, or a list of parts of which the texts count.
pub(super) fn content(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts
            .iter()
            .filter_map(|part| text(part.get("text")))
            .collect::<Vec<_>>()
            .join("\n"),
        _ => String::new(),
    }
}

/// Agents wrap what they add to a person's words in tags of these names.
fn without_insertions(text: &str) -> String {
    let mut words = text.to_owned();
    for tag in [
        "system-reminder",
        "environment_context",
        "user_instructions",
        "INSTRUCTIONS",
    ] {
        let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
        while let Some(start) = words.find(&open) {
            let end = words[start..]
                .find(&close)
                .map_or(words.len(), |place| start + place + close.len());
            words.replace_range(start..end, "");
        }
    }
    if words.trim_start().starts_with("# AGENTS.md instructions") {
        String::new()
    } else {
        words
    }
}
