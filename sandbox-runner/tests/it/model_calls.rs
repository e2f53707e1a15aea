//! Model calls that are cut or refused: what the real agent makes of it, and what the session is told.

use serde_json::json;
use shared::message::{PartBody, PartState};
use shared::turn::StopReason;

use crate::support::House;
use crate::support::model::{Script, Step};

const SCRIPT: Script = &[
    ("cut", || {
        vec![vec![
            Step::Text("This is cut right"),
            Step::Sleep(1_500),
            Step::CutOnce,
            Step::Text(" here, or not at all."),
        ]]
    }),
    ("cuttool", || {
        vec![
            vec![Step::Tool(
                "bash",
                json!({ "command": "echo once >> count.txt", "description": "Counts" }),
            )],
            vec![
                Step::Text("Half"),
                Step::Sleep(1_500),
                Step::CutOnce,
                Step::Text(" and whole."),
            ],
        ]
    }),
    ("refused", || {
        vec![vec![Step::Status(401, "this key is not known")]]
    }),
    ("fine", || vec![vec![Step::Text("All is well.")]]),
];

#[tokio::test]
async fn a_cut_answer_is_repeated_and_the_session_says_so() {
    let house = House::ready(SCRIPT, |_| {}).await;
    let orchestrator = &house.orchestrator;
    let turn = orchestrator.start_turn("cut please");
    assert_eq!(orchestrator.ended(turn).await, StopReason::EndTurn);
    assert_eq!(
        orchestrator.problems(turn),
        ["model_call_interrupted", "model_call_repeated"]
    );
    let parts = orchestrator.parts(turn);
    let [first, second] = parts.as_slice() else {
        panic!("{parts:#?}")
    };
    assert_eq!(first.state, PartState::Interrupted);
    assert_eq!(
        first.body,
        PartBody::Text {
            text: "This is cut right".into()
        }
    );
    assert_eq!(second.state, PartState::Done);
    assert_eq!(
        second.body,
        PartBody::Text {
            text: "This is cut right here, or not at all.".into()
        }
    );
    let calls = orchestrator.model.calls.lock().unwrap().clone();
    assert_eq!(calls, [("cut".to_owned(), 0), ("cut".to_owned(), 0)]);
    house.close().await;
}

#[tokio::test]
async fn what_was_done_before_a_cut_is_not_done_again() {
    let house = House::ready(SCRIPT, |_| {}).await;
    let orchestrator = &house.orchestrator;
    let turn = orchestrator.start_turn("cuttool please");
    assert_eq!(orchestrator.ended(turn).await, StopReason::EndTurn);
    assert_eq!(
        std::fs::read_to_string(house.workspace().join("count.txt")).unwrap(),
        "once\n"
    );
    assert_eq!(orchestrator.texts(turn), ["Half", "Half and whole."]);
    house.close().await;
}

#[tokio::test]
async fn a_refused_call_ends_the_turn_in_the_providers_words() {
    let house = House::ready(SCRIPT, |_| {}).await;
    let orchestrator = &house.orchestrator;
    let turn = orchestrator.start_turn("refused please");
    assert_eq!(orchestrator.ended(turn).await, StopReason::Error);
    let message = orchestrator
        .report("the problem", |report| match report {
            shared::runner::Report::Problem { code, message, .. } if code == "agent_error" => {
                Some(message.clone())
            }
            _ => None,
        })
        .await;
    assert!(message.contains("this key is not known"), "{message}");
    let next = orchestrator.start_turn("fine please");
    assert_eq!(orchestrator.ended(next).await, StopReason::EndTurn);
    house.close().await;
}
