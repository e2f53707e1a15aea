//! What holds whatever happens and in whatever order: no turn is lost, none ends twice, and nothing of
//! it is left open.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;
use shared::message::PartState;
use shared::{PartId, QuestionId};
use uuid::Uuid;

use super::tests::{agent_ready, asks, says, setup, start};
use super::*;
use shared::session::Permissions;

fn turn(number: u128) -> TurnId {
    TurnId::from_uuid(Uuid::from_u128(number))
}

fn tool(status: &str) -> Input {
    let call = json!({ "sessionUpdate": "tool_call_update", "toolCallId": "t", "status": status });
    Input::AgentUpdate(call)
}

/// An input by its number: what a bridge may hear at any time.
fn input(kind: u8, detail: u8) -> Input {
    let id = turn(u128::from(detail % 4));
    match kind % 18 {
        0 => Input::Setup(setup(if detail % 2 == 0 {
            Permissions::Ask
        } else {
            Permissions::Allow
        })),
        1 => Input::Workspace(Ok("tree".into())),
        2 => Input::Workspace(Err("no disk".into())),
        3 | 4 => agent_ready(),
        5 => Input::AgentFailed("no agent".into()),
        6..=8 => start(id),
        9 => Input::Abort(id),
        10 => says("word"),
        11 => tool(if detail % 2 == 0 {
            "in_progress"
        } else {
            "completed"
        }),
        12 => asks(u64::from(detail)),
        13 => Input::PromptEnded(if detail % 2 == 0 {
            Ok("end_turn".into())
        } else {
            Err("no".into())
        }),
        14 => Input::AgentExited("signal 9".into()),
        15 => Input::ModelCall(ModelCall::Repeated),
        16 => Input::Changes(Err("no git".into())),
        _ => Input::Tick { calls_in_flight: 0 },
    }
}

#[derive(Default)]
struct Seen {
    accepted: BTreeSet<TurnId>,
    ended: BTreeSet<TurnId>,
    open_parts: BTreeSet<PartId>,
    open_questions: BTreeSet<QuestionId>,
    prompted: BTreeSet<TurnId>,
}

impl Seen {
    fn take(&mut self, effect: &Effect) {
        match effect {
            Effect::Write(Record::Fact(Fact::Accepted(turn))) => {
                assert_eq!(self.accepted, self.ended, "one turn at a time");
                assert!(self.accepted.insert(*turn), "a turn is taken on once");
            }
            Effect::Prompt(_) => {
                let turn = *self
                    .accepted
                    .difference(&self.ended)
                    .next()
                    .expect("a turn that was taken on");
                assert!(self.prompted.insert(turn), "a turn is prompted once");
            }
            Effect::Write(Record::Report(Report::PartUpdated { part })) => {
                assert!(
                    !self.ended.contains(&part.turn_id),
                    "nothing follows the end of a turn"
                );
                if part.state == PartState::Streaming {
                    self.open_parts.insert(part.id);
                } else {
                    self.open_parts.remove(&part.id);
                }
            }
            Effect::Write(Record::Delta(delta)) => assert!(self.open_parts.contains(&delta.part_id)),
            Effect::Write(Record::Report(Report::QuestionAsked { question })) => {
                self.open_questions.insert(question.id);
            }
            Effect::Write(Record::Report(Report::QuestionWithdrawn { question_id })) => {
                assert!(self.open_questions.remove(question_id));
            }
            Effect::Write(Record::Report(Report::TurnEnded { turn_id, .. })) => {
                assert!(
                    self.accepted.contains(turn_id) && self.ended.insert(*turn_id),
                    "a turn ends once"
                );
                assert!(self.open_parts.is_empty(), "a part is left open");
                assert!(self.open_questions.is_empty(), "a question is left open");
            }
            _ => {}
        }
    }
}

proptest! {
    #[test]
    fn every_turn_ends_once_and_leaves_nothing_open(steps in prop::collection::vec((any::<u8>(), any::<u8>(), 0..400_u64), 1..120)) {
        let mut core = Core::new("/workspace".into(), Remembered::default());
        let mut now = Timestamp::from_millis(0);
        let mut seen = Seen::default();
        let mut known = BTreeSet::new();
        for (kind, detail, millis) in steps {
            now = now.after(std::time::Duration::from_millis(millis * 10));
            let input = input(kind, detail);
            if let Input::StartTurn { turn_id, .. } = &input {
                // An orchestrator assigns the running turn again, or the last one, or a new one.
                let last = seen.ended.iter().any(|ended| ended == turn_id) && core.finished != Some(*turn_id);
                if last {
                    continue;
                }
                known.insert(*turn_id);
            }
            core.apply(input, now).iter().for_each(|effect| seen.take(effect));
        }
        core.apply(Input::Stop, now).iter().for_each(|effect| seen.take(effect));
        prop_assert_eq!(&seen.accepted, &seen.ended);
        prop_assert!(seen.accepted.is_subset(&known));
    }
}
