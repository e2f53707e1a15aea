//! The loopback relay between the agent and the orchestrator's model proxy. The agent knows a key that
//! is good for this boot alone; the sandbox's token is added here and never reaches it.
//!
//! An answer that is cut on its way is cut for the agent too, never ended cleanly: agents take a clean
//! end for the model's whole answer. While the orchestrator is away, calls wait for it.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::StreamExt;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use url::Url;

use crate::config::Token;

/// Bytes of a call. It is held until it was sent, so that it can wait for the orchestrator.
const CALL_BYTES: usize = 64 * 1024 * 1024;

/// Cut calls that are remembered, to know a repetition when it comes.
const CUT_CALLS: usize = 16;

/// Headers that concern one connection, not the call; and those that the relay sets itself.
const NOT_FORWARDED: [HeaderName; 12] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::HOST,
    header::CONTENT_LENGTH,
    header::AUTHORIZATION,
    header::EXPECT,
];

/// Where the vendors' clients put their key, besides `Authorization`.
const KEY_HEADERS: [HeaderName; 2] = [
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("x-goog-api-key"),
];

/// Something of note that happened to a model call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelCall {
    /// A model answered, to the end.
    Answered,
    /// The answer was cut.
    Interrupted,
    /// The agent made a call again that had been cut.
    Repeated,
}

/// The running relay.
#[derive(Debug, Clone)]
pub struct Relay {
    /// Its address without a path.
    pub address: String,
    /// The key that it takes.
    pub key: String,
    in_flight: Arc<AtomicUsize>,
}

impl Relay {
    /// Starts the relay. `events` hears of its calls; `patience` is how long a call waits for an
    /// orchestrator that is away.
    ///
    /// # Errors
    /// When the loopback address cannot be listened on.
    pub async fn start(
        orchestrator: &Url,
        token: Token,
        client: reqwest::Client,
        patience: Duration,
        events: mpsc::Sender<ModelCall>,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = format!("http://{}", listener.local_addr()?);
        let key = format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>());
        let in_flight = Arc::new(AtomicUsize::new(0));
        let shared = Arc::new(Shared {
            upstream: orchestrator.as_str().trim_end_matches('/').to_owned(),
            token,
            key: key.clone(),
            client,
            patience,
            events,
            in_flight: in_flight.clone(),
            cut: Mutex::new(VecDeque::new()),
        });
        let router = Router::new()
            .route("/llm/{*path}", axum::routing::any(forward))
            .with_state(shared);
        tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the relay ended");
            }
        });
        Ok(Self {
            address,
            key,
            in_flight,
        })
    }

    /// Calls under way.
    pub fn calls_in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }
}

struct Shared {
    upstream: String,
    token: Token,
    key: String,
    client: reqwest::Client,
    patience: Duration,
    events: mpsc::Sender<ModelCall>,
    in_flight: Arc<AtomicUsize>,
    cut: Mutex<VecDeque<[u8; 32]>>,
}

/// Counts a call for as long as it lives.
struct InFlight(Arc<AtomicUsize>);

impl InFlight {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count.clone())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn forward(State(relay): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let (presented, query) = split_key(&parts.headers, parts.uri.query());
    if !bool::from(presented.as_bytes().ct_eq(relay.key.as_bytes())) {
        return refusal(
            StatusCode::UNAUTHORIZED,
            "The relay takes only the key of this sandbox's agent.",
        );
    }
    let Ok(body) = axum::body::to_bytes(body, CALL_BYTES).await else {
        return refusal(StatusCode::PAYLOAD_TOO_LARGE, "A model call has at most 64 MiB.");
    };
    let counted = InFlight::new(&relay.in_flight);
    let digest = digest(&parts.method, parts.uri.path(), &body);
    if relay.was_cut(&digest) {
        relay.tell(ModelCall::Repeated).await;
    }
    let mut address = format!("{}{}", relay.upstream, parts.uri.path());
    if !query.is_empty() {
        address = format!("{address}?{query}");
    }
    let headers = forwarded(&parts.headers);
    match relay.send(parts.method, &address, headers, body).await {
        Ok(answer) => stream(relay, answer, digest, counted),
        Err(error) => {
            tracing::warn!(error = %error.without_url(), "a model call was cut before it was answered");
            relay.interrupted(digest).await;
            refusal(
                StatusCode::BAD_GATEWAY,
                "The orchestrator went away before it answered. Try again.",
            )
        }
    }
}

