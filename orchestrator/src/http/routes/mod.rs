//! The URL map: one file a resource, each with its own `router()`.

mod answer;
mod auth;
mod capabilities;
mod health;
mod list_events;
mod metrics;
mod prompts;
mod questions;
mod runner_socket;
mod session_events;
mod session_socket;
mod sessions;
mod transcript;
mod web;

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use super::error::ApiError;
use super::state::AppState;
use super::{kinds, observe, reference, security};

/// How long a request may take to be answered. Streams and sockets are answered when they open.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// The published API and its description.
fn api() -> (Router<AppState>, OpenApi) {
    OpenApiRouter::with_openapi(reference::description())
        .merge(auth::router())
        .merge(sessions::router())
        .merge(prompts::router())
        .merge(questions::router())
        .merge(transcript::router())
        .merge(session_socket::router())
        .merge(session_events::router())
        .merge(list_events::router())
        .merge(capabilities::router())
        .merge(health::router())
        .merge(metrics::router())
        .split_for_parts()
}

/// All that the server answers. `models` is the model proxy, whose answers pass through as they are.
pub fn router(state: AppState, models: Router) -> Router {
    let (api, description) = api();
    Router::new()
        .merge(api)
        .merge(runner_socket::router())
        .merge(reference::router(description))
        .layer(from_fn(limit_time))
        .with_state(state.clone())
        .merge(models)
        .method_not_allowed_fallback(wrong_method)
        .fallback(web::serve)
        .layer(CatchPanicLayer::custom(after_panic))
        .layer(from_fn_with_state(state, security::secure))
        .layer(from_fn(observe::observe))
}

async fn limit_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(ANSWER_LIMIT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::new(&kinds::TIMED_OUT).into_response(),
    }
}

async fn wrong_method() -> ApiError {
    ApiError::new(&kinds::METHOD_NOT_ALLOWED)
}

fn after_panic(panic: Box<dyn Any + Send>) -> Response {
    let message = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    ApiError::internal(&format_args!("panic: {message}")).into_response()
}
