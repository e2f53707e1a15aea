//! What a runner reports that starts and finds a turn which its predecessor did not end. Pure.

use shared::message::{Part, PartBody, PartState, ToolStatus};
use shared::runner::Report;
use shared::turn::StopReason;
use shared::{QuestionId, Severity, Timestamp};

use crate::outbox::{Record, Remembered};

/// The reports of a runner that starts and finds a turn that its predecessor did not end.
pub fn recover(
    remembered: &Remembered,
    parts: Vec<Part>,
    questions: Vec<QuestionId>,
    now: Timestamp,
) -> Vec<Record> {
    let Some(turn_id) = remembered
        .accepted
        .filter(|turn| remembered.finished != Some(*turn))
    else {
        return Vec::new();
    };
    let mut reports: Vec<Report> = questions
        .into_iter()
        .map(|question_id| Report::QuestionWithdrawn { question_id })
        .collect();
    reports.extend(parts.into_iter().map(|mut part| {
        part.state = PartState::Interrupted;
        if let PartBody::ToolCall(call) = &mut part.body {
            call.status = ToolStatus::Failed;
            call.completed_at = Some(now);
        }
        Report::PartUpdated { part }
    }));
    reports.push(Report::Problem {
        turn_id: Some(turn_id),
        code: "runner_restarted".to_owned(),
        message: "The runner in the sandbox ended unexpectedly and started again, so the turn was cut short. What the \
                  agent did until then is kept; the next prompt goes on from there."
            .to_owned(),
        severity: Severity::Error,
    });
    reports.push(Report::TurnEnded {
        turn_id,
        stop_reason: StopReason::Error,
    });
    reports.into_iter().map(Record::Report).collect()
}
