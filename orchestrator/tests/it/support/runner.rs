//! A runner played by a test: it says hello and reports what the test wants.

use serde_json::{Value, json};
use shared::runner::{Hello, NumberedReport, PROTOCOL, Report, RunnerCommand, RunnerFrame};
use shared::{SessionId, Timestamp, TurnId};

use super::{Client, Socket, TestServer};

/// A runner that is linked.
pub(crate) struct Runner {
    pub socket: Socket,
    reported: u64,
}

impl Runner {
    /// Dials for the session's sandbox, as soon as there is one, and is welcomed.
    pub(crate) async fn dial(server: &TestServer, session: SessionId) -> Self {
        let spec = server.sandbox_of(session).await;
        let client = server
            .stranger()
            .with("authorization", &format!("Bearer {}", spec.token.reveal()));
        let mut runner = Self {
            socket: Self::connect(&client).await,
            reported: 0,
        };
        runner
            .send(&RunnerFrame::Hello(hello(session, spec.generation)))
            .await;
        let RunnerCommand::Welcome { ack, .. } = runner.order().await else {
            panic!("no welcome")
        };
        assert_eq!(ack, 0);
        runner
    }

    pub(crate) async fn connect(client: &Client) -> Socket {
        client.socket("/runner/ws").await.expect("the token is refused")
    }

    pub(crate) async fn send(&mut self, frame: &RunnerFrame) {
        self.socket.send_text(serde_json::to_string(frame).unwrap()).await;
    }

    /// Reports something under the next number.
    pub(crate) async fn report(&mut self, report: Report) {
        self.reported += 1;
        let report = NumberedReport {
            number: self.reported,
            at: Timestamp::now(),
            report,
        };
        self.send(&RunnerFrame::Report(report)).await;
    }

    /// Reports that the agent is up.
    pub(crate) async fn agent_ready(&mut self) {
        self.report(Report::AgentReady {
            agent: "Paper".to_owned(),
            resumed: false,
        })
        .await;
    }

    /// The next command other than acks.
    pub(crate) async fn order(&mut self) -> RunnerCommand {
        loop {
            match self.any_order().await {
                RunnerCommand::Ack { .. } => {}
                order => return order,
            }
        }
    }

    async fn any_order(&mut self) -> RunnerCommand {
        let frame: Value = self.socket.next().await.expect("the link closed");
        serde_json::from_value(frame).unwrap()
    }

    /// The turn that the next command starts.
    pub(crate) async fn turn(&mut self) -> TurnId {
        match self.order().await {
            RunnerCommand::StartTurn { turn_id, .. } => turn_id,
            other => panic!("{other:?}"),
        }
    }

    /// Waits until all that was reported is acknowledged.
    pub(crate) async fn acknowledged(&mut self) {
        loop {
            if let RunnerCommand::Ack { number } = self.any_order().await
                && number == self.reported
            {
                return;
            }
        }
    }
}

/// What a fresh runner says.
pub(crate) fn hello(session: SessionId, generation: u64) -> Hello {
    serde_json::from_value(json!({
        "protocol": PROTOCOL,
        "version": "test",
        "sessionId": session,
        "generation": generation,
        "outbox": "outbox-of-a-test",
        "lastReport": 0,
        "running": null,
        "finished": null,
        "agentReady": false,
    }))
    .unwrap()
}
