//! The scripted model as a server of its own, for tests and demonstrations: `roundhouse scripted-model`.
//! Checks no keys and serves every dialect, with and without `/v1` before its paths.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, OriginalUri, State};
use axum::response::Response;
use axum::routing::any;
use bytes::Bytes;
use tokio::net::TcpListener;

use super::{Scenarios, Scripted};
use crate::models::REQUEST_BYTES;

/// Answers at every path that the dialects have.
pub fn router(scenarios: Scenarios) -> Router {
    Router::new()
        .fallback(any(answer))
        .layer(DefaultBodyLimit::max(REQUEST_BYTES))
        .with_state(Arc::new(Scripted::playing(scenarios)))
}

/// Serves until `stop` resolves; calls in flight end first.
pub async fn serve(
    scenarios: Scenarios,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router(scenarios))
        .with_graceful_shutdown(stop)
        .await
}

async fn answer(
    State(scripted): State<Arc<Scripted>>,
    OriginalUri(uri): OriginalUri,
    body: Bytes,
) -> Response {
    scripted.answer(uri.path(), &body).await
}
