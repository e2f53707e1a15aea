//! The configuration: the only reader of the environment. `main` calls it once and hands each part
//! its own small options; nothing else may ask the environment for anything, and no value that is
//! secret may appear in an error or in a `Debug` text of these types.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;
use tracing_subscriber::EnvFilter;
use url::Url;

use crate::app::agents;
use crate::auth::{self, ApiKey};
use crate::models;
use crate::models::proxy::Patience;
use crate::sandbox::process::runner_beside;

/// All that the environment says.
#[derive(Debug)]
pub struct Config {
    /// Whether unsafe defaults are refused.
    pub environment: Environment,
    /// The address to listen on.
    pub host: IpAddr,
    /// The port to listen on; 0 takes a free one.
    pub port: u16,
    /// Where the database, the workspaces and made keys are.
    pub data_dir: PathBuf,
    /// What browsers call this server; without a path.
    pub public_url: Url,
    /// Who may sign in, and what keys are made from.
    pub auth: auth::Options,
    /// How sandboxes are made and when they sleep.
    pub sandbox: SandboxOptions,
    /// Providers of models and the default model.
    pub models: models::Options,
    /// How long providers of models are waited for.
    pub model_patience: Patience,
    /// Agents beside the presets: name and command.
    pub custom_agents: BTreeMap<String, Vec<String>>,
    /// How long model calls in flight may go on after a request to stop.
    pub drain_timeout: Duration,
    /// What is logged and how.
    pub log: LogOptions,
}

/// Where this installation is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// On somebody's own machine: keys are made, a sign-in link is printed.
    Development,
    /// For others: nothing unsafe is assumed.
    Production,
}

/// How sandboxes are made and when they sleep.
#[derive(Debug, Clone)]
pub struct SandboxOptions {
    /// Which provider makes them.
    pub provider: SandboxChoice,
    /// How long an idle one stays awake.
    pub idle_timeout: Duration,
    /// How long a runner goes on without an orchestrator.
    pub orphan_timeout: Duration,
    /// Where programs are looked for, as the orchestrator itself was started.
    pub path: String,
    /// The `sandbox-runner` program.
    pub runner: PathBuf,
    /// OpenCode's binary, when it is not on the path.
    pub opencode: Option<PathBuf>,
}

/// Which provider makes sandboxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SandboxChoice {
    /// The best one that works here.
    Auto,
    /// Child processes, fenced in by bubblewrap where it is installed.
    Process,
}

/// What is logged and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogOptions {
    /// Directives of `tracing_subscriber`'s filter: `info`, `orchestrator=debug,info`.
    pub level: String,
    /// For eyes or for machines.
    pub format: LogFormat,
}

/// For whom logs are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One line a record, for eyes.
    Pretty,
    /// One JSON object a record, for machines.
    Json,
}

/// A variable that cannot be used as it is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{variable}: {advice}")]
pub struct ConfigError {
    /// Its name.
    pub variable: String,
    /// What is wrong and what to write instead.
    pub advice: String,
}

impl ConfigError {
    fn new(variable: &str, advice: impl Into<String>) -> Self {
        Self {
            variable: variable.to_owned(),
            advice: advice.into(),
        }
    }
}

