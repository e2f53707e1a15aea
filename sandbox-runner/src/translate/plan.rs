//! An agent's list of what it means to do: ACP's plan, or OpenCode's todo list. Pure.

use serde_json::Value;
use shared::message::{PlanEntry, PlanStatus};

use crate::bounds;

/// Lines of a plan, and bytes of a line, that are kept.
const LINES: usize = 200;
const LINE_BYTES: usize = 2_000;

/// The lines of a plan, if that is one.
pub(super) fn entries(lines: &Value) -> Option<Vec<PlanEntry>> {
    let lines = lines.as_array()?;
    Some(lines.iter().take(LINES).filter_map(entry).collect())
}

fn entry(line: &Value) -> Option<PlanEntry> {
    Some(PlanEntry {
        content: bounds::head(line["content"].as_str()?, LINE_BYTES).to_owned(),
        status: match line["status"].as_str() {
            Some("in_progress") => PlanStatus::InProgress,
            Some("completed") => PlanStatus::Completed,
            Some("cancelled") => PlanStatus::Cancelled,
            _ => PlanStatus::Pending,
        },
    })
}
