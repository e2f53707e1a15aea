//! What a session has said and changed so far: its turns and its diff, to read.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use shared::SessionId;
use shared::changes::Diff;
use shared::page::Page;
use shared::socket::TurnTranscript;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::sessions::page_limit;
use crate::http::error::{ApiError, ApiResult};
use crate::http::extract::{Caller, Query, SessionPath};
use crate::http::kinds;
use crate::http::problems::problems;
use crate::http::state::AppState;

/// Turns on a page when the request does not say.
const DEFAULT_LIMIT: usize = 20;

/// The routes of this file.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(messages))
        .routes(routes!(diff))
}

problems!(MessagesProblems = SIGNED_IN + SESSION_NOT_FOUND + QUERY_INVALID + CURSOR_INVALID);
problems!(DiffProblems = SIGNED_IN + SESSION_NOT_FOUND);

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PageQuery {
    /// How many turns: 1 to 100, otherwise 20.
    limit: Option<usize>,
    /// `nextCursor` of the page before, or `earlier` of a view.
    cursor: Option<String>,
}

/// Read the conversation
///
/// By turns, the newest first; each with its messages and their parts.
#[utoipa::path(get, path = "/api/sessions/{id}/messages", operation_id = "readMessages", tag = "sessions",
    params(("id" = SessionId, Path), PageQuery), responses(
    (status = 200, body = Page<TurnTranscript>),
    MessagesProblems,
))]
async fn messages(
    State(state): State<AppState>,
    _: Caller,
    SessionPath(id): SessionPath,
    Query(query): Query<PageQuery>,
) -> ApiResult<Json<Page<TurnTranscript>>> {
    let before = query
        .cursor
        .map(|cursor| cursor.parse().map_err(|_| ApiError::new(&kinds::CURSOR_INVALID)));
    let limit = page_limit(query.limit, DEFAULT_LIMIT)?;
    must_exist(&state, id).await?;
    Ok(Json(
        state
            .storage()
            .transcript()
            .turns(id, before.transpose()?, limit)
            .await?,
    ))
}

/// Read what differs in the workspace
///
/// As of the end of the last turn.
#[utoipa::path(get, path = "/api/sessions/{id}/diff", operation_id = "readDiff", tag = "sessions", params(("id" = SessionId, Path)), responses(
    (status = 200, body = Diff),
    DiffProblems,
))]
async fn diff(
    State(state): State<AppState>,
    _: Caller,
    SessionPath(id): SessionPath,
) -> ApiResult<Json<Diff>> {
    must_exist(&state, id).await?;
    Ok(Json(state.storage().transcript().diff(id).await?))
}

async fn must_exist(state: &AppState, id: SessionId) -> ApiResult<()> {
    match state.storage().sessions().get(id).await? {
        Some(_) => Ok(()),
        None => Err(ApiError::new(&kinds::SESSION_NOT_FOUND)),
    }
}
