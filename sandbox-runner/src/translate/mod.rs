//! From an agent's ACP updates to our reports. Pure: it is given each update as the agent sent it, and
//! the time, and answers what to write down. The bridge's core owns one translator per turn.
//!
//! No two agents behave alike, so updates are read leniently: what is missing is kept from before, and
//! what is unknown is logged and left.

mod plan;
mod text;
mod tool;

use std::path::PathBuf;

use serde_json::Value;
use shared::message::{Message, Part, PartBody, PartState, Role};
use shared::runner::Report;
use shared::{MessageId, PartId, Timestamp, TurnId};

use crate::outbox::Record;
use text::{OpenText, Voice};
use tool::Tool;

/// Makes the agent's single message of a turn out of its updates.
pub struct Translator {
    turn_id: TurnId,
    workspace: PathBuf,
    message: Option<MessageId>,
    text: Option<OpenText>,
    tools: Vec<Tool>,
    plan: Option<PartId>,
    /// Tool calls that are shown as a plan instead.
    plan_calls: Vec<String>,
}

impl Translator {
    /// Begins a turn. Paths are told relative to `workspace`.
    pub fn new(turn_id: TurnId, workspace: PathBuf) -> Self {
        Self {
            turn_id,
            workspace,
            message: None,
            text: None,
            tools: Vec::new(),
            plan: None,
            plan_calls: Vec::new(),
        }
    }

    /// Takes the `update` of a `session/update`.
    pub fn update(&mut self, update: &Value, now: Timestamp) -> Vec<Record> {
        let mut records = Vec::new();
        match update["sessionUpdate"].as_str().unwrap_or_default() {
            "agent_message_chunk" => self.chunk(Voice::Speaks, update, now, &mut records),
            "agent_thought_chunk" => self.chunk(Voice::Thinks, update, now, &mut records),
            "tool_call" | "tool_call_update" => self.tool(update, now, &mut records),
            "plan" => self.plan(&update["entries"], now, &mut records),
            // Our own words, and the agent's affairs.
            "user_message_chunk"
            | "available_commands_update"
            | "current_mode_update"
            | "usage_update"
            | "config_option_update"
            | "session_info_update" => {}
            kind => tracing::debug!(kind, "the agent sent an update of a kind that is not known here"),
        }
        records
    }

    /// Takes the tool call of a permission request, which may be the first word of that call, and says
    /// which part it is.
    pub fn asks(&mut self, call: &Value, now: Timestamp) -> (Option<PartId>, Vec<Record>) {
        let mut records = Vec::new();
        let Some(id) = call["toolCallId"].as_str() else {
            return (None, records);
        };
        if let Some(tool) = self.tools.iter_mut().find(|tool| tool.call_id == id) {
            tool.waits(call, &self.workspace);
            tool.write(self.turn_id, now, &mut records);
        } else {
            self.tool(call, now, &mut records);
        }
        (
            self.tools
                .iter()
                .find(|tool| tool.call_id == id)
                .map(|tool| tool.part_id),
            records,
        )
    }

    /// Writes what was held back to be written together: called about every 30 ms.
    pub fn flush(&mut self, now: Timestamp) -> Vec<Record> {
        let mut records = Vec::new();
        if let Some(text) = &mut self.text {
            records.extend(text.pending());
        }
        for tool in &mut self.tools {
            tool.flush(self.turn_id, now, &mut records);
        }
        records
    }

    /// The model call was cut and is repeated: what it said so far stands, cut short, and what it says
    /// now is new. The agent itself would just go on with the same text from its beginning.
    pub fn repeats(&mut self, now: Timestamp) -> Vec<Record> {
        let mut records = Vec::new();
        self.close_text(PartState::Interrupted, &mut records);
        for tool in self.tools.iter_mut().filter(|tool| tool.is_pending()) {
            tool.interrupt(now);
            tool.write(self.turn_id, now, &mut records);
        }
        records
    }

