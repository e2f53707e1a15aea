//! Following a session: the view or what was missed, then what happens, over both protocols; and
//! commands by the socket.

use serde_json::{Value, json};
use shared::SessionId;
use shared::message::{Message, Part, PartBody, PartState, Role};
use shared::runner::{Report, RunnerFrame};
use shared::socket::Delta;
use shared::turn::StopReason;
use shared::{MessageId, PartId, Timestamp};

use crate::support::{Runner, TestServer};

fn ws(session: SessionId) -> String {
    format!("/api/sessions/{session}/ws")
}

fn events(session: SessionId) -> String {
    format!("/api/sessions/{session}/events")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_begins_with_the_view() {
    let server = TestServer::start().await;
    let browser = server.browser().await;
    let session = browser.session(json!({"title": "Look", "prompt": "x"})).await;
    let mut socket = browser.socket(&ws(session)).await.unwrap();
    let view = socket.next().await.unwrap();
    assert_eq!(view["type"], "view");
    assert_eq!(view["session"]["title"], "Look");
    assert_eq!(view["queue"][0]["text"], "x");
    assert_eq!(view["present"][0]["person"]["name"], "ada");
    let seq = view["seq"].as_u64().unwrap();
    let presence = socket.until("presence").await;
    assert_eq!(presence["present"][0]["person"]["name"], "ada");
    browser.prompt(session, "y").await;
    let next = socket.until_event("prompt.queued").await;
    assert_eq!(next["prompt"]["text"], "y");
    assert!(next["seq"].as_u64().unwrap() > seq);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_resumes_without_gap_or_double() {
    let server = TestServer::start().await;
    let program = server.program();
    let session = program.session(json!({})).await;
    for number in 0..6 {
        program.prompt(session, &format!("prompt {number}")).await;
    }
    let mut whole = program.events(&events(session)).await;
    let mut all = Vec::new();
    while all
        .iter()
        .filter(|event: &&crate::support::ServerEvent| event.event == "prompt.queued")
        .count()
        < 6
    {
        let event = whole.next().await.unwrap();
        assert_eq!(event.data["seq"].as_u64(), event.id);
        assert_eq!(event.data["type"], event.event);
        all.push(event);
    }
    let numbers: Vec<u64> = all.iter().filter_map(|event| event.id).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    for cut in [0, 2, numbers.len() as u64 - 1] {
        let mut by_header = program
            .with("last-event-id", &cut.to_string())
            .events(&events(session))
            .await;
        let mut by_query = program.events(&format!("{}?after={cut}", events(session))).await;
        let mut by_socket = program
            .socket(&format!("{}?after={cut}", ws(session)))
            .await
            .unwrap();
        for expected in &all[usize::try_from(cut).unwrap()..] {
            assert_eq!(by_header.next().await.as_ref(), Some(expected));
            assert_eq!(by_query.next().await.as_ref(), Some(expected));
            assert_eq!(by_socket.until("event").await["event"], expected.data);
        }
    }
    let refused = program
        .socket(&format!("{}?after=1000000", ws(session)))
        .await
        .err()
        .unwrap();
    assert_eq!(refused.problem(), (409, "cursor_ahead".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_are_done_or_refused() {
    let server = TestServer::start().await;
    let browser = server.browser().await;
    let session = browser.session(json!({})).await;
    let mut socket = browser.socket(&ws(session)).await.unwrap();
    let ping = socket.ask(&json!({"type": "ping", "requestId": "p"})).await;
    assert_eq!(ping, json!({"type": "reply", "requestId": "p", "status": "done"}));

    let command = json!({"type": "prompt", "requestId": "a", "text": "x"});
    let first = socket.ask(&command).await;
    let again = socket.ask(&command).await;
    assert_eq!(first["status"], "done");
    assert_eq!(
        first["prompt"]["id"], again["prompt"]["id"],
        "sent again, done once"
    );

    let refused = |frame: Value| frame["problem"]["code"].as_str().unwrap_or("done").to_owned();
    let prompt = first["prompt"]["id"].clone();
    for (command, code) in [
        (
            json!({"type": "prompt", "requestId": "b", "text": ""}),
            "prompt_empty",
        ),
        (
            json!({"type": "prompt", "requestId": "b", "text": "x".repeat(65_537)}),
            "prompt_too_long",
        ),
        (
            json!({"type": "prompt", "requestId": "a", "text": "other"}),
            "idempotency_mismatch",
        ),
        (json!({"type": "abort", "requestId": "c"}), "nothing_running"),
        (
            json!({"type": "cancelPrompt", "requestId": "d", "promptId": prompt}),
            "done",
        ),
        (
            json!({"type": "cancelPrompt", "requestId": "e", "promptId": prompt}),
            "prompt_not_found",
        ),
        (
            json!({"type": "answer", "requestId": "f", "questionId": shared::QuestionId::new(), "optionId": "x"}),
            "question_not_found",
        ),
        (json!({"type": "fly", "requestId": "g"}), "malformed_frame"),
        (json!({"type": "prompt", "requestId": "h"}), "malformed_frame"),
    ] {
        assert_eq!(refused(socket.ask(&command).await), code, "{command:.100}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_that_are_no_commands_end_their_socket_alone() {
    let server = TestServer::start().await;
    let program = server.program();
    let session = program.session(json!({})).await;
    let mut bystander = program.socket(&ws(session)).await.unwrap();
    for (text, code) in [
        ("{".to_owned(), 4400),
        ("[]".to_owned(), 4400),
        (r#"{"type":"ping"}"#.to_owned(), 4400),
        (
            json!({"type": "ping", "requestId": "x".repeat(300 * 1024)}).to_string(),
            1009,
        ),
    ] {
        let mut socket = program.socket(&ws(session)).await.unwrap();
        socket.until("view").await;
        socket.send_text(text).await;
        assert_eq!(socket.close_code().await, code);
    }
    let mut socket = program.socket(&ws(session)).await.unwrap();
    socket.send_binary(vec![1, 2, 3]).await;
    assert_eq!(socket.close_code().await, 4400);
    assert_eq!(
        bystander.ask(&json!({"type": "ping", "requestId": "1"})).await["status"],
        "done"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn text_streams_to_both_protocols() {
    let server = TestServer::start().await;
    let program = server.program();
    let session = program.session(json!({"prompt": "say hello"})).await;
    let mut runner = Runner::dial(&server, session).await;
    runner.agent_ready().await;
    let turn_id = runner.turn().await;
    let mut socket = program.socket(&ws(session)).await.unwrap();
    let mut stream = program.events(&events(session)).await;

    let message = Message {
        id: MessageId::new(),
        turn_id,
        role: Role::Assistant,
        author: None,
        created_at: Timestamp::now(),
    };
    let part = |text: &str, state| Part {
        id: PartId::from_uuid(message.id.uuid()),
        message_id: message.id,
        turn_id,
        state,
        body: PartBody::Text {
            text: text.to_owned(),
        },
    };
    runner
        .report(Report::MessageCreated {
            message: message.clone(),
        })
        .await;
    runner
        .report(Report::PartUpdated {
            part: part("", PartState::Streaming),
        })
        .await;
    let part_id = part("", PartState::Done).id;
    for (offset, text) in [(0, "Hé"), (3, "llo")] {
        runner
            .send(&RunnerFrame::Delta(Delta {
                part_id,
                offset,
                text: text.to_owned(),
            }))
            .await;
    }
    runner.acknowledged().await;
    let late = async {
        // A client that comes in the middle gets the text so far in one piece.
        loop {
            let mut late = program.socket(&ws(session)).await.unwrap();
            let delta = late.until("delta").await;
            assert_eq!(delta["offset"], 0);
            if delta["text"] == "Héllo" {
                return;
            }
        }
    };
    crate::support::within(late).await;
    runner
        .report(Report::PartUpdated {
            part: part("Héllo", PartState::Done),
        })
        .await;
    runner
        .report(Report::TurnEnded {
            turn_id,
            stop_reason: StopReason::EndTurn,
        })
        .await;

    assert_eq!(stream.until("delta").await.data["text"], "Hé");
    assert_eq!(stream.until("delta").await.data["offset"], 3);
    assert_eq!(stream.until("part.updated").await.data["part"]["text"], "Héllo");
    assert_eq!(
        stream.until("turn.completed").await.data["stopReason"],
        "end_turn"
    );
    assert_eq!(socket.until("delta").await["partId"], json!(part_id));
    assert_eq!(
        socket.until_event("turn.completed").await["stopReason"],
        "end_turn"
    );

    let turns = program
        .get(&format!("/api/sessions/{session}/messages"))
        .await
        .json();
    let parts = turns["items"][0]["parts"].as_array().unwrap();
    assert_eq!(parts.last().unwrap()["text"], "Héllo");
}

/// Text for so many parts and deltas that no buffer between two sockets holds it.
const PARTS: usize = 24;
const DELTAS: usize = 200;

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_is_dropped_and_not_waited_for() {
    let server = TestServer::start().await;
    let program = server.program();
    let session = program.session(json!({"prompt": "talk"})).await;
    let mut runner = Runner::dial(&server, session).await;
    runner.agent_ready().await;
    let turn_id = runner.turn().await;
    let mut slow = program.socket(&ws(session)).await.unwrap();
    let mut quick = program.socket(&ws(session)).await.unwrap();
    slow.until("presence").await;
    quick.until("presence").await;

    let reading = tokio::spawn(async move {
        quick.until_event("turn.completed").await;
    });
    let message_id = MessageId::new();
    let text = "x".repeat(4 * 1024);
    for _ in 0..PARTS {
        let mut part = Part {
            id: PartId::new(),
            message_id,
            turn_id,
            state: PartState::Streaming,
            body: PartBody::Text { text: String::new() },
        };
        runner.report(Report::PartUpdated { part: part.clone() }).await;
        for place in 0..DELTAS {
            let offset = (place * text.len()) as u64;
            let delta = Delta {
                part_id: part.id,
                offset,
                text: text.clone(),
            };
            runner.send(&RunnerFrame::Delta(delta)).await;
        }
        part.state = PartState::Done;
        runner.report(Report::PartUpdated { part }).await;
        runner.acknowledged().await;
    }
    runner
        .report(Report::TurnEnded {
            turn_id,
            stop_reason: StopReason::EndTurn,
        })
        .await;
    crate::support::within(reading)
        .await
        .expect("the quick reader was held up");
    assert_eq!(slow.close_code().await, 4408);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_hear_of_every_session() {
    let server = TestServer::start().await;
    let program = server.program();
    let mut changes = program.events("/api/events").await;
    let session = program.session(json!({"title": "New"})).await;
    let change = changes.until("session").await;
    assert_eq!(
        (&change.data["id"], &change.data["title"]),
        (&json!(session), &json!("New"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn watchers_are_told_to_come_back() {
    let mut server = TestServer::start().await;
    let program = server.program();
    let session = program.session(json!({})).await;
    let mut socket = program.socket(&ws(session)).await.unwrap();
    let mut stream = program.events(&events(session)).await;
    socket.until("view").await;
    stream.until("session.created").await;
    server.stop().await;
    assert_eq!(socket.close_code().await, 1012);
    assert_eq!(stream.next().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_session_says_so() {
    let server = TestServer::start().await;
    let program = server.program();
    let session = program.session(json!({})).await;
    let mut socket = program.socket(&ws(session)).await.unwrap();
    socket.until("presence").await;
    assert_eq!(
        program.delete(&format!("/api/sessions/{session}")).await.status,
        204
    );
    assert_eq!(socket.close_code().await, 4410);
    assert_eq!(
        program.get(&events(session)).await.problem().1,
        "session_not_found"
    );
}
