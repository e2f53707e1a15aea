//! Turns a scenario's abstract step into a call of a tool that the agent really offers, by the tool's own
//! names. One table of names, no agent by name: a new agent's words are added to it.

use serde_json::{Map, Value, json};

use super::conversation::{Conversation, OfferedTool};
use super::scenario::{Step, TodoItem};

/// A call of a tool.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ToolCall {
    pub(super) name: String,
    /// An object of parameters, or the text of a free-form tool.
    pub(super) arguments: Value,
}

const SHELL: &[&str] = &[
    "bash",
    "shell_command",
    "exec_command",
    "shell",
    "run_shell_command",
];
const READ: &[&str] = &["read", "read_file"];
const WRITE: &[&str] = &["write", "write_file"];
const EDIT: &[&str] = &["edit", "replace"];
const TODO: &[&str] = &["todowrite", "write_todos", "update_plan"];

const PATH: &[&str] = &["filePath", "file_path", "absolute_path", "path"];
const COMMAND: &[&str] = &["command", "cmd"];
const OLD: &[&str] = &["oldString", "old_string"];
const NEW: &[&str] = &["newString", "new_string"];

/// The call for `step`; `None` when it uses no tool, or none that is offered.
pub(super) fn call(step: &Step, conversation: &Conversation) -> Option<ToolCall> {
    let find = |names: &[&str]| {
        names.iter().find_map(|name| {
            conversation
                .tools
                .iter()
                .find(|tool| tool.name.eq_ignore_ascii_case(name) && !tool.freeform)
        })
    };
    let path = |path: &str| match &conversation.directory {
        Some(directory) => format!("{}/{path}", directory.trim_end_matches('/')),
        None => path.to_owned(),
    };
    let (command, description) = match step {
        Step::Read { path: name } => match find(READ) {
            Some(tool) => return Some(Arguments::of(tool).set(PATH, path(name)).call()),
            None => (format!("cat {}", quoted(name)), format!("Reads {name}")),
        },
        Step::Write { path: name, content } => match find(WRITE) {
            Some(tool) => {
                let arguments = Arguments::of(tool)
                    .set(PATH, path(name))
                    .set(&["content"], content.as_str());
                return Some(arguments.call());
            }
            None => (write_command(name, content), format!("Writes {name}")),
        },
        Step::Edit { path: name, old, new } => match find(EDIT) {
            Some(tool) => {
                let arguments = Arguments::of(tool)
                    .set(PATH, path(name))
                    .set(&["instruction"], format!("Change {name}"))
                    .set(OLD, old.as_str())
                    .set(NEW, new.as_str());
                return Some(arguments.call());
            }
            None => (edit_command(name, old, new), format!("Changes {name}")),
        },
        Step::Bash { command, description } => (command.clone(), description.clone()),
        Step::Todo(items) => return find(TODO).map(|tool| todo(tool, items)),
        Step::Say(_)
        | Step::Think(_)
        | Step::Slow { .. }
        | Step::Error { .. }
        | Step::Hang { .. }
        | Step::Cut { .. } => return None,
    };
    let tool = find(SHELL)?;
    let wants_list = COMMAND.iter().any(|name| {
        tool.parameters
            .get(*name)
            .is_some_and(|schema| schema.get("type") == Some(&Value::from("array")))
    });
    let command = if wants_list {
        json!(["bash", "-lc", command])
    } else {
        Value::from(command)
    };
    Some(
        Arguments::of(tool)
            .set(COMMAND, command)
            .set(&["description"], description)
            .call(),
    )
}

/// Parameters of a tool, filled in by whichever of several names it has.
struct Arguments<'a> {
    tool: &'a OfferedTool,
    values: Map<String, Value>,
}

impl<'a> Arguments<'a> {
    fn of(tool: &'a OfferedTool) -> Self {
        Self {
            tool,
            values: Map::new(),
        }
    }

    fn set(mut self, names: &[&str], value: impl Into<Value>) -> Self {
        if let Some(name) = names
            .iter()
            .find(|name| self.tool.parameters.contains_key(**name))
        {
            self.values.insert((*name).to_owned(), value.into());
        }
        self
    }

    fn call(self) -> ToolCall {
        ToolCall {
            name: self.tool.name.clone(),
            arguments: Value::Object(self.values),
        }
    }
}

fn todo(tool: &OfferedTool, items: &[TodoItem]) -> ToolCall {
    let arguments = if tool.parameters.contains_key("plan") {
        let plan: Vec<_> = items
            .iter()
            .map(|item| json!({"step": item.text, "status": item.status}))
            .collect();
        json!({ "plan": plan })
    } else {
        let wanted = tool
            .parameters
            .get("todos")
            .and_then(|todos| todos.pointer("/items/properties"));
        let todos: Vec<_> = items
            .iter()
            .enumerate()
            .map(|(index, item)| one_todo(wanted, index, item))
            .collect();
        json!({ "todos": todos })
    };
    ToolCall {
        name: tool.name.clone(),
        arguments,
    }
}

fn one_todo(wanted: Option<&Value>, index: usize, item: &TodoItem) -> Value {
    let all = [
        ("content", item.text.clone()),
        ("description", item.text.clone()),
        ("activeForm", item.text.clone()),
        ("status", item.status.clone()),
        ("priority", "medium".to_owned()),
        ("id", (index + 1).to_string()),
    ];
    let is_wanted = |name: &str| match wanted {
        Some(properties) => properties.get(name).is_some(),
        None => matches!(name, "content" | "status" | "priority"),
    };
    all.into_iter()
        .filter(|(name, _)| is_wanted(name))
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .collect()
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A command that writes a file, for agents whose only tool is a shell.
fn write_command(path: &str, content: &str) -> String {
    let path = quoted(path);
    format!(
        "mkdir -p \"$(dirname {path})\" && printf '%s' {} > {path}",
        quoted(content)
    )
}

/// The patch that Codex understands in its shell's place.
fn edit_command(path: &str, old: &str, new: &str) -> String {
    let lines =
        |sign: char, text: &str| -> String { text.lines().map(|line| format!("{sign}{line}\n")).collect() };
    format!(
        "apply_patch <<'PATCH'\n*** Begin Patch\n*** Update File: {path}\n@@\n{}{}*** End Patch\nPATCH",
        lines('-', old),
        lines('+', new)
    )
}