    /// The turn ends: closes all that is open. A tool call that still runs was cut short.
    pub fn close(&mut self, state: PartState, now: Timestamp) -> Vec<Record> {
        let mut records = Vec::new();
        self.close_text(state, &mut records);
        for tool in self.tools.iter_mut().filter(|tool| !tool.is_closed()) {
            tool.interrupt(now);
            tool.write(self.turn_id, now, &mut records);
        }
        records
    }

    /// The title of the tool call that runs, if one does.
    pub fn running(&self) -> Option<&str> {
        self.tools
            .iter()
            .rev()
            .find(|tool| !tool.is_closed())
            .map(Tool::title)
    }

    fn chunk(&mut self, voice: Voice, update: &Value, now: Timestamp, records: &mut Vec<Record>) {
        let Some(words) = text::words(&update["content"]) else {
            return;
        };
        let source = update["messageId"].as_str();
        if self
            .text
            .as_ref()
            .is_some_and(|text| !text.continues(voice, source))
        {
            self.close_text(PartState::Done, records);
        }
        match &mut self.text {
            Some(text) => text.append(&words),
            None => {
                let message = self.message(now, records);
                let text = OpenText::new(voice, source, &words);
                records.push(report(
                    self.turn_id,
                    message,
                    text.part_id,
                    PartState::Streaming,
                    text.body(),
                ));
                self.text = Some(text);
            }
        }
    }

    fn close_text(&mut self, state: PartState, records: &mut Vec<Record>) {
        if let (Some(text), Some(message)) = (self.text.take(), self.message) {
            records.push(report(self.turn_id, message, text.part_id, state, text.body()));
        }
    }

    fn tool(&mut self, update: &Value, now: Timestamp, records: &mut Vec<Record>) {
        let Some(id) = update["toolCallId"].as_str() else {
            tracing::debug!("the agent sent a tool call without an id");
            return;
        };
        if self.is_plan_call(id, update) {
            self.plan(&update["rawInput"]["todos"], now, records);
            return;
        }
        // What is said after a tool call is another part than what was said before it.
        self.close_text(PartState::Done, records);
        let message = self.message(now, records);
        let at = match self.tools.iter().position(|tool| tool.call_id == id) {
            Some(at) => at,
            None => {
                self.tools.push(Tool::new(id, message, update, now));
                self.tools.len() - 1
            }
        };
        let tool = &mut self.tools[at];
        tool.update(update, &self.workspace, now);
        tool.write_if_due(self.turn_id, now, records);
    }

    /// OpenCode has no plan of ACP's: its todo list is a tool.
    fn is_plan_call(&mut self, id: &str, update: &Value) -> bool {
        if self.plan_calls.iter().any(|call| call == id) {
            return true;
        }
        let is = update["title"] == "todowrite" && !self.tools.iter().any(|tool| tool.call_id == id);
        if is {
            self.plan_calls.push(id.to_owned());
        }
        is
    }

    fn plan(&mut self, entries: &Value, now: Timestamp, records: &mut Vec<Record>) {
        let Some(entries) = plan::entries(entries) else {
            return;
        };
        self.close_text(PartState::Done, records);
        let message = self.message(now, records);
        let id = *self.plan.get_or_insert_with(PartId::new);
        records.push(report(
            self.turn_id,
            message,
            id,
            PartState::Done,
            PartBody::Plan { entries },
        ));
    }

    fn message(&mut self, now: Timestamp, records: &mut Vec<Record>) -> MessageId {
        *self.message.get_or_insert_with(|| {
            let id = MessageId::new();
            let message = Message {
                id,
                turn_id: self.turn_id,
                role: Role::Assistant,
                author: None,
                created_at: now,
            };
            records.push(Record::Report(Report::MessageCreated { message }));
            id
        })
    }
}

fn report(turn_id: TurnId, message_id: MessageId, id: PartId, state: PartState, body: PartBody) -> Record {
    Record::Report(Report::PartUpdated {
        part: Part {
            id,
            message_id,
            turn_id,
            state,
            body,
        },
    })
}

#[cfg(test)]
mod tests;
