//! The link is cut, closed, or never comes back.

use rustix::process::Signal;
use serde_json::json;
use shared::message::PartBody;
use shared::runner::{Report, RunnerCommand, close};
use shared::turn::StopReason;

use crate::support::model::{Script, Step};
use crate::support::{House, until};

const SCRIPT: Script = &[
    ("count", || {
        let command = "for i in 1 2 3 4 5 6 7 8; do echo line $i; sleep 0.4; done";
        vec![
            vec![Step::Tool(
                "bash",
                json!({ "command": command, "description": "Counts" }),
            )],
            vec![Step::Text("Counted up to eight.")],
        ]
    }),
    ("speak", || {
        vec![vec![
            Step::Text("One two three."),
            Step::Sleep(8_000),
            Step::Text("Four five six."),
        ]]
    }),
    ("sleep", || {
        vec![vec![Step::Tool(
            "bash",
            json!({ "command": "sleep 120", "description": "Sleeps" }),
        )]]
    }),
];

#[tokio::test]
async fn a_turn_goes_on_while_the_orchestrator_is_away() {
    let house = House::ready(SCRIPT, |_| {}).await;
    let orchestrator = &house.orchestrator;
    let turn = orchestrator.start_turn("count please");
    until("the command's start", || {
        orchestrator
            .deltas()
            .iter()
            .any(|delta| delta.text.contains("line 2"))
    })
    .await;
    orchestrator.go_away();
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    orchestrator.come_back();
    assert_eq!(orchestrator.ended(turn).await, StopReason::EndTurn);
    let hellos = orchestrator.hellos();
    assert_eq!(hellos.len(), 2);
    assert_eq!((hellos[1].running, hellos[1].agent_ready), (Some(turn), true));
    assert_eq!(hellos[0].outbox, hellos[1].outbox);
    let parts = orchestrator.parts(turn);
    let PartBody::ToolCall(call) = &parts[0].body else {
        panic!("{parts:#?}")
    };
    assert_eq!(
        call.output,
        (1..=8).map(|line| format!("line {line}\n")).collect::<String>()
    );
    assert_eq!(orchestrator.texts(turn), ["Counted up to eight."]);
    house.close().await;
}

#[tokio::test]
async fn reports_that_were_not_acknowledged_come_again_with_the_text_so_far() {
    let house = House::ready(SCRIPT, |_| {}).await;
    let orchestrator = &house.orchestrator;
    let turn = orchestrator.start_turn("speak to me");
    orchestrator.live(|text| text.starts_with("One two three.")).await;
    orchestrator.go_away();
    let before = orchestrator.deltas().len();
    orchestrator.come_back();
    until("the text so far", || orchestrator.deltas().len() > before).await;
    let delta = orchestrator.deltas()[before].clone();
    assert_eq!(delta.offset, 0);
    assert!(delta.text.starts_with("One two three."), "{delta:?}");
    assert_eq!(orchestrator.ended(turn).await, StopReason::EndTurn);
    assert_eq!(orchestrator.texts(turn), ["One two three.Four five six."]);
    house.close().await;
}

#[tokio::test]
async fn commits_that_never_came_are_made_up_for() {
    let house = House::ready(SCRIPT, |_| {}).await;
    let orchestrator = &house.orchestrator;
    orchestrator.be_deaf(true);
    let turn = orchestrator.start_turn("count please");
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    orchestrator.go_away();
    orchestrator.be_deaf(false);
    orchestrator.come_back();
    assert_eq!(orchestrator.ended(turn).await, StopReason::EndTurn);
    house.close().await;
}

#[tokio::test]
async fn some_close_codes_are_final() {
    for code in [close::SUPERSEDED, close::GONE, close::MALFORMED] {
        let mut house = House::start(SCRIPT, |_| {}).await;
        until("the hello", || !house.orchestrator.hellos().is_empty()).await;
        house.orchestrator.close(code);
        assert!(house.ended().await.success());
        house.close().await;
    }
}

#[tokio::test]
async fn it_dials_again_after_a_restart_and_survives_the_terminal() {
    let house = House::ready(SCRIPT, |_| {}).await;
    house.orchestrator.close(close::RESTARTING);
    until("the second hello", || house.orchestrator.hellos().len() == 2).await;
    house.signal(Signal::HUP);
    house.signal(Signal::INT);
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let turn = house.orchestrator.start_turn("count please");
    assert_eq!(house.orchestrator.ended(turn).await, StopReason::EndTurn);
    house.close().await;
}

#[tokio::test]
async fn an_orphan_ends_itself_and_its_agent() {
    let mut house = House::start(SCRIPT, |_| {}).await;
    house.orchestrator.agent_ready(1).await;
    house.kill_runner().await;
    house.orphan_timeout = 2;
    house.start_again();
    house.orchestrator.agent_ready(2).await;
    house.orchestrator.go_away();
    assert!(house.ended().await.success());
    house.close().await;
}

#[tokio::test]
async fn a_runner_that_is_told_to_end_says_how_its_turn_ended() {
    let mut house = House::ready(SCRIPT, |_| {}).await;
    let turn = house.orchestrator.start_turn("sleep a while");
    until("the command's start", || house.agent_processes().len() > 1).await;
    house.signal(Signal::TERM);
    assert!(house.ended().await.success());
    assert_eq!(house.orchestrator.ended(turn).await, StopReason::Error);
    assert_eq!(house.orchestrator.problems(turn), ["runner_stopped"]);
    house.close().await;
}

#[tokio::test]
async fn a_shutdown_ends_it() {
    let mut house = House::ready(SCRIPT, |_| {}).await;
    house.orchestrator.send(&RunnerCommand::Shutdown);
    assert!(house.ended().await.success());
    assert!(
        house
            .orchestrator
            .reports()
            .iter()
            .all(|report| !matches!(report, Report::Problem { .. }))
    );
    house.close().await;
}
