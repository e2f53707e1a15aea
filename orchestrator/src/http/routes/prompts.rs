//! Prompts of a session: queue one, withdraw one, stop the turn.

use axum::extract::State;
use axum::http::StatusCode;
use shared::prompt::{CreatePrompt, Prompt};
use shared::{PromptId, SessionId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Answered, answered};
use crate::http::error::ApiResult;
use crate::http::extract::{Caller, IdempotencyHeader, IdempotencyKey, Json, PromptPath, SessionPath};
use crate::http::problems::problems;
use crate::http::state::AppState;
use crate::http::validate;
use crate::session::NewPrompt;

/// The routes of this file.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create))
        .routes(routes!(cancel))
        .routes(routes!(abort))
}

problems!(
    CreateProblems = WITH_BODY
        + HEADER_INVALID
        + SESSION_NOT_FOUND
        + SESSION_ARCHIVED
        + QUEUE_FULL
        + IDEMPOTENCY_MISMATCH
        + PROMPT_EMPTY
        + PROMPT_TOO_LONG
);
problems!(CancelProblems = CHANGING + SESSION_NOT_FOUND + PROMPT_NOT_FOUND + PROMPT_NOT_QUEUED);
problems!(AbortProblems = CHANGING + SESSION_NOT_FOUND + NOTHING_RUNNING);

/// Give the agent a prompt
///
/// It waits its turn; with `"mode":"steer"` the running turn is stopped and this one goes next. At most
/// 32 wait in a session.
#[utoipa::path(post, path = "/api/sessions/{id}/prompts", operation_id = "createPrompt", tag = "prompts",
    params(("id" = SessionId, Path), IdempotencyHeader), request_body = CreatePrompt, responses(
    (status = 202, description = "It is kept and will be acted on", body = Prompt),
    CreateProblems,
))]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    SessionPath(id): SessionPath,
    key: IdempotencyKey,
    Json(request): Json<CreatePrompt>,
) -> ApiResult<(StatusCode, Answered<Prompt>)> {
    validate::prompt_text(&request.text)?;
    let guard = key.guard(&caller, &format!("POST /api/sessions/{id}/prompts"), &request);
    let session = state.sessions.open(id).await?;
    let new = NewPrompt {
        text: request.text,
        mode: request.mode,
        origin: caller.origin(),
        author: caller.0.person,
    };
    Ok((StatusCode::ACCEPTED, answered(session.prompt(new, guard).await?)))
}

/// Withdraw a waiting prompt
#[utoipa::path(delete, path = "/api/sessions/{id}/prompts/{promptId}", operation_id = "cancelPrompt", tag = "prompts",
    params(("id" = SessionId, Path), ("promptId" = PromptId, Path)), responses(
    (status = 204, description = "It is withdrawn"),
    CancelProblems,
))]
async fn cancel(State(state): State<AppState>, caller: Caller, path: PromptPath) -> ApiResult<StatusCode> {
    let session = state.sessions.open(path.session).await?;
    session.cancel_prompt(path.prompt, caller.0.person).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Stop the running turn
///
/// The turn's end follows as an event, when the agent has really stopped.
#[utoipa::path(post, path = "/api/sessions/{id}/abort", operation_id = "abortTurn", tag = "prompts", params(("id" = SessionId, Path)), responses(
    (status = 202, description = "It is under way"),
    AbortProblems,
))]
async fn abort(
    State(state): State<AppState>,
    _: Caller,
    SessionPath(id): SessionPath,
) -> ApiResult<StatusCode> {
    state.sessions.open(id).await?.abort().await?;
    Ok(StatusCode::ACCEPTED)
}
