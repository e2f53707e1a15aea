//! One tool call: merged from the agent's updates, told in deltas where its output only grows and in
//! whole parts, at most two a second, where it does not. Pure.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use shared::limits::TOOL_TEXT_BYTES;
use shared::message::{FileDiff, PartBody, PartState, ToolCall, ToolKind, ToolStatus};
use shared::socket::Delta;
use shared::{MessageId, PartId, Timestamp, TurnId};

use crate::bounds;
use crate::outbox::Record;

/// The shortest time between two whole parts of a call that changes all the time.
const PAUSE: Duration = Duration::from_millis(500);

/// Bytes of the diffs that one call tells; the turn's own diff has them all.
const DIFF_BYTES: usize = 256 * 1024;

/// Files that one call names.
const LOCATIONS: usize = 100;

/// Characters of a title.
const TITLE_BYTES: usize = 2_000;

/// A tool call and what was written of it.
pub(super) struct Tool {
    pub(super) call_id: String,
    pub(super) part_id: PartId,
    message_id: MessageId,
    call: ToolCall,
    interrupted: bool,
    /// The call as last written, and when that was.
    written: Option<(ToolCall, Timestamp)>,
}

impl Tool {
    pub(super) fn new(call_id: &str, message_id: MessageId, update: &Value, now: Timestamp) -> Self {
        let call = ToolCall {
            name: name(update),
            title: String::new(),
            kind: ToolKind::Other,
            status: ToolStatus::Pending,
            input: Value::Null,
            output: String::new(),
            output_truncated: false,
            exit_code: None,
            diffs: Vec::new(),
            locations: Vec::new(),
            started_at: now,
            completed_at: None,
        };
        Self {
            call_id: call_id.to_owned(),
            part_id: PartId::new(),
            message_id,
            call,
            interrupted: false,
            written: None,
        }
    }

    pub(super) fn title(&self) -> &str {
        &self.call.title
    }

    pub(super) const fn is_pending(&self) -> bool {
        matches!(self.call.status, ToolStatus::Pending)
    }

    pub(super) const fn is_closed(&self) -> bool {
        matches!(self.call.status, ToolStatus::Completed | ToolStatus::Failed)
    }

    /// Merges an update: what it leaves out stays.
    pub(super) fn update(&mut self, update: &Value, workspace: &Path, now: Timestamp) {
        if self.is_closed() {
            // A call that was cut short stays so, whatever the agent says of it later.
            return;
        }
        let call = &mut self.call;
        if let Some(kind) = update["kind"].as_str() {
            call.kind = kind_of(kind);
        }
        if !matches!(&update["rawInput"], Value::Null) {
            call.input = bounds::input(&update["rawInput"]);
        }
        if let Some(locations) = update["locations"].as_array() {
            call.locations = locations
                .iter()
                .filter_map(|location| location["path"].as_str())
                .map(|path| relative(path, workspace))
                .filter(|path| path != ".")
                .take(LOCATIONS)
                .collect();
        }
        if let Some(title) = update["title"].as_str() {
            call.title = bounds::head(&relative(title, workspace), TITLE_BYTES).to_owned();
        }
        // An agent that has no words for it yet repeats the tool's name: the file says more.
        if call.title == call.name
            && let Some(location) = call.locations.first()
        {
            call.title.clone_from(location);
        }
        self.content(update, workspace);
        self.status(update, now);
    }

    fn content(&mut self, update: &Value, workspace: &Path) {
        let call = &mut self.call;
        let mut output = None;
        if let Some(blocks) = update["content"].as_array() {
            let texts: Vec<String> = blocks
                .iter()
                .filter(|block| block["type"] == "content")
                .filter_map(|block| super::text::words(&block["content"]))
                .collect();
            if !texts.is_empty() {
                output = Some(texts.join("\n"));
            }
            let diffs = diffs(blocks, workspace);
            if !diffs.is_empty() {
                call.diffs = diffs;
            }
        }
        let raw = &update["rawOutput"];
        let output = output.or_else(|| {
            raw["output"]
                .as_str()
                .or(raw["error"].as_str())
                .map(str::to_owned)
        });
        if let Some(output) = output {
            let kept = bounds::tail(&output, TOOL_TEXT_BYTES);
            call.output_truncated = kept.len() < output.len();
            call.output = kept.to_owned();
        }
    }

    fn status(&mut self, update: &Value, now: Timestamp) {
        let call = &mut self.call;
        match update["status"].as_str() {
            Some("in_progress") => call.status = ToolStatus::Running,
            Some("completed") => call.status = ToolStatus::Completed,
            Some("failed") => call.status = ToolStatus::Failed,
            Some("cancelled") => {
                call.status = ToolStatus::Failed;
                self.interrupted = true;
            }
            _ => {}
        }
        // A command that fails is a call that succeeds, to an agent; not to people.
        if let Some(exit) = exit_code(&update["rawOutput"]) {
            call.exit_code = exit;
            if call.status == ToolStatus::Completed && exit != Some(0) {
                call.status = ToolStatus::Failed;
            }
        }
        if self.is_closed() {
            self.call.completed_at = Some(now);
        }
    }

