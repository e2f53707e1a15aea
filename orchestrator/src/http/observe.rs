//! What happens around every request: it gets an id and a tracing span, is counted and timed, and an
//! error on its way out is written down as problem+json. Sees paths without their query, which may
//! hold secrets, and never a body.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use super::error::Pending;

/// The header that carries a request's id both ways.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The outermost layer.
pub(super) async fn observe(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = sane_id(request.headers()).unwrap_or_else(fresh_id);
    let id_text = id.to_str().unwrap_or_default().to_owned();
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map(|path| path.as_str().to_owned());
    let path = request.uri().path();
    let quiet = is_quiet(&method, path);
    let span = tracing::info_span!(
        "request",
        id = id_text,
        method = %method,
        path,
        session = session_of(path),
    );

    let response = next.run(request).instrument(span.clone()).await;
    let mut response = as_problem(response, &id_text);
    response.headers_mut().insert(REQUEST_ID, id);

    let elapsed = started.elapsed();
    let status = response.status();
    let labels = [
        ("method", known_method(&method).to_owned()),
        ("route", route.unwrap_or_else(|| "(none)".to_owned())),
        ("status", status.as_u16().to_string()),
    ];
    metrics::counter!("http_requests_total", &labels).increment(1);
    metrics::histogram!("http_request_duration_seconds", &labels[..2]).record(elapsed.as_secs_f64());
    let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| {
        if status.is_server_error() {
            tracing::warn!(status = status.as_u16(), milliseconds, "answered with an error");
        } else if quiet {
            tracing::debug!(status = status.as_u16(), milliseconds, "answered");
        } else {
            tracing::info!(status = status.as_u16(), milliseconds, "answered");
        }
    });
    response
}

/// Writes an error out, keeping the headers that layers have put on it.
fn as_problem(response: Response, id: &str) -> Response {
    if let Some(Pending(error)) = response.extensions().get::<Pending>().cloned() {
        let mut rendered = error.render(id);
        for (name, value) in response.headers() {
            if name != header::CONTENT_LENGTH && !rendered.headers().contains_key(name) {
                rendered.headers_mut().append(name, value.clone());
            }
        }
        return rendered;
    }
    response
}

/// An id that a client or proxy chose, if it is fit for logs.
fn sane_id(headers: &HeaderMap) -> Option<HeaderValue> {
    let value = headers.get(REQUEST_ID)?;
    let sane = (1..=128).contains(&value.len())
        && value
            .as_bytes()
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte));
    sane.then(|| value.clone())
}

fn fresh_id() -> HeaderValue {
    let text = format!("{:032x}", rand::random::<u128>());
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("none"))
}

/// A label of metrics must not be up to strangers.
fn known_method(method: &Method) -> &str {
    match *method {
        Method::GET
        | Method::HEAD
        | Method::POST
        | Method::PUT
        | Method::PATCH
        | Method::DELETE
        | Method::OPTIONS => method.as_str(),
        _ => "OTHER",
    }
}

/// Requests that come by themselves, over and over: not worth a line each.
fn is_quiet(method: &Method, path: &str) -> bool {
    let assets = method == Method::GET && !path.starts_with("/api/") && !path.starts_with("/auth/");
    assets || path.starts_with("/llm/")
}

/// The session that a path is about.
fn session_of(path: &str) -> Option<&str> {
    path.strip_prefix("/api/sessions/")?
        .split('/')
        .next()
        .filter(|id| id.starts_with("ses_") && id.len() == 30)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_id(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_bytes(value.as_bytes()).unwrap())])
    }

    #[test]
    fn ids_from_outside_must_be_fit_for_logs() {
        assert!(sane_id(&with_id("abc-123_X.y:z")).is_some());
        for wrong in ["", "a b", "a\tb", "{}", "é", &"x".repeat(129)] {
            assert!(sane_id(&with_id(wrong)).is_none(), "{wrong}");
        }
        assert_eq!(fresh_id().len(), 32);
    }

    #[test]
    fn the_session_is_read_from_the_path() {
        let path = "/api/sessions/ses_01h455vb4pex5vsknk084sn02q/prompts";
        assert_eq!(session_of(path), Some("ses_01h455vb4pex5vsknk084sn02q"));
        assert_eq!(session_of("/api/sessions/x"), None);
        assert_eq!(session_of("/api/sessions"), None);
    }
}
