//! Questions of the agent: a human answers.

use axum::extract::State;
use axum::http::StatusCode;
use shared::question::AnswerQuestion;
use shared::{QuestionId, SessionId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::error::ApiResult;
use crate::http::extract::{Caller, Json, QuestionPath};
use crate::http::problems::problems;
use crate::http::state::AppState;

/// The routes of this file.
pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(answer))
}

problems!(Problems = WITH_BODY + SESSION_NOT_FOUND + QUESTION_NOT_FOUND + OPTION_UNKNOWN);

/// Answer a question of the agent
#[utoipa::path(post, path = "/api/sessions/{id}/questions/{questionId}/answer", operation_id = "answerQuestion", tag = "prompts",
    params(("id" = SessionId, Path), ("questionId" = QuestionId, Path)), request_body = AnswerQuestion, responses(
    (status = 204, description = "The agent will be told"),
    Problems,
))]
async fn answer(
    State(state): State<AppState>,
    caller: Caller,
    path: QuestionPath,
    Json(request): Json<AnswerQuestion>,
) -> ApiResult<StatusCode> {
    let session = state.sessions.open(path.session).await?;
    session
        .answer(path.question, request.option_id, caller.0.person)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
