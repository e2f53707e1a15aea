//! `/api/sessions`: make, list, read, change and delete sessions, and put them to sleep.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Deserialize;
use shared::limits::PAGE_LENGTH;
use shared::page::Page;
use shared::session::{CreateSession, Session, SessionStatus, UpdateSession};
use shared::{SessionId, Timestamp};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answered, answered};
use crate::http::error::{ApiError, ApiResult};
use crate::http::extract::{self, Caller, IdempotencyHeader, IdempotencyKey, Query, SessionPath};
use crate::http::problems::problems;
use crate::http::state::AppState;
use crate::http::{kinds, validate};
use crate::session::NewSession;
use crate::storage::ListSessions;

/// Sessions on a page when the request does not say.
const DEFAULT_LIMIT: usize = 50;

/// The routes of this file.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
        .routes(routes!(archive))
        .routes(routes!(hibernate))
        .routes(routes!(wake))
}

problems!(ListProblems = SIGNED_IN + QUERY_INVALID + CURSOR_INVALID);
problems!(ReadProblems = SIGNED_IN + SESSION_NOT_FOUND);
problems!(ChangeProblems = CHANGING + SESSION_NOT_FOUND);
problems!(SleepProblems = CHANGING + SESSION_NOT_FOUND + SESSION_BUSY + SESSION_ARCHIVED);
problems!(WakeProblems = CHANGING + SESSION_NOT_FOUND + SESSION_ARCHIVED);
problems!(
    CreateProblems = WITH_BODY
        + HEADER_INVALID
        + IDEMPOTENCY_MISMATCH
        + TITLE_INVALID
        + TITLE_TOO_LONG
        + REPOSITORY_URL_INVALID
        + BRANCH_INVALID
        + AGENT_UNKNOWN
        + MODEL_UNKNOWN
        + PROMPT_EMPTY
        + PROMPT_TOO_LONG
        + ENVIRONMENT_INVALID
);
problems!(
    UpdateProblems =
        WITH_BODY + SESSION_NOT_FOUND + SESSION_ARCHIVED + TITLE_INVALID + TITLE_TOO_LONG + MODEL_UNKNOWN
);

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only these.
    status: Option<SessionStatus>,
    /// How many: 1 to 100, otherwise 50.
    limit: Option<usize>,
    /// `nextCursor` of the page before.
    cursor: Option<String>,
}

/// List sessions
///
/// The most recently changed first.
#[utoipa::path(get, path = "/api/sessions", operation_id = "listSessions", tag = "sessions", params(ListQuery), responses(
    (status = 200, body = Page<Session>),
    ListProblems,
))]
async fn list(
    State(state): State<AppState>,
    _: Caller,
    Query(query): Query<ListQuery>,
) -> ApiResult<Json<Page<Session>>> {
    let after = query.cursor.as_deref().map(read_cursor).transpose()?;
    let limit = page_limit(query.limit, DEFAULT_LIMIT)?;
    let which = ListSessions {
        status: query.status,
        after,
        limit,
    };
    Ok(Json(state.storage().sessions().list(which).await?))
}

/// How many entries a request may ask for.
pub(super) fn page_limit(wanted: Option<usize>, default: usize) -> ApiResult<usize> {
    let limit = wanted.unwrap_or(default);
    if (1..=PAGE_LENGTH).contains(&limit) {
        return Ok(limit);
    }
    let detail = format!("`limit` must be a number from 1 to {PAGE_LENGTH}.");
    Err(ApiError::with_detail(&kinds::QUERY_INVALID, detail))
}

/// Reads what `list` gives as `nextCursor`: a moment in milliseconds, `.`, and an id without its prefix.
fn read_cursor(text: &str) -> ApiResult<(Timestamp, SessionId)> {
    text.split_once('.')
        .and_then(|(millis, suffix)| {
            let id = format!("{}_{suffix}", SessionId::PREFIX).parse().ok()?;
            Some((Timestamp::from_millis(millis.parse().ok()?), id))
        })
        .ok_or_else(|| ApiError::new(&kinds::CURSOR_INVALID))
}

/// Make a session
///
/// With a `prompt`, work on it begins at once.
#[utoipa::path(post, path = "/api/sessions", operation_id = "createSession", tag = "sessions", params(IdempotencyHeader),
    request_body = CreateSession, responses(
    (status = 201, body = Session, headers(("location" = String, description = "Its path"))),
    CreateProblems,
))]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    key: IdempotencyKey,
    extract::Json(request): extract::Json<CreateSession>,
) -> ApiResult<(StatusCode, [(HeaderName, HeaderValue); 1], Answered<Session>)> {
    state.with_choices(|choices| validate::create_session(&request, choices))?;
    let guard = key.guard(&caller, "POST /api/sessions", &request);
    let origin = caller.origin();
    let new = NewSession {
        title: request.title,
        repository: request.repository,
        agent: request.agent.unwrap_or_else(|| state.default_agent().to_owned()),
        model: request
            .model
            .unwrap_or_else(|| state.catalog.default_model().to_owned()),
        permissions: request.permissions.unwrap_or_default(),
        environment: request.environment.unwrap_or_default(),
        prompt: request.prompt,
        by: caller.0.person,
        origin,
    };
    let answer = answered(state.sessions.create(new, guard).await?);
    let path = format!("/api/sessions/{}", answer.body().id);
    let location = HeaderValue::from_str(&path).map_err(|error| ApiError::internal(&error))?;
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], answer))
}

