//! The same work watched in three ways at once, two of them cut again and again: all end with the
//! same transcript, and so does whoever comes when it is over.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::follower::Follower;
use crate::installation::{Installation, KEY};

/// Reads a socket for a while; comes back with its cursor until it has seen event `last`.
async fn watch(url: String, pause: Duration, mut last: tokio::sync::watch::Receiver<u64>) -> Vec<Value> {
    let mut events: Vec<Value> = Vec::new();
    loop {
        let wanted = *last.borrow_and_update();
        if wanted > 0 && events.len() as u64 >= wanted {
            return events;
        }
        let mut request = format!("{url}?after={}", events.len())
            .into_client_request()
            .unwrap();
        request
            .headers_mut()
            .insert("authorization", format!("Bearer {KEY}").parse().unwrap());
        let Ok((mut socket, _)) = tokio_tungstenite::connect_async(request).await else {
            continue;
        };
        let _ = tokio::time::timeout(pause, async {
            while let Some(Ok(frame)) = socket.next().await {
                let Ok(text) = frame.into_text() else { continue };
                let Ok(frame) = serde_json::from_str::<Value>(&text) else {
                    continue;
                };
                if frame["type"] == "event" {
                    assert_eq!(
                        frame["event"]["seq"],
                        events.len() as u64 + 1,
                        "missing or doubled"
                    );
                    events.push(frame["event"].clone());
                }
            }
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_watchers_end_with_the_same_transcript() {
    let installation = Installation::start(&json!({"scenarios": []})).await;
    let session = installation
        .create(json!({"model": "demo/scripted", "prompt": "Write a file, and tell me about it."}))
        .await;
    let follower = Follower::start(&installation, &session);
    let socket = installation
        .url(&format!("/api/sessions/{session}/ws"))
        .replacen("http", "ws", 1);
    let (done, last) = tokio::sync::watch::channel(0);
    let steady = tokio::spawn(watch(socket.clone(), Duration::from_secs(5), last.clone()));
    let shaky = tokio::spawn(watch(socket, Duration::from_millis(300), last));
    installation.until_idle(&session).await;
    let seq = installation.get(&format!("/api/sessions/{session}")).await["lastSeq"]
        .as_u64()
        .unwrap();
    done.send(seq).unwrap();
    let by_sse = follower.reach(seq).await;
    assert_eq!(steady.await.unwrap(), by_sse);
    assert_eq!(shaky.await.unwrap(), by_sse);
    let late = Follower::start(&installation, &session);
    assert_eq!(late.reach(seq).await, by_sse);

    // The view agrees with the events: each part as it was last told, in the order of its first word.
    let mut order = Vec::new();
    let mut parts: BTreeMap<String, Value> = BTreeMap::new();
    for event in by_sse.iter().filter(|event| event["type"] == "part.updated") {
        let id = event["part"]["id"].as_str().unwrap().to_owned();
        if parts.insert(id.clone(), event["part"].clone()).is_none() {
            order.push(id);
        }
    }
    let page = installation
        .get(&format!("/api/sessions/{session}/messages"))
        .await;
    let told: Vec<Value> = order.iter().map(|id| parts[id].clone()).collect();
    assert_eq!(page["items"][0]["parts"], Value::Array(told));

    // What the demo promises: it read, wrote a file, ran a command, and the diff shows it.
    let kinds: Vec<&str> = parts.values().filter_map(|part| part["kind"].as_str()).collect();
    for kind in ["read", "edit", "execute"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    let diff = installation.get(&format!("/api/sessions/{session}/diff")).await;
    assert!(
        diff["patch"].as_str().unwrap().contains("roundhouse-demo/"),
        "{diff}"
    );
    assert!(installation.workspace(&session).join("roundhouse-demo").is_dir());
}
