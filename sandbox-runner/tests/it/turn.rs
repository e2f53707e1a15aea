//! Turns as they should go: files, commands, changes, plans, stopping.

use serde_json::json;
use shared::message::{PartBody, PartState, PlanStatus, ToolStatus};
use shared::runner::{Report, RunnerCommand};
use shared::turn::StopReason;

use crate::support::model::{Script, Step};
use crate::support::{House, until};

const SCRIPT: Script = &[
    ("work", || {
        vec![
            vec![
                Step::Think("I write a file first."),
                Step::Text("Writing it now."),
                Step::Tool(
                    "write",
                    json!({ "filePath": "notes/hello.txt", "content": "hello\nworld\n" }),
                ),
            ],
            vec![Step::Tool(
                "bash",
                json!({ "command": "cat notes/hello.txt; echo $GREETING; exit 3", "description": "Shows it" }),
            )],
            vec![Step::Tool(
                "todowrite",
                json!({ "todos": [{ "content": "write", "status": "completed", "priority": "high" }] }),
            )],
            vec![Step::Text("All is done.")],
        ]
    }),
    ("sleep", || {
        vec![vec![Step::Tool(
            "bash",
            json!({ "command": "echo begun; sleep 120", "description": "Sleeps" }),
        )]]
    }),
    ("much", || {
        let command = "seq 1 300000 | tee long.txt";
        vec![
            vec![Step::Tool(
                "bash",
                json!({ "command": command, "description": "Prints" }),
            )],
            vec![Step::Text("Printed.")],
        ]
    }),
    ("look", || {
        let command = "env; cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n'";
        vec![
            vec![Step::Tool(
                "bash",
                json!({ "command": command, "description": "Looks" }),
            )],
            vec![Step::Text("Seen.")],
        ]
    }),
];

#[tokio::test]
async fn a_turn_writes_a_file_and_runs_a_command() {
    let house = House::ready(SCRIPT, |_| {}).await;
    let orchestrator = &house.orchestrator;
    let turn = orchestrator.start_turn("work please");
    assert_eq!(orchestrator.ended(turn).await, StopReason::EndTurn);
    assert_eq!(
        std::fs::read_to_string(house.workspace().join("notes/hello.txt")).unwrap(),
        "hello\nworld\n"
    );

    let parts = orchestrator.parts(turn);
    assert!(
        parts.iter().all(|part| part.state == PartState::Done),
        "{parts:#?}"
    );
    let [thinking, text, write, bash, plan, end] = parts.as_slice() else {
        panic!("{parts:#?}")
    };
    assert_eq!(
        thinking.body,
        PartBody::Thinking {
            text: "I write a file first.".into()
        }
    );
    assert_eq!(
        text.body,
        PartBody::Text {
            text: "Writing it now.".into()
        }
    );
    let PartBody::ToolCall(write) = &write.body else {
        panic!("{write:#?}")
    };
    assert_eq!(
        (write.name.as_str(), write.locations.as_slice()),
        ("write", ["notes/hello.txt".to_owned()].as_slice())
    );
    assert_eq!(write.status, ToolStatus::Completed);
    let PartBody::ToolCall(bash) = &bash.body else {
        panic!("{bash:#?}")
    };
    assert_eq!((bash.status, bash.exit_code), (ToolStatus::Failed, Some(3)));
    assert_eq!(bash.output, "hello\nworld\nhello\n");
    let PartBody::Plan { entries } = &plan.body else {
        panic!("{plan:#?}")
    };
    assert_eq!(entries[0].status, PlanStatus::Completed);
    assert_eq!(
        end.body,
        PartBody::Text {
            text: "All is done.".into()
        }
    );

    let (changes, patch) = orchestrator
        .report("the changes", |report| match report {
            Report::GitChanged { changes, patch, .. } => Some((changes.clone(), patch.clone())),
            _ => None,
        })
        .await;
    assert_eq!(changes.files.len(), 1);
    assert_eq!(
        (changes.files[0].path.as_str(), changes.additions),
        ("notes/hello.txt", 2)
    );
    assert!(patch.contains("+hello\n+world\n"), "{patch}");

    // The same turn again, as after a reconnect, does nothing.
    let before = orchestrator.reports().len();
    orchestrator.send(&RunnerCommand::StartTurn {
        turn_id: turn,
        text: "work please".into(),
    });
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert_eq!(orchestrator.reports().len(), before);
    house.close().await;
}

#[tokio::test]
async fn a_stopped_turn_is_cancelled_and_its_command_ends() {
    let house = House::ready(SCRIPT, |_| {}).await;
    let orchestrator = &house.orchestrator;
    let turn = orchestrator.start_turn("sleep a while");
    until("the command's start", || house.agent_processes().len() > 1).await;
    orchestrator.send(&RunnerCommand::Abort { turn_id: turn });
    assert_eq!(orchestrator.ended(turn).await, StopReason::Cancelled);
    let sleeping = || {
        house
            .agent_processes()
            .iter()
            .any(|one| crate::support::command_line(*one).contains("sleep 120"))
    };
    until("the command's end", || !sleeping()).await;
    let parts = orchestrator.parts(turn);
    assert!(
        parts.iter().all(|part| part.state != PartState::Streaming),
        "{parts:#?}"
    );

    let next = orchestrator.start_turn("work please");
    assert_eq!(orchestrator.ended(next).await, StopReason::EndTurn);
    house.close().await;
}

#[tokio::test]
async fn much_output_keeps_its_bounds() {
    let house = House::ready(SCRIPT, |_| {}).await;
    let orchestrator = &house.orchestrator;
    let turn = orchestrator.start_turn("much please");
    assert_eq!(orchestrator.ended(turn).await, StopReason::EndTurn);
    let parts = orchestrator.parts(turn);
    let PartBody::ToolCall(call) = &parts[0].body else {
        panic!("{parts:#?}")
    };
    assert!(call.output.len() <= shared::limits::TOOL_TEXT_BYTES);
    let changes = orchestrator
        .report("the changes", |report| match report {
            Report::GitChanged { changes, patch, .. } => Some((changes.clone(), patch.len())),
            _ => None,
        })
        .await;
    assert!(
        changes.0.truncated && changes.0.additions == 300_000,
        "{changes:?}"
    );
    assert!(changes.1 <= shared::limits::PATCH_BYTES);
    house.close().await;
}

#[tokio::test]
async fn nothing_secret_reaches_the_agent_or_the_log() {
    let house = House::ready(SCRIPT, |_| {}).await;
    let turn = house.orchestrator.start_turn("look around");
    assert_eq!(house.orchestrator.ended(turn).await, StopReason::EndTurn);
    let log = std::fs::read_to_string(house.folder.path().join("runner.log")).unwrap();
    assert!(!log.contains(crate::support::orchestrator::TOKEN), "{log}");
    let agent = house.agent().unwrap();
    let environment = std::fs::read(format!("/proc/{}/environ", agent.as_raw_nonzero())).unwrap();
    assert!(!String::from_utf8_lossy(&environment).contains(crate::support::orchestrator::TOKEN));
    house.close().await;
}
