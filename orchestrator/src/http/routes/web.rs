//! The web app, embedded in the binary: hashed files are cached for ever, its page never. Whatever
//! path a browser navigates to gets the page; what looks like an API path never does.

use std::collections::HashMap;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::{Embed, EmbeddedFile};

use crate::http::error::ApiError;
use crate::http::kinds;
use crate::http::security::PAGE_POLICY;

/// What Vite built. A debug build reads it from the disk at each request.
#[derive(Embed)]
#[folder = "../web/dist"]
#[allow_missing = true]
struct Dist;

/// The app's page.
const PAGE: &str = "index.html";

/// Where the server itself answers: an unknown path under these is an error, never the app's page.
const OURS: [&str; 9] = [
    "/api",
    "/auth",
    "/runner",
    "/llm",
    "/docs",
    "/health",
    "/metrics",
    "/openapi.json",
    "/webhooks",
];

/// Answers what no route answers.
pub(super) async fn serve(request: Request) -> Response {
    let path = request.uri().path();
    let ours = OURS.iter().any(|begin| {
        path.strip_prefix(begin)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    if ours || !matches!(*request.method(), Method::GET | Method::HEAD) {
        return ApiError::new(&kinds::PATH_NOT_FOUND).into_response();
    }
    let name = path.trim_start_matches('/');
    if name != PAGE
        && let Some(file) = Dist::get(name)
    {
        return file_response(name, file, request.headers());
    }
    if !is_navigation(path, request.headers()) {
        return ApiError::new(&kinds::PATH_NOT_FOUND).into_response();
    }
    match Dist::get(PAGE) {
        Some(file) => file_response(PAGE, file, request.headers()),
        None => (
            StatusCode::SERVICE_UNAVAILABLE,
            [
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                (header::CACHE_CONTROL, "no-store"),
            ],
            WITHOUT_APP,
        )
            .into_response(),
    }
}

/// Shown by a binary that was built before the web app was.
const WITHOUT_APP: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>Roundhouse</title>\
    <h1>The web app is not in this build</h1>\
    <p>Run <code>npm ci &amp;&amp; npm run build</code> in <code>web/</code>, then build the orchestrator again. \
    The API works without it: see <a href=/docs>the reference</a>.";

/// Whether a browser wants a page: it says that it takes HTML, or the path is the first page's.
fn is_navigation(path: &str, headers: &HeaderMap) -> bool {
    let accepts = |value: &HeaderValue| value.to_str().is_ok_and(|text| text.contains("text/html"));
    path == "/" || headers.get(header::ACCEPT).is_some_and(accepts)
}

fn file_response(name: &str, file: EmbeddedFile, request: &HeaderMap) -> Response {
    let hash = file.metadata.sha256_hash();
    let text = |name: header::HeaderName| request.get(name).and_then(|value| value.to_str().ok());
    let kind = content_type(name);
    let zipped = kind.compressible && text(header::ACCEPT_ENCODING).is_some_and(takes_gzip);
    let tag = format!(
        "\"{}{}\"",
        hex::encode(&hash[..12]),
        if zipped { "-gz" } else { "" }
    );
    let unchanged =
        text(header::IF_NONE_MATCH).is_some_and(|known| known.split(',').any(|one| one.trim() == tag));

    let mut response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else if zipped {
        let mut response = Response::new(Body::from(gzipped(hash, &file.data)));
        response
            .headers_mut()
            .insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        response
    } else {
        Response::new(Body::from(file.data.into_owned()))
    };
    let cached = if name.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind.name));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cached));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    if name == PAGE {
        headers.insert(header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
    }
    response
}

fn takes_gzip(accepted: &str) -> bool {
    accepted.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        matches!(name.trim(), "gzip" | "*") && !matches!(weight.trim(), "q=0" | "q=0.0")
    })
}

/// The file in gzip, made once. Holds one entry a file of the build.
fn gzipped(hash: [u8; 32], data: &[u8]) -> Bytes {
    static MADE: Mutex<Option<HashMap<[u8; 32], Bytes>>> = Mutex::new(None);
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    made.get_or_insert_default()
        .entry(hash)
        .or_insert_with(|| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            // Writing into memory does not fail.
            let _ = encoder.write_all(data);
            encoder.finish().unwrap_or_default().into()
        })
        .clone()
}