/// Read a session
#[utoipa::path(get, path = "/api/sessions/{id}", operation_id = "readSession", tag = "sessions", params(("id" = SessionId, Path)), responses(
    (status = 200, body = Session),
    ReadProblems,
))]
async fn get(
    State(state): State<AppState>,
    _: Caller,
    SessionPath(id): SessionPath,
) -> ApiResult<Json<Session>> {
    let stored = state.storage().sessions().get(id).await?;
    let stored = stored.ok_or_else(|| ApiError::new(&kinds::SESSION_NOT_FOUND))?;
    Ok(Json(stored.session()))
}

/// Change a session
///
/// What is absent stays. A new model is used from the next turn on.
#[utoipa::path(patch, path = "/api/sessions/{id}", operation_id = "updateSession", tag = "sessions", params(("id" = SessionId, Path)),
    request_body = UpdateSession, responses(
    (status = 200, body = Session),
    UpdateProblems,
))]
async fn update(
    State(state): State<AppState>,
    caller: Caller,
    SessionPath(id): SessionPath,
    extract::Json(request): extract::Json<UpdateSession>,
) -> ApiResult<Json<Session>> {
    state.with_choices(|choices| validate::update_session(&request, choices))?;
    let session = state.sessions.open(id).await?;
    Ok(Json(session.update(request, caller.0.person).await?))
}

/// Delete a session
///
/// Ends its sandbox and removes its workspace and its history for good.
#[utoipa::path(delete, path = "/api/sessions/{id}", operation_id = "deleteSession", tag = "sessions", params(("id" = SessionId, Path)), responses(
    (status = 204, description = "It is gone"),
    ChangeProblems,
))]
async fn delete(
    State(state): State<AppState>,
    _: Caller,
    SessionPath(id): SessionPath,
) -> ApiResult<StatusCode> {
    state.sessions.delete(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Put a session into the archive
///
/// It takes no prompts any more; its sandbox is put to sleep. `PATCH` with `{"status":"open"}` takes it out.
#[utoipa::path(post, path = "/api/sessions/{id}/archive", operation_id = "archiveSession", tag = "sessions", params(("id" = SessionId, Path)), responses(
    (status = 200, body = Session),
    ChangeProblems,
))]
async fn archive(
    State(state): State<AppState>,
    caller: Caller,
    SessionPath(id): SessionPath,
) -> ApiResult<Json<Session>> {
    let update = UpdateSession {
        status: Some(SessionStatus::Archived),
        ..UpdateSession::default()
    };
    Ok(Json(
        state
            .sessions
            .open(id)
            .await?
            .update(update, caller.0.person)
            .await?,
    ))
}

/// Put a session's sandbox to sleep
///
/// The workspace is kept; the next prompt wakes it.
#[utoipa::path(post, path = "/api/sessions/{id}/hibernate", operation_id = "hibernateSession", tag = "sessions", params(("id" = SessionId, Path)), responses(
    (status = 202, description = "It is under way", body = Session),
    SleepProblems,
))]
async fn hibernate(
    State(state): State<AppState>,
    _: Caller,
    SessionPath(id): SessionPath,
) -> ApiResult<(StatusCode, Json<Session>)> {
    Ok((
        StatusCode::ACCEPTED,
        Json(state.sessions.open(id).await?.hibernate().await?),
    ))
}

/// Wake a session's sandbox
#[utoipa::path(post, path = "/api/sessions/{id}/wake", operation_id = "wakeSession", tag = "sessions", params(("id" = SessionId, Path)), responses(
    (status = 202, description = "It is under way", body = Session),
    WakeProblems,
))]
async fn wake(
    State(state): State<AppState>,
    _: Caller,
    SessionPath(id): SessionPath,
) -> ApiResult<(StatusCode, Json<Session>)> {
    Ok((
        StatusCode::ACCEPTED,
        Json(state.sessions.open(id).await?.wake().await?),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_what_lists_give() {
        let id = SessionId::new();
        let (moment, read) = read_cursor(&format!("1700000000000.{}", id.suffix())).unwrap();
        assert_eq!((moment.as_millis(), read), (1_700_000_000_000, id));
        for wrong in ["", ".", "x", "1.", "1.x", &format!("x.{}", id.suffix())] {
            assert_eq!(
                read_cursor(wrong).unwrap_err().kind().code,
                "cursor_invalid",
                "{wrong}"
            );
        }
    }

    #[test]
    fn pages_have_bounds() {
        assert_eq!(page_limit(None, 50).unwrap(), 50);
        assert_eq!(page_limit(Some(100), 50).unwrap(), 100);
        assert!(page_limit(Some(0), 50).is_err() && page_limit(Some(101), 50).is_err());
    }
}
