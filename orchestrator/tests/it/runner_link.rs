//! The runner's link: who may speak on it, what ends it, and that nothing on it stops anything else.

use serde_json::json;
use shared::SessionId;
use shared::runner::{Report, RunnerCommand, RunnerFrame, close};
use shared::turn::StopReason;

use crate::support::{Client, Runner, Socket, TestServer, hello};

async fn sandbox(server: &TestServer, session: SessionId) -> Client {
    let token = server.sandbox_of(session).await.token.reveal().to_owned();
    server
        .stranger()
        .with("authorization", &format!("Bearer {token}"))
}

async fn say_hello(socket: &mut Socket, session: SessionId, generation: u64) {
    let frame = RunnerFrame::Hello(hello(session, generation));
    socket.send_text(serde_json::to_string(&frame).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_goes_through() {
    let server = TestServer::start().await;
    let program = server.program();
    let session = program.session(json!({"prompt": "do it"})).await;
    let mut runner = Runner::dial(&server, session).await;
    runner.agent_ready().await;
    let RunnerCommand::StartTurn { turn_id, text } = runner.order().await else {
        panic!("no turn")
    };
    assert_eq!(text, "do it");
    let read = program.get(&format!("/api/sessions/{session}")).await.json();
    assert_eq!(read["activity"], "working");
    runner
        .report(Report::TurnEnded {
            turn_id,
            stop_reason: StopReason::EndTurn,
        })
        .await;
    runner.acknowledged().await;
    let read = program.get(&format!("/api/sessions/{session}")).await.json();
    assert_eq!(read["activity"], "idle");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_frame_is_a_hello_of_this_sandbox() {
    let server = TestServer::start().await;
    let session = server.program().session(json!({"prompt": "x"})).await;
    let sandbox = sandbox(&server, session).await;
    let generation = server.sandbox_of(session).await.generation;
    for first in [
        "{",
        "[]",
        r#"{"type":"hello"}"#,
        r#"{"type":"delta","partId":"x","offset":0,"text":""}"#,
    ] {
        let mut socket = Runner::connect(&sandbox).await;
        socket.send_text(first).await;
        assert_eq!(socket.close_code().await, close::MALFORMED, "{first}");
    }
    let mut socket = Runner::connect(&sandbox).await;
    say_hello(&mut socket, SessionId::new(), generation).await;
    assert_eq!(socket.close_code().await, close::MALFORMED);
    let mut socket = Runner::connect(&sandbox).await;
    say_hello(&mut socket, session, generation + 1).await;
    assert_eq!(socket.close_code().await, close::MALFORMED);
    Runner::dial(&server, session).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_frame_ends_the_link_alone() {
    let server = TestServer::start().await;
    let program = server.program();
    let session = program.session(json!({"prompt": "x"})).await;
    let mut runner = Runner::dial(&server, session).await;
    runner.agent_ready().await;
    let turn = runner.turn().await;
    runner.socket.send_text("{\"type\":\"report\"").await;
    assert_eq!(runner.socket.close_code().await, close::MALFORMED);
    assert_eq!(program.get(&format!("/api/sessions/{session}")).await.status, 200);

    let sandbox = sandbox(&server, session).await;
    let mut again = Runner::connect(&sandbox).await;
    let mut words = hello(session, server.sandbox_of(session).await.generation);
    words.last_report = 1;
    words.running = Some(turn);
    words.agent_ready = true;
    again
        .send_text(serde_json::to_string(&RunnerFrame::Hello(words)).unwrap())
        .await;
    assert_eq!(
        again.until("welcome").await["ack"],
        1,
        "what was reported before is kept"
    );

    again
        .send_text(format!("\"{}\"", "x".repeat(4 * 1024 * 1024)))
        .await;
    assert_eq!(again.close_code().await, 1009);
}

#[tokio::test(flavor = "multi_thread")]
async fn runners_are_told_to_dial_again() {
    let mut server = TestServer::start().await;
    let session = server.program().session(json!({"prompt": "x"})).await;
    let mut runner = Runner::dial(&server, session).await;
    server.stop().await;
    assert_eq!(runner.socket.close_code().await, close::RESTARTING);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_sessions_runner_is_sent_away() {
    let server = TestServer::start().await;
    let program = server.program();
    let session = program.session(json!({"prompt": "x"})).await;
    let sandbox = sandbox(&server, session).await;
    let generation = server.sandbox_of(session).await.generation;
    assert_eq!(
        program.delete(&format!("/api/sessions/{session}")).await.status,
        204
    );
    let mut socket = Runner::connect(&sandbox).await;
    say_hello(&mut socket, session, generation).await;
    assert_eq!(socket.close_code().await, close::GONE);
}
