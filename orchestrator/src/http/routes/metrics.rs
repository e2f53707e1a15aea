//! `GET /metrics`: what was measured, in Prometheus' text format. Holds no names of people or sessions.

use axum::extract::State;
use axum::http::{HeaderName, header};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::state::AppState;

/// The routes of this file.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(metrics))
}

/// What was measured
#[utoipa::path(get, path = "/metrics", operation_id = "readMetrics", tag = "server", security(()), responses(
    (status = 200, description = "Prometheus' text format", body = String, content_type = "text/plain"),
))]
async fn metrics(State(state): State<AppState>) -> ([(HeaderName, &'static str); 1], String) {
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        state.metrics.render(),
    )
}
