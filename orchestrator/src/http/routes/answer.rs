//! The body of an answer to a creating request, which says so in a header when it was given before.

use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::session::Answer;

/// On answers that repeat an earlier one.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// A JSON body, new or repeated.
pub(super) struct Answered<T> {
    body: T,
    replayed: bool,
}

/// The answer as a body.
pub(super) fn answered<T>(answer: Answer<T>) -> Answered<T> {
    match answer {
        Answer::Fresh(body) => Answered {
            body,
            replayed: false,
        },
        Answer::Replayed(body) => Answered { body, replayed: true },
    }
}

impl<T> Answered<T> {
    /// What it says.
    pub(super) const fn body(&self) -> &T {
        &self.body
    }
}

impl<T: Serialize> IntoResponse for Answered<T> {
    fn into_response(self) -> Response {
        let mut response = axum::Json(self.body).into_response();
        if self.replayed {
            response
                .headers_mut()
                .insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}
