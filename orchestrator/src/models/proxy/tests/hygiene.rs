//! What must not pass: the sandbox's token never goes up, the provider's key never comes down.

use axum::extract::Request;
use axum::http::HeaderMap;

use super::*;

type Seen = Arc<Mutex<Vec<(String, HeaderMap, Bytes)>>>;

/// A provider that notes what it gets and answers with more headers than it should.
async fn curious() -> (SocketAddr, AbortOnDropHandle<()>, Seen) {
    let seen = Seen::default();
    let notes = Arc::clone(&seen);
    let (address, server) = listen(Router::new().fallback(move |request: Request| {
        let notes = Arc::clone(&notes);
        async move {
            let (parts, body) = request.into_parts();
            let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
            notes
                .lock()
                .unwrap()
                .push((parts.uri.to_string(), parts.headers, body));
            let headers = [
                ("content-type", "application/json"),
                ("set-cookie", "session=1"),
                ("x-api-key", KEY),
                ("authorization", KEY),
                ("x-ratelimit-remaining-requests", "9"),
            ];
            (headers, format!("{{\"echo\":\"{KEY}\"}}")).into_response()
        }
    }))
    .await;
    (address, server, seen)
}

#[tokio::test]
async fn tokens_stay_down_and_keys_stay_up() {
    for (prefix, path, header, value) in [
        (
            "GROQ",
            "groq/chat/completions",
            "authorization",
            format!("Bearer {KEY}"),
        ),
        ("ANTHROPIC", "anthropic/v1/messages", "x-api-key", KEY.to_owned()),
        (
            "GOOGLE",
            "google/v1beta/models/g:generateContent",
            "x-goog-api-key",
            KEY.to_owned(),
        ),
    ] {
        let (upstream, _server, seen) = curious().await;
        let house = House::with(prefix, upstream).await;
        let response = within(
            house
                .post(&format!("{path}?key={TOKEN}&beta=true"))
                .header("cookie", "roundhouse=secret")
                .header("x-api-key", TOKEN)
                .header("x-goog-api-key", TOKEN)
                .header("accept-encoding", "gzip")
                .header("anthropic-version", "2023-06-01")
                .send(),
        )
        .await
        .unwrap();
        assert_eq!(response.headers()["x-ratelimit-remaining-requests"], "9");
        let down = format!("{:?}", response.headers());
        let body = within(response.text()).await.unwrap();
        assert!(!down.contains(KEY) && !down.contains("session=1"), "{down}");
        assert_eq!(body, r#"{"echo":"[key]"}"#);

        let (uri, headers, _) = seen.lock().unwrap().pop().unwrap();
        let up = format!("{uri} {headers:?}");
        assert!(
            !up.contains(TOKEN) && !up.contains("secret") && !up.contains("gzip"),
            "{up}"
        );
        assert!(uri.starts_with("/base/") && uri.ends_with("?beta=true"), "{uri}");
        assert_eq!(headers[header], value);
        assert_eq!(headers["anthropic-version"], "2023-06-01");
    }
}

#[tokio::test]
async fn chat_streams_are_asked_for_usage() {
    for (prefix, path, asked) in [
        ("GROQ", "groq/chat/completions", true),
        ("MISTRAL", "mistral/chat/completions", false),
    ] {
        let (upstream, _server, seen) = curious().await;
        let house = House::with(prefix, upstream).await;
        let _ = within(house.post(path).send()).await.unwrap();
        let (_, _, body) = seen.lock().unwrap().pop().unwrap();
        assert_eq!(
            String::from_utf8_lossy(&body).contains("include_usage"),
            asked,
            "{prefix}"
        );
    }
}

#[tokio::test]
async fn one_session_cannot_take_all() {
    let (upstream, _server) = listen(Router::new().fallback(std::future::pending::<()>)).await;
    let house = House::impatient("GROQ", upstream).await;
    let calls = (0..=super::super::CALLS_PER_SESSION).map(|_| house.post("groq/chat/completions").send());
    let answers = within(futures_util::future::join_all(calls)).await;
    let refused = answers
        .into_iter()
        .filter(|answer| answer.as_ref().unwrap().status() == 429)
        .count();
    assert_eq!(refused, 1);
}
