//! Bad input: each mistake has its named error, and nothing stops.

use reqwest::Method;
use serde_json::{Value, json};
use shared::{PromptId, QuestionId, SessionId};

use crate::support::{Answer, Client, TestServer};

async fn send_json(client: &Client, method: Method, path: &str, body: &str) -> Answer {
    client
        .with("content-type", "application/json")
        .send(method, path, Some(body.to_owned()))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_ids_and_paths() {
    let server = TestServer::start().await;
    let program = server.program();
    let known = program.session(json!({})).await;
    let (session, prompt, question) = (SessionId::new(), PromptId::new(), QuestionId::new());
    let answer = json!({"optionId": "x"}).to_string();
    let cases = [
        (
            Method::GET,
            format!("/api/sessions/{session}"),
            "",
            "session_not_found",
        ),
        (Method::GET, "/api/sessions/7".into(), "", "session_not_found"),
        (Method::GET, "/api/sessions/%ff".into(), "", "session_not_found"),
        (
            Method::GET,
            format!("/api/sessions/{prompt}"),
            "",
            "session_not_found",
        ),
        (
            Method::PATCH,
            format!("/api/sessions/{session}"),
            "{}",
            "session_not_found",
        ),
        (
            Method::DELETE,
            format!("/api/sessions/{session}"),
            "",
            "session_not_found",
        ),
        (
            Method::POST,
            format!("/api/sessions/{session}/prompts"),
            r#"{"text":"x"}"#,
            "session_not_found",
        ),
        (
            Method::POST,
            format!("/api/sessions/{session}/abort"),
            "",
            "session_not_found",
        ),
        (
            Method::POST,
            format!("/api/sessions/{session}/archive"),
            "",
            "session_not_found",
        ),
        (
            Method::POST,
            format!("/api/sessions/{session}/hibernate"),
            "",
            "session_not_found",
        ),
        (
            Method::POST,
            format!("/api/sessions/{session}/wake"),
            "",
            "session_not_found",
        ),
        (
            Method::GET,
            format!("/api/sessions/{session}/messages"),
            "",
            "session_not_found",
        ),
        (
            Method::GET,
            format!("/api/sessions/{session}/diff"),
            "",
            "session_not_found",
        ),
        (
            Method::GET,
            format!("/api/sessions/{session}/events"),
            "",
            "session_not_found",
        ),
        (
            Method::DELETE,
            format!("/api/sessions/{known}/prompts/{prompt}"),
            "",
            "prompt_not_found",
        ),
        (
            Method::DELETE,
            format!("/api/sessions/{known}/prompts/x"),
            "",
            "prompt_not_found",
        ),
        (
            Method::POST,
            format!("/api/sessions/{known}/questions/{question}/answer"),
            &answer,
            "question_not_found",
        ),
        (
            Method::POST,
            format!("/api/sessions/{known}/questions/x/answer"),
            &answer,
            "question_not_found",
        ),
        (Method::GET, "/api/nothing".into(), "", "path_not_found"),
        (Method::POST, "/api/nothing".into(), "{}", "path_not_found"),
        (Method::GET, "/auth/nothing".into(), "", "path_not_found"),
    ];
    for (method, path, body, code) in cases {
        let answer = send_json(&program, method.clone(), &path, body).await;
        assert_eq!(answer.problem(), (404, code.to_owned()), "{method} {path}");
    }
    let wrong_method = program.send(Method::PUT, "/api/sessions", None).await;
    assert_eq!(wrong_method.problem(), (405, "method_not_allowed".to_owned()));
    assert!(wrong_method.header("allow").contains("POST"), "{wrong_method:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_bodies() {
    let server = TestServer::start().await;
    let program = server.program();
    let session = program.session(json!({})).await;
    let prompts = format!("/api/sessions/{session}/prompts");
    let prompt = |length: usize| json!({"text": "x".repeat(length)}).to_string();
    let repository = |url: &str| json!({"repository": {"url": url}}).to_string();
    let cases: &[(&str, String, u16, &str)] = &[
        (&prompts, "{".into(), 400, "malformed_json"),
        (&prompts, String::new(), 400, "malformed_json"),
        (&prompts, "[]".into(), 422, "validation_failed"),
        (&prompts, "{}".into(), 422, "validation_failed"),
        (&prompts, r#"{"text":7}"#.into(), 422, "validation_failed"),
        (
            &prompts,
            r#"{"text":"x","mode":"shout"}"#.into(),
            422,
            "validation_failed",
        ),
        (
            &prompts,
            r#"{"text":"x","volume":11}"#.into(),
            422,
            "validation_failed",
        ),
        (&prompts, r#"{"text":" "}"#.into(), 422, "prompt_empty"),
        (&prompts, prompt(64 * 1024 + 1), 422, "prompt_too_long"),
        (&prompts, prompt(256 * 1024), 413, "body_too_large"),
        ("/api/sessions", r#"{"title":7}"#.into(), 422, "validation_failed"),
        (
            "/api/sessions",
            r#"{"titel":"x"}"#.into(),
            422,
            "validation_failed",
        ),
        (
            "/api/sessions",
            json!({"title": "x".repeat(201)}).to_string(),
            422,
            "title_too_long",
        ),
        (
            "/api/sessions",
            json!({"prompt": "x".repeat(64 * 1024 + 1)}).to_string(),
            422,
            "prompt_too_long",
        ),
        (
            "/api/sessions",
            repository("file:///etc"),
            422,
            "repository_url_invalid",
        ),
        (
            "/api/sessions",
            repository("--upload-pack=touch /tmp/x"),
            422,
            "repository_url_invalid",
        ),
        (
            "/api/sessions",
            repository("https://a:b@github.com/o/r"),
            422,
            "repository_url_invalid",
        ),
        (
            "/api/sessions",
            json!({"repository": {"url": "https://github.com/o/r", "branch": "--x"}}).to_string(),
            422,
            "branch_invalid",
        ),
        ("/api/sessions", r#"{"agent":"hal"}"#.into(), 422, "agent_unknown"),
        (
            "/api/sessions",
            r#"{"model":"hal/9000"}"#.into(),
            422,
            "model_unknown",
        ),
        (
            "/api/sessions",
            r#"{"environment":{"PATH":"/x"}}"#.into(),
            422,
            "environment_invalid",
        ),
        (
            "/api/sessions",
            r#"{"agent":"hal","title":""}"#.into(),
            422,
            "validation_failed",
        ),
    ];
    for (path, body, status, code) in cases {
        let answer = send_json(&program, Method::POST, path, body).await;
        assert_eq!(
            answer.problem(),
            (*status, (*code).to_owned()),
            "{path} {:.80}",
            body
        );
        if *status == 422 {
            assert!(
                !answer.json()["errors"].as_array().unwrap().is_empty(),
                "{answer:?}"
            );
        }
    }
    let form = program.with("content-type", "application/x-www-form-urlencoded");
    let answer = form.send(Method::POST, &prompts, Some("text=x".to_owned())).await;
    assert_eq!(answer.problem(), (415, "content_type_unsupported".to_owned()));
    assert_eq!(program.prompt(session, "still there").await.status, 202);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_queries_and_headers() {
    let server = TestServer::start().await;
    let program = server.program();
    let session = program.session(json!({})).await;
    let cases = [
        ("/api/sessions?limit=many".to_owned(), "query_invalid"),
        ("/api/sessions?limit=0".to_owned(), "query_invalid"),
        ("/api/sessions?limit=101".to_owned(), "query_invalid"),
        ("/api/sessions?status=lost".to_owned(), "query_invalid"),
        ("/api/sessions?cursor=7".to_owned(), "cursor_invalid"),
        (
            format!("/api/sessions/{session}/messages?cursor=x"),
            "cursor_invalid",
        ),
        (
            format!("/api/sessions/{session}/events?after=-1"),
            "query_invalid",
        ),
        (format!("/api/sessions/{session}/events?after=x"), "query_invalid"),
    ];
    for (path, code) in cases {
        assert_eq!(
            program.get(&path).await.problem(),
            (400, code.to_owned()),
            "{path}"
        );
    }
    let events = format!("/api/sessions/{session}/events");
    let ahead = program.get(&format!("{events}?after=1000000")).await;
    assert_eq!(ahead.problem(), (409, "cursor_ahead".to_owned()));
    let ahead = program.with("last-event-id", "1000000").get(&events).await;
    assert_eq!(ahead.problem(), (409, "cursor_ahead".to_owned()));
    let wrong = program.with("last-event-id", "x").get(&events).await;
    assert_eq!(wrong.problem(), (400, "header_invalid".to_owned()));
    let wrong = program
        .with("idempotency-key", &"x".repeat(256))
        .post("/api/sessions", &json!({}))
        .await;
    assert_eq!(wrong.problem(), (400, "header_invalid".to_owned()));
    let no_socket = program.get(&format!("/api/sessions/{session}/ws")).await;
    assert_eq!(no_socket.problem(), (426, "upgrade_required".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_has_an_end() {
    let server = TestServer::start().await;
    let program = server.program();
    let session = program.session(json!({})).await;
    for number in 1..=32 {
        assert_eq!(
            program.prompt(session, &format!("prompt {number}")).await.status,
            202,
            "{number}"
        );
    }
    assert_eq!(
        program.prompt(session, "one too many").await.problem(),
        (409, "queue_full".to_owned())
    );
    let mut events = program.events(&format!("/api/sessions/{session}/events")).await;
    let first = events.until("prompt.queued").await;
    let id = first.data["prompt"]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/sessions/{session}/prompts/{id}");
    assert_eq!(program.delete(&path).await.status, 204);
    assert_eq!(program.delete(&path).await.status, 404);
    assert_eq!(program.prompt(session, "there is room again").await.status, 202);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_is_done_once() {
    let server = TestServer::start().await;
    let program = server.program();
    let keyed = program.with("idempotency-key", "one");
    let body = json!({"title": "Once"});
    let first = keyed.post("/api/sessions", &body).await;
    let again = keyed.post("/api/sessions", &body).await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.json(), again.json());
    assert_eq!(first.header("idempotent-replayed"), "");
    assert_eq!(again.header("idempotent-replayed"), "true");
    let other = keyed.post("/api/sessions", &json!({"title": "Twice"})).await;
    assert_eq!(other.problem(), (409, "idempotency_mismatch".to_owned()));

    let session = first.json()["id"].as_str().unwrap().parse().unwrap();
    let keyed = program.with("idempotency-key", "two");
    let first = keyed.prompt(session, "x").await;
    let again = keyed.prompt(session, "x").await;
    assert_eq!((first.status, again.status), (202, 202));
    assert_eq!(first.json()["id"], again.json()["id"]);
    assert_eq!(
        keyed.prompt(session, "y").await.problem().1,
        "idempotency_mismatch"
    );
    let other = program.session(json!({})).await;
    assert_eq!(keyed.prompt(other, "x").await.problem().1, "idempotency_mismatch");
    let list = program.get("/api/sessions").await.json();
    assert_eq!(list["items"].as_array().map(Vec::len), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_an_id() {
    let server = TestServer::start().await;
    let program = server.program();
    let own = program.with("x-request-id", "abc-123").get("/api/nothing").await;
    assert_eq!(own.header("x-request-id"), "abc-123");
    own.problem();
    let unfit = program.with("x-request-id", "a b").get("/health").await;
    assert_eq!(unfit.header("x-request-id").len(), 32);
    for path in [
        "/",
        "/health",
        "/metrics",
        "/docs",
        "/openapi.json",
        "/llm/demo/v1/x",
        "/runner/ws",
    ] {
        assert_ne!(
            server.stranger().get(path).await.header("x-request-id"),
            "",
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_come_in_pages() {
    let server = TestServer::start().await;
    let program = server.program();
    let mut made: Vec<Value> = Vec::new();
    for number in 0..5 {
        made.push(json!(
            program
                .session(json!({"title": format!("Session {number}")}))
                .await
        ));
    }
    let mut seen = Vec::new();
    let mut path = "/api/sessions?limit=2".to_owned();
    loop {
        let page = program.get(&path).await.json();
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["id"].clone()),
        );
        match page["nextCursor"].as_str() {
            Some(cursor) => path = format!("/api/sessions?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    made.reverse();
    assert_eq!(seen, made);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archived_session_takes_no_work() {
    let server = TestServer::start().await;
    let program = server.program();
    let session = program.session(json!({"title": "Old"})).await;
    let path = format!("/api/sessions/{session}");
    let archived = program.send(Method::POST, &format!("{path}/archive"), None).await;
    assert_eq!(
        (archived.status, &archived.json()["status"]),
        (200, &json!("archived"))
    );
    assert_eq!(
        program.prompt(session, "x").await.problem(),
        (409, "session_archived".to_owned())
    );
    let listed = program.get("/api/sessions?status=archived").await.json();
    assert_eq!(listed["items"][0]["title"], "Old");

    let wrong = program.patch(&path, &json!({"title": ""})).await;
    assert_eq!(wrong.problem(), (422, "title_invalid".to_owned()));
    let wrong = program.patch(&path, &json!({"model": "hal/9000"})).await;
    assert_eq!(wrong.problem(), (422, "model_unknown".to_owned()));
    let open = program
        .patch(&path, &json!({"status": "open", "title": "New"}))
        .await
        .json();
    assert_eq!((&open["status"], &open["title"]), (&json!("open"), &json!("New")));
    assert_eq!(program.prompt(session, "x").await.status, 202);
}
