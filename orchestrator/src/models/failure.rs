//! The ways in which a call of a model fails, each with a stable code and a sentence that says what to do.
//! Made by the proxy, shown in sessions and to agents. Never carries a key.

use std::time::Duration;

use axum::http::StatusCode;

/// Why a call of a model gave no whole answer. `Display` is for people: what happened and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallFailure {
    /// No key and no address for this provider.
    #[error("{provider} is not configured here: set {variable} and restart, or choose another model.")]
    NotConfigured {
        /// The provider's name.
        provider: String,
        /// The variable that would configure it.
        variable: String,
    },
    /// The provider refused the key.
    #[error(
        "{provider} refused the key (status {status}): check {variable}, and that the account may use this model.{said}"
    )]
    Unauthorized {
        /// The provider's name.
        provider: String,
        /// 401 or 403.
        status: u16,
        /// The variable that holds the key.
        variable: String,
        /// What the provider said, quoted.
        said: Said,
    },
    /// Too many requests, or no credit left.
    #[error("{provider} limits the rate of requests (status 429){}: wait, or raise the account's limits.{said}", again(*.retry_after))]
    RateLimited {
        /// The provider's name.
        provider: String,
        /// When it wants to be asked again, if it said.
        retry_after: Option<Duration>,
        /// What the provider said, quoted.
        said: Said,
    },
    /// The provider is in trouble.
    #[error(
        "{provider} is unavailable (status {status}): it usually passes; try again in a while or choose another model.{said}"
    )]
    Unavailable {
        /// The provider's name.
        provider: String,
        /// 5xx, or 200 when it said so inside a stream.
        status: u16,
        /// What the provider said, quoted.
        said: Said,
    },
    /// The provider did not understand, or does not know the model.
    #[error(
        "{provider} did not accept the request (status {status}): check that it offers the model {model}.{said}"
    )]
    BadRequest {
        /// The provider's name.
        provider: String,
        /// 4xx.
        status: u16,
        /// The model that was asked for.
        model: String,
        /// What the provider said, quoted.
        said: Said,
    },
    /// Nothing came for too long.
    #[error("{provider} sent nothing for {} s: try again, or raise the model time-outs if the model thinks that long.", waited.as_secs_f32())]
    TimedOut {
        /// The provider's name.
        provider: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// The answer broke off.
    #[error(
        "{provider} cut its answer off before the end: what came so far cannot be trusted, the call has to be repeated."
    )]
    Cut {
        /// The provider's name.
        provider: String,
    },
    /// No connection.
    #[error("{provider} cannot be reached at {address}: check the network and {variable}.")]
    Unreachable {
        /// The provider's name.
        provider: String,
        /// Scheme, host and port.
        address: String,
        /// The variable that holds the address.
        variable: String,
    },
    /// Something answered that is not this kind of API.
    #[error("{address} does not answer like {provider} (status {status}): check {variable}.")]
    NotAnApi {
        /// The provider's name.
        provider: String,
        /// Scheme, host and port.
        address: String,
        /// The status it answered with.
        status: u16,
        /// The variable that holds the address.
        variable: String,
    },
    /// The answer was larger than anything a model says.
    #[error("{provider} sent more than {limit} bytes in one piece: the call was stopped.")]
    TooLarge {
        /// The provider's name.
        provider: String,
        /// The bound, in bytes.
        limit: usize,
    },
}

impl CallFailure {
    /// The stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotConfigured { .. } => "model_not_configured",
            Self::Unauthorized { .. } => "model_unauthorized",
            Self::RateLimited { .. } => "model_rate_limited",
            Self::Unavailable { .. } => "model_unavailable",
            Self::BadRequest { .. } => "model_bad_request",
            Self::TimedOut { .. } => "model_timeout",
            Self::Cut { .. } => "model_cut",
            Self::Unreachable { .. } => "model_unreachable",
            Self::NotAnApi { .. } => "model_not_an_api",
            Self::TooLarge { .. } => "model_answer_too_large",
        }
    }

    /// What an agent is answered when the provider gave no answer that could be passed on.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotConfigured { .. } => StatusCode::NOT_FOUND,
            Self::TimedOut { .. } => StatusCode::GATEWAY_TIMEOUT,
            _ => StatusCode::BAD_GATEWAY,
        }
    }
}

/// What a provider said about an error: at most 300 characters, shown as a quotation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said(Option<String>);

impl Said {
    /// Finds the message in an error's body, whichever provider's it is.
    pub(super) fn from_body(body: &[u8]) -> Self {
        let message = serde_json::from_slice::<serde_json::Value>(body)
            .ok()
            .and_then(|body| {
                let body = if let serde_json::Value::Array(list) = &body {
                    list.first().cloned()?
                } else {
                    body
                };
                ["/error/message", "/message", "/error", "/detail"]
                    .iter()
                    .find_map(|path| {
                        body.pointer(path)
                            .and_then(|text| text.as_str())
                            .map(str::to_owned)
                    })
            });
        Self::from_message(message.as_deref())
    }

    pub(super) fn from_message(message: Option<&str>) -> Self {
        Self(
            message
                .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
                .filter(|text| !text.is_empty())
                .map(|text| text.chars().take(300).collect()),
        )
    }
}

impl std::fmt::Display for Said {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Some(text) => write!(formatter, " It said: “{text}”"),
            None => Ok(()),
        }
    }
}

fn again(retry_after: Option<Duration>) -> String {
    retry_after.map_or_else(String::new, |wait| {
        format!(" and asks to be called again in {} s", wait.as_secs())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_each_provider_says() {
        for (body, said) in [
            (
                r#"{"error":{"message":"Incorrect API key","type":"invalid_request_error"}}"#,
                "Incorrect API key",
            ),
            (
                r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
                "Overloaded",
            ),
            (
                r#"[{"error":{"code":400,"message":"API key not valid.","status":"INVALID"}}]"#,
                "API key not valid.",
            ),
            (r#"{"message":"no such model"}"#, "no such model"),
            (r#"{"error":"model not found"}"#, "model not found"),
        ] {
            assert_eq!(Said::from_body(body.as_bytes()).0.as_deref(), Some(said));
        }
        assert_eq!(Said::from_body(b"<html>").0, None);
    }

    #[test]
    fn says_what_to_do() {
        let failure = CallFailure::RateLimited {
            provider: "Anthropic".into(),
            retry_after: Some(Duration::from_secs(7)),
            said: Said::from_message(Some("slow\n down")),
        };
        assert_eq!(
            failure.to_string(),
            "Anthropic limits the rate of requests (status 429) and asks to be called again in 7 s: wait, or \
             raise the account's limits. It said: “slow down”"
        );
    }
}
