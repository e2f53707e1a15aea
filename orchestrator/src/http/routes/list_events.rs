//! `GET /api/events`: every session that changed, as a server-sent stream, for lists. It has no history:
//! a client that was away reads the list again.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use shared::session::Session;
use tokio::sync::broadcast::Receiver;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::extract::Caller;
use crate::http::problems::problems;
use crate::http::sse::{self, Source};
use crate::http::state::AppState;

/// The routes of this file.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(follow))
}

problems!(Problems = SIGNED_IN);

/// Follow all sessions
///
/// Each change of a session comes as `event: session` with the whole session.
#[utoipa::path(get, path = "/api/events", operation_id = "followSessions", tag = "live", responses(
    (status = 200, description = "The stream", body = Session, content_type = "text/event-stream"),
    Problems,
))]
async fn follow(State(state): State<AppState>, _: Caller) -> Response {
    sse::respond(Changes(state.sessions.changes()), state.lifecycle.clone())
}

struct Changes(Receiver<Arc<Session>>);

impl Source for Changes {
    async fn next(&mut self) -> Option<Bytes> {
        // Whoever missed some is cut off, comes back and reads the list again.
        let session = self.0.recv().await.ok()?;
        let json = serde_json::to_string(&*session).ok()?;
        Some(format!("event: session\ndata: {json}\n\n").into())
    }
}