struct ContentType {
    name: &'static str,
    compressible: bool,
}

/// What a file is, by its ending: those that the web's build makes.
fn content_type(name: &str) -> ContentType {
    let (name, compressible) = match name.rsplit('.').next().unwrap_or_default() {
        "html" => ("text/html; charset=utf-8", true),
        "js" => ("text/javascript; charset=utf-8", true),
        "css" => ("text/css; charset=utf-8", true),
        "json" | "map" => ("application/json", true),
        "webmanifest" => ("application/manifest+json", true),
        "svg" => ("image/svg+xml", true),
        "txt" => ("text/plain; charset=utf-8", true),
        "wasm" => ("application/wasm", true),
        "png" => ("image/png", false),
        "jpg" | "jpeg" => ("image/jpeg", false),
        "webp" => ("image/webp", false),
        "ico" => ("image/x-icon", false),
        "woff2" => ("font/woff2", false),
        _ => ("application/octet-stream", false),
    };
    ContentType { name, compressible }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn status(method: &str, path: &str, accept: &str) -> StatusCode {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::ACCEPT, accept)
            .body(Body::empty())
            .unwrap();
        serve(request).await.status()
    }

    #[tokio::test]
    async fn only_navigations_get_the_page() {
        const HTML: &str = "text/html,*/*;q=0.8";
        for path in ["/api/nothing", "/auth/x", "/llm/x", "/api", "/runner"] {
            assert_eq!(status("GET", path, HTML).await, StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(status("POST", "/sessions/x", HTML).await, StatusCode::NOT_FOUND);
        assert_eq!(
            status("GET", "/assets/gone.js", "*/*").await,
            StatusCode::NOT_FOUND
        );
        for path in ["/", "/sessions/ses_x", "/apiary"] {
            assert_ne!(status("GET", path, HTML).await, StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        for yes in ["gzip", "br, gzip", "gzip;q=0.5", "*"] {
            assert!(takes_gzip(yes), "{yes}");
        }
        for no in ["", "br", "gzip;q=0", "identity"] {
            assert!(!takes_gzip(no), "{no}");
        }
        let zipped = gzipped([7; 32], b"to and fro and to and fro and to and fro");
        assert_eq!(zipped[..2], [0x1f, 0x8b]);
    }

    #[derive(Embed)]
    #[folder = "tests/fixtures/web"]
    struct Fixture;

    fn fetch(name: &str, headers: &[(header::HeaderName, &str)]) -> Response {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().unwrap()));
        file_response(name, Fixture::get(name).unwrap(), &headers.collect())
    }

    #[test]
    fn hashed_files_are_kept_and_the_page_is_not() {
        let script = fetch("assets/app-12345678.js", &[]);
        assert_eq!(
            script.headers()[header::CACHE_CONTROL],
            "public, max-age=31536000, immutable"
        );
        assert_eq!(
            script.headers()[header::CONTENT_TYPE],
            "text/javascript; charset=utf-8"
        );
        let page = fetch(PAGE, &[]);
        assert_eq!(page.headers()[header::CACHE_CONTROL], "no-cache");
        assert_eq!(page.headers()[header::CONTENT_SECURITY_POLICY], PAGE_POLICY);
    }

    #[test]
    fn a_known_file_is_not_sent_again() {
        let gzip = (header::ACCEPT_ENCODING, "gzip");
        let plain = fetch(PAGE, &[]);
        let zipped = fetch(PAGE, std::slice::from_ref(&gzip));
        assert_eq!(zipped.headers()[header::CONTENT_ENCODING], "gzip");
        let tag = |response: &Response| response.headers()[header::ETAG].to_str().unwrap().to_owned();
        assert_ne!(tag(&plain), tag(&zipped), "they differ byte by byte");
        let again = fetch(PAGE, &[gzip, (header::IF_NONE_MATCH, &tag(&zipped))]);
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        let changed = fetch(PAGE, &[(header::IF_NONE_MATCH, "\"other\"")]);
        assert_eq!(changed.status(), StatusCode::OK);
    }
}
