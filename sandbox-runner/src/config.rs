//! What the runner is told by the provider that started it. The only file that reads the environment;
//! each part of the runner takes from here only what it needs.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use shared::SessionId;
use url::Url;

/// The variable that marks all processes of a sandbox for its provider.
pub const PROVIDER_MARK: &str = "ROUNDHOUSE_SANDBOX";

/// A variable that is missing or makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("{variable}: {problem}")]
pub struct ConfigError {
    variable: &'static str,
    problem: String,
}

/// The sandbox's token. Its `Debug` shows nothing, so that no log can.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// Takes the text of a token.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the `Authorization` header and nothing else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(…)")
    }
}

/// All that the runner is told.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the orchestrator listens: `http` or `https`, without a path.
    pub orchestrator: Url,
    /// Proves that this runner speaks for its session.
    pub token: Token,
    /// The session that it serves.
    pub session: SessionId,
    /// The sandbox's generation.
    pub generation: u64,
    /// The agent's working directory.
    pub workspace: PathBuf,
    /// The runner's own directory: outbox, agent's configuration and memory. Outlives generations.
    pub state: PathBuf,
    /// How long the runner goes on without an orchestrator.
    pub orphan_timeout: Duration,
    /// OpenCode's binary, when it is not on the path.
    pub opencode: Option<PathBuf>,
    /// The agent's home directory.
    pub home: PathBuf,
    /// Where programs are found.
    pub path: String,
    /// The language of programs.
    pub language: String,
    /// The provider's mark of a sandbox's processes: agents inherit it, so that a provider without walls
    /// finds and ends them also when their runner was killed.
    pub provider_mark: Option<String>,
    /// What is logged: `info`, or a filter of `tracing-subscriber`.
    pub log_level: String,
}

impl Config {
    /// Reads the process's environment.
    ///
    /// # Errors
    /// Names the first variable that is missing or malformed.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// Reads variables from anywhere.
    ///
    /// # Errors
    /// Names the first variable that is missing or malformed.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let lookup = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let required = |variable| {
            lookup(variable).ok_or_else(|| ConfigError {
                variable,
                problem: "is not set; the provider that starts the runner must set it".to_owned(),
            })
        };
        let orchestrator: Url = parsed("ROUNDHOUSE_URL", &required("ROUNDHOUSE_URL")?)?;
        if !matches!(orchestrator.scheme(), "http" | "https") || orchestrator.host_str().is_none() {
            return Err(ConfigError {
                variable: "ROUNDHOUSE_URL",
                problem: "must be an http or https address, such as http://127.0.0.1:8787".to_owned(),
            });
        }
        Ok(Self {
            orchestrator,
            token: Token(required("ROUNDHOUSE_TOKEN")?),
            session: parsed("ROUNDHOUSE_SESSION", &required("ROUNDHOUSE_SESSION")?)?,
            generation: parsed("ROUNDHOUSE_GENERATION", &required("ROUNDHOUSE_GENERATION")?)?,
            workspace: directory("ROUNDHOUSE_WORKSPACE", required("ROUNDHOUSE_WORKSPACE")?)?,
            state: directory("ROUNDHOUSE_STATE", required("ROUNDHOUSE_STATE")?)?,
            orphan_timeout: match lookup("ROUNDHOUSE_ORPHAN_TIMEOUT") {
                Some(seconds) => Duration::from_secs(parsed("ROUNDHOUSE_ORPHAN_TIMEOUT", &seconds)?),
                None => Duration::from_secs(1800),
            },
            opencode: lookup("ROUNDHOUSE_OPENCODE").map(PathBuf::from),
            home: directory("HOME", required("HOME")?)?,
            path: lookup("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".to_owned()),
            language: lookup("LANG").unwrap_or_else(|| "C.UTF-8".to_owned()),
            provider_mark: lookup(PROVIDER_MARK),
            log_level: lookup("LOG_LEVEL").unwrap_or_else(|| "info".to_owned()),
        })
    }
}

fn parsed<T: FromStr<Err: fmt::Display>>(variable: &'static str, text: &str) -> Result<T, ConfigError> {
    text.parse().map_err(|error: T::Err| ConfigError {
        variable,
        problem: error.to_string(),
    })
}

fn directory(variable: &'static str, text: String) -> Result<PathBuf, ConfigError> {
    let path = PathBuf::from(text);
    if path.is_absolute() {
        Ok(path)
    } else {
        Err(ConfigError {
            variable,
            problem: format!("must be an absolute path, not `{}`", path.display()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(changes: &'static [(&'static str, &'static str)]) -> Result<Config, ConfigError> {
        Config::from_lookup(|name| {
            let changed = changes
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| *value);
            let value = changed.or(match name {
                "ROUNDHOUSE_URL" => Some("http://127.0.0.1:8787"),
                "ROUNDHOUSE_TOKEN" => Some("secret-token"),
                "ROUNDHOUSE_SESSION" => Some("ses_01h455vb4pex5vsknk084sn02q"),
                "ROUNDHOUSE_GENERATION" => Some("3"),
                "ROUNDHOUSE_WORKSPACE" => Some("/workspace"),
                "ROUNDHOUSE_STATE" => Some("/state"),
                "HOME" => Some("/home/agent"),
                _ => None,
            });
            value.map(str::to_owned)
        })
    }

    #[test]
    fn has_defaults() {
        let config = lookup(&[]).unwrap();
        assert_eq!(config.orphan_timeout, Duration::from_secs(1800));
        assert_eq!(config.log_level, "info");
    }

    #[test]
    fn names_the_variable_that_is_wrong() {
        for (name, value) in [
            ("ROUNDHOUSE_URL", "127.0.0.1:8787"),
            ("ROUNDHOUSE_URL", "ftp://host"),
            ("ROUNDHOUSE_TOKEN", ""),
            ("ROUNDHOUSE_SESSION", "ses_x"),
            ("ROUNDHOUSE_GENERATION", "first"),
            ("ROUNDHOUSE_WORKSPACE", "relative"),
            ("ROUNDHOUSE_ORPHAN_TIMEOUT", "30m"),
        ] {
            let changes: &'static [_] = Box::leak(Box::new([(name, value)]));
            let error = lookup(changes).unwrap_err().to_string();
            assert!(error.starts_with(name), "{error}");
        }
    }

    #[test]
    fn never_shows_the_token() {
        assert!(!format!("{:?}", lookup(&[]).unwrap()).contains("secret-token"));
    }
}
