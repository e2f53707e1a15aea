//! The relay against a small server: keys, headers, cuts and waiting.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

const DELAY: Duration = Duration::from_secs(5);

async fn relay(upstream: &str) -> (Relay, mpsc::Receiver<ModelCall>) {
    let (events, received) = mpsc::channel(16);
    let url = upstream.parse().unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    (
        Relay::start(&url, Token::new("sandbox-token"), client, DELAY, events)
            .await
            .unwrap(),
        received,
    )
}

/// Answers each connection with the next of these texts, then closes it; gives back what it was sent.
async fn server(listener: TcpListener, answers: Vec<&'static str>) -> Vec<String> {
    let mut requests = Vec::new();
    for answer in answers {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        let mut buffer = [0; 4096];
        while !request.ends_with(b"{}") {
            let count = stream.read(&mut buffer).await.unwrap();
            request.extend_from_slice(&buffer[..count]);
        }
        requests.push(String::from_utf8(request).unwrap());
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
    requests
}

const WHOLE: &str =
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n2\r\nok\r\n0\r\n\r\n";
const CUT: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n";

fn call(relay: &Relay) -> reqwest::RequestBuilder {
    reqwest::Client::builder()
        .no_proxy()
        .build()
        .unwrap()
        .post(format!(
            "{}/llm/demo/chat/completions?key=leak&alt=sse",
            relay.address
        ))
        .header("x-custom", "kept")
        .header("x-goog-api-key", "dropped")
        .header("connection", "x-hop")
        .header("x-hop", "dropped")
        .body("{}")
}

#[tokio::test]
async fn replaces_the_key_and_drops_what_is_not_the_calls_own() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (relay, mut events) = relay(&format!("http://{}", listener.local_addr().unwrap())).await;
    let server = tokio::spawn(server(listener, vec![WHOLE]));
    let answer = call(&relay).bearer_auth(&relay.key).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.text().await.unwrap(), "ok");
    let request = server.await.unwrap().remove(0).to_ascii_lowercase();
    assert!(
        request.starts_with("post /llm/demo/chat/completions?alt=sse http/1.1"),
        "{request}"
    );
    assert!(
        request.contains("authorization: bearer sandbox-token"),
        "{request}"
    );
    assert!(request.contains("x-custom: kept"), "{request}");
    assert!(
        !request.contains("dropped") && !request.contains(&relay.key),
        "{request}"
    );
    assert_eq!(events.recv().await, Some(ModelCall::Answered));
    assert_eq!(relay.calls_in_flight(), 0);
}

#[tokio::test]
async fn refuses_a_foreign_key() {
    let (relay, _events) = relay("http://127.0.0.1:1").await;
    for request in [
        call(&relay),
        call(&relay).bearer_auth("wrong"),
        call(&relay).header("x-api-key", "wrong"),
    ] {
        assert_eq!(request.send().await.unwrap().status(), 401);
    }
}

#[tokio::test]
async fn a_cut_answer_is_cut_for_the_agent_and_its_repetition_is_known() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (relay, mut events) = relay(&format!("http://{}", listener.local_addr().unwrap())).await;
    let server = tokio::spawn(server(listener, vec![CUT, WHOLE]));
    let answer = call(&relay).header("x-api-key", &relay.key).send().await.unwrap();
    assert!(answer.text().await.is_err(), "it must not end cleanly");
    assert_eq!(events.recv().await, Some(ModelCall::Interrupted));
    assert_eq!(
        call(&relay)
            .bearer_auth(&relay.key)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap(),
        "ok"
    );
    assert_eq!(events.recv().await, Some(ModelCall::Repeated));
    server.await.unwrap();
}

#[tokio::test]
async fn waits_for_an_orchestrator_that_is_away() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let (relay, _events) = relay(&format!("http://{address}")).await;
    let answer = tokio::spawn(call(&relay).bearer_auth(&relay.key).send());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(relay.calls_in_flight(), 1);
    let listener = TcpListener::bind(address).await.unwrap();
    let server = tokio::spawn(server(listener, vec![WHOLE]));
    assert_eq!(answer.await.unwrap().unwrap().text().await.unwrap(), "ok");
    server.await.unwrap();
}
