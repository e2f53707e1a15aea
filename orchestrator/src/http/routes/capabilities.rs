//! `GET /api/capabilities`: what can be chosen here, and its bounds.

use axum::Json;
use axum::extract::State;
use shared::capabilities::Capabilities;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::extract::Caller;
use crate::http::problems::problems;
use crate::http::state::AppState;

/// The routes of this file.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(capabilities))
}

problems!(Problems = SIGNED_IN);

/// What this installation can do
#[utoipa::path(get, path = "/api/capabilities", operation_id = "readCapabilities", tag = "server", responses(
    (status = 200, body = Capabilities),
    Problems,
))]
async fn capabilities(State(state): State<AppState>, _: Caller) -> Json<Capabilities> {
    Json(state.capabilities.clone())
}
