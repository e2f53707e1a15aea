//! A client that follows a session by server-sent events, and comes back with its cursor whenever
//! the connection is cut.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use serde_json::Value;

use crate::installation::{Installation, KEY, PATIENCE};

/// Follows one session until it is dropped.
pub(crate) struct Follower {
    events: Arc<Mutex<Vec<Value>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Follower {
    pub(crate) fn start(installation: &Installation, session: &str) -> Self {
        let url = installation.url(&format!("/api/sessions/{session}/events"));
        let events = Arc::new(Mutex::new(Vec::new()));
        let task = tokio::spawn(follow(url, Arc::clone(&events)));
        Self { events, task }
    }

    pub(crate) fn events(&self) -> Vec<Value> {
        self.events.lock().unwrap().clone()
    }

    /// Waits until it has seen event number `seq`.
    pub(crate) async fn reach(&self, seq: u64) -> Vec<Value> {
        let started = Instant::now();
        loop {
            let events = self.events();
            if events.len() as u64 >= seq {
                return events;
            }
            assert!(
                started.elapsed() < PATIENCE,
                "stuck at event {} of {seq}",
                events.len()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn follow(url: String, events: Arc<Mutex<Vec<Value>>>) {
    let client = reqwest::Client::new();
    loop {
        let last = events.lock().unwrap().len();
        let request = client
            .get(&url)
            .bearer_auth(KEY)
            .header("last-event-id", last.to_string());
        if let Ok(response) = request.send().await
            && response.status().is_success()
        {
            let mut buffer = String::new();
            let mut body = response.bytes_stream();
            while let Some(Ok(chunk)) = body.next().await {
                buffer.push_str(&String::from_utf8_lossy(&chunk));
                while let Some(end) = buffer.find("\n\n") {
                    let frame: String = buffer.drain(..end + 2).collect();
                    take(&frame, &events);
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn take(frame: &str, events: &Mutex<Vec<Value>>) {
    let Some(id) = frame.lines().find_map(|line| line.strip_prefix("id: ")) else {
        return;
    };
    let data = frame
        .lines()
        .find_map(|line| line.strip_prefix("data: "))
        .unwrap();
    let event: Value = serde_json::from_str(data).unwrap();
    let mut events = events.lock().unwrap();
    assert_eq!(event["seq"].to_string(), id);
    assert_eq!(
        event["seq"],
        events.len() as u64 + 1,
        "an event is missing or doubled"
    );
    events.push(event);
}
