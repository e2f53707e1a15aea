//! Who may do what: the link, cookies and their pages, keys, and the tokens of sandboxes.

use reqwest::Method;
use serde_json::json;

use crate::support::{Runner, TestServer};

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_served_without_signing_in() {
    let server = TestServer::start().await;
    let stranger = server.stranger();
    for path in [
        "/api/sessions",
        "/api/capabilities",
        "/api/auth/me",
        "/api/events",
    ] {
        let refused = stranger.get(path).await;
        assert_eq!(refused.problem(), (401, "unauthenticated".to_owned()), "{path}");
        assert_eq!(refused.header("www-authenticate"), "Bearer");
    }
    let session = server.program().session(json!({})).await;
    let refused = stranger
        .socket(&format!("/api/sessions/{session}/ws"))
        .await
        .err()
        .unwrap();
    assert_eq!(refused.problem(), (401, "unauthenticated".to_owned()));
    for (name, value) in [
        ("authorization", "Bearer wrong"),
        ("authorization", "Basic YTpi"),
        ("authorization", "Bearer "),
        ("x-agent-api-key", "wrong"),
        ("cookie", "roundhouse_session=wrong"),
        ("cookie", "roundhouse_session="),
    ] {
        let refused = stranger.with(name, value).get("/api/auth/me").await;
        assert_eq!(refused.problem().1, "unauthenticated", "{name}: {value}");
    }
    assert_eq!(stranger.get("/health").await.json()["status"], "ok");
    assert_eq!(stranger.get("/metrics").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_shows_its_key() {
    let server = TestServer::start().await;
    let key = server.program().headers()["authorization"]
        .to_str()
        .unwrap()
        .replace("Bearer ", "");
    for (name, value) in [
        ("authorization", format!("Bearer {key}")),
        ("x-agent-api-key", key),
    ] {
        let me = server
            .stranger()
            .with(name, &value)
            .get("/api/auth/me")
            .await
            .json();
        assert_eq!(me["user"]["name"], "API", "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_signs_a_browser_in() {
    let mut server = TestServer::start().await;
    let followed = server
        .stranger()
        .get(&server.sign_in_link()[server.url().len()..])
        .await;
    assert_eq!((followed.status, followed.header("location")), (303, "/"));
    let cookie = followed.header("set-cookie");
    for part in ["roundhouse_session=", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(
        !cookie.contains("Secure"),
        "plain http on this machine has no secure cookies: {cookie}"
    );
    assert_eq!(
        server.browser().await.get("/api/auth/me").await.json()["user"]["name"],
        "ada"
    );

    let wrong = server.stranger().get("/auth/local?token=wrong").await;
    assert_eq!(
        (wrong.status, wrong.header("location")),
        (303, "/sign-in?error=link_invalid")
    );
    assert_eq!(wrong.header("set-cookie"), "");
    assert_eq!(
        server.stranger().get("/auth/local").await.header("location"),
        "/sign-in?error=link_invalid"
    );

    // The login outlives a restart, the link does not; the person is the same.
    let token = cookie.split(';').next().unwrap().to_owned();
    let me = server.browser().await.get("/api/auth/me").await.json();
    let link = server.sign_in_link().to_owned();
    server.restart().await;
    assert_eq!(
        server
            .stranger()
            .with("cookie", &token)
            .get("/api/auth/me")
            .await
            .json(),
        me
    );
    let old_link = &link[link.find("/auth").unwrap()..];
    assert_eq!(
        server.stranger().get(old_link).await.header("location"),
        "/sign-in?error=link_invalid"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_others_cannot_act_for_a_person() {
    let server = TestServer::start().await;
    let browser = server.browser().await;
    let session = browser.session(json!({})).await;
    let socket = format!("/api/sessions/{session}/ws");
    for origin in ["http://evil.example", "null", "http://127.0.0.1:1", ""] {
        let other = browser.with("origin", origin);
        for (method, path) in [
            (Method::POST, "/api/sessions".to_owned()),
            (Method::DELETE, format!("/api/sessions/{session}")),
            (Method::POST, "/auth/logout".to_owned()),
        ] {
            let refused = other.send(method.clone(), &path, None).await;
            assert_eq!(
                refused.problem(),
                (403, "origin_mismatch".to_owned()),
                "{origin} {method} {path}"
            );
        }
        let refused = other.socket(&socket).await.err().unwrap();
        assert_eq!(refused.problem(), (403, "origin_mismatch".to_owned()), "{origin}");
        assert_eq!(
            other.get("/api/auth/me").await.status,
            200,
            "reading is the browser's to guard"
        );
    }
    browser.socket(&socket).await.unwrap();
    let program = server.program().with("origin", "http://evil.example");
    assert_eq!(
        program.post("/api/sessions", &json!({})).await.status,
        201,
        "a key is not sent by itself"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_the_login() {
    let server = TestServer::start().await;
    let (browser, other) = (server.browser().await, server.browser().await);
    let out = browser.send(Method::POST, "/auth/logout", None).await;
    assert_eq!(out.status, 204);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(browser.get("/api/auth/me").await.problem().1, "unauthenticated");
    assert_eq!(other.get("/api/auth/me").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_token_serves_programs_too() {
    let server = TestServer::start().await;
    let browser = server.browser().await;
    let token = browser.headers()["cookie"]
        .to_str()
        .unwrap()
        .split_once('=')
        .unwrap()
        .1
        .to_owned();
    let program = server
        .stranger()
        .with("authorization", &format!("Bearer {token}"));
    assert_eq!(program.get("/api/auth/me").await.json()["user"]["name"], "ada");
}

#[tokio::test(flavor = "multi_thread")]
async fn prompts_say_where_they_came_from() {
    let server = TestServer::start().await;
    let browser = server.browser().await;
    let session = browser.session(json!({})).await;
    assert_eq!(browser.prompt(session, "x").await.json()["origin"], "web");
    assert_eq!(
        server.program().prompt(session, "x").await.json()["origin"],
        "api"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_token_opens_the_runner_link_alone() {
    let server = TestServer::start().await;
    let session = server.program().session(json!({"prompt": "x"})).await;
    let token = server.sandbox_of(session).await.token.reveal().to_owned();
    let sandbox = server
        .stranger()
        .with("authorization", &format!("Bearer {token}"));
    for path in [
        "/api/sessions",
        "/api/auth/me",
        &format!("/api/sessions/{session}/events"),
    ] {
        assert_eq!(sandbox.get(path).await.problem().1, "unauthenticated", "{path}");
    }
    Runner::connect(&sandbox).await;
    let mut forged = token.clone();
    forged.replace_range(token.len() - 4.., "AAAA");
    for wrong in [forged.as_str(), "", "x.y.z", "a-key-for-tests"] {
        let client = server
            .stranger()
            .with("authorization", &format!("Bearer {wrong}"));
        let refused = client.socket("/runner/ws").await.err().unwrap();
        assert_eq!(
            refused.problem(),
            (401, "sandbox_token_invalid".to_owned()),
            "{wrong}"
        );
    }
    assert_eq!(
        server.browser().await.get("/runner/ws").await.problem().1,
        "sandbox_token_invalid"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn production_has_no_link() {
    let key = "k".repeat(32);
    let server = TestServer::configured(&[
        ("ENVIRONMENT", "production"),
        ("ENCRYPTION_KEY", &key),
        ("AGENT_API_KEY", &key),
        ("PUBLIC_URL", "https://agents.example.org"),
    ])
    .await;
    let program = server.stranger().with("x-agent-api-key", &key);
    let answer = program.get("/api/auth/me").await;
    assert_eq!(answer.status, 200);
    assert_ne!(answer.header("strict-transport-security"), "");
    let local = json!({"repository": {"url": "http://127.0.0.1:3000/o/r"}});
    assert_eq!(
        program.post("/api/sessions", &local).await.problem().1,
        "repository_url_invalid"
    );
    assert_eq!(
        server
            .stranger()
            .get("/auth/local?token=")
            .await
            .header("location"),
        "/sign-in?error=link_invalid"
    );
}