/// Variables by name. An empty value counts as absent, as `.env` templates leave lines empty.
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// The process environment and, unless it says `ENVIRONMENT=production`, the `.env` file of the
    /// working directory or of one above it. The process environment wins.
    ///
    /// # Errors
    /// When a `.env` file is there but not readable as one.
    pub fn load() -> Result<Self, ConfigError> {
        let process: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let mut all = BTreeMap::new();
        if process
            .get("ENVIRONMENT")
            .is_none_or(|value| value != "production")
        {
            match dotenvy::dotenv_iter() {
                Ok(entries) => {
                    for entry in entries {
                        // The error's own text quotes the line, which may hold a secret.
                        let (name, value) = entry.map_err(|_| {
                            ConfigError::new(".env", "a line is not of the form NAME=value: correct it")
                        })?;
                        all.insert(name, value);
                    }
                }
                Err(error) if error.not_found() => {}
                Err(_) => {
                    return Err(ConfigError::new(
                        ".env",
                        "the file cannot be read: check its permissions",
                    ));
                }
            }
        }
        all.extend(process);
        Ok(Self(all))
    }

    /// A variable's value, if it has one.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    fn parsed<T>(
        &self,
        name: &str,
        default: T,
        parse: impl Fn(&str) -> Option<T>,
        advice: &str,
    ) -> Result<T, ConfigError> {
        match self.get(name) {
            None => Ok(default),
            Some(value) => parse(value).ok_or_else(|| ConfigError::new(name, advice)),
        }
    }

    fn duration(&self, name: &str, default: Duration) -> Result<Duration, ConfigError> {
        self.parsed(
            name,
            default,
            duration,
            "write a number and a unit, as in `90s`, `15m`, `2h` or `1d`",
        )
    }
}

