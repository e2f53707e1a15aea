//! `GET /health`: whether this server can serve, for those who watch over it.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::error::{ApiError, ApiResult};
use crate::http::kinds;
use crate::http::state::AppState;

/// The routes of this file.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(health))
}

/// The state of the server.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Health {
    /// `ok`.
    status: &'static str,
    /// The server's version.
    version: &'static str,
}

/// Whether this server can serve
///
/// 200 only when the database answers and the server is not about to stop.
#[utoipa::path(get, path = "/health", operation_id = "readHealth", tag = "server", security(()), responses(
    (status = 200, body = Health),
    (status = 503, description = "`unavailable`, `draining`", body = shared::Problem, content_type = "application/problem+json"),
))]
async fn health(State(state): State<AppState>) -> ApiResult<(StatusCode, axum::Json<Health>)> {
    if state.lifecycle.is_draining() {
        return Err(ApiError::new(&kinds::DRAINING));
    }
    state.storage().ping().await.map_err(|error| {
        tracing::error!(%error, "the database does not answer");
        ApiError::with_detail(&kinds::UNAVAILABLE, "The database does not answer.")
    })?;
    Ok((
        StatusCode::OK,
        axum::Json(Health {
            status: "ok",
            version: env!("CARGO_PKG_VERSION"),
        }),
    ))
}
