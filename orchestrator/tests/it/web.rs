//! What browsers load: the app's page and files, and the headers that fence them.

use crate::support::TestServer;

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_fenced() {
    let server = TestServer::start().await;
    let program = server.program();
    for path in [
        "/",
        "/docs",
        "/health",
        "/api/sessions",
        "/api/nothing",
        "/sign-in",
    ] {
        let answer = program.with("accept", "text/html").get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe-eval"), "{path}: {policy}");
        let scripts = policy
            .split(';')
            .find(|part| part.trim().starts_with("script-src"));
        assert!(
            scripts.is_none_or(|scripts| !scripts.contains("unsafe")),
            "{path}: {policy}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_answers_navigations_and_nothing_else() {
    let server = TestServer::start().await;
    let browser = server
        .stranger()
        .with("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    for path in ["/", "/sign-in", "/sessions/ses_01h455vb4pex5vsknk084sn02q"] {
        let page = browser.get(path).await;
        // The app itself, or a page that says how to build it.
        assert!([200, 503].contains(&page.status), "{path}: {}", page.status);
        assert!(page.header("content-type").starts_with("text/html"), "{path}");
        assert!(
            ["no-cache", "no-store"].contains(&page.header("cache-control")),
            "{path}"
        );
    }
    for path in ["/api/x", "/auth/x", "/runner/x", "/openapi.json/x"] {
        assert_eq!(
            browser.get(path).await.problem(),
            (404, "path_not_found".to_owned()),
            "{path}"
        );
    }
    let script = server
        .stranger()
        .with("accept", "*/*")
        .get("/assets/gone-12345678.js")
        .await;
    assert_eq!(script.problem(), (404, "path_not_found".to_owned()));
    let climbing = browser.get("/assets/..%2f..%2fCargo.toml").await;
    assert!(!climbing.text.contains("[package]"), "{climbing:?}");
}