impl FromIterator<(String, String)> for Variables {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl Config {
    /// Reads the configuration out of variables.
    ///
    /// # Errors
    /// Names the first variable that is wrong or missing, and says what to write.
    pub fn from_variables(variables: &Variables) -> Result<Self, ConfigError> {
        let environment = variables.parsed(
            "ENVIRONMENT",
            Environment::Development,
            |value| match value {
                "development" => Some(Environment::Development),
                "production" => Some(Environment::Production),
                _ => None,
            },
            "write `development` or `production`",
        )?;
        let host = variables.parsed(
            "HOST",
            IpAddr::from([127, 0, 0, 1]),
            |value| {
                if value == "localhost" {
                    Some(IpAddr::from([127, 0, 0, 1]))
                } else {
                    value.parse().ok()
                }
            },
            "write an IP address to listen on, as in `127.0.0.1`, or `0.0.0.0` for every network",
        )?;
        let port = variables.parsed(
            "PORT",
            8787,
            |value| value.parse().ok(),
            "write a port number from 0 to 65535",
        )?;
        Ok(Self {
            environment,
            host,
            port,
            data_dir: variables.get("DATA_DIR").unwrap_or("./data").into(),
            public_url: public_url(variables, environment, port)?,
            auth: auth_options(variables, environment)?,
            sandbox: sandbox_options(variables)?,
            models: models::Options::from_variables(|name| variables.get(name).map(str::to_owned)).map_err(
                |error| ConfigError {
                    variable: error.variable,
                    advice: error.problem,
                },
            )?,
            custom_agents: custom_agents(variables)?,
            model_patience: Patience {
                first_byte: variables.duration("MODEL_FIRST_BYTE_TIMEOUT", Patience::default().first_byte)?,
                silence: variables.duration("MODEL_SILENCE_TIMEOUT", Patience::default().silence)?,
            },
            drain_timeout: variables.duration("DRAIN_TIMEOUT", Duration::from_secs(30))?,
            log: log_options(variables, environment)?,
        })
    }
}

fn public_url(variables: &Variables, environment: Environment, port: u16) -> Result<Url, ConfigError> {
    let text = match (variables.get("PUBLIC_URL"), environment) {
        (Some(text), _) => text.to_owned(),
        (None, Environment::Development) => format!("http://localhost:{port}"),
        (None, Environment::Production) => {
            return Err(ConfigError::new(
                "PUBLIC_URL",
                "is required in production: write the address that browsers use, as in `https://roundhouse.example.org`",
            ));
        }
    };
    let advice = "write the address that browsers use, with http:// or https:// and without a path, as in `https://roundhouse.example.org`";
    let url = Url::parse(&text).map_err(|_| ConfigError::new("PUBLIC_URL", advice))?;
    let bare = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if !bare {
        return Err(ConfigError::new("PUBLIC_URL", advice));
    }
    if environment == Environment::Production && url.scheme() == "http" && !auth::is_loopback(&url) {
        return Err(ConfigError::new(
            "PUBLIC_URL",
            "must begin with https:// in production: cookies and keys would travel in clear",
        ));
    }
    Ok(url)
}

fn auth_options(variables: &Variables, environment: Environment) -> Result<auth::Options, ConfigError> {
    let production = environment == Environment::Production;
    let encryption_key = variables.get("ENCRYPTION_KEY");
    match encryption_key {
        None if production => {
            return Err(ConfigError::new(
                "ENCRYPTION_KEY",
                "is required in production: write 32 or more random characters, as `openssl rand -hex 32` prints them, and keep them",
            ));
        }
        Some(key) if key.len() < 32 => {
            return Err(ConfigError::new(
                "ENCRYPTION_KEY",
                "is too short: write 32 or more random characters",
            ));
        }
        _ => {}
    }
    let api_key = variables.get("AGENT_API_KEY");
    match api_key {
        None if production => {
            return Err(ConfigError::new(
                "AGENT_API_KEY",
                "is required in production, where nobody can sign in without it: write 32 or more random characters",
            ));
        }
        Some(key) if production && key.len() < 32 => {
            return Err(ConfigError::new(
                "AGENT_API_KEY",
                "is too short for production: write 32 or more random characters",
            ));
        }
        _ => {}
    }
    Ok(auth::Options {
        encryption_key: encryption_key.map(auth::EncryptionKey::from_text),
        api_key: api_key.map(ApiKey::new),
        local_sign_in: !production,
        local_name: variables.get("USER").unwrap_or("You").to_owned(),
    })
}

fn sandbox_options(variables: &Variables) -> Result<SandboxOptions, ConfigError> {
    Ok(SandboxOptions {
        provider: variables.parsed(
            "SANDBOX_PROVIDER",
            SandboxChoice::Auto,
            |value| match value {
                "auto" => Some(SandboxChoice::Auto),
                "process" => Some(SandboxChoice::Process),
                _ => None,
            },
            "write `auto` or `process`",
        )?,
        idle_timeout: variables.duration("SANDBOX_IDLE_TIMEOUT", Duration::from_secs(15 * 60))?,
        orphan_timeout: variables.duration("RUNNER_ORPHAN_TIMEOUT", Duration::from_secs(30 * 60))?,
        path: variables
            .get("PATH")
            .unwrap_or("/usr/local/bin:/usr/bin:/bin")
            .to_owned(),
        runner: match variables.get("ROUNDHOUSE_RUNNER") {
            Some(path) => path.into(),
            None => std::env::current_exe()
                .map(|own| runner_beside(&own))
                .unwrap_or_default(),
        },
        opencode: variables.get("ROUNDHOUSE_OPENCODE").map(PathBuf::from),
    })
}

/// `{"goose": ["goose", "acp"]}`
fn custom_agents(variables: &Variables) -> Result<BTreeMap<String, Vec<String>>, ConfigError> {
    let named = |name: &String| {
        !agents::is_preset(name)
            && (1..=40).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    variables.parsed(
        "CUSTOM_AGENTS",
        BTreeMap::new(),
        |value| {
            let agents: BTreeMap<String, Vec<String>> = serde_json::from_str(value).ok()?;
            agents.iter().all(|(name, command)| named(name) && !command.is_empty()).then_some(agents)
        },
        "write JSON of names (lower-case letters, digits and `-`, no preset's) and the commands that speak ACP, \
         as in `{\"goose\": [\"goose\", \"acp\"]}`",
    )
}

fn log_options(variables: &Variables, environment: Environment) -> Result<LogOptions, ConfigError> {
    let level = variables.get("LOG_LEVEL").unwrap_or("info").to_owned();
    if EnvFilter::try_new(&level).is_err() {
        return Err(ConfigError::new(
            "LOG_LEVEL",
            "write `error`, `warn`, `info`, `debug` or `trace`, or a filter such as `orchestrator=debug,info`",
        ));
    }
    let default = match environment {
        Environment::Development => LogFormat::Pretty,
        Environment::Production => LogFormat::Json,
    };
    let format = variables.parsed(
        "LOG_FORMAT",
        default,
        |value| match value {
            "pretty" => Some(LogFormat::Pretty),
            "json" => Some(LogFormat::Json),
            _ => None,
        },
        "write `pretty` or `json`",
    )?;
    Ok(LogOptions { level, format })
}

/// Reads `500ms`, `90s`, `15m`, `2h`, `1d`.
fn duration(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let number: u64 = number.parse().ok()?;
    let seconds = match unit.trim() {
        "ms" => return Some(Duration::from_millis(number)),
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return None,
    };
    number.checked_mul(seconds).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<const N: usize>(pairs: [(&str, &str); N]) -> Result<Config, ConfigError> {
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Config::from_variables(&pairs.into_iter().collect())
    }

    #[test]
    fn an_empty_environment_is_enough_for_development() {
        let config = read([]).unwrap();
        assert_eq!(config.environment, Environment::Development);
        assert_eq!((config.host, config.port), (IpAddr::from([127, 0, 0, 1]), 8787));
        assert_eq!(config.public_url.as_str(), "http://localhost:8787/");
        assert!(config.auth.local_sign_in);
        assert!(config.auth.encryption_key.is_none());
        assert_eq!(config.sandbox.idle_timeout, Duration::from_secs(900));
        assert_eq!(config.log.format, LogFormat::Pretty);
    }

    #[test]
    fn the_public_url_follows_the_port() {
        assert_eq!(
            read([("PORT", "9000")]).unwrap().public_url.as_str(),
            "http://localhost:9000/"
        );
    }

    #[test]
    fn production_needs_its_secrets_and_an_address() {
        let key = "k".repeat(32);
        let complete = [
            ("ENVIRONMENT", "production"),
            ("PUBLIC_URL", "https://agents.example.org"),
            ("ENCRYPTION_KEY", key.as_str()),
            ("AGENT_API_KEY", key.as_str()),
        ];
        let config = read(complete).unwrap();
        assert!(!config.auth.local_sign_in);
        assert_eq!(config.log.format, LogFormat::Json);
        for missing in ["PUBLIC_URL", "ENCRYPTION_KEY", "AGENT_API_KEY"] {
            let without = complete.map(|(name, value)| (name, if name == missing { "" } else { value }));
            assert_eq!(read(without).unwrap_err().variable, missing);
        }
    }

    #[test]
    fn an_error_names_its_variable() {
        for (name, value) in [
            ("ENVIRONMENT", "staging"),
            ("HOST", "my machine"),
            ("PORT", "70000"),
            ("PUBLIC_URL", "localhost:8787"),
            ("PUBLIC_URL", "https://me:secret@example.org"),
            ("PUBLIC_URL", "https://example.org/path"),
            ("ENCRYPTION_KEY", "short"),
            ("SANDBOX_PROVIDER", "cloud"),
            ("SANDBOX_IDLE_TIMEOUT", "15"),
            ("RUNNER_ORPHAN_TIMEOUT", "soon"),
            ("DRAIN_TIMEOUT", "-1s"),
            ("CUSTOM_AGENTS", "goose acp"),
            ("CUSTOM_AGENTS", r#"{"opencode":["x"]}"#),
            ("CUSTOM_AGENTS", r#"{"goose":[]}"#),
            ("OPENAI_BASE_URL", "file:///secret"),
            ("LOG_LEVEL", "orchestrator=loud"),
            ("LOG_FORMAT", "xml"),
        ] {
            let error = read([(name, value)]).unwrap_err();
            assert_eq!(error.variable, name, "{value}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(duration("15m"), Some(Duration::from_secs(900)));
        assert_eq!(duration("2h"), Some(Duration::from_secs(7200)));
        for wrong in [
            "",
            "m",
            "15",
            "1.5h",
            "15 weeks",
            "99999999999999999999s",
            "99999999999999999d",
        ] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn secrets_do_not_show() {
        let secret = "a-very-secret-value-of-32-letters";
        let config = read([("ENCRYPTION_KEY", secret), ("AGENT_API_KEY", secret)]).unwrap();
        assert!(!format!("{config:?}").contains(secret));
    }
}