impl Shared {
    /// Sends a call, and waits while nobody listens there.
    async fn send(
        &self,
        method: Method,
        address: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> reqwest::Result<reqwest::Response> {
        let deadline = tokio::time::Instant::now() + self.patience;
        let mut pause = Duration::from_millis(100);
        loop {
            let sent = self
                .client
                .request(method.clone(), address)
                .headers(headers.clone())
                .bearer_auth(self.token.reveal())
                .body(body.clone())
                .send()
                .await;
            match sent {
                Err(error) if error.is_connect() && tokio::time::Instant::now() < deadline => {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(1));
                }
                sent => return sent,
            }
        }
    }

    async fn interrupted(&self, digest: [u8; 32]) {
        {
            let mut cut = self.cut.lock().unwrap_or_else(PoisonError::into_inner);
            cut.push_back(digest);
            if cut.len() > CUT_CALLS {
                cut.pop_front();
            }
        }
        self.tell(ModelCall::Interrupted).await;
    }

    fn was_cut(&self, digest: &[u8; 32]) -> bool {
        let mut cut = self.cut.lock().unwrap_or_else(PoisonError::into_inner);
        let at = cut.iter().position(|one| one == digest);
        at.and_then(|at| cut.remove(at)).is_some()
    }

    async fn tell(&self, call: ModelCall) {
        // Nobody hears it when the runner ends.
        let _ = self.events.send(call).await;
    }
}

/// The answer as it comes. An error in the stream makes the server drop the connection.
fn stream(relay: Arc<Shared>, answer: reqwest::Response, digest: [u8; 32], counted: InFlight) -> Response {
    let status = answer.status();
    let headers = forwarded(answer.headers());
    let pieces = answer.bytes_stream();
    let body = futures_util::stream::unfold((pieces, false, counted), move |(mut pieces, ended, counted)| {
        let relay = relay.clone();
        async move {
            if ended {
                return None;
            }
            match pieces.next().await {
                Some(Ok(piece)) => Some((Ok(piece), (pieces, false, counted))),
                Some(Err(error)) => {
                    tracing::warn!(error = %error.without_url(), "a model's answer was cut");
                    relay.interrupted(digest).await;
                    Some((
                        Err(std::io::Error::other("the model's answer was cut")),
                        (pieces, true, counted),
                    ))
                }
                None => {
                    if status.is_success() {
                        relay.tell(ModelCall::Answered).await;
                    }
                    None
                }
            }
        }
    });
    let mut response = Response::new(Body::from_stream(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// The key that a call came with, and its query without it.
fn split_key(headers: &HeaderMap, query: Option<&str>) -> (String, String) {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    let named = KEY_HEADERS
        .iter()
        .find_map(|name| headers.get(name)?.to_str().ok());
    let mut key = bearer.or(named).map(str::to_owned);
    let mut rest = Vec::new();
    for pair in query
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty())
    {
        match pair.strip_prefix("key=") {
            Some(value) => key = key.or_else(|| Some(value.to_owned())),
            None => rest.push(pair),
        }
    }
    (key.unwrap_or_default(), rest.join("&"))
}

/// The headers that go on: without those of the connection, without any key.
fn forwarded(headers: &HeaderMap) -> HeaderMap {
    let named: Vec<String> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    headers
        .iter()
        .filter(|(name, _)| {
            !NOT_FORWARDED.contains(name)
                && !KEY_HEADERS.contains(name)
                && !named.iter().any(|one| one == name.as_str())
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn digest(method: &Method, path: &str, body: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(method.as_str());
    hash.update(path);
    hash.update(body);
    hash.finalize().into()
}

fn refusal(status: StatusCode, message: &str) -> Response {
    let body = serde_json::json!({ "error": { "type": "relay_error", "message": message } }).to_string();
    let json = HeaderValue::from_static("application/json");
    (status, [(header::CONTENT_TYPE, json)], body).into_response()
}

#[cfg(test)]
mod tests;
