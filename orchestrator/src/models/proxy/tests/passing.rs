//! What goes well: unbuffered streams, usage before the end, every dialect.

use super::*;

const CHAT: &str = include_str!("../../../../tests/fixtures/models/openai-chat.sse");
const ANTHROPIC: &str = include_str!("../../../../tests/fixtures/models/anthropic.sse");
const RESPONSES: &str = include_str!("../../../../tests/fixtures/models/openai-responses.sse");
const GEMINI: &str = include_str!("../../../../tests/fixtures/models/gemini.sse");

fn input_tokens(report: &CallReport) -> Option<u64> {
    match report {
        CallReport::Finished { usage, .. } => usage.map(|usage| usage.input_tokens),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn streams_of_every_dialect_pass_unchanged() {
    for (prefix, path, text, input) in [
        ("GROQ", "groq/chat/completions", CHAT, 912),
        ("OPENAI", "openai/responses", RESPONSES, 328),
        ("ANTHROPIC", "anthropic/v1/messages?beta=true", ANTHROPIC, 12),
        (
            "GOOGLE",
            "google/v1beta/models/gemini-3.6-flash:streamGenerateContent?alt=sse",
            GEMINI,
            1250,
        ),
    ] {
        let (upstream, _server) = provider(move || events(text, false)).await;
        let house = House::with(prefix, upstream).await;
        let response = within(house.post(path).send()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(within(response.text()).await.unwrap(), text, "{path}");
        assert_eq!(
            input_tokens(&house.notebook.outcome().await),
            Some(input),
            "{path}"
        );
        assert_eq!(
            house.notebook.reports.lock().unwrap().len(),
            2,
            "{path}: once begun, once ended"
        );
    }
}

#[tokio::test]
async fn a_chunk_arrives_before_the_next_is_sent_and_usage_before_the_end() {
    let (send, receive) = mpsc::channel(1);
    let receive = Arc::new(Mutex::new(Some(receive)));
    let (upstream, _server) = provider(move || event_stream(receive.lock().unwrap().take().unwrap())).await;
    let house = House::with("ANTHROPIC", upstream).await;
    let (head, last) = ANTHROPIC.split_at(ANTHROPIC.find("event: message_stop").unwrap());

    let mut response = {
        send.send(Ok(Bytes::from_static(head.as_bytes()))).await.unwrap();
        within(house.post("anthropic/v1/messages").send()).await.unwrap()
    };
    let mut seen = Vec::new();
    while seen.len() < head.len() {
        seen.extend_from_slice(&within(response.chunk()).await.unwrap().unwrap());
    }
    assert!(
        matches!(house.notebook.last(), CallReport::Started { .. }),
        "the call is still under way"
    );

    send.send(Ok(Bytes::from_static(last.as_bytes()))).await.unwrap();
    let chunk = within(response.chunk()).await.unwrap().unwrap();
    assert!(chunk.starts_with(b"event: message_stop"));
    assert_eq!(
        input_tokens(&house.notebook.last()),
        Some(12),
        "reported before the last bytes were passed on"
    );
    drop(send);
    assert_eq!(within(response.chunk()).await.unwrap(), None);
}

#[tokio::test]
async fn the_end_after_an_expected_end_waits_for_the_report() {
    // No `[DONE]`: the stream's own end completes it, and usage is there when the client sees that end.
    let text = "data: {\"choices\":[{\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":1}}\n\n";
    let (upstream, _server) = provider(move || events(text, false)).await;
    let house = House::with("GROQ", upstream).await;
    let response = within(house.post("groq/chat/completions").send()).await.unwrap();
    assert_eq!(within(response.text()).await.unwrap(), text);
    assert_eq!(input_tokens(&house.notebook.last()), Some(5));
}

#[tokio::test]
async fn whole_answers_are_metered_and_free_ones_are_not() {
    let body = r#"{"choices":[],"usage":{"prompt_tokens":6,"completion_tokens":1}}"#;
    let (upstream, _server) =
        provider(move || ([("content-type", "application/json; charset=utf-8")], body).into_response()).await;
    let house = House::with("GROQ", upstream).await;
    let response = within(house.post("groq/chat/completions").send()).await.unwrap();
    assert_eq!(within(response.text()).await.unwrap(), body);
    assert_eq!(input_tokens(&house.notebook.last()), Some(6));

    let address = format!("http://{}/llm/groq/models", house.address);
    let models = within(house.client.get(address).bearer_auth(TOKEN).send())
        .await
        .unwrap();
    assert_eq!(models.status(), StatusCode::OK);
    assert_eq!(house.notebook.reports.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn the_built_in_model_is_metered_like_any_other() {
    let house = House::of(Options::default(), Duration::from_secs(8)).await;
    let body = r#"{"model":"scripted","stream":true,"messages":[{"role":"user","content":"hello"}]}"#;
    let response = within(house.post("demo/chat/completions").body(body).send())
        .await
        .unwrap();
    let text = within(response.text()).await.unwrap();
    assert!(
        text.contains("scripted") && text.ends_with("data: [DONE]\n\n"),
        "{text}"
    );
    assert!(input_tokens(&house.notebook.last()).is_some_and(|tokens| tokens > 0));
}