    /// The call waits for a permission. Its request repeats parts of the call in other words, so only
    /// the diff is taken from it.
    pub(super) fn waits(&mut self, request: &Value, workspace: &Path) {
        if self.is_closed() {
            return;
        }
        self.call.status = ToolStatus::Pending;
        if let Some(blocks) = request["content"].as_array() {
            let diffs = diffs(blocks, workspace);
            if !diffs.is_empty() {
                self.call.diffs = diffs;
            }
        }
    }

    /// The call was cut short.
    pub(super) fn interrupt(&mut self, now: Timestamp) {
        self.call.status = ToolStatus::Failed;
        self.call.completed_at = Some(now);
        self.interrupted = true;
    }

    /// Writes the call after an update, unless that can wait for a flush.
    pub(super) fn write_if_due(&mut self, turn: TurnId, now: Timestamp, records: &mut Vec<Record>) {
        let due = match &self.written {
            None => true,
            Some((written, _)) => written.status != self.call.status,
        };
        if due {
            self.write(turn, now, records);
        }
    }

    /// Writes what changed since the last time: grown output as a delta, all else as a whole part when
    /// the last one is long enough ago.
    pub(super) fn flush(&mut self, turn: TurnId, now: Timestamp, records: &mut Vec<Record>) {
        let Some((written, at)) = &mut self.written else {
            return;
        };
        if *written == self.call {
            return;
        }
        let grown = self
            .call
            .output
            .strip_prefix(&written.output)
            .filter(|grown| !grown.is_empty());
        if let Some(grown) = grown
            && !self.call.output_truncated
        {
            records.push(Record::Delta(Delta {
                part_id: self.part_id,
                offset: written.output.len() as u64,
                text: grown.to_owned(),
            }));
            written.output.push_str(grown);
            if *written == self.call {
                return;
            }
        }
        if now.since(*at) >= PAUSE {
            self.write(turn, now, records);
        }
    }

    /// Writes the whole part.
    pub(super) fn write(&mut self, turn: TurnId, now: Timestamp, records: &mut Vec<Record>) {
        let state = match (self.is_closed(), self.interrupted) {
            (false, _) => PartState::Streaming,
            (true, false) => PartState::Done,
            (true, true) => PartState::Interrupted,
        };
        let body = PartBody::ToolCall(Box::new(self.call.clone()));
        records.push(super::report(turn, self.message_id, self.part_id, state, body));
        self.written = Some((self.call.clone(), now));
    }
}

/// The tool as the agent calls it. ACP has no field for it: Claude has one of its own, OpenCode's first
/// title is it.
fn name(update: &Value) -> String {
    let title = update["title"]
        .as_str()
        .filter(|title| !title.is_empty() && !title.contains(char::is_whitespace));
    update["_meta"]["claudeCode"]["toolName"]
        .as_str()
        .or(title)
        .or(update["kind"].as_str())
        .map_or_else(|| "tool".to_owned(), |name| bounds::head(name, 100).to_owned())
}

fn kind_of(kind: &str) -> ToolKind {
    match kind {
        "read" => ToolKind::Read,
        "edit" => ToolKind::Edit,
        "delete" => ToolKind::Delete,
        "move" => ToolKind::Move,
        "search" => ToolKind::Search,
        "execute" => ToolKind::Execute,
        "think" => ToolKind::Think,
        "fetch" => ToolKind::Fetch,
        _ => ToolKind::Other,
    }
}

/// The exit code that a command's output names; `Some(None)` when it was ended from outside.
fn exit_code(output: &Value) -> Option<Option<i32>> {
    let code = output["metadata"]
        .get("exit")
        .or_else(|| output.get("exit_code"))
        .or_else(|| output.get("exitCode"))?;
    Some(code.as_i64().and_then(|code| i32::try_from(code).ok()))
}

fn diffs(blocks: &[Value], workspace: &Path) -> Vec<FileDiff> {
    let mut room = DIFF_BYTES;
    blocks
        .iter()
        .filter(|block| block["type"] == "diff")
        .filter_map(|block| {
            Some(FileDiff {
                path: relative(block["path"].as_str()?, workspace),
                old_text: block["oldText"]
                    .as_str()
                    .filter(|text| !text.is_empty())
                    .map(str::to_owned),
                new_text: block["newText"].as_str().unwrap_or_default().to_owned(),
            })
        })
        .take_while(|diff| {
            let bytes = diff.new_text.len() + diff.old_text.as_ref().map_or(0, String::len);
            let fits = bytes <= room;
            room = room.saturating_sub(bytes);
            fits
        })
        .collect()
}

/// A path as it is called in the workspace; what is not in it stays as it is.
fn relative(path: &str, workspace: &Path) -> String {
    match Path::new(path).strip_prefix(workspace) {
        Ok(inside) if inside.as_os_str().is_empty() => ".".to_owned(),
        Ok(inside) => inside.display().to_string(),
        Err(_) => path.to_owned(),
    }
}
