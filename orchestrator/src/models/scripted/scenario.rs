//! What a scenario file says, in JSON. Loaded by `roundhouse scripted-model` and by tests; described in
//! full by the types here.

use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use serde::Deserialize;

/// A scenario file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scenarios {
    /// Milliseconds between two pieces of ordinary text.
    #[serde(default)]
    typing_ms: u64,
    /// The first that fits is played.
    scenarios: Vec<Scenario>,
}

/// What to do about a prompt.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scenario {
    /// Fits prompts that contain this; all when empty.
    #[serde(default)]
    pub when: String,
    /// The title to give when asked for one.
    #[serde(default)]
    pub title: Option<String>,
    /// What to do, in order. An answer ends after each step that uses a tool; the tool's result brings the next.
    pub steps: Vec<Step>,
}

/// One thing to do. Steps whose tool the agent does not offer are left out.
#[derive(Debug, Clone, Deserialize)]
#[serde(
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Step {
    /// Text, in small pieces.
    Say(String),
    /// Thinking, in small pieces.
    Think(String),
    /// Text in `chunks` pieces, one every `everyMs` milliseconds.
    Slow {
        /// All of it.
        text: String,
        /// How many pieces.
        chunks: u32,
        /// How long each takes.
        every_ms: u64,
    },
    /// Read a file.
    Read {
        /// Relative to the workspace.
        path: String,
    },
    /// Write a file.
    Write {
        /// Relative to the workspace.
        path: String,
        /// All of it.
        content: String,
    },
    /// Change a file.
    Edit {
        /// Relative to the workspace.
        path: String,
        /// Whole lines of the file.
        old: String,
        /// What they become.
        new: String,
    },
    /// Run a command.
    Bash {
        /// For `sh`.
        command: String,
        /// In a few words.
        #[serde(default)]
        description: String,
    },
    /// Show a plan.
    Todo(Vec<TodoItem>),
    /// Answer with an error, `times` times.
    Error {
        /// The HTTP status.
        status: u16,
        /// What it says.
        #[serde(default)]
        message: String,
        /// Seconds for a `retry-after` header.
        #[serde(default)]
        retry_after: Option<u64>,
        /// How often the same request meets it.
        #[serde(default = "once")]
        times: u32,
    },
    /// Say nothing at all, `times` times.
    Hang {
        /// How often the same request meets it.
        #[serde(default = "once")]
        times: u32,
    },
    /// Break the connection off here, in the middle of the stream, `times` times.
    Cut {
        /// How often the same request meets it.
        #[serde(default = "once")]
        times: u32,
    },
}

/// A line of a plan.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TodoItem {
    /// What to do.
    pub text: String,
    /// `pending`, `in_progress` or `completed`.
    pub status: String,
}

fn once() -> u32 {
    1
}

/// A file that is no scenario file.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// It could not be read.
    #[error("cannot read the scenarios: {0}")]
    Unreadable(#[from] std::io::Error),
    /// It says something else.
    #[error("the scenarios are malformed: {0}")]
    Malformed(#[from] serde_json::Error),
}

impl Scenarios {
    /// Reads a file.
    pub fn load(path: &Path) -> Result<Self, ScenarioError> {
        Ok(serde_json::from_slice(&std::fs::read(path)?)?)
    }

    /// Reads a text.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        Ok(serde_json::from_str(text)?)
    }

    pub(super) fn typing(&self) -> Duration {
        Duration::from_millis(self.typing_ms)
    }

    /// The first that fits `prompt`, or one that says that none does.
    pub(super) fn choose(&self, prompt: &str) -> &Scenario {
        static NONE: LazyLock<Scenario> = LazyLock::new(|| Scenario {
            steps: vec![Step::Say("No scenario fits this prompt.".to_owned())],
            ..Scenario::default()
        });
        self.scenarios
            .iter()
            .find(|scenario| prompt.contains(&scenario.when))
            .unwrap_or(&NONE)
    }
}
