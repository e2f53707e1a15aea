//! Over HTTP: whole and streamed answers say the same, end as their dialect ends, and break when told to.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;
use crate::models::scripted::serve;
use crate::models::usage::End;

async fn server(
    scenarios: &str,
) -> (
    SocketAddr,
    tokio::sync::oneshot::Sender<()>,
    JoinHandle<std::io::Result<()>>,
) {
    let scenarios = Scenarios::parse(scenarios).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let server = tokio::spawn(serve(scenarios, listener, async {
        let _ = stopped.await;
    }));
    (address, stop, server)
}

async fn post(address: SocketAddr, path: &str, body: &Value) -> reqwest::Response {
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(10))
        .build()
        .unwrap();
    client
        .post(format!("http://{address}{path}"))
        .body(body.to_string())
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn streams_and_whole_answers_agree_in_every_dialect() {
    let (address, stop, server) = server(STEPS).await;
    for dialect in DIALECTS {
        let mut request = request(dialect, "use tools", 0);
        let stream = post(address, path(dialect), &request).await;
        assert_eq!(stream.headers()["content-type"], "text/event-stream");
        let stream = stream.text().await.unwrap();
        let mut reader = Reader::new(dialect);
        reader.push(stream.as_bytes()).unwrap();
        assert_eq!(reader.end(), Some(&End::Final), "{stream}");

        request["stream"] = false.into();
        let body = post(address, path(dialect), &request).await.text().await.unwrap();
        let whole = usage::of_body(dialect, body.as_bytes()).unwrap();
        assert_eq!(reader.usage(), Some(whole), "{dialect:?}");
        assert!(whole.input_tokens > 0 && whole.output_tokens > 0);
        for word in ["hm", "one", "bash"] {
            assert!(stream.contains(word) && body.contains(word), "{dialect:?} {word}");
        }
    }
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
}

#[tokio::test]
async fn faults_come_and_pass_by_repetition() {
    let (address, _stop, _server) = server(
        r#"{"scenarios": [{"steps": [{"error": {"status": 529, "message": "busy", "retryAfter": 1}}, {"say": "text"},
            {"cut": {}}, {"say": " whole"}]}]}"#,
    )
    .await;
    let request = request(Dialect::AnthropicMessages, "x", 0);
    let busy = post(address, "/v1/messages", &request).await;
    assert_eq!(
        (
            busy.status().as_u16(),
            busy.headers()["retry-after"].to_str().unwrap()
        ),
        (529, "1")
    );
    assert!(busy.text().await.unwrap().contains("overloaded_error"));
    let cut = post(address, "/v1/messages", &request).await;
    assert!(cut.text().await.is_err(), "the connection breaks");
    let whole = post(address, "/v1/messages", &request)
        .await
        .text()
        .await
        .unwrap();
    assert!(whole.contains(" whole") && whole.contains("message_stop"));
    let whole = post(address, "/messages", &json!({"messages": [], "stream": false})).await;
    assert_eq!(whole.status().as_u16(), 529, "another request has its own count");
}

#[tokio::test]
async fn slow_text_takes_its_time() {
    let (address, _stop, _server) =
        server(r#"{"scenarios": [{"steps": [{"slow": {"text": "abcdef", "chunks": 3, "everyMs": 60}}]}]}"#)
            .await;
    let begun = Instant::now();
    let text = post(
        address,
        "/v1/chat/completions",
        &request(Dialect::OpenaiChat, "x", 0),
    )
    .await
    .text()
    .await
    .unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(180));
    for piece in ["ab", "cd", "ef"] {
        assert!(text.contains(&format!("{{\"content\":\"{piece}\"}}")), "{text}");
    }
}

#[tokio::test]
async fn the_other_paths() {
    let scripted = Scripted::demo();
    for (path, body, status) in [
        ("/models", "", 200),
        ("/v1/models", "", 200),
        ("/v1/messages/count_tokens", "{}", 200),
        ("/embeddings", "{}", 404),
        ("/chat/completions", "[]", 400),
    ] {
        assert_eq!(
            scripted.answer(path, body.as_bytes()).await.status().as_u16(),
            status,
            "{path}"
        );
    }
    for dialect in DIALECTS {
        let identity = dialect::Identity {
            model: "m".into(),
            mark: "x".into(),
            created: 0,
            input_tokens: 1,
            output_tokens: 2,
            wants_usage: false,
        };
        let mut encoder = dialect::encoder(dialect, identity);
        let text = encoder.open() + &encoder.close();
        let mut reader = Reader::new(dialect);
        reader.push(text.as_bytes()).unwrap();
        assert_eq!(reader.end(), Some(&End::Final), "an empty answer ends too");
    }
}
