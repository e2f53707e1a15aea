//! The runner is killed and started again in the same place.

use serde_json::json;
use shared::message::{PartBody, PartState};
use shared::turn::StopReason;

use crate::support::model::{Script, Step};
use crate::support::{House, command_line, until};

const SCRIPT: Script = &[
    ("sleep", || {
        vec![vec![
            Step::Text("Now I sleep."),
            Step::Tool(
                "bash",
                json!({ "command": "echo begun; sleep 120", "description": "Sleeps" }),
            ),
        ]]
    }),
    ("speak", || {
        vec![vec![Step::Text("One two three four five."), Step::Sleep(60_000)]]
    }),
    ("again", || vec![vec![Step::Text("Here I am.")]]),
];

#[tokio::test]
async fn a_runner_that_was_killed_ends_its_turn_when_it_is_back() {
    let mut house = House::ready(SCRIPT, |_| {}).await;
    let turn = house.orchestrator.start_turn("sleep a while");
    let sleeping = |house: &House| {
        house
            .agent_processes()
            .iter()
            .any(|one| command_line(*one).contains("sleep 120"))
    };
    until("the command's start", || sleeping(&house)).await;
    house.orchestrator.live(|text| text.ends_with("begun\n")).await;
    house.kill_runner().await;
    assert!(sleeping(&house), "a killed runner ends nobody");
    house.start_again();
    assert_eq!(house.orchestrator.ended(turn).await, StopReason::Error);
    assert!(!sleeping(&house), "the new runner ends what the old one left");
    assert_eq!(house.orchestrator.problems(turn), ["runner_restarted"]);
    let parts = house.orchestrator.parts(turn);
    assert!(
        parts.iter().all(|part| part.state != PartState::Streaming),
        "{parts:#?}"
    );
    let hello = house.orchestrator.hellos().pop().unwrap();
    assert_eq!((hello.running, hello.finished), (None, Some(turn)));

    house.orchestrator.agent_ready(2).await;
    let next = house.orchestrator.start_turn("again please");
    assert_eq!(house.orchestrator.ended(next).await, StopReason::EndTurn);
    assert_eq!(house.orchestrator.texts(next), ["Here I am."]);
    house.close().await;
}

#[tokio::test]
async fn what_was_said_before_a_crash_is_kept() {
    let mut house = House::ready(SCRIPT, |_| {}).await;
    let turn = house.orchestrator.start_turn("speak to me");
    house.orchestrator.live(|text| text.ends_with("five.")).await;
    house.kill_runner().await;
    house.start_again();
    assert_eq!(house.orchestrator.ended(turn).await, StopReason::Error);
    let parts = house.orchestrator.parts(turn);
    assert_eq!(parts[0].state, PartState::Interrupted);
    assert_eq!(
        parts[0].body,
        PartBody::Text {
            text: "One two three four five.".into()
        }
    );
    house.close().await;
}
