//! What busy agents report, made before the clock runs: the reports for Roundhouse, and the rows that they
//! become for bare SQLite. A round of eight: a message, a text and a thought that stream and then are whole,
//! a tool call that waits, runs and ends.

use shared::event::EventBody;
use shared::message::{Message, Part, PartBody, PartState, Role, ToolCall, ToolKind, ToolStatus};
use shared::runner::{NumberedReport, Report};
use shared::{Event, MessageId, PartId, SessionId, Timestamp, TurnId};

/// Reports in a round.
pub(crate) const ROUND: usize = 8;

/// What one commit of a session writes.
pub(crate) struct Batch {
    /// Whose.
    pub(crate) session: SessionId,
    /// The newest event before it.
    pub(crate) before: u64,
    /// Its events.
    pub(crate) rows: Vec<Row>,
}

/// What one event writes: a row of the log and a row of the transcript.
pub(crate) struct Row {
    /// A part, which replaces what was known of it; else a message.
    pub(crate) is_part: bool,
    /// Of the message or part.
    pub(crate) id: [u8; 16],
    /// The JSON of the event.
    pub(crate) event: String,
    /// The JSON of the message or part.
    pub(crate) entry: String,
}

/// The reports of one session: `count` of them, the first with this number.
pub(crate) fn reports(turn: TurnId, first: u64, count: usize) -> Vec<NumberedReport> {
    let at = Timestamp::now();
    let rounds = (0..count.div_ceil(ROUND)).flat_map(|_| round(turn, at));
    (first..)
        .zip(rounds.take(count))
        .map(|(number, report)| NumberedReport { number, at, report })
        .collect()
}

fn round(turn_id: TurnId, at: Timestamp) -> [Report; ROUND] {
    let message = Message {
        id: MessageId::new(),
        turn_id,
        role: Role::Assistant,
        author: None,
        created_at: at,
    };
    let part = |id, state, body| Report::PartUpdated {
        part: Part {
            id,
            message_id: message.id,
            turn_id,
            state,
            body,
        },
    };
    let thought = "The test fails because the parser drops the last line when it has no newline. ".repeat(4);
    let said =
        "The parser drops a last line without a newline; I add a case for it and run the tests. ".repeat(5);
    let printed = "test parser::keeps_the_last_line ... ok\n".repeat(20);
    let tool = |status, output: &str| {
        PartBody::ToolCall(Box::new(ToolCall {
            name: "bash".to_owned(),
            title: "cargo test --package parser".to_owned(),
            kind: ToolKind::Execute,
            status,
            input: serde_json::json!({"command": "cargo test --package parser", "timeout": 120_000}),
            output: output.to_owned(),
            output_truncated: false,
            exit_code: (status == ToolStatus::Completed).then_some(0),
            diffs: Vec::new(),
            locations: Vec::new(),
            started_at: at,
            completed_at: (status == ToolStatus::Completed).then_some(at),
        }))
    };
    let (thinking, text, call) = (PartId::new(), PartId::new(), PartId::new());
    let nothing = String::new;
    [
        Report::MessageCreated {
            message: message.clone(),
        },
        part(
            thinking,
            PartState::Streaming,
            PartBody::Thinking { text: nothing() },
        ),
        part(thinking, PartState::Done, PartBody::Thinking { text: thought }),
        part(text, PartState::Streaming, PartBody::Text { text: nothing() }),
        part(text, PartState::Done, PartBody::Text { text: said }),
        part(call, PartState::Streaming, tool(ToolStatus::Pending, "")),
        part(call, PartState::Streaming, tool(ToolStatus::Running, "")),
        part(call, PartState::Done, tool(ToolStatus::Completed, &printed)),
    ]
}

/// The rows of these reports when `before` is the newest event of their session.
pub(crate) fn rows(
    session: SessionId,
    before: u64,
    reports: Vec<NumberedReport>,
) -> serde_json::Result<Batch> {
    let mut rows = Vec::with_capacity(reports.len());
    for (seq, NumberedReport { at, report, .. }) in (before + 1..).zip(reports) {
        let (is_part, id, entry, body) = match report {
            Report::MessageCreated { message } => (
                false,
                message.id.uuid(),
                serde_json::to_string(&message)?,
                EventBody::MessageCreated { message },
            ),
            Report::PartUpdated { part } => (
                true,
                part.id.uuid(),
                serde_json::to_string(&part)?,
                EventBody::PartUpdated { part },
            ),
            // The rounds above hold nothing else.
            _ => continue,
        };
        rows.push(Row {
            is_part,
            id: *id.as_bytes(),
            event: serde_json::to_string(&Event { seq, at, body })?,
            entry,
        });
    }
    Ok(Batch {
        session,
        before,
        rows,
    })
}
