//! Sends one request to a provider and hands back the head of its answer with the body still to come.
//! Follows no redirects, since a key must not travel, and repeats nothing.

use std::time::Duration;

use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tokio::sync::OnceCell;
use tokio::time::timeout;

use super::request::Prepared;
use super::route::{self, Target};
use super::{Patience, headers};
use crate::models::catalog::Endpoint;
use crate::models::failure::CallFailure;

const CONNECT_PATIENCE: Duration = Duration::from_secs(10);

/// The connection broke while a body was on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

/// A provider's answer.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: BoxStream<'static, Result<Bytes, Broken>>,
}

/// What to send, as the sandbox gave it.
pub(super) struct Outgoing<'a> {
    pub(super) method: Method,
    pub(super) target: &'a Target,
    pub(super) query: Option<&'a str>,
    pub(super) headers: &'a HeaderMap,
    pub(super) prepared: &'a Prepared,
}

impl From<Response> for Answer {
    fn from(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let body = body
            .into_data_stream()
            .map(|chunk| chunk.map_err(|_| Broken))
            .boxed();
        Self {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }
}

fn new_client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .connect_timeout(CONNECT_PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .build()
}

pub(super) async fn send(
    client: &OnceCell<reqwest::Client>,
    endpoint: &Endpoint,
    outgoing: Outgoing<'_>,
    patience: Patience,
) -> Result<Answer, CallFailure> {
    let mut address = format!("{}{}", endpoint.base_url, outgoing.target.path);
    if let Some(query) = route::query(outgoing.query) {
        address = format!("{address}?{query}");
    }
    let provider = endpoint.provider;
    let client = client
        .get_or_try_init(|| async { new_client() })
        .await
        .map_err(|error| failure(&error, endpoint))?;
    let request = client
        .request(outgoing.method, address)
        .headers(headers::to_provider(
            outgoing.headers,
            provider.key_header,
            endpoint.api_key.as_ref(),
        ))
        .body(outgoing.prepared.body.clone())
        .send();
    let response = timeout(patience.first_byte, request)
        .await
        .map_err(|_| CallFailure::TimedOut {
            provider: provider.name.to_owned(),
            waited: patience.first_byte,
        })?
        .map_err(|error| failure(&error, endpoint))?;
    Ok(Answer {
        status: response.status(),
        headers: response.headers().clone(),
        body: response
            .bytes_stream()
            .map(|chunk| chunk.map_err(|_| Broken))
            .boxed(),
    })
}

fn failure(error: &reqwest::Error, endpoint: &Endpoint) -> CallFailure {
    let provider = endpoint.provider;
    if error.is_connect() || error.is_builder() {
        return CallFailure::Unreachable {
            provider: provider.name.to_owned(),
            address: endpoint.address(),
            variable: provider.variable("BASE_URL"),
        };
    }
    CallFailure::Cut {
        provider: provider.name.to_owned(),
    }
}
