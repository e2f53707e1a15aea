//! Which paths of a provider's API a sandbox may call: those that a conversation needs, and nothing that
//! manages files, keys or money. Pure.

use axum::http::Method;
use shared::runner::Dialect;

/// A path that may be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// To append to the provider's base URL, with its leading slash.
    pub(super) path: String,
    /// Whose words the answer has.
    pub(super) dialect: Dialect,
    /// Whether it is a call of a model, which has usage.
    pub(super) metered: bool,
    /// The model, where the path names it.
    pub(super) model: Option<String>,
}

/// What `path` (without leading slash, as given after the provider's id) means to a provider with these dialects.
pub(super) fn target(method: &Method, path: &str, dialects: &[Dialect]) -> Option<Target> {
    dialects.iter().find_map(|&dialect| {
        let (metered, model) = match dialect {
            Dialect::OpenaiChat => (plain(method, path, "chat/completions", &[], "models")?, None),
            Dialect::OpenaiResponses => (plain(method, path, "responses", &[], "models")?, None),
            Dialect::AnthropicMessages => (
                plain(
                    method,
                    path,
                    "v1/messages",
                    &["v1/messages/count_tokens"],
                    "v1/models",
                )?,
                None,
            ),
            Dialect::Gemini => gemini(method, path)?,
        };
        Some(Target {
            path: format!("/{path}"),
            dialect,
            metered,
            model,
        })
    })
}

/// Whether the path is `metered` (true), or one of the free ones (false).
fn plain(method: &Method, path: &str, metered: &str, free_posts: &[&str], free_get: &str) -> Option<bool> {
    if *method == Method::POST {
        return (path == metered)
            .then_some(true)
            .or_else(|| free_posts.contains(&path).then_some(false));
    }
    (*method == Method::GET && path == free_get).then_some(false)
}

fn gemini(method: &Method, path: &str) -> Option<(bool, Option<String>)> {
    if *method == Method::GET && path == "v1beta/models" {
        return Some((false, None));
    }
    let (model, verb) = path.strip_prefix("v1beta/models/")?.split_once(':')?;
    let named = !model.is_empty()
        && model
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let metered = match verb {
        "generateContent" | "streamGenerateContent" => true,
        "countTokens" => false,
        _ => return None,
    };
    (*method == Method::POST && named && !model.starts_with('.')).then(|| (metered, Some(model.to_owned())))
}

/// The query's pairs that a conversation needs; credentials in a query, above all, are not.
pub(super) fn query(query: Option<&str>) -> Option<String> {
    let kept: Vec<_> = query?
        .split('&')
        .filter(|pair| matches!(*pair, "alt=sse" | "beta=true"))
        .collect();
    (!kept.is_empty()).then(|| kept.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Dialect::{AnthropicMessages, Gemini, OpenaiChat, OpenaiResponses};

    #[test]
    fn conversations_pass() {
        for (method, path, dialects, dialect, metered) in [
            (
                Method::POST,
                "chat/completions",
                &[OpenaiResponses, OpenaiChat][..],
                OpenaiChat,
                true,
            ),
            (
                Method::POST,
                "responses",
                &[OpenaiResponses, OpenaiChat],
                OpenaiResponses,
                true,
            ),
            (Method::GET, "models", &[OpenaiChat], OpenaiChat, false),
            (
                Method::POST,
                "v1/messages",
                &[AnthropicMessages],
                AnthropicMessages,
                true,
            ),
            (
                Method::POST,
                "v1/messages/count_tokens",
                &[AnthropicMessages],
                AnthropicMessages,
                false,
            ),
            (
                Method::POST,
                "v1beta/models/gemini-3.6-flash:streamGenerateContent",
                &[Gemini],
                Gemini,
                true,
            ),
            (
                Method::POST,
                "v1beta/models/g:countTokens",
                &[Gemini],
                Gemini,
                false,
            ),
        ] {
            let target = target(&method, path, dialects).unwrap();
            assert_eq!((target.dialect, target.metered), (dialect, metered), "{path}");
        }
    }

    #[test]
    fn nothing_else_does() {
        let all = &[OpenaiChat, OpenaiResponses, AnthropicMessages, Gemini];
        for (method, path) in [
            (Method::GET, "chat/completions"),
            (Method::POST, "embeddings"),
            (Method::POST, "files"),
            (Method::DELETE, "models"),
            (Method::GET, "responses"),
            (Method::POST, "v1/messages/batches"),
            (Method::POST, "../v1/messages"),
            (Method::POST, "chat/completions/../../files"),
            (Method::POST, "v1beta/models/..:generateContent"),
            (Method::POST, "v1beta/models/a/b:generateContent"),
            (Method::POST, "v1beta/models/a?x:generateContent"),
            (Method::POST, "v1beta/models/a:deleteEverything"),
            (Method::GET, ""),
        ] {
            assert_eq!(target(&method, path, all), None, "{method} {path}");
        }
        assert_eq!(target(&Method::POST, "responses", &[OpenaiChat]), None);
    }

    #[test]
    fn credentials_leave_the_query() {
        assert_eq!(query(Some("alt=sse&key=token")).as_deref(), Some("alt=sse"));
        assert_eq!(query(Some("beta=true")).as_deref(), Some("beta=true"));
        assert_eq!(query(Some("key=token")), None);
        assert_eq!(query(None), None);
    }
}
