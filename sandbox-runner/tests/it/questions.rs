//! The agent asks before it acts.

use serde_json::json;
use shared::message::{PartBody, ToolStatus};
use shared::question::{OptionKind, Question};
use shared::runner::{Report, RunnerCommand};
use shared::session::Permissions;
use shared::turn::StopReason;

use crate::support::House;
use crate::support::model::{Script, Step};

const SCRIPT: Script = &[
    ("ask", || {
        vec![
            vec![Step::Tool(
                "bash",
                json!({ "command": "echo run > run.txt", "description": "Runs" }),
            )],
            vec![Step::Tool(
                "write",
                json!({ "filePath": "written.txt", "content": "x\n" }),
            )],
            vec![Step::Text("Done.")],
        ]
    }),
    ("fine", || vec![vec![Step::Text("All is well.")]]),
];

async fn asked(house: &House, number: usize) -> Question {
    let mut seen = None;
    crate::support::until("a question", || {
        let mut questions = house
            .orchestrator
            .reports()
            .into_iter()
            .filter_map(|report| match report {
                Report::QuestionAsked { question } => Some(question),
                _ => None,
            });
        seen = questions.nth(number);
        seen.is_some()
    })
    .await;
    seen.unwrap()
}

fn answer(house: &House, question: &Question, kind: OptionKind) {
    let option = question
        .options
        .iter()
        .find(|option| option.kind == kind)
        .unwrap();
    house.orchestrator.send(&RunnerCommand::Answer {
        question_id: question.id,
        option_id: option.id.clone(),
    });
}

#[tokio::test]
async fn it_waits_for_the_answers() {
    let house = House::ready(SCRIPT, |setup| setup.permissions = Permissions::Ask).await;
    let turn = house.orchestrator.start_turn("ask please");
    let first = asked(&house, 0).await;
    assert_eq!(
        (first.turn_id, first.title.as_str()),
        (turn, "Run `echo run > run.txt`?")
    );
    assert!(!house.workspace().join("run.txt").exists());
    let parts = house.orchestrator.parts(turn);
    assert_eq!(first.part_id, Some(parts[0].id));
    answer(&house, &first, OptionKind::AllowOnce);

    let second = asked(&house, 1).await;
    assert_eq!(second.title, "Change `written.txt`?");
    assert!(house.workspace().join("run.txt").exists());
    let parts = house.orchestrator.parts(turn);
    let PartBody::ToolCall(call) = &parts[1].body else {
        panic!("{parts:#?}")
    };
    assert_eq!(
        (call.status, call.diffs[0].new_text.as_str()),
        (ToolStatus::Pending, "x\n")
    );
    answer(&house, &second, OptionKind::AllowOnce);
    assert_eq!(house.orchestrator.ended(turn).await, StopReason::EndTurn);
    assert!(house.workspace().join("written.txt").exists());
    house.close().await;
}

#[tokio::test]
async fn a_no_is_a_no() {
    let house = House::ready(SCRIPT, |setup| setup.permissions = Permissions::Ask).await;
    let turn = house.orchestrator.start_turn("ask please");
    let question = asked(&house, 0).await;
    answer(&house, &question, OptionKind::RejectOnce);
    house.orchestrator.ended(turn).await;
    assert!(!house.workspace().join("run.txt").exists());
    let next = house.orchestrator.start_turn("fine please");
    assert_eq!(house.orchestrator.ended(next).await, StopReason::EndTurn);
    house.close().await;
}

#[tokio::test]
async fn a_stop_takes_the_question_back() {
    let house = House::ready(SCRIPT, |setup| setup.permissions = Permissions::Ask).await;
    let turn = house.orchestrator.start_turn("ask please");
    let question = asked(&house, 0).await;
    house.orchestrator.send(&RunnerCommand::Abort { turn_id: turn });
    assert_eq!(house.orchestrator.ended(turn).await, StopReason::Cancelled);
    let withdrawn = |report: &Report| matches!(report, Report::QuestionWithdrawn { question_id } if *question_id == question.id);
    assert!(house.orchestrator.reports().iter().any(withdrawn));
    assert!(!house.workspace().join("run.txt").exists());
    house.close().await;
}
