//! `GET /api/capabilities`: what can be chosen here, and its bounds.

use axum::Json;
use axum::extract::State;
use shared::capabilities::{Capabilities, Limits, SandboxCapabilities};
use shared::limits::{PROMPT_BYTES, QUEUE_LENGTH};
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
    // What sandboxes can do here is found out in the first moments of the server.
    let provider = state.provider.wait().await;
    let sandbox = provider.capabilities();
    Json(Capabilities {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        sandbox: SandboxCapabilities {
            provider: provider.name().to_owned(),
            isolated: sandbox.isolated,
            warning: sandbox.warning.clone(),
        },
        agents: state.agents.clone(),
        models: state.catalog.choices(),
        limits: Limits {
            prompt_bytes: PROMPT_BYTES,
            queue_length: QUEUE_LENGTH,
        },
    })
}
