//! The model proxy, `ANY /llm/{provider}/{path}`: a sandbox's token comes in, the provider's key goes out,
//! the answer streams back unbuffered while its usage is read in passing. Merged into the server by `http`.
//! Never buffers a stream, never lets a key reach a sandbox, never ends a broken stream cleanly, never
//! repeats a call.

mod answer;
mod call;
mod headers;
mod metered;
mod places;
mod refusal;
mod request;
mod route;
mod upstream;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use bytes::Bytes;
use tokio::sync::OnceCell;

use super::REQUEST_BYTES;
use super::catalog::{Catalog, Endpoint};
use super::failure::CallFailure;
use super::ledger::{Caller, Denied, Ledger};
use super::provider::Provider;
use super::scripted::Scripted;
use call::Call;
use places::Places;
use refusal::Refusal;

/// Calls that one session may have under way at once.
pub const CALLS_PER_SESSION: usize = 16;

/// How long a sandbox may take to send its request.
const REQUEST_PATIENCE: Duration = Duration::from_secs(60);

/// How long providers are waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For the first byte of an answer: models may think before they speak.
    pub first_byte: Duration,
    /// Between two bytes of an answer.
    pub silence: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            first_byte: Duration::from_secs(300),
            silence: Duration::from_secs(120),
        }
    }
}

/// The proxy.
pub struct Proxy<L> {
    ledger: Arc<L>,
    catalog: Arc<Catalog>,
    /// Made at the first call: reading the certificates takes longer than the rest of the server's start.
    client: OnceCell<reqwest::Client>,
    scripted: Scripted,
    patience: Patience,
    places: Arc<Places>,
}

impl<L: Ledger> Proxy<L> {
    /// A proxy that calls nobody yet.
    pub fn new(ledger: Arc<L>, catalog: Arc<Catalog>, patience: Patience) -> Self {
        Self {
            ledger,
            catalog,
            client: OnceCell::new(),
            scripted: Scripted::demo(),
            patience,
            places: Arc::default(),
        }
    }

    /// Its one route.
    pub fn router(self) -> Router {
        Router::new()
            .route("/llm/{provider}/{*path}", any(handle::<L>))
            .with_state(Arc::new(self))
    }

    async fn call(&self, provider: &str, path: &str, request: Request) -> Result<Response, Refusal> {
        let token = headers::token(request.headers()).ok_or(Refusal::NoToken)?;
        let caller = self.ledger.admit(token).await.map_err(|denied| match denied {
            Denied::UnknownToken => Refusal::UnknownToken,
            Denied::Retired => Refusal::Retired,
        })?;
        let endpoint = self.endpoint(provider, &caller)?;
        let target =
            route::target(request.method(), path, endpoint.provider.dialects).ok_or(Refusal::UnknownPath)?;
        let place = self.places.take(caller.session).ok_or(Refusal::TooManyCalls)?;
        let (parts, body) = request.into_parts();
        let body = read(body).await?;
        let prepared = request::prepare(&target, endpoint.provider.stream_usage, body)?;
        let mut call = target.metered.then(|| {
            Call::start(
                Arc::clone(&self.ledger),
                caller,
                endpoint.provider.id,
                prepared.model.clone(),
                place,
            )
        });
        let outgoing = upstream::Outgoing {
            method: parts.method,
            target: &target,
            query: parts.uri.query(),
            headers: &parts.headers,
            prepared: &prepared,
        };
        let answer = if endpoint.provider.is_built_in() {
            Ok(upstream::Answer::from(
                self.scripted.answer(&target.path, &prepared.body).await,
            ))
        } else {
            upstream::send(&self.client, endpoint, outgoing, self.patience).await
        };
        let outcome = match answer {
            Ok(answer) => {
                answer::pass_on(answer, endpoint, &target, &prepared, self.patience, &mut call).await
            }
            Err(failure) => Err(failure),
        };
        outcome.map_err(|failure| {
            if let Some(call) = &mut call {
                call.failed(failure.clone());
            }
            Refusal::Failed(failure)
        })
    }

    /// Where the provider is. A provider that lost its key since the session chose it is a failure worth telling.
    fn endpoint(&self, provider: &str, caller: &Caller) -> Result<&Endpoint, Refusal> {
        if let Some(endpoint) = self.catalog.endpoint(provider) {
            return Ok(endpoint);
        }
        let row = Provider::find(provider).ok_or(Refusal::UnknownProvider)?;
        let failure = CallFailure::NotConfigured {
            provider: row.name.to_owned(),
            variable: row.variable("API_KEY"),
        };
        let place = self.places.take(caller.session).ok_or(Refusal::TooManyCalls)?;
        let mut call = Call::start(Arc::clone(&self.ledger), *caller, row.id, String::new(), place);
        call.failed(failure.clone());
        Err(Refusal::Failed(failure))
    }
}

async fn handle<L: Ledger>(
    State(proxy): State<Arc<Proxy<L>>>,
    Path((provider, path)): Path<(String, String)>,
    request: Request,
) -> Response {
    proxy
        .call(&provider, &path, request)
        .await
        .unwrap_or_else(IntoResponse::into_response)
}

async fn read(body: axum::body::Body) -> Result<Bytes, Refusal> {
    match tokio::time::timeout(REQUEST_PATIENCE, axum::body::to_bytes(body, REQUEST_BYTES)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err(Refusal::TooLarge),
        Err(_) => Err(Refusal::TooSlow),
    }
}

#[cfg(test)]
mod tests;
