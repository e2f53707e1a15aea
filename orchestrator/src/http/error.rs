//! The one error type of the HTTP edge. Handlers return it; `observe` writes it out as problem+json with
//! the request's id. What went wrong inside is logged here and never shown.

use std::borrow::Cow;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use shared::problem::{FieldError, Problem};

use super::kinds::{self, Kind};
use crate::session::SessionError;
use crate::storage::StorageError;

/// What handlers answer with when they do not succeed.
#[derive(Debug, Clone)]
pub struct ApiError(Box<Answer>);

#[derive(Debug, Clone)]
struct Answer {
    kind: &'static Kind,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    header: Option<(HeaderName, HeaderValue)>,
}

/// What handlers answer with.
pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    /// An error with the reference's own words for its kind.
    pub fn new(kind: &'static Kind) -> Self {
        Self::with_detail(kind, kind.meaning)
    }

    /// An error with words for this case.
    pub fn with_detail(kind: &'static Kind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Answer {
            kind,
            detail: detail.into(),
            errors: Vec::new(),
            header: None,
        }))
    }

    /// An error for wrong fields of a body. A single kind of mistake gives the answer its code.
    pub fn of_fields(mistakes: Vec<Mistake>) -> Self {
        let kind = match mistakes.as_slice() {
            [first, rest @ ..] if rest.iter().all(|mistake| mistake.kind == first.kind) => first.kind,
            _ => &kinds::VALIDATION_FAILED,
        };
        let mut answer = match mistakes.as_slice() {
            [only] => Self::with_detail(kind, format!("`{}`: {}", only.error.field, only.error.message)),
            _ => Self::new(kind),
        };
        answer.0.errors = mistakes.into_iter().map(|mistake| mistake.error).collect();
        answer
    }

    /// The answer to something that broke inside: logged with its cause, shown without.
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "a request failed inside");
        Self::new(&kinds::INTERNAL)
    }

    /// Which error it is.
    pub fn kind(&self) -> &'static Kind {
        self.0.kind
    }

    /// With a header that belongs to this answer.
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.header = Some((name, value));
        self
    }

    /// The body that clients see.
    pub fn problem(&self, request_id: Option<&str>) -> Problem {
        Problem {
            kind: format!("/docs/errors#{}", self.0.kind.code),
            title: self
                .0
                .kind
                .status
                .canonical_reason()
                .unwrap_or("Error")
                .to_owned(),
            status: self.0.kind.status.as_u16(),
            detail: self.0.detail.clone().into_owned(),
            code: self.0.kind.code.to_owned(),
            request_id: request_id.map(str::to_owned),
            errors: self.0.errors.clone(),
        }
    }

    /// The whole answer.
    pub fn render(&self, request_id: &str) -> Response {
        let body = serde_json::to_vec(&self.problem(Some(request_id))).unwrap_or_default();
        let content_type = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (self.0.kind.status, content_type, body).into_response();
        if self.0.kind.status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some((name, value)) = &self.0.header {
            response.headers_mut().insert(name, value.clone());
        }
        response
    }
}

/// A field of a request that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// What sort of mistake.
    pub kind: &'static Kind,
    /// The field and what to change.
    pub error: FieldError,
}

impl Mistake {
    /// A mistake in `field`.
    pub fn new(kind: &'static Kind, field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            kind,
            error: FieldError {
                field: field.into(),
                message: message.into(),
            },
        }
    }
}

/// An error on its way to `observe`, which knows the request's id.
#[derive(Clone)]
pub(super) struct Pending(pub(super) ApiError);

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.0.kind.status.into_response();
        response.extensions_mut().insert(Pending(self));
        response
    }
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::IdempotencyMismatch => Self::new(&kinds::IDEMPOTENCY_MISMATCH),
            StorageError::Closed => Self::new(&kinds::DRAINING),
            other => Self::internal(&other),
        }
    }
}

impl From<SessionError> for ApiError {
    fn from(error: SessionError) -> Self {
        let kind = match &error {
            SessionError::NotFound => &kinds::SESSION_NOT_FOUND,
            SessionError::Archived => &kinds::SESSION_ARCHIVED,
            SessionError::QueueFull => &kinds::QUEUE_FULL,
            SessionError::PromptNotFound => &kinds::PROMPT_NOT_FOUND,
            SessionError::PromptNotQueued => &kinds::PROMPT_NOT_QUEUED,
            SessionError::NothingRunning => &kinds::NOTHING_RUNNING,
            SessionError::QuestionNotFound => &kinds::QUESTION_NOT_FOUND,
            SessionError::OptionUnknown => &kinds::OPTION_UNKNOWN,
            SessionError::Busy => &kinds::SESSION_BUSY,
            SessionError::CursorAhead { .. } => &kinds::CURSOR_AHEAD,
            SessionError::IdempotencyMismatch => &kinds::IDEMPOTENCY_MISMATCH,
            SessionError::Overloaded => &kinds::SESSION_OVERLOADED,
            SessionError::Unavailable => &kinds::UNAVAILABLE,
        };
        debug_assert_eq!(kind.code, error.code());
        let answer = Self::with_detail(kind, error.to_string());
        if kind.status == StatusCode::SERVICE_UNAVAILABLE {
            return answer.with_header(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sort_of_mistake_names_the_answer() {
        let mistake = |kind, field| Mistake::new(kind, field, "change it");
        let one = ApiError::of_fields(vec![mistake(&kinds::PROMPT_EMPTY, "text")]);
        assert_eq!(one.kind().code, "prompt_empty");
        assert_eq!(one.problem(None).detail, "`text`: change it");
        let two = ApiError::of_fields(vec![
            mistake(&kinds::PROMPT_EMPTY, "prompt"),
            mistake(&kinds::TITLE_TOO_LONG, "title"),
        ]);
        assert_eq!(two.kind().code, "validation_failed");
        assert_eq!(two.problem(None).errors.len(), 2);
    }

    #[test]
    fn causes_are_not_shown() {
        let error = ApiError::internal(&"password=hunter2 in /srv/data");
        let text = serde_json::to_string(&error.problem(Some("r1"))).unwrap();
        assert!(
            !text.contains("hunter2") && text.contains("\"requestId\":\"r1\""),
            "{text}"
        );
    }
}
