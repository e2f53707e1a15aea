//! Answers of the proxy's own: problem details, with the `error` member that the vendors' clients look for,
//! so that an agent shows the sentence and not just a status.

use axum::Json;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use shared::Problem;

use super::CALLS_PER_SESSION;
use crate::models::REQUEST_BYTES;
use crate::models::failure::CallFailure;

/// Why a call was not passed on, or has no answer of a provider to pass back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("send the sandbox's token as a bearer token, or where your client puts its API key")]
    NoToken,
    #[error("this token belongs to no sandbox")]
    UnknownToken,
    #[error("this sandbox no longer speaks for its session")]
    Retired,
    #[error("there is no such model provider")]
    UnknownProvider,
    #[error("this provider has no such path, or it is not one that a conversation needs")]
    UnknownPath,
    #[error("the request is larger than {REQUEST_BYTES} bytes: shorten the conversation or its attachments")]
    TooLarge,
    #[error("the request did not arrive in time")]
    TooSlow,
    #[error("the request's body is not a JSON object")]
    NotJson,
    #[error("this session has {CALLS_PER_SESSION} model calls under way: wait for one to end")]
    TooManyCalls,
    #[error("{0}")]
    Failed(CallFailure),
}

impl Refusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NoToken | Self::UnknownToken => "sandbox_token_invalid",
            Self::Retired => "sandbox_token_retired",
            Self::UnknownProvider => "model_provider_unknown",
            Self::UnknownPath => "model_path_unknown",
            Self::TooLarge => "model_request_too_large",
            Self::TooSlow => "model_request_timeout",
            Self::NotJson => "model_request_malformed",
            Self::TooManyCalls => "model_calls_full",
            Self::Failed(failure) => failure.code(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NoToken | Self::UnknownToken => StatusCode::UNAUTHORIZED,
            Self::Retired => StatusCode::FORBIDDEN,
            Self::UnknownProvider | Self::UnknownPath => StatusCode::NOT_FOUND,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::NotJson => StatusCode::BAD_REQUEST,
            Self::TooManyCalls => StatusCode::TOO_MANY_REQUESTS,
            Self::Failed(failure) => failure.status(),
        }
    }
}

#[derive(serde::Serialize)]
struct Body {
    #[serde(flatten)]
    problem: Problem,
    error: VendorError,
}

#[derive(serde::Serialize)]
struct VendorError {
    message: String,
    #[serde(rename = "type")]
    kind: &'static str,
    code: &'static str,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, code, detail) = (self.status(), self.code(), self.to_string());
        let problem = Problem {
            kind: format!("/docs#{code}"),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: detail.clone(),
            code: code.to_owned(),
            request_id: None,
            errors: Vec::new(),
        };
        let body = Body {
            problem,
            error: VendorError {
                message: detail,
                kind: "roundhouse_error",
                code,
            },
        };
        let mut response = (status, Json(body)).into_response();
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response
    }
}
