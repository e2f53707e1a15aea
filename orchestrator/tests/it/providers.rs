//! Providers of models that misbehave: the session says what happened, and stays usable.

use serde_json::{Value, json};

use crate::follower::Follower;
use crate::installation::Installation;

/// A provider that is well again when the agent repeats its call, and one that stays ill.
fn scenarios() -> Value {
    let fault = |when: &str, fault: Value| json!({"when": when, "title": "Faults", "steps": [fault, {"say": format!("Answered {when}.")}]});
    // The first that fits wins, and a prompt that failed is asked again together with its successor: so
    // the last one stands first.
    json!({"typingMs": 1, "scenarios": [
        {"when": "And now?", "title": "Faults", "steps": [{"say": "All is well."}]},
        fault("refuse the key", json!({"error": {"status": 401, "message": "invalid x-api-key", "times": 100}})),
        {"when": "cut the stream", "title": "Faults", "steps": [
            {"say": "Half of an answer"}, {"cut": {"times": 1}}, {"say": ", and the other half."}]},
        fault("fall silent", json!({"hang": {"times": 1}})),
        fault("break down", json!({"error": {"status": 500, "message": "overloaded", "times": 1}})),
        fault("limit the rate", json!({"error": {"status": 429, "message": "slow down", "retryAfter": 1, "times": 1}})),
    ]})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_failure_of_a_provider_is_said_and_the_next_prompt_works() {
    let installation = Installation::start(&scenarios()).await;
    let session = installation
        .create(json!({"title": "Faults", "model": "anthropic/claude-haiku-4-5"}))
        .await;
    let follower = Follower::start(&installation, &session);
    for (prompt, code, stop_reason) in [
        ("limit the rate", "model_rate_limited", "end_turn"),
        ("break down", "model_unavailable", "end_turn"),
        ("fall silent", "model_timeout", "end_turn"),
        ("cut the stream", "model_cut", "end_turn"),
        ("refuse the key", "model_unauthorized", "error"),
    ] {
        let before = follower.events().len();
        installation.prompt(&session, &format!("Please {prompt}.")).await;
        installation.until_idle(&session).await;
        let last = installation.get(&format!("/api/sessions/{session}")).await["lastSeq"]
            .as_u64()
            .unwrap();
        let events = &follower.reach(last).await[before..];
        let said = events
            .iter()
            .find(|event| event["type"] == "error" && event["code"] == code);
        let said = said.unwrap_or_else(|| panic!("{prompt}: nothing says {code}: {events:#?}"));
        assert!(said["message"].as_str().unwrap().len() > 20, "{said}");
        assert!(
            !said.to_string().contains("key-of-a-provider"),
            "a key is never shown"
        );
        let ended = events
            .iter()
            .find(|event| event["type"] == "turn.completed")
            .unwrap();
        assert_eq!(ended["stopReason"], stop_reason, "{prompt}: {events:#?}");
    }
    installation.prompt(&session, "And now?").await;
    installation.until_idle(&session).await;
    let page = installation
        .get(&format!("/api/sessions/{session}/messages?limit=1"))
        .await;
    let turn = &page["items"][0];
    assert_eq!(turn["turn"]["outcome"]["stopReason"], "end_turn");
    assert!(turn["parts"].to_string().contains("All is well."), "{turn:#}");
    assert!(turn["turn"]["outcome"]["usage"]["outputTokens"].as_u64().unwrap() > 0);
    assert!(
        turn["turn"]["outcome"]["cost"].as_f64().unwrap() > 0.0,
        "this model's price is known"
    );
}
