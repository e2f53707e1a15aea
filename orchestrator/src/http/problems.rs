//! Which errors a route can answer with, for the published description: routes name kinds, and the
//! statuses, codes and words follow from the table of kinds.

use std::collections::BTreeMap;

use shared::Problem;
use utoipa::ToSchema;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

use super::kinds::{self, Kind};

/// Of every route that needs somebody signed in.
pub(super) static SIGNED_IN: &[&Kind] = &[
    &kinds::UNAUTHENTICATED,
    &kinds::INTERNAL,
    &kinds::DRAINING,
    &kinds::TIMED_OUT,
];

/// Of every such route that changes something.
pub(super) static CHANGING: &[&Kind] = &[
    &kinds::UNAUTHENTICATED,
    &kinds::ORIGIN_MISMATCH,
    &kinds::UNAVAILABLE,
    &kinds::INTERNAL,
    &kinds::DRAINING,
    &kinds::TIMED_OUT,
];

/// Of every such route that takes a body.
pub(super) static WITH_BODY: &[&Kind] = &[
    &kinds::MALFORMED_JSON,
    &kinds::UNAUTHENTICATED,
    &kinds::ORIGIN_MISMATCH,
    &kinds::BODY_TOO_LARGE,
    &kinds::CONTENT_TYPE_UNSUPPORTED,
    &kinds::VALIDATION_FAILED,
    &kinds::UNAVAILABLE,
    &kinds::INTERNAL,
    &kinds::DRAINING,
    &kinds::TIMED_OUT,
];

/// Declares a set of answers for `#[utoipa::path(responses(…))]`: those of a sort of route, and more.
macro_rules! problems {
    ($name:ident = $sort:ident $(+ $kind:ident)*) => {
        struct $name;

        impl utoipa::IntoResponses for $name {
            fn responses()
            -> std::collections::BTreeMap<String, utoipa::openapi::RefOr<utoipa::openapi::Response>> {
                $crate::http::problems::responses(
                    $crate::http::problems::$sort,
                    &[$(&$crate::http::kinds::$kind),*],
                )
            }
        }
    };
}
pub(super) use problems;

/// The answers for kinds, one a status.
pub(super) fn responses(sort: &[&'static Kind], more: &[&'static Kind]) -> BTreeMap<String, RefOr<Response>> {
    let mut codes: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for kind in sort.iter().chain(more) {
        codes
            .entry(kind.status.as_str().to_owned())
            .or_default()
            .push(kind.code);
    }
    codes
        .into_iter()
        .map(|(status, codes)| {
            let description = codes
                .iter()
                .map(|code| format!("`{code}`"))
                .collect::<Vec<_>>()
                .join(", ");
            let content = ContentBuilder::new()
                .schema(Some(Ref::from_schema_name(Problem::name())))
                .build();
            let response = ResponseBuilder::new()
                .description(description)
                .content("application/problem+json", content)
                .build();
            (status, RefOr::T(response))
        })
        .collect()
}
