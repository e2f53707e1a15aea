//! What goes wrong: each kind has its name, its status and its end, and a broken stream never ends cleanly.

use super::*;

const BEGINNING: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\"}}]}\n\n";

fn code(report: &CallReport) -> &'static str {
    match report {
        CallReport::Failed { failure, .. } => failure.code(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn errors_pass_with_their_status_and_words() {
    for (status, expected) in [
        (401, "model_unauthorized"),
        (403, "model_unauthorized"),
        (400, "model_bad_request"),
        (404, "model_bad_request"),
        (429, "model_rate_limited"),
        (500, "model_unavailable"),
        (529, "model_unavailable"),
    ] {
        let (upstream, _server) = provider(move || {
            let body = format!("{{\"error\":{{\"message\":\"no {KEY}\"}}}}");
            let status = StatusCode::from_u16(status).unwrap();
            (
                status,
                [("content-type", "application/json"), ("retry-after", "7")],
                body,
            )
                .into_response()
        })
        .await;
        let house = House::with("GROQ", upstream).await;
        let response = within(house.post("groq/chat/completions").send()).await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["retry-after"], "7");
        let body = within(response.text()).await.unwrap();
        assert_eq!(
            body, r#"{"error":{"message":"no [key]"}}"#,
            "a quoted key is taken out"
        );
        let report = house.notebook.last();
        assert_eq!(code(&report), expected, "{status}");
        assert!(!format!("{report:?}").contains(KEY), "{report:?}");
    }
}

#[tokio::test]
async fn a_cut_stream_is_an_error_for_the_caller() {
    for breaks in [true, false] {
        let (upstream, _server) = provider(move || events(BEGINNING, breaks)).await;
        let house = House::with("GROQ", upstream).await;
        let mut response = within(house.post("groq/chat/completions").send()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(within(response.chunk()).await.unwrap().unwrap(), BEGINNING);
        assert!(
            within(response.chunk()).await.is_err(),
            "not a clean end (breaks: {breaks})"
        );
        assert_eq!(code(&house.notebook.last()), "model_cut");
    }
}

#[tokio::test]
async fn silence_has_an_end() {
    // Before the first byte there is still an answer to give.
    let (upstream, _server) = listen(Router::new().fallback(std::future::pending::<()>)).await;
    let house = House::impatient("GROQ", upstream).await;
    let response = within(house.post("groq/chat/completions").send()).await.unwrap();
    assert_eq!(
        problem(response).await,
        (StatusCode::GATEWAY_TIMEOUT, "model_timeout".to_owned())
    );
    assert_eq!(code(&house.notebook.last()), "model_timeout");

    // After it there is only the connection to break.
    let (send, receive) = mpsc::channel(1);
    let receive = Arc::new(Mutex::new(Some(receive)));
    let (upstream, _server) = provider(move || event_stream(receive.lock().unwrap().take().unwrap())).await;
    let house = House::impatient("GROQ", upstream).await;
    send.send(Ok(Bytes::from_static(BEGINNING.as_bytes())))
        .await
        .unwrap();
    let response = within(house.post("groq/chat/completions").send()).await.unwrap();
    assert!(within(response.text()).await.is_err());
    assert_eq!(code(&house.notebook.last()), "model_timeout");
}

#[tokio::test]
async fn nobody_there_and_somebody_else_there() {
    let gone = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let house = House::with("GROQ", gone).await;
    let response = within(house.post("groq/chat/completions").send()).await.unwrap();
    assert_eq!(
        problem(response).await,
        (StatusCode::BAD_GATEWAY, "model_unreachable".to_owned())
    );
    assert_eq!(code(&house.notebook.last()), "model_unreachable");

    let elsewhere =
        provider(|| (StatusCode::OK, [("content-type", "text/html")], "<html>").into_response()).await;
    let redirect =
        provider(|| (StatusCode::FOUND, [("location", "http://127.0.0.1:9/")], "").into_response()).await;
    for (upstream, _server) in [elsewhere, redirect] {
        let house = House::with("GROQ", upstream).await;
        let response = within(house.post("groq/chat/completions").send()).await.unwrap();
        assert_eq!(
            problem(response).await,
            (StatusCode::BAD_GATEWAY, "model_not_an_api".to_owned())
        );
    }
}

#[tokio::test]
async fn an_error_inside_a_stream_is_passed_on_and_told() {
    let text = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
    let (upstream, _server) = provider(move || events(text, false)).await;
    let house = House::with("ANTHROPIC", upstream).await;
    let response = within(house.post("anthropic/v1/messages").send()).await.unwrap();
    assert_eq!(within(response.text()).await.unwrap(), text);
    assert_eq!(code(&house.notebook.last()), "model_unavailable");
}

#[tokio::test]
async fn a_caller_that_hangs_up_is_noticed() {
    let (send, receive) = mpsc::channel(1);
    let receive = Arc::new(Mutex::new(Some(receive)));
    let (upstream, _server) = provider(move || event_stream(receive.lock().unwrap().take().unwrap())).await;
    let house = House::with("GROQ", upstream).await;
    send.send(Ok(Bytes::from_static(BEGINNING.as_bytes())))
        .await
        .unwrap();
    let response = within(house.post("groq/chat/completions").send()).await.unwrap();
    drop(response);
    assert!(matches!(
        house.notebook.outcome().await,
        CallReport::Abandoned { .. }
    ));
    within(send.closed()).await;

    let (upstream, _server) = listen(Router::new().fallback(std::future::pending::<()>)).await;
    let house = House::with("GROQ", upstream).await;
    let call = house
        .post("groq/chat/completions")
        .timeout(Duration::from_millis(100))
        .send();
    assert!(within(call).await.is_err());
    assert!(matches!(
        house.notebook.outcome().await,
        CallReport::Abandoned { .. }
    ));
}

#[tokio::test]
async fn refusals_have_names() {
    let house = House::of(Options::default(), Duration::from_secs(8)).await;
    let call = |path: &str, token: &str, body: &'static str| {
        house
            .client
            .post(format!("http://{}/llm/{path}", house.address))
            .header("x-api-key", token)
            .body(body)
            .send()
    };
    for (path, token, body, status, code) in [
        ("demo/chat/completions", "", "{}", 401, "sandbox_token_invalid"),
        (
            "demo/chat/completions",
            "other",
            "{}",
            401,
            "sandbox_token_invalid",
        ),
        (
            "demo/chat/completions",
            "retired",
            "{}",
            403,
            "sandbox_token_retired",
        ),
        (
            "nobody/chat/completions",
            TOKEN,
            "{}",
            404,
            "model_provider_unknown",
        ),
        (
            "openai/chat/completions",
            TOKEN,
            "{}",
            404,
            "model_not_configured",
        ),
        ("demo/embeddings", TOKEN, "{}", 404, "model_path_unknown"),
        (
            "demo/chat/completions",
            TOKEN,
            "[",
            400,
            "model_request_malformed",
        ),
    ] {
        let response = within(call(path, token, body)).await.unwrap();
        let (found, name) = problem(response).await;
        assert_eq!((found.as_u16(), name.as_str()), (status, code), "{path} {token}");
    }
    let large = within(
        house
            .post("demo/chat/completions")
            .body(vec![b' '; crate::models::REQUEST_BYTES + 1])
            .send(),
    );
    // The server may answer and close before all of it was sent.
    if let Ok(response) = large.await {
        assert_eq!(problem(response).await.1, "model_request_too_large");
    }
}
