//! The published description is whole: every route, every status, every code.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::support::TestServer;

/// The paths that route files mount by hand: not for clients.
const UNPUBLISHED: [&str; 2] = ["/runner/ws", "/docs/errors"];

async fn document(server: &TestServer) -> Value {
    server.stranger().get("/openapi.json").await.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_is_described() {
    let server = TestServer::start().await;
    let document = document(&server).await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let described = document["paths"].as_object().unwrap();

    // Each path that the sources name is either described or meant not to be.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http");
    let mut named = BTreeSet::new();
    for file in [
        folder.join("reference.rs"),
        folder.join("routes/runner_socket.rs"),
    ] {
        let source = std::fs::read_to_string(file).unwrap();
        let mounted = source
            .split(".route(")
            .skip(1)
            .filter_map(|rest| rest.split('"').nth(1));
        named.extend(mounted.map(str::to_owned));
    }
    assert_eq!(named, UNPUBLISHED.map(str::to_owned).into(), "mounted by hand");
    for entry in std::fs::read_dir(folder.join("routes")).unwrap() {
        let source = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for rest in source.split(" path = \"").skip(1) {
            let path = rest.split('"').next().unwrap();
            assert!(described.contains_key(path), "{path} is not described");
        }
    }
    for path in [
        "/api/sessions",
        "/api/sessions/{id}",
        "/api/sessions/{id}/prompts",
        "/api/sessions/{id}/prompts/{promptId}",
        "/api/sessions/{id}/abort",
        "/api/sessions/{id}/archive",
        "/api/sessions/{id}/hibernate",
        "/api/sessions/{id}/wake",
        "/api/sessions/{id}/questions/{questionId}/answer",
        "/api/sessions/{id}/messages",
        "/api/sessions/{id}/diff",
        "/api/sessions/{id}/ws",
        "/api/sessions/{id}/events",
        "/api/events",
        "/api/capabilities",
        "/api/auth/me",
        "/auth/local",
        "/auth/logout",
        "/health",
        "/metrics",
    ] {
        assert!(described.contains_key(path), "{path} is not described");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_is_whole() {
    let server = TestServer::start().await;
    let document = document(&server).await;
    let errors = server.stranger().get("/docs/errors").await.text;
    let mut ids = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let name = format!("{method} {path}");
            let id = operation["operationId"].as_str().unwrap().to_owned();
            assert!(ids.insert(id.clone()), "{name}: {id} comes twice");
            assert!(
                !operation["summary"].as_str().unwrap_or_default().is_empty(),
                "{name} has no summary"
            );
            let responses = operation["responses"].as_object().unwrap();
            if path.starts_with("/api/") {
                assert!(responses.contains_key("401"), "{name}");
            }
            if path.contains("{id}") {
                assert!(responses.contains_key("404"), "{name}");
            }
            if method != "get" {
                assert!(responses.contains_key("403"), "{name}");
            }
            for (status, response) in responses {
                if status.as_str() < "400" {
                    continue;
                }
                assert!(
                    response["content"]["application/problem+json"].is_object(),
                    "{name} {status}"
                );
                for code in response["description"]
                    .as_str()
                    .unwrap()
                    .split('`')
                    .skip(1)
                    .step_by(2)
                {
                    assert!(
                        errors.contains(&format!("<tr id={code}>")),
                        "{name}: {code} is not explained"
                    );
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reference_leads_somewhere() {
    fn collect(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
                fields.values().for_each(|field| collect(field, found));
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            _ => {}
        }
    }
    let server = TestServer::start().await;
    let document = document(&server).await;
    let mut references = BTreeSet::new();
    collect(&document, &mut references);
    assert!(references.len() > 10);
    for reference in references {
        assert!(
            document.pointer(&reference[1..]).is_some(),
            "{reference} leads nowhere"
        );
    }
}

/// Everything that the page loads comes from this server, and it shows this server's description.
#[tokio::test(flavor = "multi_thread")]
async fn the_reference_page_shows_it() {
    let server = TestServer::start().await;
    let page = server.stranger().get("/docs/").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"));
    let loaded: Vec<&str> = ["src=\"", "href=\""]
        .iter()
        .flat_map(|mark| page.text.split(mark).skip(1))
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(loaded.len() > 3, "{}", page.text);
    for file in loaded {
        assert!(!file.contains("//"), "{file} comes from elsewhere");
        let answer = server.stranger().get(&format!("/docs/{file}")).await;
        assert_eq!(answer.status, 200, "{file}");
    }
    let start = server.stranger().get("/docs/swagger-initializer.js").await;
    assert!(start.text.contains("/openapi.json"), "{}", start.text);
}
