//! How handlers get at a request: every extractor here refuses with a named error of ours, never with
//! a framework's own text. `Caller` is the one place where a request becomes a person.

use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum_extra::extract::CookieJar;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use shared::limits::CLIENT_FRAME_BYTES;
use shared::prompt::Origin;
use shared::{PromptId, QuestionId, SessionId};

use super::error::{ApiError, Mistake};
use super::kinds::{self, Kind};
use super::state::AppState;
use crate::auth::{self, Identity, Via};
use crate::storage::Idempotency;

/// The browser's cookie, which holds a login token.
pub const COOKIE: &str = "roundhouse_session";

/// A JSON body of at most [`CLIENT_FRAME_BYTES`].
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::new(&kinds::CONTENT_TYPE_UNSUPPORTED));
        }
        let body = Limited::new(request.into_body(), CLIENT_FRAME_BYTES)
            .collect()
            .await;
        let bytes = body.map(http_body_util::Collected::to_bytes).map_err(|error| {
            if error.is::<LengthLimitError>() {
                ApiError::new(&kinds::BODY_TOO_LARGE)
            } else {
                ApiError::with_detail(&kinds::MALFORMED_JSON, "The body ended before it was whole.")
            }
        })?;
        read_json(&bytes).map(Self)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let essence = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map(|value| {
            value
                .split(';')
                .next()
                .unwrap_or_default()
                .trim()
                .to_ascii_lowercase()
        });
    essence.is_some_and(|essence| essence == "application/json" || essence.ends_with("+json"))
}

fn read_json<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, ApiError> {
    // Serde would take a list for an object, its entries for the fields in order.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        serde_json::from_slice::<serde::de::IgnoredAny>(bytes).map_err(|error| explain(".", &error))?;
        let message = "write an object: `{…}`";
        return Err(ApiError::of_fields(vec![Mistake::new(
            &kinds::VALIDATION_FAILED,
            "(body)",
            message,
        )]));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        explain(&path, &error.into_inner())
    })?;
    reader.end().map_err(|error| explain(".", &error))?;
    Ok(value)
}

/// Tells broken JSON from JSON of a wrong shape, and names the field of the latter.
fn explain(path: &str, error: &serde_json::Error) -> ApiError {
    let text = error.to_string();
    if !error.is_data() {
        return ApiError::with_detail(&kinds::MALFORMED_JSON, format!("The body is not JSON: {text}."));
    }
    let message = text.split(" at line ").next().unwrap_or(&text).to_owned();
    // For an absent or unknown field the path ends at the object around it.
    let named = ["missing field `", "unknown field `"]
        .iter()
        .find_map(|begin| message.strip_prefix(begin)?.split('`').next());
    let parent = if path == "." { "" } else { path };
    let field = match (parent, named) {
        ("", None) => "(body)".to_owned(),
        ("", Some(name)) => name.to_owned(),
        (parent, Some(name)) if parent == name || parent.ends_with(&format!(".{name}")) => parent.to_owned(),
        (parent, Some(name)) => format!("{parent}.{name}"),
        (parent, None) => parent.to_owned(),
    };
    ApiError::of_fields(vec![Mistake::new(&kinds::VALIDATION_FAILED, field, message)])
}

/// Parameters after the `?`.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        axum::extract::Query::<T>::try_from_uri(&parts.uri)
            .map(|query| Self(query.0))
            .map_err(|error| ApiError::with_detail(&kinds::QUERY_INVALID, error.body_text()))
    }
}

/// The session that the path names. What is no id names no session.
pub struct SessionPath(pub SessionId);

/// The prompt that the path names.
pub struct PromptPath {
    /// Its session.
    pub session: SessionId,
    /// The prompt.
    pub prompt: PromptId,
}

/// The question that the path names.
pub struct QuestionPath {
    /// Its session.
    pub session: SessionId,
    /// The question.
    pub question: QuestionId,
}

impl<S: Send + Sync> FromRequestParts<S> for SessionPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        id(parts, state, "id", &kinds::SESSION_NOT_FOUND).await.map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PromptPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let session = id(parts, state, "id", &kinds::SESSION_NOT_FOUND).await?;
        let prompt = id(parts, state, "promptId", &kinds::PROMPT_NOT_FOUND).await?;
        Ok(Self { session, prompt })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for QuestionPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let session = id(parts, state, "id", &kinds::SESSION_NOT_FOUND).await?;
        let question = id(parts, state, "questionId", &kinds::QUESTION_NOT_FOUND).await?;
        Ok(Self { session, question })
    }
}

async fn id<T: std::str::FromStr, S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
    name: &str,
    missing: &'static Kind,
) -> Result<T, ApiError> {
    // A segment that is not UTF-8 once decoded is no id either.
    let params = RawPathParams::from_request_parts(parts, state)
        .await
        .map_err(|_| ApiError::new(missing))?;
    params
        .iter()
        .find(|(key, _)| *key == name)
        .and_then(|(_, value)| value.parse().ok())
        .ok_or_else(|| ApiError::new(missing))
}

/// Whoever sent the request: somebody who is signed in, or a program with a key.
pub struct Caller(pub Identity);

