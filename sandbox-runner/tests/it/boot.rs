//! What the agent is started with, and what is said when it cannot be.

use shared::runner::{AgentSetup, Dialect, Report, RunnerCommand};
use shared::session::Repository;
use shared::turn::StopReason;

use crate::support::model::{Script, Step};
use crate::support::{House, until};

const SCRIPT: Script = &[("fine", || vec![vec![Step::Text("All is well.")]])];

async fn boot_failed(house: &House) -> String {
    house
        .orchestrator
        .report("the failure", |report| match report {
            Report::BootFailed { reason } => Some(reason.clone()),
            _ => None,
        })
        .await
}

#[tokio::test]
async fn an_agent_that_is_not_there_is_said_to_be_missing() {
    let custom = AgentSetup::Custom {
        command: vec!["no-such-agent".into()],
    };
    let house = House::start(SCRIPT, |setup| setup.agent = custom).await;
    let reason = boot_failed(&house).await;
    assert!(reason.contains("`no-such-agent` was not found"), "{reason}");

    let turn = house.orchestrator.start_turn("fine please");
    assert_eq!(house.orchestrator.ended(turn).await, StopReason::Error);
    assert_eq!(house.orchestrator.problems(turn), ["boot_failed"]);

    // With another agent the session is of use again.
    house
        .orchestrator
        .configure(|setup| setup.agent = AgentSetup::Opencode);
    let turn = house.orchestrator.start_turn("fine please");
    assert_eq!(house.orchestrator.ended(turn).await, StopReason::EndTurn);
    house.close().await;
}

#[tokio::test]
async fn an_agent_that_ends_at_once_is_quoted() {
    let command = ["/bin/sh", "-c", "echo no license >&2; exit 7"]
        .map(str::to_owned)
        .to_vec();
    let house = House::start(SCRIPT, |setup| setup.agent = AgentSetup::Custom { command }).await;
    let reason = boot_failed(&house).await;
    assert!(
        reason.contains("exit status: 7") && reason.contains("no license"),
        "{reason}"
    );
    house.close().await;
}

#[tokio::test]
async fn another_model_takes_effect_before_the_next_turn() {
    let house = House::ready(SCRIPT, |_| {}).await;
    let orchestrator = &house.orchestrator;
    let turn = orchestrator.start_turn("fine please");
    assert_eq!(orchestrator.ended(turn).await, StopReason::EndTurn);
    orchestrator.configure(|setup| {
        setup.model.provider = "other".into();
        setup.model.model = "larger".into();
    });
    let turn = orchestrator.start_turn("fine please");
    assert_eq!(
        orchestrator.ended(turn).await,
        StopReason::EndTurn,
        "{:?}",
        orchestrator.problems(turn)
    );
    let last = orchestrator.model.models.lock().unwrap().last().cloned();
    assert_eq!(last.as_deref(), Some("other/larger"));
    let resumed = |report: &Report| matches!(report, Report::AgentReady { resumed: true, .. });
    assert!(orchestrator.reports().iter().any(resumed));
    house.close().await;
}

#[tokio::test]
async fn opencode_speaks_each_dialect_through_the_relay() {
    for (dialect, path) in [
        (Dialect::AnthropicMessages, "/llm/demo/v1/messages"),
        (Dialect::OpenaiResponses, "/llm/demo/responses"),
        (
            Dialect::Gemini,
            "/llm/demo/v1beta/models/scripted:streamGenerateContent",
        ),
    ] {
        let house = House::ready(SCRIPT, |setup| setup.model.dialect = dialect).await;
        let turn = house.orchestrator.start_turn("fine please");
        assert_eq!(house.orchestrator.ended(turn).await, StopReason::Error);
        let paths = house.orchestrator.model.paths.lock().unwrap().clone();
        assert!(
            paths.iter().any(|called| called == path),
            "{dialect:?}: {paths:?}"
        );
        house.close().await;
    }
}

/// An agent that answers in ACP, says what is unknown here, and does not stop.
const STUBBORN: &str = r#"
trap '' TERM
while read -r line; do
    id=$(printf '%s' "$line" | sed -n 's/.*"id":\("[^"]*"\|[0-9]*\).*/\1/p')
    case $line in
        *'"initialize"'*) echo '{"jsonrpc":"2.0","id":'$id',"result":{"protocolVersion":1,"agentCapabilities":{}}}' ;;
        *'"session/new"'*) echo '{"jsonrpc":"2.0","id":'$id',"result":{"sessionId":"s"}}' ;;
        *'"session/prompt"'*)
            echo '{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s","update":{"sessionUpdate":"novel"}}}'
            echo 'this is not JSON'
            echo '{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s","update":{"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"Never."}}}}'
            setsid sleep 300 & ;;
    esac
done
"#;

#[tokio::test]
async fn an_agent_that_does_not_stop_is_ended() {
    let command = ["/bin/sh", "-c", STUBBORN].map(str::to_owned).to_vec();
    let house = House::ready(SCRIPT, |setup| setup.agent = AgentSetup::Custom { command }).await;
    let orchestrator = &house.orchestrator;
    let turn = orchestrator.start_turn("stay");
    orchestrator.live(|text| text == "Never.").await;
    until("its command", || house.agent_processes().len() >= 2).await;
    let begun = std::time::Instant::now();
    orchestrator.send(&RunnerCommand::Abort { turn_id: turn });
    assert_eq!(orchestrator.ended(turn).await, StopReason::Cancelled);
    assert!(begun.elapsed() >= std::time::Duration::from_secs(5));
    assert_eq!(orchestrator.problems(turn), ["agent_ended"]);
    assert_eq!(orchestrator.texts(turn), ["Never."]);
    orchestrator.agent_ready(2).await;
    house.close().await;
}

#[tokio::test]
async fn a_repository_is_cloned_into_an_empty_workspace() {
    let repository = |branch: Option<&str>, house: &House| Repository {
        url: format!("{}/repository.git", house.orchestrator.address),
        branch: branch.map(str::to_owned),
    };
    let house = House::start(SCRIPT, |setup| {
        setup.repository = Some(Repository {
            url: "http://127.0.0.1:1/none.git".into(),
            branch: None,
        });
    })
    .await;
    let reason = boot_failed(&house).await;
    assert!(
        reason.contains("Cloning http://127.0.0.1:1/none.git failed"),
        "{reason}"
    );

    house.orchestrator.serve_repository(house.folder.path());
    let repository = repository(Some("work"), &house);
    house
        .orchestrator
        .configure(|setup| setup.repository = Some(repository));
    house
        .orchestrator
        .report("readiness", |report| {
            matches!(report, Report::AgentReady { .. }).then_some(())
        })
        .await;
    until("the file", || {
        house.workspace().join("from-the-branch.txt").exists()
    })
    .await;
    let turn = house.orchestrator.start_turn("fine please");
    assert_eq!(house.orchestrator.ended(turn).await, StopReason::EndTurn);
    let changed = house
        .orchestrator
        .reports()
        .iter()
        .any(|report| matches!(report, Report::GitChanged { .. }));
    assert!(!changed, "a clone is no change");
    house.close().await;
}
