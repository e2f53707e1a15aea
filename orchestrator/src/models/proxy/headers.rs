//! Which headers pass the proxy, in each direction: a list of those that do, so that nothing else ever can.

use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::models::provider::KeyHeader;
use crate::models::secret::Secret;

const TO_PROVIDER: [HeaderName; 9] = [
    ACCEPT,
    CONTENT_TYPE,
    USER_AGENT,
    HeaderName::from_static("anthropic-version"),
    HeaderName::from_static("anthropic-beta"),
    HeaderName::from_static("openai-beta"),
    HeaderName::from_static("x-goog-api-client"),
    HeaderName::from_static("http-referer"),
    HeaderName::from_static("x-title"),
];

const TO_SANDBOX: [HeaderName; 4] = [
    CONTENT_TYPE,
    RETRY_AFTER,
    HeaderName::from_static("retry-after-ms"),
    HeaderName::from_static("x-should-retry"),
];

const TO_SANDBOX_PREFIXES: [&str; 2] = ["x-ratelimit-", "anthropic-ratelimit-"];

const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const X_GOOG_API_KEY: HeaderName = HeaderName::from_static("x-goog-api-key");

/// The sandbox's token, wherever its agent's client puts a key.
pub(super) fn token(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
        });
    bearer
        .or_else(|| headers.get(X_API_KEY).and_then(|value| value.to_str().ok()))
        .or_else(|| headers.get(X_GOOG_API_KEY).and_then(|value| value.to_str().ok()))
        .filter(|token| !token.is_empty())
}

/// What a provider gets to see: what its client means for it, and our key.
pub(super) fn to_provider(from_sandbox: &HeaderMap, style: KeyHeader, key: Option<&Secret>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for name in &TO_PROVIDER {
        for value in from_sandbox.get_all(name) {
            headers.append(name, value.clone());
        }
    }
    let Some(key) = key else { return headers };
    let (name, text) = match style {
        KeyHeader::Bearer => (AUTHORIZATION, format!("Bearer {}", key.expose())),
        KeyHeader::XApiKey => (X_API_KEY, key.expose().to_owned()),
        KeyHeader::XGoogApiKey => (X_GOOG_API_KEY, key.expose().to_owned()),
    };
    if let Ok(mut value) = HeaderValue::try_from(text) {
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    headers
}

/// What a sandbox gets to see of a provider's answer.
pub(super) fn to_sandbox(from_provider: &HeaderMap) -> HeaderMap {
    from_provider
        .iter()
        .filter(|(name, _)| {
            TO_SANDBOX.contains(name)
                || TO_SANDBOX_PREFIXES
                    .iter()
                    .any(|prefix| name.as_str().starts_with(prefix))
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn finds_the_token_in_each_style() {
        for (name, value) in [
            ("authorization", "Bearer t"),
            ("authorization", "bearer  t"),
            ("x-api-key", "t"),
            ("x-goog-api-key", "t"),
        ] {
            assert_eq!(token(&headers(&[(name, value)])), Some("t"), "{name}");
        }
        for pairs in [
            &[][..],
            &[("authorization", "Basic t")],
            &[("authorization", "Bearer ")],
            &[("x-api-key", "")],
        ] {
            assert_eq!(token(&headers(pairs)), None);
        }
    }

    #[test]
    fn only_what_is_listed_passes() {
        let sandbox = headers(&[
            ("authorization", "Bearer sandbox"),
            ("x-api-key", "sandbox"),
            ("x-goog-api-key", "sandbox"),
            ("cookie", "a=b"),
            ("host", "here"),
            ("connection", "keep-alive"),
            ("accept-encoding", "gzip"),
            ("x-forwarded-for", "10.0.0.1"),
            ("openai-organization", "other"),
            ("anthropic-version", "2023-06-01"),
            ("content-type", "application/json"),
        ]);
        let out = to_provider(&sandbox, KeyHeader::XApiKey, Some(&Secret::new("provider")));
        let mut names: Vec<_> = out.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["anthropic-version", "content-type", "x-api-key"]);
        assert_eq!(out["x-api-key"], "provider");
        assert!(!format!("{out:?}").contains("provider"));

        let provider = headers(&[
            ("set-cookie", "a=b"),
            ("x-api-key", "k"),
            ("x-ratelimit-reset", "1"),
            ("retry-after", "2"),
        ]);
        assert_eq!(to_sandbox(&provider).len(), 2);
    }
}
