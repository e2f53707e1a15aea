//! The agent's process is killed: the session is told, nothing of it is left, and the next turn works.

use rustix::process::Signal;
use serde_json::json;
use shared::message::{PartBody, PartState, ToolStatus};
use shared::runner::Report;
use shared::turn::StopReason;

use crate::support::model::{Script, Step};
use crate::support::{House, command_line, until};

const SCRIPT: Script = &[
    ("remember", || vec![vec![Step::Text("I shall remember.")]]),
    ("sleep", || {
        vec![vec![
            Step::Text("Now I sleep."),
            Step::Tool(
                "bash",
                json!({ "command": "echo begun; sleep 120", "description": "Sleeps" }),
            ),
        ]]
    }),
    ("again", || vec![vec![Step::Text("Here I am.")]]),
];

#[tokio::test]
async fn a_killed_agent_ends_its_turn_and_starts_again_with_its_memory() {
    let house = House::ready(SCRIPT, |_| {}).await;
    let orchestrator = &house.orchestrator;
    let first = orchestrator.start_turn("remember this");
    assert_eq!(orchestrator.ended(first).await, StopReason::EndTurn);

    let turn = orchestrator.start_turn("sleep a while");
    let sleeping = || {
        house
            .agent_processes()
            .into_iter()
            .find(|one| command_line(*one).contains("sleep 120"))
    };
    until("the command's start", || sleeping().is_some()).await;
    orchestrator.live(|text| text.ends_with("begun\n")).await;
    rustix::process::kill_process(house.agent().unwrap(), Signal::KILL).unwrap();
    assert_eq!(orchestrator.ended(turn).await, StopReason::Error);
    assert_eq!(sleeping(), None, "the command must not outlive its agent");
    assert_eq!(orchestrator.problems(turn), ["agent_exited"]);
    let parts = orchestrator.parts(turn);
    let PartBody::ToolCall(call) = &parts[1].body else {
        panic!("{parts:#?}")
    };
    assert_eq!(
        (parts[1].state, call.status),
        (PartState::Interrupted, ToolStatus::Failed)
    );
    assert_eq!(call.output, "begun\n");

    let next = orchestrator.start_turn("again please");
    assert_eq!(orchestrator.ended(next).await, StopReason::EndTurn);
    assert_eq!(orchestrator.texts(next), ["Here I am."]);
    let reports = orchestrator.reports();
    let resumed = reports
        .iter()
        .any(|report| matches!(report, Report::AgentReady { resumed: true, .. }));
    assert!(resumed, "it must have its memory");
    let told = reports
        .iter()
        .filter(|report| matches!(report, Report::MessageCreated { .. }))
        .count();
    assert_eq!(told, 3, "the replayed history is no new message");
    house.close().await;
}

#[tokio::test]
async fn an_idle_agent_that_dies_starts_again_for_the_next_turn() {
    let house = House::ready(SCRIPT, |_| {}).await;
    let orchestrator = &house.orchestrator;
    rustix::process::kill_process(house.agent().unwrap(), Signal::KILL).unwrap();
    let told = |report: &Report| match report {
        Report::Problem {
            turn_id: None, code, ..
        } => Some(code.clone()),
        _ => None,
    };
    assert_eq!(orchestrator.report("the problem", told).await, "agent_exited");
    let turn = orchestrator.start_turn("again please");
    assert_eq!(orchestrator.ended(turn).await, StopReason::EndTurn);
    house.close().await;
}
