//! Decides how a provider's answer goes back: an event stream as it comes, anything else whole, an error
//! with the provider's own status and words. Called by the proxy once a provider has answered.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use tokio::time::timeout;

use super::call::Call;
use super::metered::Metered;
use super::request::Prepared;
use super::route::Target;
use super::upstream::Answer;
use super::{Patience, headers};
use crate::models::catalog::Endpoint;
use crate::models::failure::{CallFailure, Said};
use crate::models::ledger::Ledger;
use crate::models::usage;

/// Bytes of an answer that comes in one piece (32 MiB).
const WHOLE_BYTES: usize = 32 * 1024 * 1024;

/// Bytes of an error's body (1 MiB).
const ERROR_BYTES: usize = 1024 * 1024;

/// An `Err` is a failure that leaves nothing to pass on; one that does is reported here and passed on.
pub(super) async fn pass_on<L: Ledger>(
    mut answer: Answer,
    endpoint: &Endpoint,
    target: &Target,
    prepared: &Prepared,
    patience: Patience,
    call: &mut Option<Call<L>>,
) -> Result<Response, CallFailure> {
    let kind = answer
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let kind = kind
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let is_stream = kind == "text/event-stream" || (kind.is_empty() && prepared.streams);
    let is_json = kind.ends_with("json") || kind.is_empty();

    if answer.status.is_client_error() || answer.status.is_server_error() {
        let body = redact(
            whole(&mut answer, endpoint, patience, ERROR_BYTES).await?,
            endpoint,
        );
        if let Some(call) = call {
            call.failed(refused(
                answer.status,
                &answer.headers,
                &body,
                endpoint,
                &prepared.model,
            ));
        }
        return Ok(response(answer.status, &answer.headers, Body::from(body)));
    }
    if !answer.status.is_success() || !(is_stream || is_json) {
        return Err(CallFailure::NotAnApi {
            provider: endpoint.provider.name.to_owned(),
            address: endpoint.address(),
            status: answer.status.as_u16(),
            variable: endpoint.provider.variable("BASE_URL"),
        });
    }
    if is_stream && let Some(call) = call.take() {
        let (status, headers) = (answer.status, answer.headers);
        let stream = Metered::new(
            answer.body,
            target.dialect,
            endpoint.provider.name,
            call,
            patience,
        );
        return Ok(response(
            status,
            &headers,
            Body::from_stream(stream.into_stream()),
        ));
    }
    let body = redact(
        whole(&mut answer, endpoint, patience, WHOLE_BYTES).await?,
        endpoint,
    );
    if let Some(call) = call {
        call.finished(usage::of_body(target.dialect, &body));
    }
    Ok(response(answer.status, &answer.headers, Body::from(body)))
}

fn response(status: StatusCode, from_provider: &HeaderMap, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers::to_sandbox(from_provider);
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn whole(
    answer: &mut Answer,
    endpoint: &Endpoint,
    patience: Patience,
    limit: usize,
) -> Result<Bytes, CallFailure> {
    let provider = || endpoint.provider.name.to_owned();
    let mut body = BytesMut::new();
    loop {
        // A whole answer may be thought about for as long as the first byte of a stream.
        match timeout(patience.first_byte, answer.body.next()).await {
            Ok(None) => return Ok(body.freeze()),
            Ok(Some(Ok(chunk))) if body.len() + chunk.len() <= limit => body.extend_from_slice(&chunk),
            Ok(Some(Ok(_))) => {
                return Err(CallFailure::TooLarge {
                    provider: provider(),
                    limit,
                });
            }
            Ok(Some(Err(_))) => return Err(CallFailure::Cut { provider: provider() }),
            Err(_) => {
                return Err(CallFailure::TimedOut {
                    provider: provider(),
                    waited: patience.first_byte,
                });
            }
        }
    }
}

/// Some servers quote the key that they refuse.
fn redact(body: Bytes, endpoint: &Endpoint) -> Bytes {
    let Some(key) = endpoint
        .api_key
        .as_ref()
        .map(|key| key.expose())
        .filter(|key| !key.is_empty())
    else {
        return body;
    };
    match std::str::from_utf8(&body) {
        Ok(text) if text.contains(key) => Bytes::from(text.replace(key, "[key]")),
        _ => body,
    }
}

fn refused(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    endpoint: &Endpoint,
    model: &str,
) -> CallFailure {
    let (provider, status) = (endpoint.provider.name.to_owned(), status.as_u16());
    let said = Said::from_body(body);
    // Google answers 400 to a wrong key.
    let wrong_key = body.windows(15).any(|window| window == b"API_KEY_INVALID");
    match status {
        401..=403 => CallFailure::Unauthorized {
            provider,
            status,
            variable: endpoint.provider.variable("API_KEY"),
            said,
        },
        400 if wrong_key => CallFailure::Unauthorized {
            provider,
            status,
            variable: endpoint.provider.variable("API_KEY"),
            said,
        },
        429 => CallFailure::RateLimited {
            provider,
            retry_after: retry_after(headers),
            said,
        },
        408 | 500.. => CallFailure::Unavailable {
            provider,
            status,
            said,
        },
        _ => CallFailure::BadRequest {
            provider,
            status,
            model: model.to_owned(),
            said,
        },
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: f64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}
