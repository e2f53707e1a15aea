//! Cuts texts to the bounds of the wire, always on a character's boundary. Pure; used by all that
//! put an agent's words into reports.

use serde_json::Value;
use shared::limits::{RUNNER_FRAME_BYTES, TOOL_TEXT_BYTES};
use shared::message::PartBody;
use shared::runner::{NumberedReport, Report, RunnerFrame};

/// Bytes that a frame may have; the rest of the limit is left for the envelope.
const FRAME_BYTES: usize = RUNNER_FRAME_BYTES - 1024;

/// The longest beginning of `text` with at most `bytes` bytes.
pub fn head(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes.min(text.len()))]
}

/// The longest end of `text` with at most `bytes` bytes.
pub fn tail(text: &str, bytes: usize) -> &str {
    &text[text.ceil_char_boundary(text.len().saturating_sub(bytes))..]
}

/// A tool's input with its longest texts cut until it fits.
pub fn input(value: &Value) -> Value {
    let mut longest = TOOL_TEXT_BYTES;
    let mut cut = value.clone();
    while cut.to_string().len() > TOOL_TEXT_BYTES {
        longest /= 2;
        if longest < 64 {
            // So many small values that cutting texts does not help.
            let text = value.to_string();
            return serde_json::json!({ "cut": head(&text, TOOL_TEXT_BYTES / 4) });
        }
        shorten(&mut cut, longest);
    }
    cut
}

fn shorten(value: &mut Value, bytes: usize) {
    match value {
        Value::String(text) if text.len() > bytes => *text = format!("{}…", head(text, bytes)),
        Value::Array(items) => items.iter_mut().for_each(|item| shorten(item, bytes)),
        Value::Object(fields) => fields.values_mut().for_each(|field| shorten(field, bytes)),
        _ => {}
    }
}

/// The text of the frame that carries a report. Texts that grow past the frame's limit by their
/// escapes (a megabyte of control characters is six on the wire) are cut until they fit.
///
/// # Errors
/// When the report cannot be written as JSON, which no report of ours is.
pub fn frame(mut numbered: NumberedReport) -> serde_json::Result<String> {
    loop {
        let frame = RunnerFrame::Report(numbered);
        let text = serde_json::to_string(&frame)?;
        let RunnerFrame::Report(report) = frame else {
            return Ok(text);
        };
        numbered = report;
        if text.len() <= FRAME_BYTES || !shrink(&mut numbered.report) {
            return Ok(text);
        }
    }
}

/// Halves what is long in a report; false when there is nothing left to halve.
fn shrink(report: &mut Report) -> bool {
    match report {
        Report::GitChanged { patch, changes, .. } => {
            changes.truncated = true;
            if patch.is_empty() {
                let keep = changes.files.len() / 2;
                changes.files.truncate(keep);
                return keep > 0;
            }
            *patch = whole_lines(head(patch, patch.len() / 2)).to_owned();
            true
        }
        Report::PartUpdated { part } => match &mut part.body {
            PartBody::Text { text } | PartBody::Thinking { text } => halve(text),
            PartBody::ToolCall(call) => {
                if !call.diffs.is_empty() {
                    call.diffs.clear();
                    return true;
                }
                call.output = tail(&call.output, call.output.len() / 2).to_owned();
                call.output_truncated = true;
                !call.output.is_empty()
            }
            PartBody::Plan { entries } => {
                entries.truncate(entries.len() / 2);
                !entries.is_empty()
            }
        },
        Report::Problem { message, .. } => halve(message),
        Report::BootFailed { reason } => halve(reason),
        _ => false,
    }
}

fn halve(text: &mut String) -> bool {
    text.truncate(text.floor_char_boundary(text.len() / 2));
    !text.is_empty()
}

/// `text` without its last line when that is cut.
pub fn whole_lines(text: &str) -> &str {
    text.rfind('\n').map_or("", |end| &text[..=end])
}

#[cfg(test)]
mod tests {
    use shared::changes::Changes;
    use shared::{Timestamp, TurnId};

    use super::*;

    #[test]
    fn cuts_between_characters() {
        assert_eq!(head("aéb", 2), "a");
        assert_eq!(tail("aéb", 2), "b");
        assert_eq!(head("ab", 9), "ab");
        assert_eq!(tail("ab", 9), "ab");
    }

    #[test]
    fn an_input_fits() {
        let long = serde_json::json!({"content": "x".repeat(900_000), "path": "a.txt"});
        let cut = input(&long);
        assert!(cut.to_string().len() <= TOOL_TEXT_BYTES);
        assert_eq!(cut["path"], "a.txt");
        let many = serde_json::json!(vec![0; 900_000]);
        assert!(input(&many).to_string().len() <= TOOL_TEXT_BYTES);
    }

    #[test]
    fn a_frame_fits_whatever_its_escapes() {
        let report = Report::GitChanged {
            turn_id: TurnId::new(),
            changes: Changes::default(),
            patch: "\u{1}\n".repeat(1_000_000),
        };
        let text = frame(NumberedReport {
            number: 1,
            at: Timestamp::from_millis(0),
            report,
        })
        .unwrap();
        assert!(text.len() <= RUNNER_FRAME_BYTES);
        assert!(text.contains("\"truncated\":true"));
    }
}