impl Caller {
    /// Where prompts of this caller come from.
    pub const fn origin(&self) -> Origin {
        match self.0.via {
            Via::Cookie => Origin::Web,
            Via::Header => Origin::Api,
        }
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let headers = &parts.headers;
        let refused = || ApiError::new(&kinds::UNAUTHENTICATED);
        // A program that shows a wrong key is told so, even if a cookie came along.
        if let Some(secret) = shown_secret(headers) {
            return state.auth.by_header(secret).await?.map(Self).ok_or_else(refused);
        }
        let cookies = CookieJar::from_headers(headers);
        let token = cookies.get(COOKIE).ok_or_else(refused)?.value();
        let identity = state.auth.by_cookie(token).await?.ok_or_else(refused)?;
        let reads = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
        if (!reads || headers.contains_key(header::UPGRADE)) && !from_our_page(headers, state) {
            return Err(ApiError::new(&kinds::ORIGIN_MISMATCH));
        }
        Ok(Self(identity))
    }
}

/// The secret in `Authorization: Bearer …` or `X-Agent-Api-Key`.
pub fn shown_secret(headers: &HeaderMap) -> Option<&str> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        // A header that is there but not of this form holds a secret that nobody has.
        return Some(bearer(value.to_str().unwrap_or_default()).unwrap_or_default());
    }
    headers
        .get("x-agent-api-key")
        .map(|value| value.to_str().unwrap_or_default().trim())
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, secret) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}

fn from_our_page(headers: &HeaderMap, state: &AppState) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    text(header::ORIGIN).is_some_and(|origin| auth::is_ours(origin, &state.public_url, text(header::HOST)))
}

/// The `Idempotency-Key` header, for the published description.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IdempotencyHeader {
    /// 1 to 255 characters, kept 24 hours: the same key and body give the first answer again.
    #[param(rename = "Idempotency-Key")]
    #[expect(dead_code, reason = "read by `IdempotencyKey`")]
    idempotency_key: Option<String>,
}

/// The `Idempotency-Key` header, if it was sent.
pub struct IdempotencyKey(Option<String>);

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Some(value) = parts.headers.get("idempotency-key") else {
            return Ok(Self(None));
        };
        let key = value.to_str().unwrap_or_default();
        if key.is_empty() || key.len() > 255 {
            return Err(ApiError::with_detail(
                &kinds::HEADER_INVALID,
                "`Idempotency-Key` must be 1 to 255 visible ASCII characters.",
            ));
        }
        Ok(Self(Some(key.to_owned())))
    }
}

impl IdempotencyKey {
    /// What guards a request against being done twice. `action` names what is done to what, and `body`
    /// is all that it is done with.
    pub fn guard(self, caller: &Caller, action: &str, body: &impl Serialize) -> Option<Idempotency> {
        self.0.map(|key| guard(caller, key, action, body))
    }
}

/// As [`IdempotencyKey::guard`], with a key that came another way.
pub fn guard(caller: &Caller, key: String, action: &str, body: &impl Serialize) -> Idempotency {
    let mut hash = Sha256::new();
    hash.update(action.as_bytes());
    hash.update([0]);
    // Our own request types always serialise; the parsed form makes white space not matter.
    hash.update(serde_json::to_vec(body).unwrap_or_default());
    Idempotency {
        owner: caller.0.person.id,
        key,
        fingerprint: hash.finalize().into(),
    }
}

#[cfg(test)]
mod tests {
    use shared::prompt::CreatePrompt;
    use shared::session::CreateSession;

    use super::*;

    fn refusal<T: DeserializeOwned>(body: &'static str) -> (String, Vec<String>) {
        let Err(error) = read_json::<T>(&Bytes::from_static(body.as_bytes())) else {
            return ("accepted".to_owned(), Vec::new());
        };
        let problem = error.problem(None);
        (
            problem.code,
            problem.errors.into_iter().map(|error| error.field).collect(),
        )
    }

    #[test]
    fn a_wrong_field_is_named() {
        let cases = [
            (r#"{"title":7}"#, "title"),
            (r#"{"titel":"x"}"#, "titel"),
            (r#"{"repository":{"url":7}}"#, "repository.url"),
            (r#"{"repository":{}}"#, "repository.url"),
            (r#"{"repository":{"url":"x","depth":1}}"#, "repository.depth"),
            (r#"{"environment":{"A":1}}"#, "environment.A"),
            (r#"{"permissions":"never"}"#, "permissions"),
            ("[]", "(body)"),
            ("7", "(body)"),
        ];
        for (body, field) in cases {
            let (code, fields) = refusal::<CreateSession>(body);
            assert_eq!(
                (code.as_str(), fields),
                ("validation_failed", vec![field.to_owned()]),
                "{body}"
            );
        }
        assert_eq!(refusal::<CreatePrompt>("{}").1, ["text"]);
    }

    #[test]
    fn broken_json_is_told_from_wrong_json() {
        for body in [
            "",
            "{",
            r#"{"title":"x""#,
            r#"{"title":"x"}}"#,
            "nonsense",
            "\u{0}",
        ] {
            assert_eq!(refusal::<CreateSession>(body).0, "malformed_json", "{body:?}");
        }
    }

    #[test]
    fn keys_come_in_two_headers() {
        let headers = |name: &'static str, value: &'static str| {
            HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())])
        };
        assert_eq!(shown_secret(&headers("authorization", "Bearer abc")), Some("abc"));
        assert_eq!(shown_secret(&headers("authorization", "bearer abc")), Some("abc"));
        assert_eq!(shown_secret(&headers("authorization", "Basic abc")), Some(""));
        assert_eq!(shown_secret(&headers("x-agent-api-key", "abc")), Some("abc"));
        assert_eq!(shown_secret(&HeaderMap::new()), None);
    }
}
