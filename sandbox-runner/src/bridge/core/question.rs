//! What the agent asks of humans: permissions, one question each.

use std::path::Path;

use serde_json::Value;
use shared::question::{OptionKind, Question, QuestionOption};
use shared::runner::Report;
use shared::session::Permissions;
use shared::{QuestionId, Timestamp};

use super::turn::{Phase, Turn};
use super::{Core, Effect, report};
use crate::bounds;
use crate::outbox::{Fact, Record};

/// Questions that may be open at once; past it an agent is told no.
const QUESTIONS: usize = 32;

/// Options of one question.
const OPTIONS: usize = 16;

/// An open question.
pub(super) struct Asked {
    pub(super) ticket: u64,
    pub(super) options: Vec<String>,
}

impl Core {
    pub(super) fn answer(&mut self, id: QuestionId, option: String, effects: &mut Vec<Effect>) {
        let Some(turn) = &mut self.turn else { return };
        if !turn
            .questions
            .get(&id)
            .is_some_and(|asked| asked.options.contains(&option))
        {
            tracing::warn!(question = %id, "an answer came to a question that is not open, or not one of its options");
            return;
        }
        if let Some(asked) = turn.questions.remove(&id) {
            effects.push(Effect::Write(Record::Fact(Fact::Answered(id))));
            effects.push(Effect::Respond {
                ticket: asked.ticket,
                option: Some(option),
            });
        }
    }

    pub(super) fn asked(&mut self, ticket: u64, request: &Value, now: Timestamp, effects: &mut Vec<Effect>) {
        let options = options(&request["options"]);
        let allow = self
            .setup
            .as_ref()
            .is_none_or(|setup| setup.permissions == Permissions::Allow);
        let Some(turn) = self
            .turn
            .as_mut()
            .filter(|turn| matches!(turn.phase, Phase::Running))
        else {
            effects.push(Effect::Respond { ticket, option: None });
            return;
        };
        turn.watchdog.heard(now);
        if allow {
            let chosen = [OptionKind::AllowOnce, OptionKind::AllowAlways]
                .iter()
                .find_map(|kind| options.iter().find(|option| option.kind == *kind));
            effects.push(Effect::Respond {
                ticket,
                option: chosen.map(|option| option.id.clone()),
            });
            return;
        }
        let (part_id, records) = turn.translator.asks(&request["toolCall"], now);
        effects.extend(records.into_iter().map(Effect::Write));
        if options.is_empty() || turn.questions.len() >= QUESTIONS {
            effects.push(Effect::Respond { ticket, option: None });
            return;
        }
        let id = QuestionId::new();
        let title = question_title(&request["toolCall"], &self.directory);
        let ids = options.iter().map(|option| option.id.clone()).collect();
        turn.questions.insert(id, Asked { ticket, options: ids });
        let question = Question {
            id,
            turn_id: turn.id,
            part_id,
            title,
            options,
            asked_at: now,
        };
        effects.push(report(Report::QuestionAsked { question }));
    }
}

/// Takes back what the agent asked; it is told so when it still listens.
pub(super) fn withdraw(turn: &mut Turn, agent_listens: bool, effects: &mut Vec<Effect>) {
    for (question_id, asked) in std::mem::take(&mut turn.questions) {
        if agent_listens {
            effects.push(Effect::Respond {
                ticket: asked.ticket,
                option: None,
            });
        }
        effects.push(report(Report::QuestionWithdrawn { question_id }));
    }
}

fn options(options: &Value) -> Vec<QuestionOption> {
    let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
    options
        .iter()
        .filter_map(|option| {
            Some(QuestionOption {
                id: option["optionId"].as_str()?.to_owned(),
                label: bounds::head(option["name"].as_str().unwrap_or("Choose"), 200).to_owned(),
                kind: match option["kind"].as_str()? {
                    "allow_once" => OptionKind::AllowOnce,
                    "allow_always" => OptionKind::AllowAlways,
                    "reject_always" => OptionKind::RejectAlways,
                    _ => OptionKind::RejectOnce,
                },
            })
        })
        .take(OPTIONS)
        .collect()
}

fn question_title(call: &Value, workspace: &Path) -> String {
    let title = call["title"].as_str().unwrap_or("this tool");
    let title = title
        .strip_prefix(&format!("{}/", workspace.display()))
        .unwrap_or(title);
    let title = bounds::head(title, 2_000);
    match call["kind"].as_str() {
        Some("execute") => format!("Run `{title}`?"),
        Some("edit") => format!("Change `{title}`?"),
        Some("delete") => format!("Delete `{title}`?"),
        Some("fetch") => format!("Fetch `{title}`?"),
        _ => format!("Allow `{title}`?"),
    }
}
